"""The plans before, as a map needs them for its colours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from office import open_office

from gridmap.access import Scope
from gridmap.model.land import PlanState
from gridmap.services.earlier_plans import earlier_land
from gridmap.services.overview import overview
from gridmap.services.plan_land import plans_in_force

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database


def test_a_draft_and_a_later_plan_know_what_was_in_force_before(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    scope = Scope.everything("tester")
    with database.transaction("tester") as tx:
        (found,) = plans_in_force(tx)
        shapes = {grid.id: grid.shape for grid in found.grids.values()}
        some = list(shapes)[:2]
        assert earlier_land(tx, scope, found.plan, shapes) == ()
        assert overview(tx, scope).earlier == ()
        assert found.plan.valid_from is not None
        draft = replace(found.plan, id=some[0], state=PlanState.DRAFT, valid_from=None)
        later = replace(found.plan, id=some[0], valid_from=found.plan.valid_from + timedelta(days=1))
        for plan in (draft, later):
            (before,) = earlier_land(tx, scope, plan, some)
            assert before == {each: shapes[each] for each in some}
