"""An index that knows more names than it was built with: those that persons taught since."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import marisa_trie  # type: ignore[import-not-found]  # it ships no types
import numpy as np

from gridmap.address.gazetteer import LEVEL
from gridmap.address.index import ALIAS
from gridmap.address.names import NameTrie, name_hash, shortened, sound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from gridmap.address.index import GazetteerIndex
    from gridmap.address.labels import Field

_BY_NAME = frozenset(LEVEL[level] for level in ("community", "road", "compound", "poi"))
_ROADS = frozenset((LEVEL["road"],))
_PLACES = frozenset((LEVEL["compound"], LEVEL["poi"]))
_SHORTEST, _LONGEST = 3, 24  # characters of a name; two are a note or a piece of a name as often as a name
_OFFICES = ("社区", "居委会", "居委", "村委会")
_ASIDE = frozenset(
    ("country", "province", "city", "district", "town", "person", "repeat", "note", "mark")
)  # what an address may say or leave out without meaning another place


def with_names(index: GazetteerIndex, names: Sequence[tuple[UUID, str]]) -> GazetteerIndex:
    """Return an index that finds nodes by more names; names of nodes that it does not have are left out.

    Parameters
    ----------
    index : GazetteerIndex
        Stays as it is; what does not change is shared.
    names : sequence of (node id, name)
        Only communities, roads, compounds and places have other names.
    """
    known = [(index.node_of(identity.bytes), name) for identity, name in names]
    taught = sorted({(node, name) for node, name in known if node >= 0 and index.level(node) in _BY_NAME})
    if not taught:
        return index
    rows = {(name_hash(kind, form), node) for node, name in taught for kind, form in _forms(name)}
    ordered = sorted(rows)
    hashes = np.array([each for each, _ in ordered], dtype=np.uint64)
    at = np.searchsorted(index.columns["names"], hashes)
    columns = {
        **index.columns,
        "names": np.insert(index.columns["names"], at, hashes),
        "name_node": np.insert(index.columns["name_node"], at, [node for _, node in ordered]),
        "name_how": np.insert(index.columns["name_how"], at, ALIAS),
    }
    trie, columns["trie_level"] = NameTrie.bytes_of(
        [*_names_of(index), *((name, index.level(n)) for n, name in taught)]
    )
    version = blake2b(repr((index.version, taught)).encode(), digest_size=8).hexdigest()
    return replace(index, version=version, columns=columns, trie_bytes=trie, _views={})


def _forms(name: str) -> list[tuple[str, str]]:
    return [("=", name), ("~", sound(name)), *(("-", short) for short in (name, *shortened(name)))]


def _names_of(index: GazetteerIndex) -> Iterable[tuple[str, int]]:
    trie, masks = marisa_trie.Trie().frombytes(index.trie_bytes), index.columns["trie_level"].tolist()
    for name in trie.iterkeys():
        mask = masks[trie[name]]
        yield from ((name, number) for number in range(mask.bit_length()) if mask >> number & 1)


def core_of(fields: Sequence[Field], text: str) -> str:
    """Return what an address says about the place, without notes: two addresses of one core mean the same place.

    Parameters
    ----------
    fields : sequence of Field
        As the address was read.
    text : str
        Stands for an address of which nothing was read.
    """
    said = [f"{each.label}={each.value}" for each in fields if each.label not in _ASIDE]
    return "/".join(said) or text


def unknown_name(fields: Sequence[Field], missing: Sequence[str]) -> str:
    """Return the first name in an address that the gazetteer does not have, empty when it has them all."""
    names = (each.text for each in fields if each.label in {"road", "place", "community", "part"})
    return next((name for name in names if name in missing and not name.isdecimal()), "")


def names_taught(
    index: GazetteerIndex, fields: Sequence[Field], missing: Sequence[str], node: int
) -> list[tuple[int, str]]:
    """Return what a person teaches by saying that an address means a node: (named node, its other name).

    The unknown name of a place is the name of the compound or place that the node is or lies in, the unknown name of a
    road that of its road. A name that something else has already teaches nothing.
    """
    road, place = _holder(index, node, _ROADS), _holder(index, node, _PLACES)
    named = any(each.label == "place" and index.named(str(each.value), _PLACES) for each in fields)
    taught: dict[tuple[int, str], None] = {}
    for at, each in enumerate(fields):
        if each.label == "road":
            holder, levels = road, _ROADS
        elif named or each.text.endswith(_OFFICES):  # what stands beside a known place is no other name of it
            continue
        elif each.label == "place" or (each.label in {"community", "part"} and each.text in missing):
            holder, levels = place, _PLACES
        else:
            continue
        texts = [each.text, str(each.value)]
        behind = fields[at + 1] if at + 1 < len(fields) else each
        if levels is _ROADS and behind.label == "lane" and index.name(holder).endswith(behind.text):
            texts = [each.text + behind.text]  # the lane is a road of its own
        for name in dict.fromkeys(texts):
            if holder >= 0 and _teaches(name) and not index.named(name, levels):
                taught[holder, name] = None
    return list(taught)


def _teaches(name: str) -> bool:
    return _SHORTEST <= len(name) <= _LONGEST and not any(character.isdecimal() for character in name)


def _holder(index: GazetteerIndex, node: int, levels: frozenset[int]) -> int:
    """Return the innermost node of some levels that a node is, lies in, or stands at; -1 for none."""
    above = index.path(node)[::-1]
    sites = [index.site(at) for at in above if index.site(at) >= 0]
    beside = [at for site in sites for at in index.path(site)[::-1]]
    return next((at for at in (*above, *beside) if index.level(at) in levels), -1)
