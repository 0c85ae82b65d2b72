"""What differs between two plans: which land, and which households, shops and incidents, went from whom to whom.

How the plans were made does not matter. Blocks that both have are compared by label; where they differ, land is laid
over land.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.assign import assign
from gridmap.model.cases import CLOSED_STATES
from gridmap.services.assigning import subjects_of, wanted_columns
from gridmap.space.measure import array_of
from gridmap.space.overlay import overlay
from gridmap.storage import lineage, registers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from numpy.typing import NDArray
    from shapely import Geometry

    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction
    from gridmap.storage.registers import Points


@dataclass(frozen=True)
class Piece:
    """Land that was one grid's and is another's. `block` is None where the two plans cut it differently.

    `shape` lies in the plane. A grid is None where nobody had or has the land.
    """

    old: UUID | None
    new: UUID | None
    block: UUID | None
    area: float
    shape: Geometry


@dataclass(frozen=True)
class LandMoves:
    """Land that two plans have in common.

    Parameters
    ----------
    areas : dict
        m² by (old grid, new grid), for grids that gave or got land; None for nobody.
    pieces : tuple of Piece
        What changed hands, the largest first.
    touched : frozenset of UUID
        Grids whose border is not the same to the last node, or that only one plan has.
    """

    areas: dict[tuple[UUID | None, UUID | None], float]
    pieces: tuple[Piece, ...]
    touched: frozenset[UUID]


@dataclass(frozen=True)
class Movement:
    """Subjects of one kind in both plans, in columns of equal length N.

    Parameters
    ----------
    old, new : int64 array (N,)
        Index into `grids`, -1 for nobody.
    residents : int64 array (N,)
        0 where a kind has none.
    columns : dict of str to list
        What was read of them: building, compound, manual_grid.
    """

    kind: Kind
    grids: tuple[UUID, ...]
    ids: list[UUID]
    old: NDArray[np.int64]
    new: NDArray[np.int64]
    residents: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    columns: dict[str, list[Any]]

    def pairs(self) -> dict[tuple[UUID | None, UUID | None], tuple[int, int]]:
        """Count subjects and their residents by (old grid, new grid)."""
        if not self.ids:
            return {}
        both, place = np.unique(np.column_stack([self.old, self.new]), axis=0, return_inverse=True)
        place = place.reshape(-1)
        counts = np.bincount(place, minlength=len(both)).tolist()
        residents = np.bincount(place, weights=self.residents, minlength=len(both)).astype(np.int64).tolist()
        named = ((self.grid(old), self.grid(new)) for old, new in both.tolist())
        return dict(zip(named, zip(counts, residents, strict=True), strict=True))

    def grid(self, index: int) -> UUID | None:
        """Return the grid at an index, None for -1."""
        return self.grids[index] if index >= 0 else None


def land_moves(tx: Transaction, scope: Scope, old: PlanInForce, new: PlanInForce) -> LandMoves:
    """Compare the land of two plans of one sub-district."""
    before, after = (lineage.labels(tx, scope, each.plan.id) for each in (old, new))
    hashes = [lineage.grid_hashes(tx, scope, each.plan.id) for each in (old, new)]
    touched = {grid for grid in hashes[0].keys() | hashes[1].keys() if hashes[0].get(grid) != hashes[1].get(grid)}
    relabelled = [block for block, grid in before.items() if after.get(block, grid) != grid]
    shapes = old.plane.project_geometries(lineage.block_shapes(tx, scope, old.plan.id, relabelled))
    pieces = [
        Piece(before[block], after[block], block, area, shape)
        for block, shape, area in zip(relabelled, shapes, shapely.area(shapes).tolist(), strict=True)
    ]
    areas: dict[tuple[UUID | None, UUID | None], float] = {}
    for each in pieces:
        areas[each.old, each.new] = areas.get((each.old, each.new), 0.0) + each.area
    for each in _overlaid(tx, scope, (old, new), (before, after)):
        areas[each.old, each.new] = areas.get((each.old, each.new), 0.0) + each.area
        if each.old != each.new:
            pieces.append(each)
    involved = {grid for pair in areas for grid in pair if grid is not None}
    kept = [block for block, grid in before.items() if after.get(block) == grid and grid in involved]
    kept_shapes = old.plane.project_geometries(lineage.block_shapes(tx, scope, old.plan.id, kept))
    for block, area in zip(kept, shapely.area(kept_shapes).tolist(), strict=True):
        pair = before[block], before[block]
        areas[pair] = areas.get(pair, 0.0) + area
    return LandMoves(areas, tuple(sorted(pieces, key=lambda each: -each.area)), frozenset(touched))


def _overlaid(
    tx: Transaction, scope: Scope, found: tuple[PlanInForce, PlanInForce], labels: tuple[dict[UUID, UUID], ...]
) -> list[Piece]:
    """Lay the blocks that only one plan has over those that only the other has."""
    plane = found[0].plane
    own = [[block for block in mine if block not in other] for mine, other in (labels, labels[::-1])]
    shapes = [
        plane.project_geometries(lineage.block_shapes(tx, scope, each.plan.id, blocks))
        for each, blocks in zip(found, own, strict=True)
    ]
    grids = sorted({mine[block] for mine, blocks in zip(labels, own, strict=True) for block in blocks})
    number = {grid: index for index, grid in enumerate(grids)}
    owners = [
        np.array([number[mine[block]] for block in blocks], dtype=np.int64)
        for mine, blocks in zip(labels, own, strict=True)
    ]
    over = overlay(array_of(shapes[0]), array_of(shapes[1]), owners[0], owners[1])
    return [
        Piece(
            grids[owners[0][a]] if a >= 0 else None, grids[owners[1][b]] if b >= 0 else None, None, float(area), shape
        )
        for a, b, shape, area in zip(over.old.tolist(), over.new.tolist(), over.shapes, over.areas, strict=True)
    ]


def movement(kind: Kind, points: Points, old: PlanInForce, new: PlanInForce) -> Movement:
    """Ask the rule for both plans where the subjects of a kind are; of incidents, those that are open."""
    grids = tuple(dict.fromkeys([*old.land.grid_ids, *new.land.grid_ids]))
    number = {grid: index for index, grid in enumerate(grids)}
    rows = np.flatnonzero(is_open(points))
    lonlat = points.lonlat[rows]
    columns = {name: [values[row] for row in rows] for name, values in points.columns.items()}
    sides = []
    for found in (old, new):
        verdicts = assign(subjects_of(kind, lonlat, columns, found), found.land)
        place = np.array([*(number[grid] for grid in found.land.grid_ids), -1], dtype=np.int64)
        sides.append(place[verdicts.grid])
    ids = [points.ids[row] for row in rows]
    return Movement(kind, grids, ids, sides[0], sides[1], residents_of(points)[rows], lonlat, columns)


def subject_points(tx: Transaction, scope: Scope, kind: Kind, *, ids: Sequence[UUID] | None = None) -> Points:
    """Read the visible subjects of a kind, or some of them, with the columns that rule, numbers and checks need."""
    more = [
        name
        for name in ("residents", "compound", "state", "reported_at")
        if any(field.name == name for field in kind.fields)
    ]
    return registers.points(tx, scope, kind, columns=[*wanted_columns(kind), "community_id", *more], ids=ids)


def is_open(points: Points) -> NDArray[np.bool_]:
    """Tell which incidents are open; everything else always is."""
    states = points.columns.get("state")
    if states is None:
        return np.ones(len(points.ids), dtype=np.bool_)
    return np.array([state not in CLOSED_STATES for state in states], dtype=np.bool_)


def residents_of(points: Points) -> NDArray[np.int64]:
    """Return how many people live with each subject, 0 where a kind has none."""
    return np.array([value or 0 for value in points.columns.get("residents") or [0] * len(points.ids)], dtype=np.int64)
