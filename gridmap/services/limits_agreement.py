"""四至与图形不符: sentences of communities and grids that do not say where their border runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.access import Scope
from gridmap.errors import BadInput
from gridmap.services.limits import parse_text
from gridmap.services.limits_ground import stored_surroundings
from gridmap.services.limits_words import disagreement_words
from gridmap.services.plan_land import plans_in_force
from gridmap.space.limits.compare import compare
from gridmap.space.measure import array_of
from gridmap.space.problem import on
from gridmap.storage import land

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridmap.datum import Plane
    from gridmap.model.land import Grid
    from gridmap.services.limits import Surroundings
    from gridmap.services.plan_case import Case
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction

SAME_LAND = 1.0  # m²; where a cut ends on a border, the border may bend by less than a millimetre


@dataclass(frozen=True)
class Disagreement:
    """A sentence that does not fit its polygon.

    Parameters
    ----------
    plan : str
        Name of the plan in force.
    level : str
        community or grid.
    code, name, four_limits, source_document : str
    agreement : float
        IoU of the polygon and what the sentence gives; 0 where that gives none.
    status : str
        Of the sentence alone: exact, gap_bridged, ambiguous, unresolved.
    sides : dict of str to float
        Metres of the border that look to a side and lie on no feature of the sentence.
    place : tuple of float
        Longitude and latitude of a point in the polygon, EPSG:4490.
    message : str
        All of it in Chinese.
    """

    plan: str
    level: str
    code: str
    name: str
    four_limits: str
    source_document: str
    agreement: float
    status: str
    sides: dict[str, float]
    place: tuple[float, float]
    message: str


@dataclass(frozen=True)
class Agreement:
    """Whether a sentence fits a polygon, and if not, how they part."""

    agrees: bool
    status: str
    agreement: float
    sides: dict[str, float]
    message: str


@dataclass(frozen=True)
class LimitsCheck:
    """How many sentences were held against their polygons, and those that do not fit."""

    held: int
    disagreements: tuple[Disagreement, ...]


def check_limits(tx: Transaction, scope: Scope, progress: Callable[[int], None] = lambda _: None) -> LimitsCheck:
    """Hold the sentence of every community and grid of the plans in force against its land.

    A community is the land of its grids; the outline that was imported is only a reference. One sentence takes some
    tenths of a second.

    Parameters
    ----------
    progress : callable
        Is told how many sentences were held so far.

    Raises
    ------
    NoPlan
        No plan is in force.
    NotFound
        There is a sentence, but nothing with a name that it could be held against.
    """
    found = plans_in_force(tx)
    said = [(plan, *each) for plan in found for each in _sentences(tx, scope, plan)]
    if not said:
        return LimitsCheck(0, ())
    around = stored_surroundings(tx, Scope.everything(tx.actor))
    parted = []
    for number, (plan, level, each, shape) in enumerate(said, start=1):
        answer = agreement_of(each.four_limits, shape, around)
        if not answer.agrees:
            parted.append(
                Disagreement(
                    plan=plan.plan.name,
                    level=level,
                    code=each.code,
                    name=each.name,
                    four_limits=each.four_limits,
                    source_document=each.source_document,
                    agreement=answer.agreement,
                    status=answer.status,
                    sides=answer.sides,
                    place=_place(shape, plan.plane),
                    message=answer.message,
                )
            )
        progress(number)
    return LimitsCheck(len(said), tuple(parted))


def changed_disagreements(case: Case) -> Iterator[tuple[Grid, Any, Agreement]]:
    """Hold the sentences of those grids of a plan against their land whose land or sentence is another one.

    Yields
    ------
    Grid, Polygon in the plane, Agreement
        Those that do not agree.
    """
    moved = {grid for piece in case.moves.pieces if piece.area > SAME_LAND for grid in (piece.old, piece.new)}
    before = {grid.id: grid.four_limits.strip() for grid in case.old.grids.values()}
    asked = [
        (grid, shape)
        for grid, shape in zip(case.grids, case.shapes, strict=True)
        if (text := grid.four_limits.strip()) and (grid.id in moved or before.get(grid.id) != text)
    ]
    if not asked:
        return
    around = stored_surroundings(case.tx, case.everything, case.new)
    for grid, shape in asked:
        answer = agreement_of(grid.four_limits, shape, around)
        if not answer.agrees:
            yield grid, shape, answer


def agreement_of(text: str, shape: Any, around: Surroundings) -> Agreement:
    """Hold a sentence against a polygon in the plane; one that cannot be read agrees with none."""
    try:
        parsed = parse_text(text)
    except BadInput:
        return Agreement(False, "unresolved", 0.0, {}, "四至读不出东南西北各至何处")
    found = compare(parsed, shape, around.features)
    sides = {side.value: round(metres, 1) for side, metres in found.off.items() if metres > 0}
    message = disagreement_words(found.agreement, found.off, found.troubles)
    return Agreement(found.agrees, found.status.value, round(found.agreement, 4), sides, message)


def _sentences(tx: Transaction, scope: Scope, plan: PlanInForce) -> Iterator[tuple[str, Any, Any]]:
    """Give what has a sentence: level, community or grid, land in the plane."""
    grids = sorted(plan.grids.values(), key=lambda grid: grid.code)
    shapes = plan.plane.project_geometries(array_of([grid.shape for grid in grids]))
    of = np.array([str(grid.community_id) for grid in grids], dtype=object)
    for each in land.communities(tx, scope, subdistrict_id=plan.subdistrict.id):
        own = shapes[of == str(each.id)]
        if each.four_limits.strip() and len(own):
            yield "community", each, shapely.coverage_union_all(own)
    for grid, shape in zip(grids, shapes, strict=True):
        if grid.four_limits.strip() and (scope.unlimited or grid.community_id in scope.communities):
            yield "grid", grid, shape


def _place(shape: Any, plane: Plane) -> tuple[float, float]:
    lon, lat = plane.unproject(np.array([on(shape)]))[0].tolist()
    return lon, lat
