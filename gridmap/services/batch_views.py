"""Lists of cases (五单) as they are shown: what is on them, what was done, and what units have to show for a year."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gridmap.address.masking import mask_numbers, mask_within
from gridmap.casework.batches import unit_results
from gridmap.errors import BadInput
from gridmap.model.moments import SHANGHAI, in_shanghai
from gridmap.services.case_given import resolve
from gridmap.services.casework_rules import rules as current_rules
from gridmap.storage import batches as store
from gridmap.storage import casework, incidents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.casework.batches import Act, Stage, Stages, UnitResult
    from gridmap.model.batches import Batch, BatchCase, BatchRating, BatchStep
    from gridmap.storage.casework import GridOfPlan
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case

_EARLIEST = 2000
_FREE = frozenset({"unit"})  # what is written freely of what comes with a step


@dataclass(frozen=True)
class BatchBrief:
    """A list in one line.

    Parameters
    ----------
    ended : bool
        It is through, and `stage` is where it ended.
    cases, settled, claimed, rated, gone : int
        Visible cases: on the list when it goes on, or carried to its end; those of them that have what the stage
        needs; that a unit has claimed; that were rated; and those that were taken off, sent back or put off.
    """

    id: str
    number: str
    name: str
    stage: str
    ended: bool
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    meeting_on: date | None
    cases: int
    settled: int
    claimed: int
    rated: int
    gone: int


@dataclass(frozen=True)
class BatchLine:
    """A case on a list; nothing personal in it.

    Parameters
    ----------
    mark : str
        What was last done about it at this stage.
    ratings : mapping of str to int
        How often it was rated so.
    left_at, left_by
        None while it is on the list.
    """

    incident_id: str
    number: str
    title: str
    address: str
    category: str
    state: str
    grid_code: str | None
    grid_name: str | None
    community_name: str | None
    unit: str
    mark: str
    reason: str
    claimed_by: str | None
    claimed_at: datetime | None
    ratings: Mapping[str, int]
    left_at: datetime | None
    left_by: str | None


@dataclass(frozen=True)
class OpenAct:
    """What may be done with cases of a list now; `effect` as in data/lookups/batches.json."""

    name: str
    roles: list[str]
    needs: list[str]
    takes: list[str]
    effect: str


@dataclass(frozen=True)
class BatchStepView:
    """One thing that was done; `incident` is the number of the case, None for the list itself."""

    number: int
    at: datetime
    actor: str
    role: str
    act: str
    stage: str
    incident: str | None
    reason: str
    given: Mapping[str, Any]


@dataclass(frozen=True)
class BatchDetails:
    """A list with its cases, those that have left it, and everything that was done.

    Parameters
    ----------
    next_stage : str or None
        Where it goes on to; None at the last stage and when it has ended.
    needs : list of str
        What has to be given when it goes on.
    acts : list of OpenAct
        What may be done with its cases now.
    """

    batch: BatchBrief
    minutes: str | None
    next_stage: str | None
    needs: list[str]
    acts: list[OpenAct]
    cases: list[BatchLine]
    gone: list[BatchLine]
    steps: list[BatchStepView]


@dataclass(frozen=True)
class OnBatch:
    """A list that a case is or was on."""

    number: str
    name: str
    stage: str
    ended: bool
    unit: str
    claimed_by: str | None
    put_at: datetime
    left_at: datetime | None
    left_by: str | None


def list_batches(tx: Transaction, scope: Scope, *, closed: bool | None = None) -> list[BatchBrief]:
    """Return the visible lists, the latest first; only open or only ended ones when that is asked."""
    stages = current_rules(tx).stages
    found = store.batches(tx, scope, closed=closed)
    cases: dict[UUID, list[BatchCase]] = {}
    for case in store.cases_of(tx, scope, [each.id for each in found]):
        cases.setdefault(case.batch_id, []).append(case)
    rated = store.ratings_of(tx, scope, [case.id for each in cases.values() for case in each])
    return [_brief(stages, each, cases.get(each.id, []), rated) for each in found]


def get_batch(tx: Transaction, scope: Scope, id_or_number: str) -> BatchDetails:
    """Tell everything about a list.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    """
    stages = current_rules(tx).stages
    batch = store.batch_named(tx, scope, id_or_number)
    cases = store.cases_of(tx, scope, [batch.id])
    ratings = store.ratings_of(tx, scope, [each.id for each in cases])
    steps = store.steps_of(tx, scope, batch.id)
    known, grids = _incidents(tx, scope, [each.incident_id for each in cases])
    carried = _carried(stages, cases)
    lines = {each.id: _line(each, known[each.incident_id], grids, ratings.get(each.id, ())) for each in cases}
    here, after = stages.named(batch.stage), stages.after(batch.stage)
    goes_on = batch.closed_at is None
    return BatchDetails(
        batch=_brief(stages, batch, cases, ratings),
        minutes=mask_numbers(batch.minutes) if batch.minutes else None,
        next_stage=after.name if goes_on and after else None,
        needs=sorted(here.needs) if goes_on else [],
        acts=[_open_act(each) for each in stages.acts_at(batch.stage)] if goes_on else [],
        cases=[lines[each.id] for each in cases if each in carried],
        gone=[lines[each.id] for each in cases if each not in carried],
        steps=[_step(each, known) for each in steps],
    )


def batches_of_case(tx: Transaction, scope: Scope, id_or_number: str) -> list[OnBatch]:
    """Return the lists that a case is or was on, the latest first.

    Raises
    ------
    NotFound
        There is no such incident, or it is out of scope.
    """
    case = incidents.incident_named(tx, scope, resolve(tx, scope, id_or_number))
    found = []
    for each in reversed(store.cases_of_incidents(tx, scope, [case.incident.id])):
        batch = store.batch_named(tx, scope, str(each.batch_id))
        found.append(
            OnBatch(
                batch.number,
                mask_numbers(batch.name),
                batch.stage,
                batch.closed_at is not None,
                mask_numbers(each.unit),
                _maybe(each.claimed_by),
                in_shanghai(each.put_at),
                in_shanghai(each.left_at),
                each.left_by,
            )
        )
    return found


def year_of_units(tx: Transaction, scope: Scope, year: int) -> list[UnitResult]:
    """Add up what each unit claimed within a year of Asia/Shanghai, and how residents have rated it since.

    Raises
    ------
    BadInput
        No such year.
    """
    last = tx.now.astimezone(SHANGHAI).year
    if not _EARLIEST <= year <= last:
        raise BadInput(f"year is {_EARLIEST} to {last}, not {year}", field="year")
    begin, end = (datetime(each, 1, 1, tzinfo=SHANGHAI) for each in (year, year + 1))
    cases = store.claims(tx, scope, begin, end)
    ratings = store.ratings_of(tx, scope, [case.id for case in cases])
    claims = ((case.claimed_by or "", [each.rating for each in ratings.get(case.id, ())]) for case in cases)
    results = unit_results(current_rules(tx).stages, claims)
    return [replace(each, unit=mask_numbers(each.unit)) for each in results]


def _carried(stages: Stages, cases: Iterable[BatchCase]) -> set[BatchCase]:
    """Return the cases that are on a list, or were carried to its end."""
    return {case for case in cases if case.left_at is None or case.left_by == stages.ended}


def _brief(
    stages: Stages, batch: Batch, cases: Sequence[BatchCase], rated: Mapping[UUID, Sequence[BatchRating]]
) -> BatchBrief:
    carried, here = _carried(stages, cases), stages.named(batch.stage)
    return BatchBrief(
        id=str(batch.id),
        number=batch.number,
        name=mask_numbers(batch.name),
        stage=batch.stage,
        ended=batch.closed_at is not None,
        opened_at=in_shanghai(batch.opened_at),
        opened_by=batch.opened_by,
        closed_at=in_shanghai(batch.closed_at),
        meeting_on=batch.meeting_on,
        cases=len(carried),
        settled=sum(_settled(here, case) for case in carried),
        claimed=sum(case.claimed_by is not None for case in carried),
        rated=sum(case.id in rated for case in carried),
        gone=len(cases) - len(carried),
    )


def _settled(stage: Stage, case: BatchCase) -> bool:
    return not stage.settled_by or case.mark in stage.settled_by


_Grids = dict[tuple["UUID", "UUID"], "GridOfPlan"]


def _incidents(tx: Transaction, scope: Scope, ids: Sequence[UUID]) -> tuple[dict[UUID, Case], _Grids]:
    wanted = tuple(dict.fromkeys(ids))
    found = incidents.find(tx, scope, incidents.Filter(ids=wanted), limit=len(wanted)) if wanted else []
    verdicts = [case.assignment for case in found if case.assignment]
    pairs = {(each.plan_id, each.grid_id) for each in verdicts if each.grid_id}
    return {case.incident.id: case for case in found}, casework.grids_of_plans(tx, scope, pairs)


def _line(case: BatchCase, known: Case, grids: _Grids, ratings: Iterable[BatchRating]) -> BatchLine:
    incident, verdict = known.incident, known.assignment
    grid = grids.get((verdict.plan_id, verdict.grid_id)) if verdict and verdict.grid_id else None
    return BatchLine(
        incident_id=str(incident.id),
        number=incident.number,
        title=mask_numbers(incident.title),
        address=mask_numbers(incident.address),
        category=mask_numbers(incident.category),
        state=incident.state,
        grid_code=grid.code if grid else None,
        grid_name=grid.name if grid else None,
        community_name=grid.community_name if grid else None,
        unit=mask_numbers(case.unit),
        mark=case.mark,
        reason=mask_numbers(case.reason),
        claimed_by=_maybe(case.claimed_by),
        claimed_at=in_shanghai(case.claimed_at),
        ratings=dict(Counter(each.rating for each in ratings)),
        left_at=in_shanghai(case.left_at),
        left_by=case.left_by,
    )


def _open_act(act: Act) -> OpenAct:
    return OpenAct(act.name, sorted(act.roles), sorted(act.needs), sorted(act.takes), act.effect)


def _step(step: BatchStep, known: Mapping[UUID, Case]) -> BatchStepView:
    incident = known[step.incident_id].incident.number if step.incident_id else None
    at = in_shanghai(step.at)
    return BatchStepView(
        step.number,
        at,
        step.actor,
        step.role,
        step.act,
        step.stage,
        incident,
        mask_numbers(step.reason),
        mask_within(step.given, _FREE),
    )


def _maybe(text: str | None) -> str | None:
    return mask_numbers(text) if text else text
