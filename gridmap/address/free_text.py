"""The addresses in the text of a hotline row, and which of them is the place of the matter."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from gridmap.address.costs import INDEX
from gridmap.address.decode import decode
from gridmap.address.labels import Field, Reading
from gridmap.address.normalise import Normalised, normalise
from gridmap.address.parse import fields_of
from gridmap.address.spans import Lattice, Names, scan
from gridmap.address.words import address_words

if TYPE_CHECKING:
    from collections.abc import Iterator

Role = Literal["matter", "home", "other"]

_CLAUSE = re.compile(r"[^,.;:!?。()]+")
_LONGEST_CLAUSE = 160
_NOTE = INDEX["note"]
_LIVES = "住"
_UNITS = frozenset("号楼栋幢弄")  # 27号楼 is not cut
_PROSE, _PROSE_STEP = 0.7, 0.27
_LEAD = 0.0
_LEAD_INSIDE = 1.6  # a name does not hold 位于
_SINGLE_LEAD_INSIDE = 1.0
_NOT_BEFORE = {"人": "(?!民)", "解": "(?!放)"}  # 反映人民路, 到了解放路
_CLOSING = frozenset(")）】")
_COMMAS, _BRACKETS = frozenset(("", ",", "，", "、")), frozenset("(（【")
_LADDER = {level: rank for level, rank in INDEX.items() if rank <= INDEX["room"]}
_REGION = frozenset(("country", "province", "city", "district", "town", "zone"))
_DETAIL = frozenset(("number", "subnumber", "building", "unit", "floor", "room", "part", "lane"))
_PLACES = frozenset(("road", "place", "community", "town"))
_DWELLER = re.compile(r"(?:小区)?的?(?:一名|一位)?(?:业主|住户|居民|租户|村民)")
_NEAR = 14  # characters before an address in which a lead word tells its role
_AFTER = 24  # characters behind it in which a problem tells that it happens there


@dataclass(frozen=True, slots=True)
class Found:
    """An address in a text.

    Parameters
    ----------
    span : (start, end)
        In the original text.
    reading : Reading
        Its fields, with spans in the original text.
    role : {"matter", "home", "other"}
        Where the matter is (at most one), where the caller lives, neither.
    reason : str
        Why that role, for the person who checks it.
    """

    span: tuple[int, int]
    reading: Reading
    role: Role
    reason: str


@cache
def _leads() -> tuple[re.Pattern[str], dict[str, str]]:
    roles = {word: role for role, words in address_words()["leads"].items() for word in words}
    patterns = [re.escape(word) + _NOT_BEFORE.get(word[-1], "") for word in sorted(roles, key=len, reverse=True)]
    return re.compile("|".join(patterns)), roles


@cache
def _problems() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, address_words()["problems"])))


def find_addresses(free_text: str, names: Names | None = None) -> list[Found]:
    """Find all addresses in a free text and propose the place of the matter.

    Parameters
    ----------
    free_text : str
        Anything; some 200 characters of a hotline row.
    names : Names, optional
        Names known beforehand.

    Returns
    -------
    list of Found
        In order. Where there is any, exactly one has the role "matter".
    """
    text = normalise(free_text)
    runs = _joined(text, [run for clause in _clauses(text) for run in _runs(text, clause, names)])
    named = [run for run in runs if _is_address(run) or _is_where(text.original, run)]
    kept = [run for run in map(_trimmed, named) if run]
    ends = [0, *(run[-1].end for run in kept)]  # what leads to an address stands behind the one before it
    begins = [*(run[0].start for run in kept[1:]), len(free_text)]
    return _with_matter(
        [_found(free_text, run, since, until) for run, since, until in zip(kept, ends, begins, strict=False)]
    )


def _clauses(text: Normalised) -> Iterator[tuple[int, int]]:
    for match in _CLAUSE.finditer(text.text):
        for start in range(match.start(), match.end(), _LONGEST_CLAUSE):
            yield start, min(start + _LONGEST_CLAUSE, match.end())


def _runs(text: Normalised, clause: tuple[int, int], names: Names | None) -> Iterator[tuple[Field, ...]]:
    """Read a clause as prose and addresses; yield the addresses."""
    start, end = clause
    words = text.text[start:end]
    part = Normalised(words, text.offsets[start : end + 1], (), text.original)
    lattice = _with_prose(scan(words, frozenset(), names))
    run: list[Field] = []
    for field in fields_of(part, decode(lattice)[0]):
        if field.label in {"note", "person", "repeat"}:
            if run:
                yield tuple(run)
            run = []
        else:
            run.append(field)
    if run:
        yield tuple(run)


def _with_prose(lattice: Lattice) -> Lattice:
    for start, found in lattice.edges.items():  # prose has no notes behind an address
        lattice.edges[start] = [edge for edge in found if edge[1] != _NOTE or edge[3] == 0.0]
    pattern, _ = _leads()
    leads = [match.span() for words in (pattern, _problems()) for match in words.finditer(lattice.text)]
    leads = [span for span in leads if span[1] - span[0] > 1 or pattern.match(lattice.text, *span)]
    if lattice.text.startswith(_LIVES):  # (住人民路3号)
        leads.append((0, 1))
    for start, end in leads:
        lattice.edges.setdefault(start, []).append((end, _NOTE, _NOTE, _LEAD, None))
        weight = _LEAD_INSIDE if end - start > 1 else _SINGLE_LEAD_INSIDE
        for place in range(end, lattice.size + 1):
            lattice.strong[place] += weight
    points = sorted({*lattice.points, *(place for lead in leads for place in lead)})
    lattice.points[:] = points
    stops = sorted({lattice.size, *(start for start, _ in leads)})
    for start in points[:-1]:
        for stop in stops if lattice.text[start] not in _UNITS else ():
            if stop > start:
                cost = _PROSE + _PROSE_STEP * (stop - start)
                lattice.edges.setdefault(start, []).append((stop, _NOTE, _NOTE, cost, None))
    for stop in points[1:]:
        lattice.edges.setdefault(0, []).append((stop, _NOTE, _NOTE, _PROSE + _PROSE_STEP * stop, None))
    return replace(lattice, beside=lattice.beside.union(start for start, _ in leads))  # nor does a name begin there


def _joined(text: Normalised, runs: list[tuple[Field, ...]]) -> list[tuple[Field, ...]]:
    """Join 解放路12号 and 阳光花园3栋 across a comma, where the ladder goes on, and what stands in brackets."""
    joined: list[tuple[Field, ...]] = []
    for run in runs:
        if joined and _goes_on(joined[-1], run, text.original[joined[-1][-1].end : run[0].start].strip()):
            joined[-1] = joined[-1] + run
        else:
            joined.append(run)
    return joined


def _goes_on(before: tuple[Field, ...], run: tuple[Field, ...], between: str) -> bool:
    known = [_LADDER[field.label] for field in before if field.label in _LADDER]
    first = next((field for field in run if field.label in _LADDER), None)
    if not known or first is None:
        return False
    if between in _BRACKETS:
        return True
    return between in _COMMAS and _LADDER[first.label] > max(known) and first.label not in {"room", "floor"}


def _is_address(run: tuple[Field, ...]) -> bool:
    levels = [field.label for field in run]
    has = set(levels)
    if has & _PLACES and has & _DETAIL:
        return True
    if has & _REGION and has & {"road", "place", "community", "town"}:
        return True
    return "road" in has or "community" in has or ("place" in has and bool(has & {"relation"}))


def _is_where(original: str, run: tuple[Field, ...]) -> bool:
    """Tell whether a mere name stands where a place is told: 在民主路农贸市场."""
    return run[0].label == "place" and original[: run[0].start].endswith(("在", "位于"))


def _trimmed(run: tuple[Field, ...]) -> tuple[Field, ...]:
    fields = list(run)
    while fields and fields[0].label in {"relation", "mark"}:
        fields.pop(0)
    while fields and fields[-1].label == "mark":
        fields.pop()
    if fields and fields[-1].label == "relation" and fields[-1].text.endswith("的"):
        last = fields.pop()
        fields.append(replace(last, end=last.end - 1, text=last.text[:-1]))
    return tuple(fields)


def _found(original: str, run: tuple[Field, ...], since: int, until: int) -> Found:
    start, end = run[0].start, run[-1].end
    if original[end : end + 1] in _CLOSING and any(original.find(each, start, end) >= 0 for each in _BRACKETS):
        end += 1
    span = start, end
    role, reason = _role(original, span, since, until)
    return Found(span, Reading(run, 0.0), role, reason)


def _role(original: str, span: tuple[int, int], since: int, until: int) -> tuple[Role, str]:
    pattern, roles = _leads()
    before = original[max(since, span[0] - _NEAR) : span[0]]
    for match in reversed(list(pattern.finditer(before))):
        role = roles[match.group()]
        if role in {"home", "matter"}:
            word = match.group()
            return ("home", f"前有“{word}”") if role == "home" else ("matter", f"前有“{word}”")
    if _DWELLER.match(original, span[1]):
        return "home", "后有“业主”“居民”一类的话"
    problem = _problems().search(original[span[1] : min(span[1] + _AFTER, until)])
    if problem:
        return "matter", f"后有“{problem.group()}”"
    return "other", "文中提到"


def _with_matter(found: list[Found]) -> list[Found]:
    """Leave exactly one place of the matter: the best said one, else the last that is not the caller's home."""
    if not found:
        return []
    said = [number for number, each in enumerate(found) if each.role == "matter"]
    if said:
        led = [number for number in said if found[number].reason.startswith("前")]
        chosen = (led or said)[0]
        return [
            replace(each, role="other", reason="另一处更像事发地点") if number in said and number != chosen else each
            for number, each in enumerate(found)
        ]
    if len(found) == 1:
        return [replace(found[0], role="matter", reason="文中只有这一个地址")]
    others = [number for number, each in enumerate(found) if each.role == "other"]
    chosen = others[-1] if others else 0
    reason = "不是来电人住址" if others else "文中没有别的事发地点"
    return [
        replace(each, role="matter", reason=reason) if number == chosen else each for number, each in enumerate(found)
    ]
