"""The ground that 四至 texts name: roads, waters, railways, compounds, boundaries; prepared once, asked often."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.centre import centre_line, is_river
from gridmap.space.limits.network import Faces, Network, build_faces, build_network
from gridmap.space.limits.words import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.space.limits.values import Mention

_NOTE = re.compile(r"[(\[][^()\[\]]*[)\]]|\s")
COMPANIONS = ("辅路", "辅道", "高架路", "高架桥", "高架", "隧道", "地道", "快速路", "大桥", "桥", "主路")
_SECTION = re.compile(r"^(.+?)(?:[东西南北中]段|[一二三]段)$")
_BORDER = re.compile(r"(?:(?:的)?(?:[东南西北]面)?(?:行政)?(?:区域|区划|辖区|分|交)?(?:界线|边界|界))$")
_COMPOUND_ENDS = ("小区", "大院", "社区", "宿舍")
_LOOSE_ENDS = ("线", "河道", "河岸")
_PHASE = re.compile(r"第?[一二三四五六七八九十\d]+期$")
BANKS = "\tbanks"  # the banks of a river that has a middle line, beside its name
_OFFERED = 5


@dataclass(frozen=True)
class Match:
    """Where a named feature is.

    Parameters
    ----------
    edges : array of int64
        Of the network, sorted; empty when it was not found.
    names : tuple of str
        The names under which it was found.
    how : str
        exact, alias (another form of the name), or "" when it was not found.
    offers : tuple of str
        Near spellings, when it was not found. They are never assumed.
    """

    edges: NDArray[np.int64]
    names: tuple[str, ...]
    how: str
    offers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Features:
    """Named lines and areas as one network.

    Parameters
    ----------
    network : Network
    line_names : tuple of tuple of str
        Names of each line of the network; () for one without.
    kinds : tuple of str
        Of each line: road, water, railway, compound, boundary.
    by_name : dict of str to array of int64
        Edges that carry a name.
    kind_of : dict of str to set of str
        Kinds of what carries a name.
    """

    network: Network
    line_names: tuple[tuple[str, ...], ...]
    kinds: tuple[str, ...]
    by_name: dict[str, NDArray[np.int64]]
    kind_of: dict[str, set[str]]

    @staticmethod
    def of(shapes: Sequence[Any] | NDArray[Any], names: Sequence[Sequence[str]], kinds: Sequence[str]) -> Features:
        """Prepare the ground.

        Parameters
        ----------
        shapes : (N,) array of shapely geometries
            In the plane. Lines as they are; of a river its middle line and its banks; of other areas the outline.
        names : (N,) sequence of sequences of str
            All names of each shape; an empty one when it has none.
        kinds : (N,) sequence of str
            road, water, railway, compound, boundary.
        """
        lines, line_names, line_kinds = _lines(shapes, names, kinds)
        network = build_network(lines)
        edge_of = np.repeat(np.arange(len(network.edges)), np.diff(network.first))
        gathered: dict[str, list[NDArray[np.int64]]] = {}
        kind_of: dict[str, set[str]] = {}
        order = np.argsort(network.line_of, kind="stable")
        first = np.searchsorted(network.line_of[order], np.arange(len(lines) + 1))
        for number, called in enumerate(line_names):
            edges = edge_of[order[first[number] : first[number + 1]]]
            for name in called:
                gathered.setdefault(name, []).append(edges)
                kind_of.setdefault(name, set()).add(line_kinds[number])
        by_name = {name: np.unique(np.concatenate(edges)) for name, edges in gathered.items()}
        return Features(network, tuple(line_names), tuple(line_kinds), by_name, kind_of)

    def ready(self) -> Features:
        """Make now what is otherwise made when first asked for, so that threads may share it."""
        nowhere = shapely.Point()
        self.network.tree.query(nowhere)
        self.faces.tree.query(nowhere)
        _ = self.names_on
        return self

    @cached_property
    def faces(self) -> Faces:
        """The land between all lines; made when first asked for."""
        return build_faces(self.network.edges)

    @cached_property
    def names_on(self) -> tuple[frozenset[str], ...]:
        """The names that each edge carries."""
        network = self.network
        return tuple(
            frozenset(name for line in network.lines_on(edge) for name in self.line_names[line])
            for edge in range(len(network.edges))
        )

    def find(self, mention: Mention) -> Match:
        """Find a feature that a text names. Near spellings are offered, never assumed."""
        kinds = {each.kind for each in mention.qualifiers}
        name = key(mention.name)
        if "bank" in kinds and name + BANKS in self.by_name:
            return Match(self.by_name[name + BANKS], (name,), "exact")
        if name in self.by_name:
            return Match(self.by_name[name], (name,), "exact")
        if mention.kind == "boundary":
            found = self._border(name)
            if found is not None:
                return found
        for other in _forms(name):
            if other in self.by_name:
                return Match(self.by_name[other], (other,), "alias")
        return Match(np.empty(0, dtype=np.int64), (), "", self.near(name))

    def with_companions(self, match: Match) -> Match:
        """Add the side roads, elevated roads, tunnels and bridges of the same name."""
        names = list(match.names)
        for name in match.names:
            stem = next((name.removesuffix(each) for each in COMPANIONS if name.endswith(each)), name)
            names += [stem + each for each in ("", *COMPANIONS) if stem + each in self.by_name]
        names = list(dict.fromkeys(names))
        if len(names) == len(match.names):
            return match
        return Match(np.unique(np.concatenate([self.by_name[each] for each in names])), tuple(names), match.how)

    def near(self, name: str) -> tuple[str, ...]:
        """Return the names that differ from one by a letter or two, the nearest first."""
        limit = 1 if len(name) < 6 else 2
        scored = []
        for other in self.by_name:
            if abs(len(other) - len(name)) <= limit and BANKS not in other:
                distance = _distance(name, other, limit)
                if distance <= limit:
                    scored.append((distance, other[-1] != name[-1], other))
        return tuple(other for _, _, other in sorted(scored)[:_OFFERED])

    def _border(self, name: str) -> Match | None:
        """Find the border between two areas, or round one."""
        stem = _BORDER.sub("", name) or name
        known = [each for each in (key(part) for part in re.split("[与和]", stem)) if each in self.by_name]
        if not known:
            return None
        edges = self.by_name[known[0]]
        for other in known[1:]:
            edges = np.intersect1d(edges, self.by_name[other])
        return Match(edges, tuple(known), "exact") if len(edges) else None


def key(name: str) -> str:
    """Return the form of a name that is compared: half-width, without spaces and notes in brackets."""
    bare = plain(name)
    return _NOTE.sub("", bare) or bare


def _forms(name: str) -> list[str]:
    """Other ways to write a name that mean the same thing."""
    forms = []
    section = _SECTION.match(name)
    if section:
        forms.append(section[1])
    forms += [name + end for end in _COMPOUND_ENDS]
    forms += [name.removesuffix(end) for end in _COMPOUND_ENDS if name.endswith(end) and len(name) > len(end) + 1]
    forms.append(_PHASE.sub("", name))
    forms += [name.removesuffix(end) for end in _LOOSE_ENDS if name.endswith(end) and len(name) > len(end) + 1]
    return [each for each in forms if each and each != name]


def _distance(one: str, two: str, limit: int) -> int:
    """Return how many letters differ (Levenshtein), or more than `limit`."""
    before = list(range(len(two) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, other in enumerate(two, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != other)))
        if min(now) > limit:
            return limit + 1
        before = now
    return before[-1]


def _lines(
    shapes: Sequence[Any] | NDArray[Any], names: Sequence[Sequence[str]], kinds: Sequence[str]
) -> tuple[list[Any], list[tuple[str, ...]], list[str]]:
    """Make lines of all shapes. Pieces of one water, cut at the edges of map sheets, are joined first."""
    lines: list[Any] = []
    line_names: list[tuple[str, ...]] = []
    line_kinds: list[str] = []
    waters: dict[tuple[str, ...], list[Any]] = {}
    for shape, called, kind in zip(shapes, names, kinds, strict=True):
        if shape is None or shape.is_empty:
            continue
        own = tuple(dict.fromkeys(key(name) for name in called if name))
        if shape.geom_type in {"Polygon", "MultiPolygon"}:
            if kind == "water":
                waters.setdefault(own, []).append(shape)
                continue
            shape = shapely.boundary(shape)  # noqa: PLW2901 -- the outline stands for the area
        if shape.geom_type not in {"LineString", "MultiLineString", "LinearRing"}:
            continue
        lines.append(shape)
        line_names.append(own)
        line_kinds.append(kind)
    for own, pieces in waters.items():
        for water in shapely.get_parts(shapely.unary_union(pieces)):
            river = is_river(water)
            if river:
                lines.append(centre_line(water))
                line_names.append(own)
                line_kinds.append("water")
            lines.append(shapely.boundary(water))
            line_names.append(tuple(name + BANKS for name in own) if river else own)
            line_kinds.append("water")
    return lines, line_names, line_kinds
