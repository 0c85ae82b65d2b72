"""What a database holds, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.errors import NoPlan
from gridmap.model.kinds import ASSIGNED_KINDS, kind_named
from gridmap.model.land import GridKind
from gridmap.services.plan_land import plans_in_force
from gridmap.storage import unassigned
from gridmap.storage.totals import total

if TYPE_CHECKING:
    from gridmap.access import Scope
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction

_SURVEYED = ("households", "shops", "social_organisations")


def stats(tx: Transaction, scope: Scope) -> dict[str, Any]:
    """Count what is stored and visible.

    Returns
    -------
    dict
        communities, grids by kind, every register (with `surveyed` where it has one), residents, staff, incidents,
        and `unassigned`: households, shops and others without a grid, by kind.
    """
    counts: dict[str, Any] = {"communities": _count(tx, scope, "communities")}
    grids = [grid for plan in _plans(tx) for grid in plan.grids.values()]
    visible = [grid for grid in grids if scope.unlimited or grid.community_id in scope.communities]
    counts["grids"] = {kind.value: sum(grid.kind is kind for grid in visible) for kind in GridKind}
    for name in (
        "compounds",
        "buildings",
        "households",
        "shops",
        "organisations",
        "social_organisations",
        "party_organisations",
        "key_places",
    ):
        found = total(tx, scope, kind_named(name))
        counts[name] = {"total": found.records, "surveyed": found.surveyed} if name in _SURVEYED else found.records
        if name == "households":
            counts["residents"] = found.residents
    counts["staff"] = _count(tx, scope, "persons")
    counts["incidents"] = _count(tx, scope, "incidents")
    counts["unassigned"] = {kind.name: unassigned.count(tx, scope, kind) for kind in ASSIGNED_KINDS}
    return counts


def _count(tx: Transaction, scope: Scope, name: str) -> int:
    return total(tx, scope, kind_named(name)).records


def _plans(tx: Transaction) -> list[PlanInForce]:
    try:
        return plans_in_force(tx)
    except NoPlan:
        return []
