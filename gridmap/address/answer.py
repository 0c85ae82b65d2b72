"""The answer to one address: point, match level, probability, radius, reasons, candidates."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.address.calibrate import Calibration, shipped
from gridmap.address.descend import Candidate
from gridmap.address.free_text import find_addresses
from gridmap.address.gazetteer import LEVELS
from gridmap.address.index import ALIAS, CLOSE, FAR, SOUND
from gridmap.address.interpolate import interpolate
from gridmap.address.labels import Field, Reading
from gridmap.address.match import candidates
from gridmap.address.normalise import normalise
from gridmap.address.parse import parse

if TYPE_CHECKING:
    from gridmap.address.index import GazetteerIndex

ROOM, UNIT, BUILDING, NUMBER, INTERPOLATED, PART, PLACE, CROSSING, ROAD, COMMUNITY, TOWN, DISTRICT, NONE = range(
    12, -1, -1
)
MATCH_LEVELS: dict[int, str] = {
    ROOM: "户室",
    UNIT: "单元",
    BUILDING: "楼栋",
    NUMBER: "门牌",
    INTERPOLATED: "门牌插值",
    PART: "子区",
    PLACE: "小区单位",
    CROSSING: "路口",
    ROAD: "道路",
    COMMUNITY: "社区",
    TOWN: "街镇",
    DISTRICT: "区县",
    NONE: "未匹配",
}
"""The 13 steps of an answer, by number: the higher the finer."""
_LEVEL_OF: dict[str, int] = {
    "room": ROOM,
    "unit": UNIT,
    "building": BUILDING,
    "number": NUMBER,
    "subnumber": NUMBER,
    "part": PART,
    "compound": PLACE,
    "poi": PLACE,
    "crossing": CROSSING,
    "road": ROAD,
    "lane": ROAD,
    "community": COMMUNITY,
    "town": TOWN,
    "district": DISTRICT,
}
_LONG = 60  # characters from which a text is searched for addresses
_SENTENCE = re.compile(r"[,，。;；!！?？]")
_LONGEST = 400
_FULL_MARGIN = 8.0
_SHOWN = 5
_WEAK_MARGIN = 2.0
_NEAR, _FOREIGN, _GUESSED = 50.0, 0.3, 0.5
_METRES = re.compile(r"([0-9]+)米")
_NEARBY = frozenset(
    ("附近", "对面", "旁", "旁边", "边上", "斜对面", "周边", "一带", "对过", "马路对面", "后面", "前面")
)
_HOWS = {ALIAS: "别名", SOUND: "同音", CLOSE: "一字之差", FAR: "两字之差"}


@dataclass(frozen=True, slots=True)
class Option:
    """Another node that may be meant; `x`, `y` in the plane, metres."""

    node: int
    level: int
    name: str
    x: float
    y: float
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address means.

    Parameters
    ----------
    node : int
        Number of the node in the index, -1 for none.
    level : int
        Match level, 12 (户室) to 0 (未匹配); `MATCH_LEVELS` names them.
    name : str
        The node with what it lies in, in words.
    x, y : float
        In the plane, metres; NaN when nothing was found.
    radius : float
        Metres around the point that hold the truth in 90 % of cases.
    probability : float
        That the node is right, calibrated.
    band : {"auto", "review", "none"}
    reasons : tuple of str
        Chinese, for the person who checks it.
    options : tuple of Option
        The node itself and its rivals, the best first.
    fields : tuple of Field
        How the address was read, with spans of the original text.
    missing : tuple of str
        Names and numbers that the gazetteer does not have.
    features, scale, kind
        What probability and radius were made of, for calibrating.
    """

    node: int
    level: int
    name: str
    x: float
    y: float
    radius: float
    probability: float
    band: str
    reasons: tuple[str, ...]
    options: tuple[Option, ...]
    fields: tuple[Field, ...]
    missing: tuple[str, ...] = ()
    features: tuple[float, ...] = ()
    scale: float = 0.0
    kind: str = ""

    @property
    def level_name(self) -> str:
        """The match level in words."""
        return MATCH_LEVELS[self.level]


def answer(index: GazetteerIndex, text: str, calibration: Calibration | None = None) -> Answer:
    """Answer an address.

    Parameters
    ----------
    index : GazetteerIndex
    text : str
        Anything. A long text is searched for addresses, and the place of the matter is answered.
    calibration : Calibration, optional
        The shipped one without it.
    """
    calibration = calibration or shipped()
    reading = _first_reading(index, text)
    if reading is None:
        return _nothing((), "没有可识别的地址")
    found = candidates(index, reading)
    rival = _rival(index, found)
    second = False
    if _is_weak(found, rival) and not _is_long(text):
        for other in parse(normalise(text), index, k=4)[1:]:
            tried = candidates(index, other)
            if tried and (not found or tried[0].score > found[0].score + 1.0):
                found, reading, second = tried, other, True
        rival = _rival(index, found) if second else rival
    if not found:
        return _nothing(reading.fields, "地名库中没有相符的地名")
    return _made(index, reading, found, rival, calibration, second=second)


def _first_reading(index: GazetteerIndex, text: str) -> Reading | None:
    if not _is_long(text) and not _SENTENCE.search(text):
        address = normalise(text)
        return index.express.read(address) or parse(address, index)[0]
    whole = normalise(text).text
    if index.named(whole, _NAMED):  # a name may be long, and have marks inside
        return Reading((Field("place", 0, len(text), whole, whole),), 0.0)
    found = find_addresses(text[:_LONGEST], index)
    matter = next((each for each in found if each.role == "matter"), None)
    if matter is not None:
        return matter.reading
    return None if _is_long(text) else parse(normalise(text), index)[0]


def _is_long(text: str) -> bool:
    return len(text) >= _LONG and len(text.strip()) >= _LONG


def _nothing(fields: tuple[Field, ...], reason: str) -> Answer:
    names = tuple(each.text for each in fields if each.label in {"road", "place", "community"})
    return Answer(-1, NONE, "", math.nan, math.nan, math.nan, 0.0, "none", (reason,), (), fields, names)


def _is_weak(found: list[Candidate], rival: Candidate | None) -> bool:
    if not found:
        return True
    best = found[0]
    # a number to interpolate is understood when its road is
    unknown = best.unknown and (best.number is None or best.road_how > ALIAS)
    return bool(best.unexplained or unknown or best.conflict) or _margin(best, rival) < _WEAK_MARGIN


def _related(index: GazetteerIndex, one: Candidate, other: Candidate) -> bool:
    """Tell whether one lies in the other, or stands at it: then they are no rivals."""
    if one.node == other.node:
        return True
    for inner, outer in ((one.node, other.node), (other.node, one.node)):
        at = inner
        while at >= 0:
            if at == outer or index.site(at) == outer:
                return True
            if index.site(at) >= 0 and outer in index.path(index.site(at)):
                return True
            at = index.parent(at)
    return False


def _rival(index: GazetteerIndex, found: list[Candidate]) -> Candidate | None:
    return next((other for other in found[1:8] if not _related(index, found[0], other)), None)


def _margin(best: Candidate, rival: Candidate | None) -> float:
    return _FULL_MARGIN if rival is None else min(best.score - rival.score, _FULL_MARGIN)


def features(best: Candidate, rival: Candidate | None, *, second: bool) -> tuple[float, ...]:
    """Return what the probability of the best candidate is made of, in the order of `calibrate.FEATURES`."""
    margin = _margin(best, rival)
    return (
        1.0,
        margin / _FULL_MARGIN,
        float(margin < 0.01),
        float(best.place_how == ALIAS),
        float(best.place_how == SOUND),
        float(best.place_how >= CLOSE),
        float(best.road_how == ALIAS),
        float(best.road_how == SOUND),
        float(best.road_how >= CLOSE),
        float(best.place_how >= 0 > best.road_how),
        float(best.road_how >= 0 > best.place_how),
        float(bool(best.conflict)),
        float(min(len(best.unknown), 2)),
        float(best.skipped),
        float(min(len(best.unexplained), 2)),
        float(best.number is not None),
        float(best.ambiguous),
        float(best.area > 0),
        float(best.area < 0),
        float(best.place_how < 0 and best.road_how < 0),
        float(second),
    )


def _made(
    index: GazetteerIndex,
    reading: Reading,
    found: list[Candidate],
    rival: Candidate | None,
    calibration: Calibration,
    *,
    second: bool,
) -> Answer:
    best = found[0]
    measured = features(best, rival, second=second)
    probability = calibration.probability(measured)
    level, kind, x, y, scale = _placed(index, best)
    options = _options(index, found)
    reasons = _reasons(index, best, reading, rival)
    if best.number is not None and level == INTERPOLATED:
        reasons.insert(0, f"门牌{best.number}号未登记，按同侧门牌插值")
    foreign = _foreign(index, reading)
    if foreign:
        probability = round(probability * _FOREIGN, 4)
        reasons.append(f"地址写的是{foreign}，不在本辖区")
    if FAR in {best.place_how, best.road_how}:
        probability = round(probability * _GUESSED, 4)
    radius = calibration.radius_of(kind, scale)
    relation = [each.text for each in reading.fields if each.label == "relation"]
    for text in relation:
        metres = _METRES.search(text)
        if metres or text in _NEARBY:
            radius += float(metres[1]) if metres else _NEAR
            reasons.append(f"地址写的是“{text}”")
            break
    accepted = probability >= calibration.accept and not best.conflict and not foreign and _confirmed(best)
    return Answer(
        node=best.node,
        level=level,
        name=options[0].name,
        x=x,
        y=y,
        radius=round(radius, 1),
        probability=probability,
        band="auto" if accepted else "review",
        reasons=tuple(reasons),
        options=tuple(options),
        fields=reading.fields,
        missing=(*best.unexplained, *best.unknown),
        features=measured,
        scale=scale,
        kind=kind,
    )


def _confirmed(best: Candidate) -> bool:
    """Tell whether something speaks for an answer besides a misspelt road, or an area in which the address lies."""
    if best.road_how < 0 and best.place_how < 0 and best.unexplained:
        return False
    return best.road_how < SOUND or best.place_how >= 0 or not best.unknown


def _placed(index: GazetteerIndex, best: Candidate) -> tuple[int, str, float, float, float]:
    """Return match level, kind of answer for the radius, point, and scale of error in metres."""
    name = LEVELS[index.level(best.node)]
    level = _LEVEL_OF[name]
    x, y, radius = index.place(best.node)
    if best.number is not None:
        axis = index.axis(best.node)
        numbers, measure, offset = index.numbers_on(best.node)
        if axis is not None and (found := interpolate(best.number, numbers, measure, offset, axis, index.pace)):
            return INTERPOLATED, f"interpolated_{found.method}", found.x, found.y, found.scale
    if x != x:  # noqa: PLR0124 -- NaN: what has no place of its own is where its children or its road are
        parent = index.parent(best.node)
        if parent >= 0:
            _, _, x, y, radius = _placed(index, Candidate(parent, 0.0))
    return level, name, x, y, float(radius)


def described(index: GazetteerIndex, best: Candidate) -> str:
    """Return a node in words with what it lies in, areas left out where something finer is named."""
    names = [(LEVELS[index.level(node)], index.name(node)) for node in index.path(best.node)]
    fine = [name for level, name in names if level not in {"district", "town", "community"}]
    words = "".join(fine) if fine else names[-1][1]
    site = index.site(best.node) if len(names) == 1 or not fine else _site(index, best.node)
    if site >= 0 and LEVELS[index.level(index.path(best.node)[0])] != "road":
        words = "".join(index.name(node) for node in index.path(site)) + words
    return words + (f"{best.number}号" if best.number is not None else "")


def _site(index: GazetteerIndex, node: int) -> int:
    for at in reversed(index.path(node)):
        if index.site(at) >= 0:
            return index.site(at)
    return -1


def _options(index: GazetteerIndex, found: list[Candidate]) -> list[Option]:
    options = []
    for each in found[:_SHOWN]:
        level, _, x, y, _ = _placed(index, each)
        options.append(Option(each.node, level, described(index, each), x, y, round(each.score, 2)))
    return options


def _reasons(index: GazetteerIndex, best: Candidate, reading: Reading, rival: Candidate | None) -> list[str]:
    hows = (("道路名", best.road_how), ("小区或单位名", best.place_how))
    reasons = [f"{what}按{_HOWS[how]}匹配" for what, how in hows if how in _HOWS]
    if best.conflict:
        reasons.append(f"与登记的{best.conflict}不一致")
    if best.ambiguous:
        reasons.append(f"{best.unknown[-1]}有多处相符")
    elif best.unknown and best.number is None:
        reasons.append(f"{'、'.join(best.unknown)}未登记")
    if best.skipped:
        reasons.append("地址省略的层级只有一处相符")
    if best.unexplained:
        reasons.append(f"{'、'.join(best.unexplained)}没有用上")
    if best.area < 0:
        reasons.append("社区名不一致")
    if rival is not None and best.score - rival.score < _WEAK_MARGIN:
        reasons.append(f"另有相近的{described(index, rival)}")
    if not reasons:
        exact = [each.text for each in reading.fields if each.label in {"road", "place", "community"}]
        reasons.append(f"{'、'.join(exact)}逐项一致" if exact else "逐项一致")
    return reasons


def _foreign(index: GazetteerIndex, reading: Reading) -> str:
    """Return the district that an address names when it is not the gazetteer's own; empty otherwise."""
    for each in reading.fields:
        if each.label == "district":
            hits = index.named(each.text, _DISTRICTS) or index.named(str(each.value), _DISTRICTS)
            return "" if hits or not index.has_level("district") else each.text
    return ""


_NAMED = frozenset((LEVELS.index("compound"), LEVELS.index("poi")))
_DISTRICTS = frozenset((LEVELS.index("district"),))
