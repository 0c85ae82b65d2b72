"""Official layers become coverages on the grid, with no feature lost and hardly any land moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import real_layers
import shapely

from gridmap.errors import RepairRefused
from gridmap.space.coverage import judge
from gridmap.space.repair import repair

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "name", ["taipei code2", "new york", "hong kong 2019", "hong kong 2015", "denver 2020", "denver repaired"]
)
def test_an_official_layer_becomes_a_coverage_without_anybody_losing_land(shared_data: Path, name: str) -> None:
    delivered = real_layers.read(shared_data, name).in_a_plane()
    done = repair(delivered)
    assert judge(done.polygons, 0.01).valid
    assert len(done.polygons) == len(delivered)
    assert not shapely.is_empty(done.polygons).any()
    assert done.split == ()
    assert abs(done.area_after - done.area_before) < 0.001 * done.area_before
    assert max(change.share for change in done.changes) < 0.001


def test_lakes_of_denver_stay(shared_data: Path) -> None:
    done = repair(real_layers.read(shared_data, "denver 2020").in_a_plane())
    lakes = [proposal for proposal in done.proposals if proposal.owner is None]
    assert len(lakes) == 9
    assert all(lake.area > 4_000 for lake in lakes)
    assert judge(done.polygons, 0.01).hole_area == pytest.approx(sum(lake.area for lake in lakes), rel=1e-4)


def test_the_colorado_region_is_refused_until_a_person_decides(shared_data: Path) -> None:
    delivered = real_layers.read(shared_data, "colorado gaps").in_a_plane()
    with pytest.raises(RepairRefused, match="2 overlaps or gaps are larger than 10 m² and need a decision") as refused:
        repair(delivered)
    areas = [proposal["area"] for proposal in refused.value.evidence["proposals"]]
    assert areas == pytest.approx([58_977, 19_907], rel=0.001)
    first, second = refused.value.evidence["proposals"]
    done = repair(delivered, accept_all=True)
    assert judge(done.polygons, 0.01).valid
    assert judge(done.polygons, 0.01).wide_hole_area == pytest.approx(3.2e6, rel=0.01)  # wider than any gap width
    other = {"overlap-1": 12, "overlap-2": 4}
    turned = repair(delivered, decisions=other)
    assert [proposal.owner for proposal in turned.proposals if proposal.decided] == [12, 4]
    assert turned.polygons[12].area - done.polygons[12].area == pytest.approx(first["area"], rel=0.001)
    assert turned.polygons[4].area - done.polygons[4].area == pytest.approx(second["area"], rel=0.001)
