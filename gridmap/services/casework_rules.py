"""The rules of casework as data: ladder, categories, duties, calendar, clocks. A changed file is read again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from gridmap.access import Scope
from gridmap.casework.batches import Stages, read_stages
from gridmap.casework.calendar import Calendar, read_calendar
from gridmap.casework.categories import Catalogue, read_catalogue
from gridmap.casework.clocks import ClockRules, read_clock_rules
from gridmap.casework.duties import Duties, read_duties
from gridmap.casework.ladder import Ladder, profile_of, read_ladder
from gridmap.config import data_dir
from gridmap.errors import BadInput, SetupMissing
from gridmap.storage import audit
from gridmap.storage import casework as store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.storage.database import Transaction

_FILES = ("ladder.json", "duties.json", "calendar.json", "clocks.json", "batches.json")
_kept: dict[tuple[Any, ...], Rules] = {}
_guard = Lock()


@dataclass(frozen=True)
class Rules:
    """Everything that casework goes by, read together so that it fits together.

    Parameters
    ----------
    ladders : mapping of str to Ladder
        By profile; "" is the common one.
    ladder_content : mapping
        What the ladder's file says, for those who show it.
    stages : Stages
        Of 五单.
    """

    ladders: Mapping[str, Ladder]
    ladder_content: Mapping[str, Any]
    catalogue: Catalogue
    duties: Duties
    calendar: Calendar
    clocks: ClockRules
    stages: Stages

    def profile(self, source: str) -> str:
        """Name the profile of the ladder for what comes from a source."""
        return profile_of(self.ladder_content, source)


def rules(tx: Transaction) -> Rules:
    """Return the rules that hold now: the files of `data/lookups` and the lists of categories that were imported.

    Raises
    ------
    SetupMissing
        A file cannot be read or used.
    """
    everything = Scope.everything(tx.actor)
    marks = store.category_marks(tx, everything)
    key = (_paths(), marks)
    with _guard:
        if key not in _kept:
            imported = store.category_lists(tx, everything) if marks else {}
            _kept.clear()
            _kept[key] = _read(key[0], imported)
        return _kept[key]


def import_categories(tx: Transaction, content: Mapping[str, Any]) -> int:
    """Keep a list of categories, in the place of the one of that name; from now on it is looked up first.

    Returns
    -------
    int
        How many categories it has.

    Raises
    ------
    BadInput
        The list has faults, a word of it is a category of another list already, or a duty rule names
        a category that it no longer has.
    """
    imported = store.category_lists(tx, Scope.everything(tx.actor))
    name = str(content.get("name", ""))
    if not name.strip():
        raise BadInput("a list of categories needs a name", field="name")
    paths = _paths()
    found = _catalogue(paths, imported | {name: content})
    said = next(_content(*each) for each in paths if each[0].name == "duties.json")
    read_duties(said, rules(tx).ladders[""].levels, found)  # no rule may lose the category that it names
    store.put_category_list(tx, name, content)
    count = len(found.lists[name].categories)
    audit.record(tx, "import", "category_list", count=count, detail={"name": name})
    return count


Paths = tuple[tuple[Path, int], ...]


_PATIENCE = 1.0  # seconds for which the files are taken to be as they were: looking at all takes a millisecond
_seen: dict[Path, tuple[float, Paths]] = {}


def _paths() -> Paths:
    """Return the files of rules, each with when it was changed."""
    folder = data_dir() / "lookups"
    moment, known = _seen.get(folder, (-_PATIENCE, ()))
    if monotonic() - moment < _PATIENCE:
        return known
    files = [*(folder / name for name in _FILES), *sorted((folder / "categories").glob("*.json"))]
    try:
        found = tuple((path, path.stat().st_mtime_ns) for path in files)
    except OSError as error:
        raise SetupMissing(f"{error.filename} is missing: install the package again") from error
    _seen[folder] = (monotonic(), found)
    return found


@lru_cache(maxsize=64)
def _content(path: Path, changed: int) -> Any:
    del changed  # a key of the cache alone
    return json.loads(path.read_text(encoding="utf-8"))


def _catalogue(paths: Paths, imported: Mapping[str, Mapping[str, Any]]) -> Catalogue:
    given = [_content(*each) for each in paths if each[0].parent.name == "categories"]
    return read_catalogue([*imported.values(), *(each for each in given if each.get("name") not in imported)])


def _read(paths: Paths, imported: Mapping[str, Mapping[str, Any]]) -> Rules:
    try:
        said = {path.name: _content(path, changed) for path, changed in paths if path.parent.name != "categories"}
        ladder = said["ladder.json"]
        ladders = {profile: read_ladder(ladder, profile) for profile in ("", *ladder["profiles"])}
        catalogue = _catalogue(paths, imported)
        return Rules(
            ladders,
            ladder,
            catalogue,
            read_duties(said["duties.json"], ladders[""].levels, catalogue),
            read_calendar(said["calendar.json"]),
            read_clock_rules(said["clocks.json"]),
            read_stages(said["batches.json"], ladders[""].roles, ladders[""].ratings),
        )
    except (BadInput, ValueError, KeyError, TypeError) as error:
        raise SetupMissing(f"the rules of casework in data/lookups cannot be used: {error}") from error
