"""Live numbers: who is in which grid of a draft, kept up to date edit by edit.

A full count asks the rule (`gridmap.assign`) for everybody. An edit changes little, so a tally remembers which blocks
each subject lies in and asks again only those of the blocks that the edit took away. The answers are those of the
rule, always: a law of the tests holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import STRtree

from gridmap.assign import REASONS, Inclusion, PlanLand, Subjects, assign
from gridmap.errors import BadInput
from gridmap.model.cases import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.space.layout import Change, Layout

_DECIDED = [REASONS.index(Reason.MANUAL), REASONS.index(Reason.LISTED)]
_NOBODY = np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class Counted:
    """Subjects of one kind, and what each of them counts.

    Parameters
    ----------
    subjects : Subjects
        N of them, in the plane. A person's decision is given by the id of the grid, which outlives its code.
    amounts : mapping of str to int array (N,)
        By measure: households count 1 each, residents what the household has.
    """

    subjects: Subjects
    amounts: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True)
class Tally:
    """Who is where in one layout. Make it by `Tally.of`, and the next by `after`; none is ever changed.

    Parameters
    ----------
    measures : tuple of str
        The M columns of `amounts`.
    xy : float64 array (N, 2)
        In the plane, rounded to 1 mm; NaN without a place.
    amounts : int64 array (N, M)
    grid_ids : tuple of UUID
        Grids that ever had somebody; `grid` points into it.
    grid : int32 array (N,)
        Index into `grid_ids`, -1 for nobody's.
    decided : bool array (N,)
        By a person or a list: place does not matter while their grid is there.
    members : mapping of UUID to int array
        Subjects that lie in one block alone, by block.
    shared : mapping of int to tuple of UUID
        Subjects on an edge between blocks, with those blocks.
    astray : int array
        Subjects with a point in no block.
    sums : mapping of UUID to int64 array (M,)
        Of each grid.
    """

    measures: tuple[str, ...]
    counted: tuple[Counted, ...]
    inclusions: tuple[Inclusion, ...]
    xy: NDArray[np.float64]
    amounts: NDArray[np.int64]
    grid_ids: tuple[UUID, ...]
    grid: NDArray[np.int32]
    decided: NDArray[np.bool_]
    members: Mapping[UUID, NDArray[np.intp]]
    shared: Mapping[int, tuple[UUID, ...]]
    astray: NDArray[np.intp]
    sums: Mapping[UUID, NDArray[np.int64]]

    @staticmethod
    def of(layout: Layout, counted: Sequence[Counted], inclusions: Iterable[Inclusion] = ()) -> Tally:
        """Count everybody by the rule.

        Raises
        ------
        BadInput
            The amounts of a kind are not as many as its subjects.
        """
        inclusions = tuple(inclusions)
        measures = tuple(dict.fromkeys(name for each in counted for name in each.amounts))
        blocks = sorted(layout.blocks, key=lambda block: layout.grids[layout.owner[block]].code)
        land = _land(layout, blocks, inclusions)
        ids = land.grid_ids
        xy = np.round(np.concatenate([np.asarray(each.subjects.xy) for each in counted] or [np.empty((0, 2))]), 3)
        verdicts = [assign(each.subjects, land) for each in counted]
        grid = np.concatenate([np.empty(0, dtype=np.int64), *(each.grid for each in verdicts)]).astype(np.int32)
        reason = np.concatenate([np.empty(0, dtype=np.uint8), *(each.reason for each in verdicts)])
        members, shared, astray = _lying(land, blocks, xy)
        amounts = _amounts(counted, measures)
        found = Tally(
            measures=measures,
            counted=tuple(counted),
            inclusions=inclusions,
            xy=xy,
            amounts=amounts,
            grid_ids=ids,
            grid=grid,
            decided=np.isin(reason, _DECIDED),
            members=members,
            shared=shared,
            astray=astray,
            sums={},
        )
        return replace(found, sums={each: found._sum(index) for index, each in enumerate(ids)})

    def after(self, layout: Layout, change: Change) -> Tally:
        """Return the tally of a layout that `change` made out of this one's.

        Time goes with the subjects in the blocks that changed, not with all of them.
        """
        if self._has_decided_for(change):
            return Tally.of(layout, self.counted, self.inclusions)
        members, shared, astray, home = self._relocated(layout, change)
        ask = [np.array(list(home), dtype=np.intp), *(members[block] for block in change.owner if block in members)]
        ask.append(np.array([row for row in shared if _asks(shared[row], change, layout)], dtype=np.intp))
        rows = np.unique(np.concatenate(ask))
        rows = rows[~self.decided[rows]]
        ids = (*self.grid_ids, *(each for each in change.grids if each not in self.sums and each not in self.grid_ids))
        position = {each: index for index, each in enumerate(ids)}
        grid = self.grid.copy()
        grid[rows] = -1
        for block in change.owner:
            own = members.get(block, _NOBODY)
            grid[own[~self.decided[own]]] = position[layout.owner[block]] if len(own) else -1
        for row in rows.tolist():
            blocks = shared.get(row) or ((home[row],) if home.get(row) else ())
            if blocks:
                owners = {layout.owner[block] for block in blocks if block is not None}
                grid[row] = position[min(owners, key=lambda each: layout.grids[each].code)]
        sums = self._moved(rows[grid[rows] != self.grid[rows]], grid, ids)
        nothing = np.zeros(len(self.measures), dtype=np.int64)
        return replace(
            self,
            grid_ids=ids,
            grid=grid,
            members=members,
            shared=shared,
            astray=astray,
            sums={each: sums.get(each, nothing) for each in layout.grids},
        )

    def _moved(
        self, rows: NDArray[np.intp], grid: NDArray[np.int32], ids: Sequence[UUID]
    ) -> dict[UUID, NDArray[np.int64]]:
        """Take the rows off the sums of the grids that they had, and add them to those that they have."""
        sums = dict(self.sums)
        for grids, sign in ((self.grid[rows], -1), (grid[rows], 1)):
            for index in np.unique(grids[grids >= 0]).tolist():
                part = self.amounts[rows[grids == index]].sum(axis=0)
                sums[ids[index]] = sums.get(ids[index], 0) + sign * part
        return sums

    def numbers(self, grid_id: UUID) -> dict[str, int]:
        """Return the numbers of one grid by measure; zeros where it has nobody."""
        row = self.sums.get(grid_id)
        return dict(zip(self.measures, row.tolist() if row is not None else [0] * len(self.measures), strict=True))

    def column(self, measure: str) -> dict[UUID, int]:
        """Return one measure of every grid that has a sum; empty where nothing counts it."""
        if measure not in self.measures:
            return {}
        at = self.measures.index(measure)
        return {grid_id: int(row[at]) for grid_id, row in self.sums.items()}

    def nobodys(self) -> dict[str, int]:
        """Return the numbers of what no grid has."""
        return dict(zip(self.measures, self._sum(-1).tolist(), strict=True))

    def grid_of(self, row: int) -> UUID | None:
        """Return the grid of one subject, by its row in the order of `counted`."""
        index = int(self.grid[row])
        return self.grid_ids[index] if index >= 0 else None

    def changed_hands(self, before: Tally) -> dict[str, int]:
        """Return how much changes hands against another layout, for the same subjects.

        Raises
        ------
        BadInput
            The two do not count the same subjects.
        """
        rows = self.moved_rows(before)
        return dict(zip(self.measures, self.amounts[rows].sum(axis=0).tolist(), strict=True))

    def moved_rows(self, before: Tally) -> NDArray[np.intp]:
        """Return the subjects that have another grid than before, by row.

        Raises
        ------
        BadInput
            The two do not count the same subjects.
        """
        if len(before.grid) != len(self.grid):
            raise BadInput("the two plans were counted with different subjects: count both again")
        position = {each: index for index, each in enumerate(self.grid_ids)}
        carry = np.array([*(position.get(each, -2) for each in before.grid_ids), -1], dtype=np.int32)
        return np.flatnonzero(carry[before.grid] != self.grid)

    def _sum(self, index: int) -> NDArray[np.int64]:
        return np.asarray(self.amounts[self.grid == index].sum(axis=0), dtype=np.int64)

    def _has_decided_for(self, change: Change) -> bool:
        """Whether a grid that came or went is one that a person or a list names."""
        came_or_went = {grid_id for grid_id, (old, new) in change.grids.items() if old is None or new is None}
        if not came_or_went:
            return False
        listed = any(entry.grid_id in came_or_went for entry in self.inclusions)
        return listed or any(wanted in came_or_went for each in self.counted for wanted in each.subjects.manual or ())

    def _relocated(
        self, layout: Layout, change: Change
    ) -> tuple[dict[UUID, NDArray[np.intp]], dict[int, tuple[UUID, ...]], NDArray[np.intp], dict[int, UUID | None]]:
        """Find the blocks of those whose block is gone, and of strays near the new ones.

        Returns members, shared and astray as they are now, and of each that was asked its block, None unless it
        lies in exactly one.
        """
        members, shared, astray = dict(self.members), dict(self.shared), self.astray
        if not change.removed and not change.added:
            return members, shared, astray, {}
        loose = [members.pop(block) for block in change.removed if block in members]
        on_edges = [row for row, blocks in shared.items() if any(block in change.removed for block in blocks)]
        keeps = {row: [b for b in shared.pop(row) if b not in change.removed] for row in on_edges}
        added = [block for block in change.added if block in layout.blocks]
        shapes = np.array([layout.blocks[block] for block in added], dtype=object)
        strays = self._strays_near(shapes)
        rows = np.concatenate([*loose, np.array(on_edges, dtype=np.intp), strays]).astype(np.intp)
        point, block = STRtree(shapes).query(shapely.points(self.xy[rows]), predicate="intersects")
        found: dict[int, list[UUID]] = {row: keeps.get(row, []) for row in rows.tolist()}
        for at, which in zip(point.tolist(), block.tolist(), strict=True):
            found[int(rows[at])].append(added[which])
        fresh: dict[UUID, list[int]] = {}
        home: dict[int, UUID | None] = dict.fromkeys(found)
        lost = []
        for row, blocks in found.items():
            if len(blocks) == 1:
                home[row] = blocks[0]
                fresh.setdefault(blocks[0], []).append(row)
            elif blocks:
                shared[row] = tuple(blocks)
            else:
                lost.append(row)
        for each, more in fresh.items():
            members[each] = np.concatenate([members.get(each, _NOBODY), np.array(more, dtype=np.intp)])
        astray = np.concatenate([np.setdiff1d(astray, strays), np.array(lost, dtype=np.intp)]).astype(np.intp)
        return members, shared, astray, home

    def _strays_near(self, shapes: NDArray[Any]) -> NDArray[np.intp]:
        """Subjects outside everything that a border bent by a millimetre may have taken in."""
        if not len(shapes) or not len(self.astray):
            return _NOBODY
        west, south, east, north = shapely.total_bounds(shapes)
        x, y = self.xy[self.astray].T
        return np.asarray(self.astray[(x >= west) & (x <= east) & (y >= south) & (y <= north)], dtype=np.intp)


def _asks(blocks: Iterable[UUID], change: Change, layout: Layout) -> bool:
    """Whether a subject on an edge may have another grid now: a block of it changed, or the order of codes."""
    return any(block in change.owner or layout.owner[block] in change.grids for block in blocks)


def _land(layout: Layout, blocks: Sequence[UUID], inclusions: Sequence[Inclusion]) -> PlanLand:
    """Make the land of a layout for the rule; `blocks` are by grid code, and stay so."""
    ids = list(layout.grids)
    place = {each: index for index, each in enumerate(ids)}
    shapes = np.empty(len(blocks), dtype=object)
    shapes[:] = [layout.blocks[block] for block in blocks]
    return PlanLand.of(
        grid_ids=ids,
        grid_codes=[layout.grids[each].code for each in ids],
        block_shapes=shapes,
        block_grid=np.array([place[layout.owner[block]] for block in blocks], dtype=np.int64),
        inclusions=inclusions,
    )


def _lying(
    land: PlanLand, blocks: Sequence[UUID], xy: NDArray[np.float64]
) -> tuple[dict[UUID, NDArray[np.intp]], dict[int, tuple[UUID, ...]], NDArray[np.intp]]:
    """Find the blocks of every subject that has a point, wherever it was decided."""
    placed = np.flatnonzero(~np.isnan(xy).any(axis=1))
    first = land.lowest.locate(xy[placed])
    last = len(blocks) - 1 - land.highest.locate(xy[placed])
    inside = (first >= 0) & (first == last)
    order = np.argsort(first[inside], kind="stable")
    rows, home = placed[inside][order], first[inside][order]
    starts = np.searchsorted(home, np.arange(len(blocks) + 1))
    members = {
        blocks[index]: rows[starts[index] : starts[index + 1]] for index in np.flatnonzero(np.diff(starts)).tolist()
    }
    on_edge = placed[(first >= 0) & (first != last)]
    point, block = STRtree(land.blocks).query(shapely.points(xy[on_edge]), predicate="intersects")
    shared: dict[int, tuple[UUID, ...]] = {}
    for at, which in zip(point.tolist(), block.tolist(), strict=True):
        row = int(on_edge[at])
        shared[row] = (*shared.get(row, ()), blocks[which])
    return members, shared, placed[first < 0]


def _amounts(counted: Sequence[Counted], measures: Sequence[str]) -> NDArray[np.int64]:
    parts = []
    for each in counted:
        count = len(each.subjects.xy)
        part = np.zeros((count, len(measures)), dtype=np.int64)
        for name, amount in each.amounts.items():
            if len(amount) != count:
                raise BadInput(f"there are {count} subjects but {len(amount)} amounts of {name}", measure=name)
            part[:, measures.index(name)] = amount
        parts.append(part)
    return np.concatenate(parts) if parts else np.zeros((0, len(measures)), dtype=np.int64)
