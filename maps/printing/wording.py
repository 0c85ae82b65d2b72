"""Lines of text that have to fit: shortened or broken by what they measure."""

from __future__ import annotations

from maps.printing.fonts import face

_CLOSING = "，。、；：）」』！？,.;:)"  # these never begin a line


def _in_word(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def fitted(text: str, size: float, room: float, weight: str) -> str:
    """Shorten a line with an ellipsis until it fits into so many millimetres."""
    if face(weight).width(text, size) <= room:
        return text
    while text and face(weight).width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap(text: str, size: float, room: float) -> list[str]:
    """Break a text into lines; no line begins with a closing mark, and no number or Latin word is torn needlessly."""
    lines, line, width = [], "", 0.0
    for sign in text:
        advance = face().width(sign, size)
        if line and width + advance > room:
            kept = len(line)
            if sign in _CLOSING and len(line) > 1:
                kept -= 1
            begins = kept
            while begins and _in_word((line + sign)[kept]) and _in_word(line[begins - 1]):
                begins -= 1
            kept = begins or kept
            lines.append(line[:kept])
            line = line[kept:]
            width = face().width(line, size)
        line += sign
        width += advance
    return [*lines, line] if line else lines
