"""The land that the live map carries: communities and grids without numbers, which it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.access import Mask, mask
from gridmap.codes import is_demonstration, sequence_of
from gridmap.services.earlier_plans import earlier_land
from gridmap.services.overview import maker_of
from gridmap.services.overview_values import CommunityOnMap, GridOnMap, Overview
from gridmap.services.plan_land import plans_in_force, today
from gridmap.services.tiles import KnownStates, layer_named, layer_revision
from gridmap.storage import land

if TYPE_CHECKING:
    from gridmap.access import Scope
    from gridmap.storage.database import Transaction


@dataclass(frozen=True, eq=False)
class LiveLand:
    """What the page of the live map is made from.

    Parameters
    ----------
    overview : Overview
        Without numbers, base map and points.
    workers : tuple of int
        For each grid of it the person who works there, as a number that means nothing else; -1 for nobody. Names are
        masked on the map, and two different 李** must not look like one.
    """

    overview: Overview
    workers: tuple[int, ...]


def land_revision(tx: Transaction, scope: Scope, known: KnownStates) -> str:
    """Return what changes whenever the page may have changed: with the plan, its grids and communities, and the day."""
    layers = [layer_revision(tx, scope, layer_named(name), known) for name in ("communities", "grids")]
    return f"{'-'.join(layers)}-{today(tx)}"


def live_land(tx: Transaction, scope: Scope) -> LiveLand:
    """Read the communities and grids of the plan in force.

    Raises
    ------
    NoPlan
        No plan is in force.
    """
    found = plans_in_force(tx)[0]
    grids = [grid for grid in found.grids.values() if scope.unlimited or grid.community_id in scope.communities]
    grids.sort(key=lambda grid: grid.code)
    persons: dict[tuple[str, str], int] = {}
    for grid in grids:
        if grid.worker:
            persons.setdefault((grid.community_code, grid.worker), len(persons))
    day = today(tx)
    overview = Overview(
        title=f"{found.subdistrict.name}一张图",
        subdistrict_code=found.subdistrict.code,
        subdistrict_name=found.subdistrict.name,
        plan=found.plan.name,
        as_of=day,
        made_on=day,
        maker=maker_of(tx, scope, found),
        communities=tuple(
            CommunityOnMap(each.code, each.name, each.section, each.four_limits, each.outline, {})
            for each in land.communities(tx, scope, subdistrict_id=found.subdistrict.id)
        ),
        grids=tuple(
            GridOnMap(
                id=grid.id,
                code=grid.code,
                name=grid.name,
                short=f"{sequence_of(grid.code):02d}",
                kind=grid.kind,
                community_code=grid.community_code,
                worker=mask(grid.worker, Mask.NAME),
                four_limits=grid.four_limits,
                shape=grid.shape,
                numbers={},
            )
            for grid in grids
        ),
        demonstration=is_demonstration(found.subdistrict.code),
        earlier=earlier_land(tx, scope, found.plan, [grid.id for grid in grids]),
    )
    return LiveLand(overview, tuple(persons.get((grid.community_code, grid.worker), -1) for grid in grids))
