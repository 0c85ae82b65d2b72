"""Grids from a file become a plan: unchanged ones carry forward, the rest get new blocks, the whole is a coverage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import codes
from gridmap.access import Scope
from gridmap.datum import Plane
from gridmap.errors import CoverageBroken, RepairRefused
from gridmap.files import Refusal
from gridmap.model.kinds import kind_named
from gridmap.model.land import Block, Grid, GridKind, Plan, PlanState, SubDistrict, new_id
from gridmap.services.areas import Areas, subdistrict_coded
from gridmap.services.masking import as_stored
from gridmap.services.plan_land import today
from gridmap.services.rows import Incoming, Judged, Outcome, checked, same_to_the_millimetre, single
from gridmap.space.repair import Repair, repair
from gridmap.storage import audit, land, plans

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from shapely import Geometry

    from gridmap.model.land import Community
    from gridmap.storage.database import Transaction

_GRIDS = kind_named("grids")
_OF_A_PLAN = ("name", "kind", "four_limits", "source_document", "worker")


@dataclass(frozen=True)
class Standing:
    """The plan that the file is compared with: the one in force, by grid code."""

    plan: Plan | None
    grids: dict[str, Grid]


def standing(tx: Transaction, subdistrict: SubDistrict | None) -> Standing:
    """Read the plan in force of a sub-district; empty when there is none yet."""
    everything = Scope.everything(tx.actor)
    plan = plans.plan_in_force(tx, everything, subdistrict.id) if subdistrict else None
    grids = plans.grids_of_plan(tx, everything, plan.id) if plan else []
    return Standing(plan, {grid.code: grid for grid in grids})


def judge_grids(rows: Sequence[Incoming], areas: Areas, found: Standing) -> list[Judged]:
    """Compare grids of a file with the plan in force: added, changed, unchanged, refused."""
    judged = []
    for row in rows:
        record, refusal = checked(_GRIDS, row, areas)
        refusal = refusal or misplaced(row, record, areas)
        if refusal:
            judged.append(Judged(row, Outcome.REFUSED, record, None, refusal))
            continue
        grid = found.grids.get(record["code"])
        if grid is None:
            judged.append(Judged(row, Outcome.ADDED, record, None))
        else:
            record = as_stored(_GRIDS, record, {name: getattr(grid, name) for name in _OF_A_PLAN})
            outcome = Outcome.CHANGED if _changed(record, grid) else Outcome.UNCHANGED
            judged.append(Judged(row, outcome, record, {"id": grid.id}))
    return judged


def misplaced(row: Incoming, record: dict[str, Any], areas: Areas) -> Refusal | None:
    """Refuse a grid whose community is missing or another than its code says, or that has no border."""
    code = record["code"]
    community = areas.coded(codes.community_of(code))
    if community is None:
        reason = f"网格编码「{code}」所属的社区 {codes.community_of(code)} 不存在，请先导入社区，或核对编码"
        return Refusal(row.number, "code", code, reason, "unknown_community")
    if record.get("community_id") not in {None, community.id}:
        reason = f"网格编码「{code}」属于{community.name}，与所填社区「{row.values.get('community')}」不一致，请核对"
        return Refusal(row.number, "community", str(row.values.get("community")), reason, "community_mismatch")
    if row.geometry is None:
        return Refusal(row.number, "geometry", "", "网格没有边界图形，请在文件中补上面要素", "geometry_missing")
    return None


def _changed(record: dict[str, Any], grid: Grid) -> bool:
    if any(record.get(name) is not None and record[name] != getattr(grid, name) for name in _OF_A_PLAN):
        return True
    return _redrawn(record["geom"], grid)


def _redrawn(shape: Geometry, grid: Grid) -> bool:
    """Tell whether a border is another one than the grid has, and than the file brought from which it was aligned."""
    pair = np.array([shape], dtype=object), np.array([grid.shape], dtype=object)
    return not bool(same_to_the_millimetre(*pair)[0]) and fingerprint(shape) != grid.delivered


def fingerprint(shape: Geometry) -> str:
    """Hash a border on the 1 mm grid of the plane, whatever its first vertex."""
    plane = Plane.at(float(shapely.bounds(shape)[0]))
    return plans.shape_hash(plane.project_geometries(single(np.array([shape], dtype=object)))[0])


@dataclass(frozen=True)
class GridImport:
    """What became of the grids of a file: the new plan (None when nothing changed) and what its borders needed."""

    plan: Plan | None
    repaired: Repair | None


def apply_grids(tx: Transaction, judged: Sequence[Judged], areas: Areas, name: str) -> GridImport:
    """Put a new plan in force that has the grids of the file and carries every other grid forward.

    Hairline gaps and overlaps, up to 10 m², are closed; a plan in force never changes, so the one before is
    superseded from today.

    Raises
    ------
    CoverageBroken
        Borders overlap, leave gaps or are broken beyond that: `gridmap repair` shows each place.
    """
    fresh = [each for each in judged if each.outcome in {Outcome.ADDED, Outcome.CHANGED}]
    if not fresh:
        return GridImport(None, None)
    everything = Scope.everything(tx.actor)
    subdistricts = land.subdistricts(tx, everything)
    owner = subdistrict_coded(subdistricts, codes.subdistrict_of(fresh[0].record["code"]))
    assert owner is not None  # noqa: S101 -- its communities exist, so it does
    strangers = {codes.subdistrict_of(each.record["code"]) for each in fresh} - {owner.code}
    if strangers:
        raise CoverageBroken(
            f"the file has grids of several sub-districts ({owner.code}, {', '.join(sorted(strangers))}): "
            "a plan covers one; import them one by one",
        )
    found = standing(tx, owner)
    plan = Plan(
        id=new_id(),
        subdistrict_id=owner.id,
        name=name,
        state=PlanState.IN_FORCE,
        valid_from=today(tx),
        valid_to=None,
        based_on=found.plan.id if found.plan else None,
    )
    grids, blocks, fixed = _assembled(tx, plan, owner, fresh, found, areas)
    if found.plan:
        plans.close_plan(tx, found.plan.id, _end(found.plan, today(tx)))
    plans.add_plan(tx, plan, grids, blocks)
    audit.record(tx, "activate", "plan", plan.id, count=len(grids), detail={"name": name, "changed": len(fresh)})
    return GridImport(plan, fixed)


def _end(plan: Plan, day: date) -> date:
    """End the old plan today; one that began today was in force for no whole day."""
    return max(day, plan.valid_from) if plan.valid_from else day


def _assembled(
    tx: Transaction, plan: Plan, owner: SubDistrict, fresh: Sequence[Judged], found: Standing, areas: Areas
) -> tuple[list[Grid], list[Block], Repair | None]:
    """Lay kept blocks and new shapes side by side, close hairlines, and derive the grids from the result."""
    plane = Plane.from_epsg(owner.plane)
    replaced = {each.record["code"] for each in fresh if _new_shape(each, found)}
    kept = _kept_blocks(tx, found, replaced)
    shapes, codes_of = list(kept.values()), [block.grid_code for block in kept]
    for each in fresh:
        if each.record["code"] in replaced:
            parts = shapely.get_parts(each.record["geom"])
            shapes.extend(parts)
            codes_of.extend([each.record["code"]] * len(parts))
    flat = plane.project_geometries(np.array(shapes, dtype=object))
    fixed = as_coverage(flat, codes_of)
    polygons = fixed.polygons if fixed else flat
    identities = _identities(tx, found, {each.record["code"] for each in fresh})
    blocks: list[Block] = []
    for number, (code, polygon) in enumerate(zip(codes_of, polygons, strict=True)):
        old = list(kept)[number] if number < len(kept) else None
        if old is not None and polygon.equals(flat[number]) and polygon.normalize() == flat[number].normalize():
            blocks.append(Block(old.id, identities[code], code, old.shape))
            continue
        lonlat = plane.unproject_geometries(shapely.get_parts(polygon))
        blocks.extend(Block(new_id(), identities[code], code, part) for part in lonlat)
    records = {each.record["code"]: each.record for each in fresh}
    grids = [
        _grid(plan, code, identities[code], _dissolved(blocks, code, plane), records.get(code), found, areas)
        for code in sorted(set(codes_of))
    ]
    return grids, blocks, fixed


def _new_shape(each: Judged, found: Standing) -> bool:
    grid = found.grids.get(each.record["code"])
    return grid is None or _redrawn(each.record["geom"], grid)


def _kept_blocks(tx: Transaction, found: Standing, replaced: set[str]) -> dict[Block, Geometry]:
    if found.plan is None:
        return {}
    stored = plans.blocks_of_plan(tx, Scope.everything(tx.actor), found.plan.id)
    return {
        Block(block_id, grid_id, code, shape): shape
        for block_id, grid_id, code, shape in zip(stored.ids, stored.grid_ids, stored.codes, stored.shapes, strict=True)
        if code not in replaced
    }


def as_coverage(polygons: np.ndarray[Any, Any], names: Sequence[str]) -> Repair | None:
    """Close hairlines; None when there were none.

    Raises
    ------
    CoverageBroken
        Borders overlap, leave gaps or are broken beyond that.
    """
    try:
        fixed = repair(polygons, names=names)
    except RepairRefused as error:
        raise CoverageBroken(
            f"these grids are no coverage: {error.message}. See every place with `gridmap check FILE`, mend them with "
            "`gridmap repair FILE -o FIXED` and import that",
            **error.evidence,
        ) from error
    return fixed if fixed.changes else None


def unnamed_grid(plan: Plan, code: str, grid_id: UUID, shape: Geometry, community: Community) -> Grid:
    """Describe a grid of which nothing is known but its land: it is called after its community and its number."""
    return Grid(
        id=grid_id,
        plan_id=plan.id,
        code=code,
        name=f"{community.name}第{codes.sequence_of(code):02d}网格",
        kind=GridKind.GENERAL,
        community_id=community.id,
        community_code=community.code,
        community_name=community.name,
        four_limits="",
        source_document="",
        worker="",
        shape=shape,
    )


def _identities(tx: Transaction, found: Standing, wanted: set[str]) -> dict[str, UUID]:
    """Give every code its grid: the one that has it, the one that had it once, or a new one."""
    known = {code: grid.id for code, grid in found.grids.items()}
    for community in {codes.community_of(code) for code in wanted - set(known)}:
        for code, grid_id in plans.codes_ever_in_force(tx, Scope.everything(tx.actor), community).items():
            known.setdefault(code, grid_id)
    return {code: known.get(code) or new_id() for code in wanted | set(found.grids)}


def _dissolved(blocks: Sequence[Block], code: str, plane: Plane) -> Geometry:
    """Join the blocks of a grid; with one block the grid has the same doubles as the block."""
    own = [block.shape for block in blocks if block.grid_code == code]
    if len(own) == 1:
        return own[0]
    joined = shapely.coverage_union_all(plane.project_geometries(np.array(own, dtype=object)))
    shape: Geometry = plane.unproject_geometries(np.array([joined], dtype=object))[0]
    return shape


def _grid(
    plan: Plan, code: str, grid_id: UUID, shape: Geometry, record: dict[str, Any] | None, found: Standing, areas: Areas
) -> Grid:
    """Describe a grid in the new plan: as it was, with what the file says on top."""
    community = areas.coded(codes.community_of(code))
    assert community is not None  # noqa: S101 -- judge_grids refused the others
    old = found.grids.get(code)
    base = old or unnamed_grid(plan, code, grid_id, shape, community)
    said = {name: record[name] for name in _OF_A_PLAN if record and record.get(name)}
    if "kind" in said:
        said["kind"] = GridKind(said["kind"])
    if record is not None:
        said["delivered"] = fingerprint(record["geom"])
    return replace(base, plan_id=plan.id, shape=shape, **said)
