"""Edits that make new borders: cut grids by a line, move a shared border by drawing the new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import numpy as np
import shapely

from gridmap.errors import BadInput
from gridmap.space.cutting import divide, faces_of, stroke
from gridmap.space.guards import Guards, refuse
from gridmap.space.healing import THIN
from gridmap.space.measure import array_of, is_wider
from gridmap.space.polygons import GRID
from gridmap.space.settling import Edited, new_state, settle
from gridmap.space.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import Geometry, LineString

    from gridmap.space.layout import Layout, ParentKind

_TOUCH = 2 * GRID  # a line so near to a border has reached it
_FAR = 1e6  # metres to look for the nearest grid


@dataclass(frozen=True)
class _Parts:
    """What a line makes of one grid.

    `shapes` are its parts, noded for themselves only: they say on which side of the line a block lies, no more.
    `keeps` are the parts that stay with the grid.
    """

    grid: UUID
    shapes: NDArray[Any]
    keeps: frozenset[int]


def cut(
    layout: Layout,
    grids: Collection[UUID] | None,
    line: Any,
    guards: Guards,
    new_ids: Sequence[UUID],
) -> Edited:
    """Cut grids in pieces by a line. The largest piece keeps id and code, others are new grids beside it.

    Parameters
    ----------
    layout : Layout
    grids : collection of UUID or None
        Those to be cut; None for every grid that the line crosses.
    line : LineString or (N, 2) numbers
        May begin and end anywhere outside of these grids, cross several, and cross itself.
    guards : Guards
    new_ids : sequence of UUID
        Ids of new grids, in the order of the codes of the grids cut and of falling area; further ones are made of
        the last. They are part of the operation, so that doing it again gives the same.

    Raises
    ------
    EditRefused
        The line divides none of the grids, ends inside one, or a piece would break a guard.
    CodesExhausted
        A community has no codes left.
    """
    if not new_ids:
        raise BadInput("a cut needs ids for the grids that it makes (`new_ids`)", field="new_ids")
    drawn = stroke(line)
    near = layout.index.near(array_of([drawn]), layout.blocks, _TOUCH)
    crossed = {layout.owner[block] for block in near}
    wanted = crossed if grids is None else set(grids)
    for grid in wanted:
        if grid not in layout.grids:
            raise BadInput(f"there is no grid {grid} in this plan", grid=str(grid))
    targets = sorted(wanted & crossed, key=lambda grid: layout.grids[grid].code)
    for grid in targets:
        _require_ends_outside(layout, grid, drawn)
    divided = [parts for grid in targets if (parts := _cut_parts(layout, grid, drawn)) is not None]
    if not divided:
        raise _missed(layout, wanted, drawn)
    work = Workbench(layout)
    label: dict[UUID, list[UUID]] = {}
    made = 0
    for parts in divided:
        names = label[parts.grid] = [parts.grid] * len(parts.shapes)
        for number in np.argsort(-shapely.area(parts.shapes), kind="stable").tolist():
            if number not in parts.keeps:
                grid = new_ids[made] if made < len(new_ids) else uuid5(new_ids[-1], str(made))
                made += 1
                work.grids[grid] = new_state(work, layout.grids[parts.grid], grid)
                names[number] = grid
    _divide(work, divided, near, drawn, label, "piece")
    return settle(work, guards)


def reshape(layout: Layout, a: UUID, b: UUID, line: Any, guards: Guards) -> Edited:
    """Move the border between two grids by drawing the new one.

    What lies between the old border and the line changes hands, in both directions where the line crosses the old
    border several times. The ends of the line may lie beyond the border.

    Raises
    ------
    EditRefused
        The two have no common border, the line and the border enclose nothing, or a guard objects.
    """
    if a == b:
        raise BadInput("a border is between two grids: name two", grid=str(a))
    drawn = stroke(line)
    lands = {grid: layout.shape(grid) for grid in (a, b)}
    border = shapely.intersection(shapely.boundary(lands[a]), shapely.boundary(lands[b]))
    codes = f"{layout.grids[a].code} and {layout.grids[b].code}"
    if shapely.length(border) == 0:
        gap = float(shapely.distance(lands[a], lands[b]))
        place = shapely.get_coordinates(shapely.shortest_line(lands[a], lands[b]))[0]
        raise refuse(f"grids {codes} have no border in common: choose neighbours", "no_border", place, gap)
    lines = shapely.union_all([*(shapely.boundary(land) for land in lands.values()), drawn], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    points = shapely.point_on_surface(faces)
    own = {grid: faces[shapely.intersects(land, points)] for grid, land in lands.items()}
    divided: list[_Parts] = []
    label: dict[UUID, list[UUID]] = {}
    for grid, other in ((a, b), (b, a)):
        moves = _moving(own[grid], own[other], drawn)
        divided.append(_Parts(grid, own[grid], frozenset(range(len(own[grid]))) - moves))
        label[grid] = [other if number in moves else grid for number in range(len(own[grid]))]
    if all(len(parts.keeps) == len(parts.shapes) for parts in divided):
        ends = shapely.points([drawn.coords[0], drawn.coords[-1]])
        gaps = shapely.distance(ends, border)
        worst = int(np.argmax(gaps))
        raise refuse(
            f"the line and the border between grids {codes} enclose nothing: begin and end it on that border "
            f"(the line ends {gaps[worst]:.1f} m from it)",
            "misses",
            shapely.get_coordinates(ends[worst])[0],
            float(gaps[worst]),
        )
    work = Workbench(layout)
    near = layout.index.near(array_of([drawn]), layout.blocks, _TOUCH)
    _divide(work, divided, near, drawn, label, "gain")
    return settle(work, guards)


def _divide(
    work: Workbench,
    divided: Sequence[_Parts],
    near: Sequence[UUID],
    line: LineString,
    label: Mapping[UUID, Sequence[UUID]],
    moved: ParentKind,
) -> None:
    """Cut the blocks of some grids, out of those near a line, and give what comes of them to the grid of their side.

    `label` says for each of the grids divided who gets each of its parts.
    """
    layout = work.layout
    grids = {parts.grid for parts in divided}
    hit = [block for block in near if layout.owner[block] in grids]
    division = divide([layout.blocks[block] for block in hit], [work.base_of(block) for block in hit], line)
    crossed = dict(zip(hit, division.pieces, strict=True))
    for parts in divided:
        own = [block for block in hit if layout.owner[block] == parts.grid]
        pieces = [(block, land) for block in own for land in crossed[block]]
        whole = [block for block in layout.blocks_of(parts.grid) if block not in crossed]
        lands = [land for _, land in pieces] + [layout.blocks[block] for block in whole]
        takers = [label[parts.grid][side] for side in _sides(parts.shapes, shapely.point_on_surface(array_of(lands)))]
        for (block, land), grid in zip(pieces, takers, strict=False):
            if land is not layout.blocks[block]:
                work.replace([block], land, grid, "piece" if grid is parts.grid else moved)
        for block, grid in zip(whole, takers[len(pieces) :], strict=True):
            if grid is not parts.grid:
                work.relabel([block], grid)
    work.remove(hit)
    work.insert(division.chains)


def _sides(shapes: NDArray[Any], points: NDArray[Any]) -> list[int]:
    """Return the shape that each point lies in, or the nearest one: the two were rounded apart."""
    side = np.full(len(points), -1)
    x, y = shapely.get_coordinates(points).T
    for number, shape in enumerate(shapes):
        shapely.prepare(shape)
        side[(side < 0) & shapely.intersects_xy(shape, x, y)] = number
    left = np.flatnonzero(side < 0)
    side[left] = shapely.STRtree(shapes).nearest(points[left])
    sides: list[int] = side.tolist()
    return sides


def _cut_parts(layout: Layout, grid: UUID, line: LineString) -> _Parts | None:
    """Divide a grid, or return None where the line does not."""
    shape = layout.shape(grid)
    faces = faces_of(shape, line)
    before = shapely.get_parts(shape)
    thin = ~is_wider(faces, THIN)  # where the line runs along the border
    if np.count_nonzero(~thin) <= len(before):
        return None
    home = shapely.STRtree(before).nearest(shapely.point_on_surface(faces))
    whole = np.bincount(home[~thin], minlength=len(before)) == 1
    keeps = {int(np.argmax(shapely.area(faces))), *np.flatnonzero(thin | whole[home]).tolist()}
    return _Parts(grid, faces, frozenset(keeps))


def _moving(parts: NDArray[Any], others: NDArray[Any], line: LineString) -> frozenset[int]:
    """Choose the parts of a grid that lie between the old border and the line.

    They have a piece of the old border. What has most of the rest of the grid's border is the grid that stays.
    """
    if len(parts) < 2:
        return frozenset()
    edges = shapely.boundary(parts)
    common = shapely.intersection(edges, shapely.union_all(shapely.boundary(others)))
    border = shapely.difference(common, shapely.buffer(line, _TOUCH))
    outer = shapely.difference(shapely.difference(edges, common), shapely.buffer(line, _TOUCH))
    rank = np.lexsort((-shapely.area(parts), -np.round(shapely.length(outer), 2)))
    beside = np.flatnonzero(shapely.length(border) > _TOUCH).tolist()
    return frozenset(beside) - {int(rank[0])}


def _require_ends_outside(layout: Layout, grid: UUID, line: LineString) -> None:
    """Refuse a line that ends inside a grid, unless it ends on itself there (a ring)."""
    shape = layout.shape(grid)
    for point, rest in _ends(line):
        if not shapely.intersects(shape, point):
            continue
        gap = float(shapely.distance(point, shapely.boundary(shape)))
        on_itself = float(shapely.distance(point, rest)) <= GRID  # NaN, so never, for a line of two points
        if gap > _TOUCH and not on_itself:
            raise refuse(
                f"the line ends inside grid {layout.grids[grid].code}, {gap:.1f} m short of its border: draw it across",
                "ends_inside",
                (point.x, point.y),
                gap,
            )


def _ends(line: LineString) -> list[tuple[Any, Geometry]]:
    """Return both ends, each with the rest of the line without the piece that it is the end of."""
    xy = shapely.get_coordinates(line)
    nothing = shapely.LineString()
    return [
        (shapely.Point(xy[0]), shapely.LineString(xy[1:]) if len(xy) > 2 else nothing),
        (shapely.Point(xy[-1]), shapely.LineString(xy[:-1]) if len(xy) > 2 else nothing),
    ]


def _missed(layout: Layout, wanted: Collection[UUID], line: LineString) -> Exception:
    """Say how far a line that divides nothing is from the grid that was meant."""
    if not wanted:
        block = layout.index.nearest(line, layout.blocks, _FAR)[:1]
        wanted = {layout.owner[each] for each in block}
    if not wanted:
        return refuse("the line is far from every grid: draw it across one", "misses", line.coords[0])
    gaps = {grid: float(shapely.distance(layout.shape(grid), line)) for grid in wanted}
    grid = min(gaps, key=lambda each: (gaps[each], layout.grids[each].code))
    place = shapely.get_coordinates(shapely.shortest_line(layout.shape(grid), line))[0]
    code = layout.grids[grid].code
    if gaps[grid] > _TOUCH:
        message = f"the line misses grid {code} by {gaps[grid]:.1f} m: draw it across"
    else:
        message = f"the line touches grid {code} and divides nothing: draw it from border to border"
    return refuse(message, "misses", place, gaps[grid])
