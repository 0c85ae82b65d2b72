"""A plan as a value: blocks, who has them, and what the grids are called. Edits make the next one out of it.

Everything is in the plane, metres, on the 1 mm grid. Nothing here is ever changed: `apply` shares what stays.

A draft remembers the blocks that it began with (`base`). Blocks that it made itself are each a part of one of those
(`origin`), so that pieces which come together again can become the block that they were.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast
from uuid import UUID, uuid5

import numpy as np
import shapely

from gridmap.errors import BadInput, Conflict
from gridmap.sharing import Shared
from gridmap.space.block_index import BlockIndex
from gridmap.space.coverage import require_valid
from gridmap.space.measure import array_of
from gridmap.space.polygons import identity

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray
    from shapely import MultiPolygon, Polygon

    from gridmap.model.land import GridKind

ParentKind: TypeAlias = Literal["piece", "gain", "heal", "same_land"]
"""Cut off; cut off and given to another grid by a reshape; rejoined; only got or lost nodes of a neighbour's border."""

BY_NUMBER = attrgetter("int")  # the order of UUIDs, compared five times faster than UUIDs compare themselves
_EARLIER = 256  # shapes of earlier layouts that are kept for undo and redo
_BLOCKS = UUID("6f0f6c2a-0f3c-5d0e-9d0b-3b6d2c1f7a10")  # namespace of the ids of blocks made by edits


@dataclass(frozen=True)
class GridState:
    """A grid as a plan has it. `id` is its identity; the rest belongs to the plan.

    Parameters
    ----------
    multipart : bool
        Declared to lie in several places.
    provisional : bool
        Its code is not yet in force: the draft handed it out.
    four_limits, source_document, worker : str
        Carried along.
    """

    id: UUID
    code: str
    name: str
    kind: GridKind
    community: UUID
    community_code: str
    multipart: bool = False
    provisional: bool = False
    four_limits: str = ""
    source_document: str = ""
    worker: str = ""


@dataclass(frozen=True)
class Change:
    """What an edit did: enough to do it again and to undo it.

    Parameters
    ----------
    removed, added : mapping of UUID to Polygon
        Blocks; the removed ones as they were.
    owner : mapping of UUID to (UUID or None, UUID or None)
        Block to its grid before and after; None where the block is not there.
    grids : mapping of UUID to (GridState or None, GridState or None)
        Grids that came, went or have another state.
    parents : tuple of (UUID, UUID, str)
        Child, parent, how. Every added block has at least one parent among the removed.
    refines : bool
        The added blocks are a beginning of their own (`Layout.base`), in the place of the removed ones: they are not
        healed into what they came of.
    """

    removed: Mapping[UUID, Polygon] = field(default_factory=dict)
    added: Mapping[UUID, Polygon] = field(default_factory=dict)
    owner: Mapping[UUID, tuple[UUID | None, UUID | None]] = field(default_factory=dict)
    grids: Mapping[UUID, tuple[GridState | None, GridState | None]] = field(default_factory=dict)
    parents: tuple[tuple[UUID, UUID, ParentKind], ...] = ()
    refines: bool = False

    def inverse(self) -> Change:
        """Return what undoes it. Its `parents` only lead back: descent that is worth keeping is in the change."""
        return Change(
            removed=self.added,
            added=self.removed,
            owner={block: (new, old) for block, (old, new) in self.owner.items()},
            grids={grid: (new, old) for grid, (old, new) in self.grids.items()},
            parents=tuple((parent, child, kind) for child, parent, kind in self.parents),
            refines=self.refines,
        )

    def changed_grids(self) -> frozenset[UUID]:
        """Grids that have other land, another border line or another state, also those that came or went."""
        touched = {grid for pair in self.owner.values() for grid in pair if grid is not None}
        return frozenset(touched | set(self.grids))


@dataclass(frozen=True, eq=False)
class Layout:
    """A plan: blocks, labels and grids. Make it by `Layout.of`, and the next by `apply`.

    Parameters
    ----------
    blocks : mapping of UUID to Polygon
        A valid coverage on the 1 mm grid. A block that came with several parts may be a MultiPolygon.
    owner : mapping of UUID to UUID
        Block to grid.
    grids : mapping of UUID to GridState
    codes_taken : frozenset of str
        Codes that were ever in force: never handed to another grid.
    holders : mapping of str to UUID
        Which grid had a code in force, so that the same grid may have it back.
    base : mapping of UUID to Polygon
        The blocks that the draft began with.
    origin : mapping of UUID to UUID
        Block made in this draft -> the block of `base` that its land comes from.
    held : mapping of UUID to frozenset of UUID
        Grid to its blocks.
    pieces : mapping of UUID to frozenset of UUID
        Block of `base` that is divided or bent -> the blocks there now.
    index : BlockIndex
    """

    blocks: Shared[UUID, Polygon]
    owner: Shared[UUID, UUID]
    grids: MappingProxyType[UUID, GridState]
    codes_taken: frozenset[str]
    holders: Mapping[str, UUID]
    base: Shared[UUID, Polygon]
    origin: Shared[UUID, UUID]
    held: MappingProxyType[UUID, frozenset[UUID]]
    pieces: Shared[UUID, frozenset[UUID]]
    index: BlockIndex
    _shapes: dict[frozenset[UUID], Polygon | MultiPolygon] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(
        blocks: Mapping[UUID, Polygon],
        owner: Mapping[UUID, UUID],
        grids: Mapping[UUID, GridState],
        codes_taken: Collection[str] = (),
        *,
        base: Mapping[UUID, Polygon] | None = None,
        holders: Mapping[str, UUID] | None = None,
        check: bool = True,
    ) -> Layout:
        """Make a layout and look whether it is one.

        Parameters
        ----------
        codes_taken : collection of str
            Codes in force now or once. Those of `grids` that are not provisional are added.
        base : mapping of UUID to Polygon or None
            The blocks that the draft began with; None when it begins now.
        holders : mapping of str to UUID or None
            Code in force once -> its grid; the codes of `grids` that are not provisional are added.
        check : bool
            Look at the coverage. It takes 20 ms for 1,000 blocks: leave it out only for what was checked when stored.

        Raises
        ------
        BadInput
            A block without a grid, a grid without land, a code twice.
        CoverageBroken
        """
        _require_whole(blocks, owner, grids)
        if check:
            ids = list(blocks)
            require_valid(array_of(blocks.values()), [_called(block, owner, grids) for block in ids])
        own = {state.code: state.id for state in grids.values() if not state.provisional}
        base = blocks if base is None else base
        origin = _origins(blocks, base)
        return Layout(
            blocks=Shared(blocks),
            owner=Shared(owner),
            grids=MappingProxyType(dict(grids)),
            codes_taken=frozenset(codes_taken) | own.keys() | (holders or {}).keys(),
            holders=MappingProxyType({**(holders or {}), **own}),
            base=Shared(base),
            origin=Shared(origin),
            held=MappingProxyType(_gathered(owner)),
            pieces=Shared(_gathered(origin)),
            index=BlockIndex.of(blocks),
        )

    def blocks_of(self, grid: UUID) -> tuple[UUID, ...]:
        """Return the blocks of a grid, in the order of their ids.

        Raises
        ------
        BadInput
            There is no such grid.
        """
        if grid not in self.grids:
            raise BadInput(f"there is no grid {grid} in this plan", grid=str(grid))
        return tuple(sorted(self.held[grid], key=BY_NUMBER))

    def shape(self, grid: UUID) -> Polygon | MultiPolygon:
        """Return the land of a grid: its blocks dissolved, nodes of the border kept. The same blocks: computed once."""
        key = self.held.get(grid, frozenset())
        if key not in self._shapes:
            self._shapes[key] = dissolve(array_of([self.blocks[block] for block in self.blocks_of(grid)]))
        return self._shapes[key]

    def hash(self) -> str:
        """Return a digest of land, labels and states that is the same for the same plan, whatever the ids and order."""
        digest = hashlib.sha256()
        for state in sorted(self.grids.values(), key=lambda each: each.code):
            digest.update(
                repr(
                    (
                        state.code,
                        state.name,
                        state.kind.value,
                        state.community_code,
                        state.multipart,
                        len(self.held[state.id]),
                    )
                ).encode()
            )
            for land in sorted(identity(self.blocks[block]) for block in self.held[state.id]):
                digest.update(land)
        return digest.hexdigest()

    def origin_of(self, block: UUID) -> UUID:
        """Return the block of `base` that a block's land comes from; itself for those of `base`."""
        root: UUID = self.origin.get(block, block)
        return root


def apply(layout: Layout, change: Change) -> Layout:
    """Return the layout that a change makes out of another one, which is left as it is.

    Raises
    ------
    Conflict
        The change was made for another layout.
    """
    _require_fitting(layout, change)
    lost: dict[UUID, list[UUID]] = {}
    won: dict[UUID, list[UUID]] = {}
    for block, (old, new) in change.owner.items():
        if old is not None:
            lost.setdefault(old, []).append(block)
        if new is not None:
            won.setdefault(new, []).append(block)
    held, grids = layout.held.copy(), layout.grids.copy()
    for grid, members in lost.items():
        held[grid] = held[grid].difference(members)
    for grid, members in won.items():
        held[grid] = held.get(grid, frozenset()).union(members)
    for grid, (_, state) in change.grids.items():
        if state is None:
            grids.pop(grid)
            held.pop(grid, None)
        else:
            grids[grid] = state
    shapes = layout._shapes.copy()  # noqa: SLF001 - its own
    if len(shapes) > len(held) + _EARLIER:
        now, last = set(held.values()), set(list(shapes)[-_EARLIER // 2 :])
        shapes = {land: shape for land, shape in shapes.items() if land in now or land in last}
    blocks = layout.blocks.changed(change.added, change.removed)
    now_theirs = {block: new for block, (_, new) in change.owner.items() if new is not None}
    base, origin, pieces = layout.base, layout.origin, layout.pieces
    if change.refines:
        base = base.changed(change.added, change.removed)
    else:
        origin, pieces = _traced(layout, change)
    return replace(
        layout,
        blocks=blocks,
        owner=layout.owner.changed(now_theirs, [block for block in change.owner if block not in now_theirs]),
        grids=MappingProxyType(grids),
        base=base,
        origin=origin,
        held=MappingProxyType(held),
        pieces=pieces,
        index=layout.index.after(blocks, change.added) if change.added else layout.index,
        _shapes=shapes,
    )


def difference(before: Layout, after: Layout) -> Change:
    """Return the change from one plan to another one of the same land, without descent. Equal ids are equal land."""
    gone, new = before.blocks.keys() - after.blocks.keys(), after.blocks.keys() - before.blocks.keys()
    old_owner, new_owner = before.owner, after.owner
    moved = [block for block, grid in new_owner.items() if block not in new and old_owner[block] != grid]
    grids = {*before.grids, *after.grids}
    return Change(
        removed={block: before.blocks[block] for block in gone},
        added={block: after.blocks[block] for block in new},
        owner={block: (old_owner.get(block), new_owner.get(block)) for block in (*gone, *new, *moved)},
        grids={
            grid: (before.grids.get(grid), after.grids.get(grid))
            for grid in grids
            if before.grids.get(grid) != after.grids.get(grid)
        },
    )


def dissolve(polygons: NDArray[Any]) -> Polygon | MultiPolygon:
    """Dissolve polygons of a coverage; the nodes of the outer border stay."""
    if len(polygons) == 1:
        return cast("Polygon", polygons[0])
    joined = shapely.coverage_union_all(polygons)
    parts = shapely.get_parts(joined)
    return cast("Polygon | MultiPolygon", parts[0] if len(parts) == 1 else joined)


def block_id(polygon: Polygon) -> UUID:
    """Return the id of a block that an edit made: the same land always has the same id, in every draft and replay."""
    return id_of_identity(identity(polygon))


def id_of_identity(mark: bytes) -> UUID:
    """Return the `block_id` of land whose `identity` is known."""
    return uuid5(_BLOCKS, hashlib.sha256(mark).hexdigest())


def _require_whole(blocks: Mapping[UUID, Polygon], owner: Mapping[UUID, UUID], grids: Mapping[UUID, GridState]) -> None:
    if blocks.keys() != owner.keys():
        block = min(blocks.keys() ^ owner.keys())
        raise BadInput(f"block {block} has no grid, or a grid has a block {block} that is not there", block=str(block))
    if unknown := set(owner.values()) - grids.keys():
        raise BadInput(f"{len(unknown)} grids that have blocks are not in the plan: {min(unknown)}")
    if landless := grids.keys() - set(owner.values()):
        code = min(grids[grid].code for grid in landless)
        raise BadInput(f"grid {code} has no land: give it a block or take it out of the plan", grid=code)
    seen: set[str] = set()
    for state in grids.values():
        if state.code in seen:
            raise BadInput(f"two grids have the code {state.code}: recode one of them", grid=state.code)
        seen.add(state.code)


def _called(block: UUID, owner: Mapping[UUID, UUID], grids: Mapping[UUID, GridState]) -> str:
    return f"grid {grids[owner[block]].code}"


def _gathered(belongs: Mapping[UUID, UUID]) -> dict[UUID, frozenset[UUID]]:
    lists: dict[UUID, list[UUID]] = {}
    for member, group in belongs.items():
        lists.setdefault(group, []).append(member)
    return {group: frozenset(members) for group, members in lists.items()}


def _origins(blocks: Mapping[UUID, Polygon], base: Mapping[UUID, Polygon]) -> dict[UUID, UUID]:
    """Find, for blocks that are not of the base, the block of the base that they are a part of."""
    made = [block for block in blocks if block not in base]
    if not made:
        return {}
    ids = list(base)
    points = shapely.point_on_surface(array_of([blocks[block] for block in made]))
    row, found = shapely.STRtree(array_of(base.values())).query(points, predicate="intersects")
    if len(np.unique(row)) < len(made):
        raise BadInput("a block of the draft lies outside the plan that it began with: begin the draft anew")
    return {made[each]: ids[where] for each, where in zip(row.tolist(), found.tolist(), strict=True)}


def _require_fitting(layout: Layout, change: Change) -> None:
    for block, (old, _) in change.owner.items():
        if (now := layout.owner.get(block)) is not old and now != old:
            raise Conflict("this change was made for another state of the plan: load it again", block=str(block))
    for grid, (state, _) in change.grids.items():
        if layout.grids.get(grid) != state:
            raise Conflict("this change was made for another state of the plan: load it again", grid=str(grid))


def _traced(layout: Layout, change: Change) -> tuple[Shared[UUID, UUID], Shared[UUID, frozenset[UUID]]]:
    """Return `origin` and `pieces` as a change leaves them."""
    gone = [block for block in change.removed if block in layout.origin]
    left: dict[UUID, set[UUID]] = {}
    for block in gone:
        root = layout.origin[block]
        left.setdefault(root, set(layout.pieces[root])).remove(block)
    made: dict[UUID, UUID] = {}
    for child, parent, _ in change.parents:
        if child in change.added and child not in layout.base and child not in made:
            root = made[child] = layout.origin_of(parent)
            left.setdefault(root, set(layout.pieces.get(root, ()))).add(child)
    none = [root for root, members in left.items() if not members]
    pieces = {root: frozenset(members) for root, members in left.items() if members}
    return layout.origin.changed(made, gone), layout.pieces.changed(pieces, none)
