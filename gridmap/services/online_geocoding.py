"""Online geocoders: asked for one address at a time, when an administrator has switched one on.

What leaves is the address without persons, notes, unit and room; that it left stands in the audit before it does. What
comes back is converted to EPSG:4490 exactly once and refused outside the sub-district: naive online answers were in
another city in 22 % of cases.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

from gridmap.address.answer import CROSSING, DISTRICT, NUMBER, PLACE, ROAD, TOWN
from gridmap.address.normalise import normalise
from gridmap.address.parse import parse
from gridmap.errors import BadInput, CoordinatesRefused, SetupMissing
from gridmap.services.gazetteer import current_index
from gridmap.services.locating import locate, to_position
from gridmap.storage import audit

if TYPE_CHECKING:
    from gridmap.access import Scope
    from gridmap.config import Settings
    from gridmap.storage.database import Transaction

_STORED = "EPSG:4490"
_PRIVATE = frozenset(("person", "note", "repeat", "mark", "unit", "floor", "room"))


@dataclass(frozen=True)
class Reported:
    """What a provider says: numbers in the provider's own coordinate system, and our match level."""

    lon: float
    lat: float
    level: int
    described: str


class Provider(Protocol):
    """An online geocoder. `crs` is the system of its coordinates, declared and never guessed."""

    @property
    def name(self) -> str:
        """What it is called in the audit."""

    @property
    def crs(self) -> str:
        """The system of its coordinates."""

    def url(self, text: str) -> str:
        """Return what to ask for an address; it holds the key and is never logged."""

    def read(self, content: bytes) -> Reported | None:
        """Read an answer; None when the provider knows no such place.

        Raises
        ------
        BadInput
            The provider refuses, or answers in another form than it documents.
        """


@dataclass(frozen=True)
class Tianditu:
    """天地图, geocoding API 1.0: CGCS2000, so that nothing is shifted."""

    key: str
    name: str = "tianditu"
    crs: str = "EPSG:4490"

    def url(self, text: str) -> str:
        """Return what to ask for an address."""
        query = {"ds": json.dumps({"keyWord": text}, ensure_ascii=False), "tk": self.key}
        return "https://api.tianditu.gov.cn/geocoder?" + urlencode(query)

    def read(self, content: bytes) -> Reported | None:
        """Read an answer: longitude and latitude come as text or as numbers.

        Raises
        ------
        BadInput
            The provider refuses, or answers in another form than it documents.
        """
        try:
            said = json.loads(content)
            if str(said["status"]) == "101":
                return None
            if str(said["status"]) != "0":
                raise BadInput(f"tianditu refused with {said['status']}: check GRIDMAP_TIANDITU_KEY and its quota")
            place = said["location"]
            level = str(place.get("level", ""))
            return Reported(float(place["lon"]), float(place["lat"]), _TIANDITU.get(level, ROAD), level)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput("tianditu answered in another form than it documents: try again later") from error


_TIANDITU = {
    "门址": NUMBER,
    "门牌": NUMBER,
    "兴趣点": PLACE,
    "地名地址": PLACE,
    "道路交叉口": CROSSING,
    "道路": ROAD,
    "乡镇": TOWN,
    "区县": DISTRICT,
}
"""Our match level of its words; what stands in no list is taken for no finer than a road."""


@dataclass(frozen=True)
class OnlineAnswer:
    """A position from outside, EPSG:4490, within the sub-district."""

    provider: str
    asked: str
    lon: float
    lat: float
    level: int
    described: str


def provider_of(settings: Settings) -> Provider:
    """Return the provider that is switched on.

    Raises
    ------
    SetupMissing
        None is: addresses are not sent anywhere.
    """
    if not settings.tianditu_key:
        raise SetupMissing("no online geocoder is switched on: set GRIDMAP_TIANDITU_KEY to use Tianditu")
    return Tianditu(settings.tianditu_key)


def disclose(tx: Transaction, scope: Scope, provider: Provider, text: str) -> str:
    """Write into the audit that an address goes to a provider, and return what goes; commit before it does.

    Raises
    ------
    BadInput
        Nothing that may leave is in the text.
    """
    reading = parse(normalise(text), current_index(tx, scope))[0]
    asked = "".join(each.text for each in reading.fields if each.label not in _PRIVATE).replace("*", "")
    if not asked:
        raise BadInput("there is no place in this text that could be asked for")
    audit.record(tx, "disclose", "address", detail={"provider": provider.name, "asked": asked})
    return asked


def accept(tx: Transaction, scope: Scope, provider: Provider, asked: str, content: bytes) -> OnlineAnswer | None:
    """Take a provider's answer; None when it knows no such place.

    Raises
    ------
    BadInput
        The provider refuses, or answers in another form than it documents.
    CoordinatesRefused
        The position is outside the sub-district, or impossible.
    NoPlan
        No plan is in force, so nobody knows what is outside.
    """
    said = provider.read(content)
    if said is None:
        return None
    lon, lat = to_position(said.lon, said.lat, provider.crs)
    place = locate(tx, scope, lon, lat, _STORED)
    if place.reason == "outside":
        far = f", {place.distance:,.0f} m from its nearest grid" if place.distance is not None else ""
        raise CoordinatesRefused(
            f"{provider.name} answers with a place outside the sub-district{far}: it is not used", lon=lon, lat=lat
        )
    return OnlineAnswer(provider.name, asked, lon, lat, said.level, said.described)
