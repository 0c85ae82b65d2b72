"""What an edit divided and another one rejoined becomes one block again, the very one it was where nothing is left.

Without it, unseen seams inside grids soon refuse every cut: measured, 85 % after 40 rounds of cutting and merging.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.space.cutting import incident_edges, nodes_of, without_nodes
from gridmap.space.layout import dissolve
from gridmap.space.measure import array_of, is_wider

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from shapely import Geometry, Polygon

    from gridmap.space.polygons import Node
    from gridmap.space.workbench import Workbench

THIN = 0.05  # metres; a piece of a block so thin is an inaccuracy of drawing: the border is meant to run along
_OFF_LINE = 0.0015  # metres; a node put on an edge lies within 0.71 mm of it, and two such make a chord of twice that


def absorb(work: Workbench, blocks: Iterable[UUID]) -> None:
    """Give pieces that are too thin to see to the piece beside them, of their own grid where there is one."""
    left = [block for block in blocks if work.alive(block)]
    thin = ~is_wider(array_of([work.land(block) for block in left]), THIN)
    left = [left[row] for row in np.flatnonzero(thin).tolist()]
    while left:
        block = left.pop()
        if not work.alive(block):
            continue
        others = [each for each in work.parts_of(work.origin_of(block)) if each != block]
        borders = shapely.boundary(array_of([work.land(each) for each in others]))
        common = shapely.length(shapely.intersection(borders, shapely.boundary(work.land(block))))
        same = np.array([work.owner_of(each) == work.owner_of(block) for each in others], dtype=bool)
        beside = [others[row] for row in np.lexsort((-common, ~same)).tolist() if common[row] > 0]
        if beside:
            whole = join(work, [beside[0], block], work.owner_of(beside[0]))
            if not is_wider(array_of([work.land(whole)]), THIN)[0]:
                left.append(whole)


def heal(work: Workbench, blocks: Iterable[UUID]) -> None:
    """Dissolve parts of one former block that are side by side in one grid again.

    Parameters
    ----------
    blocks : iterable of UUID
        New, or in another grid than before.
    """
    roots = dict.fromkeys(work.origin_of(block) for block in blocks)
    for root in filter(work.divided, roots):
        parts = work.parts_of(root)
        grids = dict.fromkeys(work.owner_of(each) for each in parts)
        if len(grids) == len(parts):
            continue
        for grid in grids:
            _heal(work, [each for each in work.parts_of(root) if work.owner_of(each) == grid], grid)


def _heal(work: Workbench, parts: Sequence[UUID], grid: UUID) -> None:
    if len(parts) < 2:
        return
    lands = array_of([work.land(each) for each in parts])
    wholes = shapely.get_parts(dissolve(lands))
    if len(wholes) == 1:
        join(work, parts, grid, wholes[0])
    if len(wholes) in {1, len(parts)}:
        return
    point, whole = shapely.STRtree(wholes).query(shapely.point_on_surface(lands), predicate="intersects")
    for number in range(len(wholes)):
        members = [parts[row] for row in point[whole == number].tolist()]
        if len(members) > 1:
            join(work, members, grid)


def join(work: Workbench, blocks: Sequence[UUID], grid: UUID, whole: Geometry | None = None) -> UUID:
    """Dissolve blocks into one, and take the ends of the seams out of its border and of those across.

    `whole` is what they are together, where that is known.
    """
    lands = [work.land(block) for block in blocks]
    whole = dissolve(array_of(lands)) if whole is None else whole
    ends = _twice(lands) & nodes_of(whole)
    new = work.swap(blocks, whole, grid, "heal")  # type: ignore[arg-type]
    return _smooth(work, new, ends)


def _smooth(work: Workbench, block: UUID, ends: set[Node]) -> UUID:
    """Take out the nodes that edits put on a border and that no border ends at any more.

    Those are ends of seams, and nodes beside the border of the draft's beginning that were not there then. A node goes
    only where the line that is left runs within 1.5 mm of it, and it goes from both sides.
    """
    land, base = work.land(block), work.base_of(block)
    foreign = sorted(nodes_of(land) - nodes_of(base))
    if foreign:
        beside = shapely.distance(shapely.points(foreign), shapely.boundary(base)) < _OFF_LINE
        foreign = [node for node, close in zip(foreign, beside.tolist(), strict=True) if close or node in ends]
    if not foreign:
        return block
    around = work.near(shapely.points(foreign))
    edges = incident_edges([work.land(each) for each in around], set(foreign))
    loose = {node for node, others in edges.items() if len(others) == 2}
    gone = {node for ring in shapely.get_rings(shapely.get_parts(land)) for node in _needless(ring, loose)}
    if not gone:
        return block
    for each in around:
        lighter = without_nodes(work.land(each), gone)
        if lighter is not work.land(each):
            new = work.swap([each], lighter, work.owner_of(each), "same_land")  # type: ignore[arg-type]
            block = new if each == block else block
    return block


def _needless(ring: Geometry, loose: set[Node]) -> list[Node]:
    """Return the nodes of a ring, out of `loose`, that the straight line between those that stay runs by."""
    nodes = [(x, y) for x, y in shapely.get_coordinates(ring).tolist()][:-1]
    fixed = next((row for row, node in enumerate(nodes) if node not in loose), None)
    if fixed is None:
        return []
    nodes = [*nodes[fixed:], *nodes[: fixed + 1]]
    gone: list[Node] = []
    run: list[Node] = []
    last = nodes[0]
    for node, after in pairwise(nodes[1:]):
        if node in loose and _runs_by([*run, node], last, after):
            run.append(node)
        else:
            gone += run
            run, last = [], node
    gone += run
    return gone if len(nodes) - 1 - len(gone) >= 3 else []


def _runs_by(nodes: Sequence[Node], start: Node, end: Node) -> bool:
    return bool((shapely.distance(shapely.points(nodes), shapely.LineString([start, end])) < _OFF_LINE).all())


def _twice(lands: Sequence[Polygon]) -> set[Node]:
    """Nodes that two or more of the polygons have."""
    return {node for node, count in Counter(node for land in lands for node in nodes_of(land)).items() if count > 1}
