"""Closed loops of named roads, drawn at random from a road map, and the sentence that tells each.

Knows nothing of the solver: it cuts the roads at their crossings, takes the land between them, joins neighbouring
pieces at random, and reads the names off the border. Land between the carriageways of one road is road, not land: a
loop runs along the near carriageways.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.datum import Plane

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WIDEST_ROAD = 60.0  # metres between the carriageways of one road, its side roads included
SHORTEST = 20.0  # metres of a road: less is a corner cut or a kerb, which nobody would name
NO_ROADS = ("立交", "桥", "通道", "栈道", "步道")  # an interchange is no road: it branches in all directions
SIDES = "东北西南"


@dataclass(frozen=True)
class Loop:
    """A loop: its land, its roads in order round it (against the clock), and the sentence."""

    shape: Any
    roads: tuple[str, ...]
    text: str


def roads(path: Path, lon: float) -> tuple[Any, list[tuple[str, ...]]]:
    """Read the lines of a road map, in the plane of a longitude, and their names; no railways, no ferries."""
    features = [
        each
        for each in json.loads(path.read_text(encoding="utf-8"))["features"]
        if each["properties"].get("kind") not in {"rail", "ferry"}
    ]
    shapes = shapely.from_geojson([json.dumps(each["geometry"]) for each in features])
    names = [each["properties"].get("name") or () for each in features]
    called = [tuple(name) if isinstance(name, list) else (name,) if name else () for name in names]
    return Plane.at(lon).project_geometries(np.asarray(shapes, dtype=object)), called


def loops(
    lines: Any,
    names: Sequence[Sequence[str]],
    *,
    seed: int,
    wanted: int,
    tries: int = 40_000,
    least: float = 5e4,
    most: float = 2e6,
    between_carriageways: str = "out",
) -> list[Loop]:
    """Draw loops of four or more named roads, each road once, between `least` and `most` square metres."""
    rng = np.random.default_rng(seed)
    edges, edge_names = named_edges(lines, names)
    faces = shapely.get_parts(shapely.polygonize(edges))
    half, area = shapely.length(faces) / 2, shapely.area(faces)
    sliver = (
        half - np.sqrt(np.maximum(half**2 - 4 * area, 0))
    ) / 2 < WIDEST_ROAD  # the shorter side of such a rectangle
    near = _neighbours(faces)
    found: dict[bytes, Loop] = {}
    areas = area
    tree = shapely.STRtree(edges)
    seen: set[frozenset[int]] = set()
    for _ in range(tries):
        if len(found) >= wanted:
            break
        land = _grown(rng, areas, 2 * half, near, sliver, rng.uniform(least, most), between_carriageways)
        if land in seen or not least / 2 <= areas[sorted(land)].sum() <= most:
            continue
        seen.add(land)
        loop = _loop(faces, sorted(land), tree, edge_names, least, most)
        if loop is not None:
            found[shapely.to_wkb(shapely.normalize(loop.shape))] = loop
    return list(found.values())


def named_edges(lines: Any, names: Sequence[Sequence[str]]) -> tuple[Any, list[frozenset[str]]]:
    """Cut the named roads at their crossings; interchanges are left out."""
    roads = [tuple(name for name in called if not name.endswith(NO_ROADS)) for called in names]
    kept = [number for number, called in enumerate(roads) if called]
    named = np.asarray(lines, dtype=object)[kept]
    edges = shapely.get_parts(shapely.unary_union(named, grid_size=0.001))
    return edges, _names_of(edges, named, [roads[number] for number in kept])


def _names_of(edges: Any, lines: Any, called: list[tuple[str, ...]]) -> list[frozenset[str]]:
    middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    edge, line = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=0.01)
    found: list[set[str]] = [set() for _ in edges]
    for one, other in zip(edge, line, strict=True):
        found[one].update(called[other])
    return [frozenset(each) for each in found]


def _neighbours(faces: Any) -> list[dict[int, float]]:
    """For each face its neighbours and the metres of border with each."""
    one, two = shapely.STRtree(faces).query(faces, predicate="touches")
    shared = shapely.length(shapely.intersection(shapely.boundary(faces[one]), shapely.boundary(faces[two])))
    near: list[dict[int, float]] = [{} for _ in faces]
    for a, b, metres in zip(one.tolist(), two.tolist(), shared.tolist(), strict=True):
        if metres > 0.1:
            near[a][b] = metres
    return near


def _grown(
    rng: Any, areas: Any, lengths: Any, near: list[dict[int, float]], sliver: Any, goal: float, between: str
) -> frozenset[int]:
    """Join blocks at random; two on either side of one road's carriageways are neighbours too."""
    start = int(rng.choice(np.flatnonzero(~sliver)))
    land, area = {start}, areas[start]
    patience = rng.uniform(0.02, 0.3)
    while area < goal and rng.random() > patience:
        edge = {other for face in land for other in near[face]}
        if between == "out":
            edge |= {far for other in edge if sliver[other] for far in near[other]}
            edge = {other for other in edge if not sliver[other]}
        choice = sorted(edge - land)
        if not choice:
            break
        chosen = int(rng.choice(choice))
        land.add(chosen)
        area += areas[chosen]
    for _ in range(3 if between == "out" else 0):  # what lies between carriageways inside the land
        for other in {other for face in land for other in near[face]} - land:
            if sliver[other] and sum(m for face, m in near[other].items() if face in land) > 0.85 * lengths[other]:
                land.add(other)
    return frozenset(land)


def _loop(
    faces: Any, land: list[int], tree: Any, names: list[frozenset[str]], least: float, most: float
) -> Loop | None:
    joined = shapely.unary_union(faces[land])
    if joined.geom_type != "Polygon":
        return None
    shape = shapely.Polygon(joined.exterior)
    if not least <= shape.area <= most:
        return None
    runs = named_runs(shape, tree, names)
    if len(runs) < 4 or len({name for name, _ in runs}) < 4:
        return None
    if min(float(np.hypot(*along.T).sum()) for _, (_, along) in runs) < SHORTEST:
        return None
    text = _sentence(runs)
    return Loop(shape, tuple(name for name, _ in runs), text) if text else None


def named_runs(shape: Any, tree: Any, names: list[frozenset[str]]) -> list[tuple[str, Any]]:
    """Walk round the border and read the names off it: (road, points of its middle and vector)."""
    ring = shapely.get_coordinates(shapely.get_exterior_ring(shapely.orient_polygons(shape)))
    middle, along = (ring[:-1] + ring[1:]) / 2, np.diff(ring, axis=0)
    point, edge = tree.query(shapely.points(middle), predicate="dwithin", distance=0.02)
    called: list[frozenset[str]] = [frozenset() for _ in middle]
    for one, other in zip(point, edge, strict=True):
        called[one] |= names[other]
    runs: list[tuple[set[str], list[int]]] = []
    for number, each in enumerate(called):
        if not each:
            return []
        if runs and runs[-1][0] & each:
            runs[-1] = (runs[-1][0] & each, [*runs[-1][1], number])
        else:
            runs.append((set(each), [number]))
    if len(runs) > 1 and runs[0][0] & runs[-1][0]:
        first, last = runs[0], runs.pop()
        runs[0] = (first[0] & last[0], [*last[1], *first[1]])
    return [(min(name), (middle[numbers], along[numbers])) for name, numbers in runs]


def sides_of(runs: list[tuple[str, Any]]) -> list[int]:
    """Return the side of `SIDES` to which each run looks."""
    sides = []
    for _, (_, along) in runs:
        out = np.array([along[:, 1].sum(), -along[:, 0].sum()])
        sides.append(int(np.rint(np.arctan2(out[1], out[0]) / (np.pi / 2))) % 4)
    return sides


def _sentence(runs: list[tuple[str, Any]]) -> str:
    """Give each road to the side to which its stretch looks; all four sides have to be there, one after the other."""
    sides = sides_of(runs)
    turns = [(after - before) % 4 for before, after in zip(sides, sides[1:] + sides[:1], strict=True)]
    if set(sides) != {0, 1, 2, 3} or sum(turns) != 4 or 3 in turns:
        return ""
    parts = []
    for side in (0, 3, 2, 1):
        mine = [number for number, each in enumerate(sides) if each == side]
        while len(mine) > 1 and (mine[0] - 1) % len(runs) in mine:  # begin where the side begins
            mine = [*mine[1:], mine[0]]
        ordered = [runs[number][0] for number in mine]
        if side in {0, 1}:  # north to south, west to east: against the walk
            ordered.reverse()
        parts.append(f"{SIDES[side]}至{'、'.join(ordered)}")
    return "，".join(parts)


def wrong_texts(loop: Loop, names: Sequence[str], *, seed: int) -> list[tuple[set[str], str]]:
    """Spoil the sentence of a loop in four ways; returns the sides of which one has to be named, and the text.

    One road is put in the place of another at random (it runs elsewhere), two opposite and two neighbouring sides are
    exchanged, and a name is written that no road has.
    """
    rng = np.random.default_rng(seed)
    clauses = [clause.split("至", 1) for clause in loop.text.split("，")]
    english = {"东": "east", "南": "south", "西": "west", "北": "north"}
    spoilt = []
    number = int(rng.integers(4))
    others = sorted(set(names) - set(loop.roads))
    for name in (str(rng.choice(others)), "无此名路"):
        changed = [[side, name if at == number else said] for at, (side, said) in enumerate(clauses)]
        spoilt.append(({english[clauses[number][0]]}, changed))
    for one, two in ((number, (number + 2) % 4), (number, (number + 1) % 4)):
        changed = [list(each) for each in clauses]
        changed[one][1], changed[two][1] = clauses[two][1], clauses[one][1]
        spoilt.append(({english[clauses[one][0]], english[clauses[two][0]]}, changed))
    return [(sides, "，".join(f"{side}至{said}" for side, said in changed)) for sides, changed in spoilt]
