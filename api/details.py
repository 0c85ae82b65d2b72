"""What the live map asks for: the numbers of every area, one record in detail, and records by what somebody types."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date  # noqa: TC003 -- FastAPI reads the annotation
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from api.deps import CurrentScope, ReadTx, Text  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap.services import details as verbs
from gridmap.services.numbers_table import NumbersTable, numbers_table, table_revision

if TYPE_CHECKING:
    from gridmap.access import Scope

router = APIRouter(tags=["live map"])

_NUMBERS: dict[str, int] = {
    "households": 438,
    "surveyed": 301,
    "residents": 1157,
    "shops": 52,
    "organisations": 2,
    "social_organisations": 1,
    "party_organisations": 2,
    "key_places": 1,
    "incidents": 3,
    "overdue": 1,
    "reported": 17,
}
_AREA: dict[str, Any] = {
    "level": "grid",
    "code": "440106001003003",
    "name": "解放路社区第03网格",
    "parent": "440106001003",
    "numbers": _NUMBERS,
    "months": [1, 0, 2, 3, 1, 1, 2, 0, 1, 2, 1, 3],
}
_FOUND: dict[str, Any] = {
    "kind": "shop",
    "word": "沿街商铺",
    "id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "title": "示范便利店",
    "note": "未摸排",
    "code": "",
    "lon": 113.325,
    "lat": 23.135,
}
_DETAILS: dict[str, Any] = {
    "id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "kind": "shop",
    "word": "沿街商铺",
    "title": "示范便利店",
    "number": "S00012",
    "state": "未摸排",
    "facts": [{"word": "联系人", "value": "李**"}, {"word": "联系电话", "value": "199****1234"}],
    "lon": 113.325,
    "lat": 23.135,
    "grid_code": "440106001003003",
}


class AreaOut(BaseModel):
    """One row: a grid, a community, a section (片区), the sub-district, or what no grid has."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _AREA})

    level: str
    code: str
    name: str
    parent: str
    numbers: dict[str, int]
    months: list[int]


class TableOut(BaseModel):
    """Every area after the one above it; the first row is the whole, as counted by the database."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "plan": "现行划分方案",
                "as_of": "2026-03-01",
                "months": ["2026-02", "2026-03"],
                "rows": [_AREA],
                "layers": {"roads": 200, "buildings": 4436},
            }
        },
    )

    plan: str
    as_of: date
    months: list[str]
    rows: list[AreaOut]
    layers: dict[str, int]


class FactOut(BaseModel):
    """A word and its value."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _DETAILS["facts"][0]})

    word: str
    value: str


class DetailsOut(BaseModel):
    """A record; names, telephones and identity numbers are masked."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _DETAILS})

    id: str
    kind: str
    word: str
    title: str
    number: str
    state: str
    facts: list[FactOut]
    lon: float | None
    lat: float | None
    grid_code: str


class FoundOut(BaseModel):
    """A record in one line; `kind` "grid" with its `code` stands for a worker's grid."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _FOUND})

    kind: str
    word: str
    id: str
    title: str
    note: str
    code: str
    lon: float | None
    lat: float | None


@dataclass
class NumbersCache:
    """The last table that was counted, kept until something in the database changes."""

    key: tuple[Scope, str] | None = None
    table: NumbersTable | None = None
    guard: Lock = field(default_factory=Lock)


def numbers_cache(request: Request) -> NumbersCache:
    """Give the application's cache."""
    cache = request.app.state.numbers
    assert isinstance(cache, NumbersCache)  # noqa: S101 -- create_app puts it there
    return cache


@router.get(
    "/overview",
    operation_id="get_overview_numbers",
    response_model=TableOut,
    responses=answers(404, 422) | {304: {"description": "Nothing has been written since."}},
)
def overview_numbers(
    tx: ReadTx,
    scope: CurrentScope,
    response: Response,
    cache: Annotated[NumbersCache, Depends(numbers_cache)],
    if_none_match: Annotated[str, Header()] = "",
) -> Any:
    """Count households, shops, units and incidents of every area; the ETag changes with every write."""
    key = (scope, table_revision(tx, scope))
    tag = f'W/"{key[1]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in {each.strip() for each in if_none_match.split(",")}:
        return Response(status_code=304, headers=headers)
    with cache.guard:
        if cache.table is None or cache.key != key:
            cache.table, cache.key = numbers_table(tx, scope), key
        table = cache.table
    response.headers.update(headers)
    return asdict(table)


@router.get("/details/{kind}", operation_id="list_cards", responses=answers(404, 422))
def cards(
    tx: ReadTx,
    scope: CurrentScope,
    kind: Text,
    ids: Annotated[list[Text], Query(alias="id", description="Ids of records.", max_length=verbs.MOST_CARDS)],
) -> list[FoundOut]:
    """Name several records of a kind, those not surveyed yet first."""
    return [FoundOut.model_validate(each) for each in verbs.record_cards(tx, scope, kind, ids)]


@router.get("/details/{kind}/{record_id}", operation_id="get_details", responses=answers(404, 422))
def details(tx: ReadTx, scope: CurrentScope, kind: Text, record_id: Text) -> DetailsOut:
    """Show one record, masked, and which grid has it and why."""
    return DetailsOut.model_validate(verbs.record_details(tx, scope, kind, record_id))


@router.get("/search", operation_id="search", responses=answers(422))
def search(
    tx: ReadTx,
    scope: CurrentScope,
    q: Annotated[Text, Query(max_length=60, description="Words that must all occur.")],
) -> list[FoundOut]:
    """Find workers' grids, addresses, compounds, shops and units; 20 at most."""
    return [FoundOut.model_validate(each) for each in verbs.search(tx, scope, q)]
