"""The names on a printed map: grids, communities or neighbours, roads, waters, compounds, houses, places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from maps.printing.fonts import plain
from maps.printing.numbering import Disc, disc_near
from maps.printing.placing import Block, Line, Occupied, anywhere_inside, first_that_fits, name_in, names_along
from maps.printing.sheet import INK, SECONDARY
from maps.printing.subject import community_name, number, tail
from maps.shapes import label_circles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from maps.printing.land import Land
    from maps.printing.paper import Frame
    from maps.printing.placing import Letter
    from maps.printing.sheet import Sheet
    from maps.printing.subject import Subject

WATER_INK, COMPOUND_INK, COMMUNITY_INK = "#2F6690", "#5F5238", "#3D4852"
_HALO = 0.32  # millimetres at A3
_ROAD_TYPE = (7.4, 7.0, 6.4, 6.4)  # points at A3 by class
_APART = 120.0  # millimetres at A3 from one name of a road to the next
_LANES_FROM, _HOUSES_FROM = 16_000, 2_600  # scales from which lanes and houses are named
_NAMED_MARKS = ("key_places", "organisations")


class Names:
    """Writes the names of one map; the more important first, as they take the room.

    Attributes
    ----------
    taken : Occupied
        Where names stand.
    discs : dict of int to Disc
        The numbers of grids without a label.
    """

    def __init__(self, sheet: Sheet, land: Land, subject: Subject, frame: Frame) -> None:
        self._sheet, self._land, self._subject, self._frame = sheet, land, subject, frame
        self._type = sheet.paper.type_size
        self._halo = _HALO * max(sheet.paper.unit, 1.0)
        self._air = 0.5 * sheet.paper.unit  # millimetres between a name and the border of what it names
        self.taken = Occupied(frame.box)
        self.discs: dict[int, Disc] = {}

    def grids(self, shapes: NDArray[np.object_]) -> dict[int, Block]:
        """Label the grids of the focus, each inside its polygon on the paper; number those that have no room.

        Returns
        -------
        dict of int to Block
            The labels that found room.
        """
        labels: dict[int, Block] = {}
        centres = self._frame.to_paper(self._land.centres)
        for index in self._subject.focus:
            candidates = label_candidates(self._land, index, self._type, large=self._subject.table is None)
            x, y = centres[index].tolist()
            airy = shapely.buffer(shapes[index], -self._air, quad_segs=2)
            block = (
                first_that_fits(candidates, x, y, airy, self.taken)
                or first_that_fits(candidates[-1:], x, y, shapes[index], self.taken)
                or anywhere_inside(candidates[-1][-1], shapes[index], self.taken)
            )
            if block is not None:
                labels[index] = block
                self._block(block, f"网格 {self._land.grids[index].code}", INK)
        for index in self._subject.focus:
            if index not in labels:
                self._number(index, shapes[index], centres[index])
        return labels

    def _number(self, index: int, shape: shapely.Geometry, centre: NDArray[np.float64]) -> None:
        """Put the next number on a grid, or beside it with a line."""
        size = self._type(6.4)
        disc = disc_near(len(self.discs) + 1, shape, (float(centre[0]), float(centre[1])), size, self.taken)
        if disc is None:
            return
        self.discs[index] = disc
        if disc.aside:
            line = [shapely.LineString([disc.grid, (disc.x, disc.y)])]
            self._sheet.shapes(line, edge="#FFFFFF", width=3 * self._halo, alpha=0.9)
            self._sheet.shapes(line, edge=INK, width=0.6 * self._halo)
            self._sheet.shapes([shapely.Point(disc.grid).buffer(1.4 * self._halo)], fill=INK)
        draw_disc(self._sheet, disc.number, disc.x, disc.y, disc.radius, size)

    def keep_off(self, boxes: NDArray[np.float64]) -> None:
        """Let no further name stand on marks (N, 4)."""
        self.taken.take(boxes)

    def communities(self) -> None:
        """Write communities' names over their land, large, letter-spaced and light."""
        areas = self._frame.shapes_to_paper(self._land.communities)
        sizes = [self._type(size) for size in (25, 21, 18, 15, 12.5, 10.5, 9)]
        areas = shapely.buffer(areas, -2 * self._air, quad_segs=2)
        for community, area in zip(self._land.data.communities, areas, strict=True):
            letters = name_in(community.name, area, sizes, self.taken)
            self._spaced(letters, f"社区 {community.code}")

    def neighbours(self) -> None:
        """Name the land around the focus where it can be seen: grids beside a grid, communities beside a community."""
        focus = self._subject.focus
        if self._subject.table is None:
            others = sorted({other for index in focus for other in self._land.touching[index]} - set(focus))
            home = self._land.grids[focus[0]].community_code
            community = community_name(self._land, home)
            around = [
                (tail(grid.name, community) if grid.community_code == home else grid.name, self._land.shapes[index])
                for index in others
                for grid in (self._land.grids[index],)
            ]
        else:
            around = [
                (each.name, self._land.communities[index])
                for index, each in enumerate(self._land.data.communities)
                if each.code != self._subject.community
            ]
        self._around(around)

    def _around(self, around: Sequence[tuple[str, shapely.Geometry]]) -> None:
        """Write the names of areas that the sheet is not about, each where most of it can be seen."""
        seen = shapely.box(*self._frame.box)
        away = 3 * self._air
        sizes = [self._type(size) for size in (13, 11, 9.5, 8, 6.4)]
        for name, area in around:
            visible = self._frame.shapes_to_paper(np.array([area], dtype=object))[0].intersection(seen)
            parts = shapely.get_parts(shapely.buffer(visible, -away, quad_segs=2))
            if len(parts):
                letters = name_in(name, parts[np.argmax(shapely.area(parts))], sizes, self.taken, spacing=0.2)
                self._spaced(letters, f"相邻 {name}")

    def beyond(self) -> None:
        """Name what lies around the sub-district, outside its border."""
        self._around(list(self._land.beside))

    def lines(self, window: shapely.Geometry) -> None:
        """Write names along roads and railways, wide roads first."""
        for kind in ("roads", "railways"):
            layer = self._land.base.get(kind)
            if layer is None:
                continue
            rows = [row for row in layer.within(window).tolist() if layer.names[row]]
            for row in sorted(rows, key=lambda row: (layer.classes[row], row)):
                level = int(layer.classes[row])
                if level == len(_ROAD_TYPE) - 1 and self._frame.scale > _LANES_FROM:
                    continue
                visible = shapely.intersection(layer.shapes[row : row + 1], window)
                size = self._type(_ROAD_TYPE[level])
                path = shapely.simplify(self._frame.shapes_to_paper(visible)[0], 0.1 * size)
                apart = _APART * self._sheet.paper.unit
                for letters in names_along(layer.names[row], path, size, self.taken, apart):
                    for one in letters:
                        self._letter(one, size, f"道路 {layer.names[row]}", SECONDARY)

    def areas(self, window: shapely.Geometry) -> None:
        """Name waters, then compounds and houses, where the name fits inside."""
        self._inside("waters", window, [self._type(size) for size in (10, 8.5, 7.4, 6.4)], WATER_INK)
        small = [self._type(size) for size in (7.4, 6.4)]
        self._inside("compounds", window, small, COMPOUND_INK)
        if self._frame.scale <= _HOUSES_FROM:
            self._inside("buildings", self._subject.area, small[-1:], SECONDARY)

    def marks(self, shown: Sequence[str]) -> None:
        """Name places and organisations beside their marks, as far as there is room."""
        size, gap = self._type(6.4), 2.0 * self._sheet.paper.unit
        area = self._frame.shapes_to_paper(np.array([self._subject.area], dtype=object))[0]
        shapely.prepare(area)
        for kind in _NAMED_MARKS:
            layer = self._land.marks.get(kind)
            if kind not in shown or layer is None or layer.labels is None:
                continue
            rows = np.flatnonzero(np.isin(layer.grid, self._subject.focus)).tolist()
            for row, (x, y) in zip(rows, self._frame.to_paper(layer.xy[rows]).tolist(), strict=True):
                line = Line(plain(layer.labels[row]), size)
                if not line.text:
                    continue
                aside, above = gap + line.width / 2, gap + line.height / 2
                beside = ((aside, 0.0), (-aside, 0.0), (0.0, above), (0.0, -above))
                places = [Block(x + dx, y + dy, (line,)) for dx, dy in beside]
                boxes = np.array([block.box() for block in places])
                free = self.taken.free(boxes)
                if free.any():
                    inside = shapely.contains(area, shapely.box(*boxes.T))
                    chosen = int(np.argmax(free.astype(np.int64) + (free & inside)))
                    self.taken.take(boxes[chosen : chosen + 1])
                    self._block(places[chosen], f"{kind} {line.text}", SECONDARY)

    def _inside(self, kind: str, window: shapely.Geometry, sizes: Sequence[float], colour: str) -> None:
        layer = self._land.base.get(kind)
        if layer is None:
            return
        rows = [row for row in layer.within(window).tolist() if layer.names[row]]
        shapes = layer.shapes[rows]
        areal = shapely.get_dimensions(shapes) == 2
        visible = shapely.intersection(shapes[areal], self._frame.window())
        keep = shapely.get_dimensions(visible) == 2
        chosen = np.asarray(rows, dtype=np.int64)[areal][keep].tolist()
        if not chosen:
            return
        on_paper = self._frame.shapes_to_paper(visible[keep])
        centres, _ = label_circles(on_paper)
        for row, shape, (x, y) in zip(chosen, on_paper, centres.tolist(), strict=True):
            name = plain(layer.names[row])
            if kind == "buildings":
                name = _house(name)
            if not name:
                continue
            candidates = [(Line(name, size),) for size in sizes]
            block = first_that_fits(candidates, x, y, shape, self.taken)
            if block is not None:
                self._block(block, f"{kind} {name}", colour)

    def _block(self, block: Block, where: str, colour: str) -> None:
        for y, line in block.placed():
            self._sheet.text(
                block.x,
                y,
                line.text,
                line.size,
                where=where,
                side="middle",
                weight=line.weight,
                colour=colour,
                halo=self._halo,
            )

    def _spaced(self, letters: tuple[Letter, ...] | None, where: str) -> None:
        for one in letters or ():
            self._sheet.text(one.x, one.y, one.text, one.turn, where=where, colour=COMMUNITY_INK, halo=1.3 * self._halo)

    def _letter(self, one: Letter, size: float, where: str, colour: str) -> None:
        angle = np.radians(one.turn)
        self._sheet.text(
            one.x,
            one.y,
            one.text,
            size,
            where=where,
            side="middle",
            colour=colour,
            halo=self._halo,
            turn=float(np.degrees(angle)),
        )


def label_candidates(
    land: Land, index: int, type_size: Callable[[float], float], *, large: bool
) -> list[tuple[Line, ...]]:
    """List a grid's labels from rich to short: name and households, name, the short name; each in smaller type."""
    grid = land.grids[index]
    rest = plain(tail(grid.name, community_name(land, grid.community_code)))
    short = plain(grid.short)
    households = grid.numbers.get("households")
    counted = f"{number(households)}户" if households else ""
    head = rest.removesuffix("专属网格")
    broken = (head, "专属网格") if head not in {rest, ""} else ()
    found: list[tuple[Line, ...]] = []
    for size in [type_size(each) for each in ((16, 13) if large else (11.5, 9.5, 8.0, 6.4))]:
        under = (Line(counted, max(0.78 * size, type_size(6.4))),) if counted else ()
        names = ((rest,), broken) if broken else ((rest,),)
        found += [(*(Line(part, size, "bold") for part in name), *under) for name in names]
    for size in [type_size(each) for each in (11.5, 9.5, 8.0, 6.4)]:
        if counted:
            found.append((Line(short, size, "bold"), Line(counted, max(0.78 * size, type_size(6.4)))))
        found.append((Line(short, size, "bold"),))
    kept = [tuple(line for line in lines if line.text) for lines in found]
    return [lines for lines in kept if lines]


def draw_disc(sheet: Sheet, number_: int, x: float, y: float, radius: float, size: float) -> None:
    """Draw a number in a disc, on the map and in its key."""
    edge = 0.25 * max(sheet.paper.unit, 0.8)
    sheet.shapes([shapely.Point(x, y).buffer(radius)], fill="#FFFFFF", edge=INK, width=edge)
    sheet.text(x, y, str(number_), size, where="图上编号", side="middle", weight="bold")


def _house(name: str) -> str:
    """Leave of a building's name what is not its compound's: 12栋."""
    end = len(name)
    while end and not name[end - 1].isdigit():
        end -= 1
    start = end
    while start and name[start - 1].isdigit():
        start -= 1
    return name[start:] if start < end else ""
