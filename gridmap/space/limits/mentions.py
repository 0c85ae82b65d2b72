"""The features of one side: 「明珠路中线、西向阳河(东岸)、明珠路」 to mentions with qualifiers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gridmap.space.limits.values import Leftover, Mention, Qualifier, Span
from gridmap.space.limits.words import LONGEST_NAME

if TYPE_CHECKING:
    from gridmap.space.limits.words import Words

_SPLIT = re.compile(r"[、,/;\n+&>\-]|以及")
_BRACKET = re.compile(r"[(\[][^()\[\]]*[)\]]?")
_PHASE = re.compile(r"(?:第?[一二三四五六七八九十\d]+期)$")
_SECTION = re.compile(r"(?:段|区间)$")
_EDGE_MARKS = "、,;:.()[]-"
_WHOLE_NAME = 14  # characters; longer pieces without a known ending are sentences
_BORDER = re.compile(r"界线?$|边界$")
_NUMBERS = re.compile(
    r"\d[\d.,]*\s*(?:平方|公里|公顷|亩|户|人|栋|米(?!宽?[路道街])|个|km|m)|[户人]口|面积|人口|居民|总户"
)
_REST = re.compile(r"^(?:其余|其他|其它|以上|以下|余下)")
_UNTIL = re.compile(r"^(?P<name>.{2,}?)(?P<until>(?:延伸|延长)?[至到].{2,})$")  # 中山二路至示范河, on one side
_DIRECTION_LEAD = re.compile(r"(?:[东南西北]{1,2}(?=沿))?沿着?")


def read_mentions(text: str, start: int, end: int, words: Words) -> tuple[list[Mention], list[Leftover]]:
    """Read the features that stand in `text[start:end]`.

    Parameters
    ----------
    text : str
        After `plain`.
    start, end : int
    words : Words

    Returns
    -------
    list of Mention, list of Leftover
        In the order of the text.
    """
    found: list[Mention] = []
    leftovers: list[Leftover] = []
    notes, blanked = _without_brackets(text, start, end)
    place = start
    for part in [*_SPLIT.finditer(blanked, start, end), None]:
        stop = part.start() if part else end
        first = len(found)
        if sum(map(len, blanked[place:stop].split())) > LONGEST_NAME:
            leftovers.append(Leftover(text[place:stop], "names no feature", Span(place, stop)))
        else:
            for begin, finish in _joined(blanked, place, stop, words):
                _read_one(text, blanked, (begin, finish), words, found, leftovers)
            _name_neighbour(text, found, first)
        place = part.end() if part else end
    for span in notes:
        _attach_note(text, span, words, found, leftovers)
    return found, leftovers


def _name_neighbour(text: str, found: list[Mention], first: int) -> None:
    """In 「以徐乐路与尚鸿社区为界」 the road is the limit, the community only lies beyond it."""
    while len(found) - first > 1 and found[-1].kind == "boundary" and not _BORDER.search(found[-1].name):
        beyond = found.pop()
        before = found[-1]
        neighbour = Qualifier("neighbour", text[beyond.span.start : beyond.span.end], beyond.span)
        found[-1] = replace(
            before, span=Span(before.span.start, beyond.span.end), qualifiers=(*before.qualifiers, neighbour)
        )


def _without_brackets(text: str, start: int, end: int) -> tuple[list[Span], str]:
    """Blank what stands in brackets, so that a comma there parts no features."""
    notes = []
    for match in _BRACKET.finditer(text, start, end):
        before = text[start : match.start()].rstrip()
        if match.group()[0] == "[" and (not before or before[-1] in "、,;"):  # 东至【解放路】: the name itself
            text = text[: match.start()] + match.group().replace("[", " ").replace("]", " ") + text[match.end() :]
            continue
        notes.append(Span(match.start(), match.end()))
        text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    return notes, text


def _joined(text: str, start: int, end: int, words: Words) -> list[tuple[int, int]]:
    """Part 「A路接B路」 where what stands before the joining word is a whole name."""
    pieces = []
    place = start
    at = start
    while at < end:
        match = words.joining.search(text, at, end)
        if match is None:
            break
        left = text[place : match.start()].strip()
        right = text[match.end() : end].strip()
        gap = re.compile(r"\s+")
        whole = _BORDER.search(words.closing.sub("", right))  # A街道与B街道行政区域界线 is one feature
        if left and right and not whole and _is_named(left, words) and _is_named(gap.split(right)[0], words):
            pieces.append((place, match.start()))
            place = at = match.end()
        else:
            at = match.start() + 1
    pieces.append((place, end))
    return [each for piece in pieces for each in _spaced(text, *piece, words)]


def _spaced(text: str, start: int, end: int, words: Words) -> list[tuple[int, int]]:
    """Part names that only a space divides."""
    pieces = []
    place = start
    for match in re.finditer(r"\s+", text[start:end]):
        left = text[place : start + match.start()].strip()
        right = text[start + match.end() : end].strip()
        if left and right and _is_named(left, words) and len(right) > 1:
            pieces.append((place, start + match.start()))
            place = start + match.end()
    return [*pieces, (place, end)]


def _is_named(name: str, words: Words) -> bool:
    """Tell whether a piece ends like a feature, with or without qualifiers."""
    return len(name) > 1 and bool(words.kind_of(_stripped(name, words)[0]))


def _stripped(name: str, words: Words) -> tuple[str, list[tuple[str, Span]]]:
    """Take closing words and qualifiers off the end of a name, from the outside in: what is left is its beginning."""
    taken: list[tuple[str, Span]] = []
    while True:
        closing = words.closing.search(name)
        if closing and closing.start() > 0:
            name = name[: closing.start()].rstrip().removesuffix("的")
            continue
        for kind, pattern in words.qualifiers:
            match = pattern.search(name)
            if match and match.start() > 1:
                taken.append((kind, Span(*match.span())))
                name = name[: match.start()].rstrip().removesuffix("的")
                break
        else:
            return name, taken


def _read_one(
    text: str,
    blanked: str,
    place: tuple[int, int],
    words: Words,
    found: list[Mention],
    leftovers: list[Leftover],
) -> None:
    begin, end = _trimmed(blanked, *place)
    lead = _DIRECTION_LEAD.match(blanked, begin, end)
    if lead:
        begin, end = _trimmed(blanked, lead.end(), end)
    if begin >= end:
        return
    piece = blanked[begin:end]
    short, taken = _stripped(piece, words)
    qualifiers = [_qualifier(kind, blanked, begin + span.start, begin + span.end) for kind, span in taken]
    start = begin
    for kind, pattern in words.leading:
        match = pattern.match(short)
        if match and len(short) - match.end() >= 3:
            qualifiers.append(_qualifier(kind, blanked, begin, begin + match.end()))
            start = begin + match.end()
            break
    places = [at for at in range(start, begin + len(short)) if not blanked[at].isspace()]  # of the letters of the name
    name = "".join(blanked[at] for at in places)
    said = [each for each, _ in taken]
    kind = _kind(name, said, words)
    until = _UNTIL.match(name)
    if until and words.kind_of(until["name"]):
        qualifiers.append(_qualifier("section", blanked, places[until.start("until")], places[-1] + 1))
        name = until["name"]
        kind = _kind(name, said, words)
    unread = not name or (not kind and found and len(name) > _WHOLE_NAME)
    if unread or _NUMBERS.search(piece) or _REST.search(piece):
        leftovers.append(Leftover(text[begin:end], "names no feature", Span(begin, end)))
        return
    phase = _PHASE.search(name)
    if phase:
        qualifiers.append(_qualifier("phase", blanked, places[phase.start()], places[phase.end() - 1] + 1))
    found.append(Mention(name, kind, Span(begin, end), tuple(qualifiers)))


def _trimmed(text: str, begin: int, end: int, marks: str = _EDGE_MARKS) -> tuple[int, int]:
    """Leave marks and white space at the ends of a piece out."""
    while begin < end and (text[begin] in marks or text[begin].isspace()):
        begin += 1
    while end > begin and (text[end - 1] in marks or text[end - 1].isspace()):
        end -= 1
    return begin, end


def _qualifier(kind: str, text: str, begin: int, end: int) -> Qualifier:
    return Qualifier(kind, text[begin:end], Span(begin, end))


def _kind(name: str, taken: list[str], words: Words) -> str:
    if "wall" in taken:
        return "wall"
    return words.kind_of(name)


def _attach_note(text: str, span: Span, words: Words, found: list[Mention], leftovers: list[Leftover]) -> None:
    """Give what stands in brackets to the feature before it."""
    begin, end = _trimmed(text, span.start, span.end, "()[];")
    inside = text[begin:end]
    before = [number for number, each in enumerate(found) if each.span.start < span.start]
    if not inside:
        return
    if not before:
        leftovers.append(Leftover(text[span.start : span.end], "a note without a feature before it", span))
        return
    kind = _note_kind(inside, words)
    mention = found[before[-1]]
    qualifier = _qualifier(kind, text, begin, end)
    found[before[-1]] = Mention(
        mention.name,
        "wall" if kind == "wall" else mention.kind,
        Span(mention.span.start, max(mention.span.end, span.end)),
        (*mention.qualifiers, qualifier),
    )
    if kind == "note":
        leftovers.append(Leftover(inside, f"a note to {mention.name}", qualifier.span))


def _note_kind(inside: str, words: Words) -> str:
    if inside in {"含", "包含", "包括"}:
        return "included"
    if inside in {"不含", "不包含", "不包括"}:
        return "excluded"
    for kind, pattern in words.qualifiers:
        match = pattern.search(inside)
        if match and match.start() <= 2:
            return kind
    return "section" if _SECTION.search(inside) else "note"
