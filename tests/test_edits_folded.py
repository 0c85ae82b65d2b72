"""A line so close to a border that a piece folds onto itself is refused, not an accident. Found by the soak."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
import shapely

from gridmap.errors import EditRefused
from gridmap.model.land import GridKind
from gridmap.space.edits import Guards, perform
from gridmap.space.layout import GridState, Layout

FOUND = json.loads((Path(__file__).parent / "files" / "folded_reshape.json").read_text(encoding="utf-8"))


def test_a_line_that_folds_a_piece_is_refused_with_its_place() -> None:
    layout = Layout.of(
        {UUID(key): shapely.from_wkb(land) for key, land in FOUND["blocks"].items()},
        {UUID(key): UUID(grid) for key, grid in FOUND["owner"].items()},
        {
            UUID(each["id"]): GridState(
                UUID(each["id"]),
                each["code"],
                each["code"],
                GridKind.GENERAL,
                UUID(each["community"]),
                each["community_code"],
            )
            for each in FOUND["grids"]
        },
        base={UUID(key): shapely.from_wkb(land) for key, land in FOUND["base"].items()},
    )
    with pytest.raises(EditRefused) as refusal:
        perform(layout, FOUND["op"], Guards())
    assert refusal.value.evidence["reason"] == "too_close"
    assert refusal.value.evidence["place"] is not None
