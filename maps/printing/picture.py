"""The map inside the frame: ground, grids, borders, marks, names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.model.land import GridKind
from maps.printing.naming import Names
from maps.printing.sheet import INK, SECONDARY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridmap.services.overview_values import GridOnMap
    from maps.printing.land import Land
    from maps.printing.numbering import Disc
    from maps.printing.paper import Frame
    from maps.printing.placing import Block
    from maps.printing.sheet import Sheet
    from maps.printing.subject import Subject

GROUND, WATER, SHORE = "#F7F5EF", "#CFE3F2", "#7FA9C9"
COMPOUND_EDGE, BUILDING_EDGE = "#A89E8B", "#A8A294"
CASING, RAIL = "#B5AE9F", "#6B717B"
# The four map colours (maps/colouring), and two for the rare land whose grids lie in pieces.
COLOURS = ("#84C2F9", "#EE8474", "#F5FEFC", "#F1E22D", "#CDB4DB", "#B5D99C")
_OVER_GROUND = 0.75  # less, and a black-and-white printer no longer tells the four apart
_ALONE = 0.5
MARKS = {  # marker, colour, size in millimetres at A3
    "shops": ("s", "#8A4B08", 0.9),
    "social_organisations": ("P", "#1B6E53", 1.9),
    "party_organisations": ("*", "#0F6E84", 2.6),
    "organisations": ("D", "#6B3FA0", 1.6),
    "key_places": ("^", "#2D3748", 2.1),
}
_LARGE = 1.5  # times the size of marks where one grid has the sheet to itself
_SHOPS_FROM = _NAMES_FROM = 3_500  # scales from which shops are drawn, and places and organisations named
_ROAD_METRES = (20.0, 14.0, 8.0, 4.5)
_ROAD_LEAST = (0.75, 0.55, 0.38, 0.22)  # millimetres at A3
_ROAD_MOST = (3.2, 2.6, 2.0, 1.4)
HATCH_GAP = 1.7  # millimetres at A3


def over_ground(colour: str, share: float = _OVER_GROUND) -> str:
    """Mix a colour into the ground, so that no transparency is left to a printer."""
    top, under = (np.array([int(each[at : at + 2], 16) for at in (1, 3, 5)]) for each in (colour, GROUND))
    return "#" + "".join(f"{round(value):02X}" for value in (share * top + (1 - share) * under).tolist())


@dataclass(frozen=True, eq=False)
class Picture:
    """What was placed, for the legend and for tests.

    Parameters
    ----------
    title : str
    frame : Frame
    labels : dict of int to Block
        The label of each grid of the focus.
    numbered : dict of int to Disc
        The number of each grid of the focus that is too small for the smallest label.
    unlabelled : tuple of GridOnMap
        Grids beside which not even a number has room.
    boxes : NDArray of float64, shape (N, 4)
        All names on the map.
    shown : dict of str to int
        Kinds of marks and how many stand in the focus.
    base : frozenset of str
        Kinds of the base map that the frame shows.
    """

    title: str
    frame: Frame
    labels: dict[int, Block]
    numbered: dict[int, Disc]
    unlabelled: tuple[GridOnMap, ...]
    boxes: NDArray[np.float64]
    shown: dict[str, int]
    base: frozenset[str]


def draw_map(sheet: Sheet, land: Land, subject: Subject, frame: Frame) -> Picture:
    """Draw the map of a subject into its frame."""
    window = frame.window()
    sheet.clip(frame.box)
    sheet.rectangle(frame.box, fill=GROUND)
    shapes = _near(land.shapes, frame)
    _tints(sheet, land, shapes, tint_share(subject))
    _ground(sheet, land, frame, window)
    base = frozenset(kind for kind, layer in land.base.items() if len(layer.within(window)))
    _borders(sheet, land, shapes, frame, HATCH_GAP * sheet.paper.unit * (2 if subject.grid else 1))
    whole = len(subject.focus) == len(land.grids)
    focus = list(subject.focus)
    if not whole:
        _veil(sheet, frame, shapes[focus])
    shown = _draw_marks(sheet, land, subject, frame)
    names = Names(sheet, land, subject, frame)
    labels = names.grids(shapes)
    if frame.scale <= _NAMES_FROM:
        names.keep_off(_marked(sheet, land, subject, frame, shown))
    if whole:
        names.communities()
    else:
        names.neighbours()
    names.beyond()
    names.lines(window)
    names.areas(window)
    if frame.scale <= _NAMES_FROM:
        names.marks(tuple(shown))
    sheet.clip(None)
    sheet.rectangle(frame.box, edge=INK, width=0.26 * max(sheet.paper.unit, 1.0))
    unlabelled = tuple(land.grids[index] for index in subject.focus if index not in {*labels, *names.discs})
    return Picture(subject.title, frame, labels, names.discs, unlabelled, names.taken.boxes, shown, base)


def _near(shapes: NDArray[np.object_], frame: Frame) -> NDArray[np.object_]:
    """Bring onto the paper what the frame shows of polygons, and a little around it; what is far away becomes empty."""
    window = frame.window().buffer(frame.scale * 0.05, join_style="mitre")
    shapely.prepare(window)
    kept = np.full(len(shapes), shapely.Polygon(), dtype=object)
    inside = shapely.contains(window, shapes)
    kept[inside] = shapes[inside]
    cut = shapely.intersects(window, shapes) & ~inside
    kept[cut] = shapely.intersection(window, shapes[cut])
    return frame.shapes_to_paper(kept)


def tint_share(subject: Subject) -> float:
    """Tell how strong the map colours are: lighter where one grid has the sheet to itself."""
    return _ALONE if subject.grid else _OVER_GROUND


def _tints(sheet: Sheet, land: Land, shapes: NDArray[np.object_], share: float) -> None:
    colours = np.array(land.colours) % len(COLOURS)
    for index, colour in enumerate(COLOURS):
        sheet.shapes(shapes[colours == index], fill=over_ground(colour, share))


def _ground(sheet: Sheet, land: Land, frame: Frame, window: shapely.Geometry) -> None:
    unit = sheet.paper.unit

    def seen(kind: str) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
        layer = land.base.get(kind)
        if layer is None:
            return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
        rows = layer.within(window)
        return frame.shapes_to_paper(layer.shapes[rows]), layer.classes[rows]

    waters, _ = seen("waters")
    areas = shapely.get_dimensions(waters) == 2
    sheet.shapes(waters[areas], fill=WATER, edge=SHORE, width=0.15 * unit)
    sheet.shapes(waters[~areas], edge=SHORE, width=0.6 * unit)
    sheet.shapes(seen("compounds")[0], fill="#FFFFFF", alpha=0.35)
    sheet.shapes(seen("compounds")[0], edge=COMPOUND_EDGE, width=0.12 * unit)
    sheet.shapes(seen("buildings")[0], fill="#FFFFFF", edge=BUILDING_EDGE, width=0.06 * unit, alpha=0.9)
    roads, classes = seen("roads")
    widths = road_widths(frame.scale, unit)
    for number_ in (3, 2, 1, 0):
        sheet.shapes(roads[classes == number_], edge=CASING, width=widths[number_] + 0.24 * unit)
    for number_ in (3, 2, 1, 0):
        sheet.shapes(roads[classes == number_], edge="#FFFFFF", width=widths[number_])
    railways, _ = seen("railways")
    rail = min(max(6.0 * 1000 / frame.scale, 0.5 * unit), 1.2 * unit)
    sheet.shapes(railways, edge=RAIL, width=rail, cap="butt")
    sheet.shapes(railways, edge="#FFFFFF", width=0.62 * rail, dash=(3.2 * unit, 3.2 * unit), cap="butt")


def road_widths(scale: int, unit: float) -> tuple[float, ...]:
    """Millimetres on the paper by class: true where that can be seen and is not too much."""
    return tuple(
        min(max(metres * 1000 / scale, least * unit), most * unit)
        for metres, least, most in zip(_ROAD_METRES, _ROAD_LEAST, _ROAD_MOST, strict=True)
    )


def _borders(sheet: Sheet, land: Land, shapes: NDArray[np.object_], frame: Frame, gap: float) -> None:
    unit = sheet.paper.unit
    dedicated = np.array([grid.kind is GridKind.DEDICATED for grid in land.grids])
    visible = shapely.intersection(shapes[dedicated], shapely.box(*frame.box))
    hatched = hatch(visible[shapely.area(visible) > 0], gap)
    sheet.shapes(hatched, edge=SECONDARY, width=0.1 * unit, cap="butt")
    communities = _near(land.communities, frame)
    outline = _near(np.array([land.outline]), frame)
    dash = (2.4 * unit, 1.2 * unit)
    sheet.shapes(_near(land.between, frame), edge=SECONDARY, width=0.25 * unit, dash=dash, cap="butt")
    sheet.shapes(outline, edge="#FFFFFF", width=2.2 * unit, alpha=0.75)
    sheet.shapes(shapes, edge="#FFFFFF", width=0.75 * unit, alpha=0.6)
    sheet.shapes(shapes, edge=INK, width=0.3 * unit)
    sheet.shapes(communities, edge=INK, width=0.55 * unit)
    sheet.shapes(outline, edge=INK, width=0.9 * unit)


def hatch(shapes: NDArray[np.object_], gap: float) -> NDArray[np.object_]:
    """Lines at 45 degrees through polygons, a gap apart and in one rhythm: a sign that a copier keeps."""
    step = gap * np.sqrt(2)
    strokes = []
    for shape in shapes:
        west, south, east, north = shape.bounds
        # A line is known by y - x; of those that cross the box of a polygon the first is a multiple of the step.
        offsets = np.arange(np.ceil((south - east) / step), np.floor((north - west) / step) + 1) * step
        ends = np.stack([np.stack([np.full_like(offsets, x), x + offsets], axis=-1) for x in (west, east)], axis=1)
        strokes.append(shapely.intersection(shape, shapely.multilinestrings(ends)))
    return np.array(strokes, dtype=object)


def _veil(sheet: Sheet, frame: Frame, focus: NDArray[np.object_]) -> None:
    """Let what lies outside the focus fade, and draw the focus's border once more, strong."""
    land = shapely.union_all(focus)
    sheet.shapes([shapely.box(*frame.box).difference(land)], fill="#FFFFFF", alpha=0.6)
    sheet.shapes([land], edge="#FFFFFF", width=2.0 * sheet.paper.unit, alpha=0.7)
    sheet.shapes([land], edge=INK, width=0.8 * sheet.paper.unit)


def _draw_marks(sheet: Sheet, land: Land, subject: Subject, frame: Frame) -> dict[str, int]:
    shown: dict[str, int] = {}
    for kind, (marker, colour, size) in MARKS.items():
        layer = land.marks.get(kind)
        if layer is None or (kind == "shops" and frame.scale > _SHOPS_FROM):
            continue
        within = np.isin(layer.grid, subject.focus)
        if within.any():
            sheet.marks(frame.to_paper(layer.xy[within]), marker, size * mark_unit(sheet, subject), colour)
            shown[kind] = int(within.sum())
    return shown


def _marked(sheet: Sheet, land: Land, subject: Subject, frame: Frame, shown: Mapping[str, int]) -> NDArray[np.float64]:
    """Give the boxes (N, 4) that marks cover."""
    boxes = [np.empty((0, 4))]
    for kind in shown:
        layer, half = land.marks[kind], MARKS[kind][2] * mark_unit(sheet, subject) / 2
        places = frame.to_paper(layer.xy[np.isin(layer.grid, subject.focus)])
        boxes.append(np.hstack([places - half, places + half]))
    return np.concatenate(boxes)


def mark_unit(sheet: Sheet, subject: Subject) -> float:
    """Millimetres on the paper of a millimetre of `MARKS`."""
    return sheet.paper.unit * (_LARGE if subject.grid else 1.0)
