"""Two plans compared: which grids changed, which land moved, who changes hands (变动清单)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import Conflict
from gridmap.model.kinds import ASSIGNED_KINDS
from gridmap.services.plan_case import Case
from gridmap.services.plan_land import PlanInForce, land_of
from gridmap.storage import plans

if TYPE_CHECKING:
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.model.land import Grid, Plan
    from gridmap.services.plan_moves import Piece
    from gridmap.storage.database import Transaction

_SAID = ("code", "name", "kind", "community_code", "worker", "four_limits", "source_document")
MEASURES = (
    "households",
    "residents",
    "shops",
    "organisations",
    "social_organisations",
    "party_organisations",
    "key_places",
    "incidents",
)
"""What is counted; incidents are the open ones."""

_Pair = tuple["UUID | None", "UUID | None"]


class Land(StrEnum):
    """What became of a grid's land.

    `SAME`: nothing changed hands. `UNCHANGED`: more than 0.99 of both in common, as when one border is drawn twice.
    `SLIGHTLY` changed: more than 0.9, `MUCH`: more than 0.5, `MOVED`: less. The share is intersection over union.
    """

    SAME = "same"
    UNCHANGED = "unchanged"
    SLIGHTLY = "slightly"
    MUCH = "much"
    MOVED = "moved"
    NEW = "new"
    RETIRED = "retired"


_AT_LEAST = ((0.99, Land.UNCHANGED), (0.9, Land.SLIGHTLY), (0.5, Land.MUCH))


@dataclass(frozen=True)
class PlanRef:
    """A plan, named."""

    id: str
    name: str
    state: str
    valid_from: str | None
    valid_to: str | None
    revision: int


@dataclass(frozen=True)
class GridRef:
    """A grid as one of the plans has it."""

    id: str
    code: str
    name: str
    kind: str
    community_code: str
    community_name: str


@dataclass(frozen=True)
class GridChange:
    """One grid in both plans.

    Parameters
    ----------
    old, new : GridRef or None
        None where a plan does not have it.
    overlap : float
        Intersection over union of its land, 0 to 1.
    changes : tuple of str
        What is said of it that differs: code, name, kind, community_code, worker, four_limits, source_document; and
        `land`, when any changed hands.
    area_old, area_new : float
        m².
    numbers_old, numbers_new : dict
        Its measures under either plan.
    """

    id: str
    old: GridRef | None
    new: GridRef | None
    land: Land
    overlap: float
    changes: tuple[str, ...]
    area_old: float
    area_new: float
    numbers_old: dict[str, int]
    numbers_new: dict[str, int]


@dataclass(frozen=True)
class Flow:
    """What one grid gives to another. A grid is None for land and people that nobody has.

    Parameters
    ----------
    area : float
        m²; `area_share` and `household_share` are of the old grid, None where there is no old grid.
    numbers : dict
        The measures that change hands.
    """

    old: GridRef | None
    new: GridRef | None
    area: float
    area_share: float | None
    household_share: float | None
    numbers: dict[str, int]


@dataclass(frozen=True)
class MovedLand:
    """A piece of land that changes hands. `block` is None where the two plans cut the land differently."""

    block: str | None
    old: str | None
    new: str | None
    area: float
    place: tuple[float, float]
    geometry: dict[str, Any] | None


@dataclass(frozen=True)
class PlanDiff:
    """Two plans compared: grids by code, flows from the largest in households, pieces of land from the largest."""

    old: PlanRef
    new: PlanRef
    summary: dict[str, Any]
    grids: tuple[GridChange, ...]
    flows: tuple[Flow, ...]
    moved: tuple[MovedLand, ...]


def diff_plans(tx: Transaction, scope: Scope, old_id: UUID, new_id: UUID, *, geometry: bool = False) -> PlanDiff:
    """Compare any two plans of one sub-district, whatever their states and however they were made.

    Parameters
    ----------
    geometry : bool
        Give the moved land as GeoJSON, lon/lat EPSG:4490.

    Raises
    ------
    NotFound
        There is no such plan, or it is out of scope.
    Conflict
        They are plans of different sub-districts.
    """
    old, new = (land_of(tx, scope, each) for each in (old_id, new_id))
    if old.subdistrict.id != new.subdistrict.id:
        raise Conflict(
            f"{old.plan.name} and {new.plan.name} are plans of different sub-districts: compare plans of one",
            old=str(old_id),
            new=str(new_id),
        )
    return _Comparison(Case(tx, old, new), scope).diff(geometry=geometry)


def base_of(tx: Transaction, scope: Scope, plan_id: UUID) -> UUID:
    """Return the plan that another one was drawn from.

    Raises
    ------
    Conflict
        It was drawn from none.
    """
    plan = plans.plan_named(tx, scope, plan_id)
    if plan.based_on is None:
        raise Conflict(f"the plan {plan.name} was drawn from no other: name two plans to compare", plan=str(plan_id))
    return plan.based_on


def as_json(found: PlanDiff) -> dict[str, Any]:
    """Return a comparison as plain values; of the grids those where anything differs."""
    value = asdict(found)
    value["grids"] = [each for each in value["grids"] if each["changes"]]
    return value


class _Comparison:
    """The numbers that the parts of a comparison share."""

    def __init__(self, case: Case, scope: Scope) -> None:
        self.case, self.old, self.new, self.scope = case, case.old, case.new, scope
        self.flows = _flows(case)
        self.areas = [_areas(each) for each in (self.old, self.new)]

    def diff(self, *, geometry: bool) -> PlanDiff:
        grids = [self._grid(each) for each in {**self.old.grids, **self.new.grids} if self._visible(each)]
        grids.sort(key=lambda each: (each.new or each.old or _NOBODY).code)
        pairs = {pair for pair in [*self.case.moves.areas, *self.flows] if pair[0] != pair[1]}
        flows = [self._flow(pair) for pair in pairs if self._visible(pair[0]) or self._visible(pair[1])]
        flows.sort(key=lambda each: (-each.numbers["households"], -each.area, _code(each.old), _code(each.new)))
        pieces = [each for each in self.case.moves.pieces if self._visible(each.old) or self._visible(each.new)]
        moved = _moved(self.new, pieces, geometry=geometry)
        return PlanDiff(
            plan_ref(self.old.plan),
            plan_ref(self.new.plan),
            self._summary(grids, flows, pieces),
            tuple(grids),
            tuple(flows),
            moved,
        )

    def _visible(self, grid_id: UUID | None) -> bool:
        if self.scope.unlimited or grid_id is None:
            return self.scope.unlimited
        both = (each.grids.get(grid_id) for each in (self.old, self.new))
        return any(grid is not None and grid.community_id in self.scope.communities for grid in both)

    def _grid(self, grid_id: UUID) -> GridChange:
        old, new = self.old.grids.get(grid_id), self.new.grids.get(grid_id)
        before, after = (areas.get(grid_id, 0.0) for areas in self.areas)
        kept = self._kept(grid_id, before)
        overlap = 1.0 if kept is None else kept / (before + after - kept)
        changes = tuple(name for name in _SAID if getattr(old, name, None) != getattr(new, name, None))
        return GridChange(
            id=str(grid_id),
            old=grid_ref(old),
            new=grid_ref(new),
            land=_judged(old, new, overlap, moved=kept is not None),
            overlap=round(overlap, 6),
            changes=changes + (() if kept is None else ("land",)),
            area_old=round(before, 3),
            area_new=round(after, 3),
            numbers_old=self._numbers(grid_id, 0),
            numbers_new=self._numbers(grid_id, 1),
        )

    def _kept(self, grid_id: UUID, before: float) -> float | None:
        """Return the land that a grid had and has; None where nothing changed hands."""
        moves = self.case.moves.areas
        if not any((pair[0] == grid_id) != (pair[1] == grid_id) for pair in self._pairs_of(grid_id)):
            return None if grid_id in self.old.grids and grid_id in self.new.grids else 0.0
        return moves.get((grid_id, grid_id), 0.0) if before else 0.0

    def _pairs_of(self, grid_id: UUID) -> list[_Pair]:
        return [pair for pair in self.case.moves.areas if grid_id in pair]

    def _numbers(self, grid_id: UUID, side: int) -> dict[str, int]:
        total: Counter[str] = Counter()
        for pair, numbers in self.flows.items():
            if pair[side] == grid_id:
                total.update(numbers)
        return {name: total[name] for name in MEASURES}

    def _flow(self, pair: _Pair) -> Flow:
        old, new = pair
        area = self.case.moves.areas.get(pair, 0.0)
        whole = self.areas[0].get(old, 0.0) if old else 0.0
        numbers = {name: self.flows.get(pair, Counter())[name] for name in MEASURES}
        people = self._numbers(old, 0)["households"] if old else 0
        return Flow(
            old=grid_ref(self.old.grids.get(old) if old else None),
            new=grid_ref(self.new.grids.get(new) if new else None),
            area=round(area, 3),
            area_share=round(area / whole, 6) if whole else None,
            household_share=round(numbers["households"] / people, 6) if people else None,
            numbers=numbers,
        )

    def _summary(self, grids: list[GridChange], flows: list[Flow], pieces: list[Piece]) -> dict[str, Any]:
        both = [each for each in grids if each.old and each.new]
        return {
            "grids": {kind.value: sum(each.land is kind for each in grids) for kind in Land},
            "kept": len(both),
            "changed": sum(bool(each.changes) for each in grids),
            "recoded": sum("code" in each.changes for each in both),
            "renamed": sum("name" in each.changes for each in both),
            "blocks": sum(each.block is not None for each in pieces),
            "area": round(sum(each.area for each in flows), 3),
            **{name: sum(each.numbers[name] for each in flows) for name in MEASURES},
        }


_NOBODY = GridRef("", "", "", "", "", "")


def _flows(case: Case) -> dict[_Pair, Counter[str]]:
    """Count everybody by the pair of his grids."""
    found: dict[_Pair, Counter[str]] = {}
    for kind in ASSIGNED_KINDS:
        for pair, (count, residents) in case.people[kind.name].pairs().items():
            numbers = found.setdefault(pair, Counter())
            numbers[kind.name] += count
            if kind.name == "households":
                numbers["residents"] += residents
    return found


def _areas(found: PlanInForce) -> dict[UUID, float]:
    shapes = found.plane.project_geometries(np.array([grid.shape for grid in found.grids.values()], dtype=object))
    return dict(zip(found.grids, shapely.area(shapes).tolist(), strict=True))


def _judged(old: Grid | None, new: Grid | None, overlap: float, *, moved: bool) -> Land:
    if old is None or new is None:
        return Land.NEW if old is None else Land.RETIRED
    if not moved:
        return Land.SAME
    return next((land for share, land in _AT_LEAST if overlap > share), Land.MOVED)


def _moved(found: PlanInForce, pieces: list[Piece], *, geometry: bool) -> tuple[MovedLand, ...]:
    if not pieces:
        return ()
    shapes = np.array([each.shape for each in pieces], dtype=object)
    places = found.plane.unproject(shapely.get_coordinates(shapely.point_on_surface(shapes))).tolist()
    drawn = shapely.to_geojson(found.plane.unproject_geometries(shapes)) if geometry else [None] * len(pieces)
    return tuple(
        MovedLand(
            block=str(each.block) if each.block else None,
            old=str(each.old) if each.old else None,
            new=str(each.new) if each.new else None,
            area=round(each.area, 3),
            place=(lon, lat),
            geometry=json.loads(shape) if shape else None,
        )
        for each, (lon, lat), shape in zip(pieces, places, drawn, strict=True)
    )


def plan_ref(plan: Plan) -> PlanRef:
    """Name a plan."""
    first, last = (str(day) if day else None for day in (plan.valid_from, plan.valid_to))
    return PlanRef(str(plan.id), plan.name, plan.state.value, first, last, plan.revision)


def grid_ref(grid: Grid | None) -> GridRef | None:
    """Name a grid as a plan has it."""
    if grid is None:
        return None
    return GridRef(str(grid.id), grid.code, grid.name, grid.kind.value, grid.community_code, grid.community_name)


def _code(grid: GridRef | None) -> str:
    return grid.code if grid else ""
