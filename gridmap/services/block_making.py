"""Blocks worth painting: the land between roads, rivers and railways, as a file or as the blocks of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.datum import parse_crs
from gridmap.errors import BadInput, NotFound
from gridmap.files.layers import Layer, write_layer
from gridmap.files.output import writable_format
from gridmap.services import drafts
from gridmap.services.balance_ground import BARRIERS, lines_of
from gridmap.services.plan_land import plans_in_force
from gridmap.services.plan_session import Session, open_session
from gridmap.space.block_graph import BlockGraph
from gridmap.space.block_making import MIN_AREA, MIN_WIDTH, MadeBlocks, make_blocks
from gridmap.space.layout import dissolve
from gridmap.space.measure import array_of
from gridmap.storage import audit, plans

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.access import Scope
    from gridmap.model.land import Community
    from gridmap.services.drafts import EditAnswer
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class BlocksReport:
    """What was made.

    Parameters
    ----------
    blocks : int
    communities : dict of str to int
        Blocks by the code of their community.
    compounds : int
        Compounds that have a block.
    merged : int
        Faces that were too small or too narrow for a block of their own.
    dead_ends : float
        Metres of line that enclose nothing.
    median_area : float
        m².
    """

    blocks: int
    communities: dict[str, int]
    compounds: int
    merged: int
    dead_ends: float
    median_area: float


def write_blocks(
    tx: Transaction,
    scope: Scope,
    path: Path,
    communities: Sequence[str] = (),
    *,
    min_area: float = MIN_AREA,
    min_width: float = MIN_WIDTH,
) -> BlocksReport:
    """Write the blocks of communities, as the plan in force draws them, to a file in lon/lat EPSG:4490.

    Parameters
    ----------
    communities : sequence of str
        Codes or names; all that the caller may see when empty.

    Raises
    ------
    NoPlan
        No plan is in force.
    NotFound
        There is no such community, or it is out of scope.
    BadInput
        Communities of several sub-districts, which lie in different planes.
    FileRefused
        The format cannot hold blocks.
    """
    form = writable_format(path)
    session, wanted = _standing(tx, scope, communities)
    layout = session.layout
    land = [
        dissolve(array_of([layout.blocks[block] for block, grid in layout.owner.items() if _in(session, grid, each)]))
        for each in wanted
    ]
    made = _made(tx, session, array_of(land), min_area, min_width)
    names = [each.name for each in session.ground.outlines.items if each.kind == "compound"]
    code = np.array([wanted[row].code for row in made.of], dtype=object)
    attributes: dict[str, NDArray[Any]] = {
        "code": _numbered(code),
        "community": code,
        "compound": np.array([names[row] if row >= 0 else None for row in made.compound], dtype=object),
        "area": np.round(shapely.area(made.shapes), 1),
    }
    shapes = session.ground.plane.unproject_geometries(made.shapes)
    layer = Layer(path, form, parse_crs("EPSG:4490"), shapes, attributes["code"].tolist(), attributes)
    write_layer(path, layer)
    audit.record(tx, "export", "block", count=len(made.shapes), detail={"file": path.name, "crs": "EPSG:4490"})
    return _report(made, [wanted[row].code for row in made.of])


def refine_draft(
    tx: Transaction,
    scope: Scope,
    plan_id: UUID,
    communities: Sequence[str] = (),
    *,
    min_area: float = MIN_AREA,
    min_width: float = MIN_WIDTH,
    revision: int | None = None,
) -> tuple[BlocksReport, EditAnswer]:
    """Give a draft finer blocks, as one edit: every grid keeps its land and its border.

    Parameters
    ----------
    revision : int, optional
        The revision that the caller saw.

    Raises
    ------
    NotFound
        There is no such plan or community, or it is out of scope.
    Conflict
        The plan is no draft, or blocks of it were cut already.
    EditRefused
        Nothing divides the blocks.
    """
    session = open_session(tx, plans.plan_named(tx, scope, plan_id))
    wanted = {each.id: each.code for each in _chosen(session, scope, communities)}
    layout = session.layout
    owners = [layout.grids[layout.owner[block]].community for block in layout.blocks]
    rows = [row for row, community in enumerate(owners) if community in wanted]
    shapes = array_of(layout.blocks.values())[rows]
    made = _made(tx, session, shapes, min_area, min_width)
    graph = BlockGraph.of(made.shapes)
    inner = made.of[graph.pairs[:, 0]] == made.of[graph.pairs[:, 1]]
    seams = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(graph.segments[inner[graph.pair_of]])))
    if not len(seams):
        raise BadInput(
            "no road, river or railway divides these blocks any further: import such lines, or allow smaller blocks"
        )
    lonlat = session.ground.plane.unproject_geometries(np.asarray(seams, dtype=object))
    lines = [shapely.get_coordinates(line).tolist() for line in lonlat]
    answer = drafts.edit(tx, scope, plan_id, {"op": "refine", "lines": lines}, revision)
    return _report(made, [wanted[owners[rows[of]]] for of in made.of.tolist()]), answer


def _standing(tx: Transaction, scope: Scope, communities: Sequence[str]) -> tuple[Session, list[Community]]:
    """Find the sub-district that has the communities, and its plan in force."""
    missing: NotFound | None = None
    found = []
    for each in plans_in_force(tx):
        session = open_session(tx, each.plan)
        try:
            found.append((session, _chosen(session, scope, communities)))
        except NotFound as error:
            missing = error
    if not found and missing:
        raise missing
    if len(found) > 1:
        raise BadInput(f"{len(found)} sub-districts have a plan in force: name the communities of one of them")
    return found[0]


def _chosen(session: Session, scope: Scope, communities: Sequence[str]) -> list[Community]:
    """Find communities that have land in a plan, by code or name."""
    held = {state.community for state in session.layout.grids.values()}
    visible = [
        each
        for each in session.ground.communities
        if each.id in held and (scope.unlimited or each.id in scope.communities)
    ]
    for name in communities:
        if not any(name in (each.code, each.name) for each in visible):
            raise NotFound(f"the plan has no community {name!r}: give its code or its name", community=name)
    chosen = [each for each in visible if not communities or each.code in communities or each.name in communities]
    return sorted(chosen, key=lambda each: each.code)


def _in(session: Session, grid: UUID, community: Community) -> bool:
    return session.layout.grids[grid].community == community.id


def _made(tx: Transaction, session: Session, land: NDArray[Any], min_area: float, min_width: float) -> MadeBlocks:
    lines = lines_of(tx, session.ground.plane, BARRIERS, main_roads=False)
    compounds = [each.shape for each in session.ground.outlines.items if each.kind == "compound"]
    drawn = np.concatenate(list(lines.values()))
    return make_blocks(land, drawn, array_of(compounds), min_area=min_area, min_width=min_width)


def _numbered(code: NDArray[Any]) -> NDArray[Any]:
    """Give names to blocks: the code of the community and a number from 1."""
    seen: dict[str, int] = {}
    names = np.empty(len(code), dtype=object)
    for row, each in enumerate(code.tolist()):
        seen[each] = seen.get(each, 0) + 1
        names[row] = f"{each}-{seen[each]:04d}"
    return names


def _report(made: MadeBlocks, codes: Sequence[str]) -> BlocksReport:
    return BlocksReport(
        blocks=len(made.shapes),
        communities={code: codes.count(code) for code in sorted(set(codes))},
        compounds=len(np.unique(made.compound[made.compound >= 0])),
        merged=made.merged,
        dead_ends=round(made.dropped, 1),
        median_area=round(float(np.median(shapely.area(made.shapes))), 1),
    )
