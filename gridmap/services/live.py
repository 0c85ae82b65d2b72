"""The land that the live map carries: communities and grids without numbers, which it asks for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.access import Scope
from gridmap.model.kinds import kind_named
from gridmap.services.extent import extent_of
from gridmap.services.overview import land_on_map
from gridmap.services.plan_land import today
from gridmap.services.tiles import KnownStates, layer_named, layer_revision
from gridmap.storage.layers import kind_states

if TYPE_CHECKING:
    from gridmap.services.overview_values import Overview
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
    """Return what changes whenever the page may have changed: with the plan, its land, what is around, and the day."""
    layers = [layer_revision(tx, scope, layer_named(name), known) for name in ("communities", "grids")]
    around = kind_states(tx, Scope.everything(tx.actor), known).get(kind_named("neighbouring_areas").singular, "")
    return f"{'-'.join(layers)}-{hashlib.sha256(around.encode()).hexdigest()[:8]}-{today(tx)}"


def live_land(tx: Transaction, scope: Scope) -> LiveLand:
    """Read the communities and grids of the plan in force.

    Raises
    ------
    NoPlan
        No plan is in force.
    """
    extent = extent_of(tx, scope, None, None)
    persons: dict[tuple[str, str], int] = {}
    for grid in extent.grids:
        if grid.worker:
            persons.setdefault((grid.community_code, grid.worker), len(persons))
    workers = tuple(persons.get((grid.community_code, grid.worker), -1) for grid in extent.grids)
    return LiveLand(land_on_map(tx, scope, extent), workers)
