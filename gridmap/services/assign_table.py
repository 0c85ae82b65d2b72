"""A table that stays outside the database, with the grid of each row beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.datum import check_magnitude, to_lonlat
from gridmap.errors import GeometryRefused
from gridmap.files.layers import read_layer, write_layer
from gridmap.model.cases import Reason
from gridmap.model.land import new_id
from gridmap.services.assigning import decide
from gridmap.services.described import REASON_WORDS
from gridmap.services.locating import POINT
from gridmap.services.plan_land import plans_in_force
from gridmap.storage import audit

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class TableSummary:
    """How many rows of a table got which verdict."""

    rows: int
    by_reason: dict[str, int]
    notes: list[str]


def assign_table(
    tx: Transaction, scope: Scope, path: Path, output: Path, *, crs: str | None, layer: str | None, encoding: str | None
) -> TableSummary:
    """Write the rows of a table of points again, each with its grid, community, verdict and metres to the border.

    A row without a point becomes 待定位; none is left out.

    Raises
    ------
    FileRefused, CrsRefused, CoordinatesRefused
        The file cannot be used; nothing was written.
    GeometryRefused
        It has other shapes than points.
    NoPlan
        No plan is in force.
    """
    table = read_layer(path, crs=crs, layer=layer, encoding=encoding)
    placed = ~(shapely.is_missing(table.shapes) | shapely.is_empty(table.shapes))
    wrong = np.flatnonzero(placed & (shapely.get_type_id(table.shapes) != 0))
    if wrong.size:
        raise GeometryRefused(
            f"{path.name}, {table.names[wrong[0]]}: points are assigned to grids, this is a "
            f"{table.shapes[wrong[0]].geom_type}",
            row=int(wrong[0]) + 1,
        )
    lonlat = np.full((len(table.shapes), 2), np.nan)
    if placed.any():
        xy = shapely.get_coordinates(table.shapes[placed])
        check_magnitude(xy, table.crs)
        lonlat[placed] = to_lonlat(xy, table.crs)
    found = plans_in_force(tx)
    located = decide(POINT, [new_id() for _ in lonlat], lonlat, {}, found)
    grids = {grid.id: grid for plan in found for grid in plan.grids.values()}
    visible = {each for each in grids.values() if scope.unlimited or each.community_id in scope.communities}
    own = [grids[each.grid_id] if each.grid_id else None for each in located.assignments]
    shown = [grid if grid in visible else None for grid in own]
    extra: dict[str, NDArray[Any]] = {
        "网格编码": _column([grid.code if grid else None for grid in shown]),
        "网格名称": _column([grid.name if grid else None for grid in shown]),
        "所属社区": _column([grid.community_name if grid else None for grid in shown]),
        "判定": _column([REASON_WORDS[each.reason] for each in located.assignments]),
        "距边界米": _column(
            [round(each.distance, 1) if each.distance is not None else None for each in located.assignments]
        ),
    }
    write_layer(output, table, None, None, extra)
    by_reason = {
        reason.value: sum(each.reason is reason for each in located.assignments)
        for reason in Reason
        if any(each.reason is reason for each in located.assignments)
    }
    audit.record(tx, "assign", "table", count=len(lonlat), detail={"file": path.name, "output": output.name})
    return TableSummary(len(lonlat), by_reason, table.notes)


def _column(values: list[Any]) -> NDArray[Any]:
    return np.array(values, dtype=object)
