"""The features that are stored, as the ground on which 四至 texts are read: prepared once, kept until they change."""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap import datum
from gridmap.codes import sequence_of
from gridmap.errors import NotFound
from gridmap.model.kinds import kind_named
from gridmap.services.ground import Ground
from gridmap.services.limits import Surroundings
from gridmap.services.plan_land import plans_in_force
from gridmap.space.limits.features import Features, key
from gridmap.storage import drafts, land, registers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.model.land import Grid
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction

_KINDS = {"roads": "road", "waters": "water", "railways": "railway", "compounds": "compound"}
_LONLAT = datum.parse_crs("EPSG:4490")
_DEDICATED = "专属网格"
_KEPT = 4

_kept: dict[tuple[Any, ...], Surroundings] = {}
_guard = Lock()


def stored_surroundings(tx: Transaction, scope: Scope, plan: PlanInForce | None = None) -> Surroundings:
    """Return the roads, waters, railways, compounds, and the borders of communities and grids of the plans in force.

    The borders serve where nothing else does, and the wall of a dedicated grid is named by what stands there.

    Parameters
    ----------
    plan : PlanInForce, optional
        Whose borders to take instead: a sentence of a draft may name a neighbour of tomorrow.

    Raises
    ------
    NoPlan
        No plan is in force.
    NotFound
        Nothing with a name is stored.
    """
    found = plans_in_force(tx) if plan is None else [plan]
    mark = (scope, drafts.registers_revision(tx, scope), tuple((each.plan.id, each.plan.revision) for each in found))
    with _guard:
        if mark in _kept:
            return _kept[mark]
    made = _make(tx, scope, found)
    with _guard:
        while len(_kept) >= _KEPT:
            del _kept[next(iter(_kept))]
        _kept[mark] = made
    return made


def border_names(grids: Iterable[Grid], communities: Mapping[UUID, str]) -> dict[UUID, tuple[str, ...]]:
    """Return what sentences call each grid: its name, of a dedicated one also what stands there.

    A note in brackets is no part of a name: where only that tells a grid, as one that was just cut off, from another
    one, it is called by its number.

    Parameters
    ----------
    communities : mapping of UUID to str
        Their names.
    """
    listed = list(grids)
    shared = Counter(key(grid.name) for grid in listed)
    names: dict[UUID, tuple[str, ...]] = {}
    for grid in listed:
        community = communities.get(grid.community_id, "")
        short = grid.name.removeprefix(community).removesuffix(_DEDICATED)
        if key(grid.name) != grid.name and shared[key(grid.name)] > 1:
            names[grid.id] = (f"{community}第{sequence_of(grid.code):02d}网格",)
        elif grid.name.endswith(_DEDICATED) and short:
            names[grid.id] = (grid.name, short)
        else:
            names[grid.id] = (grid.name,)
    return names


def _borders(tx: Transaction, scope: Scope, plan: PlanInForce) -> Iterator[tuple[Any, tuple[str, ...], str]]:
    """Give the borders of a plan's grids and of the communities: shape, names, kind."""
    communities = land.communities(tx, scope, subdistrict_id=plan.subdistrict.id)
    called = border_names(plan.grids.values(), {each.id: each.name for each in communities})
    for grid in plan.grids.values():
        if scope.unlimited or grid.community_id in scope.communities:
            yield grid.shape, called[grid.id], "compound" if len(called[grid.id]) > 1 else "boundary"
    for each in communities:
        if each.outline is not None:
            yield each.outline, (each.name,), "boundary"


def _make(tx: Transaction, scope: Scope, found: list[PlanInForce]) -> Surroundings:
    shapes: list[Any] = []
    names: list[tuple[str, ...]] = []
    kinds: list[str] = []
    for kind, said in _KINDS.items():
        for chunk in registers.read_chunks(tx, scope, kind_named(kind)):
            for row in chunk:
                if row["geom"] is not None:
                    shapes.append(row["geom"])
                    names.append((row["name"],) if row["name"] else ())
                    kinds.append(said)
    for plan in found:
        for shape, called, said in _borders(tx, scope, plan):
            shapes.append(shape)
            names.append(called)
            kinds.append(said)
    if not any(names):
        raise NotFound("no feature with a name is stored: import roads, waters, railways and compounds first")
    plane = found[0].plane
    ground = Ground(_LONLAT, plane, None)
    carried = plane.project_geometries(np.array(shapes, dtype=object))
    return Surroundings(Features.of(carried, names, kinds).ready(), ground)
