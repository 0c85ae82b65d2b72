"""What the overview map is made from: plain values, no database, no HTML.

Personal data has no place here: a page carries all its data in its source.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gridmap.model.kinds import kind_named

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray
    from shapely import Geometry

    from gridmap.model.land import GridKind

# The numbers beside the map, in the order of the table. Incidents are the open ones; past ones need dates to mean much.
MEASURES: tuple[tuple[str, str], ...] = (
    ("households", kind_named("households").chinese),
    ("residents", "居民"),
    ("shops", kind_named("shops").chinese),
    ("organisations", kind_named("organisations").chinese),
    ("social_organisations", kind_named("social_organisations").chinese),
    ("party_organisations", kind_named("party_organisations").chinese),
    ("key_places", kind_named("key_places").chinese),
    ("incidents", "在办事件"),
)

BASE_KINDS: tuple[str, ...] = ("waters", "compounds", "buildings", "roads", "railways")  # in the order of drawing


@dataclass(frozen=True)
class CommunityOnMap:
    """A 社区 as the map shows it.

    Parameters
    ----------
    section : str
        The 片区 it belongs to; empty where there are none.
    four_limits : str
        The 四至 sentence.
    shape : Geometry or None
        Imported outline, lon/lat EPSG:4490. Drawn only when the community has no grids yet: a community is the
        dissolve of its grids.
    numbers : mapping of str to int
        Keys of `MEASURES`; what is not there is unknown, which is not zero.
    """

    code: str
    name: str
    section: str
    four_limits: str
    shape: Geometry | None
    numbers: Mapping[str, int]


@dataclass(frozen=True)
class GridOnMap:
    """A 网格 as the map shows it.

    Parameters
    ----------
    name, short : str
        解放路社区第03网格 and what stands on the map when there is little room: 03.
    worker : str
        As a public notice of the grid may show it; the services decide what that is.
    shape : Geometry
        Lon/lat EPSG:4490. The shapes of an overview form a coverage.
    numbers : mapping of str to int
        Keys of `MEASURES`; what is not there is unknown, which is not zero.
    """

    id: UUID
    code: str
    name: str
    short: str
    kind: GridKind
    community_code: str
    worker: str
    four_limits: str
    shape: Geometry
    numbers: Mapping[str, int]


@dataclass(frozen=True)
class BaseLayer:
    """One kind of the base map, drawn from our own layers.

    Parameters
    ----------
    kind : str
        One of `BASE_KINDS`.
    names : tuple of str
        One for each shape, empty where it has none.
    shapes : tuple of Geometry
        Lon/lat EPSG:4490.
    levels : tuple of str
        The class of each road (主干路, 次干路, 支路 …); empty for the other kinds.
    """

    kind: str
    names: tuple[str, ...]
    shapes: tuple[Geometry, ...]
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class PointLayer:
    """The located records of one kind.

    Parameters
    ----------
    kind : str
        A key of `MEASURES`.
    lonlat : NDArray of float64, shape (N, 2)
        EPSG:4490.
    grid : NDArray of int64, shape (N,)
        Index into the grids of the overview, -1 for those in no grid.
    labels : tuple of str or None
        What a click shows (a shop's name); None where a record must stay anonymous.
    """

    kind: str
    lonlat: NDArray[np.float64]
    grid: NDArray[np.int64]
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Neighbour:
    """An area beside the one that a map is about: a border and a name, as on every notice board.

    Parameters
    ----------
    shape : Geometry
        Lon/lat EPSG:4490; grids and communities are together with those of the map a coverage, sub-districts next
        door only do not overlap them.
    """

    code: str
    name: str
    shape: Geometry


@dataclass(frozen=True, eq=False)
class Overview:
    """Everything on the overview map of one sub-district, or of a part of it, under one plan.

    Parameters
    ----------
    plan : str
        Name of the 划分方案.
    as_of, made_on : date
        截至日期 of the data and 制图日期. Given, never taken from a clock: equal input gives an equal page.
    maker : str
        制图单位.
    totals : mapping of str to int
        As counted by the database, keys of `MEASURES`.
    unassigned : mapping of str to int
        Records that are in no grid, by the same keys.
    demonstration : bool
        Made-up data; the page says so.
    neighbours : tuple of Neighbour
        What lies around the sub-district, community or grid that the map is about.
    whole : bool
        The map is about the whole sub-district.
    document : str
        批准文号 of the plan; empty where none was named.
    earlier : tuple of mapping
        The grids of the map under the plans before, oldest first, lon/lat: they keep their colours from plan to plan.
    """

    title: str
    subdistrict_code: str
    subdistrict_name: str
    plan: str
    as_of: date
    made_on: date
    maker: str
    communities: tuple[CommunityOnMap, ...]
    grids: tuple[GridOnMap, ...]
    base: tuple[BaseLayer, ...] = ()
    points: tuple[PointLayer, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    unassigned: Mapping[str, int] = field(default_factory=dict)
    demonstration: bool = False
    neighbours: tuple[Neighbour, ...] = ()
    whole: bool = True
    document: str = ""
    earlier: tuple[Mapping[UUID, Geometry], ...] = ()
