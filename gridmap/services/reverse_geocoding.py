"""From a point to words: nearest door plate, building, crossing, community and grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.address.reverse import Near, Neighbourhood, describe, named
from gridmap.errors import NoPlan
from gridmap.services.gazetteer import current_index, plane_of
from gridmap.services.locating import Place, locate, to_position

if TYPE_CHECKING:
    from gridmap.access import Scope
    from gridmap.address.index import GazetteerIndex
    from gridmap.storage.database import Transaction

_kept: list[Neighbourhood] = []


@dataclass(frozen=True)
class NearView:
    """Something near a point: name, metres, and the direction in which the point lies from it."""

    node_id: str
    name: str
    distance: float
    direction: str


@dataclass(frozen=True)
class Reversed:
    """A point in words, lon/lat EPSG:4490. `place` is the verdict of the plan in force, None without one."""

    lon: float
    lat: float
    words: str
    door: NearView | None
    building: NearView | None
    crossing: NearView | None
    place: Place | None


def reverse(tx: Transaction, scope: Scope, lon: float, lat: float, crs: str = "EPSG:4490") -> Reversed:
    """Describe a point.

    Raises
    ------
    NoGazetteer
        It was not built yet.
    CrsRefused, CoordinatesRefused
        The point cannot be what was declared.
    """
    index = current_index(tx, scope)
    position = to_position(lon, lat, crs)
    x, y = plane_of(index).project(np.array([position]))[0].tolist()
    found = describe(_neighbourhood(index), x, y)
    try:
        place = locate(tx, scope, *position, "EPSG:4490")
    except NoPlan:
        place = None
    door, building, crossing = (_view(index, each) for each in (found.door, found.building, found.crossing))
    return Reversed(*position, found.words, door, building, crossing, place)


def _neighbourhood(index: GazetteerIndex) -> Neighbourhood:
    if not _kept or _kept[0].index.version != index.version:
        _kept[:] = [Neighbourhood(index)]
    return _kept[0]


def _view(index: GazetteerIndex, near: Near | None) -> NearView | None:
    if near is None:
        return None
    return NearView(str(index.uuid(near.node)), named(index, near.node), round(near.distance, 1), near.direction)
