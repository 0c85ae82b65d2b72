"""Who has what a 属地核实单 is asked for: the place alone, or the case as it has its grid.

A case may be had by another grid than the one that its point lies in: by a person's decision, or by an inclusion list.
A statement about it says what the case says, and where the point lies beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Scope
from gridmap.errors import BadInput, NoPlan
from gridmap.model.cases import Reason
from gridmap.model.kinds import kind_named
from gridmap.model.land import new_id
from gridmap.model.moments import SHANGHAI
from gridmap.services.assigning import decide, wanted_columns
from gridmap.services.case_given import INCIDENTS
from gridmap.services.locating import POINT
from gridmap.services.plan_land import land_of, plans_in_force, today
from gridmap.storage import casework, registers

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from gridmap.model.cases import Assignment
    from gridmap.model.land import Grid
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case

_BUILDINGS = kind_named("buildings")


@dataclass(frozen=True)
class Judged:
    """Who has a place or a case on a day.

    Parameters
    ----------
    verdict, plan : Assignment, PlanInForce
        Who has it, under which plan: of a case what it has itself.
    point, land : Assignment, PlanInForce
        Where its point lies, whoever has it.
    known : dict
        What else the rule knew of a case: building, floor, manual_grid.
    own : Assignment or None
        What the case has itself: another one, where it is asked about by the plan of another day.
    """

    day: date
    verdict: Assignment
    plan: PlanInForce
    point: Assignment
    land: PlanInForce
    known: dict[str, Any]
    own: Assignment | None

    @property
    def own_grid(self) -> UUID | None:
        """The grid that the case itself has."""
        return self.own.grid_id if self.own else None

    @property
    def grid(self) -> Grid | None:
        """The grid that has it."""
        return self.plan.grids.get(self.verdict.grid_id) if self.verdict.grid_id else None

    @property
    def around(self) -> Grid | None:
        """The grid that the point lies in."""
        return self.land.grids.get(self.point.grid_id) if self.point.grid_id else None


def judged(
    tx: Transaction, position: tuple[float, float], accuracy: float, at: date | None, case: Case | None
) -> Judged:
    """Say who has a position, or a case that is there.

    Parameters
    ----------
    at : date, optional
        By the plan in force on that day; without it a case is told as it has its grid, a position by today's plan.

    Raises
    ------
    BadInput
        The day lies ahead: nobody can state what will be.
    NoPlan
        No plan was in force on that day.
    """
    if at is not None and at > today(tx):
        raise BadInput(f"{at} lies ahead: a statement is about today or an earlier day", field="at", at=str(at))
    known = _known(tx, case) if case else {}
    own = case.assignment if case else None
    settled = own is not None and at is None and own.reason is not Reason.UNLOCATED
    if own is not None and settled:
        plan = land_of(tx, Scope.everything(tx.actor), own.plan_id)
        day = _day_of(tx, case, plan)
        found, verdict = [plan, *_others(tx, day, plan)], own
    else:
        day = at or today(tx)
        found = plans_in_force(tx, day)
        columns = {name: [value] for name, value in (known | {"accuracy": accuracy}).items()}
        kind = INCIDENTS if case else POINT
        verdict = decide(kind, [new_id()], np.array([position]), columns, found).assignments[0]
        plan = _plan_of(verdict, found)
    point = decide(POINT, [new_id()], np.array([position]), {"accuracy": [accuracy]}, found).assignments[0]
    return Judged(day, verdict, plan, point, _plan_of(point, found), known, own)


def _known(tx: Transaction, case: Case) -> dict[str, Any]:
    """Read what the rule asks of a case besides its point."""
    names = [name for name in wanted_columns(INCIDENTS) if name != "accuracy"]
    points = registers.points(
        tx, Scope.everything(tx.actor), INCIDENTS, columns=names, ids=[case.incident.id]
    )  # fmt: skip
    return {name: points.columns[name][0] for name in names}


def _plan_of(verdict: Assignment, found: list[PlanInForce]) -> PlanInForce:
    return next(each for each in found if each.plan.id == verdict.plan_id)


def _others(tx: Transaction, day: date, plan: PlanInForce) -> list[PlanInForce]:
    """Return the plans of other sub-districts on a day: a point may lie in the next one."""
    try:
        found = plans_in_force(tx, day)
    except NoPlan:
        return []
    return [each for each in found if each.subdistrict.id != plan.subdistrict.id]


def _day_of(tx: Transaction, case: Case | None, plan: PlanInForce) -> date:
    """Return the day of the report, or the first day of the plan that the case has its grid by, if that is later."""
    reported = case.incident.reported_at if case else None
    first = plan.plan.valid_from
    if reported is None:
        return first or today(tx)
    day = reported.astimezone(SHANGHAI).date()
    return max(day, first) if first else day


def basis_of(tx: Transaction, scope: Scope, said: Judged, case: Case | None) -> dict[str, Any]:
    """Say what decided where the place alone did not: the person's move, or the building on a list.

    Returns
    -------
    dict
        Empty where the place decided. `rule` is manual, listed or place (the place that the case had then); with it
        `words`, in Chinese, what is known of it.
    """
    if case is None or (said.verdict.reason not in {Reason.MANUAL, Reason.LISTED} and _same(said)):
        return {}
    if said.verdict.reason is Reason.LISTED:
        return {"rule": "listed", "words": _building(tx, scope, said.known)}
    if said.verdict.reason is Reason.MANUAL:
        return {"rule": "manual", "words": _decision(tx, said, case)}
    return {"rule": "place", "words": ""}


def _same(said: Judged) -> bool:
    return said.verdict.grid_id == said.point.grid_id


def _building(tx: Transaction, scope: Scope, known: dict[str, Any]) -> str:
    code, floor = known.get("building"), known.get("floor")
    if not code:  # the report was changed since
        return ""
    found = registers.existing_by_key(tx, scope, _BUILDINGS, [(code,)]).get((code,))
    name = f"{found['name']}（{code}）" if found and found.get("name") else str(code)
    if floor is None:
        return name
    return f"{name}地下{-floor}层" if floor < 0 else f"{name}第{floor}层"


def _decision(tx: Transaction, said: Judged, case: Case) -> str:
    """Cite the move by which a person gave the case to its grid; a decision that was imported has none."""
    for step in reversed(casework.steps_of(tx, Scope.everything(tx.actor), case.incident.id)):
        code = step.given.get("grid")
        if code and said.plan.identities.get(code) == said.verdict.grid_id:
            at = step.at.astimezone(SHANGHAI)
            return f"{at.year}年{at.month}月{at.day}日由{step.role}{step.move}时指定"
    return ""
