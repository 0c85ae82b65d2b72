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
from gridmap.sharing import Shared

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
class _Asked:
    """Subjects that had to be found again: the blocks that some of them lie in alone, and who lies in none."""

    blocks: tuple[UUID, ...]
    lost: NDArray[np.intp]


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
        Measure by measure in memory: sums over many subjects take a tenth of the time.
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
    position : mapping of UUID to int
        Of each of `grid_ids`.
    named : frozenset
        Grids that a person or a list names, by id.
    sums : mapping of UUID to int64 array (M,)
        Of each grid.
    nobodys_sum : int64 array (M,)
        Of what no grid has.
    """

    measures: tuple[str, ...]
    counted: tuple[Counted, ...]
    inclusions: tuple[Inclusion, ...]
    xy: NDArray[np.float64]
    amounts: NDArray[np.int64]
    grid_ids: tuple[UUID, ...]
    grid: NDArray[np.int32]
    decided: NDArray[np.bool_]
    members: Shared[UUID, NDArray[np.intp]]
    shared: Mapping[int, tuple[UUID, ...]]
    astray: NDArray[np.intp]
    position: Mapping[UUID, int]
    named: frozenset[str | UUID | None]
    sums: Mapping[UUID, NDArray[np.int64]]
    nobodys_sum: NDArray[np.int64]

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
            members=Shared(members),
            shared=shared,
            astray=astray,
            position={each: index for index, each in enumerate(ids)},
            named=_named(counted, inclusions),
            sums={},
            nobodys_sum=np.zeros(len(measures), dtype=np.int64),
        )
        sums = {each: found._sum(index) for index, each in enumerate(ids)}
        return replace(found, sums=sums, nobodys_sum=found._sum(-1))

    def after(self, layout: Layout, change: Change) -> Tally:
        """Return the tally of a layout that `change` made out of this one's.

        Time goes with the subjects in the blocks that changed, not with all of them.
        """
        if self._has_decided_for(change):
            return Tally.of(layout, self.counted, self.inclusions)
        members, shared, astray, asked = self._relocated(layout, change)
        new = [each for each in change.grids if each not in self.position]
        ids = (*self.grid_ids, *new)
        position = {**self.position, **{each: len(self.grid_ids) + index for index, each in enumerate(new)}}
        blocks = list(dict.fromkeys(each for each in (*change.owner, *asked.blocks) if each in members))
        own = [members[block] for block in blocks]
        rows, lengths = np.concatenate([_NOBODY, *own]), [len(each) for each in own]
        grid = self.grid.copy()
        grid[rows] = np.repeat(np.array([position[layout.owner[block]] for block in blocks], dtype=np.int32), lengths)
        grid[asked.lost] = -1
        edges = [row for row in shared if _asks(shared[row], change, layout)]
        for row in edges:
            owners = {layout.owner[block] for block in shared[row]}
            grid[row] = position[min(owners, key=lambda each: layout.grids[each].code)]
        rows = np.concatenate([rows, asked.lost, np.array(edges, dtype=np.intp)])
        told = rows[self.decided[rows]]
        grid[told] = self.grid[told]
        sums, nobodys = self._moved(rows[grid[rows] != self.grid[rows]], grid, ids)
        for grid_id, (_, state) in change.grids.items():
            if state is None:
                sums.pop(grid_id, None)
            else:
                sums.setdefault(grid_id, np.zeros(len(self.measures), dtype=np.int64))
        return replace(
            self,
            grid_ids=ids,
            position=position,
            grid=grid,
            members=members,
            shared=shared,
            astray=astray,
            sums=sums,
            nobodys_sum=nobodys,
        )

    def _moved(
        self, rows: NDArray[np.intp], grid: NDArray[np.int32], ids: Sequence[UUID]
    ) -> tuple[dict[UUID, NDArray[np.int64]], NDArray[np.int64]]:
        """Take the rows off the sums of the grids, or of nobody, that had them; add them to those that have them."""
        sums, nobodys = dict(self.sums), self.nobodys_sum
        for grids, sign in ((self.grid[rows], -1), (grid[rows], 1)):
            for index in set(grids.tolist()):
                part = sign * self._total(rows[grids == index])
                if index < 0:
                    nobodys = nobodys + part
                else:
                    sums[ids[index]] = sums.get(ids[index], 0) + part
        return sums, nobodys

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
        return dict(zip(self.measures, self.nobodys_sum.tolist(), strict=True))

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
        return dict(zip(self.measures, self._total(rows).tolist(), strict=True))

    def moved_rows(self, before: Tally) -> NDArray[np.intp]:
        """Return the subjects that have another grid than before, by row.

        Raises
        ------
        BadInput
            The two do not count the same subjects.
        """
        if len(before.grid) != len(self.grid):
            raise BadInput("the two plans were counted with different subjects: count both again")
        if self.grid_ids[: len(before.grid_ids)] == before.grid_ids:
            return np.flatnonzero(before.grid != self.grid)
        carry = np.array([*(self.position.get(each, -2) for each in before.grid_ids), -1], dtype=np.int32)
        return np.flatnonzero(carry[before.grid] != self.grid)

    def _sum(self, index: int) -> NDArray[np.int64]:
        return self._total(np.flatnonzero(self.grid == index))

    def _total(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        return np.asarray(np.take(self.amounts.T, rows, axis=1).sum(axis=1), dtype=np.int64)

    def _has_decided_for(self, change: Change) -> bool:
        """Whether a grid that came or went is one that a person or a list names."""
        return any(grid_id in self.named for grid_id, (old, new) in change.grids.items() if old is None or new is None)

    def _relocated(
        self, layout: Layout, change: Change
    ) -> tuple[Shared[UUID, NDArray[np.intp]], Mapping[int, tuple[UUID, ...]], NDArray[np.intp], _Asked]:
        """Find the blocks of those whose block is gone, and of strays near the new ones.

        Returns members, shared and astray as they are now, and where those are that had to be found again.
        """
        if not change.removed and not change.added:
            return self.members, self.shared, self.astray, _Asked((), _NOBODY)
        shared, astray = dict(self.shared), self.astray
        emptied = [block for block in change.removed if block in self.members]
        loose = [self.members[block] for block in emptied]
        on_edges = [row for row, blocks in shared.items() if any(block in change.removed for block in blocks)]
        keeps = {row: [b for b in shared.pop(row) if b not in change.removed] for row in on_edges}
        added = [block for block in change.added if block in layout.blocks]
        shapes = np.array([layout.blocks[block] for block in added], dtype=object)
        strays = self._strays_near(shapes)
        rows = np.concatenate([_NOBODY, *loose, strays, np.array(on_edges, dtype=np.intp)])
        point, block = STRtree(shapes).query(shapely.points(self.xy[rows]), predicate="intersects")
        times = np.bincount(point, minlength=len(rows))
        times[len(rows) - len(on_edges) :] += np.array([len(keeps[row]) for row in on_edges], dtype=np.intp)
        several = {int(rows[at]): list(keeps.get(int(rows[at]), ())) for at in np.flatnonzero(times > 1).tolist()}
        once = times[point] == 1
        order = np.argsort(block[once], kind="stable")
        homes, starts = np.unique(block[once][order], return_index=True)
        fresh = zip(homes.tolist(), np.split(rows[point[once][order]], starts[1:]), strict=True) if len(homes) else ()
        for at in np.flatnonzero(times[point] > 1).tolist():
            several[int(rows[point[at]])].append(added[block[at]])
        alone = [(added[number], own) for number, own in fresh]
        alone += [
            (keeps[row][0], np.array([row]))
            for row, count in zip(on_edges, times[len(rows) - len(on_edges) :].tolist(), strict=True)
            if count == 1 and keeps[row]
        ]
        filled: dict[UUID, NDArray[np.intp]] = {}
        for each, own in alone:
            there = filled.get(each, self.members.get(each))
            filled[each] = own if there is None else np.concatenate([there, own])
        members = self.members.changed(filled, emptied)
        shared |= {row: tuple(blocks) for row, blocks in several.items()}
        lost = rows[times == 0]
        if len(strays) or len(lost):
            astray = np.concatenate([np.setdiff1d(astray, strays), lost])
        return members, shared, astray, _Asked(tuple(each for each, _ in alone), lost)

    def _strays_near(self, shapes: NDArray[Any]) -> NDArray[np.intp]:
        """Subjects outside everything that a border bent by a millimetre may have taken in."""
        if not len(shapes) or not len(self.astray):
            return _NOBODY
        west, south, east, north = shapely.total_bounds(shapes)
        x, y = self.xy[self.astray].T
        return np.asarray(self.astray[(x >= west) & (x <= east) & (y >= south) & (y <= north)], dtype=np.intp)


def _named(counted: Sequence[Counted], inclusions: Iterable[Inclusion]) -> frozenset[str | UUID | None]:
    manual = (wanted for each in counted for wanted in each.subjects.manual or ())
    return frozenset((*manual, *(entry.grid_id for entry in inclusions)))


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
    return np.asfortranarray(np.concatenate(parts) if parts else np.zeros((0, len(measures)), dtype=np.int64))
