"""The one place where a `Scope` becomes SQL. Every read of every module goes through here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, exists, false, or_, select, true

from gridmap.storage.tables import community, plan_grid, table_of

if TYPE_CHECKING:
    from sqlalchemy import Column

    from gridmap.access import Scope
    from gridmap.model.kinds import Kind


def within(scope: Scope, community_id: Column[Any]) -> ColumnElement[bool]:
    """Narrow to rows whose community is visible; rows without one are visible to `everything` alone."""
    if scope.unlimited:
        return true()
    if not scope.communities:
        return false()
    return community_id.in_(sorted(scope.communities))


def within_subdistrict(scope: Scope, subdistrict_id: Column[Any]) -> ColumnElement[bool]:
    """Narrow to sub-districts, and what belongs to them whole, of which a community is visible."""
    if scope.unlimited:
        return true()
    return exists().where(community.c.subdistrict_id == subdistrict_id, within(scope, community.c.id))


def own(scope: Scope, actor: Column[Any]) -> ColumnElement[bool]:
    """Narrow to what the caller did himself, where a row belongs to no area: audit, imports."""
    return true() if scope.unlimited else actor == scope.actor if scope.communities else false()


def visible(scope: Scope, kind: Kind) -> ColumnElement[bool]:
    """Narrow the table of a kind.

    Kinds outside any community follow the grid or area that they name; the base map (roads, water, railways, house
    numbers, areas next door) and the sections carry nothing personal, and who may see anything sees them.
    """
    if scope.unlimited:
        return true()
    if not scope.communities:
        return false()
    columns = table_of(kind).c
    grids = select(plan_grid.c.code).where(within(scope, plan_grid.c.community_id))
    if kind.name == "subdistricts":
        clause = within_subdistrict(scope, columns.id)
    elif kind.name == "communities":
        clause = within(scope, columns.id)
    elif kind.within_community:
        clause = within(scope, columns.community_id)
    elif "grid" in columns:
        clause = columns.grid.in_(grids)
    elif "area" in columns:
        communities = select(community.c.code).where(within(scope, community.c.id))
        clause = or_(columns.area.in_(grids), columns.area.in_(communities))
    else:
        clause = true()
    return clause
