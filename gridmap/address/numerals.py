"""Numbers written in Chinese, and what a number with its unit word is compared by."""

from __future__ import annotations

import re

_DIGITS = dict(
    zip("〇零○一二三四五六七八九壹贰叁肆伍陆柒捌玖两", [0, 0, 0, *range(1, 10), *range(1, 10), 2], strict=True)
)
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "廿": 20, "卅": 30}
NUMERAL = "〇零○一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟廿卅"
_NUMERAL_IN_NAME = re.compile(rf"(?<=[^\W\d_{NUMERAL}])[{NUMERAL}]{{1,3}}(?=[路街道巷弄里村区期])")
_ATOM = re.compile(rf"[0-9]+|[{NUMERAL}]+|[A-Za-z]+|[甲乙丙丁戊己庚辛壬癸特副]|[-~之]")
_SIGN = frozenset("Nn")
_NUMBER_SIGN = re.compile(r"^[Nn][Oo]\.?(?=[0-9])")  # No.33


def chinese_number(text: str) -> int | None:
    """Read a Chinese numeral: 十二, 一百零一, 二〇三, 廿一.

    Returns
    -------
    int or None
        None when the characters make no number (百 alone makes 100, 十十 makes none).
    """
    if not text:
        return None
    if all(character in _DIGITS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total, digit, last = 0, None, 10_000
    for character in text:
        if character in _DIGITS:
            if digit not in {None, 0}:
                return None
            digit = _DIGITS[character]
            continue
        unit = _TENS.get(character)
        if unit is None or unit >= last:
            return None
        total += unit if unit in {20, 30} else unit * (digit if digit is not None else 1)
        digit, last = None, 10 if unit in {20, 30} else unit
    return total + (digit or 0)


def number_value(text: str) -> int | str:
    """Return what a number with its unit word is compared by.

    Parameters
    ----------
    text : str
        Normalised: 三幢, 03号楼, 12-1号, A座, 甲单元, 附3号, 负一层.

    Returns
    -------
    int or str
        An integer where the text holds one number (below ground negative); else a text of its parts, so that 甲, A
        and 1 stay apart: "12-1", "A", "B3", "甲". A text without any number is returned as it is.
    """
    parts: list[str] = []
    for atom in _ATOM.findall(_NUMBER_SIGN.sub("", text) if text[:1] in _SIGN else text):
        number = int(atom[:18]) if atom[0].isdecimal() else chinese_number(atom)
        parts.append(atom.upper() if number is None else str(number))
    if not parts:
        return text
    if text.startswith(("负", "地下")) or (parts[0] == "B" and text.endswith(("层", "楼", "F"))):
        numbers = [part for part in parts if part.isdecimal()]
        return -int(numbers[0]) if numbers else text
    joined = "".join(parts).rstrip("F") if text.endswith(("F", "f")) else "".join(parts)
    joined = joined.strip("-~之").replace("~", "-").replace("之", "-")
    return int(joined) if joined.isdecimal() else joined or text


def name_key(name: str, never: frozenset[str] = frozenset()) -> str:
    """Return a name with the number inside it in digits: 科技南十路 and 科技南10路 are one road.

    Parameters
    ----------
    name : str
    never : frozenset of str
        Words whose numerals belong to a name and stay: 五一, 八一, 三里.
    """

    def digits(match: re.Match[str]) -> str:
        start, end = match.span()
        if any(name.find(word, max(0, start - 2), end + 2) >= 0 for word in never):
            return match.group()
        number = chinese_number(match.group())
        return match.group() if number is None else str(number)

    return _NUMERAL_IN_NAME.sub(digits, name)
