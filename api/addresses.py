"""`POST /addresses/geocode` turns addresses into points; `GET /addresses/reverse` turns a point into words."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text  # noqa: TC001 -- FastAPI reads the annotation
from api.locating import PlaceOut  # noqa: TC001 -- pydantic reads the annotation
from api.problems import answers
from gridmap.address.answer import MATCH_LEVELS
from gridmap.services.geocoding import geocode
from gridmap.services.reverse_geocoding import reverse

router = APIRouter(prefix="/addresses", tags=["addresses"])

_MOST = 1000
_LEVELS = ", ".join(f"{number} {name}" for number, name in MATCH_LEVELS.items())


class AddressesIn(BaseModel):
    """Addresses, or texts in which there are some."""

    model_config = ConfigDict(json_schema_extra={"example": {"addresses": ["解放路12号阳光花园3栋2单元501"]}})

    addresses: list[Text] = Field(min_length=1, max_length=_MOST)


_GEOCODED: dict[str, Any] = {
    "text": "解放路12号阳光花园3栋2单元501",
    "node_id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "level": 1,
    "level_name": "户室",
    "name": "解放路12号阳光花园3栋2单元501",
    "lon": 113.7005,
    "lat": 30.1937,
    "radius": 12.0,
    "probability": 0.998,
    "band": "auto",
    "reasons": ["门牌、楼栋、单元、户室都相符"],
    "options": [],
    "fields": [{"label": "road", "start": 0, "end": 3, "value": "解放路"}],
    "verdict": "inside",
    "grids": [
        {
            "grid_id": "5f4a0c5e-3c0e-4a39-8a41-0f6a4d2f7a11",
            "grid_code": "440106001003003",
            "grid_name": "解放路社区第03网格",
            "share": 1.0,
        }
    ],
}
_REVERSED: dict[str, Any] = {
    "lon": 113.7005,
    "lat": 30.1937,
    "words": "人民路与建设街交叉口东北约40米",
    "crossing": {
        "node_id": "2f9f5c1f-51b7-4a4e-9d0e-8a107b0f2a52",
        "name": "人民路与建设街交叉口",
        "distance": 40.2,
        "direction": "东北",
    },
}


class CandidateOut(BaseModel):
    """A node of the gazetteer that may be meant; a higher score is better."""

    model_config = ConfigDict(from_attributes=True)

    node_id: str
    level: int
    level_name: str
    name: str
    lon: float | None = None
    lat: float | None = None
    score: float


class FieldOut(BaseModel):
    """A part of the address as it was read: [start, end) in characters of the text."""

    model_config = ConfigDict(from_attributes=True)

    label: str
    start: int
    end: int
    value: str


class GridShareOut(BaseModel):
    """Which part of the disc of uncertainty lies in a grid."""

    model_config = ConfigDict(from_attributes=True)

    grid_id: str
    grid_code: str
    grid_name: str
    share: float


class GeocodedOut(BaseModel):
    """The answer to one address."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _GEOCODED})

    text: str
    node_id: str | None = None
    level: int = Field(description=f"Match level: {_LEVELS}.")
    level_name: str
    name: str
    lon: float | None = None
    lat: float | None = None
    radius: float | None = Field(
        default=None, description="Metres around the point that hold the truth in 90 % of cases."
    )
    probability: float = Field(description="That the node is right, calibrated.")
    band: str = Field(description="auto: needs no person; review; none: nothing was found.")
    reasons: list[str]
    options: list[CandidateOut]
    fields: list[FieldOut]
    verdict: str = Field(description="inside, near_border, ambiguous, outside or unlocated; empty without a plan.")
    grids: list[GridShareOut]


class NearOut(BaseModel):
    """Something near a point: metres, and the direction in which the point lies from it."""

    model_config = ConfigDict(from_attributes=True)

    node_id: str
    name: str
    distance: float
    direction: str


class ReversedOut(BaseModel):
    """A point in words."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _REVERSED})

    lon: float
    lat: float
    words: str
    door: NearOut | None = None
    building: NearOut | None = None
    crossing: NearOut | None = None
    place: PlaceOut | None = None


@router.post("/geocode", operation_id="geocode", responses=answers(404, 422))
def post_geocode(tx: ReadTx, scope: CurrentScope, body: AddressesIn) -> list[GeocodedOut]:
    """Answer addresses: match level, point, radius, probability, reasons, candidates, grids; in their order."""
    return [GeocodedOut.model_validate(geocode(tx, scope, text)) for text in body.addresses]


@router.get("/reverse", operation_id="reverse", responses=answers(404, 422))
def get_reverse(
    tx: ReadTx,
    scope: CurrentScope,
    lon: Annotated[float, Query(description="Longitude, or easting in metres.", examples=[113.7005])],
    lat: Annotated[float, Query(description="Latitude, or northing in metres.", examples=[30.1937])],
    crs: Annotated[str, Query(description="EPSG code, cgcs2000, wgs84, gcj02, bd09 or bd09mc.")] = "EPSG:4490",
) -> ReversedOut:
    """Say in words where a point is: by door plate, building or road crossing, with community and grid."""
    return ReversedOut.model_validate(reverse(tx, scope, lon, lat, crs))
