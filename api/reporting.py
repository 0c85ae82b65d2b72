"""`POST /incidents` and `/incidents/check`: a report is located, given a grid, and held against those near by."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.casework import DUPLICATES, DuplicatesOut
from api.deps import CurrentScope, ReadTx, Text, WriteTx  # noqa: TC001 -- FastAPI reads the annotation
from api.incidents import INCIDENT, VERDICT, IncidentOut, Verdict
from api.problems import answers
from api.report_fields import ReportFields
from gridmap.services import incidents as verbs
from gridmap.services.reports import Report

router = APIRouter(tags=["incidents"])

_PLACE: dict[str, Any] = {
    "matter": "解放路12号阳光花园3栋2单元501",
    "home": "",
    "point": {"lon": 113.325, "lat": 23.135, "accuracy": 15},
    "address": {"lon": 113.3251, "lat": 23.1351, "radius": 8, "words": "定位到户室"},
    "apart": 15.2,
}


class IncidentIn(ReportFields):
    """What is reported: a point, an address or both.

    An address, or one told in the description, is located as `POST /intake` does it. What has neither, or an address
    that is not found, waits as 待定位.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "title": "楼上漏水",
                "category": "民生诉求",
                "source": "12345热线",
                "address": "解放路12号阳光花园3栋2单元501",
                "lon": 113.325,
                "lat": 23.135,
                "crs": "EPSG:4490",
                "accuracy": 15,
                "reporter": "张示范",
                "phone": "19900001234",
            }
        },
    )

    title: Text = Field(min_length=1, max_length=200)
    building: Text | None = Field(default=None, max_length=100, description="Code of the building, where known.")
    floor: int | None = Field(default=None, ge=-20, le=300)
    number: Text | None = Field(default=None, min_length=1, max_length=100, description="工单编号; made when absent.")
    draft: bool = Field(default=False, description="暂存: kept, and not handed in yet.")
    holds: Literal["", "point", "address"] = Field(
        default="", description="Which of the two a person says is right, where point and address disagree."
    )


class ReportCheckIn(IncidentIn):
    """A report that is being written: it may have no title yet."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"category": "漏水", "address": "人民路38号"}}
    )

    title: Text = Field(default="", max_length=200)


class PointOut(BaseModel):
    """A point that was given, and the metres that it may be off."""

    lon: float
    lat: float
    accuracy: float


class AddressPlaceOut(BaseModel):
    """Where an address is: within the radius (metres) in nine of ten cases. `words` say how finely it was found."""

    lon: float
    lat: float
    radius: float
    words: str


class ReportPlaceOut(BaseModel):
    """What is known of the place of a report: both addresses, both points, and how far these are apart (metres)."""

    matter: str
    home: str
    point: PointOut | None = None
    address: AddressPlaceOut | None = None
    apart: float | None = None
    holds: str = ""


class ReportCheckOut(BaseModel):
    """What would become of a report. `status` is 归格, 边界待核 or 待定位; `why` is for the person who looks."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "status": "归格",
                "why": "",
                "address": _PLACE["matter"],
                "lon": 113.325,
                "lat": 23.135,
                "accuracy": 15,
                "place": _PLACE,
                "assignment": VERDICT,
                "duplicates": DUPLICATES,
            }
        },
    )

    status: str
    why: str
    address: str
    lon: float | None = None
    lat: float | None = None
    accuracy: float
    place: ReportPlaceOut
    assignment: Verdict | None = None
    duplicates: DuplicatesOut


class ReportedOut(IncidentOut):
    """The incident, and what `ReportCheckOut` says of it. Duplicates are only suggested."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": INCIDENT | {"status": "归格", "why": "", "place": _PLACE, "duplicates": DUPLICATES}
        },
    )

    status: str
    why: str
    place: ReportPlaceOut
    duplicates: DuplicatesOut


@router.post("/incidents", operation_id="report_incident", status_code=201, responses=answers(409, 422))
def report(tx: WriteTx, scope: CurrentScope, body: IncidentIn, response: Response) -> ReportedOut:
    """Store an incident and say at once which grid and worker have it, why, and how far the border is.

    Where point and address are farther apart than both may be off, it is stored as 边界待核, and `why` asks.
    """
    incident = verbs.report_incident(tx, scope, Report(**body.model_dump()))
    response.headers["Location"] = f"/api/v1/incidents/{incident.id}"
    return ReportedOut.model_validate(incident)


@router.post("/incidents/check", operation_id="check_report", responses=answers(422))
def check(tx: ReadTx, scope: CurrentScope, body: ReportCheckIn, response: Response) -> ReportCheckOut:
    """Say what would become of a report, and which reports near by may be the same matter. Nothing is written."""
    response.headers["Cache-Control"] = "no-store"
    return ReportCheckOut.model_validate(verbs.check_report(tx, scope, Report(**body.model_dump())))
