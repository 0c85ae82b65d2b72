"""What the area map of a grid lists: plain values, personal ones masked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AreaRecord:
    """One line of a list: a household, a shop, an organisation, a place or an open incident.

    Parameters
    ----------
    title, note : str
        What stands in the first and the second line.
    contact, phone : str
        Whom to call, both masked; empty where nobody is known.
    state : str
        已摸排 or 未摸排, the state of an incident, or empty.
    pending : bool
        Still to be surveyed, or past its deadline.
    place : tuple of str
        Where a household lives: compound, building, stairwell; empty words where one is not known.
    lon, lat : float or None
        EPSG:4490; None without a place.
    """

    id: str
    title: str
    note: str
    contact: str
    phone: str
    state: str
    pending: bool
    place: tuple[str, str, str]
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class AreaRecords:
    """The records of one kind that a grid has, what is pending first; `pending` counts those."""

    kind: str
    total: int
    pending: int
    records: tuple[AreaRecord, ...]
