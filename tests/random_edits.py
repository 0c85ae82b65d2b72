"""Random edits for the laws and the soak: seeded, on layouts of several kinds, every invariant looked at."""

from __future__ import annotations

import random as stdlib_random
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import shapely
from layers import CORNER

from gridmap.errors import CodesExhausted, EditRefused
from gridmap.model.land import GridKind
from gridmap.space.edits import Edited, Guards, perform
from gridmap.space.layout import Change, GridState, Layout, apply
from gridmap.space.measure import is_wider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

COMMUNITIES = {f"44030400300{number}": UUID(int=number) for number in (1, 2)}
OPS = {
    "cut": 30,
    "merge": 20,
    "transfer": 20,
    "reshape": 12,
    "push": 6,
    "new_grid": 3,
    "retire": 3,
    "rename": 1,
    "recode": 1,
    "set_kind": 1,
    "move_to_community": 1,
    "undo": 2,
}


def layout_of(lands: Sequence[Any], groups: Sequence[int] | None = None) -> Layout:
    """One grid per land, or per group of lands."""
    numbers = range(len(lands)) if groups is None else groups
    codes = list(COMMUNITIES)
    blocks = {UUID(int=1000 + row): land for row, land in enumerate(lands)}
    grids, owner = {}, {}
    for row, number in enumerate(numbers):
        grid = UUID(int=10**9 + number)
        owner[UUID(int=1000 + row)] = grid
        community = codes[number % 2]
        grids[grid] = GridState(
            grid,
            f"{community}{number // 2 + 1:03d}",
            f"网格{number}",
            GridKind.GENERAL,
            COMMUNITIES[community],
            community,
        )
    return Layout.of(blocks, owner, grids)


def voronoi(seed: int, cells: int, piece: float, scale: float = 80.0) -> NDArray[Any]:
    """Cells of random points in a bent outline, on the 1 mm grid, with a node every `piece` metres."""
    rng = np.random.default_rng(seed)
    side = scale * np.sqrt(cells)
    whole = shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, side, (cells, 2))))
    angles = np.sort(rng.uniform(0, 2 * np.pi, 24))
    outline = shapely.Polygon(
        np.column_stack([np.cos(angles), np.sin(angles)]) * (rng.uniform(0.4, 0.5, 24) * side)[:, None] + side / 2
    )
    lands = shapely.get_parts(shapely.intersection(shapely.get_parts(whole), outline))
    lands = lands[(shapely.get_type_id(lands) == 3) & is_wider(lands, 3.0)]
    lands = shapely.get_parts(shapely.segmentize(lands, piece) if piece else lands)
    lands = shapely.transform(lands, lambda xy: np.rint((xy + CORNER) * 1000) / 1000)
    return np.asarray(lands[is_wider(lands, 3.0)])


@dataclass
class Run:
    """A walk of random edits over one layout, with everything that has to be counted."""

    layout: Layout
    seed: int
    guards: Guards = field(default_factory=Guards)
    done: list[dict[str, Any]] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    start: Layout = field(init=False)
    rng: stdlib_random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.start = self.layout
        self.rng = stdlib_random.Random(self.seed)  # noqa: S311 - seeded

    def step(self) -> Edited | None:
        """Do one random edit; None where it was refused or undone."""
        few = len(self.layout.grids) < max(4, len(self.start.grids) / 2)
        many = len(self.layout.grids) > 2 * len(self.start.grids)
        weights = {**OPS, **({"merge": 0, "retire": 0} if few else {}), **({"cut": 5} if many else {})}
        name = self.rng.choices(list(weights), list(weights.values()))[0]
        if name == "undo":
            if self.history:
                self.layout = apply(self.layout, self.history.pop().inverse())
                self.done.pop()
                self.counts["undo"] += 1
            return None
        op = getattr(self, f"_{name}")()
        began = perf_counter()
        try:
            edited = perform(self.layout, op, self.guards)
        except EditRefused as refusal:
            self.refused[f"{name}: {refusal.evidence['reason']}"] += 1
            return None
        except CodesExhausted:
            self.refused[f"{name}: codes"] += 1
            return None
        finally:
            self.seconds.append(perf_counter() - began)
        self.counts[name] += 1
        self.layout = edited.layout
        self.history.append(edited.change)
        self.done.append(op)
        return edited

    def _grid(self) -> UUID:
        return self.rng.choice(sorted(self.layout.grids))

    def _ids(self, count: int) -> list[UUID]:
        return [UUID(int=self.rng.getrandbits(128)) for _ in range(count)]

    def _neighbours(self, grid: UUID) -> list[UUID]:
        block = self.rng.choice(sorted(self.layout.held[grid]))
        near = self.layout.index.near(np.array([self.layout.blocks[block]]), self.layout.blocks)
        return [each for each in near if self.layout.owner[each] != grid]

    def _wiggle(self, start: Any, end: Any, points: int, shake: float) -> list[list[float]]:
        """A hand-drawn line."""
        share = np.linspace(0, 1, points)[:, None]
        xy = np.asarray(start) * (1 - share) + np.asarray(end) * share
        rng = np.random.default_rng(self.rng.getrandbits(32))
        xy[1:-1] += rng.normal(0, shake, (points - 2, 2)) if points > 2 else 0
        return xy.tolist()

    def _cut(self) -> dict[str, Any]:
        grid = self._grid()
        west, south, east, north = shapely.bounds(self.layout.shape(grid))
        middle = np.array([self.rng.uniform(west, east), self.rng.uniform(south, north)])
        angle, reach = self.rng.uniform(0, 2 * np.pi), np.hypot(east - west, north - south) * self.rng.choice([1, 1, 3])
        way = np.array([np.cos(angle), np.sin(angle)]) * reach
        line = self._wiggle(middle - way, middle + way, self.rng.choice([2, 3, 5, 9, 30]), reach / 40)
        if self.rng.random() < 0.1:  # through a corner that is there
            line[len(line) // 2] = self.rng.choice(shapely.get_coordinates(self.layout.shape(grid)).tolist())
        return {"op": "cut", "grid": self.rng.choice([grid, grid, None]), "line": line, "new_ids": self._ids(3)}

    def _merge(self) -> dict[str, Any]:
        grid = self._grid()
        others = [each for each in sorted(self.layout.grids) if each != grid]
        beside = [self.layout.owner[each] for each in self._neighbours(grid)] or others
        return {"op": "merge", "grids": [grid, self.rng.choice(beside)], "into": grid}

    def _transfer(self) -> dict[str, Any]:
        grid = self._grid()
        beside = self._neighbours(grid)
        blocks = self.rng.sample(beside, min(len(beside), self.rng.choice([1, 1, 2])))
        return {"op": "transfer", "blocks": blocks, "to_grid": grid}

    def _reshape(self) -> dict[str, Any]:
        a = self._grid()
        beside = [self.layout.owner[each] for each in self._neighbours(a)]
        b = self.rng.choice(beside) if beside else next(each for each in self.layout.grids if each != a)
        border = shapely.intersection(shapely.boundary(self.layout.shape(a)), shapely.boundary(self.layout.shape(b)))
        ends = shapely.get_coordinates(border)
        if len(ends) < 2:
            ends = np.array([shapely.get_coordinates(self.layout.shape(each))[0] for each in (a, b)])
        first, last = ends[self.rng.randrange(len(ends))], ends[self.rng.randrange(len(ends))]
        size = max(2.0, float(np.hypot(*(last - first))))
        middle = (first + last) / 2 + np.array([self.rng.gauss(0, size / 4), self.rng.gauss(0, size / 4)])
        over = self.rng.uniform(0, 3)
        start, stop = first + (first - middle) / size * over, last + (last - middle) / size * over
        line = [start.tolist(), *self._wiggle(first, middle, 4, size / 40)[1:], stop.tolist()]
        return {"op": "reshape", "a": a, "b": b, "line": line}

    def _push(self) -> dict[str, Any]:
        grid = self._grid()
        beside = self._neighbours(grid)
        start = shapely.get_coordinates(shapely.point_on_surface(self.layout.shape(grid)))[0]
        block = self.layout.blocks[self.rng.choice(beside or sorted(self.layout.blocks))]
        stop = shapely.get_coordinates(shapely.point_on_surface(block))[0]
        return {"op": "push", "to_grid": grid, "line": [start.tolist(), (stop + 0.1 * (stop - start) + 0.1).tolist()]}

    def _new_grid(self) -> dict[str, Any]:
        return {"op": "new_grid", "blocks": [self.rng.choice(sorted(self.layout.blocks))], "new_ids": self._ids(1)}

    def _retire(self) -> dict[str, Any]:
        return {"op": "retire", "grid": self._grid()}

    def _rename(self) -> dict[str, Any]:
        return {"op": "rename", "grid": self._grid(), "name": f"新网格{self.rng.randrange(1000)}"}

    def _recode(self) -> dict[str, Any]:
        grid = self._grid()
        code = f"{self.layout.grids[grid].community_code}{self.rng.randrange(1, 1000):03d}"
        return {"op": "recode", "grid": grid, "code": code}

    def _set_kind(self) -> dict[str, Any]:
        return {"op": "set_kind", "grid": self._grid(), "kind": self.rng.choice(["general", "dedicated"])}

    def _move_to_community(self) -> dict[str, Any]:
        code = self.rng.choice(list(COMMUNITIES))
        return {"op": "move_to_community", "grid": self._grid(), "community": {"id": COMMUNITIES[code], "code": code}}


def require_invariants(before: Layout, edited: Edited) -> None:
    """Everything that has to hold after an edit, looked at in another way than the edit does."""
    layout, change = edited.layout, edited.change
    assert layout.blocks.keys() == layout.owner.keys()
    assert set(layout.owner.values()) == layout.grids.keys() == layout.held.keys()
    assert sum(map(len, layout.held.values())) == len(layout.blocks)
    codes = [state.code for state in layout.grids.values()]
    assert len(set(codes)) == len(codes)
    for grid, (_, state) in change.grids.items():
        if state is not None:
            assert state.code.startswith(state.community_code)
            assert state.code not in layout.codes_taken or layout.holders[state.code] == grid
    require_same_area(change)
    for block in change.added:
        land = layout.blocks[block]
        assert land.is_valid
        assert land.area > 0
        xy = shapely.get_coordinates(land)
        assert np.array_equal(xy, np.rint(xy * 1000) / 1000)
        assert any(child == block for child, _, _ in change.parents)
    for grid in change.changed_grids() & layout.grids.keys():
        parts = shapely.get_parts(layout.shape(grid))
        if len(parts) > 1:
            assert len(shapely.get_parts(before.shape(grid))) >= len(parts)
        worse = not is_wider(parts, 1.0).all() or parts[shapely.area(parts).argmin()].area < 10.0
        assert not worse or grid in before.grids


def require_same_area(change: Change) -> float:
    """Inside nothing is lost; where the outer border is bent, less than 1 mm along its edges. Returns their length."""
    before, after = (np.array(list(lands.values()), dtype=object) for lands in (change.removed, change.added))
    lost = abs(float(shapely.area(before).sum() - shapely.area(after).sum()))
    if lost <= 1e-6:
        return 0.0
    old, new = (_rim(lands) for lands in (before, after))
    hit = sum(float(np.hypot(*np.subtract(*tuple(edge)))) for edge in old - new)
    assert lost <= 0.001 * hit, f"{lost} m² lost along {hit} m"
    return hit


def _rim(lands: NDArray[Any]) -> set[frozenset[tuple[float, float]]]:
    """Edges that only one of the polygons has."""
    found = Counter(
        frozenset(edge)
        for ring in shapely.get_rings(shapely.get_parts(lands))
        for edge in pairwise(map(tuple, shapely.get_coordinates(ring).tolist()))
        if edge[0] != edge[1]
    )
    return {edge for edge, count in found.items() if count == 1}


def require_whole(layout: Layout, start: Layout) -> float:
    """Look at all of a layout; return how far the outer border is from where it began, in metres."""
    lands = np.array(list(layout.blocks.values()), dtype=object)
    assert shapely.is_valid(lands).all()
    assert shapely.coverage_is_valid(lands, gap_width=0.01)
    outer = shapely.boundary(shapely.coverage_union_all(lands))
    began = shapely.boundary(shapely.coverage_union_all(np.array(list(start.blocks.values()), dtype=object)))
    for block, root in layout.origin.items():
        assert block in layout.pieces[root]
        assert root in layout.base
    return float(shapely.hausdorff_distance(outer, began))


def stored(layout: Layout) -> Mapping[UUID, tuple[bytes, UUID]]:
    """Blocks bit by bit, with their grids."""
    return {block: (land.wkb, layout.owner[block]) for block, land in layout.blocks.items()}


def replay(run: Run) -> Layout:
    """Do the edits of a walk again, those undone left out."""
    layout = run.start
    for op in run.done:
        layout = perform(layout, op, run.guards).layout
    return layout
