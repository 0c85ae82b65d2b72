"""How compact an area is, by the two measures that districting uses; 1 is a circle."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from shapely import Geometry


def polsby_popper(shape: Geometry) -> float:
    """Compare the area with that of a circle as long around (Polsby and Popper 1991): 4 pi area / perimeter²."""
    around = shapely.length(shape)
    return float(4 * pi * shapely.area(shape) / around**2) if around else 0.0


def reock(shape: Geometry) -> float:
    """Compare the area with that of the smallest circle around it (Reock 1961)."""
    radius = shapely.minimum_bounding_radius(shape)
    return float(shapely.area(shape) / (pi * radius**2)) if radius else 0.0
