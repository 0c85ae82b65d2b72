"""Sub-districts and communities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import or_, select

from gridmap.errors import BadInput, NotFound
from gridmap.model.land import Community, SubDistrict
from gridmap.storage import bulk, tables
from gridmap.storage.scoping import within, within_subdistrict
from gridmap.storage.wkb import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from shapely import Geometry

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction

_Place = TypeVar("_Place", SubDistrict, Community)


def add_subdistrict(
    tx: Transaction,
    subdistrict: SubDistrict,
    *,
    district: str = "",
    maker: str = "",
    outline: Geometry | None = None,
    import_id: UUID | None = None,
) -> None:
    """Add a sub-district. `outline` is lon/lat EPSG:4490, `maker` who answers for its maps (制图单位)."""
    bulk.insert(tx, tables.subdistrict, [_subdistrict_row(subdistrict, district, maker, outline, import_id)])


def subdistricts(tx: Transaction, scope: Scope) -> list[SubDistrict]:
    """Return the visible sub-districts by code."""
    table = tables.subdistrict
    query = select(table.c.id, table.c.code, table.c.name, table.c.plane).where(within_subdistrict(scope, table.c.id))
    return [SubDistrict(*row) for row in tx.connection.execute(query.order_by(table.c.code))]


def subdistrict_named(tx: Transaction, scope: Scope, code_or_name: str) -> SubDistrict:
    """Find a sub-district by code or name.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    BadInput
        Several have that name.
    """
    wanted = code_or_name.strip()
    return _only([each for each in subdistricts(tx, scope) if wanted in {each.code, each.name}], "sub-district", wanted)


def add_communities(
    tx: Transaction, subdistrict_id: UUID, communities: Sequence[Community], *, import_id: UUID | None = None
) -> None:
    """Add communities to a sub-district."""
    rows = _community_rows(communities, import_id)
    bulk.insert(tx, tables.community, [{**row, "subdistrict_id": subdistrict_id} for row in rows])


def update_communities(tx: Transaction, communities: Sequence[Community], *, import_id: UUID | None = None) -> None:
    """Change everything but the identity of communities."""
    bulk.update(tx, tables.community, _community_rows(communities, import_id))


def communities(tx: Transaction, scope: Scope, *, subdistrict_id: UUID | None = None) -> list[Community]:
    """Return the visible communities by code, with their imported outlines."""
    query = _communities(scope).order_by(tables.community.c.code)
    if subdistrict_id is not None:
        query = query.where(tables.community.c.subdistrict_id == subdistrict_id)
    return _read_communities(tx, query)


def community_named(tx: Transaction, scope: Scope, code_or_name: str) -> Community:
    """Find a community by code or name.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    BadInput
        Several have that name: say the code.
    """
    table, wanted = tables.community, code_or_name.strip()
    query = _communities(scope).where(or_(table.c.code == wanted, table.c.name == wanted))
    return _only(_read_communities(tx, query), "community", wanted)


def _subdistrict_row(
    subdistrict: SubDistrict, district: str, maker: str, outline: Geometry | None, import_id: UUID | None
) -> dict[str, Any]:
    return {
        "id": subdistrict.id,
        "code": subdistrict.code,
        "name": subdistrict.name,
        "plane": subdistrict.plane,
        "district": district,
        "maker": maker,
        "geom": pack([outline], "MULTIPOLYGON")[0],
        "import_id": import_id,
    }


def _community_rows(communities: Sequence[Community], import_id: UUID | None) -> list[dict[str, Any]]:
    shapes = pack([each.outline for each in communities], "MULTIPOLYGON")
    return [
        {
            "id": each.id,
            "code": each.code,
            "name": each.name,
            "section": each.section,
            "four_limits": each.four_limits,
            "source_document": each.source_document,
            "geom": shape,
            "import_id": import_id,
        }
        for each, shape in zip(communities, shapes, strict=True)
    ]


def _communities(scope: Scope) -> Any:
    columns = tables.community.c
    return select(
        columns.id,
        columns.code,
        columns.name,
        columns.section,
        columns.four_limits,
        columns.source_document,
        columns.geom,
    ).where(within(scope, columns.id))


def _read_communities(tx: Transaction, query: Any) -> list[Community]:
    rows = tx.connection.execute(query).all()
    shapes = unpack([row.geom for row in rows])
    return [
        Community(
            row.id, row.code, row.name, row.section or "", row.four_limits or "", row.source_document or "", shape
        )
        for row, shape in zip(rows, shapes, strict=True)
    ]


def _only(found: list[_Place], what: str, wanted: str) -> _Place:
    if not found:
        raise NotFound(f"there is no {what} {wanted!r}", wanted=wanted)
    if len(found) > 1:
        raise BadInput(f"{len(found)} of {what} are named {wanted!r}: say the code", wanted=wanted)
    return found[0]
