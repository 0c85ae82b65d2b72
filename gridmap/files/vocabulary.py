"""The words of the office: labels and column names of fields, words for choices, booleans and empty cells.

The words themselves stand in `data/lookups/columns.json`, those of orders in `data/lookups/intake_columns.json`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from gridmap.config import read_lookup
from gridmap.errors import FileRefused
from gridmap.model.kinds import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.model.kinds import Kind

LON, LAT, WKT = "lon", "lat", "wkt"
COORDINATES = (LON, LAT, WKT)
GEOMETRY = "geometry"  # what refusals call a shape, from whichever column it came

_DECORATION = re.compile(r"[\s*_:]+")
_BRACKET = re.compile(r"\([^()]*\)$")
_DBF_NAME = 10  # characters of a field name in a dBASE table


@cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = read_lookup("columns.json")
    words["kinds"].update(intake_words()["kinds"])
    return words


@cache
def intake_words() -> dict[str, Any]:
    """Return the vocabulary of the sheets that other systems export."""
    words: dict[str, Any] = read_lookup("intake_columns.json")
    return words


@lru_cache(maxsize=4096)  # cells repeat themselves
def fold(text: str) -> str:
    """Reduce a column name or a word to what is compared: no blanks, asterisks, underscores, case, full-width forms."""
    return _DECORATION.sub("", unicodedata.normalize("NFKC", text).replace("\ufeff", "")).casefold()


def aliases(kind: Kind, field: str) -> list[str]:
    """Every name under which a column of that field is known; the first is the Chinese label."""
    words = _words()
    if field in COORDINATES:
        return list(words["coordinates"][field])
    names: list[str] = words["kinds"].get(kind.name, {}).get(field) or words["fields"][field]
    return names


def label(kind: Kind, field: str) -> str:
    """Give the Chinese label of a field, of `lon`, `lat` and `wkt`, or of a shape as a whole."""
    return "图形" if field == GEOMETRY else aliases(kind, field)[0]


def labels(kind: Kind) -> dict[str, str]:
    """Chinese labels of all fields of a kind and of its coordinate columns, in the order of a sheet."""
    return {name: label(kind, name) for name in (*(field.name for field in kind.fields), *coordinate_columns(kind))}


def coordinate_columns(kind: Kind) -> tuple[str, ...]:
    """Name the coordinate columns that a sheet of this kind has: lon and lat, or WKT, or none."""
    if kind.shape is Shape.NONE:
        return ()
    return (LON, LAT) if kind.shape is Shape.POINT else (WKT,)


def short_names(kind: Kind) -> dict[str, str]:
    """Field names for a Shapefile: at most ten characters and still unique."""
    short: dict[str, str] = {}
    for field in kind.fields:
        name, number = field.name[:_DBF_NAME], 1
        while name in short.values():
            name, number = f"{field.name[: _DBF_NAME - 1]}{number}", number + 1
        short[field.name] = name
    return short


@cache
def choice_words(kind: Kind, field: str) -> dict[str, str]:
    """Words for the choices of a field, folded, to the English value."""
    words: dict[str, list[str]] = _words()["values"].get(f"{kind.name}.{field}", {})
    return {fold(word): value for value in kind.field(field).choices for word in (value, *words.get(value, ()))}


def choice_label(kind: Kind, field: str, value: str) -> str:
    """Give the Chinese word for a choice; the value itself where there is none."""
    words: dict[str, list[str]] = _words()["values"].get(f"{kind.name}.{field}", {})
    return words[value][0] if value in words else value


@cache
def boolean_words() -> dict[str, bool]:
    """Words for yes and no, folded."""
    words = _words()["booleans"]
    return {fold(word): truth for truth, key in ((True, "true"), (False, "false")) for word in words[key]}


def boolean_label(*, truth: bool) -> str:
    """Give the word that an export writes for yes or no."""
    word: str = _words()["booleans"]["true" if truth else "false"][0]
    return word


@cache
def blank_words() -> frozenset[str]:
    """Words that mean an empty cell, folded; not applied to free text and booleans."""
    return frozenset(fold(word) for word in _words()["blank"])


def find_coordinates(columns: Sequence[str]) -> dict[str, str]:
    """Find the columns of lon, lat and WKT by their names, whatever the kind."""
    found: dict[str, str] = {}
    for field in COORDINATES:
        names = [fold(name) for name in _words()["coordinates"][field]]
        hits = [(names.index(form), column) for column in columns for form in _forms(column) if form in names]
        if hits:
            found[field] = min(hits)[1]
    return found


def naming_columns(columns: Sequence[str]) -> list[str]:
    """Find the columns that tell what a feature is called, codes before names, whatever the kind."""
    words = _words()
    found: list[str] = []
    for field in ("code", "name"):
        names = {
            fold(name)
            for listed in (words["fields"], *words["kinds"].values())
            for name in (*listed.get(field, ()), field)
        }
        found += [column for column in columns if names.intersection(_forms(column)) and column not in found]
    return found


def known_columns(kind: Kind, columns: Sequence[str]) -> int:
    """Count the columns that are called as a field of a kind is, or as a coordinate."""
    fields = [*(field.name for field in kind.fields), *COORDINATES]
    names = {fold(name) for field in fields for name in (*aliases(kind, field), field)}
    return sum(not names.isdisjoint(_forms(column)) for column in columns)


def _forms(column: str) -> tuple[str, str]:
    """Give what is compared of a column's name: as it stands, and without a trailing bracket."""
    folded = fold(column)
    return folded, _BRACKET.sub("", folded)


@dataclass(frozen=True)
class Recognised:
    """Which column carries which field.

    Parameters
    ----------
    columns : dict
        Field (or `lon`, `lat`, `wkt`) to position among the columns.
    unrecognised : tuple of str
        Columns that carry nothing we know.
    notes : tuple of str
        Chinese sentences about columns that were passed over.
    """

    columns: dict[str, int]
    unrecognised: tuple[str, ...]
    notes: tuple[str, ...]


def checked_key(kind: Kind, key: Sequence[str] | None) -> tuple[str, ...]:
    """Give the fields that identify a record: those of the kind, or those named by the caller.

    Raises
    ------
    FileRefused
        The kind has no such field.
    """
    known = [field.name for field in kind.fields]
    for name in key or ():
        if name not in known:
            raise FileRefused(f"{kind.name} has no field {name!r} for a key; it has: {', '.join(known)}", field=name)
    return tuple(key or kind.key)


def required_fields(kind: Kind, key: Sequence[str]) -> frozenset[str]:
    """Name the fields that no row may lack: where another key was chosen, the kind's own key is not needed."""
    replaced = set(kind.key) - set(key) if key else set()
    return frozenset(field.name for field in kind.fields if field.required and field.name not in replaced)


def recognise(
    kind: Kind, columns: Sequence[str], mapping: Mapping[str, str], key: Sequence[str] = (), *, cut: bool = False
) -> Recognised:
    """Find the columns of a kind's fields by name.

    Parameters
    ----------
    kind : Kind
    columns : sequence of str
        As delivered.
    mapping : mapping of str to str
        Field to column, said by the caller; goes before every recognised name. An empty column name leaves the
        field out.
    key : sequence of str
        Fields that identify a record: at least one of them has to have a column.
    cut : bool
        The names come from a shapefile, which keeps ten bytes of them.

    Raises
    ------
    FileRefused
        The mapping names a field or a column that is not there, no column at all is recognised, or a required
        field or the whole key has none.
    """
    found = _mapped(kind, columns, mapping)
    left_out = {field for field, column in mapping.items() if not column}
    notes: list[str] = []
    wanted = [name for name in (*(field.name for field in kind.fields), *COORDINATES) if name not in found]
    if kind.shape is Shape.NONE:
        wanted = [name for name in wanted if name not in COORDINATES]
    shorts = short_names(kind)
    folded = [_forms(column) for column in columns]
    taken = set(found.values())
    for field in wanted:
        if field in left_out:
            continue
        names = [fold(name) for name in (*aliases(kind, field), field, shorts.get(field, field))]
        if cut:
            names += [fold(name.encode()[:_DBF_NAME].decode(errors="ignore")) for name in aliases(kind, field)]
        hits = [
            position
            for name in dict.fromkeys(names)
            for position, forms in enumerate(folded)
            if name in forms and position not in taken
        ]
        if hits:
            found[field] = hits[0]
            taken.add(hits[0])
            notes += [
                f"“{columns[other]}”与“{columns[hits[0]]}”都像是“{label(kind, field)}”，采用了后者；"
                f"如需改用请加 --map {field}={columns[other]}"
                for other in dict.fromkeys(hits[1:])
                if other != hits[0]
            ]
    _require_columns(kind, columns, found, key)
    unrecognised = tuple(column for position, column in enumerate(columns) if position not in taken)
    return Recognised(found, unrecognised, tuple(notes))


def _require_columns(kind: Kind, columns: Sequence[str], found: Mapping[str, int], key: Sequence[str]) -> None:
    have = "、".join(columns) or "(none)"
    if not any(name not in COORDINATES for name in found):
        example = kind.fields[0].name
        expected = list(labels(kind).values())[:6]
        raise FileRefused(
            f"no column of {kind.name} ({kind.chinese}) is recognised; the file has: {have}; "
            f"expected for example {'、'.join(expected)}; "
            f"name them with --map, for example --map {example}={columns[0] if columns else label(kind, example)}",
            reason="no_columns",
            columns=list(columns),
            expected=expected,
        )
    required = required_fields(kind, key)
    missing = [field.name for field in kind.fields if field.name in required and field.name not in found]
    if not missing and key and not any(name in found for name in key):
        missing = list(key)
    if missing:
        wanted = "、".join(f"{label(kind, name)} ({name})" for name in missing)
        raise FileRefused(
            f"{kind.name} ({kind.chinese}) need a column for {wanted}; the file has: {have}; "
            f"if one of them is it, say so with --map {missing[0]}=COLUMN",
            reason="missing_columns",
            columns=list(columns),
            missing=missing,
            expected=[label(kind, name) for name in missing],
        )


def _mapped(kind: Kind, columns: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    known = {field.name for field in kind.fields} | set(COORDINATES)
    folded = [fold(column) for column in columns]
    found: dict[str, int] = {}
    for field, column in mapping.items():
        if field not in known:
            raise FileRefused(
                f"{kind.name} has no field {field!r}; the fields are: {', '.join(sorted(known))}", field=field
            )
        if column and fold(column) not in folded:
            raise FileRefused(
                f"there is no column {column!r} for {field}; the file has: {'、'.join(columns)}",
                field=field,
                column=column,
            )
        if column:
            found[field] = folded.index(fold(column))
    return found
