"""One record as it may be shown, and records by what somebody types. Personal values leave masked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gridmap.access import Mask, mask
from gridmap.address.masking import mask_numbers
from gridmap.config import read_lookup
from gridmap.errors import BadInput, NoPlan, NotFound
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import FieldType, Kind, Shape, kind_named
from gridmap.model.moments import SHANGHAI
from gridmap.services.described import REASON_WORDS
from gridmap.services.masking import masked_record, masked_value
from gridmap.services.plan_land import plans_in_force
from gridmap.storage import assignments, finding, registers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gridmap.access import Scope
    from gridmap.model.kinds import Field
    from gridmap.model.land import Grid
    from gridmap.storage.database import Transaction

SHOWN = (
    "households",
    "shops",
    "organisations",
    "social_organisations",
    "party_organisations",
    "key_places",
    "incidents",
    "compounds",
    "buildings",
)
MOST_CARDS = 60
MOST_FOUND = 20
_LOOKED_AT = 200  # records of a kind that have the words, of which some may have them in a masked number

_PLUMBING = ("code", "manual_grid", "accuracy", "building", "compound", "number")  # codes that say nothing to a reader


@dataclass(frozen=True)
class Fact:
    """A word and what stands beside it."""

    word: str
    value: str


@dataclass(frozen=True)
class Details:
    """A record as a panel shows it.

    Parameters
    ----------
    word : str
        What it is: 居民户, 沿街商铺 …
    number : str
        The key that an office knows it by.
    facts : tuple of Fact
        Only what is filled in.
    lon, lat : float or None
        EPSG:4490, a point in the shape.
    """

    id: str
    kind: str
    word: str
    title: str
    number: str
    state: str
    facts: tuple[Fact, ...]
    lon: float | None
    lat: float | None
    grid_code: str


@dataclass(frozen=True)
class Found:
    """A line of search results; `kind` is a singular noun, "grid" with `code` for what is shown as its grid."""

    kind: str
    word: str
    id: str
    title: str
    note: str
    code: str
    lon: float | None
    lat: float | None


def record_details(tx: Transaction, scope: Scope, kind_name: str, record_id: str) -> Details:
    """Show one record.

    Raises
    ------
    BadInput
        That kind has no details.
    NotFound
        There is no such record, or it is out of scope.
    """
    kind = _shown(kind_name)
    row = registers.get(tx, scope, kind, _uuid(record_id))
    if row is None:
        raise NotFound(f"there is no {kind.singular} {record_id!r}", kind=kind.name, id=record_id)
    verdict, grid_code = _verdict(tx, scope, kind, row["id"])
    lon, lat = _place(row)
    return Details(
        id=str(row["id"]),
        kind=kind.singular,
        word=kind.chinese,
        title=_title(kind, row),
        number=str(row[kind.key[0]]),
        state=_state(tx, kind, row),
        facts=(*_facts(kind, row), *verdict),
        lon=lon,
        lat=lat,
        grid_code=grid_code,
    )


def record_cards(tx: Transaction, scope: Scope, kind_name: str, ids: list[str]) -> list[Found]:
    """Name several records of a kind, those not surveyed yet first; unknown ones and those out of scope are left out.

    Raises
    ------
    BadInput
        That kind has no details, or there are too many ids.
    """
    kind = _shown(kind_name)
    if len(ids) > MOST_CARDS:
        raise BadInput(f"{len(ids)} records asked for: {MOST_CARDS} at once at most", ids=len(ids))
    rows = [row for each in ids if (row := registers.get(tx, scope, kind, _uuid(each))) is not None]
    rows.sort(key=lambda row: (bool(row.get("surveyed")), _title(kind, row)))
    return [_card(tx, kind, row) for row in rows]


def search(tx: Transaction, scope: Scope, text: str) -> list[Found]:
    """Find grids, workers, addresses, compounds, shops and units by what somebody types, 20 at most.

    Every word must occur, in the text as it may be shown. A worker is found by name but shown masked, with the grid.
    """
    words = text.split()[:5]
    if not words:
        return []
    found: list[Found] = _grids(tx, scope, words)[:4]
    for name, fields, most in _SEARCHED:
        kind = kind_named(name)
        asked = [word.removesuffix("号") or word for word in words] if name == "house_numbers" else words
        ids = finding.containing(tx, scope, kind, fields, asked, limit=_LOOKED_AT)
        rows = (row for record_id in ids if (row := registers.get(tx, scope, kind, record_id)) is not None)
        shown = (row for row in rows if _shows(kind, row, fields, asked))
        found.extend(_card(tx, kind, row) for row in islice(shown, most))
    return found[:MOST_FOUND]


def _shows(kind: Kind, row: Mapping[str, Any], fields: Sequence[str], words: Sequence[str]) -> bool:
    """Tell whether the words stand in what may be shown: nobody finds out a number by asking for its digits."""
    masked = masked_record(kind, {name: row.get(name) for name in fields})
    text = "".join(str(masked[name] or "") for name in fields).casefold()
    return all(word.casefold() in text for word in words)


_SEARCHED: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("compounds", ("name",), 3),
    ("house_numbers", ("road", "number"), 3),
    ("key_places", ("name",), 2),
    ("organisations", ("name",), 3),
    ("social_organisations", ("name",), 2),
    ("party_organisations", ("name",), 3),
    ("shops", ("name",), 4),
    ("households", ("address",), 4),
    ("incidents", ("number", "title"), 2),
)


def _grids(tx: Transaction, scope: Scope, words: list[str]) -> list[Found]:
    try:
        plans = plans_in_force(tx)
    except NoPlan:
        return []
    grids = [grid for plan in plans for grid in plan.grids.values()]
    visible = [grid for grid in grids if scope.unlimited or grid.community_id in scope.communities]
    return [
        _grid_found(grid)
        for grid in sorted(visible, key=lambda grid: grid.code)
        if grid.worker and all(word in grid.worker for word in words)
    ]


def _grid_found(grid: Grid) -> Found:
    return Found("grid", "网格员", str(grid.id), mask(grid.worker, Mask.NAME), grid.name, grid.code, None, None)


def _card(tx: Transaction, kind: Kind, row: dict[str, Any]) -> Found:
    lon, lat = _place(row)
    return Found(
        kind=kind.singular,
        word=kind.chinese,
        id=str(row["id"]),
        title=_title(kind, row),
        note=_state(tx, kind, row),
        code="",
        lon=lon,
        lat=lat,
    )


def _shown(kind_name: str) -> Kind:
    kind = kind_named(kind_name)
    if kind.name not in SHOWN:
        raise BadInput(f"{kind.name} have no details; these have: {', '.join(SHOWN)}", kind=kind_name)
    return kind


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"there is no record {text!r}", id=text) from None


def _title(kind: Kind, row: dict[str, Any]) -> str:
    if kind.name == "house_numbers":
        number = str(row["number"])
        return f"{row['road']}{number}" + ("号" if number[-1:].isdigit() else "")
    names = ("title", "name", "address")
    return next((mask_numbers(str(row[name])) for name in names if row.get(name)), str(row[kind.key[0]]))


def _state(tx: Transaction, kind: Kind, row: dict[str, Any]) -> str:
    """Say in a word how it stands with a record: 未摸排, or an incident's state and whether it is late."""
    if kind.name == "incidents":
        state = str(row.get("state") or "")
        late = row.get("deadline") is not None and row["deadline"] < tx.now and state not in CLOSED_STATES
        return f"{state}，超期" if late else state
    if "surveyed" in row:
        return "已摸排" if row["surveyed"] else "未摸排"
    return ""


def _facts(kind: Kind, row: dict[str, Any]) -> list[Fact]:
    title = _title(kind, row)
    facts = [
        Fact(_word(kind, field), _written(field, row[field.name]))
        for field in kind.fields
        if field.name in row and field.name not in _PLUMBING and row[field.name] not in {None, ""}
    ]
    return [fact for fact in facts if fact.value != title]


def _word(kind: Kind, field: Field) -> str:
    """Name a field as the office's sheets do."""
    vocabulary = _vocabulary()
    words = vocabulary["kinds"].get(kind.name, {}).get(field.name) or vocabulary["fields"][field.name]
    return str(words[0])


@cache
def _vocabulary() -> dict[str, Any]:
    content: dict[str, Any] = read_lookup("columns.json")
    return content


def _written(field: Field, value: Any) -> str:
    if field.type is FieldType.BOOLEAN:
        return "是" if value else "否"
    if field.type is FieldType.DATETIME:
        return _moment(value)
    return str(masked_value(field, value))


def _moment(value: datetime) -> str:
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _place(row: dict[str, Any]) -> tuple[float | None, float | None]:
    shape = row.get("geom")
    if shape is None or shape.is_empty:
        return None, None
    point = shape.representative_point()
    return float(point.x), float(point.y)


def _verdict(tx: Transaction, scope: Scope, kind: Kind, record_id: UUID) -> tuple[list[Fact], str]:
    """Say which grid has the record, why, who works there, and how far the border is."""
    if not kind.assigned or kind.shape is not Shape.POINT:
        return [], ""
    given = assignments.of_subject(tx, scope, kind.singular, record_id)
    if not given:
        return [Fact("所属网格", "待定位")], ""
    latest = given[0]
    grids = {grid_id: grid for plan in plans_in_force(tx) for grid_id, grid in plan.grids.items()}
    why = REASON_WORDS[latest.reason] + ("，边界待核" if latest.review and latest.grid_id else "")
    if latest.distance is not None:
        why += f"，距边界{latest.distance:.0f}米" if latest.grid_id else f"，距最近网格{latest.distance:.0f}米"
    grid = grids.get(latest.grid_id) if latest.grid_id else None
    if grid is None:
        return [Fact("所属网格", why)], ""
    facts = [Fact("所属网格", grid.name), Fact("归属依据", why)]
    if grid.worker:
        facts.append(Fact("网格员", mask(grid.worker, Mask.NAME)))
    return facts, grid.code
