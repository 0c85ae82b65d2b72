"""The gazetteer as values: nodes of addresses under one another, each with an id made of its path."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, get_args
from uuid import UUID

if TYPE_CHECKING:
    from shapely import Geometry

NodeLevel = Literal[
    "district",
    "town",
    "community",
    "road",
    "lane",
    "number",
    "subnumber",
    "compound",
    "part",
    "building",
    "unit",
    "room",
    "poi",
    "crossing",
]
LEVELS: tuple[NodeLevel, ...] = get_args(NodeLevel)
LEVEL: dict[str, int] = {level: number for number, level in enumerate(LEVELS)}
NAMED = frozenset(LEVEL[level] for level in ("district", "town", "community", "road", "compound", "poi", "crossing"))
"""Levels that are found by name; the others by their key under their parent."""
ROOT = b"\0" * 16
NOWHERE = float("nan")


def path_id(parent: bytes, level: int, key: str) -> bytes:
    """Return the 16 bytes of a node's id: a hash of its parent's id, its level and its key."""
    return blake2b(parent + bytes((level,)) + key.encode(), digest_size=16).digest()


@dataclass
class Nodes:
    """Nodes in columns, in the order of adding; parents come before their children.

    `x`, `y` are metres in the plane, NaN where nothing tells the place; `radius` is how far what the node names may
    lie from there, in metres. `site` is the house number at which a compound or place stands, -1 for none.
    `shapes` are the axes of roads and outlines of compounds, in the plane.
    """

    ids: list[bytes] = field(default_factory=list)
    parent: array[int] = field(default_factory=lambda: array("i"))
    level: array[int] = field(default_factory=lambda: array("b"))
    site: array[int] = field(default_factory=lambda: array("i"))
    x: array[float] = field(default_factory=lambda: array("d"))
    y: array[float] = field(default_factory=lambda: array("d"))
    radius: array[float] = field(default_factory=lambda: array("f"))
    names: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    shapes: dict[int, Geometry] = field(default_factory=dict)
    aliases: list[tuple[int, str]] = field(default_factory=list)
    _at: dict[bytes, int] = field(default_factory=dict)
    _same: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.ids)

    def find(self, level: NodeLevel, key: str, parent: int = -1) -> int:
        """Return a node by its path, -1 when there is none."""
        above = ROOT if parent < 0 else self.ids[parent]
        return self._at.get(path_id(above, LEVEL[level], key), -1)

    def add(
        self,
        level: NodeLevel,
        name: str,
        key: str,
        parent: int = -1,
        *,
        xy: tuple[float, float] | None = None,
        radius: float = 0.0,
        source: str = "",
        origin: str = "",
        site: int = -1,
    ) -> int:
        """Add a node, or return the one that has the same path; what that one lacks is filled in."""
        number = LEVEL[level]
        identity = path_id(ROOT if parent < 0 else self.ids[parent], number, key)
        known = self._at.get(identity, -1)
        if known >= 0:
            self._fill(known, xy, radius, origin, site)
            return known
        at = len(self.ids)
        self._at[identity] = at
        self.ids.append(identity)
        self.parent.append(parent)
        self.level.append(number)
        self.site.append(site)
        self.x.append(round(xy[0], 3) if xy else NOWHERE)
        self.y.append(round(xy[1], 3) if xy else NOWHERE)
        self.radius.append(round(radius, 3))
        same = self._same.setdefault  # the million rooms of a district have a few thousand names
        self.names.append(same(name, name))
        self.keys.append(same(key, key))
        self.sources.append(same(source, source))
        self.origins.append(origin)
        return at

    def _fill(self, known: int, xy: tuple[float, float] | None, radius: float, origin: str, site: int) -> None:
        if xy and self.x[known] != self.x[known]:  # NaN
            self.x[known], self.y[known], self.radius[known] = round(xy[0], 3), round(xy[1], 3), round(radius, 3)
        if origin and not self.origins[known]:
            self.origins[known] = origin
        if site >= 0 > self.site[known]:
            self.site[known] = site

    def uuid(self, at: int) -> UUID:
        """Return the id of a node."""
        return UUID(bytes=self.ids[at])

    def place_by_children(self) -> None:
        """Give every node without a place the middle of its children, and a radius that reaches them."""
        count = len(self.ids)
        total_x, total_y = array("d", bytes(8 * count)), array("d", bytes(8 * count))
        number = array("i", bytes(4 * count))
        for at in range(count - 1, -1, -1):
            if self.x[at] != self.x[at] and number[at]:
                self.x[at], self.y[at] = round(total_x[at] / number[at], 3), round(total_y[at] / number[at], 3)
            above = self.parent[at]
            if above >= 0 and self.x[at] == self.x[at]:
                total_x[above] += self.x[at]
                total_y[above] += self.y[at]
                number[above] += 1
        for at in range(count):
            above = self.parent[at]
            if above >= 0 and self.radius[above] <= 0.0 and self.x[at] == self.x[at]:
                apart = ((self.x[at] - self.x[above]) ** 2 + (self.y[at] - self.y[above]) ** 2) ** 0.5
                self.radius[above] = -max(apart, -self.radius[above], 1.0)  # negative: still growing
        for at in range(count):
            self.radius[at] = round(abs(self.radius[at]), 3)
