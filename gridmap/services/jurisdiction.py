"""属地核实单: whose land a point is, said so that it can be cited, and kept as it was said.

A statement is never made again: `verify` shows what was said on its day, also after a redraw, and beside it what the
plan in force says today.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Scope
from gridmap.errors import BadInput, NoPlan
from gridmap.model.cases import Reason
from gridmap.model.land import new_id
from gridmap.model.moments import SHANGHAI
from gridmap.services.assigning import decide
from gridmap.services.case_given import resolve
from gridmap.services.jurisdiction_ground import SIDE_WORDS, Surrounding, picture_of, surrounding
from gridmap.services.jurisdiction_text import sentence
from gridmap.services.locating import POINT, locate, to_position
from gridmap.services.plan_land import plans_in_force, today
from gridmap.storage import audit, casework, incidents, plans, statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from gridmap.model.cases import Assignment
    from gridmap.model.land import Grid
    from gridmap.services.locating import Place
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case

_CODE_BITS = 80  # sixteen letters and digits


@dataclass(frozen=True)
class Question:
    """What a statement is asked for: a point, or the place of an incident.

    Parameters
    ----------
    at : date, optional
        By the plan in force on that day; for an incident the day by whose plan it was
        assigned, else today.
    accuracy : float
        Metres that the point may be off.
    subject : str
        What is at the point: an address or the words of the matter.
    """

    lon: float | None = None
    lat: float | None = None
    crs: str = "EPSG:4490"
    at: date | None = None
    accuracy: float = 0.0
    subject: str = ""
    incident: str = ""


@dataclass(frozen=True)
class Statement:
    """A 属地核实单.

    Parameters
    ----------
    code : str
        校验码, in groups of four.
    content : mapping
        Everything that it says: JSON values.
    intact : bool
        The content still gives the code: nobody has changed it.
    now : Place or None
        What the plan in force says today of the same point; None while none is in force.
    """

    code: str
    day: date
    made_at: datetime
    content: Mapping[str, Any]
    intact: bool
    now: Place | None = None

    @property
    def unchanged(self) -> bool:
        """Whether today's plan gives the point to the same grid."""
        return self.now is not None and self.now.grid_id == self.content["grid"].get("id")


def make_statement(tx: Transaction, scope: Scope, question: Question) -> Statement:
    """State whose land a point is, and keep the statement.

    Grids outside the caller's scope, the point's own or those around it, are told by their codes alone. A statement is
    kept as it was said: whoever may see its land sees all of it later.

    Raises
    ------
    BadInput
        Neither a point nor an incident, both, or an incident that has no place yet.
    NotFound
        There is no such incident, or it is out of scope.
    NoPlan
        No plan was in force on that day.
    CrsRefused, CoordinatesRefused
        The point cannot be what was declared.
    """
    position, asked, incident_id, number = _asked(tx, scope, question)
    day = asked.at or today(tx)
    found = plans_in_force(tx, day)
    located = decide(POINT, [new_id()], np.array([position]), {"accuracy": [asked.accuracy]}, found)
    verdict = located.assignments[0]
    plan = next(each for each in found if each.plan.id == verdict.plan_id)
    content = _content(tx, scope, position, asked, verdict, plan, day)
    content["incident"] = number
    identity = new_id()
    content |= {"id": str(identity), "made_at": tx.now.astimezone(SHANGHAI).isoformat(), "made_by": tx.actor}
    code = check_code(content)
    statements.add(
        tx,
        statements.Kept(
            identity, code, located.community_ids[0], incident_id, day, tx.now, tx.actor, content
        ),
    )  # fmt: skip
    audit.record(tx, "state", "statement", identity, detail={"code": code, "incident": number})
    return Statement(shown(code), day, tx.now.astimezone(SHANGHAI), content, True, _now(tx, scope, content))


def get_statement(tx: Transaction, scope: Scope, code: str) -> Statement:
    """Show a statement as it was made, whether it is intact, and what is true today.

    Raises
    ------
    NotFound
        There is none with that code, or it is out of scope.
    """
    kept = statements.named(tx, scope, _plain(code))
    content = dict(kept.content)
    intact = check_code(content) == kept.code
    made_at = kept.made_at.astimezone(SHANGHAI)
    return Statement(shown(kept.code), kept.day, made_at, content, intact, _now(tx, scope, content))


def _now(tx: Transaction, scope: Scope, content: Mapping[str, Any]) -> Place | None:
    try:
        return locate(tx, scope, content["lon"], content["lat"], "EPSG:4490")
    except NoPlan:
        return None


def check_code(content: Mapping[str, Any]) -> str:
    """Return the check code of a statement: 80 bits of SHA-256 over its canonical JSON, in base 32.

    The content holds a random id, so that codes cannot be guessed.
    """
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode("utf-8")).digest()
    return base64.b32encode(digest[: _CODE_BITS // 8]).decode("ascii")


def shown(code: str) -> str:
    """Write a code in groups of four, as people read it."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _plain(code: str) -> str:
    return "".join(sign for sign in code.upper() if sign.isalnum())


def _asked(tx: Transaction, scope: Scope, question: Question) -> tuple[tuple[float, float], Question, UUID | None, str]:
    """Return the position, what is asked about it, and the incident that it is for."""
    if question.incident:
        if question.lon is not None or question.lat is not None:
            raise BadInput("give a point or an incident, not both", field="incident")
        case = incidents.incident_named(tx, scope, resolve(tx, scope, question.incident))
        told = case.incident
        if told.lon is None or told.lat is None:
            raise BadInput(f"{told.number} has no place yet (待定位): locate it first", incident=told.number)
        asked = replace(
            question,
            at=question.at or _day_of(tx, case),
            accuracy=told.accuracy,
            subject=question.subject or told.address or told.title,
        )
        return (told.lon, told.lat), asked, told.id, told.number
    if question.lon is None or question.lat is None:
        raise BadInput("a statement needs a point or an incident: give lon and lat, or incident", field="lon, lat")
    return to_position(question.lon, question.lat, question.crs), question, None, ""


def _day_of(tx: Transaction, case: Case) -> date | None:
    """Return the day by whose plan a case was given its grid: of its report, or the first day of its plan if later."""
    reported = case.incident.reported_at
    if case.assignment is None or reported is None:
        return None
    first = plans.plan_named(tx, Scope.everything(tx.actor), case.assignment.plan_id).valid_from
    day = reported.astimezone(SHANGHAI).date()
    return max(day, first) if first else day


def _content(
    tx: Transaction,
    scope: Scope,
    position: tuple[float, float],
    asked: Question,
    verdict: Assignment,
    plan: PlanInForce,
    day: date,
) -> dict[str, Any]:
    grid = plan.grids.get(verdict.grid_id) if verdict.grid_id else None
    pairs = [(plan.plan.id, each) for each in plan.grids]
    seen = {each.id: each for each in casework.grids_of_plans(tx, scope, pairs).values()}
    names = {key: each.name for key, each in seen.items()}
    around = surrounding(tx, position, plan, grid, names)
    number, dated = statements.document_of(tx, Scope.everything(scope.actor), plan.plan.id)
    nearest = plan.grids.get(verdict.nearest_id) if verdict.nearest_id else None
    content: dict[str, Any] = {
        "lon": position[0],
        "lat": position[1],
        "accuracy": asked.accuracy,
        "subject": asked.subject,
        "day": day.isoformat(),
        "street": {"code": plan.subdistrict.code, "name": plan.subdistrict.name},
        "plan": {
            "id": str(plan.plan.id),
            "name": plan.plan.name,
            "from": plan.plan.valid_from.isoformat() if plan.plan.valid_from else None,
            "document": number,
            "document_date": dated.isoformat() if dated else None,
        },
        "reason": verdict.reason.value,
        "grid": _grid(grid, grid.id in seen) if grid else {},
        "nearest": (
            {"code": nearest.code, "name": names.get(nearest.id, "")}
            if nearest and verdict.reason is Reason.OUTSIDE
            else {}
        ),
        "distance": round(verdict.distance, 2) if verdict.distance is not None else None,
        "neighbour": around.neighbour,
        "doubtful": bool(verdict.distance is not None and grid and asked.accuracy > verdict.distance),
        "side": _side(around),
        "sides": around.sides,
        "picture": picture_of(around, plan, grid, names),
    }
    return content | {"text": sentence(content)}


def _grid(grid: Grid, seen: bool) -> dict[str, Any]:  # noqa: FBT001 -- one of two words
    """Say which grid has the point; of one outside the caller's scope only by its code, as boards in the street do."""
    known = {
        "community_code": grid.community_code,
        "community_name": grid.community_name,
        "four_limits": grid.four_limits,
        "source_document": grid.source_document,
    }
    return {"id": str(grid.id), "code": grid.code, "name": grid.name if seen else ""} | {
        name: value if seen else "" for name, value in known.items()
    }


def _side(around: Surrounding) -> dict[str, Any]:
    """Say the feature that decides, in words: 人民路以东38米."""
    if around.decides is None:
        return {}
    name, beside = around.decides
    metres = round(beside.metres)
    words = f"{name}以{SIDE_WORDS[beside.side]}{metres}米" if beside.side else f"{name}上"
    return {"name": name, "side": beside.side, "metres": round(beside.metres, 1), "words": words}
