"""Where names may end: by their last word, which decides what the name can be."""

from __future__ import annotations

import re

from gridmap.address.costs import INDEX
from gridmap.address.lexicon import Ending, lexicon
from gridmap.address.numerals import NUMERAL

_SECTION = re.compile(
    r"[东南西北中]?[一二三四五六七八九]?段|辅[路道]|延[伸长][段线]|(?<=[路道速])[一-龥]{2,3}?段(?=[0-9]|$)|[东南西北中](?=[0-9])"
)
_COUNTED, _COUNTABLE = frozenset(NUMERAL + "0123456789"), frozenset("楼座层区厅")
_LETTERED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz甲乙丙丁")
_LETTERABLE = frozenset("座区厅幢栋馆")
_BRANCH = "附属"
_NAMED_AFTER = frozenset("村路街镇乡道巷大中小")
_ROAD = INDEX["road"]


def endings(text: str) -> list[tuple[int, Ending]]:
    """Return where a name may end, as (place, last word), in order."""
    found: list[tuple[int, Ending]] = []
    table = lexicon().endings
    for at, character in enumerate(text, 1):
        words = table.get(character)
        if words is None:
            continue
        for word, ending in words:
            if text.endswith(word, 0, at):
                if not _is_none(text, at, ending):
                    _add(text, found, at, ending)
                break
    found.sort(key=lambda pair: pair[0])
    return found


def _is_none(text: str, at: int, ending: Ending) -> bool:
    """Tell whether a word that usually ends a name does not do so here."""
    if ending.length == 1 and at > 1:
        before, character = text[at - 2], text[at - 1]
        if before in _COUNTED and character in _COUNTABLE:
            return True  # 二楼 is a floor
        if before == character:
            return True  # 社区区
        if before in _LETTERED and character in _LETTERABLE:
            return True  # B座 is a building
    if text.startswith(_BRANCH, at):
        return True  # 大学附属中学 is one school
    if ending.levels[0][0] == _ROAD and text.startswith("村", at) and not text.startswith("村镇", at):
        return True  # 干家路村 is a village
    return ending.strength == 0.0 and text[at : at + 1] in _NAMED_AFTER  # 王家庄路 is named after a hamlet


def _add(text: str, found: list[tuple[int, Ending]], at: int, ending: Ending) -> None:
    if found and found[-1][0] >= at:
        return  # 道 in 北环路辅道
    begin = at - ending.length
    while found and found[-1][0] > begin and (begin >= found[-1][0] - found[-1][1].length or found[-1][1].length == 1):
        found.pop()  # 街 is no end in 街道, nor 市 in 建材市场
    found.append((at, ending))
    if ending.levels[0][0] == _ROAD and (section := _SECTION.match(text, at)):
        length = ending.length + section.end() - at
        found.append((section.end(), Ending(length, ending.levels[:1], 0.0, of_place=False, of_part=False)))
