"""Vector tiles as GDAL reads them: a reader that is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTENT = 4096


def read_tile(tile: bytes) -> tuple[str, list[dict[str, Any]], NDArray[np.object_]]:
    """Name of the only layer, what each feature carries, and the shapes in tile units, y downwards."""
    if not tile:
        return "", [], np.empty(0, dtype=object)
    ((name, _),) = pyogrio.list_layers(tile)
    frame = pyogrio.read_dataframe(tile, CLIP="NO")
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy * (1, -1) + (0, EXTENT))
    rows = frame.drop(columns=["geometry", "mvt_id"]).to_dict("records")
    return (
        name,
        [{key: value for key, value in row.items() if not pd.isna(value)} for row in rows],
        shapes,
    )
