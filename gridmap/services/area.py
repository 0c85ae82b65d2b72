"""The area map of one grid: what its worker carries through the streets."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridmap.access import Mask, mask
from gridmap.address.masking import mask_numbers
from gridmap.errors import BadInput, NotFound
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import ASSIGNED_KINDS, Kind, kind_named
from gridmap.model.moments import SHANGHAI
from gridmap.services.area_values import AreaRecord, AreaRecords
from gridmap.services.extent import Extent, extent_of
from gridmap.services.overview import overview
from gridmap.storage import grid_records, incidents, registers

if TYPE_CHECKING:
    from datetime import date

    from gridmap.access import Scope
    from gridmap.services.overview_values import Overview
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case
    from gridmap.storage.registers import Row

_MOST_INCIDENTS = 1000
_LAST = datetime.max.replace(tzinfo=UTC)
_NOWHERE = ("", "", "")
_TO_SURVEY, _SURVEYED = "未摸排", "已摸排"
_HOUSEHOLD = ("address", "head", "phone", "compound", "building", "unit", "floor", "room", "residents", "surveyed")


def area_map(tx: Transaction, scope: Scope, code: str, at: date | None = None) -> Overview:
    """Read the land of one grid: border, neighbours, base map around and numbers; no records.

    Raises
    ------
    NoPlan
        No plan is in force at that time.
    NotFound
        The plan has no such grid, or it is out of scope.
    """
    data = overview(tx, scope, at, area=code, kinds=())
    if [grid.code for grid in data.grids] != [code]:
        raise _no_grid(code)
    return replace(data, title=data.grids[0].name)


def area_records(tx: Transaction, scope: Scope, code: str, kind_name: str, at: date | None = None) -> AreaRecords:
    """List the records of one kind that a grid has, what is still to be done first; incidents are the open ones.

    Parameters
    ----------
    kind_name : str
        A kind that belongs to grids: households, shops, organisations, social_organisations, party_organisations,
        key_places, incidents.

    Raises
    ------
    BadInput
        There is no such kind, or no grid has any of it.
    NoPlan
        No plan is in force at that time.
    NotFound
        The plan has no such grid, or it is out of scope.
    """
    kind = kind_named(kind_name)
    if kind not in ASSIGNED_KINDS:
        words = ", ".join(each.name for each in ASSIGNED_KINDS)
        raise BadInput(f"{kind.name} belong to no grid: ask for one of {words}", kind=kind.name)
    extent = extent_of(tx, scope, at, code)
    if [grid.code for grid in extent.grids] != [code]:
        raise _no_grid(code)
    if kind.name == "households":
        found = _households(tx, scope, extent)
    elif kind.name == "incidents":
        found = _incidents(tx, scope, extent)
    else:
        found = _named(tx, scope, extent, kind)
    return AreaRecords(kind.name, len(found), sum(each.pending for each in found), tuple(found))


def _no_grid(code: str) -> NotFound:
    return NotFound(f"there is no grid {code!r} in the plan", grid=code)


def _households(tx: Transaction, scope: Scope, extent: Extent) -> list[AreaRecord]:
    kind = kind_named("households")
    rows = grid_records.of_grid(tx, scope, extent.found.plan.id, extent.grids[0].id, kind, _HOUSEHOLD)
    compounds = _names(tx, scope, kind_named("compounds"), rows, "compound")
    buildings = _names(tx, scope, kind_named("buildings"), rows, "building")
    found = [_household(row, compounds, buildings, extent) for row in rows]
    waiting = {each.place[:depth] for each in found if each.pending for depth in (1, 2)}
    found.sort(key=lambda each: _visiting_order(each, waiting))
    return found


def _household(row: Row, compounds: dict[str, str], buildings: dict[str, str], extent: Extent) -> AreaRecord:
    compound = compounds.get(row["compound"] or "", "")
    building = buildings.get(row["building"] or "", "")
    unit = row["unit"] or ""
    place = (compound, building.removeprefix(compound) or building, f"{unit}单元" if unit.isdigit() else unit)
    address = _local(row["address"], extent)
    room = f"{row['room']}室" if (row["room"] or "").isalnum() else row["room"]
    surveyed = bool(row["surveyed"])
    people = f"{row['residents']}人" if row["residents"] is not None else ""
    return AreaRecord(
        id=str(row["id"]),
        title=(room if any(place) else "") or address,
        note=people if any(place) and room else "",
        contact=mask(row["head"] or "", Mask.NAME),
        phone=mask(row["phone"] or "", Mask.PHONE),
        state=_SURVEYED if surveyed else _TO_SURVEY,
        pending=not surveyed,
        place=place,
        lon=row["lon"],
        lat=row["lat"],
    )


def _visiting_order(record: AreaRecord, waiting: set[tuple[str, ...]]) -> tuple[Any, ...]:
    """Order compounds and buildings as they are counted on site, those where somebody waits for a visit first."""
    compound, building, stairwell = record.place
    return (
        (compound,) not in waiting,
        not compound,
        _natural(compound),
        (compound, building) not in waiting,
        _natural(building),
        _natural(stairwell),
        not record.pending,
        _natural(record.title),
    )


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key by which 第2栋 comes before 第10栋."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text) if part)


def _names(tx: Transaction, scope: Scope, kind: Kind, rows: list[Row], field: str) -> dict[str, str]:
    keys = {(row[field],) for row in rows if row[field]}
    return {key: row["name"] or "" for (key,), row in registers.existing_by_key(tx, scope, kind, keys).items()}


def _named(tx: Transaction, scope: Scope, extent: Extent, kind: Kind) -> list[AreaRecord]:
    """List shops, organisations and places: all have a name, a category, an address and a contact."""
    has_survey = any(field.name == "surveyed" for field in kind.fields)
    columns = ["name", "category", "address", "contact", "phone", *(["surveyed"] if has_survey else [])]
    rows = grid_records.of_grid(tx, scope, extent.found.plan.id, extent.grids[0].id, kind, columns)
    found = [
        AreaRecord(
            id=str(row["id"]),
            title=mask_numbers(row["name"]),
            note=" · ".join(part for part in (row["category"], _local(row["address"] or "", extent)) if part),
            contact=mask(row["contact"] or "", Mask.NAME),
            phone=mask(row["phone"] or "", Mask.PHONE),
            state=(_SURVEYED if row["surveyed"] else _TO_SURVEY) if has_survey else "",
            pending=has_survey and not row["surveyed"],
            place=_NOWHERE,
            lon=row["lon"],
            lat=row["lat"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (not each.pending, _natural(each.note), _natural(each.title)))


def _incidents(tx: Transaction, scope: Scope, extent: Extent) -> list[AreaRecord]:
    """List what is open, by deadline, by the grid of its day."""
    wanted = incidents.Filter(grid_id=extent.grids[0].id)
    cases = incidents.find(tx, scope, wanted, limit=_MOST_INCIDENTS)
    still_open = [case for case in cases if case.incident.state not in CLOSED_STATES]
    still_open.sort(key=lambda case: (case.incident.deadline or _LAST, case.incident.number))
    return [_incident(case, tx.now, extent) for case in still_open]


def _incident(case: Case, now: datetime, extent: Extent) -> AreaRecord:
    it = case.incident
    overdue = it.deadline is not None and it.deadline < now
    until = f"时限 {it.deadline.astimezone(SHANGHAI):%m-%d %H:%M}" if it.deadline else ""
    return AreaRecord(
        id=str(it.id),
        title=mask_numbers(it.title),
        note=" · ".join(part for part in (mask_numbers(it.category), until, _local(it.address, extent)) if part),
        contact=mask(it.reporter, Mask.NAME),
        phone=mask(it.phone, Mask.PHONE),
        state=f"{it.state} 超期" if overdue else it.state,
        pending=overdue,
        place=_NOWHERE,
        lon=it.lon,
        lat=it.lat,
    )


def _local(address: str, extent: Extent) -> str:
    """Leave out what everybody in the sub-district knows: its own name and those above it."""
    return mask_numbers(address.partition(extent.found.subdistrict.name)[2] or address)
