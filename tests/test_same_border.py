"""When the edges around some land are the very same, node by node, what lies around it needs no second look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from ascii_art import polygons

from gridmap.space.cutting import edges_of, same_border

WHOLE = "AAAA\nAAAA"


def layer(art: str, size: float = 10.0) -> tuple[Any, Any]:
    """Draw lands with a node at every corner of a cell."""
    lands = shapely.segmentize(np.array(list(polygons(art).values()), dtype=object), size)
    return lands, np.zeros(len(lands), dtype=np.intp)


@pytest.mark.parametrize(
    ("after", "same"),
    [(WHOLE, True), ("ABBB\nAABB", True), ("AABB\nCCBB", True), ("AAAA\nAA..", False), ("AAB.\nAAB.", False)],
)
def test_land_that_is_divided_keeps_its_border(after: str, same: bool) -> None:  # noqa: FBT001
    assert same_border(*edges_of(layer(WHOLE), layer(after))) is same


def test_a_node_more_or_land_twice_is_another_border() -> None:
    lands, zeros = layer(WHOLE)
    assert not same_border(*edges_of((lands, zeros), layer(WHOLE, 5.0)))
    assert not same_border(*edges_of((lands, zeros), (np.concatenate([lands, lands]), np.zeros(2, dtype=np.intp))))
