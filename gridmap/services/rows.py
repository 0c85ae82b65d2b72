"""One row of a file against the database: added, changed, unchanged or refused, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import codes
from gridmap.codes import Level
from gridmap.datum import Plane
from gridmap.errors import CodeRefused
from gridmap.files import Refusal
from gridmap.model.kinds import FieldType, Kind, Shape
from gridmap.services.masking import as_stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely import Geometry

    from gridmap.services.areas import Areas

GRID_FIELDS = ("grid", "manual_grid")  # fields of any kind that hold a grid code
FILLED_IN = {"incidents": ("deadline", "state")}  # by the rules of casework, where a file leaves them empty


class Outcome(StrEnum):
    """What an import does with a row (新增, 更新, 未变, 退回)."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class Incoming:
    """A row that could be read: its number in the file, typed values, and shape in lon/lat EPSG:4490."""

    number: int
    values: dict[str, Any]
    geometry: Geometry | None


@dataclass(frozen=True)
class Judged:
    """A row with its outcome.

    Parameters
    ----------
    record : dict
        What is written: the values, with `community_id` in the place of `community` and `geom` where there is one.
    stored : dict or None
        The record that has the same key.
    """

    row: Incoming
    outcome: Outcome
    record: dict[str, Any]
    stored: dict[str, Any] | None
    refusal: Refusal | None = None


def key_of(kind: Kind, values: dict[str, Any]) -> tuple[Any, ...]:
    """Return the values that identify a record; an absent text is empty, so that keys can be compared."""
    return tuple(
        ("" if value is None and kind.field(name).type is not FieldType.INTEGER else value)
        for name, value in ((name, values.get(name)) for name in kind.key)
    )


def checked(kind: Kind, row: Incoming, areas: Areas) -> tuple[dict[str, Any], Refusal | None]:
    """Check what only the whole system can check: area codes, and that the community exists.

    Returns
    -------
    record : dict
        What would be written.
    refusal : Refusal or None
        Why it must not be.
    """
    empty = {name for name in FILLED_IN.get(kind.name, ()) if not row.values.get(name)}
    record = {name: value for name, value in row.values.items() if name not in empty}
    level = {"subdistricts": Level.SUBDISTRICT, "communities": Level.COMMUNITY, "grids": Level.GRID}.get(kind.name)
    coded = {"code": level} if level else {}
    coded |= {name: Level.GRID for name in GRID_FIELDS if any(field.name == name for field in kind.fields)}
    for name, wanted in coded.items():
        if record.get(name):
            try:
                record[name] = codes.check(record[name], wanted)
            except CodeRefused as error:
                reason = (
                    f"编码「{record[name]}」不是{codes.DEFAULT_SCHEME.length(wanted)}位数字编码，请核对后以文本格式填写"
                )
                return record, Refusal(row.number, name, str(record[name]), reason, error.code)
    if kind.within_community and "community" in record:
        text = record.pop("community")
        if text:
            community = areas.find(text)
            if community is None:
                reason = f"社区「{text}」在系统中不存在，请填写已导入社区的名称或12位编码，或先导入社区"
                return record, Refusal(row.number, "community", text, reason, "unknown_community")
            record["community_id"] = community.id
    if row.geometry is not None:
        record["geom"] = row.geometry
    return record, None


def judge(
    kind: Kind, rows: Sequence[Incoming], stored: dict[tuple[Any, ...], dict[str, Any]], areas: Areas
) -> list[Judged]:
    """Compare rows with what is stored under their keys.

    Only the fields that the file carries are compared and changed; a text that an export has masked stays as it is
    stored. A row without a shape leaves the stored one, and shapes are equal when they are equal to the millimetre.
    """
    judged = []
    for row in rows:
        record, refusal = checked(kind, row, areas)
        if refusal:
            judged.append(Judged(row, Outcome.REFUSED, record, None, refusal))
            continue
        for name in kind.key:
            if record.get(name) is None and kind.field(name).type is not FieldType.INTEGER:
                record[name] = ""
        old = stored.get(key_of(kind, record))
        if old is not None:
            record = as_stored(kind, record, old)
        judged.append(Judged(row, Outcome.ADDED if old is None else Outcome.UNCHANGED, record, old))
    return _with_changes(kind, judged)


def _with_changes(kind: Kind, judged: list[Judged]) -> list[Judged]:
    moved = _moved(kind, judged)
    return [
        Judged(each.row, Outcome.CHANGED, each.record, each.stored)
        if each.stored is not None and (moved[number] or _differs(each.record, each.stored))
        else each
        for number, each in enumerate(judged)
    ]


def _differs(record: dict[str, Any], stored: dict[str, Any]) -> bool:
    return any(_filled(stored.get(name)) != _filled(value) for name, value in record.items() if name != "geom")


def _filled(value: Any) -> Any:
    """Take an empty text and no value for the same cell."""
    return None if value == "" else value


def _moved(kind: Kind, judged: list[Judged]) -> list[bool]:
    """Tell which shapes differ from the stored ones by a millimetre or more."""
    moved = [False] * len(judged)
    if kind.shape is Shape.NONE:
        return moved
    both = [number for number, each in enumerate(judged) if each.stored is not None and "geom" in each.record]
    if not both:
        return moved
    new = np.array([judged[number].record["geom"] for number in both], dtype=object)
    old = np.array([(judged[number].stored or {}).get("geom") for number in both], dtype=object)
    same = same_to_the_millimetre(new, old)
    for number, equal in zip(both, same, strict=True):
        moved[number] = not equal
    return moved


def same_to_the_millimetre(new: NDArray[Any], old: NDArray[Any]) -> NDArray[Any]:
    """Compare shapes in lon/lat EPSG:4490 on the 1 mm grid of the plane; None is equal to None alone.

    The first vertex and the order of parts do not count.
    """
    present = ~(shapely.is_missing(new) | shapely.is_missing(old))
    same: NDArray[np.bool_] = shapely.is_missing(new) & shapely.is_missing(old)
    if not present.any():
        return same
    plane = Plane.at(float(shapely.bounds(new[present])[0, 0]))
    projected = [shapely.normalize(plane.project_geometries(single(shapes[present]))) for shapes in (new, old)]
    same[present] = shapely.equals_exact(projected[0], projected[1], tolerance=0.0)
    return same


def single(shapes: NDArray[Any]) -> NDArray[Any]:
    """Take multi shapes of one part apart: a file and a database may differ in that alone."""
    result = shapes.copy()
    one = (shapely.get_num_geometries(shapes) == 1) & (shapely.get_type_id(shapes) >= 4)
    result[one] = shapely.get_geometry(shapes[one], 0)
    return result
