"""What a report may carry, whether one is told by a person or stands in a row of another system."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 -- FastAPI reads the annotation

from pydantic import BaseModel, Field

from api.deps import Text  # noqa: TC001 -- FastAPI reads the annotation


class ReportFields(BaseModel):
    """A point, an address, both or neither; the caller; the order's own deadlines."""

    description: Text = Field(default="", max_length=4000)
    category: Text = Field(default="", max_length=100)
    source: Text = Field(default="", max_length=100)
    address: Text = Field(default="", max_length=400, description="Where the matter is.")
    home: Text = Field(default="", max_length=400, description="Where the caller lives.")
    lon: float | None = None
    lat: float | None = None
    crs: Text = "EPSG:4490"
    accuracy: float = Field(default=0, ge=0, le=100_000, description="Radius of the position in metres.")
    reporter: Text = Field(default="", max_length=100)
    phone: Text = Field(default="", max_length=40)
    reported_at: datetime | None = None
    deadline: datetime | None = Field(default=None, description="The order's own deadline: it wins over ours.")
    return_until: datetime | None = Field(default=None, description="退单时限 of the order, where it says one.")
