"""Shapes on their way into and out of the database: shapely arrays <-> WKB bytes, doubles untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely import Geometry

_MULTI: dict[str, tuple[str, Any]] = {
    "MULTIPOLYGON": ("Polygon", shapely.multipolygons),
    "MULTILINESTRING": ("LineString", shapely.multilinestrings),
}


def pack(shapes: Iterable[Geometry | None], geometry_type: str) -> list[bytes | None]:
    """Turn shapes into WKB for a column of that type; single parts become the multi type that it wants."""
    array = np.array(list(shapes), dtype=object)
    if geometry_type in _MULTI and len(array):
        single, collect = _MULTI[geometry_type]
        alone = np.array([shape is not None and shape.geom_type == single for shape in array])
        if alone.any():
            array[alone] = collect(array[alone], indices=np.arange(alone.sum()))
    packed: list[bytes | None] = shapely.to_wkb(array).tolist()
    return packed


def unpack(values: Sequence[bytes | None]) -> NDArray[Any]:
    """Turn WKB into an object array of shapes; a multi shape of one part comes back as that part."""
    shapes = np.asarray(shapely.from_wkb(np.array(values, dtype=object)), dtype=object).reshape(len(values))
    return simplest(shapes)


def simplest(shapes: NDArray[Any]) -> NDArray[Any]:
    """Take multi shapes of one part apart, so that what was given and what is stored can be compared."""
    types = shapely.get_type_id(shapes)
    alone = np.isin(types, (4, 5, 6)) & (shapely.get_num_geometries(shapes) == 1)  # MultiPoint, -LineString, -Polygon
    if alone.any():
        shapes = shapes.copy()
        shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    return shapes
