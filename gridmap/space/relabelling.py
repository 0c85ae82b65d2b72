"""Edits that leave borders of blocks alone: who has which block, and what a grid is called."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import codes
from gridmap.errors import BadInput
from gridmap.model.land import GridKind
from gridmap.space.cutting import stroke
from gridmap.space.guards import Guards, refuse
from gridmap.space.measure import array_of
from gridmap.space.problem import on
from gridmap.space.settling import Edited, new_state, next_code, settle
from gridmap.space.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from gridmap.space.layout import GridState, Layout

_GRAZED = 0.01  # metres; a stroke that runs through less of a block does not mean it


def merge(layout: Layout, grids: Sequence[UUID], into: UUID, guards: Guards) -> Edited:
    """Give all land of some grids to one of them; the others are there no longer.

    Raises
    ------
    EditRefused
        The grids do not lie together, and the one that stays is not declared to have several parts.
    """
    others = [grid for grid in dict.fromkeys(grids) if grid != into]
    for grid in (*others, into):
        _state(layout, grid)
    if not others:
        raise BadInput("a merge needs two grids or more: name those that are to become one", grid=str(into))
    work = Workbench(layout)
    for grid in others:
        work.relabel(layout.blocks_of(grid), into)
        work.grids[grid] = None
    return settle(work, guards)


def transfer(layout: Layout, blocks: Sequence[UUID], to_grid: UUID, guards: Guards) -> Edited:
    """Give blocks to a grid.

    Raises
    ------
    EditRefused
        The giver or the taker would fall into parts, or the giver be left without land.
    """
    _state(layout, to_grid)
    for block in blocks:
        if block not in layout.blocks:
            raise BadInput(f"there is no block {block} in this plan: load it again", block=str(block))
    work = Workbench(layout)
    work.relabel([block for block in dict.fromkeys(blocks) if layout.owner[block] != to_grid], to_grid)
    return settle(work, guards)


def push(layout: Layout, to_grid: UUID, line: Any, blocks: Sequence[UUID] | None, guards: Guards) -> Edited:
    """Push the border of a grid over the blocks that a stroke runs through: one edit, however many they are.

    Parameters
    ----------
    to_grid : UUID
        The grid that grows.
    line : LineString or (N, 2) numbers or None
        The stroke; it may begin inside the grid.
    blocks : sequence of UUID or None
        The blocks, where the client knows them; None for all that the stroke runs through.

    Raises
    ------
    EditRefused
        The stroke runs through no block of another grid; else as `transfer`.
    """
    _state(layout, to_grid)
    if blocks is None:
        drawn = stroke(line)
        near = layout.index.near(array_of([drawn]), layout.blocks)
        lands = array_of([layout.blocks[block] for block in near])
        inside = shapely.length(shapely.intersection(drawn, lands)) > _GRAZED
        blocks = [near[row] for row in np.flatnonzero(inside).tolist() if layout.owner[near[row]] != to_grid]
        if not blocks:
            raise refuse(
                f"the stroke runs through no block beside grid {layout.grids[to_grid].code}: draw it across its border",
                "no_neighbour",
                drawn.coords[-1],
                float(shapely.distance(drawn, layout.shape(to_grid))),
            )
    return transfer(layout, blocks, to_grid, guards)


def new_grid(
    layout: Layout,
    blocks: Sequence[UUID],
    grid: UUID,
    guards: Guards,
    *,
    name: str | None = None,
    kind: GridKind = GridKind.GENERAL,
    code: str | None = None,
    community: tuple[UUID, str] | None = None,
    multipart: bool = False,
) -> Edited:
    """Make a grid of blocks that others have.

    Parameters
    ----------
    grid : UUID
        Its id.
    code : str or None
        None for the next free one.
    community : (UUID, str) or None
        Id and code; None for that of the grid which gives most of the land.
    """
    if grid in layout.grids:
        raise BadInput(f"there is a grid {grid} in this plan already", grid=str(grid))
    if not blocks or any(block not in layout.blocks for block in blocks):
        raise BadInput("a new grid needs blocks of this plan: load it again", field="blocks")
    given: dict[UUID, float] = {}
    for block in blocks:
        given[layout.owner[block]] = given.get(layout.owner[block], 0.0) + float(shapely.area(layout.blocks[block]))
    donor = layout.grids[max(given, key=lambda each: (given[each], layout.grids[each].code))]
    if community is not None:
        donor = replace(donor, community=community[0], community_code=community[1])
    work = Workbench(layout)
    state = replace(new_state(work, donor, grid), kind=kind, multipart=multipart)
    if code is not None:
        state = _coded(layout, state, code)
    work.grids[grid] = state if name is None else replace(state, name=name)
    work.relabel(blocks, grid)
    return settle(work, guards)


def retire(layout: Layout, grid: UUID, to_grid: UUID | None, guards: Guards) -> Edited:
    """Take a grid out of the plan.

    Parameters
    ----------
    to_grid : UUID or None
        Who gets its land. None: every block goes to the neighbour that it has most border with, one of the same
        community before others.

    Raises
    ------
    EditRefused
        It has no neighbours; else as `transfer`.
    """
    state = _state(layout, grid)
    if to_grid is not None:
        return merge(layout, [grid], to_grid, guards)
    work = Workbench(layout)
    left = list(layout.blocks_of(grid))
    while left:
        heirs = {block: heir for block in left if (heir := _heir(work, block, grid)) is not None}
        if not heirs:
            raise refuse(
                f"grid {state.code} has no neighbour that could take its land: name the grid that gets it",
                "no_neighbour",
                on(layout.shape(grid)),
            )
        for block, heir in heirs.items():
            work.relabel([block], heir)
        left = [block for block in left if block not in heirs]
    work.grids[grid] = None
    return settle(work, guards)


def rename(layout: Layout, grid: UUID, name: str, guards: Guards) -> Edited:
    """Give a grid another name."""
    return _restated(layout, replace(_state(layout, grid), name=name), guards)


def recode(layout: Layout, grid: UUID, code: str, guards: Guards) -> Edited:
    """Give a grid another code of its community.

    Raises
    ------
    EditRefused
        Another grid has or had the code, or it is one of another community.
    """
    return _restated(layout, _coded(layout, _state(layout, grid), code), guards)


def set_kind(layout: Layout, grid: UUID, kind: GridKind, guards: Guards) -> Edited:
    """Make a grid a general or a dedicated one."""
    return _restated(layout, replace(_state(layout, grid), kind=kind), guards)


def describe(layout: Layout, grid: UUID, four_limits: str, source_document: str | None, guards: Guards) -> Edited:
    """Write the four limits of a grid, and from which document they are; None leaves the document."""
    state = _state(layout, grid)
    source = state.source_document if source_document is None else source_document
    return _restated(layout, replace(state, four_limits=four_limits, source_document=source), guards)


def declare_multipart(layout: Layout, grid: UUID, guards: Guards, *, multipart: bool) -> Edited:
    """Declare that a grid may lie in several parts, or that it may not.

    Raises
    ------
    EditRefused
        It lies in several parts.
    """
    parts = shapely.get_parts(layout.shape(grid))
    state = _state(layout, grid)
    if not multipart and len(parts) > 1:
        smaller = parts[int(np.argmin(shapely.area(parts)))]
        raise refuse(f"grid {state.code} lies in {len(parts)} parts: join them first", "multipart", on(smaller))
    return _restated(layout, replace(state, multipart=multipart), guards)


def move_to_community(layout: Layout, grid: UUID, community: UUID, community_code: str, guards: Guards) -> Edited:
    """Put a grid into another community. Its code begins with that of the community, so it gets another one.

    Raises
    ------
    CodesExhausted
    """
    state = _state(layout, grid)
    if state.community == community:
        return _restated(layout, state, guards)
    code, provisional = next_code(Workbench(layout), grid, community_code)
    moved = replace(state, community=community, community_code=community_code, code=code, provisional=provisional)
    return _restated(layout, moved, guards)


def _restated(layout: Layout, state: GridState, guards: Guards) -> Edited:
    work = Workbench(layout)
    work.grids[state.id] = state
    return settle(work, guards)


def _state(layout: Layout, grid: UUID) -> GridState:
    if grid not in layout.grids:
        raise BadInput(f"there is no grid {grid} in this plan", grid=str(grid))
    return layout.grids[grid]


def _coded(layout: Layout, state: GridState, code: str) -> GridState:
    code = codes.check(code, codes.Level.GRID)
    if codes.community_of(code) != state.community_code:
        raise refuse(
            f"the code {code} is not one of community {state.community_code}: move the grid to that community instead",
            "other_community",
            None,
        )
    holder = layout.holders.get(code)
    now = next((each.code for each in layout.grids.values() if each.code == code and each.id != state.id), None)
    if now is not None or (code in layout.codes_taken and holder != state.id):
        raise refuse(f"the code {code} belongs or belonged to another grid: choose another", "code_taken", None)
    return replace(state, code=code, provisional=holder != state.id)


def _heir(work: Workbench, block: UUID, leaving: UUID) -> UUID | None:
    """Find the grid that a block has most border with."""
    edge = shapely.boundary(work.land(block))
    layout = work.layout
    near = [each for each in work.near(array_of([work.land(block)])) if work.owner_of(each) != leaving]
    common = shapely.length(shapely.intersection(edge, shapely.boundary(array_of([work.land(each) for each in near]))))
    metres: dict[UUID, float] = {}
    for each, length in zip(near, common.tolist(), strict=True):
        if length > 0:
            metres[work.owner_of(each)] = metres.get(work.owner_of(each), 0.0) + length
    home = layout.grids[leaving].community
    return max(metres, key=lambda each: (layout.grids[each].community == home, metres[each], str(each)), default=None)
