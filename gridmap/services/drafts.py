"""Drafts: branch off a plan, edit, undo, redo.

Every edit is written with its author, what it did and what undoes it. A client says which revision it saw; when the
draft has gone on since, it is told what happened instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from gridmap.errors import BadInput, Conflict, EditRefused, Forbidden, NoPlan, StaleRevision
from gridmap.model.land import EVER_IN_FORCE, NEXT_STATES, Plan, PlanState, new_id
from gridmap.services.draft_steps import EditAnswer, Taken, step_value, take, ways
from gridmap.services.edit_request import NAME_SIGNS, Reading, read_operation
from gridmap.services.plan_layout import as_json, from_json, read_layout, subdistrict_of
from gridmap.services.plan_profile import PlanProfile, plan_profile
from gridmap.services.plan_session import Session, session_at
from gridmap.services.plan_values import PlanView, plan_view
from gridmap.space.edits import perform
from gridmap.space.guards import Guards
from gridmap.space.layout import Change, Layout, apply
from gridmap.storage import audit, draft_land, drafts, land, plans
from gridmap.storage.draft_tables import Verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.access import Scope
    from gridmap.datum import Plane
    from gridmap.storage.database import Transaction
    from gridmap.storage.drafts import Edit, Step

__all__ = [
    "EditAnswer",
    "branch_draft",
    "draft_name",
    "edit",
    "guards",
    "new_draft",
    "redo",
    "require_revision",
    "undo",
]

_NEW_IDS = 16  # for the grids that one edit makes; perform makes more of the last one
_TO_EDIT = "`gridmap plan withdraw {id}` makes it a draft again, which can be edited"
_BECAME = {
    PlanState.DRAFT: "approved and withdrawn",
    PlanState.APPROVED: "approved",
    PlanState.IN_FORCE: "put in force",
    PlanState.SUPERSEDED: "put in force and closed",
}


def new_draft(tx: Transaction, scope: Scope, name: str, base: UUID | None = None) -> PlanView:
    """Branch a draft off a plan that is or was in force.

    Parameters
    ----------
    name : str
        1 to 100 characters that no other plan of the sub-district has which was never in force.
    base : UUID, optional
        The plan in force when left out.

    Raises
    ------
    BadInput
        The name cannot be used, or several sub-districts have a plan in force and none was named.
    NotFound
        There is no such plan, or it is out of scope.
    NoPlan
        No plan is in force.
    Conflict
        The base was never in force, or a plan that was not either has that name.
    """
    basis = plans.plan_named(tx, scope, base) if base else _only_plan_in_force(tx, scope)
    if basis.state not in EVER_IN_FORCE:
        waits = f"; {_TO_EDIT.format(id=basis.id)}" if basis.state is PlanState.APPROVED else ""
        raise Conflict(
            f"{basis.name} was never in force: begin a draft from the plan in force, or from one of the past{waits}",
            plan=str(basis.id),
        )
    draft = branch_draft(tx, scope, name, basis)
    audit.record(tx, "add", "plan", draft.id, detail={"name": draft.name, "based_on": str(basis.id)})
    return plan_view(draft, subdistrict_of(tx, draft).code, plan_profile())


def branch_draft(tx: Transaction, scope: Scope, name: str, basis: Plan) -> Plan:
    """Store a draft that has all that a plan has which was in force; what lies apart there may do so in the draft.

    Raises
    ------
    BadInput
        The name cannot be used.
    Conflict
        A plan that was never in force has that name.
    """
    name = draft_name(tx, scope, basis.subdistrict_id, name)
    draft = Plan(new_id(), basis.subdistrict_id, name, PlanState.DRAFT, None, None, basis.id)
    drafts.branch(tx, draft)
    standing = read_layout(tx, basis, subdistrict_of(tx, draft))
    draft_land.declare_apart(tx, draft.id, [each.id for each in standing.grids.values() if each.multipart])
    return draft


def draft_name(tx: Transaction, scope: Scope, subdistrict_id: UUID, name: str) -> str:
    """Return the name of a draft to be, without blanks around it.

    Raises
    ------
    BadInput
        The name cannot be used.
    Conflict
        A plan of the sub-district that was never in force has that name.
    """
    name = name.strip()
    if not name or len(name) > NAME_SIGNS or not name.isprintable():
        raise BadInput(f"a draft needs a name of 1 to {NAME_SIGNS} printable characters", field="name")
    named = [each for each in plans.plans_of(tx, scope, subdistrict_id) if each.name == name]
    if any(each.state not in EVER_IN_FORCE for each in named):
        raise Conflict(f"there is a draft named {name!r} already: take another name", name=name)
    return name


def edit(
    tx: Transaction, scope: Scope, draft_id: UUID, operation: Mapping[str, Any], revision: int | None = None
) -> EditAnswer:
    """Make one edit of a draft.

    Parameters
    ----------
    operation : mapping
        `{"op": "cut", "grid": "…", "line": [[lon, lat], …]}`: grids by code or id, blocks by id, EPSG:4490.
    revision : int, optional
        The revision that the caller saw; without it the edit is made on whatever the draft is now.

    Raises
    ------
    NotFound
        There is no such plan, or it is out of scope.
    Conflict
        The plan is no draft.
    StaleRevision
        Somebody changed the draft since; the evidence lists the newer steps.
    BadInput
        The operation cannot be read; the message names the field.
    EditRefused
        It would break the plan; the evidence has the reason, the place (lon, lat) and the metres.
    Forbidden
        It would change grids that are out of scope.
    """
    plan, step = _held(tx, scope, draft_id, revision)
    profile, session = plan_profile(), session_at(tx, plan, step)
    layout, plane = session.layout, session.ground.plane
    read = read_operation(operation, Reading(layout, plane, session.ground.communities, session.box))
    fresh = [new_id() for _ in range(_NEW_IDS)]
    try:
        edited = perform(layout, read | {"new_ids": fresh}, guards(session, profile))
    except EditRefused as refusal:
        raise _in_degrees(refusal, plane) from refusal
    change, inverse = as_json(edited.change)
    used = [str(each) for each in fresh if each in edited.change.grids]
    made = drafts.Edit(
        id=new_id(),
        plan_id=draft_id,
        number=drafts.next_number(tx, scope, draft_id),
        parent_id=step.head_id if step else None,
        author=tx.actor,
        at=tx.now,
        operation=_plain(operation) | ({"into": str(read["into"])} if "into" in read else {}) | {"new_ids": used},
        change=change,
        inverse=inverse,
    )
    _require_within(scope, edited.change, layout, edited.layout)
    drafts.log(tx, made)
    taken = Taken(Verb.EDIT, made, made.id, edited.change, edited.layout, (made.op, None), edited.warnings)
    return take(tx, scope, plan, session, taken, profile)


def undo(tx: Transaction, scope: Scope, draft_id: UUID, revision: int | None = None) -> EditAnswer:
    """Take back the last edit of a draft that was not taken back yet.

    Raises
    ------
    Conflict
        There is nothing to undo, or the plan is no draft.
    NotFound, StaleRevision, Forbidden
        As `edit`.
    """
    plan, step = _held(tx, scope, draft_id, revision)
    if step is None or step.head_id is None:
        raise Conflict("there is nothing to undo: the draft is as the plan that it began with", plan=str(draft_id))
    last = drafts.edit_with(tx, scope, step.head_id)
    return _replay(tx, scope, plan, session_at(tx, plan, step), Verb.UNDO, last)


def redo(tx: Transaction, scope: Scope, draft_id: UUID, revision: int | None = None) -> EditAnswer:
    """Make the edit again that was taken back last.

    Raises
    ------
    Conflict
        There is nothing to redo, or the plan is no draft.
    NotFound, StaleRevision, Forbidden
        As `edit`.
    """
    plan, step = _held(tx, scope, draft_id, revision)
    following = drafts.edit_after(tx, scope, draft_id, step.head_id) if step else None
    if following is None:
        raise Conflict("there is nothing to redo: no edit was undone, or a newer one took its place")
    return _replay(tx, scope, plan, session_at(tx, plan, step), Verb.REDO, following)


def _replay(tx: Transaction, scope: Scope, plan: Plan, session: Session, verb: Verb, past: Edit) -> EditAnswer:
    """Go one edit back or forth by what the log says of it."""
    back = verb is Verb.UNDO
    change = from_json(tx, past.inverse if back else past.change, session.ground.plane)
    layout = apply(session.layout, change)
    _require_within(scope, change, session.layout, layout)
    head = past.parent_id if back else past.id
    taken = Taken(verb, past, head, change, layout, ways(tx, scope, plan.id, head))
    return take(tx, scope, plan, session, taken, plan_profile())


def _held(tx: Transaction, scope: Scope, plan_id: UUID, revision: int | None) -> tuple[Plan, Step | None]:
    """Hold a draft until the transaction ends, and refuse a caller who does not know what it is by now."""
    plan = drafts.held(tx, scope, plan_id)
    require_revision(tx, scope, plan, revision)
    if not plan_profile().state(plan.state).editable:
        way = _TO_EDIT.format(id=plan.id)
        if PlanState.DRAFT not in NEXT_STATES[plan.state]:
            way = "it never changes: begin a draft from it and edit that"
        raise Conflict(f"{plan.name} is {plan.state.value}: {way}", plan=str(plan.id), state=plan.state.value)
    return plan, drafts.last_step(tx, scope, plan_id)


def require_revision(tx: Transaction, scope: Scope, plan: Plan, revision: int | None) -> None:
    """Refuse a caller who saw another revision of a plan; None when he does not say which he saw.

    Raises
    ------
    StaleRevision
        It was changed since.
    BadInput
        It has no such revision yet.
    """
    if revision is None or revision == plan.revision:
        return
    if revision > plan.revision:
        raise BadInput(f"the draft has revision {plan.revision}, not {revision}: read it again", field="revision")
    newer = [step_value(step) for step in drafts.steps_after(tx, scope, plan.id, revision)]
    happened = [f"changed {len(newer)} times"] if newer else []
    if plan.revision - revision > len(newer):  # the rest were changes of its state, which are no steps
        happened.append(_BECAME[plan.state])
    raise StaleRevision(
        f"the plan was {' and '.join(happened)} since revision {revision}: read it again, then repeat what you did",
        plan=str(plan.id),
        revision=plan.revision,
        state=plan.state.value,
        newer=newer,
    )


def _only_plan_in_force(tx: Transaction, scope: Scope) -> Plan:
    found = [
        plan for each in land.subdistricts(tx, scope) if (plan := plans.plan_in_force(tx, scope, each.id)) is not None
    ]
    if not found:
        raise NoPlan("no plan is in force yet: import communities and grids first")
    if len(found) > 1:
        raise BadInput(
            f"{len(found)} sub-districts have a plan in force: say by `base` which the draft begins with", field="base"
        )
    return found[0]


def guards(session: Session, profile: PlanProfile) -> Guards:
    """Return what an edit of this plan has to keep to."""
    return Guards(
        min_width=profile.min_width,
        min_area=profile.min_area,
        buildings=profile.buildings,
        compounds=profile.compounds,
        outlines=session.ground.outlines,
    )


def _in_degrees(refusal: EditRefused, plane: Plane) -> EditRefused:
    """Say the place of a refusal in lon/lat."""
    place = refusal.evidence.get("place")
    where = None if place is None else plane.unproject([list(place)])[0].tolist()
    return EditRefused(refusal.message, **(refusal.evidence | {"place": where}))


def _require_within(scope: Scope, change: Change, before: Layout, after: Layout) -> None:
    """Refuse to change what the caller may not see."""
    if scope.unlimited:
        return
    for layout in (before, after):
        for grid_id in change.changed_grids() & layout.grids.keys():
            if layout.grids[grid_id].community not in scope.communities:
                raise Forbidden("this would change grids of another community: ask somebody who has both")


def _plain(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return an operation as JSON has it."""
    return {
        name: [str(each) if isinstance(each, UUID) else each for each in value]
        if isinstance(value, (list, tuple))
        else str(value)
        if isinstance(value, UUID)
        else value
        for name, value in operation.items()
    }
