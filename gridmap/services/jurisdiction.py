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

from gridmap.access import Scope
from gridmap.address.masking import mask_numbers, mask_within
from gridmap.errors import BadInput, NoPlan
from gridmap.model.cases import Reason
from gridmap.model.land import new_id
from gridmap.model.moments import SHANGHAI
from gridmap.services.case_given import resolve
from gridmap.services.case_history import today as grids_of_today
from gridmap.services.incident_views import assigned_to
from gridmap.services.jurisdiction_case import basis_of, judged
from gridmap.services.jurisdiction_ground import SIDE_WORDS, Surrounding, picture_of, surrounding
from gridmap.services.jurisdiction_text import sentence
from gridmap.services.locating import locate, to_position
from gridmap.storage import audit, casework, incidents, statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from gridmap.model.land import Grid
    from gridmap.services.described import AssignedTo
    from gridmap.services.jurisdiction_case import Judged
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case

_FREE = frozenset({"subject", "text"})  # what is written freely of what a statement says
_CODE_BITS = 80  # sixteen letters and digits


@dataclass(frozen=True)
class Question:
    """What a statement is asked for: a point, or the place of an incident.

    Parameters
    ----------
    at : date, optional
        By the plan in force on that day. Without it an incident is told as it has its grid, a
        point by today's plan.
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
    now : AssignedTo or None
        What the plan in force says today of the same point or case; None while none is in force.
    """

    code: str
    day: date
    made_at: datetime
    content: Mapping[str, Any]
    intact: bool
    now: AssignedTo | None = None

    @property
    def unchanged(self) -> bool:
        """Whether today's plan gives the point or the case to the same grid."""
        return self.now is not None and self.now.grid_id == self.content["grid"].get("id")


def make_statement(tx: Transaction, scope: Scope, question: Question) -> Statement:
    """State whose land a point is, and keep the statement.

    Of an incident it names the grid that the incident has, and why; where its point lies in another one, that too.
    Grids outside the caller's scope, the point's own or those around it, are told by their codes alone. A statement is
    kept as it was said: whoever may see its land sees all of it later.

    Raises
    ------
    BadInput
        Neither a point nor an incident, both, an incident that has no place yet, or a day that lies ahead.
    NotFound
        There is no such incident, or it is out of scope.
    NoPlan
        No plan was in force on that day.
    CrsRefused, CoordinatesRefused
        The point cannot be what was declared.
    """
    position, asked, case = _asked(tx, scope, question)
    said = judged(tx, position, asked.accuracy, asked.at, case)
    incident_id, number = (case.incident.id, case.incident.number) if case else (None, "")
    content = _content(tx, scope, position, asked, said) | _case(tx, scope, said, case)
    content["text"] = sentence(content)
    content["incident"] = number
    identity = new_id()
    content |= {"id": str(identity), "made_at": tx.now.astimezone(SHANGHAI).isoformat(), "made_by": tx.actor}
    code = check_code(content)
    community = said.grid.community_id if said.grid else None
    statements.add(
        tx, statements.Kept(identity, code, community, incident_id, said.day, tx.now, tx.actor, content)
    )  # fmt: skip
    audit.record(tx, "state", "statement", identity, detail={"code": code, "incident": number})
    now = _now(tx, scope, content, incident_id)
    return Statement(shown(code), said.day, tx.now.astimezone(SHANGHAI), content, True, now)


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
    content = mask_within(content, _FREE)  # of one that was made before texts were masked
    made_at = kept.made_at.astimezone(SHANGHAI)
    now = _now(tx, scope, content, kept.incident_id)
    return Statement(shown(kept.code), kept.day, made_at, content, intact, now)


def _now(tx: Transaction, scope: Scope, content: Mapping[str, Any], incident_id: UUID | None) -> AssignedTo | None:
    """Return what today's plan says: of a case by the whole rule, of a point by its place."""
    try:
        if incident_id and (verdict := grids_of_today(tx, [incident_id]).get(incident_id)):
            return assigned_to(tx, scope, verdict)
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


def _asked(tx: Transaction, scope: Scope, question: Question) -> tuple[tuple[float, float], Question, Case | None]:
    """Return the position, what is asked about it, and the incident that it is for."""
    if question.incident:
        if question.lon is not None or question.lat is not None:
            raise BadInput("give a point or an incident, not both", field="incident")
        case = incidents.incident_named(tx, scope, resolve(tx, scope, question.incident))
        told = case.incident
        if told.lon is None or told.lat is None:
            raise BadInput(f"{told.number} has no place yet (待定位): locate it first", incident=told.number)
        subject = question.subject or told.address or told.title
        return (told.lon, told.lat), replace(question, accuracy=told.accuracy, subject=subject), case
    if question.lon is None or question.lat is None:
        raise BadInput("a statement needs a point or an incident: give lon and lat, or incident", field="lon, lat")
    return to_position(question.lon, question.lat, question.crs), question, None


def _names(tx: Transaction, scope: Scope, said: Judged) -> dict[UUID, str]:
    """Return the names of the grids that may be told."""
    pairs = {(plan.plan.id, each) for plan in (said.plan, said.land) for each in plan.grids}
    return {each.id: each.name for each in casework.grids_of_plans(tx, scope, pairs).values()}


def _content(
    tx: Transaction, scope: Scope, position: tuple[float, float], asked: Question, said: Judged
) -> dict[str, Any]:
    """Say who has it and by what plan, and what lies around it."""
    names, plan, grid, point = _names(tx, scope, said), said.plan, said.grid, said.point
    around = surrounding(tx, position, said.land, said.around, names)
    number, dated = statements.document_of(tx, Scope.everything(scope.actor), plan.plan.id)
    placed = said.verdict.reason in {Reason.INSIDE, Reason.EDGE}
    return {
        "lon": position[0],
        "lat": position[1],
        "accuracy": asked.accuracy,
        "subject": mask_numbers(asked.subject),  # it goes out of the office
        "day": said.day.isoformat(),
        "street": {"code": plan.subdistrict.code, "name": plan.subdistrict.name},
        "plan": {
            "id": str(plan.plan.id),
            "name": plan.plan.name,
            "from": plan.plan.valid_from.isoformat() if plan.plan.valid_from else None,
            "document": number,
            "document_date": dated.isoformat() if dated else None,
        },
        "reason": said.verdict.reason.value,
        "grid": _grid(grid, grid.id in names) if grid else {},
        "nearest": _nearest(said, names),
        "distance": round(point.distance, 2) if point.distance is not None else None,
        "neighbour": around.neighbour,
        "doubtful": bool(placed and point.distance is not None and asked.accuracy > point.distance),
        "side": _side(around),
        "sides": around.sides,
        "picture": picture_of(around, said.land, grid, names),
    }


def _case(tx: Transaction, scope: Scope, said: Judged, case: Case | None) -> dict[str, Any]:
    """Say of a case why it has its grid, where its point lies if that is another one, and what it has of late."""
    names, basis = _names(tx, scope, said), basis_of(tx, scope, said, case)
    if case is None:
        return {"basis": {}, "point": {}, "held": {}}
    around = said.around
    where = _grid(around, around.id in names) if around else {}
    point = {"reason": said.point.reason.value, "grid": where, "street": said.land.subdistrict.name}
    had = {} if said.own_grid == said.verdict.grid_id else _held(tx, scope, said)
    return {"basis": basis, "point": point if basis else {}, "held": had}


def _held(tx: Transaction, scope: Scope, said: Judged) -> dict[str, Any]:
    """Name the grid that the case itself has; no code where it has none."""
    if said.own is None or said.own.grid_id is None:
        return {"code": "", "name": "", "reason": said.own.reason.value if said.own else ""}
    pair = (said.own.plan_id, said.own.grid_id)
    found = casework.grids_of_plans(tx, Scope.everything(tx.actor), [pair])[pair]
    seen = pair in casework.grids_of_plans(tx, scope, [pair])
    return {"code": found.code, "name": found.name if seen else "", "reason": said.own.reason.value}


def _nearest(said: Judged, names: Mapping[UUID, str]) -> dict[str, Any]:
    """Name the nearest grid of a point that lies in none."""
    found = said.land.grids.get(said.point.nearest_id) if said.point.nearest_id else None
    if found is None or said.point.reason is not Reason.OUTSIDE:
        return {}
    return {"code": found.code, "name": names.get(found.id, "")}


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
