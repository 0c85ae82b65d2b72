"""Plans and their grids as they may be told: numbers, shapes as GeoJSON, nothing personal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import shapely
from shapely import Polygon

from gridmap.access import Mask, mask
from gridmap.model.land import GridKind
from gridmap.services.plan_profile import MEASURES
from gridmap.space.compactness import polsby_popper, reock
from gridmap.space.measure import array_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from shapely import Geometry

    from gridmap.access import Scope
    from gridmap.model.land import Plan
    from gridmap.services.plan_profile import PlanProfile
    from gridmap.services.plan_session import Session


@dataclass(frozen=True)
class GridNumbers:
    """The numbers of a grid.

    Parameters
    ----------
    households, residents, shops, organisations : int
    incidents : int
        Of the last 12 months, by their place.
    load : float
        Of a worker, by the weights of the plan profile.
    area : float
        Square metres in the plane.
    polsby_popper, reock : float
        Compactness; 1 is a circle.
    pieces : int
    deviation : float or None
        From the target, as a share of the bound that is missed; 0 within it, None without a target.
    """

    households: int
    residents: int
    shops: int
    organisations: int
    incidents: int
    load: float
    area: float
    polsby_popper: float
    reock: float
    pieces: int
    deviation: float | None


@dataclass(frozen=True)
class PlanNumbers:
    """The numbers of a plan.

    Parameters
    ----------
    grids, blocks : int
    target : dict
        Name, measure, low and high of the profile.
    largest_deviation : dict or None
        `id`, `code` and `deviation` of the grid that is farthest from the target; None where no grid has one.
    unassigned : dict of str to int
        What no grid has.
    changed_hands : dict of str to int
        What has another grid than in the plan in force.
    """

    grids: int
    blocks: int
    target: dict[str, Any]
    largest_deviation: dict[str, Any] | None
    unassigned: dict[str, int]
    changed_hands: dict[str, int]


@dataclass(frozen=True)
class PlanView:
    """A plan in a line. `undo` and `redo` name the operation that would be undone or done again, if any.

    `approval_number` is the 批准文号 of the document that put it in force, `approval_date` the day on it.
    """

    id: str
    name: str
    state: str
    word: str
    subdistrict: str
    valid_from: str | None
    valid_to: str | None
    based_on: str | None
    revision: int
    approval_number: str | None = None
    approval_date: str | None = None
    undo: str | None = None
    redo: str | None = None


@dataclass(frozen=True)
class PlanDetails:
    """A plan with its numbers and grids; `grids` are GeoJSON features, without geometry unless it was asked for."""

    plan: PlanView
    numbers: PlanNumbers
    grids: list[dict[str, Any]] = field(default_factory=list)


def grid_numbers(session: Session, grid_id: UUID, profile: PlanProfile) -> GridNumbers:
    """Count one grid of a plan."""
    counted = _complete(session.tally.numbers(grid_id))
    shape = session.layout.shape(grid_id)
    deviation = profile.deviation(counted, session.layout.grids[grid_id].kind)
    return GridNumbers(
        **counted,
        load=round(profile.load_of(counted), 2),
        area=round(float(shapely.area(shape)), 3),
        polsby_popper=round(polsby_popper(shape), 4),
        reock=round(reock(shape), 4),
        pieces=int(shapely.get_num_geometries(shape)),
        deviation=None if deviation is None else round(deviation, 4),
    )


def plan_numbers(session: Session, scope: Scope, profile: PlanProfile) -> PlanNumbers:
    """Count a whole plan; a grid that the caller may not see is not named."""
    layout, tally = session.layout, session.tally
    before = session.ground.before
    return PlanNumbers(
        grids=len(layout.grids),
        blocks=len(layout.blocks),
        target={
            "name": profile.name,
            "measure": profile.measure,
            "low": profile.low,
            "high": profile.high,
        },
        largest_deviation=_largest_deviation(session, visible_grids(session, scope, layout.grids), profile),
        unassigned=_complete(tally.nobodys()),
        changed_hands=_complete(tally.changed_hands(before) if before is not None else {}),
    )


def _largest_deviation(session: Session, grid_ids: Iterable[UUID], profile: PlanProfile) -> dict[str, Any] | None:
    """Name the grid that is farthest from the target: the smallest or the largest of those that have one."""
    grids, amounts = session.layout.grids, session.tally.column(profile.measure)
    targeted = [kind for kind in GridKind if kind.value not in profile.untargeted]
    counted = [(amounts.get(grid_id, 0), grid_id) for grid_id in grid_ids if grids[grid_id].kind in targeted]
    if not counted:
        return None
    ends = min(counted), max(counted)
    deviations = [profile.deviation({profile.measure: amount}, grids[grid_id].kind) or 0.0 for amount, grid_id in ends]
    at = int(abs(deviations[1]) > abs(deviations[0]))
    grid_id = ends[at][1]
    return {"id": str(grid_id), "code": grids[grid_id].code, "deviation": round(deviations[at], 4)}


def lonlat_shapes(session: Session, grid_ids: Iterable[UUID]) -> dict[UUID, Geometry]:
    """Return shapes of grids, lon/lat EPSG:4490.

    A grid with the very blocks that it has in the plan's base has the very shape, too.
    """
    layout, shapes, drawn = session.layout, {}, []
    for grid_id in grid_ids:
        blocks, shape = session.original.get(grid_id, (frozenset(), None))
        if shape is not None and blocks == layout.held[grid_id]:
            shapes[grid_id] = shape
        else:
            drawn.append(grid_id)
    flat = array_of([layout.shape(grid_id) for grid_id in drawn])
    shapes.update(zip(drawn, session.ground.plane.unproject_geometries(flat), strict=True))
    return shapes


def features(
    session: Session, grid_ids: Iterable[UUID], profile: PlanProfile, shapes: Mapping[UUID, Geometry] | None
) -> list[dict[str, Any]]:
    """Describe grids as GeoJSON features by code: names, states and numbers; no geometry without `shapes`."""
    states = sorted((session.layout.grids[grid_id] for grid_id in grid_ids), key=lambda state: state.code)
    names = {each.id: each.name for each in session.ground.communities}
    return [
        {
            "type": "Feature",
            "id": str(state.id),
            "geometry": None if shapes is None else _geojson(shapes[state.id]),
            "properties": {
                "id": str(state.id),
                "code": state.code,
                "name": state.name,
                "kind": state.kind.value,
                "community_code": state.community_code,
                "community_name": names[state.community],
                "provisional": state.provisional,
                "multipart": state.multipart,
                "four_limits": state.four_limits,
                "source_document": state.source_document,
                "worker": mask(state.worker, Mask.NAME),
                "numbers": dict(vars(grid_numbers(session, state.id, profile))),
            },
        }
        for state in states
    ]


def _geojson(shape: Geometry) -> dict[str, Any]:
    """Write a polygon or several as GeoJSON; by way of text it takes ten times as long."""
    parts = [shapely.get_rings(part) for part in shapely.get_parts(shape)]
    rings = [[shapely.get_coordinates(ring).tolist() for ring in part] for part in parts]
    if isinstance(shape, Polygon):
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


def visible_grids(session: Session, scope: Scope, grid_ids: Iterable[UUID]) -> list[UUID]:
    """Return those grids of the plan that the caller may see."""
    grids = session.layout.grids
    return [each for each in grid_ids if scope.unlimited or grids[each].community in scope.communities]


def plan_view(
    plan: Plan, subdistrict: str, profile: PlanProfile, *, undo: str | None = None, redo: str | None = None
) -> PlanView:
    """Describe a plan."""
    return PlanView(
        id=str(plan.id),
        name=plan.name,
        state=plan.state.value,
        word=profile.state(plan.state).word,
        subdistrict=subdistrict,
        valid_from=plan.valid_from.isoformat() if plan.valid_from else None,
        valid_to=plan.valid_to.isoformat() if plan.valid_to else None,
        based_on=str(plan.based_on) if plan.based_on else None,
        revision=plan.revision,
        approval_number=plan.document_number,
        approval_date=plan.document_date.isoformat() if plan.document_date else None,
        undo=undo,
        redo=redo,
    )


def _complete(counted: Mapping[str, int]) -> dict[str, int]:
    """Return every measure, 0 where nobody was counted."""
    return {measure: counted.get(measure, 0) for measure in MEASURES}
