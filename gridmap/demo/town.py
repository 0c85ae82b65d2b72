"""What the demonstration is made of: its sizes, its place, and the values that the generators hand to each other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PLANE = 4547  # CGCS2000 3-degree GK, central meridian 114 E
ORIGIN = (471_500.0, 3_343_000.0)  # open country in mainland China, where GCJ-02 is shifted; the town is invented
SUBDISTRICT_CODE = "990101001"  # no province has the number 99: nobody can take this for a real place
SUBDISTRICT = "示范街道"
DISTRICT = "示范市示范区"
GRID_SIZE = 0.001


class WayKind(StrEnum):
    """What a line of the network is. A wall parts a dedicated grid from the block around it."""

    MAIN = "main"
    SIDE = "side"
    LANE = "lane"
    WALL = "wall"
    RIVER = "river"
    CANAL = "canal"
    RAILWAY = "railway"


ROADS = (WayKind.MAIN, WayKind.SIDE, WayKind.LANE)
HALF_WIDTH = {  # metres from the line to the land that can be built on
    WayKind.MAIN: 19.0,
    WayKind.SIDE: 12.0,
    WayKind.LANE: 5.5,
    WayKind.WALL: 2.5,
    WayKind.RIVER: 44.0,
    WayKind.CANAL: 15.0,
    WayKind.RAILWAY: 16.0,
}


class Use(StrEnum):
    """What a block is used for."""

    RESIDENTIAL = "residential"
    OLD_TOWN = "old_town"
    COMMERCIAL = "commercial"
    INDUSTRY = "industry"
    PARK = "park"
    GREEN = "green"
    DEDICATED = "dedicated"


@dataclass(frozen=True)
class Size:
    """How much of everything there is; each number is met exactly.

    Parameters
    ----------
    columns, rows : tuple of float
        Metres of the main roads before they are bent; the river runs between rows `river` and `river + 1`.
    without : tuple of (int, int)
        Corner cells (column, row) that do not belong to the sub-district.
    dropped : tuple of (str, int, int)
        Pieces of main road that are not there: ("ns" or "ew", line, piece).
    canal : (int, float)
        The canal runs in this column of cells, at that share of its width, from the southern border to the river.
    railway : tuple of three (float, float)
        Begin, control point and end of its arc, before scaling.
    dedicated : mapping of str to (int, int, int)
        Kind of dedicated grid to numbers of whole blocks, corners of blocks, and parcels inside a block.
    """

    area: float
    columns: tuple[float, ...]
    rows: tuple[float, ...]
    river: int
    without: tuple[tuple[int, int], ...]
    dropped: tuple[tuple[str, int, int], ...]
    canal: tuple[int, float]
    railway: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    communities: int
    general_grids: int
    dedicated: Mapping[str, tuple[int, int, int]]
    compounds: int
    households: int
    residents: int
    surveyed: int
    shops: int
    shops_surveyed: int
    frontage_units: int
    frontage_signed: int
    organisations: int
    social_organisations: int
    social_surveyed: int
    key_places: Mapping[str, int]
    volunteers: int
    teams: int
    incidents: int

    @property
    def dedicated_grids(self) -> int:
        """How many dedicated grids there are."""
        return sum(sum(numbers) for numbers in self.dedicated.values())


SIZES: Mapping[str, Size] = {
    "full": Size(
        area=13_500_000.0,
        columns=(0, 620, 1330, 1900, 2640, 3350, 4150),
        rows=(0, 720, 1330, 1500, 2130, 2760, 3400),
        river=2,
        without=((0, 5), (5, 0)),
        dropped=(("ns", 1, 4), ("ns", 3, 0), ("ew", 4, 2), ("ew", 5, 3), ("ew", 1, 1)),
        canal=(3, 0.48),
        railway=((2000, 3700), (3150, 2600), (3850, 200)),
        communities=11,
        general_grids=66,
        dedicated={
            "学校": (5, 0, 0),
            "医院": (1, 1, 0),
            "商圈市场": (2, 3, 4),
            "商务楼宇": (0, 4, 4),
            "企业园区": (7, 0, 0),
        },
        compounds=218,
        households=42_016,
        residents=110_979,
        surveyed=29_268,
        shops=4_874,
        shops_surveyed=2_524,
        frontage_units=654,
        frontage_signed=638,
        organisations=122,
        social_organisations=186,
        social_surveyed=112,
        key_places={"加油站": 3, "学校": 5, "市场": 5, "企业": 34, "商超娱乐": 10, "小区": 33},
        volunteers=268,
        teams=10,
        incidents=1_602,
    ),
    "small": Size(
        area=1_350_000.0,
        columns=(0, 610, 1240),
        rows=(0, 480, 640, 1130),
        river=1,
        without=(),
        dropped=(),
        canal=(0, 0.52),
        railway=((640, 1300), (900, 900), (1400, 700)),
        communities=3,
        general_grids=8,
        dedicated={"学校": (1, 0, 0), "商圈市场": (0, 1, 1), "商务楼宇": (0, 0, 1)},
        compounds=22,
        households=4_201,
        residents=11_098,
        surveyed=2_927,
        shops=487,
        shops_surveyed=252,
        frontage_units=65,
        frontage_signed=64,
        organisations=12,
        social_organisations=19,
        social_surveyed=11,
        key_places={"加油站": 1, "学校": 1, "市场": 1, "企业": 3, "商超娱乐": 1, "小区": 3},
        volunteers=27,
        teams=2,
        incidents=160,
    ),
}


@dataclass(frozen=True)
class Layer:
    """All records of one kind, by column.

    Parameters
    ----------
    kind : str
        Name of the kind in `gridmap.model.kinds`.
    columns : mapping of str to (N,) object array
        Python values by field of the kind; None where there is none.
    shapes : (N,) object array or None
        Geometries in the plane, metres.
    points : (N, 2) float64 or None
        For kinds of points, x and y in the plane, on the 1 mm grid.
    grid : (N,) object array or None
        For kinds that are assigned, the code of the true grid; "" for what lies outside the sub-district.
    """

    kind: str
    columns: Mapping[str, NDArray[Any]]
    shapes: NDArray[Any] | None = None
    points: NDArray[np.float64] | None = None
    grid: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


@dataclass(frozen=True)
class Truth:
    """The demonstration as it really is: what the import of its messy files should bring back."""

    seed: int
    size: str
    plane: int
    layers: Mapping[str, Layer]

    def digest(self) -> str:
        """SHA-256 over every value and every millimetre, to tell whether two truths are equal."""
        total = hashlib.sha256(f"{self.seed} {self.size} {self.plane}".encode())
        for name, layer in self.layers.items():
            total.update(name.encode())
            for field, column in layer.columns.items():
                total.update(f"{field}{column.tolist()!r}".encode())
            if layer.grid is not None:
                total.update(repr(layer.grid.tolist()).encode())
            if layer.points is not None:
                total.update(np.round(layer.points / GRID_SIZE).astype(np.int64).tobytes())
            if layer.shapes is not None:
                total.update(b"".join(shapely.to_wkb(shapely.normalize(layer.shapes))))
        return total.hexdigest()


def size_named(name: str) -> Size:
    """Find a size of the demonstration.

    Raises
    ------
    BadInput
        There is no such size.
    """
    if name not in SIZES:
        raise BadInput(f"there is no demonstration of size {name!r}; the sizes are: {', '.join(SIZES)}", size=name)
    return SIZES[name]


def column(values: Any) -> NDArray[Any]:
    """Turn a sequence or array of values into a column of Python values."""
    items = values.tolist() if isinstance(values, np.ndarray) else list(values)
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made


def on_grid(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to the millimetre, to the same doubles that rounding in the plane gives."""
    return np.round(xy, 3)


def points_of(xy: NDArray[np.float64]) -> NDArray[Any]:
    """Make (N,) points of (N, 2) coordinates."""
    return np.asarray(shapely.points(xy), dtype=object)
