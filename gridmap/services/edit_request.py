"""The body of an edit, as a client sends it: lines in lon/lat, grids by code or id, blocks by id.

What leaves here is what `gridmap.space.edits.perform` takes: lines in the plane, ids instead of codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import numpy as np

from gridmap import codes
from gridmap.errors import BadInput
from gridmap.model.land import GridKind
from gridmap.space.cutting import MAX_POINTS
from gridmap.space.limits.parse import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gridmap.datum import Plane
    from gridmap.model.land import Community
    from gridmap.space.layout import Layout

_MANY = 100_000  # blocks or grids in one edit
NAME_SIGNS = 100  # of a name, of a grid as of a draft
_DOCUMENT = 200
_FAR = 0.5  # degrees that a line may lie beyond the plan
_NO_DEGREES = 1e9  # metres by mistake are told to lie far away, what is beyond this is no number of a place


class Reading:
    """What a body is read against: a draft's layout, its plane and the communities of its sub-district."""

    def __init__(
        self, layout: Layout, plane: Plane, communities: Sequence[Community], box: tuple[float, float, float, float]
    ) -> None:
        self.layout = layout
        self.plane = plane
        self.box = box
        self.by_code = {grid.code: grid_id for grid_id, grid in layout.grids.items()}
        self.communities = {key: each for each in communities for key in (each.code, str(each.id))}


def read_operation(body: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Read the body of an edit.

    Raises
    ------
    BadInput
        The operation is unknown, a field is missing, unknown, or of the wrong form; the message names it.
    """
    name = body.get("op")
    if not isinstance(name, str) or name not in OPERATIONS:
        raise BadInput(f"there is no operation {name!r}; `op` is one of: {', '.join(OPERATIONS)}", field="op")
    needed, optional = OPERATIONS[name]
    readers = needed | optional
    _require_text("op", [*body])
    for field, value in body.items():
        _require_text(field, value)
        if field != "op" and field not in readers:
            raise BadInput(f"{name} has no field {field!r}; it takes: {', '.join(readers)}", field=field)
    said = {field: value for field, value in body.items() if field != "op" and value is not None}
    for field in needed:
        if field not in said:
            raise BadInput(f"{name} needs `{field}`", field=field)
    _require_one(name, said)
    read: dict[str, Any] = {field: readers[field](field, value, reading) for field, value in said.items()}
    if name == "merge" and "into" not in read:  # the largest keeps its identity, as with a cut
        read["into"] = max(read["grids"], key=lambda each: (reading.layout.shape(each).area, each))
    return {"op": name, **read}


def _require_text(field: str, value: Any) -> None:
    """Refuse half a character of UTF-16, which JSON may spell and no database and no answer can hold."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            try:
                each.encode()
            except UnicodeEncodeError as error:
                raise BadInput(f"`{field}` has half a character in it: send whole ones", field=field) from error
        elif isinstance(each, dict):
            left += [*each, *each.values()]
        elif isinstance(each, (list, tuple)):
            left += [item for item in each if isinstance(item, (str, dict))]  # points are read as numbers


def _require_one(name: str, said: Mapping[str, Any]) -> None:
    if name in _ONE_OF and not any(field in said for field in _ONE_OF[name]):
        raise BadInput(f"{name} needs `{'` or `'.join(_ONE_OF[name])}`", field=_ONE_OF[name][0])
    if name in _NOT_BOTH and all(field in said for field in _NOT_BOTH[name]):
        raise BadInput(f"{name} takes `{'` or `'.join(_NOT_BOTH[name])}`, not both", field=_NOT_BOTH[name][1])


def _line(field: str, value: Any, reading: Reading) -> list[list[float]]:
    if not isinstance(value, (list, tuple)) or not 2 <= len(value) <= MAX_POINTS:
        raise BadInput(f"`{field}` has to be a list of 2 to {MAX_POINTS} points [longitude, latitude]", field=field)
    for number, point in enumerate(value):
        if not _is_point(point):
            raise BadInput(
                f"point {number} of `{field}` has to be [longitude, latitude] in degrees, not {str(point)[:60]}",
                field=field,
                point=number,
            )
    lonlat = np.array(value, dtype=np.float64)
    west, south, east, north = reading.box
    low, high = np.array([west - _FAR, south - _FAR]), np.array([east + _FAR, north + _FAR])
    astray = np.flatnonzero(((lonlat < low) | (lonlat > high)).any(axis=1))
    if astray.size:
        number = int(astray[0])
        lon, lat = lonlat[number].tolist()
        raise BadInput(
            f"point {number} of `{field}` at {lon:.6f}, {lat:.6f} lies far from the plan, which is around "
            f"{(west + east) / 2:.4f}, {(south + north) / 2:.4f}: points are [longitude, latitude] EPSG:4490",
            field=field,
            point=number,
        )
    read: list[list[float]] = reading.plane.project(lonlat).tolist()
    return read


def _lines(field: str, value: Any, reading: Reading) -> list[list[list[float]]]:
    return [_line(field, each, reading) for each in _listed(field, value, "lines")]


def _is_point(point: Any) -> bool:
    if not isinstance(point, (list, tuple)) or len(point) != 2:
        return False
    # compared, not converted: an int may have more digits than a float takes; NaN is within no bounds
    return all(
        isinstance(each, (int, float)) and not isinstance(each, bool) and -_NO_DEGREES < each < _NO_DEGREES
        for each in point
    )


def _grid(field: str, value: Any, reading: Reading) -> UUID:
    text = str(value) if isinstance(value, (str, UUID)) else ""
    found = reading.by_code.get(text.strip())
    if found is None and (wanted := _uuid(text)) in reading.layout.grids:
        found = wanted
    if found is None:
        raise BadInput(
            f"the plan has no grid {value!r} (`{field}`): name one by its code or id", field=field, grid=str(value)
        )
    return found


def _grids(field: str, value: Any, reading: Reading) -> list[UUID]:
    return _distinct(field, [_grid(field, each, reading) for each in _listed(field, value, "grids")])


def _blocks(field: str, value: Any, reading: Reading) -> list[UUID]:
    read = []
    for each in _listed(field, value, "blocks"):
        block = _uuid(each) if isinstance(each, (str, UUID)) else None
        if block is None or block not in reading.layout.blocks:
            raise BadInput(
                f"the plan has no block {each!r} (`{field}`): read it again, an edit may have replaced the block",
                field=field,
                block=str(each),
            )
        read.append(block)
    return _distinct(field, read)


def _shares(field: str, value: Any, reading: Reading) -> list[dict[str, Any]]:
    read = []
    for each in _listed(field, value, "shares"):
        if not isinstance(each, dict) or "blocks" not in each or each.keys() - {"grid", "blocks"}:
            raise BadInput(f"each of `{field}` has to be an object with `blocks`, and `grid` or null", field=field)
        grid = None if each.get("grid") is None else _grid(f"{field}.grid", each["grid"], reading)
        read.append({"grid": grid, "blocks": _blocks(f"{field}.blocks", each["blocks"], reading)})
    return read


def _community(field: str, value: Any, reading: Reading) -> dict[str, str]:
    found = reading.communities.get(str(value).strip()) if isinstance(value, (str, UUID)) else None
    if found is None:
        raise BadInput(
            f"the sub-district has no community {value!r} (`{field}`): name one by its code or id", field=field
        )
    return {"id": str(found.id), "code": found.code}


def _name(field: str, value: Any, reading: Reading) -> str:
    del reading
    if not isinstance(value, str) or not value.strip() or len(value) > NAME_SIGNS or not value.isprintable():
        raise BadInput(f"`{field}` has to be a name of 1 to {NAME_SIGNS} printable characters", field=field)
    return value.strip()


def _sentence(field: str, value: Any, reading: Reading) -> str:
    del reading
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST or "\0" in value:
        raise BadInput(f"`{field}` has to be a sentence of 1 to {LONGEST} characters", field=field)
    return value.strip()


def _document(field: str, value: Any, reading: Reading) -> str:
    del reading
    if not isinstance(value, str) or len(value) > _DOCUMENT or (value and not value.isprintable()):
        raise BadInput(f"`{field}` has to be a title of at most {_DOCUMENT} printable characters", field=field)
    return value.strip()


def _code(field: str, value: Any, reading: Reading) -> str:
    del field, reading
    return codes.check(value, codes.Level.GRID)


def _kind(field: str, value: Any, reading: Reading) -> str:
    del reading
    kinds = [kind.value for kind in GridKind]
    if value not in kinds:
        raise BadInput(f"`{field}` has to be one of: {', '.join(kinds)}", field=field)
    return str(value)


def _yes(field: str, value: Any, reading: Reading) -> bool:
    del reading
    if not isinstance(value, bool):
        raise BadInput(f"`{field}` has to be true or false", field=field)
    return value


def _listed(field: str, value: Any, what: str) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= _MANY:
        raise BadInput(f"`{field}` has to be a list of {what}, at least one", field=field)
    return value


def _distinct(field: str, read: list[UUID]) -> list[UUID]:
    if len(set(read)) < len(read):
        raise BadInput(f"`{field}` names something twice: leave the second out", field=field)
    return read


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


_Reader: TypeAlias = "Callable[[str, Any, Reading], Any]"

OPERATIONS: dict[str, tuple[dict[str, _Reader], dict[str, _Reader]]] = {
    "cut": ({"line": _line}, {"grid": _grid, "grids": _grids}),
    "merge": ({"grids": _grids}, {"into": _grid}),
    "transfer": ({"blocks": _blocks, "to_grid": _grid}, {}),
    "reshape": ({"a": _grid, "b": _grid, "line": _line}, {}),
    "push": ({"to_grid": _grid}, {"line": _line, "blocks": _blocks}),
    "new_grid": (
        {"blocks": _blocks},
        {"name": _name, "kind": _kind, "code": _code, "community": _community, "multipart": _yes},
    ),
    "refine": ({"lines": _lines}, {}),
    "rearrange": ({"shares": _shares}, {}),
    "retire": ({"grid": _grid}, {"to_grid": _grid}),
    "rename": ({"grid": _grid, "name": _name}, {}),
    "recode": ({"grid": _grid, "code": _code}, {}),
    "set_kind": ({"grid": _grid, "kind": _kind}, {}),
    "describe": ({"grid": _grid, "four_limits": _sentence}, {"source_document": _document}),
    "move_to_community": ({"grid": _grid, "community": _community}, {}),
    "declare_multipart": ({"grid": _grid, "multipart": _yes}, {}),
}
"""Of each operation the fields that it needs and those that it may have, with how they are read."""

_ONE_OF = {"push": ("line", "blocks")}
_NOT_BOTH = {"cut": ("grid", "grids"), **_ONE_OF}
