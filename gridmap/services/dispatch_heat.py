"""Where reports come from: counts per cell of the plane, by category and month. Small counts are not told.

A cell with few reports can point at one household, so cells with fewer than `LEAST` are left out, and no total is
given that they could be worked out from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.services.dispatch import BoardCache, known_cases

if TYPE_CHECKING:
    from gridmap.access import Scope
    from gridmap.storage.database import Transaction

LEAST = 5
SIZES = (100, 200, 400)  # metres
_HOT = 8  # spots that are named
_NOT_REPORTED = frozenset({"作废", "撤回", "已并案"})  # told twice, or by mistake


@dataclass(frozen=True)
class HeatCell:
    """A square of the plane and how many reports lie in it.

    Parameters
    ----------
    ring : list of (lon, lat)
        Its four corners, EPSG:4490.
    grid_name : str
        Of the grid that most of them belong to; empty when none has one.
    """

    ring: list[tuple[float, float]]
    count: int
    grid_name: str
    category: str


@dataclass(frozen=True)
class Heat:
    """Cells, the fullest first; the first few are the hot spots. `hidden` says whether any was left out."""

    size: int
    least: int
    hidden: bool
    categories: list[str]
    months: list[str]
    cells: list[HeatCell]
    hot: int


def heat(tx: Transaction, scope: Scope, cache: BoardCache, *, category: str, month: str, size: int) -> Heat:
    """Count reports per cell, of one category and one month where they are given.

    Parameters
    ----------
    month : str
        YYYY-MM in Asia/Shanghai; all when empty.
    size : int
        Side of a cell in metres, of `SIZES`.
    """
    known = known_cases(tx, scope, cache)
    rows = [each.row for each in known.cases]
    months = [f"{row['reported_at']:%Y-%m}" if row["reported_at"] else "" for row in rows]
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, (row, xy) in enumerate(zip(rows, known.xy.tolist(), strict=True)):
        asked = (not category or row["category"] == category) and (not month or months[i] == month)
        if asked and row["state"] not in _NOT_REPORTED and np.isfinite(xy).all():
            cells[int(xy[0] // size), int(xy[1] // size)].append(i)
    shown = {cell: inside for cell, inside in cells.items() if len(inside) >= LEAST}
    found = []
    for (column, line), inside in sorted(shown.items(), key=lambda each: (-len(each[1]), each[0])):
        corners = np.array([[column + i, line + j] for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))], dtype=float) * size
        ring = known.plane.unproject(corners).tolist() if known.plane else []
        grids = Counter(name for i in inside if (name := rows[i]["grid_name"]))
        kinds = Counter(rows[i]["category"] for i in inside)
        kind, most = kinds.most_common(1)[0]
        found.append(
            HeatCell(
                ring=[(lon, lat) for lon, lat in ring],
                count=len(inside),
                grid_name=grids.most_common(1)[0][0] if grids else "",
                category=kind if most >= LEAST else "",
            )
        )
    return Heat(
        size=size,
        least=LEAST,
        hidden=len(shown) < len(cells),
        categories=sorted({row["category"] for row in rows if row["category"]}),
        months=sorted({each for each in months if each}, reverse=True),
        cells=found,
        hot=min(_HOT, len(found)),
    )
