"""The registers and layers of an office as nodes of the gazetteer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.address.gazetteer import LEVEL, Nodes
from gridmap.address.names import NameTrie, other_names
from gridmap.address.normalise import normalise
from gridmap.address.numerals import number_value
from gridmap.address.parse import field_value, parse
from gridmap.address.words import core_name
from gridmap.model.kinds import kind_named
from gridmap.storage import registers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.access import Scope
    from gridmap.address.labels import Level, Reading
    from gridmap.datum import Plane
    from gridmap.storage.database import Transaction

_DOOR = 12.0  # metres from a house number's point to what it names
_ROOM, _SHOP = 6.0, 10.0
_NUMBERED = re.compile(r"^(.*?)((?:[0-9]+|[A-Za-z]|[一二三四五六七八九十]+|[甲乙丙丁])(?:号楼|栋|幢|座|#楼|#|号))$")
_CROSSING_APART = 60.0


@dataclass
class Gathering:
    """Nodes on their way, and what has to be looked up while they are gathered.

    `building_at` maps a building's code to its node, `compound_at` a compound's code and `compound_named` its
    name, `community_at` the id of a community.
    `plates` are all places that house numbers were seen at, with whether only an outline told: a point is better, and
    of several the one nearest to the road is the door.
    `places` maps the key of a name to the places in files that have it.
    `unread` counts addresses of records that lead to no node.
    """

    plane: Plane
    nodes: Nodes = field(default_factory=Nodes)
    building_at: dict[str, int] = field(default_factory=dict)
    compound_at: dict[str, int] = field(default_factory=dict)
    compound_named: dict[str, int] = field(default_factory=dict)
    community_at: dict[UUID, int] = field(default_factory=dict)
    areas: set[str] = field(default_factory=set)
    plates: dict[int, list[tuple[bool, tuple[float, float]]]] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=dict)
    unread: int = 0
    names: NameTrie = field(default_factory=lambda: NameTrie.of([]))

    def learn_names(self) -> None:
        """Tell the parser the names of all nodes so far."""
        nodes = self.nodes
        spelled = zip(nodes.level, zip(nodes.keys, nodes.names, strict=True), strict=True)
        self.names = NameTrie.of((name, level) for level, names in spelled for name in names)

    def read(self, address: str) -> Reading:
        """Parse an address with the names known so far."""
        return parse(normalise(address), self.names)[0]

    def door(self, reading: Reading, xy: tuple[float, float] | None, source: str) -> int:
        """Return the node of the house number that an address names, made when it is new; -1 when it names none."""
        nodes = self.nodes
        road = lane = number = -1
        for each in reading.fields:
            key = str(each.value)
            if each.label == "road" and road < 0:
                road = nodes.add("road", each.text, key, source=source)
            elif each.label == "lane" and road >= 0 and number < 0:
                lane = nodes.add("lane", each.text, _lane_key(key), road if lane < 0 else lane, source=source)
            elif each.label == "number" and road >= 0 and number < 0:
                above = lane if lane >= 0 else road
                number = nodes.add("number", f"{key}号", key, above, xy=xy, radius=_DOOR, source=source)
            elif each.label == "subnumber" and number >= 0:
                number = nodes.add(
                    "subnumber", f"附{key}号", _lane_key(key), number, xy=xy, radius=_DOOR, source=source
                )
            elif each.label == "subnumber" and lane >= 0:
                number = nodes.add("number", f"{key}号", key, lane, xy=xy, radius=_DOOR, source=source)
        return number


def _lane_key(key: str) -> str:
    """Return the number of a lane or an annex, its unit word left out: 33弄 is 33, 附4 is 4."""
    value = str(number_value(key))
    return value.removeprefix("附")


def key_of_name(level: Level, name: str) -> str:
    """Return what a name is compared by."""
    return str(field_value(level, normalise(name).text))


def reach(shape: Any) -> float:
    """Return the metres from the point on an outline's surface to its farthest corner."""
    corners = shapely.get_coordinates(shape)
    middle = shape.point_on_surface()
    return float(np.hypot(corners[:, 0] - middle.x, corners[:, 1] - middle.y).max())


def _point(shape: Any) -> tuple[float, float] | None:
    if shape is None or shape.is_empty:
        return None
    inside = shape if shape.geom_type == "Point" else shape.point_on_surface()
    return float(inside.x), float(inside.y)


def _records(
    tx: Transaction, scope: Scope, kind: str, plane: Plane, columns: tuple[str, ...] = ()
) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Yield the records of a register with their shapes in the plane."""
    wanted = kind_named(kind)
    names = [*columns, "geom"]
    for rows in registers.read_chunks(tx, scope, wanted, columns=names):
        shapes: NDArray[Any] = np.array([row["geom"] for row in rows], dtype=object)
        placed = ~shapely.is_missing(shapes)
        if placed.any():
            shapes[placed] = plane.project_geometries(shapes[placed])
        yield from zip(rows, shapes, strict=True)


def gather_registers(tx: Transaction, scope: Scope, made: Gathering) -> None:
    """Turn everything imported into nodes: the larger first, for the smaller lie in them."""
    _areas(tx, scope, made)
    _roads(tx, scope, made)
    made.learn_names()
    _house_numbers(tx, scope, made)
    _compounds(tx, scope, made)
    made.learn_names()
    _buildings(tx, scope, made)
    made.learn_names()
    _households(tx, scope, made)
    for kind in ("organisations", "social_organisations", "key_places", "shops"):
        _places(tx, scope, made, kind)


def finish(made: Gathering) -> None:
    """Add what follows from the nodes gathered: crossings, places of nodes that have none, names in use."""
    nodes = made.nodes
    for at, plates in made.plates.items():
        road = nodes.shapes.get(nodes.parent[at])
        if road is not None and len(plates) > 1:
            ranked = [(outline, float(shapely.distance(road, shapely.Point(xy))), xy) for outline, xy in plates]
            nodes.x[at], nodes.y[at] = (round(each, 3) for each in min(ranked)[2])
    add_crossings(nodes)
    nodes.place_by_children()
    areas = frozenset(made.areas)
    roads = {nodes.keys[at] for at, level in enumerate(nodes.level) if level == LEVEL["road"]}
    for at, level in enumerate(nodes.level):
        if level in _CALLED_OTHERWISE:
            others = other_names(level, nodes.names[at], areas)
            nodes.aliases.extend((at, other) for other in others if other not in roads)


_CALLED_OTHERWISE = frozenset(LEVEL[level] for level in ("community", "town", "compound", "poi"))


def _areas(tx: Transaction, scope: Scope, made: Gathering) -> None:
    nodes = made.nodes
    towns: list[int] = []
    for row, shape in _records(tx, scope, "subdistricts", made.plane, ("code", "name", "district")):
        district = -1
        for each in made.read(str(row["district"] or "")).fields:
            if each.label in {"city", "district", "province"}:
                made.areas.add(str(each.value))
            if each.label == "district":
                district = nodes.add("district", each.text, str(each.value), source="subdistricts")
        name = normalise(row["name"]).text
        made.areas.add(core_name(name))
        towns.append(
            nodes.add(
                "town",
                name,
                core_name(name),
                district,
                xy=_point(shape),
                radius=reach(shape) if shape else 0.0,
                source="subdistricts",
                origin=row["code"],
            )
        )
    for row, shape in _records(tx, scope, "communities", made.plane, ("id", "code", "name")):
        name = normalise(row["name"]).text
        made.community_at[row["id"]] = nodes.add(
            "community",
            name,
            key_of_name("community", name),
            towns[0] if len(towns) == 1 else -1,
            xy=_point(shape),
            radius=reach(shape) if shape else 0.0,
            source="communities",
            origin=row["code"],
        )


def _roads(tx: Transaction, scope: Scope, made: Gathering) -> None:
    pieces: dict[str, list[shapely.Geometry]] = {}
    for row, shape in _records(tx, scope, "roads", made.plane, ("name",)):
        if row["name"] and shape is not None:
            pieces.setdefault(normalise(row["name"]).text, []).append(shape)
    for name, shapes in pieces.items():
        add_road(made.nodes, name, shapes, "roads")


def add_road(nodes: Nodes, name: str, pieces: list[shapely.Geometry], source: str) -> None:
    """Add a road with all its pieces; its place is in the middle of the longest."""
    whole = shapely.multilinestrings([part for piece in pieces for part in shapely.get_parts(piece)])
    longest = max(shapely.get_parts(whole), key=lambda part: part.length)
    middle = longest.interpolate(0.5, normalized=True)
    at = nodes.add(
        "road",
        name,
        key_of_name("road", name),
        xy=(middle.x, middle.y),
        radius=float(shapely.hausdorff_distance(middle, whole)),
        source=source,
        origin=name,
    )
    nodes.shapes[at] = whole


def _house_numbers(tx: Transaction, scope: Scope, made: Gathering) -> None:
    for row, shape in _records(tx, scope, "house_numbers", made.plane, ("road", "number")):
        add_house_number(made, row["road"], row["number"], _point(shape), "house_numbers")


def add_house_number(
    made: Gathering, road: str, number: str, xy: tuple[float, float] | None, source: str, *, outline: bool = False
) -> int:
    """Add a house number by the name of its road and what stands on the plate; -1 when that is no number."""
    plate = normalise(number).text
    door = made.door(made.read(road + plate + ("" if plate.endswith("号") else "号")), xy, source)
    if door >= 0:
        if xy:
            made.plates.setdefault(door, []).append((outline, xy))
        return door
    key = str(number_value(plate))
    if not re.search(r"[0-9]", key) or not normalise(road).text:
        made.unread += 1
        return -1
    at = made.nodes.add("road", normalise(road).text, key_of_name("road", road), source=source)
    return made.nodes.add("number", f"{key}号", key, at, xy=xy, radius=_DOOR, source=source)


def _compounds(tx: Transaction, scope: Scope, made: Gathering) -> None:
    columns = ("code", "name", "address", "community_id")
    for row, shape in _records(tx, scope, "compounds", made.plane, columns):
        name = normalise(row["name"]).text
        at = made.nodes.add(
            "compound",
            name,
            key_of_name("place", name),
            made.community_at.get(row["community_id"], -1),
            xy=_point(shape),
            radius=reach(shape) if shape else 0.0,
            source="compounds",
            origin=row["code"],
            site=made.door(made.read(row["address"]), None, "compounds") if row["address"] else -1,
        )
        if shape is not None:
            made.nodes.shapes[at] = shape
        made.compound_at[row["code"]] = at
        made.compound_named[made.nodes.keys[at]] = at


def _buildings(tx: Transaction, scope: Scope, made: Gathering) -> None:
    columns = ("code", "name", "compound", "address", "community_id")
    for row, shape in _records(tx, scope, "buildings", made.plane, columns):
        at = _building(made, row, shape)
        if at >= 0:
            made.building_at[row["code"]] = at
        else:
            made.unread += 1


def _building(made: Gathering, row: Mapping[str, Any], shape: Any) -> int:
    xy, size = _point(shape), reach(shape) if shape else 0.0
    name = normalise(row["name"] or "").text
    compound = made.compound_at.get(row["compound"] or "", -1)
    door = -1
    if row["address"]:
        door = made.door(made.read(row["address"]), xy if compound < 0 else None, "buildings")
    community = made.community_at.get(row["community_id"], -1)
    found = _NUMBERED.match(name)
    if compound < 0 and found and len(found[1]) > 1:
        compound = made.nodes.add("compound", found[1], key_of_name("place", found[1]), community, source="buildings")
    if compound >= 0 and found:
        key = str(number_value(found[2]))
        return made.nodes.add(
            "building", found[2], key, compound, xy=xy, radius=size, source="buildings", origin=row["code"], site=door
        )
    if name:
        key = key_of_name("place", name)
        where: dict[str, Any] = {"xy": xy, "radius": size, "source": "buildings", "origin": row["code"], "site": door}
        return made.nodes.add("poi", name, key, door if door >= 0 else community, **where)
    return door


def _households(tx: Transaction, scope: Scope, made: Gathering) -> None:
    columns = ("code", "address", "building", "unit", "room", "accuracy")
    for row, shape in _records(tx, scope, "households", made.plane, columns):
        above = made.building_at.get(row["building"] or "", -1)
        unit, room = row["unit"], row["room"]
        if above < 0 or not room:
            reading = made.read(row["address"])
            above = above if above >= 0 else building_of(made, reading)
            values = {each.label: str(each.value) for each in reading.fields}
            unit, room = unit or values.get("unit"), room or values.get("room")
        if above < 0 or not room:  # without a room a household is the whole building
            made.unread += above < 0
            continue
        if unit:
            key = str(number_value(normalise(unit).text))
            above = made.nodes.add("unit", f"{key}单元", key, above, source="households")
        key = str(number_value(normalise(room).text))
        made.nodes.add(
            "room",
            f"{key}室",
            key,
            above,
            xy=_point(shape),
            radius=max(float(row["accuracy"] or 0.0), _ROOM),
            source="households",
            origin=row["code"],
        )


def building_of(made: Gathering, reading: Reading) -> int:
    """Return the node of the building that an address names, made when it is new; -1 when it names none."""
    place = next((str(each.value) for each in reading.fields if each.label == "place"), "")
    building = next((each for each in reading.fields if each.label == "building"), None)
    door = made.door(reading, None, "households")
    above = made.compound_named.get(place, door)
    if building is None or above < 0:
        return above
    return made.nodes.add("building", building.text, str(building.value), above, source="households")


def _places(tx: Transaction, scope: Scope, made: Gathering, kind: str) -> None:
    columns = ("code", "name", "address", "building", "community_id")
    nodes = made.nodes
    compounds = {nodes.keys[at]: at for at, level in enumerate(nodes.level) if level == LEVEL["compound"]}
    for row, shape in _records(tx, scope, kind, made.plane, columns):
        name = normalise(row["name"]).text
        key = key_of_name("place", name)
        xy = _point(shape)
        door = made.door(made.read(row["address"]), xy, kind) if row["address"] else -1
        if key in compounds:  # a compound that is on another list, too
            if door >= 0 > nodes.site[compounds[key]]:
                nodes.site[compounds[key]] = door
            continue
        above = door if door >= 0 else made.building_at.get(row["building"] or "", -1)
        if above < 0:
            above = made.community_at.get(row["community_id"], -1)
        nodes.add("poi", name, key, above, xy=xy, radius=_SHOP, source=kind, origin=row["code"], site=door)


def add_crossings(nodes: Nodes) -> None:
    """Add where two roads meet, one node for each pair of names."""
    roads = sorted(at for at in nodes.shapes if nodes.level[at] == LEVEL["road"])
    if len(roads) < 2:
        return
    shapes = np.array([nodes.shapes[at] for at in roads], dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        if one >= other:
            continue
        names = sorted((nodes.keys[roads[one]], nodes.keys[roads[other]]))
        meeting = shapely.get_coordinates(shapely.intersection(shapes[one], shapes[other]))
        if not len(meeting) or names[0] == names[1]:
            continue
        middle = meeting.mean(axis=0)
        spread = float(np.hypot(*(meeting - middle).T).max())
        if spread > _CROSSING_APART:  # they run together for a while: the first place where they meet
            middle, spread = meeting[0], spread * 2
        nodes.add(
            "crossing",
            f"{names[0]}与{names[1]}交叉口",
            "/".join(names),
            xy=(float(middle[0]), float(middle[1])),
            radius=max(spread, 15.0),
            source="roads",
        )
