"""What lines, colours and marks mean: each entry paints its sample into a box and has a word."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.model.kinds import kind_named
from gridmap.model.land import GridKind
from maps.printing.naming import draw_disc
from maps.printing.picture import (
    BUILDING_EDGE,
    CASING,
    COLOURS,
    COMPOUND_EDGE,
    HATCH_GAP,
    MARKS,
    RAIL,
    SHORE,
    WATER,
    hatch,
    over_ground,
    tint_share,
)
from maps.printing.sheet import INK, SECONDARY
from maps.printing.subject import community_name, tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from maps.printing.land import Land
    from maps.printing.numbering import Disc
    from maps.printing.paper import Box
    from maps.printing.picture import Picture
    from maps.printing.sheet import Sheet
    from maps.printing.subject import Subject

    Entry: TypeAlias = tuple[Callable[[Box], None], str]


def legend_entries(sheet: Sheet, land: Land, subject: Subject, picture: Picture) -> list[Entry]:
    """List what the map of a subject shows, with counts."""
    unit = sheet.paper.unit
    stroke, swatch = partial(_stroke, sheet), partial(_swatch, sheet)
    focus = [land.grids[index] for index in subject.focus]
    dedicated = sum(grid.kind is GridKind.DEDICATED for grid in focus)
    used = sorted({land.colours[index] % len(COLOURS) for index in subject.focus})
    tints = [over_ground(COLOURS[index], tint_share(subject)) for index in used]
    entries: list[Entry] = [
        (partial(stroke, INK, 0.9), "街道界"),
        (partial(stroke, INK, 0.55), "社区界"),
        (partial(stroke, INK, 0.3), "网格界"),
    ]
    if shapely.intersects(land.between, picture.frame.window()).any():
        entries.append((partial(stroke, SECONDARY, 0.25, dash=(2.4 * unit, 1.2 * unit)), "相邻街道界"))
    if len(focus) > dedicated:
        entries.append((partial(swatch, tints, INK), f"综合网格 {len(focus) - dedicated} 个"))
    if dedicated:
        entries.append((partial(swatch, tints[:1], INK, hatched=True), f"专属网格 {dedicated} 个"))
    base: dict[str, Entry] = {
        "roads": (partial(stroke, "#FFFFFF", 1.1, casing=CASING), "道路"),
        "railways": (partial(stroke, RAIL, 0.6, dash=(2.2 * unit, 1.0 * unit)), "铁路"),
        "waters": (partial(swatch, [WATER], SHORE), "水系"),
        "compounds": (partial(swatch, [over_ground("#FFFFFF", 0.5)], COMPOUND_EDGE), "小区"),
        "buildings": (partial(swatch, ["#FFFFFF"], BUILDING_EDGE), "房屋"),
    }
    entries += [entry for kind, entry in base.items() if kind in picture.base]
    return entries + [
        (partial(_mark, sheet, kind), f"{kind_named(kind).chinese} {count:,} 处")
        for kind, count in picture.shown.items()
    ]


def number_key(sheet: Sheet, land: Land, picture: Picture) -> list[Entry]:
    """List the grids that stand as numbers on the map."""
    entries: list[Entry] = []
    for index, disc in picture.numbered.items():
        grid = land.grids[index]
        community = community_name(land, grid.community_code)
        entries.append(
            (partial(_disc, sheet, disc), f"{tail(grid.name, community).removesuffix('专属网格')}（{community}）")
        )
    return entries


def _disc(sheet: Sheet, disc: Disc, box: Box) -> None:
    draw_disc(
        sheet, disc.number, (box.left + box.right) / 2, (box.bottom + box.top) / 2, disc.radius, sheet.paper.small
    )


def _stroke(
    sheet: Sheet, colour: str, width: float, box: Box, *, casing: str = "", dash: tuple[float, ...] | None = None
) -> None:
    middle, unit = (box.bottom + box.top) / 2, sheet.paper.unit
    line = [shapely.LineString([(box.left, middle), (box.right, middle)])]
    if casing:
        sheet.shapes(line, edge=casing, width=(width + 0.3) * unit, cap="butt")
    sheet.shapes(line, edge=colour, width=width * unit, dash=dash, cap="butt")


def _swatch(sheet: Sheet, colours: Sequence[str], edge: str, box: Box, *, hatched: bool = False) -> None:
    unit, step = sheet.paper.unit, box.width / len(colours)
    for place, colour in enumerate(colours):
        part = box._replace(left=box.left + place * step, right=box.left + (place + 1) * step)
        sheet.rectangle(part, fill=colour)
    if hatched:
        strokes = hatch(np.array([shapely.box(*box)], dtype=object), HATCH_GAP * unit)
        sheet.shapes(strokes, edge=SECONDARY, width=0.1 * unit)
    sheet.rectangle(box, edge=edge, width=0.2 * unit)


def _mark(sheet: Sheet, kind: str, box: Box) -> None:
    marker, colour, size = MARKS[kind]
    middle = np.array([[(box.left + box.right) / 2, (box.bottom + box.top) / 2]])
    sheet.marks(middle, marker, 1.2 * size * sheet.paper.unit, colour)
