"""四至: reading a text, drawing its polygon on features, writing the text of a polygon, holding them together.

Layers and answers are in lon/lat; all arithmetic happens in the plane.
"""

from __future__ import annotations

import ast
import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import datum
from gridmap.config import read_lookup
from gridmap.errors import BadInput, GeometryRefused
from gridmap.services.ground import Ground, ground_of
from gridmap.space.limits import parse as parsing
from gridmap.space.limits.compare import Comparison, compare
from gridmap.space.limits.describe import Description, describe
from gridmap.space.limits.features import Features
from gridmap.space.limits.outline import STEP
from gridmap.space.limits.readings import MOST, readings
from gridmap.space.limits.solve import Solution, solve
from gridmap.space.limits.verdict import Status
from gridmap.space.limits.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.files.layers import Layer
    from gridmap.space.limits.values import Parse

_NAME_COLUMNS = ("name", "名称", "道路名称", "河流名称", "小区名称", "NAME", "Name", "name:zh")
_OTHER_NAMES = ("alt_name", "old_name", "short_name", "别名", "曾用名", "简称")
_KIND_COLUMNS = ("kind", "layer", "类型", "类别")
_AREA_KIND = "compound"
MOST_PIECES = 20_000  # of a border, `STEP` long each: 200 km
_KINDS = {
    "water": ("water", "riverbank", "river", "canal", "stream", "dock", "河流", "湖泊", "水系", "河港", "水库"),
    "railway": ("rail", "railway", "铁路"),
    "compound": ("compound", "小区", "residential"),
    "boundary": ("community", "grid", "boundary", "administrative", "社区", "网格"),
}


@dataclass(frozen=True)
class Surroundings:
    """Features on their plane.

    Parameters
    ----------
    features : Features
    ground : Ground
        How the plane lies on the earth.
    """

    features: Features
    ground: Ground

    def lonlat(self, shape: Any) -> Any:
        """Carry a shape of the plane to lon/lat EPSG:4490."""
        own = self.ground.unproject(np.array([shape], dtype=object))
        return datum.geometries_to_lonlat(own, self.ground.crs)[0]


@cache
def words() -> Words:
    """Read the vocabulary of 四至 sentences."""
    return Words.of(read_lookup("limits_words.json"))


def parse_text(text: str) -> Parse:
    """Read a 四至 sentence.

    Raises
    ------
    BadInput
        It names no side and is no walk.
    """
    return parsing.parse(text, words())


def surroundings_of(layers: Sequence[Layer]) -> Surroundings:
    """Prepare the features of some layers, all on the plane of the first.

    Names may be list-valued (`['红荔西路', '红荔路']`); columns for aliases are read beside the name. The kind of a
    feature is what a column says, else the name of its file, else water or compound by its shape.

    Raises
    ------
    BadInput
        No layer has a shape with a name.
    """
    drawn = [layer for layer in layers if len(layer.shapes)]
    if not drawn:
        raise BadInput("the layers have no features: give one with named lines or areas")
    ground = ground_of(drawn[0].crs, drawn[0].shapes)
    shapes: list[Any] = []
    names: list[tuple[str, ...]] = []
    kinds: list[str] = []
    for layer in drawn:
        own = layer.shapes
        if layer.crs != ground.crs:
            own = datum.geometries_from_lonlat(datum.geometries_to_lonlat(own, layer.crs), ground.crs)
        shapes.extend(ground.project(own))
        names.extend(_names(layer))
        kinds.extend(_kinds(layer))
    if not any(names):
        known = "、".join(_NAME_COLUMNS[:4])
        raise BadInput(f"no feature has a name: the layer needs a column such as {known}")
    return Surroundings(Features.of(shapes, names, kinds), ground)


def solve_text(text: str, around: Surroundings, inside: NDArray[np.float64] | None = None) -> dict[str, Any]:
    """Draw the polygon of a text.

    Parameters
    ----------
    text : str
    around : Surroundings
    inside : (N, 2) float64, optional
        Lon/lat of points that are known to belong to the land.

    Returns
    -------
    dict
        status (the worst of all parts), parse, parts (status, GeoJSON geometry, hectares, sides with metres on each
        feature, gaps, candidates, troubles).
    """
    parsed = parse_text(text)
    points = None
    if inside is not None and len(inside):
        places = np.asarray(shapely.points(inside), dtype=object)
        carried = around.ground.project(datum.geometries_from_lonlat(places, around.ground.crs))
        points = shapely.get_coordinates(carried)
    solutions = solve(parsed, around.features, points)
    order = list(Status)
    return {
        "status": max((each.status for each in solutions), key=order.index).value,
        "parse": parse_json(parsed),
        "parts": [
            _solution(part.label, each, parsed, around) for part, each in zip(parsed.parts, solutions, strict=True)
        ],
    }


def describe_shape(shape: Any, around: Surroundings) -> dict[str, Any]:
    """Write the sentence of a polygon in lon/lat, and solve it again.

    Returns
    -------
    dict
        text, agreement (IoU of the polygon that the sentence gives), status, sides with the metres of each feature,
        unnamed metres of border, and what was left out for being short.

    Raises
    ------
    GeometryRefused
        Its border is longer, or has more points, than that of any sub-district.
    """
    return description_json(describe(_in_plane(shape, around), around.features, words()))


def describe_layer(layer: Layer, around: Surroundings) -> list[dict[str, Any]]:
    """Write the sentence of every polygon of a layer: what `describe_shape` says, with name and GeoJSON geometry."""
    lonlat = datum.geometries_to_lonlat(layer.shapes, layer.crs)
    return [
        {"name": name, **describe_shape(shape, around), "geometry": json.loads(shapely.to_geojson(shape))}
        for name, shape in zip(layer.names, lonlat, strict=True)
    ]


def points_of(lonlat: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Give positions as an array, longitude first."""
    return np.array(lonlat, dtype=np.float64).reshape(-1, 2)


def compare_text(text: str, shape: Any, around: Surroundings) -> dict[str, Any]:
    """Hold a text against a polygon in lon/lat: agreement, and on which side they part by how many metres.

    Raises
    ------
    BadInput
        The text cannot be read.
    GeometryRefused
        Its border is longer, or has more points, than that of any sub-district.
    """
    return comparison_json(compare(parse_text(text), _in_plane(shape, around), around.features))


def _in_plane(shape: Any, around: Surroundings) -> Any:
    """Carry a polygon in lon/lat to the plane, if it is one that a sentence can be about."""
    own = datum.geometries_from_lonlat(np.array([shape], dtype=object), around.ground.crs)
    land = around.ground.project(own)[0]
    points = int(shapely.get_num_coordinates(land))
    if not land.length / STEP + points <= MOST_PIECES:  # nor where a length is no number
        raise GeometryRefused(
            f"the border of the land is {land.length / 1000:,.0f} km long and has {points:,} points: sentences are "
            f"written for borders of at most {MOST_PIECES * STEP / 1000:,.0f} km, and {MOST_PIECES:,} pieces of "
            f"{STEP:.0f} m, points counted too; send the land of a grid, a community or a sub-district",
            metres=float(land.length),
            points=points,
        )
    return land


def parse_json(parsed: Parse) -> dict[str, Any]:
    """Give a parse as plain values."""
    plain: dict[str, Any] = asdict(parsed)
    for part, real in zip(plain["parts"], parsed.parts, strict=True):
        part["missing"] = [side.value for side in real.missing]
    return plain


def description_json(found: Description) -> dict[str, Any]:
    """Give a description as plain values."""
    return {
        "text": found.text,
        "agreement": found.agreement,
        "status": found.status.value,
        "perimeter": found.perimeter,
        "unnamed": found.unnamed,
        "sides": [
            {"side": each.side.value, "name": each.name, "kind": each.kind, "metres": each.metres, "named": each.named}
            for each in found.stretches
        ],
    }


def comparison_json(found: Comparison) -> dict[str, Any]:
    """Give a comparison as plain values."""
    return {
        "agrees": found.agrees,
        "status": found.status.value,
        "agreement": found.agreement,
        "off": {side.value: metres for side, metres in found.off.items()},
        "troubles": _troubles(found.troubles),
    }


def _troubles(troubles: Any) -> list[dict[str, Any]]:
    return [
        {
            "kind": each.kind.value,
            "side": each.side.value if each.side else None,
            "name": each.name,
            "metres": each.metres,
            "offers": list(each.offers),
        }
        for each in troubles
    ]


def _solution(label: str, solution: Solution, parsed: Parse, around: Surroundings) -> dict[str, Any]:
    best = solution.best
    sides = []
    for number, (named, match) in enumerate(zip(solution.features, solution.matches, strict=True)):
        on = best.evidence.features[number] if best else None
        sides.append(
            {
                "side": named.side.value if named.side else None,
                "name": named.name,
                "found": list(match.names),
                "how": match.how,
                "offers": list(match.offers),
                "metres": on.metres if on else 0.0,
                "towards": on.towards if on else None,
            }
        )
    return {
        "label": label,
        "status": solution.status.value,
        "geometry": _geojson(solution.shape, around),
        "hectares": solution.shape.area / 1e4 if solution.shape is not None else None,
        "perimeter": best.evidence.perimeter if best else None,
        "gap": best.gap if best else None,
        "sides": sides,
        "candidates": [
            {
                "geometry": _geojson(each.shape, around),
                "hectares": each.shape.area / 1e4,
                "ways": list(each.candidate.ways),
                "far": [side.value for side in each.far],
                "gap": each.candidate.gap,
                "score": each.candidate.score,
            }
            for each in readings(solution, around.features, most=1 if parsed.exemptions else MOST)
        ],
        "troubles": _troubles(solution.troubles),
    }


def _geojson(shape: Any, around: Surroundings) -> dict[str, Any] | None:
    if shape is None:
        return None
    value: dict[str, Any] = json.loads(shapely.to_geojson(around.lonlat(shape)))
    return value


def _names(layer: Layer) -> list[tuple[str, ...]]:
    columns = [layer.attributes[name] for name in _NAME_COLUMNS if name in layer.attributes][:1]
    columns += [layer.attributes[name] for name in _OTHER_NAMES if name in layer.attributes]
    rows: list[tuple[str, ...]] = [()] * len(layer.shapes)
    for column in columns:
        rows = [(*before, *_listed(cell)) for before, cell in zip(rows, column.tolist(), strict=True)]
    return rows


def _listed(cell: Any) -> tuple[str, ...]:
    """Read a name, or a list of names as OpenStreetMap extracts write it."""
    if isinstance(cell, (list, tuple, np.ndarray)):
        return tuple(str(each) for each in cell if each)
    text = str(cell).strip() if cell is not None else ""
    if text.startswith("[") and text.endswith("]"):
        try:
            read = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return (text,)
        return tuple(str(each) for each in read) if isinstance(read, list) else (text,)
    return tuple(each for each in text.split(";") if each) if text and text.lower() not in {"none", "nan"} else ()


def _kinds(layer: Layer) -> list[str]:
    column = next((layer.attributes[name].tolist() for name in _KIND_COLUMNS if name in layer.attributes), None)
    said = column if column is not None else [None] * len(layer.shapes)
    stem = layer.path.stem.lower()
    default = next((kind for kind, marks in _KINDS.items() if any(mark in stem for mark in marks)), "")
    return [
        next((kind for kind, marks in _KINDS.items() if value in marks), default)
        or ("road" if shapely.get_dimensions(shape) == 1 else _AREA_KIND)
        for value, shape in zip(said, layer.shapes, strict=True)
    ]
