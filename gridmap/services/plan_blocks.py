"""The blocks of a plan as a page draws them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from gridmap.services.plan_session import open_session
from gridmap.services.plan_values import visible_grids
from gridmap.space.measure import array_of
from gridmap.storage import plans

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction

_DISPLAY = 7  # decimals of a degree, a centimetre: clients send ids of blocks, never their shapes


def plan_blocks(
    tx: Transaction, scope: Scope, plan_id: UUID, grids: Collection[UUID] | None = None
) -> list[dict[str, Any]]:
    """Return the blocks of a plan as GeoJSON features, lon/lat EPSG:4490, rounded for display.

    Parameters
    ----------
    grids : collection of UUID, optional
        Only those of these grids; grids that the plan does not have are passed over.

    Raises
    ------
    NotFound
        There is no such plan, or it is out of scope.
    """
    session = open_session(tx, plans.plan_named(tx, scope, plan_id))
    layout = session.layout
    wanted = layout.grids if grids is None else [each for each in grids if each in layout.grids]
    blocks = [block for grid in visible_grids(session, scope, wanted) for block in layout.blocks_of(grid)]
    if not blocks:
        return []
    flat = session.ground.plane.unproject_geometries(array_of([layout.blocks[block] for block in blocks]))
    shapes = shapely.to_geojson(shapely.transform(flat, lambda xy: xy.round(_DISPLAY)))
    return [
        {
            "type": "Feature",
            "id": str(block),
            "geometry": json.loads(shape),
            "properties": {"grid": str(layout.owner[block])},
        }
        for block, shape in zip(blocks, shapes, strict=True)
    ]
