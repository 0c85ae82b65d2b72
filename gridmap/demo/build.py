"""`build`: the truth of the demonstration, from a seed."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.demo import cases, names, parties, people, places
from gridmap.demo.buildings import NONE
from gridmap.demo.place import FULL_NAME, Place, build_place
from gridmap.demo.town import (
    DISTRICT,
    GRID_SIZE,
    PLANE,
    ROADS,
    SUBDISTRICT,
    SUBDISTRICT_CODE,
    Layer,
    Truth,
    Use,
    WayKind,
    column,
    size_named,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

AS_OF = date(2026, 9, 30)
_LEVELS = {WayKind.MAIN: "主干路", WayKind.SIDE: "次干路", WayKind.LANE: "街巷"}
_BEYOND = 4_000.0  # metres that the sub-districts next door are drawn out to
_AT_THE_BORDER = 50.0  # metres from it that a river still leaves the town there
_RIVER_HALF_WIDTH, _CANAL_HALF_WIDTH = 31.0, 8.0


def _shapes(values: Sequence[shapely.Geometry]) -> NDArray[Any]:
    return column([shapely.set_precision(value, GRID_SIZE) for value in values])


def _areas(place: Place, full_time: Mapping[int, str], worker: NDArray[np.int64]) -> list[Layer]:
    """Give sub-district, sections, communities and grids."""
    land = place.land
    maker = f"{SUBDISTRICT}办事处"
    outline = shapely.coverage_union_all(land.communities.shape)
    sections = sorted(set(land.section), key=land.section.index)
    leaders = dict(zip(sections, ("高示范", "林样例", "周拟一"), strict=False))
    return [
        Layer(
            "subdistricts",
            {
                "code": column([SUBDISTRICT_CODE]),
                "name": column([SUBDISTRICT]),
                "district": column([DISTRICT]),
                "maker": column([maker]),
            },
            shapes=column([outline]),
        ),
        Layer("sections", {"name": column(sections), "leader": column(leaders[name] for name in sections)}),
        Layer(
            "communities",
            {
                "code": column(land.communities.code),
                "name": column(land.communities.name),
                "section": column(land.section),
                "four_limits": column(land.communities.four_limits),
                "source_document": column(["示街发〔2025〕12号"] * len(land.section)),
            },
            shapes=land.communities.shape,
        ),
        Layer(
            "grids",
            {
                "code": column(land.grids.code),
                "name": column(land.grids.name),
                "kind": column("general" if site < 0 else "dedicated" for site in land.site_of_grid),
                "community": column(land.communities.code[index] for index in land.community_of_grid),
                "four_limits": column(land.grids.four_limits),
                "source_document": column(["示街发〔2025〕31号"] * len(land.grids.code)),
                "worker": column(full_time[index] for index in worker.tolist()),
            },
            shapes=land.grids.shape,
        ),
    ]


def _inclusions(place: Place, listed: list[places.Listing]) -> Layer:
    return Layer(
        "inclusions",
        {
            "grid": column(place.land.grids.code[entry.grid] for entry in listed),
            "subject_kind": column(["building"] * len(listed)),
            "subject": column(place.building_code[entry.building] for entry in listed),
            "floor_from": column(entry.floor_from for entry in listed),
            "floor_to": column(entry.floor_to for entry in listed),
        },
    )


def _compounds(rng: np.random.Generator, place: Place) -> tuple[Layer, Layer]:
    """Give the compounds and, with the same land, their micro-grids."""
    homes, count = place.compounds, len(place.compound_code)
    managed = rng.uniform(size=count) < np.array([0.45, 0.95, 1.0, 0.9])[homes.style]
    company = [
        name if has else None
        for name, has in zip(names.pick(rng, names.PROPERTY_COMPANIES, count), managed, strict=True)
    ]
    committee = managed & (rng.uniform(size=count) < 0.55)
    doors = place.doors
    compounds = Layer(
        "compounds",
        {
            "code": place.compound_code,
            "name": place.compound_name,
            "community": column(place.community(homes.block)),
            "address": column(FULL_NAME + doors.address(int(door)) for door in doors.of_compound),
            "property_management": column(managed),
            "property_company": column(company),
            "owners_committee": column(committee),
        },
        shapes=homes.shape,
    )
    grid = place.grid(homes.block)
    seen: dict[str, int] = {}
    codes = []
    for code in grid:
        seen[code] = seen.get(code, 0) + 1
        codes.append(f"{code}{seen[code]:03d}")
    micro = Layer(
        "micro_grids",
        {
            "code": column(codes),
            "name": column(f"{name}微网格" for name in place.compound_name),
            "grid": column(grid),
            "kind": column(["楼院"] * count),
            "head": column(names.people(rng, count)),
        },
        shapes=homes.shape,
    )
    return compounds, micro


def _lake(rng: np.random.Generator, lot: shapely.Polygon) -> shapely.Polygon:
    """Draw a lake with an uneven shore into a park."""
    inner = lot.buffer(-16.0)
    box = shapely.get_coordinates(shapely.oriented_envelope(inner))
    long, wide = box[1] - box[0], box[2] - box[1]
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = 0.40 + sum(0.05 / k * np.sin(k * angle + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 5))
    centre = np.array(inner.centroid.coords[0])
    shore = centre + np.outer(radius * np.cos(angle), long) + np.outer(radius * np.sin(angle), wide)
    water = shapely.Polygon(shore).intersection(inner).buffer(-6.0).buffer(6.0, quad_segs=3)
    lake: shapely.Polygon = max(shapely.get_parts(water), key=shapely.area)
    return lake


def _waters(rng: np.random.Generator, place: Place) -> Layer:
    blocks = place.land.blocks
    beds = {way.kind: way.line for way in place.frame.ways}
    river = beds[WayKind.RIVER].buffer(_RIVER_HALF_WIDTH, quad_segs=4).intersection(place.frame.outline)
    canal = beds[WayKind.CANAL].buffer(_CANAL_HALF_WIDTH, quad_segs=4).intersection(place.frame.outline)
    canal = canal.difference(river)
    parks = np.flatnonzero(blocks.use == Use.PARK)
    parks = parks[np.argsort(-shapely.area(blocks.lot[parks]), kind="stable")]
    lakes = [_lake(rng, blocks.lot[park]) for park in parks[: max(1, len(parks) // 2)]]
    shapes = [river, canal, *lakes[: len(names.LAKES)]]
    words = [names.RIVER, names.CANAL, *names.LAKES[: len(lakes)]]
    kinds = ["河流", "河港", *["湖泊"] * (len(shapes) - 2)]
    codes = column(f"W{number:03d}" for number in range(1, len(shapes) + 1))
    return Layer("waters", {"code": codes, "name": column(words), "kind": column(kinds)}, shapes=_shapes(shapes))


def _lines(place: Place) -> tuple[Layer, Layer]:
    """Give roads, one record for each unbroken piece, and the railway."""
    found: dict[tuple[WayKind, str], list[shapely.LineString]] = {}
    for way in place.land.blocks.network.ways:
        if way.kind in ROADS:
            found.setdefault((way.kind, way.name), []).append(way.line)
    rows = [
        (kind, name, part)
        for (kind, name), lines in found.items()
        for part in shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    ]
    roads = Layer(
        "roads",
        {
            "code": column(f"D{number:04d}" for number in range(1, len(rows) + 1)),
            "name": column(name for _, name, _ in rows),
            "level": column(_LEVELS[kind] for kind, _, _ in rows),
        },
        shapes=column([line for _, _, line in rows]),
    )
    railway = [way for way in place.frame.ways if way.kind is WayKind.RAILWAY]
    columns = {"code": column(["T001"]), "name": column([names.RAILWAY])}
    return roads, Layer(
        "railways", columns, shapes=_shapes([way.line.intersection(place.frame.outline) for way in railway])
    )


def _neighbours(place: Place) -> Layer:
    """Lay the sub-districts next door around the town: river, canal and railway go on as the borders between them."""
    outline = place.frame.outline
    middle = np.array(outline.centroid.coords[0])
    parting = [way.line for way in place.frame.ways if way.kind in {WayKind.RIVER, WayKind.CANAL, WayKind.RAILWAY}]
    ends = np.array([line.coords[end] for line in parting for end in (0, -1)])
    out = ends[shapely.distance(outline.exterior, shapely.points(ends)) < _AT_THE_BORDER] - middle
    turns = np.sort(np.arctan2(out[:, 1], out[:, 0]))
    ring = outline.buffer(_BEYOND, join_style="mitre").difference(outline)
    shapes = []
    for begin, end in zip(turns, np.append(turns[1:], turns[0] + 2 * np.pi), strict=True):
        arc = np.linspace(begin, end, 40)
        rim = middle + 10 * _BEYOND * np.column_stack((np.cos(arc), np.sin(arc)))
        shapes.append(ring.intersection(shapely.Polygon([middle, *rim])))
    codes = column(f"{int(SUBDISTRICT_CODE) + number}" for number in range(1, len(shapes) + 1))
    return Layer(
        "neighbouring_areas", {"code": codes, "name": column(names.NEIGHBOURS[: len(shapes)])}, shapes=_shapes(shapes)
    )


def _buildings(place: Place) -> tuple[Layer, Layer]:
    made, doors = place.buildings, place.doors
    house_numbers = Layer(
        "house_numbers",
        {"road": column(doors.road), "number": column(doors.number.astype(str).astype(object))},
        points=doors.xy,
    )
    buildings = Layer(
        "buildings",
        {
            "code": place.building_code,
            "name": column(name or None for name in place.building_name),
            "compound": column(column([*place.compound_code, None])[made.compound]),
            "community": column(place.community(made.block)),
            "address": column(place.addresses(np.arange(len(made)))),
            "floors": column(made.floors),
            "units": column(made.units),
        },
        shapes=made.shape,
    )
    assert NONE == -1  # noqa: S101 - the last entry of the codes stands for buildings outside compounds
    return house_numbers, buildings


def _expected(rng: np.random.Generator, place: Place, homes: Layer, shops: Layer) -> Layer:
    """Give the numbers that the statistics office has: near the truth, not equal to it."""
    rows = []
    for code in place.land.communities.code:
        mine = homes.columns["community"] == code
        counted = {
            "households": int(mine.sum()),
            "residents": int(homes.columns["residents"][mine].sum()),
            "shops": int((shops.columns["community"] == code).sum()),
        }
        rows += [(code, measure, round(value * float(rng.normal(1.0, 0.01)))) for measure, value in counted.items()]
    count = len(rows)
    return Layer(
        "expected_numbers",
        {
            "area": column(code for code, _, _ in rows),
            "measure": column(measure for _, measure, _ in rows),
            "value": column(float(value) for _, _, value in rows),
            "source": column(["示范区统计年报"] * count),
            "as_of": column([AS_OF] * count),
        },
    )


def build(seed: int = 1, size: str = "small", last: date = cases.LAST_DAY) -> Truth:
    """Build the demonstration sub-district.

    Parameters
    ----------
    seed : int
        Equal seeds give equal truths, to the millimetre.
    size : str
        "full" or "small" (about a tenth).
    last : date
        The day that the year of incidents ends with.

    Raises
    ------
    BadInput
        There is no such size.
    """
    wanted = size_named(size)
    rng = np.random.default_rng(seed)
    place = build_place(rng, wanted)
    listed = places.listings(rng, place)
    homes = people.households(rng, place, wanted)
    counts = Counter(column(homes.grid).tolist())
    load = np.array([counts[code] for code in place.land.grids.code])
    worker = people.workers_of_grids(place, wanted, load)
    posts, persons, full_time = people.staff(rng, place, wanted, worker)
    shops = places.shops(rng, place, wanted, listed)
    compounds, micro = _compounds(rng, place)
    layers = [
        *_areas(place, full_time, worker),
        micro,
        *_lines(place),
        _waters(rng, place),
        compounds,
        *_buildings(place),
        _inclusions(place, listed),
        homes,
        shops,
        places.organisations(rng, place, wanted, listed),
        places.social_organisations(rng, place, wanted, listed),
        places.key_places(rng, place, wanted, listed),
        posts,
        persons,
        cases.incidents(rng, place, homes, shops, wanted, last),
        _expected(rng, place, homes, shops),
        parties.organisations(rng, place, listed),
        _neighbours(place),
    ]
    return Truth(seed, size, PLANE, {layer.kind: layer for layer in layers})
