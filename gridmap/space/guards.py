"""What an edit must not do: leave a grid too small, too narrow or torn apart, or divide a building unseen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import shapely

from gridmap.errors import CoverageBroken, EditRefused
from gridmap.space.coverage import GAP_WIDTH, SLIVER_WIDTH, require_valid
from gridmap.space.measure import array_of, is_wider, polygonal, widths
from gridmap.space.problem import on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from numpy.typing import NDArray
    from shapely import Geometry

    from gridmap.space.layout import Change, Layout

Reason: TypeAlias = Literal[
    "ends_inside",
    "misses",
    "no_border",
    "too_narrow",
    "too_small",
    "multipart",
    "no_land",
    "no_neighbour",
    "nothing_changes",
    "too_close",
    "splits_outline",
    "code_taken",
    "other_community",
]
"""Why an edit was refused; pages put it into words."""
Policy: TypeAlias = Literal["report", "refuse"]

_SPLIT_AREA = 0.5  # m²; a wall drawn a little beside the border divides no building
_SPLIT_SHARE = 0.01


def refuse(message: str, reason: Reason, place: Sequence[float] | None, metres: float | None = None) -> EditRefused:
    """Make the refusal of an edit: what is wrong, why by name, where in the plane and by how many metres."""
    where = None if place is None else (round(float(place[0]), 3), round(float(place[1]), 3))
    return EditRefused(message, reason=reason, place=where, metres=None if metres is None else round(metres, 3))


@dataclass(frozen=True)
class Outline:
    """A building or a compound that a border should not divide."""

    id: UUID
    kind: Literal["building", "compound"]
    name: str
    households: int
    shape: Geometry


@dataclass(frozen=True, eq=False)
class Outlines:
    """Many outlines, found by place."""

    items: tuple[Outline, ...]
    tree: shapely.STRtree

    @staticmethod
    def of(items: Iterable[Outline]) -> Outlines:
        """Index the outlines."""
        listed = tuple(items)
        return Outlines(listed, shapely.STRtree(array_of([each.shape for each in listed])))


@dataclass(frozen=True, eq=False)
class Guards:
    """The settings of an office.

    Parameters
    ----------
    min_width : float
        Metres. Every part of a grid must hold a circle of that diameter.
    min_area : float
        Square metres of every part of a grid.
    buildings, compounds : "report" or "refuse"
        What happens to an edit that divides one between two grids.
    outlines : Outlines or None
    """

    min_width: float = SLIVER_WIDTH
    min_area: float = 10.0
    buildings: Policy = "report"
    compounds: Policy = "report"
    outlines: Outlines | None = None


@dataclass(frozen=True)
class Crossing:
    """A building or compound that lies in one grid no longer.

    Parameters
    ----------
    grids : tuple of UUID
        Those that have a share of it now, the largest share first.
    place : (float, float)
        Inside the smaller share.
    """

    id: UUID
    kind: Literal["building", "compound"]
    name: str
    households: int
    grids: tuple[UUID, ...]
    place: tuple[float, float]


def require_sound(
    before: Layout, after: Layout, change: Change, changed: Sequence[UUID], guards: Guards, *, same_rim: bool
) -> None:
    """Stand guard after an edit.

    Parameters
    ----------
    changed : sequence of UUID
        The grids that are `reshaped`, in order.
    same_rim : bool
        The added blocks have together the very edges around them that the removed ones had. As both layouts are seen
        as sums of their blocks, what lies around is then as it was: it is enough to look at the added blocks.

    Raises
    ------
    EditRefused
        A grid is left without land, in parts that are not declared, too narrow or too small, where it was not so
        before; or a new border is so close to another one that no coverage comes of it.
    """
    for grid in sorted({*changed, *(grid for grid in change.grids if grid in after.grids)}):
        if not after.held.get(grid):
            code = after.grids[grid].code
            place = on(before.shape(grid)) if grid in before.grids else None
            raise refuse(f"grid {code} would be left without land: merge or retire it instead", "no_land", place)
    _require_coverage(after, change, same_rim=same_rim)
    for grid in changed:
        _require_shape(before, after, grid, guards)


def reshaped(before: Layout, after: Layout, change: Change) -> set[UUID]:
    """Grids of `after` that have other land than before; a border that only got a node is the same land."""
    kept: set[UUID] = set()
    for child, parent, kind in change.parents:
        if kind == "same_land" and before.owner[parent] == after.owner[child]:
            kept |= {child, parent}
    touched: dict[int, UUID | None] = {}  # most blocks have their grid in common: asked by identity, not by hash
    for block, (old, new) in change.owner.items():
        if block not in kept:
            touched[id(old)], touched[id(new)] = old, new
    return {grid for grid in touched.values() if grid is not None and grid in after.grids}


def divided_outlines(
    before: Layout, after: Layout, change: Change, grids: Sequence[UUID], guards: Guards
) -> tuple[Crossing, ...]:
    """Find the buildings and compounds that the edit divides between `grids`, and that were whole before.

    Raises
    ------
    EditRefused
        The office refuses to divide such a thing.
    """
    if guards.outlines is None:
        return ()
    borders = shapely.boundary(_that_changed_hands(before, after, change))
    rows = np.unique(guards.outlines.tree.query(borders, predicate="intersects")[1])
    divided = _divided(after, grids, [guards.outlines.items[row] for row in rows.tolist()])
    known = _divided(before, [grid for grid in grids if grid in before.grids], list(divided))
    found = [
        Crossing(
            outline.id,
            outline.kind,
            outline.name,
            outline.households,
            tuple(grid for grid, _ in shares),
            on(polygonal(array_of([shares[-1][1]]))[0]),
        )
        for outline, shares in divided.items()
        if outline not in known
    ]
    for each in found:
        if (guards.buildings if each.kind == "building" else guards.compounds) == "refuse":
            raise refuse(
                f"the new border divides the {each.kind} {each.name} with {each.households} households: "
                "draw it around, or allow it in the settings",
                "splits_outline",
                each.place,
            )
    return tuple(sorted(found, key=lambda each: (each.kind, each.name, each.id)))


def _that_changed_hands(before: Layout, after: Layout, change: Change) -> NDArray[Any]:
    """Return land that has another grid than before.

    A new grid is taken as a whole, and so is a former one whose heir has all of it; the rest block by block.
    """
    givers = {block: {old} for block, (old, new) in change.owner.items() if old is not None and new is not None}
    for child, parent, _ in change.parents:
        givers.setdefault(child, set()).add(before.owner[parent])
    heirs: dict[UUID, set[UUID]] = {grid: set() for grid in before.grids.keys() - after.grids.keys()}
    for block, theirs in givers.items():
        for grid in theirs & heirs.keys():
            heirs[grid].add(after.owner[block])
    came = after.grids.keys() - before.grids.keys()
    whole = {grid for grid, takers in heirs.items() if len(takers) == 1}
    singly = [
        after.blocks[block]
        for block, theirs in givers.items()
        if (new := after.owner[block]) not in came and not theirs <= {new, *whole}
    ]
    return array_of([*map(after.shape, sorted(came)), *map(before.shape, sorted(whole)), *singly])


def _divided(
    layout: Layout, grids: Sequence[UUID], outlines: Sequence[Outline]
) -> dict[Outline, list[tuple[UUID, Geometry]]]:
    """Outlines of which several grids have a share, the largest first, without what is a matter of drawing."""
    whole, shapes = array_of([outline.shape for outline in outlines]), array_of([layout.shape(grid) for grid in grids])
    met = shapely.STRtree(whole).query(shapes, predicate="intersects")[1]
    rows = np.flatnonzero(np.bincount(met, minlength=len(outlines)) > 1)  # most lie in one grid
    outlines, whole = [outlines[row] for row in rows.tolist()], whole[rows]
    parts = shapely.intersection(whole[:, None], shapes[None, :])
    areas = shapely.area(parts)
    has = areas > np.maximum(_SPLIT_AREA, _SPLIT_SHARE * shapely.area(whole))[:, None]
    return {
        outlines[row]: [
            (grids[column], parts[row, column])
            for column in np.argsort(-areas[row], kind="stable").tolist()
            if has[row, column]
        ]
        for row in np.flatnonzero(has.sum(axis=1) > 1).tolist()
    }


def _require_coverage(after: Layout, change: Change, *, same_rim: bool) -> None:
    if not change.added or (same_rim and _is_coverage(array_of(change.added.values()))):
        return
    ring = list(change.added)
    for _ in range(2):  # two blocks may seem too close while the thin one between them is not looked at
        lands = array_of([after.blocks[block] for block in ring])
        ring = list(dict.fromkeys([*ring, *after.index.near(lands, after.blocks)]))
        lands = array_of([after.blocks[block] for block in ring])
        if _is_coverage(lands):
            return
    try:
        require_valid(
            lands,
            [f"grid {after.grids[after.owner[block]].code}" for block in ring],
            gap_width=GAP_WIDTH,
        )
    except CoverageBroken as broken:
        problems = broken.evidence["problems"]
        raise refuse(
            "the new border runs within a centimetre of another one: draw it on that border or away from it",
            "too_close",
            problems[0]["place"] if problems else None,
        ) from broken


def _is_coverage(lands: NDArray[Any]) -> bool:
    return bool(shapely.is_valid(lands).all()) and bool(shapely.coverage_is_valid(lands, gap_width=GAP_WIDTH))


def _require_shape(before: Layout, after: Layout, grid: UUID, guards: Guards) -> None:
    state, parts = after.grids[grid], shapely.get_parts(after.shape(grid))
    earlier = shapely.get_parts(before.shape(grid)) if grid in before.grids else None
    if len(parts) > 1 and not state.multipart and (earlier is None or len(parts) > len(earlier)):
        smaller = parts[int(np.argmin(shapely.area(parts)))]
        raise refuse(
            f"grid {state.code} would lie in {len(parts)} parts: give the rest to a neighbour too, "
            "or declare that it has several parts",
            "multipart",
            on(smaller),
            float(shapely.distance(smaller, array_of([part for part in parts if part is not smaller])).min()),
        )
    areas = shapely.area(parts)
    if (least := float(areas.min())) < guards.min_area and not _was_worse(earlier, shapely.area, least):
        raise refuse(
            f"a piece of grid {state.code} would have {least:.1f} m², less than the {guards.min_area:g} m² "
            "that are set: draw the border elsewhere",
            "too_small",
            on(parts[int(np.argmin(areas))]),
        )
    narrow = np.flatnonzero(~is_wider(parts, guards.min_width))
    if len(narrow):
        width = float(widths(parts[narrow]).min())
        if not _was_worse(earlier, widths, width):
            raise refuse(
                f"a piece of grid {state.code} would be {width:.2f} m wide, less than {guards.min_width:g} m: "
                "draw the border elsewhere",
                "too_narrow",
                on(parts[narrow[0]]),
                width,
            )


def _was_worse(earlier: NDArray[Any] | None, measure: Any, least: float) -> bool:
    """Whether a grid was as bad before: an edit that improves what came from outside is not refused."""
    return earlier is not None and bool(measure(earlier).min() <= least)
