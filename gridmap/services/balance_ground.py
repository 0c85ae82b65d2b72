"""A plan as numbers for balancing: which blocks border on which, how many live in each, what must stay together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.access import Scope
from gridmap.errors import BadInput
from gridmap.model.kinds import kind_named
from gridmap.space.block_graph import BlockGraph, connected, sums
from gridmap.space.measure import array_of
from gridmap.storage import registers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.datum import Plane
    from gridmap.services.plan_session import Session
    from gridmap.storage.database import Transaction

BARRIERS = ("waters", "railways", "roads")
MAIN_LEVELS = frozenset({"高速公路", "快速路", "主干路", "motorway", "trunk", "primary"})  # of `road.level`
_REACH = {"waters": 5.0, "railways": 20.0, "roads": 25.0}  # metres from the axis or bank that is still along it
_ALONG = 0.5  # of a common border: it is one with the river
_SPLIT_AREA, _SPLIT_SHARE = 0.5, 0.01  # as the guards of edits judge a compound divided


@dataclass(frozen=True)
class BalanceGround:
    """A plan in arrays: N blocks, G grids.

    Parameters
    ----------
    blocks, grids : tuple of UUID
        What the numbers stand for.
    graph : BlockGraph
        Borders of communities are barriers.
    owner : int array (N,)
    loads : float64 array (N,)
        Of every block, in the measure that the target counts.
    base : float64 array (G,)
        Of every grid what no block carries: decided by persons or lists.
    together : int array (N,)
        Blocks that hold parts of one compound, -1 for none.
    """

    blocks: tuple[UUID, ...]
    grids: tuple[UUID, ...]
    graph: BlockGraph
    owner: NDArray[np.intp]
    loads: NDArray[np.float64]
    base: NDArray[np.float64]
    together: NDArray[np.intp]

    def part(self, rows: NDArray[np.intp]) -> tuple[BlockGraph, NDArray[np.intp]]:
        """Return the graph of some of the blocks, and its edges by their place in the whole one."""
        local = np.full(len(self.blocks), -1, dtype=np.intp)
        local[rows] = np.arange(len(rows))
        kept = np.flatnonzero((local[self.graph.pairs] >= 0).all(axis=1))
        place = np.full(len(self.graph.pairs), -1, dtype=np.intp)
        place[kept] = np.arange(len(kept))
        segments = np.flatnonzero(place[self.graph.pair_of] >= 0)
        return BlockGraph(
            pairs=local[self.graph.pairs[kept]],
            metres=self.graph.metres[kept],
            barrier=self.graph.barrier[kept],
            area=self.graph.area[rows],
            perimeter=self.graph.perimeter[rows],
            segments=self.graph.segments[segments],
            pair_of=place[self.graph.pair_of[segments]],
        ), kept


def balance_ground(session: Session, measure: str) -> BalanceGround:
    """Put a plan into arrays."""
    layout, tally = session.layout, session.tally
    blocks, grids = tuple(layout.blocks), tuple(layout.grids)
    row = {block: number for number, block in enumerate(blocks)}
    position = {grid: number for number, grid in enumerate(grids)}
    owner = np.array([position[layout.owner[block]] for block in blocks], dtype=np.intp)
    shapes = array_of(layout.blocks.values())
    graph = BlockGraph.of(shapes)
    community = np.unique([str(layout.grids[grid].community) for grid in grids], return_inverse=True)[1].reshape(-1)
    first, second = community[owner[graph.pairs]].T
    column = tally.measures.index(measure)
    amount = np.where(tally.decided, 0, tally.amounts[:, column])
    loads = np.zeros(len(blocks))
    for block, members in tally.members.items():
        loads[row[block]] = amount[members].sum()
    for subject, around in tally.shared.items():  # on an edge: with a block of the grid that has it
        grid = tally.grid_of(subject)
        mine = [block for block in around if layout.owner[block] == grid]
        if mine:
            loads[row[min(mine)]] += amount[subject]
    all_of = np.array([tally.numbers(grid)[measure] for grid in grids], dtype=np.float64)
    outlines = [each.shape for each in session.ground.outlines.items if each.kind == "compound"]
    return BalanceGround(
        blocks=blocks,
        grids=grids,
        graph=graph.with_barriers(first != second),
        owner=owner,
        loads=loads,
        base=all_of - sums(owner, loads, len(grids)),
        together=_together(shapes, array_of(outlines)),
    )


def lines_of(tx: Transaction, plane: Plane, kinds: Collection[str], *, main_roads: bool = True) -> dict[str, Any]:
    """Read lines and areas of some kinds into the plane, by kind.

    Parameters
    ----------
    kinds : collection of str
        Of `BARRIERS`.
    main_roads : bool
        Of roads only those of `MAIN_LEVELS`.

    Raises
    ------
    BadInput
        There is no such kind.
    """
    found: dict[str, Any] = {}
    for name in kinds:
        if name not in BARRIERS:
            raise BadInput(f"{name!r} is none of: {', '.join(BARRIERS)}", kind=name)
        wanted = ("id", "geom", "level") if name == "roads" else ("id", "geom")
        chunks = registers.read_chunks(tx, Scope.everything(tx.actor), kind_named(name), columns=wanted)
        shapes = [
            row["geom"]
            for chunk in chunks
            for row in chunk
            if row["geom"] is not None and (name != "roads" or not main_roads or row["level"] in MAIN_LEVELS)
        ]
        flat = plane.project_geometries(array_of(shapes)) if shapes else array_of([])
        parts = np.asarray(shapely.get_parts(flat), dtype=object)
        parts = parts[shapely.get_dimensions(parts) > 0]
        found[name] = np.where(shapely.get_dimensions(parts) == 2, shapely.boundary(parts), parts)
    return found


def closed_by(graph: BlockGraph, lines: dict[str, Any]) -> NDArray[np.bool_]:
    """Say which common borders run along a barrier."""
    closed = np.zeros(len(graph.pairs), dtype=bool)
    for name, each in lines.items():
        closed |= graph.share_along(each, _REACH[name]) > _ALONG
    return closed


def along(graph: BlockGraph, lines: dict[str, Any]) -> NDArray[np.float64]:
    """Return which share of each common border runs along some lines."""
    shares = [graph.share_along(each, _REACH[name]) for name, each in lines.items()]
    return np.asarray(np.max([np.zeros(len(graph.pairs)), *shares], axis=0), dtype=np.float64)


def _together(blocks: NDArray[Any], compounds: NDArray[Any]) -> NDArray[np.intp]:
    """Give one number to blocks between which a compound lies."""
    compound, block = shapely.STRtree(blocks).query(compounds, predicate="intersects")
    common = shapely.area(shapely.intersection(compounds[compound], blocks[block]))
    holds = common > np.maximum(_SPLIT_AREA, _SPLIT_SHARE * shapely.area(compounds[compound]))
    compound, block = compound[holds], block[holds]
    same = np.flatnonzero(compound[1:] == compound[:-1])
    group = connected(len(blocks), np.column_stack([block[same], block[same + 1]]))
    return np.where(np.bincount(group)[group] > 1, group, -1)


def numbered(wanted: Sequence[str], session: Session, field: str) -> list[int]:
    """Find grids by code or id; their places in `BalanceGround.grids`.

    Raises
    ------
    BadInput
        The plan has no such grid.
    """
    names = {
        name: number
        for number, state in enumerate(session.layout.grids.values())
        for name in (state.code, str(state.id))
    }
    for each in wanted:
        if each not in names:
            raise BadInput(f"the plan has no grid {each!r} (`{field}`): name one by its code or id", field=field)
    return [names[each] for each in wanted]
