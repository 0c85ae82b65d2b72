"""五单: opening a list of cases, what is done with the cases on it, and taking it from stage to stage."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gridmap.access import Scope
from gridmap.address.masking import mask_numbers
from gridmap.casework.batches import require_act, require_onward
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound
from gridmap.model.batches import Batch, BatchCase, BatchRating, BatchStep
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.land import new_id
from gridmap.services.case_given import resolve
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.plan_land import today
from gridmap.storage import audit, casework, incidents, land
from gridmap.storage import batches as store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from gridmap.casework.batches import Act, Stages
    from gridmap.model.cases import Incident
    from gridmap.services.casework_rules import Rules
    from gridmap.storage.database import Transaction

MOST = 500  # cases of one list; an office reviews some fifty at a meeting
MINUTES = 20_000  # characters


@dataclass(frozen=True)
class Opening:
    """A list that somebody wants to open. As who, and who: until there are accounts the caller says both."""

    role: str
    actor: str = ""
    name: str = ""
    subdistrict: str = ""


@dataclass(frozen=True)
class BatchAsk:
    """Something that somebody wants to do with cases on a list.

    Parameters
    ----------
    act : str
        In the words of data/lookups/batches.json.
    incidents : tuple of str
        Ids or numbers; it is done with all of them or with none.
    unit : str
        Who is to claim a case, or claims it.
    rating : str
        How it is rated.
    """

    act: str
    role: str
    incidents: tuple[str, ...]
    actor: str = ""
    reason: str = ""
    unit: str = ""
    rating: str = ""

    def given(self) -> set[str]:
        """Name what comes with it."""
        return {name for name in ("reason", "unit", "rating") if getattr(self, name).strip()}


@dataclass(frozen=True)
class Onward:
    """Taking a list to its next stage, with what the stage needs that it leaves."""

    role: str
    actor: str = ""
    reason: str = ""
    meeting: date | None = None
    minutes: str = ""

    def given(self) -> set[str]:
        """Name what comes with it."""
        return ({"meeting"} if self.meeting else set()) | ({"minutes"} if self.minutes.strip() else set())


def open_batch(tx: Transaction, scope: Scope, ask: Opening) -> Batch:
    """Open a list, empty, at its first stage.

    Raises
    ------
    NotFound
        There is no such sub-district.
    BadInput
        There are several and none was named, or there is no such role.
    Forbidden
        The role may put nothing on a list.
    """
    rules = current_rules(tx)
    stages = rules.stages
    _require_role(rules, ask.role)
    putting = next(act for act in stages.acts.values() if act.effect == "put")
    if ask.role not in putting.roles:
        roles = sorted(putting.roles)
        raise Forbidden(
            f"a list is opened by {'、'.join(roles)}", reason="role", move=putting.name, role=ask.role, roles=roles
        )
    subdistrict_id, actor = _subdistrict(tx, scope, ask.subdistrict), ask.actor.strip() or tx.actor
    store.hold_numbers(tx, scope, subdistrict_id)
    year = today(tx).year
    last = store.last_number(tx, Scope.everything(tx.actor), f"{year}-")
    running = int(last.partition("-")[2]) + 1 if last else 1
    name = ask.name.strip() or f"{year}年第{running}批"
    number = f"{year}-{running:03}"
    batch = Batch(new_id(), number, subdistrict_id, name, stages.first.name, tx.now, actor)
    store.add(tx, batch)
    detail = {"number": number, "name": name, "by": actor, "role": ask.role}
    audit.record(tx, "add", "batch", batch.id, detail=detail)
    return batch


def act_on_cases(tx: Transaction, scope: Scope, id_or_number: str, ask: BatchAsk) -> Batch:
    """Do one thing with some cases of a list, or with none of them when one cannot be.

    Raises
    ------
    NotFound
        There is no such list or incident, or it is out of scope.
    BadInput
        There is no such act or role, or what the act needs is missing or cannot be.
    Forbidden
        The role may not do it.
    Conflict
        The list has ended or is at another stage; a case is not on it, is on another one already (the message names
        it), has ended, or was claimed before.
    """
    rules = current_rules(tx)
    batch = _held(tx, scope, id_or_number)
    _require_role(rules, ask.role)
    ask = replace(ask, actor=ask.actor.strip() or tx.actor, unit=" ".join(ask.unit.split()), rating=ask.rating.strip())
    act = require_act(rules.stages, ask.act, stage=batch.stage, role=ask.role, given=ask.given())
    if "rating" in act.needs and ask.rating not in rules.stages.ratings:
        raise BadInput(f"rating is one of {'、'.join(rules.stages.ratings)}, not {ask.rating!r}", field="rating")
    named = _incidents(tx, scope, ask.incidents)
    if act.effect == "put":
        _put(tx, scope, batch, list(named.values()), ask)
        units: Mapping[UUID, str] = {}
    else:
        units = _change(tx, batch, named, act, ask)
    given = {"rating": ask.rating} if ask.rating else {}
    first = store.next_step(tx, Scope.everything(tx.actor), batch.id)
    store.add_steps(
        tx,
        [
            BatchStep(
                id=new_id(),
                batch_id=batch.id,
                number=first + i,
                at=tx.now,
                actor=ask.actor,
                role=ask.role,
                act=act.name,
                stage=batch.stage,
                incident_id=incident_id,
                reason=ask.reason.strip(),
                given=given | ({"unit": units[incident_id]} if incident_id in units else {}),
            )
            for i, incident_id in enumerate(named)
        ],
    )
    detail = {"number": batch.number, "act": act.name, "by": ask.actor, "role": ask.role}
    audit.record(tx, "change", "batch", batch.id, count=len(named), detail=detail)
    return batch


def take_onward(tx: Transaction, scope: Scope, id_or_number: str, ask: Onward) -> Batch:
    """Take a list to its next stage; cases that were sent back or put off leave it. After the last stage it ends.

    A list that nothing is left on ends at once.

    Raises
    ------
    NotFound
        There is no such list, or it is out of scope.
    BadInput
        There is no such role, or what the stage needs is missing or cannot be.
    Forbidden
        The role may not take it on.
    Conflict
        It has ended, or cases are not settled.
    """
    rules = current_rules(tx)
    batch = _held(tx, scope, id_or_number)
    _require_role(rules, ask.role)
    stages, here = rules.stages, _on(tx, batch)
    numbers = _numbers(tx, [case.incident_id for case in here])
    marks = {numbers[case.incident_id]: case.mark for case in here}
    require_onward(stages, batch.stage, role=ask.role, given=ask.given(), marks=marks)
    actor = ask.actor.strip() or tx.actor
    meeting, minutes = _meeting(tx, ask)
    leaving = _leaving(stages, batch, here)
    ending = len(leaving) == len(here)
    _go_on(tx, here, leaving)
    after = stages.after(batch.stage)
    batch = replace(
        batch,
        stage=batch.stage if ending or after is None else after.name,
        closed_at=tx.now if ending else None,
        meeting_on=meeting or batch.meeting_on,
        minutes=minutes or batch.minutes,
    )
    store.put(tx, batch)
    given: dict[str, Any] = {"left": dict(Counter(leaving.values()))} if leaving else {}
    given |= {"meeting": meeting.isoformat()} if meeting else {}
    name = stages.ended if ending else stages.onward
    number = store.next_step(tx, Scope.everything(tx.actor), batch.id)
    step = BatchStep(
        new_id(), batch.id, number, tx.now, actor, ask.role, name, batch.stage, None, ask.reason.strip(), given
    )
    store.add_steps(tx, [step])
    detail = {"number": batch.number, "stage": batch.stage, "ended": ending, "by": actor, "role": ask.role}
    audit.record(tx, "advance", "batch", batch.id, count=len(here), detail=detail)
    return batch


def _leaving(stages: Stages, batch: Batch, here: Sequence[BatchCase]) -> dict[UUID, str]:
    """Say which cases leave a list that goes on, and by which act: all of them when it ends."""
    releasing = {act.name for act in stages.acts.values() if act.effect == "release"}
    if stages.after(batch.stage) is None:
        return {case.id: stages.ended for case in here}
    return {case.id: case.mark for case in here if case.mark in releasing}


def _go_on(tx: Transaction, here: Sequence[BatchCase], leaving: Mapping[UUID, str]) -> None:
    """Let cases leave, and the others begin their next stage with nothing said about them."""
    left = [replace(case, left_at=tx.now, left_by=leaving[case.id]) for case in here if case.id in leaving]
    stay = [replace(case, mark="", reason="") for case in here if case.id not in leaving]
    store.put_cases(tx, left + stay)


def _put(tx: Transaction, scope: Scope, batch: Batch, found: Sequence[Incident], ask: BatchAsk) -> None:
    """Put cases on a list; nobody can put one on another list meanwhile, for the incidents are held."""
    for incident_id in sorted(incident.id for incident in found):
        casework.hold(tx, scope, incident_id)
    everything = Scope.everything(tx.actor)
    numbers = {incident.id: incident.number for incident in found}
    for case in store.cases_of_incidents(tx, everything, list(numbers)):
        if case.left_at is None:
            other = store.batch_named(tx, everything, str(case.batch_id)).number
            raise Conflict(
                f"{numbers[case.incident_id]} is on the list {other} already: a case is on one list at most",
                incident=numbers[case.incident_id],
                batch=other,
            )
    for incident in found:
        if incident.state in CLOSED_STATES:
            raise Conflict(
                f"{incident.number} is {incident.state}: only open cases go on a list", incident=incident.number
            )
    elsewhere = store.of_other_subdistricts(tx, everything, batch.subdistrict_id, list(numbers))
    if elsewhere:
        raise BadInput(
            f"{elsewhere[0]} lies in another sub-district than the list {batch.number}", incident=elsewhere[0]
        )
    if len(_on(tx, batch)) + len(found) > MOST:
        raise BadInput(f"a list has at most {MOST} cases: open another one", field="incidents")
    store.add_cases(tx, [BatchCase(new_id(), batch.id, incident.id, tx.now, ask.actor) for incident in found])


def _change(
    tx: Transaction, batch: Batch, named: Mapping[UUID, Incident], act: Act, ask: BatchAsk
) -> Mapping[UUID, str]:
    """Do something with cases that are on the list; return the units that they go to, where the act says one."""
    here = {case.incident_id: case for case in _on(tx, batch)}
    for incident_id, incident in named.items():
        if incident_id not in here:
            raise Conflict(
                f"{incident.number} is not on the list {batch.number}", incident=incident.number, batch=batch.number
            )
    cases = [here[incident_id] for incident_id in named]
    claimed = next((case for case in cases if case.claimed_by is not None), None)
    if claimed and act.effect != "rate":
        number, unit = named[claimed.incident_id].number, mask_numbers(claimed.claimed_by or "")
        raise Conflict(f"{number} was claimed by {unit} already", incident=number, unit=unit)
    reason = ask.reason.strip()
    changed = [replace(case, mark=act.name, reason=reason) for case in cases]
    if act.effect == "claim":
        changed = [_claimed(tx, case, named[case.incident_id], ask) for case in changed]
        for case in changed:
            store.claim(tx, case)
        return {case.incident_id: case.claimed_by or "" for case in changed}
    if act.effect == "assign":
        changed = [_assigned(case, named[case.incident_id], act, ask) for case in changed]
    elif act.effect == "take_off":
        changed = [replace(case, left_at=tx.now, left_by=act.name) for case in changed]
    elif act.effect == "rate":
        rated = [BatchRating(new_id(), case.id, ask.rating, reason, tx.now, ask.actor) for case in cases]
        store.add_ratings(tx, rated)
    store.put_cases(tx, changed)
    return {case.incident_id: case.unit for case in changed} if act.effect == "assign" else {}


def _assigned(case: BatchCase, incident: Incident, act: Act, ask: BatchAsk) -> BatchCase:
    unit = _unit(case, ask)
    if not unit:
        raise BadInput(f"{act.name}: say which unit is to claim {incident.number}", field="unit")
    return replace(case, unit=unit)


def _claimed(tx: Transaction, case: BatchCase, incident: Incident, ask: BatchAsk) -> BatchCase:
    unit = _unit(case, ask)
    if unit != case.unit and not ask.reason.strip():
        raise BadInput(
            f"{incident.number} was agreed to go to {mask_numbers(case.unit)}: another unit claims it with a reason",
            field="reason",
        )
    return replace(case, claimed_by=unit, claimed_at=tx.now)


def _unit(case: BatchCase, ask: BatchAsk) -> str:
    """Return which unit is meant: the one that was agreed also where it is named as it is shown, masked."""
    return case.unit if not ask.unit or mask_numbers(ask.unit) == mask_numbers(case.unit) else ask.unit


def _held(tx: Transaction, scope: Scope, id_or_number: str) -> Batch:
    batch = store.hold(tx, scope, id_or_number)
    if batch.closed_at is not None:
        raise Conflict(f"the list {batch.number} has ended: put cases on an open one", batch=batch.number)
    return batch


def _on(tx: Transaction, batch: Batch) -> list[BatchCase]:
    """Return the cases that are on a list now, whoever may see them: a list goes on whole."""
    found = store.cases_of(tx, Scope.everything(tx.actor), [batch.id])
    return [case for case in found if case.left_at is None]


def _incidents(tx: Transaction, scope: Scope, named: Sequence[str]) -> dict[UUID, Incident]:
    """Return incidents by id, in the order in which they were named, each once."""
    if not named or len(named) > MOST:
        raise BadInput(f"name 1 to {MOST} incidents by number or id", field="incidents")
    ids = dict.fromkeys(resolve(tx, scope, each.strip()) for each in named)
    cases = incidents.find(tx, scope, incidents.Filter(ids=tuple(ids)), limit=len(ids))
    found = {case.incident.id: case.incident for case in cases}
    for incident_id in ids:
        if incident_id not in found:
            raise NotFound("there is no such incident", incident=str(incident_id))
    return {incident_id: found[incident_id] for incident_id in ids}


def _numbers(tx: Transaction, incident_ids: Sequence[UUID]) -> dict[UUID, str]:
    wanted = incidents.Filter(ids=tuple(incident_ids))
    found = incidents.find(tx, Scope.everything(tx.actor), wanted, limit=len(incident_ids))
    return {case.incident.id: case.incident.number for case in found}


def _meeting(tx: Transaction, ask: Onward) -> tuple[date | None, str]:
    if ask.meeting and ask.meeting > today(tx):
        raise BadInput(f"the meeting of {ask.meeting} has not been held yet: minutes come after it", field="meeting")
    minutes = ask.minutes.strip()
    if len(minutes) > MINUTES:
        raise BadInput(f"minutes have at most {MINUTES:,} characters: name the document instead", field="minutes")
    return ask.meeting, minutes


def _subdistrict(tx: Transaction, scope: Scope, named: str) -> UUID:
    if named.strip():
        return land.subdistrict_named(tx, scope, named.strip()).id
    found = land.subdistricts(tx, scope)
    if not found:
        raise NotFound("there is no sub-district yet: import communities and grids first")
    if len(found) > 1:
        raise BadInput("there are several sub-districts: name one by its code", field="subdistrict")
    return found[0].id


def _require_role(rules: Rules, role: str) -> None:
    known = rules.ladders[""].roles
    if role not in known:
        raise BadInput(f"there is no role {role!r}; there are {'、'.join(sorted(known))}", field="role")
