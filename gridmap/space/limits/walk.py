"""Metes and bounds: 「由A与B交汇点,沿B至C,南沿…界线至…止」 to legs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gridmap.errors import BadInput
from gridmap.space.limits.mentions import read_mentions
from gridmap.space.limits.values import Leftover, Leg, Mention, Parse, Part, Span
from gridmap.space.limits.words import LONGEST_NAME, behind

if TYPE_CHECKING:
    from gridmap.space.limits.words import Words

_CORNER = (
    r"(?:的)?(?:交汇点|交汇处|交会处|交会点|交叉口|交叉点|交叉处|相交处|相交点|交界处|交接处|交点|路口|交汇|交叉|相交)"
)
_START = re.compile(
    rf"(?:由|从|自|起于|起点为|始于|以)(?P<start>[^,;\n]{{0,{LONGEST_NAME}}}?)"
    rf"(?:{_CORNER}|(?=起[,;]|[,;]|沿))(?:起点|为起点|开始|起)?"
)
_LEG = re.compile(
    rf"(?P<heading>[东南西北]{{0,2}})(?:方向|向)?(?:再|继续|折|转){{0,4}}沿着?(?P<along>[^,;\n]{{1,{LONGEST_NAME}}}?)"
    r"(?P<after>(?:向|往|折|转)?[东南西北]{0,2}(?:行|方向|面)?(?:走|延伸)?)(?:直|回|返回)?[至到](?P<until>[^,;\n]+)"
)
_END = re.compile(rf"(?:止|为止|处|{_CORNER}|起点|闭合|原点)$")
_LONGEST_END = 8  # characters
_BEGINNING = re.compile(r"(?:^|[,;:\n])\s*$")
_HOME = re.compile(r"^(?:起点|原点|起始点|出发点)")


def is_walk(text: str, words: Words) -> bool:
    """Tell a walk (由…交汇点,沿…至…) from limits by side."""
    legs = len(_LEG.findall(text))
    return legs >= 2 and not any(
        _BEGINNING.search(behind(text, match.start())) for match in words.strong.finditer(text)
    )


def read_walk(text: str, flat: str, words: Words) -> Parse:
    """Read a walk round the land.

    Raises
    ------
    BadInput
        It has fewer than two legs.
    """
    leftovers: list[Leftover] = []
    begin = _START.search(flat)
    start: tuple[Mention, ...] = ()
    place = 0
    if begin and begin["start"].strip():
        start = _corner(flat, begin.start("start"), begin.end("start"), words)
        place = begin.end()
    legs: list[Leg] = []
    for clause in re.finditer(r"[^,;\n]+", flat[place:]):
        low, high = place + clause.start(), place + clause.end()
        read = _legs(flat, low, high, words)
        legs += read
        if not read and flat[low:high].strip(" 。.;"):
            leftovers.append(Leftover(text[low:high], "no leg of the walk", Span(low, high)))
    if len(legs) < 2:
        raise BadInput("the walk has fewer than two legs: write 由A与B交汇点，沿B至C，沿C至D … 止", text=text[:80])
    heading = None
    if begin and flat[: begin.start()].strip(" :,"):
        heading = Span(0, begin.start())
    part = Part("", (), Span(begin.start() if begin else legs[0].span.start, legs[-1].span.end), start, tuple(legs))
    return Parse(text, (part,), (), heading, tuple(leftovers))


def _corner(text: str, low: int, high: int, words: Words) -> tuple[Mention, ...]:
    """Read the features that cross at a corner."""
    while high > low and (match := _END.search(text, max(low, high - _LONGEST_END), high)):
        high = match.start()
    return tuple(read_mentions(text, low, high, words)[0])


def _legs(text: str, low: int, high: int, words: Words) -> list[Leg]:
    """Read the legs of one clause; 沿A至B沿B至C are two."""
    cuts = [low]
    for turn in re.finditer(r"(?<=.)(?:再|后|转|折)?向?[东南西北]{0,2}沿", text[low:high]):
        if "沿" in text[cuts[-1] : low + turn.start()]:
            cuts.append(low + turn.start())
    legs = []
    for begin, end in zip(cuts, [*cuts[1:], high], strict=True):
        match = _LEG.search(text, begin, end)
        if match is None:
            continue
        along = read_mentions(text, match.start("along"), match.end("along"), words)[0]
        until_text = match["until"]
        until = () if _HOME.match(until_text) else _corner(text, match.start("until"), match.end("until"), words)
        if along:
            heading = "".join(re.findall(r"[东南西北]", match["heading"] or "")) or "".join(
                re.findall(r"[东南西北]", match["after"])
            )
            legs.append(Leg(along[0], until, heading, Span(match.start(), match.end())))
    return legs
