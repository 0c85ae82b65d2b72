"""四至: read a sentence, draw its polygon, write the sentence of a polygon, hold one against the other."""

from __future__ import annotations

import json
from typing import Annotated, Any

import shapely
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text
from api.problems import answers
from gridmap.errors import GeometryRefused
from gridmap.services import limits, limits_ground
from gridmap.space.limits.parse import LONGEST

router = APIRouter(prefix="/limits", tags=["limits"])

_EXAMPLE = "东至解放路，南至示范河，西至文昌路，北至中山大道"
_CORNERS = [[113.32, 23.13], [113.33, 23.13], [113.33, 23.14], [113.32, 23.14], [113.32, 23.13]]
_SQUARE: Any = {"type": "Polygon", "coordinates": [_CORNERS]}
Sentence = Annotated[Text, Field(min_length=1, max_length=LONGEST, examples=[_EXAMPLE])]


class TextIn(BaseModel):
    """A sentence."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": _EXAMPLE}})

    text: Sentence


class SolveIn(TextIn):
    """A sentence, and points that are known to belong to the land."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": _EXAMPLE, "inside": [[113.325, 23.135]]}})

    inside: list[tuple[float, float]] = Field(default=[], max_length=1000, description="Lon/lat EPSG:4490.")


class ShapeIn(BaseModel):
    """A polygon, GeoJSON in lon/lat EPSG:4490."""

    model_config = ConfigDict(json_schema_extra={"example": {"geometry": _SQUARE}})

    geometry: dict[str, Any]


class CompareIn(TextIn, ShapeIn):
    """A sentence and a polygon."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": _EXAMPLE, "geometry": _SQUARE}})


@router.post("/parse", operation_id="parseLimits", responses=answers(422))
def parse(body: TextIn) -> dict[str, Any]:
    """Read a 四至 sentence: sides, features, qualifiers, each with its place in the text; what was not understood."""
    return limits.parse_json(limits.parse_text(body.text))


@router.post("/solve", operation_id="solveLimits", responses=answers(404, 422))
def solve(body: SolveIn, tx: ReadTx, scope: CurrentScope) -> dict[str, Any]:
    """Draw the polygon of a sentence on the roads, waters, railways, compounds and borders that are stored.

    The status is exact, gap_bridged, ambiguous (with candidates) or unresolved (with what is missing).
    """
    around = limits_ground.stored_surroundings(tx, scope)
    return limits.solve_text(body.text, around, limits.points_of(body.inside) if body.inside else None)


@router.post("/describe", operation_id="describeLimits", responses=answers(404, 422))
def describe(body: ShapeIn, tx: ReadTx, scope: CurrentScope) -> dict[str, Any]:
    """Write the sentence of a polygon, solve it again, and state the agreement (IoU)."""
    return limits.describe_shape(_polygon(body.geometry), limits_ground.stored_surroundings(tx, scope))


@router.post("/compare", operation_id="compareLimits", responses=answers(404, 422))
def compare(body: CompareIn, tx: ReadTx, scope: CurrentScope) -> dict[str, Any]:
    """Hold a sentence against a polygon: agreement, and on which side they part by how many metres."""
    return limits.compare_text(body.text, _polygon(body.geometry), limits_ground.stored_surroundings(tx, scope))


def _polygon(geometry: dict[str, Any]) -> Any:
    """Read a GeoJSON polygon."""
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except shapely.GEOSException as error:
        raise GeometryRefused(f"the geometry is no GeoJSON ({error}); send a Polygon or MultiPolygon") from error
    if shape.geom_type not in {"Polygon", "MultiPolygon"} or shape.is_empty:
        what = "empty" if shape.is_empty else f"a {shape.geom_type}"
        raise GeometryRefused(f"the geometry is {what}: send a Polygon or MultiPolygon")
    if not shape.is_valid:
        raise GeometryRefused("the geometry is no valid polygon: send one that does not cross itself")
    return shape
