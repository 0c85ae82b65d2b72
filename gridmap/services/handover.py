"""交接: what each old grid hands to each new one, record by record, and the same totals counted again from points."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.access import Mask, Scope, mask
from gridmap.errors import Conflict
from gridmap.files import label
from gridmap.files.output import replacing
from gridmap.files.sheets import write_workbook
from gridmap.model.cases import Reason
from gridmap.model.kinds import ASSIGNED_KINDS, Kind
from gridmap.model.land import PlanState
from gridmap.services.masking import masked_record
from gridmap.services.plan_case import Case
from gridmap.services.plan_diff import MEASURES, GridRef, PlanRef, grid_ref, plan_ref
from gridmap.services.plan_land import PlanInForce, land_of
from gridmap.services.plan_moves import is_open
from gridmap.storage import audit, lineage, registers, succession

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from uuid import UUID

    from gridmap.model.land import Grid
    from gridmap.storage.database import Transaction
    from gridmap.storage.registers import Points

_Pair = tuple["UUID | None", "UUID | None"]
_COLUMNS = {
    "households": ("code", "address", "head", "phone", "residents", "surveyed"),
    "shops": ("code", "name", "category", "address", "contact", "phone"),
    "organisations": ("code", "name", "category", "address", "contact", "phone"),
    "social_organisations": ("code", "name", "category", "address", "contact", "phone"),
    "party_organisations": ("code", "name", "category", "address", "contact", "phone", "members"),
    "key_places": ("code", "name", "category", "address", "contact", "phone"),
    "incidents": ("number", "title", "category", "address", "reported_at", "state", "deadline"),
}
_SHEETS = {kind.name: "在办事件" if kind.name == "incidents" else kind.chinese for kind in ASSIGNED_KINDS}
_PAIR = ("原网格编码", "原网格名称", "原网格员", "新网格编码", "新网格名称", "新网格员")
_BY_HAND = {Reason.MANUAL, Reason.LISTED}


@dataclass(frozen=True)
class Recount:
    """A total of the list, and the same counted from points that lie in the land which changed hands.

    Parameters
    ----------
    listed : int
        Records of the list that go by their place.
    by_hand : int
        Records of the list that a person or an inclusion list put where they are, wherever they lie.
    inside, on_edge : int
        Points within that land, and on its border, of records that go by their place.
    agrees : bool
        `listed` is between `inside` and `inside` with `on_edge`.
    """

    kind: str
    listed: int
    by_hand: int
    inside: int
    on_edge: int
    agrees: bool


@dataclass(frozen=True)
class Transfer:
    """What one grid hands to another; a grid is None for land and people without one."""

    old: GridRef | None
    new: GridRef | None
    area: float
    numbers: dict[str, int]
    recounts: tuple[Recount, ...]


@dataclass(frozen=True)
class Handover:
    """The hand-over list of a plan, from the largest transfer; `rows` are the records by kind, masked.

    `agrees` says that list and points agree everywhere. They need not for a plan that took effect long ago, since
    records have moved and come since.
    """

    plan: PlanRef
    old_plan: PlanRef
    agrees: bool
    transfers: tuple[Transfer, ...]
    rows: dict[str, list[dict[str, Any]]]


def hand_over(tx: Transaction, scope: Scope, plan_id: UUID, *, unmask: bool = False) -> Handover:
    """List what changes hands: as it was written when the plan took effect, or for a draft as it would be today.

    Raises
    ------
    NotFound
        There is no such plan, or it is out of scope.
    Conflict
        The plan followed none: nothing changed hands.
    """
    case = _case(tx, scope, plan_id)
    handed = _handed(tx, scope, case)
    transfers = _transfers(tx, case, handed)
    rows = {
        kind.name: _rows(tx, scope, kind, handed[kind.name], case, unmask=unmask)
        for kind in ASSIGNED_KINDS
        if handed[kind.name]
    }
    agrees = all(each.agrees for transfer in transfers for each in transfer.recounts)
    return Handover(plan_ref(case.new.plan), plan_ref(case.old.plan), agrees, transfers, rows)


def write_handover(
    tx: Transaction, scope: Scope, plan_id: UUID, path: Path, *, unmask_reason: str | None = None
) -> Handover:
    """Write the hand-over list as a workbook (交接单): totals, recount, and a sheet for each kind of record.

    Parameters
    ----------
    unmask_reason : str, optional
        With it personal values are written in full; it stands in the audit.

    Raises
    ------
    NotFound, Conflict
        As `hand_over`.
    """
    found = hand_over(tx, scope, plan_id, unmask=unmask_reason is not None)
    with replacing(path) as target:
        write_workbook(target, _sheets(found))
    detail = {"file": path.name, "plan": str(plan_id)} | ({"reason": unmask_reason} if unmask_reason else {})
    count = sum(len(rows) for rows in found.rows.values())
    audit.record(tx, "unmask" if unmask_reason else "export", "handover", plan_id, count=count, detail=detail)
    return found


def _case(tx: Transaction, scope: Scope, plan_id: UUID) -> Case:
    new = land_of(tx, scope, plan_id)
    written = lineage.of_plan(tx, Scope.everything(tx.actor), plan_id)
    old_id = written[0].old_plan_id if written else new.plan.based_on
    if old_id is None:
        raise Conflict(f"the plan {new.plan.name} followed no other: nothing changed hands", plan=str(plan_id))
    return Case(tx, land_of(tx, Scope.everything(tx.actor), old_id), new)


def _took_effect(case: Case) -> bool:
    return case.new.plan.state in {PlanState.IN_FORCE, PlanState.SUPERSEDED}


def _handed(tx: Transaction, scope: Scope, case: Case) -> dict[str, dict[UUID, _Pair]]:
    """Return old and new grid of every visible record that changes hands, by kind."""
    if _took_effect(case):
        return {
            kind.name: {
                each.subject_id: (each.old_grid_id, each.new_grid_id)
                for each in lineage.handed_over(tx, scope, case.new.plan.id, kind)
            }
            for kind in ASSIGNED_KINDS
        }
    found = {}
    for kind in ASSIGNED_KINDS:
        movement = case.people[kind.name]
        rows = np.flatnonzero(movement.old != movement.new).tolist()
        moved = {
            movement.ids[row]: (movement.grid(int(movement.old[row])), movement.grid(int(movement.new[row])))
            for row in rows
        }
        if not scope.unlimited and moved:
            visible = set(registers.points(tx, scope, kind, ids=list(moved)).ids)
            moved = {subject: pair for subject, pair in moved.items() if subject in visible}
        found[kind.name] = moved
    return found


def _transfers(tx: Transaction, case: Case, handed: Mapping[str, Mapping[UUID, _Pair]]) -> tuple[Transfer, ...]:
    numbers: dict[_Pair, Counter[str]] = {}
    for kind in ASSIGNED_KINDS:
        residents = _residents(case.points[kind.name]) if kind.name == "households" else {}
        for subject, pair in handed[kind.name].items():
            counted = numbers.setdefault(pair, Counter())
            counted[kind.name] += 1
            counted["residents"] += residents.get(subject, 0)
    areas = {pair: area for pair, area in case.moves.areas.items() if pair[0] != pair[1]}
    recounts = {kind.name: _recounted(tx, case, kind, handed[kind.name]) for kind in ASSIGNED_KINDS}
    transfers = []
    for pair in dict.fromkeys([*numbers, *areas]):
        counted = numbers.get(pair, Counter())
        transfers.append(
            Transfer(
                old=grid_ref(_grid(case.old, pair[0])),
                new=grid_ref(_grid(case.new, pair[1])),
                area=round(areas.get(pair, 0.0), 3),
                numbers={name: counted[name] for name in MEASURES},
                recounts=tuple(each[pair] for each in recounts.values() if pair in each),
            )
        )
    return tuple(sorted(transfers, key=lambda each: (-each.numbers["households"], -each.area, _code(each))))


def _recounted(tx: Transaction, case: Case, kind: Kind, handed: Mapping[UUID, _Pair]) -> dict[_Pair, Recount]:
    """Count the records in the land that changed hands by point in polygon, without the rule and without the list."""
    points = case.points[kind.name]
    plan = case.new.plan if _took_effect(case) and kind.name != "incidents" else case.old.plan
    verdicts = succession.verdicts(tx, case.everything, [plan.id], kind)
    by_hand = {subject for subject, verdict in verdicts.items() if verdict.reason in _BY_HAND}
    hand = np.array([subject in by_hand for subject in points.ids], dtype=np.bool_)
    rows = np.flatnonzero(np.isfinite(points.lonlat).all(axis=1) & is_open(points) & ~hand)
    xy = np.round(case.new.plane.project(points.lonlat[rows]), 3) if len(rows) else np.empty((0, 2))
    tree = shapely.STRtree(np.asarray(shapely.points(xy), dtype=object))
    listed, put = Counter(handed.values()), Counter(pair for subject, pair in handed.items() if subject in by_hand)
    pieces: dict[_Pair, list[Any]] = {}
    for each in case.moves.pieces:
        pieces.setdefault((each.old, each.new), []).append(each.shape)
    found = {}
    for pair in dict.fromkeys([*pieces, *listed]):
        area = shapely.union_all(np.array(pieces.get(pair, []), dtype=object))
        touching, within = (len(tree.query(area, predicate=how)) for how in ("intersects", "contains_properly"))
        by_place = listed[pair] - put[pair]
        agrees = within <= by_place <= touching
        if listed[pair] or touching:
            found[pair] = Recount(kind.name, by_place, put[pair], within, touching - within, agrees)
    return found


def _residents(points: Points) -> dict[UUID, int]:
    return {subject: value or 0 for subject, value in zip(points.ids, points.columns["residents"], strict=True)}


def _rows(
    tx: Transaction, scope: Scope, kind: Kind, handed: Mapping[UUID, _Pair], case: Case, *, unmask: bool
) -> list[dict[str, Any]]:
    """Read the records that change hands, by old and new grid."""
    names = _COLUMNS[kind.name]
    found = []
    for chunk in registers.read_chunks(tx, scope, kind, columns=["id", *names]):
        for row in chunk:
            if row["id"] not in handed:
                continue
            old, new = handed[row["id"]]
            values = {name: row[name] for name in names}
            values = values if unmask else masked_record(kind, values)
            found.append(_pair_values(_grid(case.old, old), _grid(case.new, new), unmask=unmask) | values)
    return sorted(found, key=lambda row: (row["old_code"], row["new_code"]))


def _pair_values(old: Grid | None, new: Grid | None, *, unmask: bool) -> dict[str, Any]:
    return {
        f"{side}_{name}": (_worker(grid, unmask=unmask) if name == "worker" else getattr(grid, name)) if grid else ""
        for side, grid in (("old", old), ("new", new))
        for name in ("code", "name", "worker")
    }


def _worker(grid: Grid, *, unmask: bool) -> str:
    return grid.worker if unmask else mask(grid.worker, Mask.NAME)


def _grid(found: PlanInForce, grid_id: UUID | None) -> Grid | None:
    return found.grids.get(grid_id) if grid_id else None


def _code(transfer: Transfer) -> tuple[str, str]:
    return transfer.old.code if transfer.old else "", transfer.new.code if transfer.new else ""


def _sheets(found: Handover) -> Iterable[tuple[str, list[str], Iterable[list[object]]]]:
    words = {"households": "户数", "residents": "居住人数"} | {
        kind.name: _SHEETS[kind.name] for kind in ASSIGNED_KINDS if kind.name != "households"
    }
    grids = ["原网格编码", "原网格名称", "新网格编码", "新网格名称"]
    yield (
        "汇总",
        [*grids, "面积（平方米）", *(words[name] for name in MEASURES)],
        ([*_named(each), each.area, *(each.numbers[name] for name in MEASURES)] for each in found.transfers),
    )
    yield (
        "核对",
        [*grids, "类别", "清单（按位置）", "清单（人工指定或纳入清单）", "范围内点位", "边界上点位", "核对结果"],
        (
            [
                *_named(each),
                _SHEETS[count.kind],
                count.listed,
                count.by_hand,
                count.inside,
                count.on_edge,
                "一致" if count.agrees else "不一致",
            ]
            for each in found.transfers
            for count in each.recounts
        ),
    )
    for kind in ASSIGNED_KINDS:
        if rows := found.rows.get(kind.name):
            header = [*_PAIR, *(label(kind, name) for name in _COLUMNS[kind.name])]
            yield _SHEETS[kind.name], header, (list(row.values()) for row in rows)


def _named(transfer: Transfer) -> list[object]:
    return [text for each in (transfer.old, transfer.new) for text in ((each.code, each.name) if each else ("", "无"))]
