"""A file of grids becomes a draft: a whole plan of its own, to be compared, edited and put in force as any other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import codes
from gridmap.access import Scope
from gridmap.datum import Plane
from gridmap.errors import BadInput, FileRefused, NoPlan
from gridmap.model.kinds import kind_named
from gridmap.model.land import Block, Grid, GridKind, Plan, PlanState, SubDistrict, new_id
from gridmap.services.areas import areas, subdistrict_coded
from gridmap.services.drafts import draft_name
from gridmap.services.grid_import import as_coverage, fingerprint, misplaced, standing, unnamed_grid
from gridmap.services.rows import checked
from gridmap.space.layout import block_id
from gridmap.storage import audit, land, plans, succession

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.services.areas import Areas
    from gridmap.services.grid_import import Standing
    from gridmap.services.rows import Incoming
    from gridmap.storage.database import Transaction

IDENTITIES = ("code", "name")
_GRIDS = kind_named("grids")
_SAID = ("name", "kind", "four_limits", "source_document", "worker")


@dataclass(frozen=True)
class PlanImport:
    """The draft that a file became.

    Parameters
    ----------
    grids, kept, new, retired : int
        Grids of the file; those of them that the plan in force has, too; those that it has not; and those of the plan
        in force that the file has not.
    recoded : int
        Of those kept, how many have another code.
    aligned : int
        Borders that were aligned with their neighbours.
    """

    plan_id: str
    plan: str
    grids: int
    kept: int
    new: int
    retired: int
    recoded: int
    aligned: int


def import_plan(tx: Transaction, rows: Sequence[Incoming], name: str, identity: str = "code") -> PlanImport:
    """Store the grids of a file as a draft based on the plan in force. The file is the whole plan.

    Parameters
    ----------
    identity : {"code", "name"}
        What tells that a grid of the file is one of the plan in force: a redistricting may give a code to another
        area, and change the code of one that stays.

    Raises
    ------
    BadInput
        Two grids have one name, where that tells them apart; or the plan's name cannot be used.
    Conflict
        A plan that was never in force has that name.
    FileRefused
        A row cannot be used, or the grids are of several sub-districts.
    CoverageBroken
        Borders overlap, leave gaps or are broken beyond hairlines.
    NoPlan
        None is in force.
    """
    known = areas(tx, Scope.everything(tx.actor))
    records = [_record(row, known) for row in rows]
    owner = _owner(tx, records)
    found = standing(tx, owner)
    if found.plan is None:
        raise NoPlan("no plan is in force that a draft could be based on: import grids without a plan's name first")
    name = draft_name(tx, Scope.everything(tx.actor), owner.id, name)
    plan = Plan(new_id(), owner.id, name, PlanState.DRAFT, None, None, found.plan.id)
    identities = _identities(records, found, identity)
    plane = Plane.from_epsg(owner.plane)
    polygons, aligned = _coverage(plane, records)
    blocks = _blocks(tx, plane, found.plan, polygons, records, identities)
    grids = _grids(plan, plane, polygons, records, identities, found, known)
    plans.add_plan(tx, plan, grids, blocks)
    ever = plans.codes_ever_in_force(tx, Scope.everything(tx.actor), owner.code)
    succession.set_provisional(tx, plan.id, [grid.code for grid in grids if grid.code not in ever])
    audit.record(tx, "import", "plan", plan.id, count=len(grids), detail={"name": name, "identity": identity})
    old = {grid.id: grid.code for grid in found.grids.values()}
    kept = [grid for grid in grids if grid.id in old]
    return PlanImport(
        plan_id=str(plan.id),
        plan=name,
        grids=len(grids),
        kept=len(kept),
        new=len(grids) - len(kept),
        retired=len(old) - len(kept),
        recoded=sum(old[grid.id] != grid.code for grid in kept),
        aligned=aligned,
    )


def _record(row: Incoming, known: Areas) -> dict[str, Any]:
    record, refusal = checked(_GRIDS, row, known)
    refusal = refusal or misplaced(row, record, known)
    if refusal:
        raise FileRefused(
            f"row {refusal.row}: {refusal.reason}; a plan is imported whole or not at all", row=refusal.row
        )
    return record


def _owner(tx: Transaction, records: Sequence[dict[str, Any]]) -> SubDistrict:
    named = Counter(codes.subdistrict_of(record["code"]) for record in records)
    if len(named) != 1:
        raise FileRefused(
            f"a plan covers one sub-district, and the file has grids of {len(named)}: import them one by one"
        )
    owner = subdistrict_coded(land.subdistricts(tx, Scope.everything(tx.actor)), next(iter(named)))
    assert owner is not None  # noqa: S101 -- the communities exist, so it does
    return owner


def _identities(records: Sequence[dict[str, Any]], found: Standing, identity: str) -> dict[str, UUID]:
    """Return the grid of each code of the file: the one of the plan in force that it is, or a new one."""
    if identity not in IDENTITIES:
        raise BadInput(f"grids are known by {' or '.join(IDENTITIES)}, not by {identity!r}", identity=identity)
    sides = (
        [record.get(identity) or "" for record in records],
        [getattr(each, identity) for each in found.grids.values()],
    )
    for side, where in zip(sides, ("the file", "the plan in force"), strict=True):
        twice = [value for value, count in Counter(side).items() if count > 1]
        if twice:
            raise BadInput(
                f"{where} has several grids whose {identity} is {twice[0]!r}: they cannot be told apart by it",
                identity=identity,
                value=twice[0],
            )
    known = dict(zip(sides[1], (each.id for each in found.grids.values()), strict=True))
    return {record["code"]: known.get(value) or new_id() for record, value in zip(records, sides[0], strict=True)}


def _coverage(plane: Plane, records: Sequence[dict[str, Any]]) -> tuple[NDArray[Any], int]:
    flat = plane.project_geometries(np.array([record["geom"] for record in records], dtype=object))
    fixed = as_coverage(flat, [record["code"] for record in records])
    return (flat, 0) if fixed is None else (fixed.polygons, len(fixed.changes))


def _blocks(
    tx: Transaction,
    plane: Plane,
    base: Plan,
    polygons: NDArray[Any],
    records: Sequence[dict[str, Any]],
    identities: Mapping[str, UUID],
) -> list[Block]:
    """Make a block of every part of a grid; land that the plan in force has as one block keeps it."""
    stored = plans.blocks_of_plan(tx, Scope.everything(tx.actor), base.id)
    same = dict(zip(map(block_id, plane.project_geometries(stored.shapes)), stored.ids, strict=True))
    blocks = []
    for record, polygon in zip(records, polygons, strict=True):
        parts = shapely.get_parts(polygon)
        for part, lonlat in zip(parts, plane.unproject_geometries(parts), strict=True):
            name = block_id(part)
            blocks.append(Block(same.get(name, name), identities[record["code"]], record["code"], lonlat))
    return blocks


def _grids(
    plan: Plan,
    plane: Plane,
    polygons: NDArray[Any],
    records: Sequence[dict[str, Any]],
    identities: Mapping[str, UUID],
    found: Standing,
    known: Areas,
) -> list[Grid]:
    """Describe each grid: as it was, with what the file says on top."""
    old = {grid.id: grid for grid in found.grids.values()}
    grids = []
    for record, shape in zip(records, plane.unproject_geometries(polygons), strict=True):
        code, community = record["code"], known.coded(codes.community_of(record["code"]))
        assert community is not None  # noqa: S101 -- `misplaced` refused the others
        said = {name: record[name] for name in _SAID if record.get(name)}
        base = old.get(identities[code]) or unnamed_grid(plan, code, identities[code], shape, community)
        grids.append(
            replace(
                base,
                plan_id=plan.id,
                code=code,
                community_id=community.id,
                community_code=community.code,
                community_name=community.name,
                shape=shape,
                delivered=fingerprint(record["geom"]),
                **(said | ({"kind": GridKind(said["kind"])} if "kind" in said else {})),
            )
        )
    return grids
