"""A 四至 sentence to data: parts, sides, features, qualifiers, each with its place in the text.

Nothing is dropped in silence: what is not understood stands among the leftovers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gridmap.errors import BadInput
from gridmap.space.limits.mentions import read_mentions
from gridmap.space.limits.values import FOUR_SIDES, SIDE_WORDS, Exemption, Leftover, Limit, Parse, Part, Side, Span
from gridmap.space.limits.walk import is_walk, read_walk
from gridmap.space.limits.words import behind, plain

if TYPE_CHECKING:
    from gridmap.space.limits.values import Mention
    from gridmap.space.limits.words import Words

LONGEST = 4_000  # characters; one of several parts may have some hundreds
_SIDE_OF = {word: side for side, word in SIDE_WORDS.items()}
_DIAGONAL = {
    frozenset("东北"): Side.NORTHEAST,
    frozenset("东南"): Side.SOUTHEAST,
    frozenset("西南"): Side.SOUTHWEST,
    frozenset("西北"): Side.NORTHWEST,
}
_CLAUSE = re.compile(r"(?:[,;:、.()\[\]/\n]\s*(?:以|其|即)?|^\s*(?:以|其|即)|社区|居委会|[一-龥]村|该|范围|四至|区域)$")
_NUMBERING = re.compile(r"(?:^|[,;:\n(\s])(?:[(]?[一二三四五六七八九十\d]{1,2}[).、.]|其?[一二三四五六七八九十]是)\s*$")
_NUMBER = re.compile(r"(?:[(]?[一二三四五六七八九十\d]{1,2}[).、.]|其?[一二三四五六七八九十]是)\s*$")
_MARKS = " \t\n、,;:.()[]-/"
_BEYOND = re.compile(r"以([东南西北])")
_AS_BORDER = re.compile(r"[为作]([东南西北])(?:侧|面|边|部)?(?:边|分)?界")
_OPPOSITE = {"东": Side.WEST, "南": Side.NORTH, "西": Side.EAST, "北": Side.SOUTH}
_BUT = re.compile(r"(?:但是?|其中|另)$")
_BEHIND_A_NAME = re.compile(r"(?:,|(?<=[侧面边岸])[、/])\s*(?=[东南西北][^东南西北]*$)")
_REGION = re.compile(r"的?(?:区域|范围|地块|部分)")


@dataclass(frozen=True)
class _Marker:
    sides: str
    start: int
    end: int
    joined: bool  # 东、南至 rather than 东南至


def parse(text: str, words: Words) -> Parse:
    """Read a 四至 sentence.

    Parameters
    ----------
    text : str
        As it stands in the document: any order of the sides, full or half-width marks, new lines, numbering.
    words : Words

    Raises
    ------
    BadInput
        The text is longer than `LONGEST`, or it names no side and is no walk along features.
    """
    if len(text) > LONGEST:
        raise BadInput(f"the text has {len(text):,} characters, at most {LONGEST:,} are read", length=len(text))
    flat = plain(text)
    if is_walk(flat, words):
        return read_walk(text, flat, words)
    leftovers: list[Leftover] = []
    exemptions, rest = _exemptions(flat, words, leftovers)
    markers = _markers(rest, words)
    if not markers:
        parts = _after_names(rest, _BEYOND, words, leftovers) or _after_names(rest, _AS_BORDER, words, leftovers)
        if parts:
            return _parse(text, flat, parts, exemptions, None, leftovers)
        raise BadInput(
            "no side was found in the text: write it like 东至…，南至…，西至…，北至…, or as a walk 由…沿…至…",
            text=text[:80],
        )
    heading = _heading(text, rest, markers[0].start, words, leftovers)
    parts = _parts(rest, markers, words, leftovers)
    return _parse(text, flat, parts, exemptions, heading, leftovers)


def _parse(
    text: str,
    flat: str,
    parts: tuple[Part, ...],
    exemptions: list[Exemption],
    heading: Span | None,
    leftovers: list[Leftover],
) -> Parse:
    """Put a parse together; qualifiers get their words back, as features are read after exemptions were blanked."""

    def mentions(found: tuple[Mention, ...]) -> tuple[Mention, ...]:
        return tuple(
            replace(
                each,
                qualifiers=tuple(replace(one, text=flat[one.span.start : one.span.end]) for one in each.qualifiers),
            )
            for each in found
        )

    def part(found: Part) -> Part:
        return replace(found, limits=tuple(replace(each, mentions=mentions(each.mentions)) for each in found.limits))

    out = (
        replace(each, mentions=mentions(each.mentions), part=part(each.part) if each.part else None)
        for each in exemptions
    )
    return Parse(text, tuple(map(part, parts)), tuple(out), heading, _as_written(text, leftovers))


def _as_written(text: str, leftovers: list[Leftover]) -> tuple[Leftover, ...]:
    real = [Leftover(text[each.span.start : each.span.end], each.reason, each.span) for each in leftovers]
    return tuple(sorted(real, key=lambda each: each.span.start))


def _after_names(text: str, said: re.Pattern[str], words: Words, leftovers: list[Leftover]) -> tuple[Part, ...]:
    """Read 「A路以东、B路以南…」 (land east of a road has it on its west) and 「以A路为东界、以B路为南界…」."""
    limits = []
    place = 0
    for match in said.finditer(text):
        lead = re.compile(r"[,;、\s]*(?:分别)?以?").match(text, place)
        mentions, left = read_mentions(text, lead.end() if lead else place, match.start(), words)
        leftovers.extend(left)
        side = _OPPOSITE[match[1]] if said is _BEYOND else _SIDE_OF[match[1]]
        if mentions:
            limits.append(Limit(side, tuple(mentions), Span(mentions[0].span.start, match.end())))
        place = match.end()
    if len(limits) < 2:
        return ()
    return (Part("", _merged(limits), Span(limits[0].span.start, limits[-1].span.end)),)


def _markers(text: str, words: Words) -> list[_Marker]:
    """Find where each side begins."""
    found = [
        marker
        for marker in (_strong(text, match, words) for match in words.strong.finditer(text))
        if _begins(text, marker.start, words) and _has_content(text, marker.end)
    ]
    taken = [(each.start, each.end) for each in found]
    for match in words.weak.finditer(text):
        apart = all(match.end() <= start or match.start() >= end for start, end in taken)
        if apart and _at_clause(text, match.start(), words) and _has_content(text, match.end()):
            found.append(_Marker(match["sides"], match.start(), match.end(), _is_joined(match["sides"])))
    found.sort(key=lambda each: each.start)
    said = {letter for each in found for letter in each.sides if letter in _SIDE_OF}
    if len(said) < len(_SIDE_OF):
        found += _bare_markers(text, found, said, words)
    return sorted(found, key=lambda each: each.start)


def _strong(text: str, match: re.Match[str], words: Words) -> _Marker:
    """Take a side; in 「西至文昌路东侧,北至…」 the first of two side words belongs to the name before it."""
    sides, start = match["sides"], match.start()
    cut = None if _at_clause(text, start, words) else _BEHIND_A_NAME.search(sides)
    if cut:
        sides, start = sides[cut.end() :], match.start("sides") + cut.end()
    return _Marker(sides, start, match.end(), _is_joined(sides))


def _bare_markers(text: str, found: list[_Marker], said: set[str], words: Words) -> list[_Marker]:
    """Find sides without a verb (西徐乐路、北北青公路), only for sides that no verb marks."""
    more: list[_Marker] = []
    said = set(said)
    for match in words.bare.finditer(text):
        letter = match["boxed"] or match["sides"]
        boxed = match["boxed"] and not found and all(text[each.start] in "[(" for each in more)
        if letter in said or not (boxed or _at_clause(text, match.start(), words)):
            continue  # a side word inside a name, too: 三(北)期花园, unless all sides are boxed
        if any(each.start < match.end() and match.start() < each.end for each in found):
            continue
        before = "" if match["boxed"] else text[: match.start()].rstrip()
        if before.endswith("、") and not (more and not any(each.start > more[-1].start for each in found)) and found:
            continue  # 西至明珠路、北X河: a feature that begins with a side word, unless the list is all of this form
        piece = re.split(r"[,;、\n\[]", text[match.end() :], maxsplit=1)[0].strip()
        if len(piece) >= 2 and words.kind_of(piece.rstrip(" )]")):
            more.append(_Marker(letter, match.start(), match.end(), joined=False))
            said.add(letter)
    return more


def _is_joined(sides: str) -> bool:
    return bool(re.search(r"[东南西北][^东南西北]+[东南西北]", sides))


def _at_clause(text: str, at: int, words: Words) -> bool:
    before = behind(text, at)
    if not before.strip() or _CLAUSE.search(before) or _NUMBERING.search(before):
        return True
    if before[-1].isspace():  # 东:A路 南:B路
        return bool(words.kind_of(before.rstrip()))
    return False


def _begins(text: str, at: int, words: Words) -> bool:
    """Tell whether a side begins: at a clause, or right behind a whole name (东至A路南至B路)."""
    if _at_clause(text, at, words):
        return True
    before = text[1 + max(text.rfind(mark, 0, at) for mark in ",;:、()[]\n") : at].strip()
    clause = re.search(r"(?:至|到|临|邻|靠|倚|以)(.*)$", before)
    if clause:  # inside a side: the name so far must be whole
        return len(clause[1]) > 1 and (bool(words.kind_of(clause[1])) or clause[1].endswith("为界"))
    return True  # heading: 该社区东至A路


def _has_content(text: str, at: int) -> bool:
    piece = re.split(r"[,;、\n]", text[at:], maxsplit=1)[0].strip(_MARKS)
    return len(piece) > 1 or (bool(piece) and piece not in "路街河道巷山江线")


def _heading(text: str, flat: str, end: int, words: Words, leftovers: list[Leftover]) -> Span | None:
    piece = flat[:end]
    body = piece.strip(_MARKS + "0123456789")
    if not body or re.fullmatch(r"[(]?[一二三四五六七八九十]{1,2}是?|以", body):
        return None
    start = piece.index(body[0])
    span = Span(start, len(piece.rstrip(" \n")))
    known = words.heading.search(piece.rstrip(" \n,;(")) or words.label.search(body)
    if not known and not re.search(r"社区|居委会|村|网格|街道|小区|该|其", body):
        leftovers.append(Leftover(text[span.start : span.end], "words before the first side", span))
    return span


def _parts(text: str, markers: list[_Marker], words: Words, leftovers: list[Leftover]) -> tuple[Part, ...]:
    parts: list[Part] = []
    limits: list[Limit] = []
    label, start = _last_label(text[: markers[0].start], words), markers[0].start
    diagonals = _diagonals_apart(markers)
    for number, marker in enumerate(markers):
        stop = markers[number + 1].start if number + 1 < len(markers) else len(text)
        sides = _sides_of(marker, diagonals=diagonals)
        said = {each.side for each in limits}
        new_label, cut = _label_before(text, marker.start, markers[number - 1].end if number else 0, words)
        if limits and (said & set(sides)) and (new_label or len(said) >= 3):
            parts.append(Part(label, _merged(limits), Span(start, limits[-1].span.end)))
            limits, label, start = [], new_label, marker.start
        content_end = stop
        if number + 1 < len(markers):
            _, cut = _label_before(text, stop, marker.end, words)
            content_end = cut
        mentions, left = read_mentions(text, marker.end, content_end, words)
        leftovers.extend(left)
        if not mentions:
            leftovers.append(
                Leftover(text[marker.start : content_end], "a side without a feature", Span(marker.start, content_end))
            )
            continue
        end = max(each.span.end for each in mentions)
        limits += [Limit(side, own, Span(marker.start, end)) for side, own in _shared(text, marker, sides, mentions)]
    if limits:
        parts.append(Part(label, _merged(limits), Span(start, limits[-1].span.end)))
    return tuple(parts)


def _shared(
    text: str, marker: _Marker, sides: tuple[Side, ...], mentions: list[Mention]
) -> list[tuple[Side, tuple[Mention, ...]]]:
    """Give each side its features: all of them, or one each in 东、西分别至A路、B路."""
    letters = [letter for letter in marker.sides if letter in _SIDE_OF]
    if "分别" in text[marker.start : marker.end] and len(letters) == len(mentions):
        return [(_SIDE_OF[letter], (mention,)) for letter, mention in zip(letters, mentions, strict=True)]
    return [(side, tuple(mentions)) for side in sides]


def _diagonals_apart(markers: list[_Marker]) -> bool:
    """东南至 means the south-east when east or south are named apart from it, else both sides at once."""
    alone: set[str] = set()
    paired: set[str] = set()
    for each in markers:
        letters = _letters(each)
        if len(letters) == 1:
            alone |= letters
        elif len(letters) == 2 and not each.joined:
            paired |= letters
    return bool(alone & paired)


def _letters(marker: _Marker) -> frozenset[str]:
    return frozenset(letter for letter in marker.sides if letter in _SIDE_OF)


def _sides_of(marker: _Marker, *, diagonals: bool) -> tuple[Side, ...]:
    letters = _letters(marker)
    if len(letters) == 2 and not marker.joined and diagonals and letters in _DIAGONAL:
        return (_DIAGONAL[letters],)
    return tuple(side for side in FOUR_SIDES if SIDE_WORDS[side] in letters)


def _merged(limits: list[Limit]) -> tuple[Limit, ...]:
    """Join what a part says of one side in two places."""
    merged: dict[Side, Limit] = {}
    for each in limits:
        before = merged.get(each.side)
        merged[each.side] = (
            each
            if before is None
            else Limit(each.side, before.mentions + each.mentions, Span(before.span.start, each.span.end))
        )
    return tuple(merged.values())


def _last_label(text: str, words: Words) -> str:
    piece = re.split(r"[,;\n]", text.rstrip(_MARKS))[-1].strip(_MARKS)
    matches = list(words.label.finditer(re.split(r"[:]", piece)[-1]))
    return matches[-1].group() if matches else ""


def _label_before(text: str, at: int, earliest: int, words: Words) -> tuple[str, int]:
    """Find the label of a part right before a side, and where what stands before it ends."""
    piece = text[earliest:at]
    trimmed = piece.rstrip(_MARKS)
    begin = max(trimmed.rfind(mark) for mark in ",;\n") + 1
    tail = trimmed[begin:].strip(_MARKS)
    match = words.label.search(tail)
    if begin and match and len(tail) <= match.end() + 6:
        return match.group(), earliest + begin
    number = _NUMBER.search(piece)
    return "", earliest + (len(piece[: number.start()].rstrip(",; \n")) if number else len(piece))


def _exemptions(text: str, words: Words, leftovers: list[Leftover]) -> tuple[list[Exemption], str]:
    """Read what is taken out or counted in, and blank it."""
    found: list[Exemption] = []
    rest = text
    for match in re.finditer(r"(?:^|[,;(、\n])(?:但是?|其中|另)?(?P<name>[^,;()、\n]+?)除外", text):
        rest = _exempt((match.start("name"), match.end("name")), match.end(), True, rest, words, found, leftovers)
    for match in words.excluding.finditer(rest):
        if match["but"] is not None:
            rest = _exempt(match.span("but"), match.end(), True, rest, words, found, leftovers)
            continue
        if rest[match.start() : match.end()].strip() == "":
            continue  # blanked by an earlier one
        if match["into"] and not _at_clause(rest, match.start(), words):
            continue
        stop = _end_of_exemption(rest, match.end(), words)
        if not rest[match.end() : stop].strip(_MARKS):
            continue  # A路(含): a qualifier
        rest = _exempt((match.end(), stop), stop, bool(match["out"]), rest, words, found, leftovers)
    return sorted(found, key=lambda each: each.span.start), rest


def _end_of_exemption(text: str, at: int, words: Words) -> int:
    closing = re.compile(r"[);。\n]").search(text, at)
    stop = closing.start() if closing else len(text)
    if len(list(words.strong.finditer(text, at, stop))) >= 2:
        region = _REGION.search(text, at, stop)
        return region.end() if region else stop
    comma = text.find(",", at, stop)
    return comma if comma >= 0 else stop


def _exempt(
    place: tuple[int, int],
    stop: int,
    out: bool,  # noqa: FBT001 -- of a private helper with one caller
    text: str,
    words: Words,
    found: list[Exemption],
    leftovers: list[Leftover],
) -> str:
    begin, end = place
    markers = [
        _Marker(each["sides"], each.start(), each.end(), _is_joined(each["sides"]))
        for each in words.strong.finditer(text, begin, end)
    ]
    span = Span(begin, end)
    if len(markers) >= 2:
        region = _REGION.search(text, markers[-1].end, end)
        parts = _parts(text[: region.start() if region else end], markers, words, leftovers)
        found.extend(Exemption(out, (), part, span) for part in parts)
    else:
        mentions, left = read_mentions(text, begin, end, words)
        leftovers.extend(left)
        found.append(Exemption(out, tuple(mentions), None, span))
    start = begin - 1 if begin and text[begin - 1] == "(" else begin
    for word in ("不包含", "不包括", "不含", "扣除", "剔除", "除去", "排除", "包含", "包括", "含", "除"):
        if text.endswith(word, 0, begin):
            start = begin - len(word)
            break
    lead = _BUT.search(text, max(0, start - 2), start)
    start = lead.start() if lead else start
    return text[:start] + ";" * (stop - start) + text[stop:]
