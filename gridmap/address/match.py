"""The nodes that a reading of an address can mean, compared field by field.

Names may be misspelt, numbers may not: a number that the gazetteer does not have ends the descent, and a number that
contradicts the candidate's own is a conflict that no other agreement outweighs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gridmap.address.descend import Asked, Candidate, asked_of, descend
from gridmap.address.gazetteer import LEVEL
from gridmap.address.index import ALIAS, CLOSE, EXACT, SOUND, GazetteerIndex, Hit
from gridmap.address.numerals import number_value
from gridmap.address.parse import field_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridmap.address.labels import Field, Reading

_ROADS = frozenset((LEVEL["road"],))
_PLACES = frozenset((LEVEL["compound"], LEVEL["poi"]))
_AREAS = frozenset((LEVEL["community"],))
_COMPOUND = LEVEL["compound"]
_NUMBER, _SUBNUMBER = LEVEL["number"], LEVEL["subnumber"]
_MOST_ROADS, _MOST_PLACES = 6, 12
_EVERY = frozenset(("number", "part", "building", "unit", "room", "community", "road"))

NAME_SCORE = {EXACT: 6.0, ALIAS: 5.0, SOUND: 4.0, CLOSE: 3.5}
"""What finding a name is worth, by how it was found."""
_ROAD_SHARE = 0.6
_AGREE_NUMBER, _CONFLICT_NUMBER, _CONFLICT_ROAD = 5.0, -7.0, -5.0
_AGREE_AREA, _CONFLICT_AREA = 1.5, -1.5
_UNEXPLAINED = -2.5
_IN_COMMON = 0.5


@dataclass(frozen=True, slots=True)
class _Door:
    """Where road and number lead: the road, the house number (-1 when it is not known), the number asked for."""

    road: int
    node: int
    how: int
    wanted: str | None
    tail: tuple[str, ...]


def candidates(index: GazetteerIndex, reading: Reading) -> list[Candidate]:
    """Return the nodes that a reading can mean, the best first.

    Parameters
    ----------
    index : GazetteerIndex
    reading : Reading
        As `parse` gives it, with the names of the same index.
    """
    asked = asked_of(reading)
    doors = _doors(index, asked)
    places = _places(index, asked)
    found: dict[tuple[int, int | None], Candidate] = {}

    def offer(candidate: Candidate) -> None:
        key = candidate.node, candidate.number
        if key not in found or found[key].score < candidate.score:
            found[key] = candidate

    for hit, used in places:
        offer(_by_place(index, asked, hit, doors, used))
    for door in doors:
        for candidate in _by_door(index, asked, door, named=bool(places)):
            offer(candidate)
    for candidate in _crossings(index, asked):
        offer(candidate)
    if not any(_complete(each) for each in found.values()):
        for candidate in _one_name(index, asked):
            offer(candidate)
    for candidate in () if found else _areas(index, asked):
        offer(candidate)
    return sorted(found.values(), key=lambda each: (-each.score, each.node))


def _one_name(index: GazetteerIndex, asked: Asked) -> Iterator[Candidate]:
    for hit in index.resembling(asked.entire, _PLACES)[:_MOST_PLACES]:
        yield Candidate(hit.node, NAME_SCORE[hit.how] * 2, place_how=hit.how)


def _complete(candidate: Candidate) -> bool:
    """Tell whether nothing of an address is left over; else the whole of it may be one name, misspelt."""
    return not (candidate.unknown or candidate.unexplained or candidate.conflict)


def _doors(index: GazetteerIndex, asked: Asked) -> list[_Door]:
    doors: list[_Door] = []
    lane, number, sub = asked.key("lane"), asked.key("number"), asked.key("subnumber")
    for road in asked.roads[:3]:
        hits = index.named(str(road.value), _ROADS)
        if lane is not None:
            whole = road.text + asked.single["lane"].text
            joined = index.named(whole, _ROADS) or _lanes_of(index, hits, asked) or index.resembling(whole, _ROADS)
            wanted = number if number is not None else sub
            doors.extend(_door(index, hit, wanted, None) for hit in joined[:_MOST_ROADS])
        if not hits:
            hits = index.resembling(str(road.value), _ROADS)[:_MOST_ROADS]
        doors.extend(
            _lane_door(index, hit, asked) if lane is not None else _door(index, hit, number, sub) for hit in hits
        )
    return doors


def _lanes_of(index: GazetteerIndex, hits: Sequence[Hit], asked: Asked) -> list[Hit]:
    """Return the lanes that are roads of their own, where the road is called by another name."""
    lane = asked.single["lane"].text
    others = [hit for hit in hits if hit.how == ALIAS]
    return [Hit(found.node, ALIAS) for hit in others for found in index.named(index.name(hit.node) + lane, _ROADS)]


def _door(index: GazetteerIndex, hit: Hit, number: str | None, sub: str | None) -> _Door:
    if number is None:
        return _Door(hit.node, -1, hit.how, None, ())
    node = index.child(hit.node, "number", number)
    if node < 0 and "-" in number:  # 12-14号 is found by its first number
        node = index.child(hit.node, "number", number.partition("-")[0])
    if node < 0 or sub is None:
        return _Door(hit.node, node, hit.how, number, ())
    below = index.child(node, "subnumber", sub.removeprefix("附"))
    return _Door(hit.node, below if below >= 0 else node, hit.how, number, () if below >= 0 else (f"附{sub}号",))


def _lane_door(index: GazetteerIndex, hit: Hit, asked: Asked) -> _Door:
    lane = asked.single["lane"]
    key = str(number_value(str(lane.value)))
    node = index.child(hit.node, "lane", key)
    number = asked.key("subnumber") if "subnumber" in asked.single else asked.key("number")
    if node < 0:
        return _Door(hit.node, -1, hit.how, None, (lane.text,))
    if number is None:
        return _Door(hit.node, node, hit.how, None, ())
    below = index.child(node, "number", number)
    return _Door(hit.node, below if below >= 0 else node, hit.how, number, () if below >= 0 else (f"{number}号",))


def _places(index: GazetteerIndex, asked: Asked) -> list[tuple[Hit, frozenset[str]]]:
    """Return the places that names lead to, each with the levels that the name has used up."""
    found: list[tuple[Hit, frozenset[str]]] = []
    if asked.roads and asked.whole:  # a stop or shop may be called as two roads are
        found.extend((hit, _EVERY) for hit in index.named(asked.whole, _PLACES)[:_MOST_PLACES])
    for place in asked.places[:4]:
        joined = False
        for level in ("part", "building", "number"):
            behind = asked.single.get(level)
            if behind is not None and behind.start == place.end:
                hits = index.named(place.text + behind.text, _PLACES)
                found.extend((hit, frozenset((level,))) for hit in hits[:_MOST_PLACES])
                joined = joined or bool(hits)
        if joined:
            continue
        key = str(place.value)
        hits = index.named(key, _PLACES) or index.resembling(key, _PLACES)
        found.extend((hit, frozenset()) for hit in hits[:_MOST_PLACES])
    for level in ("community", "part"):  # 梅园新村 reads like a village, 东园 like a part
        behind = asked.single.get(level)  # type: ignore[call-overload]
        if behind is not None and not (asked.places and level == "part") and len(behind.text) > 2:
            text = str(behind.value)
            hits = index.named(text, _PLACES) or ([] if index.named(text, _AREAS) else index.resembling(text, _PLACES))
            found.extend((hit, frozenset((level,))) for hit in hits[:_MOST_PLACES])
    return found


def _by_place(index: GazetteerIndex, asked: Asked, hit: Hit, doors: Sequence[_Door], used: frozenset[str]) -> Candidate:
    if "road" in used:
        return Candidate(hit.node, NAME_SCORE[hit.how] * 2, place_how=hit.how)
    score = NAME_SCORE[hit.how]
    start = Candidate(hit.node, score, place_how=hit.how, unexplained=_unexplained(index, asked, hit, doors))
    start = replace(start, score=start.score + _UNEXPLAINED * len(start.unexplained))
    start = descend(index, asked, start, used)
    if doors:
        start = max((_with_door(index, start, door) for door in doors), key=lambda each: each.score)
    return start if "community" in used else _with_area(index, asked, start)


def _unexplained(index: GazetteerIndex, asked: Asked, hit: Hit, doors: Sequence[_Door]) -> tuple[str, ...]:
    names = [place.text for place in asked.places if not _names(index, place, hit.node)]
    if asked.roads and not doors:
        names.extend(road.text for road in asked.roads)
    return (*names, *asked.misplaced)


def _left(index: GazetteerIndex, asked: Asked) -> tuple[str, ...]:
    """Return the names that stay without meaning where no place was found."""
    names = [place.text for place in asked.places] + asked.misplaced
    if "part" in asked.single and not asked.places:
        names.append(asked.single["part"].text)
    village = asked.single.get("community")
    if village is not None and not _communities(index, village):
        names.append(village.text)
    if "zone" in asked.single:
        names.append(asked.single["zone"].text)
    return tuple(names)


def _names(index: GazetteerIndex, place: Field, node: int) -> bool:
    """Tell whether a field of an address is about a node or about what the node lies in."""
    name = str(place.value)
    called = {hit.node for hit in index.named(name, _PLACES)}  # another name may have nothing in common with the own
    while node >= 0:
        own = index.name(node)
        if node in called or name in own or own in name or _alike(name, own):
            return True
        node = index.parent(node)
    return False


def _alike(one: str, other: str) -> bool:
    return len(set(one) & set(other)) * 2 >= min(len(set(one)), len(set(other)))


def _with_door(index: GazetteerIndex, candidate: Candidate, door: _Door) -> Candidate:
    """Compare a place with road and number of the address."""
    own = _door_of(index, candidate.node)
    score = candidate.score
    if own < 0:
        return replace(candidate, score=score + 0.5 * _ROAD_SHARE, road_how=door.how)
    own_road = _road_of(index, own)
    if own_road != door.road:
        return replace(candidate, score=score + _CONFLICT_ROAD, conflict=index.name(own_road))
    score += NAME_SCORE[door.how] * _ROAD_SHARE
    if door.wanted is None:
        return replace(candidate, score=score, road_how=door.how)
    if door.node == own or door.node in _above(index, own) or (door.node >= 0 and own in _above(index, door.node)):
        unknown = (*door.tail, *candidate.unknown)
        return replace(candidate, score=score + _AGREE_NUMBER, road_how=door.how, unknown=unknown)
    return replace(candidate, score=score + _CONFLICT_NUMBER, road_how=door.how, conflict=index.name(own))


def _above(index: GazetteerIndex, node: int) -> Iterator[int]:
    while (node := index.parent(node)) >= 0:
        yield node


def _door_of(index: GazetteerIndex, node: int) -> int:
    """Return the house number at which a place stands, -1 when it is not known."""
    at = node
    while at >= 0:
        if index.level(at) in {_NUMBER, _SUBNUMBER}:
            return at
        if index.site(at) >= 0:
            return index.site(at)
        at = index.parent(at)
    return -1


def _road_of(index: GazetteerIndex, node: int) -> int:
    while index.level(node) != LEVEL["road"]:
        node = index.parent(node)
    return node


def _with_area(index: GazetteerIndex, asked: Asked, candidate: Candidate) -> Candidate:
    named = asked.single.get("community")
    if named is None:
        return candidate
    hits = _communities(index, named)
    if not hits:
        return candidate
    wanted = {hit.node for hit in hits}
    above = {candidate.node, *_above(index, candidate.node)}
    if wanted & above:
        return replace(candidate, score=candidate.score + _AGREE_AREA, area=1)
    if any(index.level(node) == LEVEL["community"] for node in above):
        return replace(candidate, score=candidate.score + _CONFLICT_AREA, area=-1)
    return candidate


def _communities(index: GazetteerIndex, named: Field) -> list[Hit]:
    return index.named(named.text, _AREAS) or index.named(str(named.value), _AREAS)


def _by_door(index: GazetteerIndex, asked: Asked, door: _Door, *, named: bool) -> Iterator[Candidate]:
    score = NAME_SCORE[door.how] * _ROAD_SHARE
    unexplained = tuple(asked.misplaced) if named else _left(index, asked)
    score += _UNEXPLAINED * len(unexplained) if unexplained else 0.0
    if named:
        score += _UNEXPLAINED  # a place is named and found: the house number alone says less
    if door.wanted is None:
        node = door.node if door.node >= 0 else door.road
        start = Candidate(node, score, road_how=door.how, unexplained=unexplained, unknown=door.tail)
        yield descend(index, asked, start, frozenset(("number",))) if door.node >= 0 else start
        return
    if door.node < 0:
        number = int(door.wanted) if door.wanted.isdecimal() and len(door.wanted) < 7 else None
        wanted = (f"{door.wanted}号",)
        yield Candidate(door.road, score, door.how, unknown=wanted, unexplained=unexplained, number=number)
        return
    start = Candidate(door.node, score + _AGREE_NUMBER, door.how, unknown=door.tail, unexplained=unexplained)
    below = descend(index, asked, start, frozenset())
    yield below
    if not named and asked.places:
        yield from _misspelt_at(index, asked, door)
    if "building" in asked.single or "unit" in asked.single or "room" in asked.single:
        for place in index.standing_at(door.node):
            if index.level(place) == _COMPOUND:
                inside = descend(index, asked, replace(start, node=place), frozenset())
                if inside.node != place:
                    yield inside


def _misspelt_at(index: GazetteerIndex, asked: Asked, door: _Door) -> Iterator[Candidate]:
    """Yield the places at a house number whose name has enough in common with one that found nothing."""
    beside = [*index.standing_at(door.node), *(int(at) for at in index.children(door.node))]
    for node in dict.fromkeys(beside):
        if index.level(node) not in _PLACES:
            continue
        own = set(index.name(node))
        for place in asked.places:
            common = len(own & set(place.text))
            if common >= _IN_COMMON * max(len(own), len(set(place.text))):
                yield _by_place(index, asked, Hit(node, CLOSE), [door], frozenset())


def _crossings(index: GazetteerIndex, asked: Asked) -> Iterator[Candidate]:
    if len(asked.roads) < 2 or "number" in asked.single:
        return
    first, second = asked.roads[0], asked.roads[1]
    for one in _road_hits(index, first):
        for other in _road_hits(index, second):
            names = sorted((_key(index, one.node), _key(index, other.node)))
            node = index.child(-1, "crossing", "/".join(names))
            if node >= 0:
                how = max(one.how, other.how)
                yield Candidate(node, NAME_SCORE[how] * 2 * _ROAD_SHARE + 2.0, road_how=how)


def _road_hits(index: GazetteerIndex, road: Field) -> list[Hit]:
    key = str(road.value)
    return (index.named(key, _ROADS) or index.resembling(key, _ROADS))[:_MOST_ROADS]


def _key(index: GazetteerIndex, road: int) -> str:
    return str(field_value("road", index.name(road)))


def _areas(index: GazetteerIndex, asked: Asked) -> Iterator[Candidate]:
    for level in ("community", "town", "district"):
        named = asked.single.get(level)
        if named is None:
            continue
        wanted = frozenset((LEVEL[level],))
        hits = index.named(named.text, wanted) or index.named(str(named.value), wanted)
        missed = (*(each.text for each in asked.roads), *_left(index, asked))
        for hit in hits:
            yield Candidate(hit.node, 1.0 + _UNEXPLAINED * len(missed), unexplained=missed)
        if hits:
            return
