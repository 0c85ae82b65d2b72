"""Vector tiles as bytes: the Mapbox Vector Tile format, version 2.1, written by numpy.

A tile is a protocol buffer. Inside a feature everything is a varint (field marks, lengths, tags and the commands of
the geometry), so all features of a tile are laid out as one array of numbers and turned into bytes at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

EXTENT = 4096  # units along the side of a tile

_POINT, _LINE, _POLYGON = 1, 2, 3
_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 7
_HEAD = 4  # numbers before the tags of a feature: mark and length of the feature, mark and length of the tags
_MIDDLE = 4  # and between tags and geometry: mark and type, mark and length of the geometry

_Numbers: TypeAlias = "NDArray[np.int64]"


@dataclass(frozen=True, eq=False)
class Attributes:
    """What N features carry, each distinct value encoded once.

    Parameters
    ----------
    keys : tuple of str
    values : tuple of bytes
        Distinct values, as they stand in a layer.
    codes : NDArray of int64, shape (N, len(keys))
        Index of the value under each key, -1 where a feature has none.
    """

    keys: tuple[str, ...]
    values: tuple[bytes, ...]
    codes: _Numbers

    @staticmethod
    def of(columns: Mapping[str, Sequence[str | int | None]]) -> Attributes:
        """Encode columns of equal length; None and empty texts are left out. Numbers are not negative."""
        known: dict[str | int, int] = {}
        codes = [
            [-1 if value is None or value == "" else known.setdefault(value, len(known)) for value in column]
            for column in columns.values()
        ]
        table = np.array(codes, dtype=np.int64).reshape(len(columns), -1).T
        return Attributes(tuple(columns), tuple(_value(value) for value in known), table)


@dataclass(frozen=True, eq=False)
class Geometries:
    """Geometries of one type as the commands of the format.

    Parameters
    ----------
    type : int
        1 point, 2 line, 3 polygon.
    rows : NDArray of int64, shape (F,)
        Whose they are: rows of the attributes.
    commands : NDArray of int64
        Of all features, one after the other.
    sizes : NDArray of int64, shape (F,)
        Commands of each feature.
    """

    type: int
    rows: _Numbers
    commands: _Numbers
    sizes: _Numbers


def points(rows: _Numbers, xy: _Numbers) -> Geometries:
    """Write one point for each row; `xy` has shape (F, 2), in tile units from the upper left corner."""
    commands = np.empty((len(rows), 3), dtype=np.int64)
    commands[:, 0] = _MOVE_TO | 1 << 3
    commands[:, 1:] = _zigzag(xy)
    return Geometries(_POINT, rows, commands.ravel(), np.full(len(rows), 3))


def paths(rows: _Numbers, owner: _Numbers, xy: _Numbers, of_path: _Numbers, *, closed: bool) -> Geometries:
    """Write lines, or rings of polygons; repeated vertices and what is too short to be drawn are left out.

    Parameters
    ----------
    rows : NDArray of int64, shape (P,)
        Whose each path is; paths of one row stand together.
    owner : NDArray of int64, shape (P,)
        The same as a number that rises from row to row.
    xy : NDArray of int64, shape (M, 2)
        Vertices in tile units, y downwards. Rings end where they begin; shells have their vertices in the order that
        the shoelace formula counts as positive and stand before their holes.
    of_path : NDArray of int64, shape (M,)
        Path of each vertex, rising.
    closed : bool
        Whether they are rings.
    """
    begins = np.diff(of_path, prepend=-1) != 0
    keep = begins | (np.diff(xy, axis=0, prepend=xy[:1]) != 0).any(axis=1)
    if closed:
        keep &= ~(np.diff(of_path, append=-1) != 0)  # closing is a command, not a vertex
    sizes = np.bincount(of_path[keep], minlength=len(rows))
    keep &= (sizes >= (3 if closed else 2))[of_path]
    xy, of_path = xy[keep], of_path[keep]
    used, of_path, sizes = np.unique(of_path, return_inverse=True, return_counts=True)
    rows, owner = rows[used], owner[used]

    lengths = 2 * sizes + (3 if closed else 2)
    base = _starts(lengths)
    within = np.arange(len(xy)) - _starts(sizes)[of_path]
    first = within == 0
    feature_begins = first & (np.diff(owner, prepend=-1) != 0)[of_path]
    steps = np.diff(xy, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))  # the pen rests on the last vertex
    steps[feature_begins] = xy[feature_begins]
    place = base[of_path] + 2 * within + np.where(first, 1, 2)

    commands = np.empty(int(lengths.sum()), dtype=np.int64)
    commands[place], commands[place + 1] = _zigzag(steps).T
    commands[base] = _MOVE_TO | 1 << 3
    commands[base + 3] = _LINE_TO | (sizes - 1) << 3
    if closed:
        commands[base + lengths - 1] = _CLOSE | 1 << 3
    if not len(rows):
        return Geometries(_POLYGON if closed else _LINE, rows, commands, lengths)
    new = np.flatnonzero(np.diff(owner, prepend=-1) != 0)
    return Geometries(_POLYGON if closed else _LINE, rows[new], commands, np.add.reduceat(lengths, new))


def tile(name: str, geometries: Sequence[Geometries], attributes: Attributes) -> bytes:
    """Write a tile of one layer.

    Parameters
    ----------
    name : str
        Of the layer.
    geometries : sequence of Geometries
        In the order of drawing.
    attributes : Attributes
        Of all features of the layer; only values that this tile needs go into it.

    Returns
    -------
    bytes
        Empty when there is no feature.
    """
    filled = [each for each in geometries if len(each.rows)]
    if not filled:
        return b""
    codes = attributes.codes[np.concatenate([each.rows for each in filled])]
    has = codes >= 0
    keys = np.flatnonzero(has.any(axis=0))
    used, local = np.unique(codes[has], return_inverse=True)
    tags = np.stack([np.broadcast_to(np.cumsum(has.any(axis=0)) - 1, has.shape)[has], local.ravel()], axis=1).ravel()
    message = b"".join(
        [
            _sized(1, name.encode("utf-8")),
            _features(filled, tags, 2 * has.sum(axis=1)),
            *(_sized(3, attributes.keys[key].encode("utf-8")) for key in keys),
            *(attributes.values[value] for value in used.tolist()),
            b"\x28" + _varint(EXTENT),
            b"\x78\x02",  # version
        ]
    )
    return _sized(3, message)


def _features(geometries: Sequence[Geometries], tags: _Numbers, tag_sizes: _Numbers) -> bytes:
    commands = np.concatenate([each.commands for each in geometries])
    sizes = np.concatenate([each.sizes for each in geometries])
    types = np.concatenate([np.full(len(each.rows), each.type) for each in geometries])
    tag_bytes = _summed(_widths(tags), tag_sizes)
    command_bytes = _summed(_widths(commands), sizes)

    begin = _starts(_HEAD + tag_sizes + _MIDDLE + sizes)
    middle = begin + _HEAD + tag_sizes
    numbers = np.empty(len(tags) + len(commands) + (_HEAD + _MIDDLE) * len(sizes), dtype=np.int64)
    numbers[begin] = 2 << 3 | 2
    numbers[begin + 1] = 4 + _widths(tag_bytes) + tag_bytes + _widths(command_bytes) + command_bytes
    numbers[begin + 2] = 2 << 3 | 2
    numbers[begin + 3] = tag_bytes
    numbers[middle] = 3 << 3
    numbers[middle + 1] = types
    numbers[middle + 2] = 4 << 3 | 2
    numbers[middle + 3] = command_bytes
    numbers[np.arange(len(tags)) + np.repeat(begin + _HEAD - _starts(tag_sizes), tag_sizes)] = tags
    numbers[np.arange(len(commands)) + np.repeat(middle + _MIDDLE - _starts(sizes), sizes)] = commands
    return _varints(numbers)


def _varints(numbers: _Numbers) -> bytes:
    """Write numbers, not negative and under 2**35, seven bits to a byte, the lowest first."""
    widths = _widths(numbers)
    starts = _starts(widths)
    written = np.empty(int(widths.sum()), dtype=np.uint8)
    for position in range(int(widths.max())):
        here = widths > position
        more = (widths[here] > position + 1) << 7
        written[starts[here] + position] = numbers[here] >> 7 * position & 0x7F | more
    return written.tobytes()


def _widths(numbers: _Numbers) -> _Numbers:
    """Bytes that each number takes."""
    widths = np.ones(len(numbers), dtype=np.int64)
    for position in range(1, 5):
        widths += numbers >= 1 << 7 * position
    return widths


def _starts(sizes: _Numbers) -> _Numbers:
    return np.cumsum(sizes) - sizes


def _summed(numbers: _Numbers, sizes: _Numbers) -> _Numbers:
    """Sum runs of numbers; runs may be empty."""
    totals = np.concatenate([[0], np.cumsum(numbers)])
    starts = _starts(sizes)
    return np.asarray(totals[starts + sizes] - totals[starts], dtype=np.int64)


def _zigzag(steps: _Numbers) -> _Numbers:
    return steps << 1 ^ steps >> 63


def _varint(number: int) -> bytes:
    """Write one number; numpy would take longer to begin than this to end."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def _sized(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(content)) + content


def _value(value: str | int) -> bytes:
    return _sized(4, _sized(1, value.encode("utf-8")) if isinstance(value, str) else b"\x28" + _varint(value))
