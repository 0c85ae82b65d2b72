"""A stored plan as a layout in the plane, and a change of a layout as JSON for the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from shapely import MultiPolygon

from gridmap.access import Scope
from gridmap.datum import Plane
from gridmap.model.land import EVER_IN_FORCE, GridKind
from gridmap.space.layout import Change, GridState, Layout
from gridmap.space.measure import array_of
from gridmap.storage import draft_land, drafts, land, lineage, plans

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely import Polygon

    from gridmap.model.land import Grid, Plan, SubDistrict
    from gridmap.storage.database import Transaction


def subdistrict_of(tx: Transaction, plan: Plan) -> SubDistrict:
    """Return the sub-district of a plan."""
    everything = Scope.everything(tx.actor)
    return next(each for each in land.subdistricts(tx, everything) if each.id == plan.subdistrict_id)


def read_layout(tx: Transaction, plan: Plan, subdistrict: SubDistrict) -> Layout:
    """Read a plan that the caller may see."""
    everything = Scope.everything(tx.actor)
    plane = Plane.from_epsg(subdistrict.plane)
    stored = plans.blocks_of_plan(tx, everything, plan.id)
    flags = draft_land.flags(tx, everything, plan.id)
    holders = plans.codes_ever_in_force(tx, everything, subdistrict.code)
    blocks = dict(zip(stored.ids, plane.project_geometries(stored.shapes).tolist(), strict=True))
    return Layout.of(
        blocks,
        dict(zip(stored.ids, stored.grid_ids, strict=True)),
        {grid.id: _state(grid, plan, *flags[grid.id]) for grid in plans.grids_of_plan(tx, everything, plan.id)},
        codes_taken=holders,
        base=_base(tx, plan, blocks, plane),
        holders=holders,
        check=False,  # it was when it was stored
    )


def as_json(change: Change) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write a change and its inverse for the log; of blocks only the ids, since blocks are stored and never change."""
    ids = {*change.removed, *change.added, *change.owner, *change.grids}
    ids |= {grid for pair in change.owner.values() for grid in pair if grid is not None}
    ids |= {block for child, parent, _ in change.parents for block in (child, parent)}
    # each stands in several places, and writing one takes a microsecond
    text: dict[UUID | None, str | None] = {None: None} | {each: str(each) for each in ids}
    removed, added = ([text[block] for block in blocks] for blocks in (change.removed, change.added))
    owner = {text[block]: [text[grid] for grid in pair] for block, pair in change.owner.items()}
    grids = {text[grid]: [_state_json(state) for state in pair] for grid, pair in change.grids.items()}
    parents = [(text[child], text[parent], kind) for child, parent, kind in change.parents]
    said = {
        "removed": removed,
        "added": added,
        "owner": owner,
        "grids": grids,
        "parents": [[child, parent, kind] for child, parent, kind in parents],
        "refines": change.refines,
    }
    inverse = {
        "removed": added,
        "added": removed,
        "owner": {block: pair[::-1] for block, pair in owner.items()},
        "grids": {grid: pair[::-1] for grid, pair in grids.items()},
        "parents": [[parent, child, kind] for child, parent, kind in parents],
        "refines": change.refines,
    }
    return said, inverse


def from_json(tx: Transaction, said: Mapping[str, Any], plane: Plane) -> Change:
    """Read a change of the log, with its blocks in the plane."""
    removed, added = [UUID(each) for each in said["removed"]], [UUID(each) for each in said["added"]]
    lonlat = draft_land.polygons(tx, Scope.everything(tx.actor), [*removed, *added])
    flat = dict(zip(lonlat, plane.project_geometries(array_of(lonlat.values())).tolist(), strict=True))
    return Change(
        removed={block: flat[block] for block in removed},
        added={block: flat[block] for block in added},
        owner={UUID(block): (_id(old), _id(new)) for block, (old, new) in said["owner"].items()},
        grids={UUID(grid): (_state_of(old), _state_of(new)) for grid, (old, new) in said["grids"].items()},
        parents=tuple((UUID(child), UUID(parent), kind) for child, parent, kind in said["parents"]),
        refines=said["refines"],
    )


def columns_of(state: GridState) -> dict[str, Any]:
    """Write a grid's state as the columns of its row in a plan."""
    return {
        "code": state.code,
        "name": state.name,
        "kind": state.kind.value,
        "community_id": state.community,
        "four_limits": state.four_limits,
        "source_document": state.source_document,
        "worker": state.worker,
        "multipart": state.multipart,
        "provisional": state.provisional,
    }


def _base(tx: Transaction, plan: Plan, blocks: Mapping[UUID, Polygon], plane: Plane) -> dict[UUID, Polygon] | None:
    """Return the blocks that a draft began with, as refined since; those that it has still are not read again."""
    if plan.state in EVER_IN_FORCE or plan.based_on is None:  # one that was approved may be withdrawn and edited
        return None
    everything = Scope.everything(tx.actor)
    ids = dict.fromkeys(lineage.labels(tx, everything, plan.based_on))
    for change in drafts.path_changes(tx, everything, plan.id):
        if change["refines"]:
            for block in change["removed"]:
                ids.pop(UUID(block), None)
            ids |= dict.fromkeys(UUID(block) for block in change["added"])
    gone = draft_land.polygons(tx, everything, [block for block in ids if block not in blocks])
    flat = dict(zip(gone, plane.project_geometries(array_of(gone.values())).tolist(), strict=True))
    return {block: blocks[block] if block in blocks else flat[block] for block in ids}


def _state(grid: Grid, plan: Plan, multipart: bool, provisional: bool) -> GridState:  # noqa: FBT001 -- two columns
    """Describe a grid; what lies apart in a plan that was put in force does so on purpose."""
    apart = plan.state in EVER_IN_FORCE and isinstance(grid.shape, MultiPolygon)
    return GridState(
        id=grid.id,
        code=grid.code,
        name=grid.name,
        kind=grid.kind,
        community=grid.community_id,
        community_code=grid.community_code,
        multipart=multipart or apart,
        provisional=provisional,
        four_limits=grid.four_limits,
        source_document=grid.source_document,
        worker=grid.worker,
    )


def _state_json(state: GridState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    columns = columns_of(state) | {"id": str(state.id), "community_id": str(state.community)}
    return columns | {"community_code": state.community_code}


def _state_of(said: Mapping[str, Any] | None) -> GridState | None:
    if said is None:
        return None
    values = {name: value for name, value in said.items() if name not in {"id", "community_id", "kind"}}
    return GridState(id=UUID(said["id"]), community=UUID(said["community_id"]), kind=GridKind(said["kind"]), **values)


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
