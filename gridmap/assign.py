"""The one rule: which grid a subject belongs to, and why. For one subject and for ten million.

Asked in this order, the first that answers decides:

- `manual`: a person decided, and the plan still has that grid;
- `listed`: on a grid's inclusion list, by its own code (a shop, an organisation) or by its building and floor;
- `inside`: the point lies in blocks of one grid;
- `edge`: the point lies in blocks of several grids, that is on their border; the lowest grid code has it;
- `outside`: in no grid; the nearest one and its distance are named, nobody is assigned.

A subject without a point that nobody decided and no list names is `unlocated`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import STRtree

from gridmap.errors import BadInput
from gridmap.model.cases import Reason
from gridmap.space.locator import Locator

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

REASONS: tuple[Reason, ...] = tuple(Reason)  # by the numbers in `Verdicts.reason`
_NUMBER = {reason: number for number, reason in enumerate(REASONS)}

_DECIMALS = 3  # of a metre: points are on the same 1 mm grid as the blocks before anything is asked
_CHUNK = 200_000  # points whose shapely objects exist at a time


@dataclass(frozen=True)
class Inclusion:
    """A row of an inclusion list (纳入清单): what belongs to a grid wherever it lies.

    Parameters
    ----------
    grid_id : UUID or None
        None, or a grid that the plan does not have: its subjects are decided by place and marked for review.
    subject_kind : {"building", "shop", "organisation"}
    subject : str
        Code of the building, shop or organisation.
    floor_from, floor_to : int or None
        Floors of a building, both included; None is any.
    """

    grid_id: UUID | None
    subject_kind: str
    subject: str
    floor_from: int | None = None
    floor_to: int | None = None

    def needs_floor(self) -> bool:
        """Whether only some floors of the building are meant."""
        return self.floor_from is not None or self.floor_to is not None

    def has_floor(self, floor: int | None) -> bool:
        """Whether a floor is meant; an unknown one only when all are."""
        if floor is None:
            return not self.needs_floor()
        return (self.floor_from is None or self.floor_from <= floor) and (
            self.floor_to is None or floor <= self.floor_to
        )


@dataclass(frozen=True)
class PlanLand:
    """The land of one plan, ready for `assign`. Make it by `PlanLand.of`; it may be kept and shared.

    Parameters
    ----------
    grid_ids, grid_codes : tuple
        Of the G grids, by code.
    blocks : array of object (B,)
        Their shapes in the plane, metres, by grid code: the locator's lowest block has the lowest code.
    block_grid : int64 array (B,)
        Index of each block's grid.
    borders : array of object (G,)
        Border of each grid, its inner block edges left out; None for a grid without land.
    listed : mapping
        (kind, code) -> the inclusions of that subject, with the index of their grid, -1 when the plan lacks it.
    """

    grid_ids: tuple[UUID, ...]
    grid_codes: tuple[str, ...]
    blocks: NDArray[Any]
    block_grid: NDArray[np.int64]
    borders: NDArray[Any]
    listed: Mapping[tuple[str, str], tuple[tuple[int, Inclusion], ...]]

    @staticmethod
    def of(
        grid_ids: Sequence[UUID],
        grid_codes: Sequence[str],
        block_shapes: NDArray[Any],
        block_grid: NDArray[np.int64],
        inclusions: Sequence[Inclusion] = (),
    ) -> PlanLand:
        """Sort the land of a plan by grid code and dissolve its blocks.

        Parameters
        ----------
        grid_ids, grid_codes : sequence (G,)
            In any order.
        block_shapes : array of object (B,)
            Polygons or multipolygons in the plane, metres, a valid coverage.
        block_grid : int array (B,)
            Index of each block's grid in the two sequences.
        inclusions : sequence of Inclusion

        Raises
        ------
        BadInput
            Two grids have one code or one id, or a block names a grid that is not there.
        GeometryRefused
            A block is no polygon.
        """
        count = len(grid_ids)
        if len(grid_codes) != count or len(set(grid_ids)) != count or len(set(grid_codes)) != count:
            raise BadInput("every grid of a plan needs an id and a code of its own", ids=count, codes=len(grid_codes))
        owner = np.asarray(block_grid, dtype=np.int64)
        if len(owner) != len(block_shapes) or (owner < 0).any() or (owner >= count).any():
            raise BadInput("every block has to name one of the grids", grids=count, blocks=len(block_shapes))
        by_code = sorted(range(count), key=grid_codes.__getitem__)
        place = np.empty(count, dtype=np.int64)
        place[by_code] = np.arange(count)
        order = np.argsort(place[owner], kind="stable")
        blocks, owner = np.asarray(block_shapes, dtype=object)[order], place[owner][order]
        ids = tuple(grid_ids[index] for index in by_code)
        return PlanLand(
            ids,
            tuple(grid_codes[index] for index in by_code),
            blocks,
            owner,
            _borders(blocks, owner, count),
            _by_subject(inclusions, {grid_id: index for index, grid_id in enumerate(ids)}),
        )

    @cached_property
    def lowest(self) -> Locator:
        """Finds the block with the lowest grid code at a point."""
        return Locator(self.blocks)

    @cached_property
    def highest(self) -> Locator:
        """Finds the block with the highest grid code, counted from the end."""
        return Locator(self.blocks[::-1])

    @cached_property
    def border_tree(self) -> STRtree:
        """Finds the nearest grid."""
        return STRtree(self.borders)

    @cached_property
    def index(self) -> Mapping[Hashable, int]:
        """Index of a grid, by id and by code."""
        return {key: place for keys in (self.grid_ids, self.grid_codes) for place, key in enumerate(keys)}


@dataclass(frozen=True)
class Subjects:
    """Who asks, in columns of equal length N; a column that nobody has is None.

    Parameters
    ----------
    xy : float64 array (N, 2)
        Points in the plan's plane, metres; NaN for those without a place.
    accuracy : float64 array (N,), optional
        Metres; how well the position itself is known. 0 when left out.
    buildings : sequence of (str or None), optional
        Code of the building that the subject is in.
    floors : sequence of (int or None), optional
    own_kind : {"shop", "organisation"}, optional
        What the subjects themselves are on inclusion lists.
    own_codes : sequence of (str or None), optional
        Their own codes there.
    manual : sequence of (str, UUID or None), optional
        Code or id of the grid that a person decided on.
    """

    xy: NDArray[np.float64]
    accuracy: NDArray[np.float64] | None = None
    buildings: Sequence[str | None] | None = None
    floors: Sequence[int | None] | None = None
    own_kind: str | None = None
    own_codes: Sequence[str | None] | None = None
    manual: Sequence[str | UUID | None] | None = None


@dataclass(frozen=True)
class Verdicts:
    """One verdict per subject, in columns.

    Parameters
    ----------
    grid : int64 array (N,)
        Index into `PlanLand.grid_ids`; -1 when nobody is assigned.
    reason : uint8 array (N,)
        Index into `REASONS`.
    distance : float64 array (N,)
        Metres to the border of the grid, or to the nearest grid when outside; NaN without a point or a border.
    nearest : int64 array (N,)
        Index of the nearest grid when outside (the lowest code when several are), else -1.
    review : bool array (N,)
        A person should look: outside, unlocated, the accuracy circle of a point crosses the grid's border, a
        manual or listed grid that the plan lacks, a building listed for some floors and the floor unknown, or
        the lists of two grids.
    """

    grid: NDArray[np.int64]
    reason: NDArray[np.uint8]
    distance: NDArray[np.float64]
    nearest: NDArray[np.int64]
    review: NDArray[np.bool_]


def assign(subjects: Subjects, land: PlanLand) -> Verdicts:
    """Decide which grid every subject belongs to.

    Each verdict depends on its subject and the plan alone: neither on the other subjects nor on any order.

    Parameters
    ----------
    subjects : Subjects
        Points are rounded to 1 mm first.
    land : PlanLand

    Raises
    ------
    BadInput
        A coordinate is infinite, or the columns are not equally long.
    """
    xy, located = _points(subjects)
    count = len(xy)
    verdicts = Verdicts(
        grid=np.full(count, -1, dtype=np.int64),
        reason=np.full(count, _NUMBER[Reason.UNLOCATED], dtype=np.uint8),
        distance=np.full(count, np.nan),
        nearest=np.full(count, -1, dtype=np.int64),
        review=np.zeros(count, dtype=np.bool_),
    )
    _by_person(subjects, land, verdicts)
    _by_list(subjects, land, verdicts)
    _by_place(xy, np.flatnonzero(located & (verdicts.grid < 0)), land, verdicts)
    owned = np.flatnonzero(located & (verdicts.grid >= 0))
    verdicts.distance[owned] = _to_border(xy[owned], land.borders, verdicts.grid[owned])
    verdicts.review[verdicts.grid < 0] = True
    if subjects.accuracy is not None:
        placed = np.isin(verdicts.reason, (_NUMBER[Reason.INSIDE], _NUMBER[Reason.EDGE]))
        verdicts.review[placed & (np.asarray(subjects.accuracy) > verdicts.distance)] = True
    return verdicts


def _points(subjects: Subjects) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Round the points to the grid of the plane and tell which are there."""
    xy = np.asarray(subjects.xy, dtype=np.float64)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise BadInput(f"points must be an array of shape (N, 2), not {xy.shape}", shape=xy.shape)
    for name in ("accuracy", "buildings", "floors", "own_codes", "manual"):
        column = getattr(subjects, name)
        if column is not None and len(column) != len(xy):
            raise BadInput(f"there are {len(xy)} points but {len(column)} of {name}", column=name)
    infinite = np.isinf(xy).any(axis=1)
    if infinite.any():
        row = int(np.flatnonzero(infinite)[0])
        raise BadInput(f"the point of row {row} is infinite: leave it empty when the place is unknown", row=row)
    return np.round(xy, _DECIMALS), np.asarray(~np.isnan(xy).any(axis=1))


def _by_person(subjects: Subjects, land: PlanLand, verdicts: Verdicts) -> None:
    for row, wanted in enumerate(subjects.manual or ()):
        if wanted is None:
            continue
        grid = land.index.get(wanted, -1)
        if grid >= 0:
            verdicts.grid[row], verdicts.reason[row] = grid, _NUMBER[Reason.MANUAL]
        else:
            verdicts.review[row] = True


def _by_list(subjects: Subjects, land: PlanLand, verdicts: Verdicts) -> None:
    if not land.listed:
        return
    keys = [(subjects.own_kind, subjects.own_codes), ("building", subjects.buildings)]
    for kind, codes in keys:
        for row, code in enumerate(codes or ()):
            entries = land.listed.get((kind or "", code or ""))
            if entries is None or verdicts.grid[row] >= 0:
                continue
            floor = subjects.floors[row] if subjects.floors is not None else None
            if kind == "building":
                unsure = floor is None and any(entry.needs_floor() for _, entry in entries)
                grids = {grid for grid, entry in entries if entry.has_floor(floor)}
            else:
                unsure, grids = False, {grid for grid, _ in entries}
            verdicts.review[row] |= unsure or len(grids) > 1 or -1 in grids
            there = [grid for grid in grids if grid >= 0]
            if there:
                verdicts.grid[row], verdicts.reason[row] = min(there), _NUMBER[Reason.LISTED]


def _by_place(xy: NDArray[np.float64], rows: NDArray[np.intp], land: PlanLand, verdicts: Verdicts) -> None:
    """Decide the rows that neither a person nor a list did."""
    points = xy[rows]
    block = land.lowest.locate(points)
    hit = block >= 0
    within, block = rows[hit], block[hit]
    last = len(land.blocks) - 1 - land.highest.locate(points[hit])
    grid = land.block_grid[block]
    shared = grid != land.block_grid[last]
    verdicts.grid[within] = grid
    verdicts.reason[within] = np.where(shared, _NUMBER[Reason.EDGE], _NUMBER[Reason.INSIDE])
    outside = rows[~hit]
    verdicts.reason[outside] = _NUMBER[Reason.OUTSIDE]
    verdicts.nearest[outside], verdicts.distance[outside] = _nearest(points[~hit], land)


def _nearest(xy: NDArray[np.float64], land: PlanLand) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Name the nearest grid and its distance, the lowest code when several are equally near."""
    grid = np.full(len(xy), len(land.grid_ids), dtype=np.int64)
    distance = np.full(len(xy), np.nan)
    (point, near), metres = land.border_tree.query_nearest(shapely.points(xy), return_distance=True)
    np.minimum.at(grid, point, near)
    distance[point] = metres
    grid[grid == len(land.grid_ids)] = -1
    return grid, distance


def _to_border(xy: NDArray[np.float64], borders: NDArray[Any], grid: NDArray[np.int64]) -> NDArray[np.float64]:
    """Measure from each point to the border of its grid, metres; NaN where the grid has no land."""
    distance = np.empty(len(xy))
    for start in range(0, len(xy), _CHUNK):
        part = slice(start, start + _CHUNK)
        distance[part] = shapely.distance(borders[grid[part]], shapely.points(xy[part]))
    return distance


def _borders(blocks: NDArray[Any], owner: NDArray[np.int64], count: int) -> NDArray[Any]:
    """Dissolve the blocks of each grid, which lie together, and take the boundary."""
    borders = np.full(count, None, dtype=object)
    starts = np.searchsorted(owner, np.arange(count + 1))
    for grid in np.flatnonzero(np.diff(starts)).tolist():
        mine = blocks[starts[grid] : starts[grid + 1]]
        whole = mine[0] if len(mine) == 1 else shapely.coverage_union_all(mine)
        borders[grid] = shapely.boundary(shapely.normalize(whole))  # equal distances whatever the order of blocks
    return borders


def _by_subject(
    inclusions: Sequence[Inclusion], index: Mapping[UUID, int]
) -> dict[tuple[str, str], tuple[tuple[int, Inclusion], ...]]:
    found: dict[tuple[str, str], tuple[tuple[int, Inclusion], ...]] = {}
    for entry in inclusions:
        key = (entry.subject_kind, entry.subject)
        grid = -1 if entry.grid_id is None else index.get(entry.grid_id, -1)
        found[key] = (*found.get(key, ()), (grid, entry))
    return found
