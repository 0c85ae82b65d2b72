"""Addresses as people write them, made of the gazetteer's own: for fitting and for measuring.

Every query is a node's full address with one or two documented kinds of noise. The generator is seeded, and streets
are split in two halves by the hash of their name: one to tune on, one to report.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

import numpy as np

from gridmap.address.gazetteer import LEVEL, LEVELS
from gridmap.address.noise import KINDS, Parts, parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.address.index import GazetteerIndex

Half = Literal["tuned", "reported"]


@dataclass(frozen=True)
class Query:
    """A noisy address, the kinds of noise in it, and the node that it means."""

    text: str
    kinds: tuple[str, ...]
    node: int


def half_of(street: str) -> Half:
    """Return the half that a street belongs to."""
    return "tuned" if blake2b(street.encode(), digest_size=2).digest()[0] % 2 else "reported"


_FIRST = ("drop_unit", "drop_road", "drop_place", "absent")  # before what changes the names that they look at
_SHAPES = frozenset(("chain", "unit_words", "leading_zero", "chinese_digits", "brackets", "place_first"))


_ALONE = frozenset(("absent", "drop_unit"))  # they change what is meant


def noisy(index: GazetteerIndex, count: int, *, half: Half, seed: int = 1, area: str = "") -> list[Query]:
    """Make queries of nodes in one half of the streets, every kind of noise about equally often.

    Parameters
    ----------
    index : GazetteerIndex
    count : int
    half : {"tuned", "reported"}
    seed : int
        Equal seeds give equal queries.
    area : str
        What stands before the road in full addresses: 示范市示范区示范街道.
    """
    random_ = random.Random(f"{seed}{half}")  # noqa: S311 -- a seeded generator, not a secret
    targets = targets_of(index, half)
    kinds = list(KINDS)
    queries: list[Query] = []
    attempts = 0
    while len(queries) < count and attempts < count * 40 and targets:
        attempts += 1
        parts = parts_of(index, random_.choice(random_.choice(targets)), area)
        chosen = [kinds[attempts % len(kinds)]]
        if random_.random() < 0.3:
            chosen.append(random_.choice([kind for kind in kinds if kind not in chosen]))
        if (_SHAPES.issuperset(chosen) or _ALONE & set(chosen)) and len(chosen) > 1:
            chosen = chosen[:1]
        if "community" not in chosen:
            parts = replace(parts, community="")
        changed: Parts | None = parts
        for kind in sorted(chosen, key=lambda kind: kind not in _FIRST):
            changed = KINDS[kind](index, changed, random_) if changed else None
        if changed is None or _is_another(index, changed, parts) or not _speaks(changed):
            continue
        queries.append(Query(changed.text(), tuple(chosen), changed.node))
    return queries


def targets_of(index: GazetteerIndex, half: Half) -> list[Sequence[int]]:
    """Return the nodes of one half by level, the finest first; each level is drawn from equally often."""
    wanted = ("room", "unit", "building", "number", "subnumber", "compound", "poi", "crossing")
    found: list[Sequence[int]] = []
    for level in wanted:
        nodes = [
            int(at)
            for at in np.flatnonzero(index.columns["level"] == LEVEL[level])
            if half_of(street_of(index, int(at))) == half and not _named_like_a_road(index, int(at))
        ]
        if nodes:
            found.append(nodes)
    return found


def _named_like_a_road(index: GazetteerIndex, node: int) -> bool:
    """Tell whether a place is called as a road is (a stop, a station): in an address the road is meant."""
    if index.level(node) != LEVEL["poi"]:
        return False
    name = index.name(node)
    return any(index.named(each, frozenset((LEVEL["road"],))) for each in (name, name.partition("(")[0]))


def street_of(index: GazetteerIndex, node: int) -> str:
    """Return the street that a node belongs to, else its own name."""
    for at in reversed(index.path(node)):
        if index.level(at) == LEVEL["road"]:
            return index.name(at)
        if index.site(at) >= 0:
            return street_of(index, index.site(at))
    return index.name(index.path(node)[-1])


def _is_another(index: GazetteerIndex, changed: Parts, parts: Parts) -> bool:
    """Tell whether noise has made the name of something else that exists: then the query means that."""
    for name, levels in (("place", ("compound", "poi")), ("road", ("road",))):
        new = getattr(changed, name).strip("（）()【】 　")
        if new and new != getattr(parts, name):
            known = index.named(new, frozenset(LEVEL[level] for level in levels))
            if known and not set(index.path(parts.node)) & {hit.node for hit in known}:
                return True
    return False


def _speaks(parts: Parts) -> bool:
    """Tell whether enough is left to mean anything."""
    if LEVELS[parts.place_level] == "poi" and not parts.place:
        return False
    return bool(parts.place or parts.number or parts.road)
