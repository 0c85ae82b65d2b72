"""Rows of a sheet that may be the same matter as another row, or as an incident that was there before (疑似重复).

Only suggested, by the measures of their categories: a person merges.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.address.masking import mask_numbers
from gridmap.casework.duplicates import measures, near_in, register
from gridmap.datum import Plane
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.duplicates import box_around, told_of
from gridmap.storage import casework as store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.access import Scope
    from gridmap.casework.duplicates import Near, Told
    from gridmap.services.intake import Taken
    from gridmap.storage.database import Transaction

MOST = 5  # that are named for a row; all are counted
_FIELDS = ("number", "title", "category", "address", "state", "reported_at", "lon", "lat")


@dataclass(frozen=True)
class Twin:
    """A report that may be the same matter as a row.

    Parameters
    ----------
    row : int or None
        Its row, when it came with the same sheet; an incident that was there before has none.
    metres : float or None
        None where only the address agrees.
    """

    number: str
    title: str
    state: str
    row: int | None
    metres: float | None
    days: float
    likeness: float


def with_twins(tx: Transaction, scope: Scope, rows: Sequence[Taken]) -> list[Taken]:
    """Say of each new row which other rows, and which incidents, may be the same matter.

    What was merged, withdrawn or handed back looks for none and is not among the answers. The rows come back as they
    may be shown: numbers of persons in their texts are masked.
    """
    new = {each.incident_id: each for each in rows if each.incident_id}
    if not new:
        return [_shown(each) for each in rows]
    rules = current_rules(tx)
    own = [{name: getattr(each, name) for name in _FIELDS} | {"id": key} for key, each in new.items()]
    lonlat = np.array([(row["lon"], row["lat"]) for row in own if row["lon"] is not None], dtype=np.float64)
    plane = Plane.near(lonlat) if len(lonlat) else None
    told = told_of(rules, own, plane)
    listed = {row["id"]: row for row in [*_there_before(tx, scope, told, plane, lonlat), *own]}
    void = rules.ladders[""].void
    among = register(told_of(rules, [row for row in listed.values() if row["state"] not in void], plane))
    found = {}
    for each in told:
        row = new[each.id]
        if row.state not in void:
            count, likeliest = near_in(among, each, MOST)
            found[each.id] = replace(
                row, alike=count, duplicates=[_twin(listed[one.id], one, new) for one in likeliest]
            )
    return [_shown(found.get(each.incident_id, each) if each.incident_id else each) for each in rows]


def _shown(row: Taken) -> Taken:
    """Hide the numbers of persons in what is told of a row: it was compared in full."""
    texts = {name: mask_numbers(getattr(row, name)) for name in ("why", "title", "category", "address")}
    return replace(row, **texts)  # type: ignore[arg-type] # texts, all of them


def _there_before(
    tx: Transaction, scope: Scope, told: Sequence[Told], plane: Plane | None, lonlat: NDArray[np.float64]
) -> list[dict[str, Any]]:
    reach = [measures(each.category) for each in told]
    window = timedelta(days=max(days for _, days in reach))
    return store.told_near(
        tx,
        scope,
        box=box_around(plane, lonlat, max(metres for metres, _ in reach)) if plane else None,
        addresses={each.address for each in told} - {""},
        since=min(each.at for each in told) - window,
        until=max(each.at for each in told) + window,
    )


def _twin(row: Mapping[str, Any], found: Near, new: Mapping[UUID, Taken]) -> Twin:
    mine = new.get(row["id"])
    number = mine.row if mine else None
    title, state = mask_numbers(row["title"]), row["state"] or ""
    return Twin(row["number"], title, state, number, found.metres, found.days, found.likeness)
