"""The gazetteer arranged for looking things up: a handful of arrays, a trie of names, one block of bytes.

A million nodes take some 70 MB. The arrays are read where they lie, so that several processes share them. Nodes are
numbered in the order of their ids; a child is found by the hash of its path, a name by the hash of its characters.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from shapely import LineString

from gridmap.address.gazetteer import LEVEL, NAMED, ROOT, path_id
from gridmap.address.interpolate import road_axis, tie, typical_pace
from gridmap.address.names import NameTrie, contradict, name_hash, one_apart, shortened, sound
from gridmap.address.parse import field_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from gridmap.address.express import Express
    from gridmap.address.gazetteer import NodeLevel, Nodes
    from gridmap.address.guess import Guesser
    from gridmap.address.labels import Level

_FIRST_NUMBER = re.compile(r"[0-9]{1,8}")
FORMAT = "gridmap gazetteer 1"
EXACT, ALIAS, SOUND, CLOSE, FAR = 0, 1, 2, 3, 4
"""How a name was found: as it is, by another name, by its sound, with one character wrong, with two."""
_SHORTEST = 2  # characters: too few to be misspelt
_MOST = 40  # places that share a name
_NUMBER, _ROAD = LEVEL["number"], LEVEL["road"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A node that a name led to, and how."""

    node: int
    how: int


@dataclass(frozen=True)
class GazetteerIndex:
    """The index; make one with `index_of` or `GazetteerIndex.from_bytes`.

    Parameters
    ----------
    plane : int
        EPSG code of the plane of all coordinates.
    version : str
        Hash of the content.
    columns : dict of str to array
        By node: high, low (the id), parent, level, site, x, y, radius, name (number of a text), measure, offset.
        Others: children and child_start; sites and site_start; names (hash, sorted) with name_node, name_how; axis and
        axis_start by axis_node; text_start.
    texts : bytes
        The texts of nodes, one behind the other.
    trie : bytes
        Of names for the parser; trie_level tells the level of each.
    """

    plane: int
    version: str
    columns: dict[str, NDArray[Any]]
    texts: bytes
    trie_bytes: bytes
    _views: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.columns["level"])

    def __post_init__(self) -> None:
        """Make views whose items are plain numbers: ten times faster than items of arrays."""
        self._views.update({name: column.data for name, column in self.columns.items()})

    @cached_property
    def _trie(self) -> NameTrie:
        return NameTrie.from_bytes(self.trie_bytes, self._views["trie_level"])

    @cached_property
    def guesser(self) -> Guesser:
        """Return what finds names with two characters wrong."""
        from gridmap.address.guess import Guesser  # noqa: PLC0415 -- it reads this index

        return Guesser(self)

    @cached_property
    def express(self) -> Express:
        """Return the short way to readings."""
        from gridmap.address.express import Express  # noqa: PLC0415 -- it reads with this index

        return Express(self)

    # -- nodes

    def level(self, node: int) -> int:
        """Return the number of a node's level."""
        return int(self._views["level"][node])

    def parent(self, node: int) -> int:
        """Return a node's parent, -1 for none."""
        return int(self._views["parent"][node])

    def site(self, node: int) -> int:
        """Return the house number at which a node stands, -1 for none."""
        return int(self._views["site"][node])

    def place(self, node: int) -> tuple[float, float, float]:
        """Return x, y and radius of a node in metres of the plane; NaN where its place is unknown."""
        views = self._views
        return views["x"][node], views["y"][node], views["radius"][node]

    def name(self, node: int) -> str:
        """Return a node's own name."""
        number, start = self._views["name"][node], self._views["text_start"]
        return self.texts[start[number] : start[number + 1]].decode()

    def uuid(self, node: int) -> UUID:
        """Return a node's id."""
        return UUID(bytes=self.identity(node))

    def identity(self, node: int) -> bytes:
        """Return the bytes of a node's id."""
        return self._ids[16 * node : 16 * node + 16]

    @cached_property
    def _ids(self) -> bytes:
        return np.column_stack((self.columns["high"], self.columns["low"])).astype(">u8").tobytes()

    def node_of(self, identity: bytes) -> int:
        """Return the node of an id, -1 when there is none."""
        high = int.from_bytes(identity[:8], "big")
        at = bisect_left(self._views["high"], high)
        return at if at < len(self) and self._views["high"][at] == high else -1

    def child(self, parent: int, level: NodeLevel, key: str) -> int:
        """Return a child by its key, -1 when there is none; parent -1 is the root."""
        above = ROOT if parent < 0 else self.identity(parent)
        return self.node_of(path_id(above, LEVEL[level], key))

    def children(self, node: int) -> NDArray[np.int32]:
        """Return the children of a node, in order of their ids."""
        start = self._views["child_start"]
        return self.columns["children"][start[node] : start[node + 1]]

    def standing_at(self, number: int) -> list[int]:
        """Return the compounds and places that stand at a house number."""
        sites = self._views["site_key"]
        first, last = bisect_left(sites, number), bisect_right(sites, number)
        return [int(node) for node in self.columns["site_node"][first:last]]

    def has_level(self, level: NodeLevel) -> bool:
        """Tell whether there is any node of a level."""
        return bool(self._present[LEVEL[level]])

    @cached_property
    def _present(self) -> NDArray[np.bool_]:
        return np.bincount(self.columns["level"], minlength=len(LEVEL)) > 0

    def path(self, node: int) -> list[int]:
        """Return a node and what it lies in, from the outside in."""
        found = [node]
        while (node := self.parent(node)) >= 0:
            found.append(node)
        return found[::-1]

    # -- names

    def at(self, text: str, start: int) -> list[tuple[int, Level]]:
        """Return (end, level) of every known name that begins there: the parser's `Names`."""
        return self._trie.at(text, start)

    def named(self, name: str, levels: frozenset[int]) -> list[Hit]:
        """Return the nodes that a name means exactly or as another name, at most 40."""
        return self._lookup("=", name, levels)

    def resembling(self, name: str, levels: frozenset[int]) -> list[Hit]:
        """Return the nodes whose name sounds the same, then those that have one character different."""
        by_sound = [Hit(hit.node, SOUND) for hit in self._lookup("~", sound(name), levels)]
        found: dict[int, Hit] = {hit.node: hit for hit in by_sound}
        for short in (name, *shortened(name)) if len(name) > _SHORTEST else ():
            for hit in self._lookup("-", short, levels):
                if hit.node not in found and self._close(name, hit.node):
                    found[hit.node] = Hit(hit.node, CLOSE)
        for short in shortened(name):  # the name has a character too many
            for hit in self._lookup("=", short, levels):
                if not contradict(name, short):
                    found.setdefault(hit.node, Hit(hit.node, CLOSE))
        return sorted(found.values(), key=lambda hit: (hit.how, hit.node))[:_MOST]

    def _close(self, name: str, node: int) -> bool:
        own = self.name(node)
        forms = (own, _bare(own), str(field_value("road", own)))
        return any(one_apart(name, each) and not contradict(name, each) for each in forms)

    def _lookup(self, kind: str, name: str, levels: frozenset[int]) -> list[Hit]:
        wanted = name_hash(kind, name)
        hashes, nodes, hows = self._views["names"], self._views["name_node"], self._views["name_how"]
        at = bisect_left(hashes, wanted)
        found: list[Hit] = []
        while at < len(hashes) and hashes[at] == wanted and len(found) < _MOST:
            if self._views["level"][nodes[at]] in levels:
                found.append(Hit(nodes[at], hows[at]))
            at += 1
        return found

    # -- roads

    def axis(self, road: int) -> LineString | None:
        """Return the axis of a road in the plane, None when its place is unknown."""
        keys = self._views["axis_node"]
        at = bisect_left(keys, road)
        if at >= len(keys) or keys[at] != road:
            return None
        start = self._views["axis_start"]
        return LineString(self.columns["axis"][start[at] : start[at + 1]])

    def numbers_on(self, road: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the known house numbers of a road with their measures and offsets in metres."""
        below = self.children(road)
        tied = below[~np.isnan(self.columns["measure"][below])]
        measure, offset = self.columns["measure"][tied], self.columns["offset"][tied]
        return self.columns["value"][tied].astype(np.int64), measure.astype(np.float64), offset.astype(np.float64)

    @cached_property
    def pace(self) -> float:
        """Return how many metres a house number usually takes along the roads of this gazetteer."""
        return typical_pace(self.numbers_on(road)[:2] for road in self._views["axis_node"])

    # -- bytes

    def to_bytes(self) -> bytes:
        """Return everything as one block of bytes; equal indexes give equal bytes."""
        parts = [(name, self.columns[name]) for name in sorted(self.columns)]
        raw = [np.ascontiguousarray(column).tobytes() for _, column in parts] + [self.texts, self.trie_bytes]
        described = [[name, column.dtype.str, list(column.shape)] for name, column in parts]
        head = json.dumps(
            {"format": FORMAT, "plane": self.plane, "columns": described, "sizes": [len(each) for each in raw]}
        ).encode()
        pieces = [len(head).to_bytes(8, "little"), head, *(each + bytes(-len(each) % 16) for each in raw)]
        pieces[1] += b" " * (-(8 + len(head)) % 16)
        pieces[0] = len(pieces[1]).to_bytes(8, "little")
        return b"".join(pieces)

    @staticmethod
    def from_bytes(content: bytes) -> GazetteerIndex:
        """Take an index from its bytes, without copying them.

        Raises
        ------
        ValueError
            They are no index, or one of another format.
        """
        size = int.from_bytes(content[:8], "little")
        head = json.loads(content[8 : 8 + size])
        if head["format"] != FORMAT:
            raise ValueError(head["format"])
        at, views = 8 + size, []
        whole = memoryview(content)
        for length in head["sizes"]:
            views.append(whole[at : at + length])
            at += length + -length % 16
        columns = {
            name: np.frombuffer(view, dtype=np.dtype(kind)).reshape(shape)
            for (name, kind, shape), view in zip(head["columns"], views, strict=False)
        }
        version = blake2b(content, digest_size=8).hexdigest()
        return GazetteerIndex(head["plane"], version, columns, bytes(views[-2]), bytes(views[-1]))


def _bare(name: str) -> str:
    """Return a name without what stands in brackets."""
    return name.partition("(")[0] or name


def index_of(nodes: Nodes, plane: int) -> GazetteerIndex:
    """Arrange nodes for looking up.

    Parameters
    ----------
    nodes : Nodes
    plane : int
        EPSG code of the plane of their coordinates.
    """
    count = len(nodes)
    ids = np.frombuffer(b"".join(nodes.ids), dtype=">u8").reshape(count, 2)
    order = np.lexsort((ids[:, 1], ids[:, 0]))
    rank = np.empty(count + 1, dtype=np.int32)
    rank[order], rank[-1] = np.arange(count, dtype=np.int32), -1  # -1 stays -1
    columns: dict[str, NDArray[Any]] = {
        "high": ids[order, 0].astype(np.uint64),
        "low": ids[order, 1].astype(np.uint64),
        "parent": rank[np.frombuffer(nodes.parent, dtype=np.int32)[order]],
        "site": rank[np.frombuffer(nodes.site, dtype=np.int32)[order]],
        "level": np.frombuffer(nodes.level, dtype=np.int8)[order],
        "x": np.frombuffer(nodes.x, dtype=np.float64)[order],
        "y": np.frombuffer(nodes.y, dtype=np.float64)[order],
        "radius": np.frombuffer(nodes.radius, dtype=np.float32)[order],
    }
    texts = sorted(set(nodes.names))
    number = {name: at for at, name in enumerate(texts)}
    columns["name"] = np.array([number[name] for name in nodes.names], dtype=np.int32)[order]
    encoded = [name.encode() for name in texts]
    columns["text_start"] = np.concatenate([[0], np.cumsum([len(each) for each in encoded])]).astype(np.int64)
    columns |= _children(columns["parent"], count) | _sites(columns["site"])
    columns |= _names(nodes, rank) | _roads(nodes, rank, order)
    trie, levels = _trie(nodes)
    columns["trie_level"] = levels
    made = GazetteerIndex(plane, "", columns, b"".join(encoded), trie)
    return GazetteerIndex.from_bytes(made.to_bytes())


def _children(parent: NDArray[np.int32], count: int) -> dict[str, NDArray[Any]]:
    order = np.argsort(parent, kind="stable").astype(np.int32)
    order = order[int((parent < 0).sum()) :]
    start = np.searchsorted(parent[order], np.arange(count + 1))
    return {"children": order, "child_start": start.astype(np.int32)}


def _sites(site: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    order = np.argsort(site, kind="stable").astype(np.int32)
    order = order[int((site < 0).sum()) :]
    return {"site_node": order, "site_key": site[order]}


def _known_as(nodes: Nodes) -> Iterator[tuple[int, str, int]]:
    for at, level in enumerate(nodes.level):
        if level in NAMED:
            yield at, nodes.keys[at], EXACT
            if nodes.names[at] != nodes.keys[at]:
                yield at, nodes.names[at], EXACT
    for at, name in nodes.aliases:
        yield at, name, ALIAS


def _names(nodes: Nodes, rank: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    rows: dict[tuple[int, int], int] = {}
    for at, name, how in _known_as(nodes):
        node = int(rank[at])
        forms: Iterable[tuple[str, str]] = [("=", name)]
        if len(name) > 1:
            forms = [("=", name), ("~", sound(name)), *(("-", short) for short in (name, *shortened(name)))]
        for kind, form in forms:
            key = name_hash(kind, form), node
            rows[key] = min(rows.get(key, how), how)
    ordered = sorted(rows.items())
    return {
        "names": np.array([key for (key, _), _ in ordered], dtype=np.uint64),
        "name_node": np.array([node for (_, node), _ in ordered], dtype=np.int32),
        "name_how": np.array([how for _, how in ordered], dtype=np.int8),
    }


def _roads(nodes: Nodes, rank: NDArray[np.int32], order: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    count = len(nodes)
    measure, offset = np.full(count, np.nan, np.float32), np.full(count, np.nan, np.float32)
    value = np.zeros(count, np.int32)
    of_road: dict[int, list[int]] = {}
    for at, level in enumerate(nodes.level):
        first = _FIRST_NUMBER.match(nodes.keys[at]) if level == _NUMBER else None
        if first:  # 31-91号 stands where 31 does
            value[at] = int(first[0])
            if nodes.x[at] == nodes.x[at] and nodes.level[nodes.parent[at]] == _ROAD:
                of_road.setdefault(nodes.parent[at], []).append(at)
    axes: list[tuple[int, NDArray[np.float64]]] = []
    for at, shape in nodes.shapes.items():
        if nodes.level[at] != _ROAD or (axis := road_axis([shape])) is None:
            continue
        axes.append((int(rank[at]), np.array(axis.coords)[:, :2]))
        if on := of_road.get(at):
            measure[on], offset[on] = tie(axis, np.array([(nodes.x[each], nodes.y[each]) for each in on]))
    axes.sort(key=lambda pair: pair[0])
    return {
        "measure": measure[order],
        "offset": offset[order],
        "value": value[order],
        "axis_node": np.array([node for node, _ in axes], dtype=np.int32),
        "axis": np.concatenate([np.empty((0, 2)), *(line for _, line in axes)]),
        "axis_start": np.concatenate([[0], np.cumsum([len(line) for _, line in axes])]).astype(np.int32),
    }


def _trie(nodes: Nodes) -> tuple[bytes, NDArray[np.int32]]:
    return NameTrie.bytes_of((name, nodes.level[at]) for at, name, _ in _known_as(nodes))
