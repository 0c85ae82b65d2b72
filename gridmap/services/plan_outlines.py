"""Outlines of buildings and compounds from the registers, with their households, for the guards of edits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import shapely

from gridmap.access import Scope
from gridmap.model.kinds import kind_named
from gridmap.space.guards import Outline, Outlines
from gridmap.space.measure import array_of
from gridmap.storage import registers

if TYPE_CHECKING:
    from gridmap.datum import Plane
    from gridmap.storage.database import Transaction

_Kind: TypeAlias = Literal["building", "compound"]
_PLURALS: tuple[tuple[_Kind, str], ...] = (("compound", "compounds"), ("building", "buildings"))


def read_outlines(tx: Transaction, plane: Plane) -> Outlines:
    """Read every compound and building that has an outline; an unnamed one goes by its code."""
    everything = Scope.everything(tx.actor)
    households = registers.points(tx, everything, kind_named("households"), columns=("building", "compound"))
    items: list[Outline] = []
    for kind, plural in _PLURALS:
        living = Counter(code for code in households.columns[kind] if code)
        for rows in registers.read_chunks(tx, everything, kind_named(plural), columns=("id", "code", "name", "geom")):
            drawn = [row for row in rows if row["geom"] is not None and not row["geom"].is_empty]
            flat = plane.project_geometries(array_of([row["geom"] for row in drawn]))
            flat = np.where(shapely.is_valid(flat), flat, shapely.make_valid(flat))
            items += [
                Outline(row["id"], kind, row["name"] or row["code"], living[row["code"]], shape)
                for row, shape in zip(drawn, flat, strict=True)
            ]
    return Outlines.of(items)
