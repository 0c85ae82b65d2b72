"""An edit while it is being made: what it takes away, puts there and relabels, until it is finished as one `Change`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import shapely

from gridmap.space.cutting import edge_lines
from gridmap.space.layout import BY_NUMBER, Change, GridState, Layout, ParentKind, id_of_identity
from gridmap.space.measure import array_of
from gridmap.space.polygons import identities, insert_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import Polygon

    from gridmap.space.polygons import Chains


@dataclass
class Workbench:
    """A layout and what an edit has done to it so far. It alone is changed; the layout never is.

    New blocks have numbers for ids until `finish` gives them those that belong to their land.

    Parameters
    ----------
    lands : dict of UUID to Polygon
        New blocks.
    gone : dict of UUID to None
        Blocks of the layout that are there no longer, in order.
    owner : dict of UUID to UUID
        Of new blocks, and of old ones that changed hands.
    sources : dict of UUID to (dict of UUID to str)
        New block -> blocks of the layout that it came from, and how.
    origin : dict of UUID to UUID
        New block -> block of the draft's beginning.
    """

    layout: Layout
    lands: dict[UUID, Polygon] = field(default_factory=dict)
    gone: dict[UUID, None] = field(default_factory=dict)
    owner: dict[UUID, UUID] = field(default_factory=dict)
    sources: dict[UUID, dict[UUID, ParentKind]] = field(default_factory=dict)
    origin: dict[UUID, UUID] = field(default_factory=dict)
    grids: dict[UUID, GridState | None] = field(default_factory=dict)
    _made: int = 0
    _parts: dict[UUID, dict[UUID, None]] = field(default_factory=dict)  # new blocks by their origin, in order

    def land(self, block: UUID) -> Polygon:
        """Return the land of a block."""
        return self.lands[block] if block in self.lands else self.layout.blocks[block]

    def owner_of(self, block: UUID) -> UUID:
        """Return the grid of a block."""
        return self.owner[block] if block in self.owner else self.layout.owner[block]

    def origin_of(self, block: UUID) -> UUID:
        """Return the block of the draft's beginning that a block is a part of."""
        return self.origin[block] if block in self.origin else self.layout.origin_of(block)

    def base_of(self, block: UUID) -> Polygon:
        """Return that block as it was."""
        return self.layout.base[self.origin_of(block)]

    def alive(self, block: UUID) -> bool:
        """Whether a block is there now."""
        return block in self.lands or (block in self.layout.blocks and block not in self.gone)

    def moved(self, block: UUID) -> bool:
        """Whether a block is more than an old one with other nodes."""
        return block not in self.sources or "same_land" not in self.sources[block].values()

    def divided(self, root: UUID) -> bool:
        """Whether a block of the draft's beginning may be there in parts; most never are."""
        return root in self.layout.pieces or root in self._parts

    def parts_of(self, root: UUID) -> list[UUID]:
        """Return the blocks there now that are parts of a block of the draft's beginning."""
        pieces = self.layout.pieces.get(root)
        old = [root] if pieces is None else sorted(pieces, key=BY_NUMBER)
        return [*filter(self.alive, old), *self._parts.get(root, ())]

    def near(self, shapes: NDArray[Any], reach: float = 0.0) -> list[UUID]:
        """Return the blocks there now within so many metres of some shapes."""
        old = self._old_near(shapes, reach)
        if not self.lands or not len(shapes):
            return old
        new = list(self.lands)
        tree = shapely.STRtree(array_of(self.lands.values()))
        hits = tree.query(shapes, predicate="dwithin", distance=reach)[1]
        return old + [new[row] for row in sorted(set(hits.tolist()))]

    def _old_near(self, shapes: NDArray[Any], reach: float) -> list[UUID]:
        near = self.layout.index.near(shapes, self.layout.blocks, reach)
        return [block for block in near if block not in self.gone]

    def replace(self, blocks: Sequence[UUID], land: Polygon, grid: UUID, kind: ParentKind) -> UUID:
        """Put a new block where others were. They are taken away by `remove`, since some make way for several.

        `kind` is said of what was there before the edit; what came of a cut in the same edit stays a piece.
        """
        self._made += 1
        new = UUID(int=self._made)
        self.lands[new], self.owner[new], self.origin[new] = land, grid, self.origin_of(blocks[0])
        self._parts.setdefault(self.origin[new], {})[new] = None
        sources: dict[UUID, ParentKind] = {}
        for block in blocks:
            sources |= self.sources.get(block, {block: kind})
        self.sources[new] = dict.fromkeys(sources, "heal") if len(sources) > 1 else sources
        return new

    def remove(self, blocks: Iterable[UUID]) -> None:
        """Take blocks away."""
        for block in blocks:
            if block in self.lands:
                del self._parts[self.origin[block]][block]
                for table in (self.lands, self.owner, self.origin, self.sources):
                    table.pop(block)
            else:
                self.gone[block] = None
                self.owner.pop(block, None)

    def swap(self, blocks: Sequence[UUID], land: Polygon, grid: UUID, kind: ParentKind) -> UUID:
        """Put one new block where others were."""
        new = self.replace(blocks, land, grid, kind)
        self.remove(blocks)
        return new

    def insert(self, chains: Chains) -> None:
        """Give new nodes of old borders to the neighbours across; blocks made in this edit have them already."""
        edges = {edge: between for edge, between in chains.items() if between}
        for block in self._old_near(edge_lines(edges), 0.0):
            land = insert_nodes(self.land(block), edges)
            if land is not self.land(block):
                self.swap([block], land, self.owner_of(block), "same_land")  # type: ignore[arg-type]

    def relabel(self, blocks: Iterable[UUID], grid: UUID) -> None:
        """Give blocks to a grid."""
        for block in blocks:
            self.owner[block] = grid

    def finish(self) -> Change:
        """Return the change, with ids that belong to the land: what came back as it was, is what it was."""
        normal = shapely.normalize(array_of(self.lands.values()))
        plain = shapely.orient_polygons(normal).tolist()
        ids: dict[UUID, UUID] = {}
        added: dict[UUID, Polygon] = {}
        for block, land, mark, same in zip(
            self.lands, plain, identities(normal), self._as_in_the_beginning(normal), strict=True
        ):
            root = self.origin[block]
            ids[block] = root if same else id_of_identity(mark)
            added[ids[block]] = self.layout.base[root] if same else land
        removed = {block: self.layout.blocks[block] for block in self.gone}
        owner: dict[UUID, tuple[UUID | None, UUID | None]] = {
            block: (self.layout.owner[block], None) for block in removed
        }
        for block, grid in self.owner.items():
            key = ids.get(block, block)
            before = self.layout.owner.get(key)
            owner[key] = (before, grid)
        for back in removed.keys() & added.keys():
            removed.pop(back)
            added.pop(back)
        owner = {block: pair for block, pair in owner.items() if pair[0] != pair[1]}
        return Change(removed, added, owner, self._states(), self._parents(ids, added))

    def _as_in_the_beginning(self, normal: NDArray[Any]) -> list[bool]:
        """Say of each new block, in normal form, whether it is the very land of the block that it came from."""
        bases = array_of([self.layout.base[self.origin[block]] for block in self.lands])
        same = shapely.get_num_coordinates(bases) == shapely.get_num_coordinates(normal)
        same[same] = shapely.equals_identical(shapely.normalize(bases[same]), normal[same])
        said: list[bool] = same.tolist()
        return said

    def _parents(
        self, ids: Mapping[UUID, UUID], added: Mapping[UUID, Polygon]
    ) -> tuple[tuple[UUID, UUID, ParentKind], ...]:
        """Say what came of what; a block whose pieces all came together again is the same land."""
        children = Counter(source for sources in self.sources.values() for source in sources)
        return tuple(
            (ids[block], source, "same_land" if len(sources) == 1 and children[source] == 1 else kind)
            for block, sources in self.sources.items()
            if ids[block] in added
            for source, kind in sources.items()
        )

    def _states(self) -> Mapping[UUID, tuple[GridState | None, GridState | None]]:
        pairs = {grid: (self.layout.grids.get(grid), state) for grid, state in self.grids.items()}
        return {grid: pair for grid, pair in pairs.items() if pair[0] != pair[1]}
