"""全覆盖检查 of the plan in force: gaps, overlaps, slivers, grids outside their community, wrong codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.model.kinds import kind_named
from gridmap.services.plan_land import PlanInForce, plans_in_force
from gridmap.space.coverage import SLIVER_WIDTH, Communities, ProblemKind, find_problems
from gridmap.space.measure import is_wider
from gridmap.storage import land, registers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.access import Scope
    from gridmap.space.problem import Problem
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class PlanCheck:
    """What a check found. `is_coverage` is the answer: no gap, no overlap, every community covered.

    Parameters
    ----------
    problems : list of dict
        kind, severity (error: it breaks the coverage; notice), features (grid codes), community, place (lon, lat
        EPSG:4490), m2, m, detail.
    """

    plan: str
    grids: int
    is_coverage: bool
    problems: list[dict[str, Any]]


_ADVICE = {ProblemKind.SLIVER, ProblemKind.MULTIPART, ProblemKind.CODE_WRONG}  # not a matter of covering
_AGAINST_OUTLINE = {ProblemKind.OUTSIDE_COMMUNITY, ProblemKind.COMMUNITY_NOT_COVERED}


def check_plans(tx: Transaction, scope: Scope) -> list[PlanCheck]:
    """Check the plan in force of every sub-district.

    A hole that an imported water surface fills is declared: nobody has to look after a lake.

    Raises
    ------
    NoPlan
        There is none.
    """
    return [_check(tx, scope, found) for found in plans_in_force(tx)]


def _check(tx: Transaction, scope: Scope, found: PlanInForce) -> PlanCheck:
    grids = [grid for grid in found.grids.values() if scope.unlimited or grid.community_id in scope.communities]
    outlined = [
        each for each in land.communities(tx, scope, subdistrict_id=found.subdistrict.id) if each.outline is not None
    ]
    place = {each.id: number for number, each in enumerate(outlined)}
    communities = Communities(
        outlines=found.plane.project_geometries(np.array([each.outline for each in outlined], dtype=object)),
        of=np.array([place.get(grid.community_id, -1) for grid in grids], dtype=np.int64),
        codes=tuple(each.code for each in outlined),
    )
    problems = find_problems(
        found.plane.project_geometries(np.array([grid.shape for grid in grids], dtype=object)),
        declared_holes=found.plane.project_geometries(_waters(tx, scope)),
        communities=communities if outlined else None,
        codes=[grid.code for grid in grids],
    )
    names = [each.name for each in outlined]
    return PlanCheck(
        plan=found.plan.name,
        grids=len(grids),
        is_coverage=not any(_is_error(problem) for problem in problems),
        problems=[_told(problem, [grid.code for grid in grids], names, found) for problem in problems],
    )


def _is_error(problem: Problem) -> bool:
    """Tell what breaks the coverage from what a person should look at.

    The imported outline of a community is a reference that somebody else drew: strips under a metre are two drawings
    of one line.
    """
    if problem.kind in _AGAINST_OUTLINE:
        return bool(is_wider(np.array([problem.shape], dtype=object), SLIVER_WIDTH)[0])
    return problem.kind not in _ADVICE


def _waters(tx: Transaction, scope: Scope) -> NDArray[Any]:
    rows = [row for chunk in registers.read_chunks(tx, scope, kind_named("waters"), columns=["geom"]) for row in chunk]
    return np.array([row["geom"] for row in rows if row["geom"] and row["geom"].area > 0], dtype=object)


def _told(problem: Problem, codes: list[str], communities: list[str], found: PlanInForce) -> dict[str, Any]:
    lon, lat = found.plane.unproject(np.array([problem.place]))[0].tolist()
    return {
        "kind": problem.kind.value,
        "severity": "error" if _is_error(problem) else "notice",
        "features": [codes[feature] for feature in problem.features],
        "community": communities[problem.community] if problem.community is not None else None,
        "place": [lon, lat],
        "m2": round(problem.area, 4),
        "m": round(problem.length, 3),
        "detail": problem.detail,
    }
