"""A plan takes effect (启用): prepared beside the work of others, then whole, in one short transaction.

`prepare` reads and decides, and holds nobody up. `take_effect` writes. It holds the plan in force only at its end,
where it decides again whatever was written since, and closes the one plan and opens the other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, time
from typing import TYPE_CHECKING

from gridmap.access import Scope
from gridmap.errors import Conflict, Forbidden, NoPlan, PlanRefused
from gridmap.model.kinds import ASSIGNED_KINDS
from gridmap.model.land import NEXT_STATES, Plan, PlanState
from gridmap.model.moments import SHANGHAI
from gridmap.services import plan_rules
from gridmap.services.approval import put_document
from gridmap.services.drafts import branch_draft, require_revision
from gridmap.services.edit_request import NAME_SIGNS
from gridmap.services.plan_case import Case
from gridmap.services.plan_land import PlanInForce, land_of, plans_in_force
from gridmap.services.reassigning import Decided, Succession, reassign, reassign_some, write, written_since
from gridmap.storage import audit, drafts, lineage, plans, succession
from gridmap.storage.lineage import Descent, HandedOver
from gridmap.storage.plans import Lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from uuid import UUID

    from gridmap.model.land import Document, Grid
    from gridmap.services.limits_redline import SentenceChange
    from gridmap.services.plan_moves import LandMoves
    from gridmap.storage.database import Transaction

_INCIDENTS = "incidents"
_EVERYBODY = {"plan", "inclusion"}  # what is done to these may decide about any kind


@dataclass(frozen=True)
class Prepared:
    """A plan that may take effect, with everything that follows from it as of one moment.

    `writes` is what the database had seen until then, by kind.
    """

    plan: Succession
    day: date
    moves: LandMoves
    decided: Mapping[str, Decided]
    writes: Mapping[str, int]


@dataclass(frozen=True)
class Activation:
    """What happened.

    Parameters
    ----------
    state : str
        in_force, or approved: the plan waits for its day.
    changed_grids : int
        Grids whose border, code or existence changed.
    reassigned, review : int
        Verdicts that were made again, and those of them that a person should look at.
    handed_over : dict of str to int
        Subjects that changed hands, by kind. Open incidents are told to the new grid and keep the grid of their day.
    codes : tuple of str
        Provisional codes that are real now.
    approval_number, approval_date
        批准文号 of the document that puts the plan in force, and its date; None where none was named.
    limits : tuple of SentenceChange
        Grids whose land or four limits are not as in the plan before.
    """

    plan_id: str
    plan: str
    state: str
    valid_from: date
    old_plan_id: str
    old_plan: str
    changed_grids: int = 0
    reassigned: int = 0
    review: int = 0
    handed_over: Mapping[str, int] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    approval_number: str | None = None
    approval_date: date | None = None
    limits: tuple[SentenceChange, ...] = ()


def prepare(tx: Transaction, scope: Scope, plan_id: UUID, day: date, *, revision: int | None = None) -> Prepared:
    """Check a plan and decide everything that its taking effect changes. Nothing is written, nobody waits.

    Raises
    ------
    PlanRefused
        It breaks a rule.
    Conflict
        It is in force or was, or is based on a plan that is no longer in force.
    StaleRevision
        It has another revision than the caller saw.
    Forbidden
        It would change grids that are out of scope.
    NoPlan
        None is in force that it could follow.
    """
    require_revision(tx, scope, plans.plan_named(tx, scope, plan_id), revision)
    everything = Scope.everything(tx.actor)
    writes = succession.writes(tx, everything)
    case = fit(tx, scope, plan_id)
    old, new = case.old, case.new
    day = max(day, old.plan.valid_from or day)  # a clock that ran late does not go back behind the plan before
    since = tx.now if new.plan.state is PlanState.DRAFT else datetime.combine(day, time(), SHANGHAI)
    others = tuple(each for each in plans_in_force(tx) if each.plan.id != old.plan.id)
    changed = case.moves.touched | _recoded(old, new)
    plan = Succession(old, new, others, changed, since)
    decided = {kind.name: reassign(tx, plan, kind, case.points[kind.name]) for kind in ASSIGNED_KINDS}
    return Prepared(plan, day, case.moves, decided, writes)


def take_effect(tx: Transaction, ready: Prepared, *, document: Document | None = None) -> Activation:
    """Put a prepared plan in force and close the one before, whole.

    Whatever was written since it was prepared is decided again, while reports wait: nothing is lost, and nothing
    stays behind with the old plan.

    Raises
    ------
    Conflict
        Somebody changed the plan meanwhile, or put another one in force.
    """
    everything, plan = Scope.everything(tx.actor), ready.plan
    new = drafts.held(tx, everything, plan.new.plan.id)
    if (new.state, new.revision) != (plan.new.plan.state, plan.new.plan.revision):
        raise Conflict(f"somebody has just changed the plan {new.name}: look at it again", plan=str(new.id))
    settled = [kind for kind in ASSIGNED_KINDS if kind.name != _INCIDENTS]
    succession.carry_forward(tx, plan.old.plan.id, new.id, settled, tx.now)
    for kind in ASSIGNED_KINDS:
        write(tx, plan, kind, ready.decided[kind.name])
    codes = tuple(succession.provisional_codes(tx, everything, new.id))
    succession.codes_are_real(tx, new.id)

    old = plans.plan_in_force(tx, everything, new.subdistrict_id, lock=Lock.UPDATE)  # from here on reports wait
    if old is None or old.id != plan.old.plan.id:
        raise Conflict("another plan has just taken effect: compare with that one first", plan=str(new.id))
    decided = _caught_up(tx, ready)
    handed = list(_handed_over(decided))
    lineage.put(tx, _descents(ready, decided["households"]), handed, new.id)
    plans.close_plan(tx, old.id, ready.day)
    succession.change_state(tx, new, PlanState.IN_FORCE, ready.day)
    new = put_document(tx, new, document)
    told = replace(
        told_of(old, new, PlanState.IN_FORCE, ready.day),
        changed_grids=len(plan.changed),
        reassigned=sum(len(each.located.assignments) for each in decided.values()),
        review=sum(verdict.review for each in decided.values() for verdict in each.located.assignments),
        handed_over=dict(Counter(each.subject_kind for each in handed)),
        codes=codes,
    )
    detail = {"name": new.name, "valid_from": str(ready.day), "document": new.document_number}
    counts = {"reassigned": told.reassigned, **told.handed_over}
    audit.record(tx, "activate", "plan", new.id, count=len(plan.new.grids), detail=detail | counts)
    return told


def restore(tx: Transaction, scope: Scope, plan_id: UUID, name: str | None = None) -> Plan:
    """Make a new draft that has the grids and land of a plan of the past (恢复原方案).

    Parameters
    ----------
    name : str, optional
        As `gridmap.services.drafts.new_draft` takes it; 恢复 and the name of that plan when left out.

    Raises
    ------
    BadInput
        The name cannot be used.
    Conflict
        That plan was never in force, or is now; or a plan that never was has that name.
    NoPlan
        None is in force.
    """
    past = plans.plan_named(tx, scope, plan_id)
    if past.state is not PlanState.SUPERSEDED:
        raise Conflict(
            f"the plan {past.name} is {past.state.value}: only a plan that was in force can be brought back",
            plan=str(plan_id),
            state=past.state.value,
        )
    current = plans.plan_in_force(tx, Scope.everything(tx.actor), past.subdistrict_id)
    if current is None:
        raise NoPlan("no plan is in force that could be replaced")
    draft = branch_draft(tx, scope, f"恢复：{past.name}"[:NAME_SIGNS] if name is None else name, past)
    succession.set_base(tx, draft.id, current.id)
    audit.record(tx, "restore", "plan", draft.id, detail={"name": draft.name, "of": str(past.id)})
    return replace(draft, based_on=current.id)


def previous_plan(tx: Transaction, scope: Scope) -> Plan:
    """Return the plan that was in force before the one that is.

    Raises
    ------
    NoPlan
        There was none.
    """
    for found in plans_in_force(tx):
        past = [each for each in plans.plans_of(tx, scope, found.subdistrict.id) if each.state is PlanState.SUPERSEDED]
        if past:
            return past[0]
    raise NoPlan("no plan was in force before the one that is: there is nothing to bring back")


def fit(tx: Transaction, scope: Scope, plan_id: UUID) -> Case:
    """Return a plan with the one in force that it is to follow; it has to be allowed to.

    Raises
    ------
    PlanRefused
        It breaks a rule.
    Conflict
        It is in force or was, or is based on a plan that is no longer in force.
    Forbidden
        It would change grids that are out of scope.
    NotFound
        There is no such plan, or it is out of scope.
    """
    new = land_of(tx, scope, plan_id)
    if PlanState.IN_FORCE not in NEXT_STATES[new.plan.state]:
        raise Conflict(
            f"the plan {new.plan.name} is {new.plan.state.value} and cannot take effect; `gridmap plan restore` brings "
            "a plan of the past back",
            plan=str(plan_id),
            state=new.plan.state.value,
        )
    old = _base_in_force(tx, new)
    case = Case(tx, old, new)
    require_within(scope, case)
    report = plan_rules.check_case(case.everything, case)
    errors = [each for each in report.findings if each.severity == "error"]
    if errors:
        listed = "；".join(each.message for each in errors[:3]) + ("…" if len(errors) > 3 else "")
        raise PlanRefused(
            f"the plan {new.plan.name} breaks {len(errors)} rules and cannot take effect: {listed}. See all of them "
            f"with `gridmap plan check {plan_id}`",
            plan=str(plan_id),
            problems=[asdict(each) for each in errors],
        )
    return case


def require_within(scope: Scope, case: Case) -> None:
    """Refuse to decide about a plan that gives other land, or another description, to grids out of scope.

    Raises
    ------
    Forbidden
        It changes grids of a community that the caller does not see.
    """
    if scope.unlimited:
        return
    old, new = case.old.grids, case.new.grids
    said = [{grid.id: _said(grid) for grid in each.values()} for each in (old, new)]
    changed = {grid for grid in said[0].keys() | said[1].keys() if said[0].get(grid) != said[1].get(grid)}
    changed |= {grid for pair in case.moves.areas if pair[0] != pair[1] for grid in pair if grid is not None}
    concerned = {grids[grid].community_id for grids in (old, new) for grid in changed & grids.keys()}
    if not concerned <= scope.communities:
        raise Forbidden("the plan changes grids of another community: ask somebody who has all of them")


def _said(grid: Grid) -> tuple[object, ...]:
    """Return what a plan says of a grid, but for its land and the document of its four limits."""
    return grid.id, grid.code, grid.name, grid.kind, grid.community_id, grid.four_limits, grid.worker


def _recoded(old: PlanInForce, new: PlanInForce) -> frozenset[UUID]:
    """Return the grids whose code, community or existence differs: on a border the lowest code has the point."""
    said = [{grid.id: (grid.code, grid.community_id) for grid in each.grids.values()} for each in (old, new)]
    return frozenset(grid for grid in said[0].keys() | said[1].keys() if said[0].get(grid) != said[1].get(grid))


def _base_in_force(tx: Transaction, new: PlanInForce) -> PlanInForce:
    """Return the plan in force, which has to be the one that the new plan was drawn from, or equal to it."""
    everything = Scope.everything(tx.actor)
    plan = plans.plan_in_force(tx, everything, new.subdistrict.id)
    if plan is None:
        raise NoPlan("no plan is in force yet: import communities and grids first")
    if plan.id != new.plan.based_on and not _alike(tx, plan.id, new.plan.based_on):
        raise Conflict(
            f"the plan {new.plan.name} was drawn from one that is no longer in force; {plan.name} is, since "
            f"{plan.valid_from}. See what differs with `gridmap plan diff {plan.id} {new.plan.id}`, begin a draft of "
            "the plan in force with `gridmap plan new` and draw it there again",
            plan=str(new.plan.id),
            in_force=str(plan.id),
        )
    return land_of(tx, everything, plan.id)


def _alike(tx: Transaction, plan_id: UUID, other_id: UUID | None) -> bool:
    """Tell whether two plans are the same in everything but their dates: what follows one then follows the other."""
    if other_id is None:
        return False
    everything = Scope.everything(tx.actor)
    sides = []
    for each in (plan_id, other_id):
        grids = plans.grids_of_plan(tx, everything, each)
        said = {_said(grid) for grid in grids}
        sides.append((said, lineage.labels(tx, everything, each)))
    return sides[0] == sides[1]


def _caught_up(tx: Transaction, ready: Prepared) -> dict[str, Decided]:
    """Decide again what was written since everything was prepared."""
    decided = dict(ready.decided)
    now = succession.writes(tx, Scope.everything(tx.actor))
    written = {kind for kind in now if now[kind] != ready.writes.get(kind)}
    for kind in ASSIGNED_KINDS:
        if not written.intersection({kind.singular, *_EVERYBODY}):
            continue
        first = decided[kind.name]
        late = written_since(tx, ready.plan, kind, first)
        if late:
            again = reassign_some(tx, ready.plan, kind, late)
            write(tx, ready.plan, kind, again)
            kept = [each for each in first.located.assignments if each.subject_id not in late]
            located = replace(again.located, assignments=[*kept, *again.located.assignments])
            whereabouts = first.whereabouts | again.whereabouts
            decided[kind.name] = replace(again, located=located, whereabouts=whereabouts)
    return decided


def _handed_over(decided: Mapping[str, Decided]) -> Iterable[HandedOver]:
    for kind in ASSIGNED_KINDS:
        for subject, (old, new) in decided[kind.name].whereabouts.items():
            if old != new:
                yield HandedOver(kind.singular, subject, old, new)


def _descents(ready: Prepared, households: Decided) -> list[Descent]:
    """Say which grid gave how much land and how many households to which."""
    areas = ready.moves.areas
    people = Counter(households.whereabouts.values())
    whole: Counter[UUID | None] = Counter()
    for (old, _), area in areas.items():
        whole[old] += area  # type: ignore[assignment]
    pairs = [*areas, *(pair for pair in people if pair[0] != pair[1] and pair not in areas)]
    return [
        Descent(
            plan_id=ready.plan.new.plan.id,
            old_plan_id=ready.plan.old.plan.id,
            old_grid_id=old,
            new_grid_id=new,
            area=areas.get((old, new), 0.0),
            area_share=areas.get((old, new), 0.0) / whole[old] if old and whole[old] else None,
            households=people[old, new],
            household_share=people[old, new] / households.before[old] if old and households.before[old] else None,
        )
        for old, new in pairs
    ]


def told_of(old: Plan, new: Plan, state: PlanState, day: date) -> Activation:
    """Tell that a plan is in a state from a day on, before anything is counted."""
    return Activation(
        str(new.id),
        new.name,
        state.value,
        day,
        str(old.id),
        old.name,
        approval_number=new.document_number,
        approval_date=new.document_date,
    )
