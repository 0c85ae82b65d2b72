"""Sub-district and communities: making them, and finding a community by whatever name an office uses."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.datum import Plane
from gridmap.model.land import Community, SubDistrict, new_id
from gridmap.storage import audit, land

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction

_SUFFIXES = ("居民委员会", "村民委员会", "居委会", "村委会", "社区", "村")


@dataclass(frozen=True)
class Areas:
    """The communities of a database, to resolve what a file calls them."""

    communities: tuple[Community, ...]

    def find(self, text: str) -> Community | None:
        """Find a community by code, by name, or by a name with another suffix (解放路, 解放路社区居委会).

        None when there is none, or when several answer to that name.
        """
        wanted = unicodedata.normalize("NFKC", text).strip()
        exact = [each for each in self.communities if wanted in {each.code, each.name}]
        found = exact or [each for each in self.communities if _stem(each.name) == _stem(wanted)]
        return found[0] if len(found) == 1 else None

    def coded(self, code: str) -> Community | None:
        """Find a community by its code."""
        return next((each for each in self.communities if each.code == code), None)


def _stem(name: str) -> str:
    for suffix in _SUFFIXES:
        if len(name) > len(suffix) and name.endswith(suffix):
            return _stem(name[: -len(suffix)])
    return name


def areas(tx: Transaction, scope: Scope) -> Areas:
    """Read the communities that the caller may see."""
    return Areas(tuple(land.communities(tx, scope)))


def add_subdistrict(tx: Transaction, code: str, name: str, lon: float, *, import_id: UUID | None = None) -> SubDistrict:
    """Make a sub-district whose plane is the three-degree zone of a longitude.

    Parameters
    ----------
    code : str
        9 digits, checked by the caller.
    lon : float
        A longitude within it, degrees.
    """
    plane = Plane.at(lon)
    assert plane.epsg is not None  # noqa: S101 -- Plane.at picks one of the coded zones
    subdistrict = SubDistrict(new_id(), code, name, plane.epsg)
    land.add_subdistrict(tx, subdistrict, import_id=import_id)
    audit.record(tx, "add", "subdistrict", subdistrict.id, detail={"code": code, "plane": subdistrict.plane})
    return subdistrict


def subdistrict_coded(subdistricts: Sequence[SubDistrict], code: str) -> SubDistrict | None:
    """Find a sub-district by its code."""
    return next((each for each in subdistricts if each.code == code), None)
