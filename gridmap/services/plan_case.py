"""What the rules ask about a plan and the one that it is to follow; read when it is first asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Scope
from gridmap.model.kinds import ASSIGNED_KINDS, kind_named
from gridmap.services.plan_moves import LandMoves, Movement, land_moves, movement, subject_points
from gridmap.space.coverage import Communities, find_problems
from gridmap.storage import land, plans, registers, succession

if TYPE_CHECKING:
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.model.land import Grid
    from gridmap.services.plan_land import PlanInForce
    from gridmap.space.problem import Problem
    from gridmap.storage.database import Transaction
    from gridmap.storage.registers import Points


@dataclass(frozen=True)
class Case:
    """A plan, and the one that it is compared with. The rules see everything; who asked sees what is his."""

    tx: Transaction
    old: PlanInForce
    new: PlanInForce

    @cached_property
    def everything(self) -> Scope:
        """The scope of the rules."""
        return Scope.everything(self.tx.actor)

    @cached_property
    def grids(self) -> list[Grid]:
        """The grids of the plan by code."""
        return sorted(self.new.grids.values(), key=lambda grid: grid.code)

    @cached_property
    def shapes(self) -> NDArray[Any]:
        """Their shapes in the plane."""
        return self.new.plane.project_geometries(np.array([grid.shape for grid in self.grids], dtype=object))

    @cached_property
    def retired(self) -> list[Grid]:
        """The grids that the plan no longer has, by code."""
        gone = [grid for grid_id, grid in self.old.grids.items() if grid_id not in self.new.grids]
        return sorted(gone, key=lambda grid: grid.code)

    @cached_property
    def moves(self) -> LandMoves:
        """Land that changed hands."""
        return land_moves(self.tx, self.everything, self.old, self.new)

    @cached_property
    def people(self) -> dict[str, Movement]:
        """Where everybody is under both plans, by kind."""
        return {kind.name: movement(kind, self.points[kind.name], self.old, self.new) for kind in ASSIGNED_KINDS}

    @cached_property
    def points(self) -> dict[str, Points]:
        """Everybody who gets a grid, by kind."""
        return {kind.name: subject_points(self.tx, self.everything, kind) for kind in ASSIGNED_KINDS}

    @cached_property
    def problems(self) -> list[Problem]:
        """What is wrong with the boundaries; features are indices of `grids`."""
        outlined = [
            each
            for each in land.communities(self.tx, self.everything, subdistrict_id=self.new.subdistrict.id)
            if each.outline is not None
        ]
        place = {each.id: number for number, each in enumerate(outlined)}
        communities = Communities(
            self.new.plane.project_geometries(np.array([each.outline for each in outlined], dtype=object)),
            np.array([place.get(grid.community_id, -1) for grid in self.grids], dtype=np.int64),
        )
        apart = succession.multipart(self.tx, self.everything, self.new.plan.id)
        return find_problems(
            self.shapes,
            declared_multipart=[row for row, grid in enumerate(self.grids) if grid.id in apart],
            communities=communities if outlined else None,
        )

    def named(self, kind: str, *columns: str) -> list[dict[str, Any]]:
        """Read some fields of every record of a kind."""
        chunks = registers.read_chunks(self.tx, self.everything, kind_named(kind), columns=columns)
        return [row for chunk in chunks for row in chunk]

    def codes_of(self, grid_ids: list[UUID | None]) -> tuple[str, ...]:
        """Return the codes of grids, as the new plan calls them, or the old one."""
        known = {**self.old.grids, **self.new.grids}
        return tuple(sorted(known[grid].code for grid in grid_ids if grid is not None))

    @cached_property
    def ever(self) -> dict[str, UUID]:
        """Which grid had each code that was ever in force."""
        return plans.codes_ever_in_force(self.tx, self.everything, self.new.subdistrict.code)

    @cached_property
    def provisional(self) -> list[str]:
        """Codes that no plan in force has had yet."""
        return succession.provisional_codes(self.tx, self.everything, self.new.plan.id)
