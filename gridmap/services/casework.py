"""Moving a case along the ladder: who may, what it needs, what it does, and what is written of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from gridmap.access import Scope
from gridmap.casework.ladder import require_move
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound, StaleCase
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.casework import Approval, CaseFile, DeadlineClass, Decision, Pause, Step, Whistle, WhistleKind
from gridmap.model.land import new_id
from gridmap.model.moments import in_shanghai
from gridmap.services.assigning import decide
from gridmap.services.case_given import INCIDENTS, Ask, photos_of, read_given, resolve, whistle_of
from gridmap.services.case_opening import Order, due_at, grid_of, holder_at, open_file, workers_of
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.plan_land import plans_in_force
from gridmap.storage import assignments, audit, incidents, registers
from gridmap.storage import casework as store
from gridmap.storage.plans import Lock

if TYPE_CHECKING:
    from gridmap.casework.ladder import Ladder, Move
    from gridmap.model.cases import Incident
    from gridmap.services.casework_rules import Rules
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case


@dataclass(frozen=True)
class Moved:
    """What became of a move: the step that was made, or the request that waits for another person."""

    incident_id: UUID
    state: str
    step: Step | None
    approval: Approval | None


@dataclass(frozen=True)
class Verdict:
    """What another person decides about a request."""

    approve: bool
    role: str
    actor: str = ""
    note: str = ""


def move_case(tx: Transaction, scope: Scope, id_or_number: str, ask: Ask) -> Moved:
    """Make a move, or ask for it where another person has to approve it first.

    Raises
    ------
    NotFound
        There is no such incident, or it is out of scope.
    BadInput
        There is no such move or role, or what the move needs is missing or cannot be.
    Forbidden
        The role may not make the move.
    Conflict
        The move does not start from the state or level that the case has by now, or waits for a decision already.
    StaleCase
        The case has more steps or requests by now than the caller has seen.
    """
    incident_id = resolve(tx, scope, id_or_number)
    for each in sorted({incident_id, *([resolve(tx, scope, ask.incident.strip())] if ask.incident.strip() else [])}):
        store.hold(tx, scope, each)  # both of a merge, always in one order: neither can be merged meanwhile
    if ask.step is not None:
        _require_seen(tx, scope, incident_id, ask.step)
    rules, case, file = _read(tx, scope, incident_id)
    ask = replace(ask, actor=ask.actor.strip() or tx.actor)
    ladder = rules.ladders[file.profile]
    move = _allowed(ladder, case, file, ask.move, ask.role, ask.given())
    given = read_given(tx, scope, rules, case, file, move, ask)
    photos = photos_of(tx, case, ask)
    approval = _request(tx, scope, case, move, ask, given) if move.approval else None
    for photo in photos:
        store.add_photo(tx, photo)
    if approval:
        return Moved(case.incident.id, case.incident.state, None, approval)
    step = _perform(tx, scope, rules, case, file, move, ask, given)
    return Moved(case.incident.id, step.state_after, step, None)


def decide_approval(tx: Transaction, scope: Scope, id_or_number: str, approval_id: UUID, verdict: Verdict) -> Moved:
    """Approve or refuse a request; an approved one is carried out at once.

    Raises
    ------
    NotFound
        The incident has no such request, or is out of scope.
    Forbidden
        The role may not decide it, or whoever asked would decide himself.
    BadInput
        It is refused without a note.
    Conflict
        It was decided already; or the case has gone on and the move does not start there any more: refuse it.
    """
    incident_id = resolve(tx, scope, id_or_number)
    store.hold(tx, scope, incident_id)
    rules, case, file = _read(tx, scope, incident_id)
    actor = verdict.actor.strip() or tx.actor
    found = {each.id: each for each in store.approvals_of(tx, scope, case.incident.id)}
    if approval_id not in found:
        raise NotFound("the case has no such request", approval=str(approval_id))
    approval = found[approval_id]
    ladder = rules.ladders[file.profile]
    move = ladder.moves.get(approval.move)
    if approval.state is not Decision.PENDING:
        raise Conflict(f"the request was {approval.state} already", reason="decided", approval=str(approval_id))
    if move is None or verdict.role not in move.approval:
        roles = "、".join(sorted(move.approval)) if move else ""
        raise Forbidden(
            f"{approval.move} is decided by {roles or 'nobody any more'}", reason="decides", move=approval.move
        )
    if actor == approval.asked_by:
        raise Forbidden(
            "another person has to decide: who asks for a move cannot approve it",
            reason="same_person",
            move=approval.move,
        )
    if not verdict.approve and not verdict.note.strip():
        raise BadInput("a request is refused with a note: say why", reason="note", field="note")
    decided = replace(
        approval,
        state=Decision.APPROVED if verdict.approve else Decision.REFUSED,
        decided_at=tx.now,
        decided_by=actor,
        decided_role=verdict.role,
        note=verdict.note.strip(),
    )
    store.decide_approval(tx, decided)
    audit.record(
        tx,
        "approve" if verdict.approve else "refuse",
        "incident",
        case.incident.id,
        detail={"move": approval.move, "by": actor, "role": verdict.role, "approval": str(approval.id)},
    )
    if not verdict.approve:
        return Moved(case.incident.id, case.incident.state, None, decided)
    given = dict(approval.given)
    ask = Ask(approval.move, approval.asked_role, approval.asked_by, reason=given.pop("reason", ""))
    names = {"photo" if name == "photos" else name for name in given} | ({"reason"} if ask.reason else set())
    _allowed(ladder, case, file, approval.move, approval.asked_role, names)
    step = _perform(tx, scope, rules, case, file, move, ask, given, approval.id)
    return Moved(case.incident.id, step.state_after, step, decided)


def opened_file(tx: Transaction, scope: Scope, rules: Rules, case: Case) -> CaseFile:
    """Return the file of a case; one that came in without one (an import of records) gets it as of its own day."""
    kept = store.files_of(tx, scope, [case.incident.id]).get(case.incident.id)
    if kept:
        return kept
    incident = case.incident
    order = Order(
        incident.id, incident.source, incident.category, incident.reported_at or tx.now, deadline=incident.deadline
    )
    return open_file(tx, rules, order, case.assignment)


def _read(tx: Transaction, scope: Scope, incident_id: UUID) -> tuple[Rules, Case, CaseFile]:
    """Read an incident that is held: another move may have been made while this one waited for it."""
    rules = current_rules(tx)
    case = incidents.incident_named(tx, scope, incident_id)
    return rules, case, opened_file(tx, scope, rules, case)


def _require_seen(tx: Transaction, scope: Scope, incident_id: UUID, seen: int) -> None:
    """Refuse a move of somebody who has not seen all that was done with the case."""
    steps, asked = store.steps_of(tx, scope, incident_id), store.approvals_of(tx, scope, incident_id)
    if len(steps) + len(asked) == seen:
        return
    made = [(each.at, each.role, each.actor, each.move) for each in steps]
    made += [(each.asked_at, each.asked_role, each.asked_by, each.move) for each in asked]
    newer = [
        {"at": in_shanghai(at).isoformat(), "role": role, "actor": actor, "move": move}
        for at, role, actor, move in sorted(made)[seen:]
    ]
    raise StaleCase(
        f"the case has {len(made)} steps and requests by now, not {seen}: somebody was quicker; read it again",
        step=len(made),
        newer=newer,
    )


def _allowed(ladder: Ladder, case: Case, file: CaseFile, name: str, role: str, given: set[str]) -> Move:
    if role not in ladder.roles:
        raise BadInput(f"there is no role {role!r}; there are {'、'.join(sorted(ladder.roles))}", field="role")
    return require_move(
        ladder, name, state=case.incident.state or ladder.first[-1], level=file.level, roles=[role], given=given
    )


def _request(tx: Transaction, scope: Scope, case: Case, move: Move, ask: Ask, given: dict[str, Any]) -> Approval:
    for other in store.approvals_of(tx, scope, case.incident.id):
        if other.move == move.name and other.state is Decision.PENDING:
            raise Conflict(
                f"{move.name} waits for a decision already: decide that first",
                reason="waits",
                move=move.name,
                approval=str(other.id),
            )
    kept = given | ({"reason": ask.reason.strip()} if ask.reason.strip() else {})
    approval = Approval(new_id(), case.incident.id, move.name, kept, Decision.PENDING, tx.now, ask.actor, ask.role)
    store.add_approval(tx, approval)
    detail = {"move": move.name, "by": ask.actor, "role": ask.role, "approval": str(approval.id)}
    audit.record(tx, "ask", "incident", case.incident.id, detail=detail)
    return approval


def _perform(
    tx: Transaction,
    scope: Scope,
    rules: Rules,
    case: Case,
    file: CaseFile,
    move: Move,
    ask: Ask,
    given: dict[str, Any],
    approval_id: UUID | None = None,
) -> Step:
    """Do what a move does, and write the step, the state and the audit row."""
    ladder, incident = rules.ladders[file.profile], case.incident
    before = incident.state or ladder.first[-1]
    step = Step(
        id=new_id(),
        incident_id=incident.id,
        number=store.next_step(tx, Scope.everything(scope.actor), incident.id),
        at=tx.now,
        actor=ask.actor,
        role=ask.role,
        move=move.name,
        state_before=before,
        state_after=move.target or before,
        level_before=file.level,
        level_after=ladder.level_after(move, file.level),
        reason=ask.reason.strip(),
        given=given,
        approval_id=approval_id,
    )
    if "grid" in given:
        case, file = _to_grid(tx, scope, rules, case, file, given["grid"])
    file = _held_by(tx, ladder, case, replace(file, level=step.level_after), move, given)
    file = _joined(file, move, given)
    _whistled(tx, scope, case, move, ask, given)
    file, pauses = _timed(tx, scope, file, move, given)
    store.put_file(tx, file)
    store.set_state(tx, incident.id, step.state_after, due_at(rules, file, pauses), closed_by(incident, step))
    store.add_step(tx, step)
    detail = {"move": move.name, "by": ask.actor, "role": ask.role, "from": before, "to": step.state_after}
    audit.record(tx, "move", "incident", incident.id, detail=detail)
    return step


def closed_by(incident: Incident, step: Step) -> datetime | None:
    """Return when a case is closed after a step: rating a closed case does not close it again."""
    if step.state_after not in CLOSED_STATES:
        return None
    return incident.closed_at if step.state_before in CLOSED_STATES else step.at


def _to_grid(
    tx: Transaction, scope: Scope, rules: Rules, case: Case, file: CaseFile, code: str
) -> tuple[Case, CaseFile]:
    """Give a case to a grid that a person names (人工指定), by the plan in force now."""
    incident = case.incident
    lonlat = np.array([[np.nan if value is None else value for value in (incident.lon, incident.lat)]])
    found = plans_in_force(tx, lock=Lock.SHARE)
    columns: dict[str, list[Any]] = {"accuracy": [incident.accuracy], "manual_grid": [code]}
    mine = [each for each in found if any(grid.code == code for grid in each.grids.values())]
    located = decide(INCIDENTS, [incident.id], lonlat, columns, mine)
    changed = {"id": incident.id, "manual_grid": code, "community_id": located.community_ids[0]}
    registers.update_many(tx, INCIDENTS, [changed])
    assignments.put(tx, located.assignments)
    worker, deputy = workers_of(tx, rules, grid_of(tx, located.assignments[0]))
    seen = incidents.incident_named(tx, Scope.everything(scope.actor), incident.id)
    return seen, replace(file, worker=worker, deputy=deputy)


def _held_by(
    tx: Transaction, ladder: Ladder, case: Case, file: CaseFile, move: Move, given: dict[str, Any]
) -> CaseFile:
    if move.effect != "hand_over":
        return file
    holder = given.get("unit") or holder_at(file.level, ladder.levels, grid_of(tx, case.assignment))
    return replace(file, holder=holder)


def _joined(file: CaseFile, move: Move, given: dict[str, Any]) -> CaseFile:
    if move.effect == "merge":
        file = replace(file, merged_into=UUID(given["incident"]))
    elif move.effect == "unmerge":
        file = replace(file, merged_into=None)
    if "outcome" in given and move.effect != "rate":
        file = replace(file, outcome=given["outcome"])
    return file


def _whistled(tx: Transaction, scope: Scope, case: Case, move: Move, ask: Ask, given: dict[str, Any]) -> None:
    if move.effect == "blow":
        kind = WhistleKind(given.get("whistle", WhistleKind.COMMUNITY))
        store.put_whistle(tx, Whistle(new_id(), case.incident.id, kind, given["unit"], tx.now, ask.actor))
    elif move.effect == "answer":
        whistle = whistle_of(tx, scope, case, given, arriving=False)
        store.put_whistle(tx, replace(whistle, answered_at=tx.now))
    elif move.effect == "arrive":  # who comes at once has answered by that
        whistle = whistle_of(tx, scope, case, given, arriving=True)
        store.put_whistle(tx, replace(whistle, answered_at=whistle.answered_at or tx.now, arrived_at=tx.now))


def _timed(
    tx: Transaction, scope: Scope, file: CaseFile, move: Move, given: dict[str, Any]
) -> tuple[CaseFile, list[Pause]]:
    """Let the clock of a case stop, go on, begin anew or end, and keep a date that was given."""
    pauses = store.pauses_of(tx, Scope.everything(scope.actor), [file.incident_id]).get(file.incident_id, [])
    lasting = pauses[-1] if pauses and pauses[-1].until is None else None
    if move.clock == "pause":
        pauses = [*pauses, Pause(new_id(), file.incident_id, tx.now)]
        store.put_pause(tx, pauses[-1])
    elif move.clock and lasting:
        pauses = [*pauses[:-1], replace(lasting, until=tx.now)]
        store.put_pause(tx, pauses[-1])
    if move.clock == "release":
        file = replace(file, deadline_class=DeadlineClass.LONG_TERM)
    elif move.clock == "restart":
        file = replace(file, begun_at=tx.now, fixed_deadline=None, fixed_at=None, return_until=None)
    if "deadline" in given:
        kind = DeadlineClass.BY_DATE if file.deadline_class is DeadlineClass.LONG_TERM else file.deadline_class
        at = datetime.fromisoformat(given["deadline"])
        file = replace(file, deadline_class=kind, fixed_deadline=at, fixed_at=tx.now)
    return file, pauses
