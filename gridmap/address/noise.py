"""Kinds of noise in addresses: each takes the parts of one and returns them changed, None where it does not apply."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gridmap.address.gazetteer import LEVEL, LEVELS
from gridmap.address.names import other_names, syllables
from gridmap.address.numerals import NUMERAL, number_value

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from gridmap.address.index import GazetteerIndex


@dataclass(frozen=True)
class Parts:
    """The parts of a full address, and the node it leads to; empty text for what it does not have."""

    node: int
    area: str = ""
    community: str = ""
    road: str = ""
    number: str = ""
    sub: str = ""
    place: str = ""
    place_level: int = -1
    part: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""
    tail: str = ""
    place_first: bool = False
    chain: bool = False

    def text(self) -> str:
        """Write it down in the usual order, or with the place first."""
        door = self.road + self.number + self.sub
        inside = self.part + self.building + self.unit + self.room
        body = self.place + inside + door if self.place_first else door + self.place + inside
        return self.area + self.community + body + self.tail


def parts_of(index: GazetteerIndex, node: int, area: str) -> Parts:
    """Take a node's full address apart."""
    found: dict[str, Any] = {"area": area}
    levels = {LEVELS[index.level(at)]: at for at in index.path(node)}
    site = next((index.site(at) for at in reversed(index.path(node)) if index.site(at) >= 0), -1)
    if site >= 0 and "road" not in levels:
        levels |= {LEVELS[index.level(at)]: at for at in index.path(site) if LEVELS[index.level(at)] not in levels}
    names: dict[str, str] = {level: index.name(at) for level, at in levels.items()}
    place_level = -1
    for level in ("compound", "poi"):
        if level in names:
            found["place"], place_level = names[level], LEVEL[level]
    for level, part in (
        ("number", "number"),
        ("subnumber", "sub"),
        ("part", "part"),
        ("building", "building"),
        ("unit", "unit"),
    ):
        found[part] = names.get(level, "")
    lane = names.get("lane", "")
    return Parts(
        node,
        road=names.get("road", "") + lane,
        room=names.get("room", ""),
        community=names.get("community", ""),
        place_level=place_level,
        **found,
    )


_CHINESE = "〇一二三四五六七八九"
_FULL = str.maketrans("0123456789", "０１２３４５６７８９")
_TRADITIONAL = str.maketrans("号楼栋单层区东园广场门华国阳龙", "號樓棟單層區東園廣場門華國陽龍")
_NOTES = ("（放门卫）", "，楼上漏水", " 请尽快处理", "电话13812345678", "，附近", "（白天在家）", " 王先生收", "对面")
_OTHER_TOWNS = ("和平街道", "城关街道", "新华街道", "朝阳街道", "东方红街道")


def _digits_to_chinese(text: str) -> str:
    number = "".join(character for character in text if character.isdecimal())
    if not number or len(number) > 4:
        return text
    value = int(number)
    if value <= 10:
        written = "十" if value == 10 else _CHINESE[value]
    elif value < 20:
        written = "十" + _CHINESE[value - 10]
    elif value < 100:
        written = _CHINESE[value // 10] + "十" + (_CHINESE[value % 10] if value % 10 else "")
    else:
        written = "".join(_CHINESE[int(digit)] for digit in number)
    return text.replace(number, written, 1)


def _changed_name(parts: Parts, change: Callable[[str], str | None], random_: random.Random) -> Parts | None:
    """Change the name of the place or of the road, whichever there is."""
    choices = [name for name in ("place", "road") if len(getattr(parts, name)) > 2]
    if not choices:
        return None
    which = random_.choice(choices)
    changed = change(getattr(parts, which))
    if changed is None:
        return None
    return replace(parts, place=changed) if which == "place" else replace(parts, road=changed)


def _body_positions(name: str) -> list[int]:
    """Return where a name may be misspelt: not its last character, and no numeral, which would name something else."""
    return [at for at in range(max(len(name) - 1, 1)) if name[at] not in NUMERAL and not name[at].isdecimal()]


def _homophone(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index
    readings = syllables()
    by_sound = _by_sound()

    def change(name: str) -> str | None:
        places = [at for at in _body_positions(name) if len(by_sound.get(readings.get(name[at], ""), "")) > 1]
        if not places:
            return None
        at = random_.choice(places)
        others = [each for each in by_sound[readings[name[at]]] if each != name[at]]
        return name[:at] + random_.choice(others[:12]) + name[at + 1 :]

    return _changed_name(parts, change, random_)


def _by_sound() -> dict[str, str]:
    if not _SOUNDS:
        for character, reading in syllables().items():
            _SOUNDS[reading] = _SOUNDS.get(reading, "") + character
    return _SOUNDS


_SOUNDS: dict[str, str] = {}
_COMMON = "天大人地中上方明正平安乐福利发新民主工农文化学生水火山石田土木金"


def _typo(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index

    def change(name: str) -> str | None:
        places = _body_positions(name)
        if not places:
            return None
        at = random_.choice(places)
        return name[:at] + random_.choice([each for each in _COMMON if each != name[at]]) + name[at + 1 :]

    return _changed_name(parts, change, random_)


def _missing_character(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index

    def change(name: str) -> str | None:
        places = _body_positions(name)
        if len(name) < 4 or not places:
            return None
        at = random_.choice(places)
        return name[:at] + name[at + 1 :]

    return _changed_name(parts, change, random_)


def _swapped(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index

    def change(name: str) -> str | None:
        if len(name) < 4 or name[0] == name[1]:
            return None
        return name[1] + name[0] + name[2:]

    return _changed_name(parts, change, random_)


def _drop_area(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index, random_
    return replace(parts, area="") if parts.area else None


def _drop_road(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    """Leave out road and number, where the name of the place alone tells it."""
    del random_
    if not parts.place or not parts.road or parts.place_level < 0:
        return None
    if len(index.named(parts.place, frozenset((LEVEL["compound"], LEVEL["poi"])))) != 1:
        return None
    return replace(parts, road="", number="", sub="")


def _drop_place(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    """Leave out the name of the compound, where the house number has only this one."""
    del random_
    if parts.place_level != LEVEL["compound"] or not parts.building or not parts.number or parts.part:
        return None
    site = next((index.site(at) for at in index.path(parts.node) if index.site(at) >= 0), -1)
    beside = [at for at in index.standing_at(site) if index.level(at) == LEVEL["compound"]]
    return replace(parts, place="") if len(beside) == 1 else None


def _drop_unit(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    """Leave out the unit; where several units have the room, the building is what remains."""
    del random_
    if not parts.unit or not parts.room:
        return None
    unit = index.parent(parts.node)
    building = index.parent(unit)
    key = str(number_value(parts.room))
    units = [int(child) for child in index.children(building) if index.level(int(child)) == LEVEL["unit"]]
    having = [each for each in units if index.child(each, "room", key) >= 0]
    direct = index.child(building, "room", key) >= 0
    return replace(parts, unit="", node=parts.node if len(having) == 1 and not direct else building)


def _absent(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    """Ask for a number that does not exist: what is above it is meant, and no other number."""
    level = LEVELS[index.level(parts.node)]
    name = {"room": "room", "building": "building", "number": "number"}.get(level)
    if name is None or (level == "number" and index.axis(index.parent(parts.node)) is None):
        return None
    own = str(number_value(getattr(parts, name)))
    if not own.isdecimal():
        return None
    above = index.parent(parts.node)
    other = str(random_.choice((int(own) + 10, int(own) * 10 + 1, int(own) + 100, int(own) + 2)))
    if index.child(above, level, other) >= 0:
        return None
    changed: dict[str, Any] = {name: getattr(parts, name).replace(own, other)}
    return replace(parts, node=above, **changed)


def _full_width(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index, random_
    changed: dict[str, Any] = {
        name: getattr(parts, name).translate(_FULL) for name in ("number", "sub", "building", "unit", "room")
    }
    return replace(parts, **changed)


def _chinese_digits(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index, random_
    names = [name for name in ("building", "unit", "room", "number") if getattr(parts, name)]
    changed: dict[str, Any] = {name: _digits_to_chinese(getattr(parts, name)) for name in names[:2]}
    return replace(parts, **changed) if names else None


def _unit_words(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index
    if not parts.building and not parts.room:
        return None
    building = parts.building
    for word in ("号楼", "栋", "幢", "座"):
        if building.endswith(word):
            building = building.removesuffix(word) + random_.choice(("栋", "幢", "号楼", "#", "#楼"))
            break
    unit = parts.unit.replace("单元", random_.choice(("单元", "门", "梯", "单元")))
    room = parts.room.replace("室", random_.choice(("室", "户", "房", "号房", "")))
    return replace(parts, building=building, unit=unit, room=room)


def _chain(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    """Write 3-2-501 for 3栋2单元501室."""
    del index, random_
    numbers = [str(number_value(each)) for each in (parts.building, parts.unit, parts.room)]
    if not (parts.place and parts.building and parts.unit and parts.room):
        return None
    if not all(number.isdecimal() for number in numbers) or len(numbers[2]) < 3:
        return None
    return replace(parts, building="", unit="", room="-".join(numbers), chain=True)


def _place_first(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index, random_
    return replace(parts, place_first=True) if parts.place and parts.road else None


def _note(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index
    return replace(parts, tail=random_.choice(_NOTES))


def _wrong_town(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index
    return replace(parts, area=random_.choice(_OTHER_TOWNS))


def _alias(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index
    if not parts.place or parts.place_level < 0:
        return None
    others = list(other_names(parts.place_level, parts.place, frozenset(("示范",))))
    return replace(parts, place=random_.choice(others)) if others else None


def _spaces(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index
    mark = random_.choice((" ", "  ", "　"))
    names = [name for name in ("number", "place", "building", "unit") if getattr(parts, name)]
    changed: dict[str, Any] = {name: getattr(parts, name) + mark for name in names[:2]}
    return replace(parts, **changed) if names else None


def _repeated(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index, random_
    return replace(parts, area=parts.area * 2) if parts.area else None


def _leading_zero(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index, random_
    if not parts.building or not parts.building[0].isdecimal():
        return None
    return replace(parts, building="0" + parts.building)


def _traditional(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index, random_
    names = ("number", "place", "building", "unit", "road")
    changed: dict[str, Any] = {name: getattr(parts, name).translate(_TRADITIONAL) for name in names}
    return replace(parts, **changed)


def _community_named(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index
    return replace(parts, community=parts.community, tail=parts.tail) if parts.community and random_ else None


def _brackets(index: GazetteerIndex, parts: Parts, random_: random.Random) -> Parts | None:
    del index
    if not parts.place or not parts.number:
        return None
    left, right = random_.choice(("（）", "()", "【】"))
    return replace(parts, place=f"{left}{parts.place}{right}")


KINDS: dict[str, Callable[[GazetteerIndex, Parts, random.Random], Parts | None]] = {
    "drop_area": _drop_area,
    "drop_road": _drop_road,
    "drop_place": _drop_place,
    "drop_unit": _drop_unit,
    "absent": _absent,
    "full_width": _full_width,
    "chinese_digits": _chinese_digits,
    "unit_words": _unit_words,
    "chain": _chain,
    "homophone": _homophone,
    "typo": _typo,
    "missing_character": _missing_character,
    "swapped": _swapped,
    "place_first": _place_first,
    "note": _note,
    "wrong_town": _wrong_town,
    "alias": _alias,
    "spaces": _spaces,
    "repeated": _repeated,
    "leading_zero": _leading_zero,
    "traditional": _traditional,
    "brackets": _brackets,
    "community": _community_named,
}
"""The kinds of noise, by name."""
