"""The index of the gazetteer with the names that persons taught since it was built."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from gridmap.address.learned import with_names
from gridmap.storage.address_review import learned_names

if TYPE_CHECKING:
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.address.index import GazetteerIndex
    from gridmap.storage.database import Transaction

_Key = tuple[str, tuple[tuple["UUID", str], ...]]
_kept: dict[_Key, GazetteerIndex] = {}
_guard = Lock()


def with_learned(tx: Transaction, scope: Scope, index: GazetteerIndex) -> GazetteerIndex:
    """Return an index that knows what persons taught, too; from memory when that is the same still.

    Parameters
    ----------
    index : GazetteerIndex
        As it was built.
    """
    names = tuple(learned_names(tx, scope))
    if not names:
        return index
    key = index.version, names
    with _guard:
        if key in _kept:
            return _kept[key]
    taught = with_names(index, names)
    with _guard:
        _kept.clear()  # one is enough: a database has one
        _kept[key] = taught
    return taught
