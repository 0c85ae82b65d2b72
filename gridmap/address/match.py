"""The nodes that a reading of an address can mean, compared field by field.

Names may be misspelt, numbers may not: a number that the gazetteer does not have ends the descent, and a number that
contradicts the candidate's own is a conflict that no other agreement outweighs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gridmap.address.descend import Asked, Candidate, asked_of, descend
from gridmap.address.doors import ROADS, Door, doors_of, far_doors
from gridmap.address.gazetteer import LEVEL
from gridmap.address.index import ALIAS, CLOSE, EXACT, FAR, SOUND, GazetteerIndex, Hit
from gridmap.address.parse import field_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridmap.address.labels import Field, Reading

_PLACES = frozenset((LEVEL["compound"], LEVEL["poi"]))
_AREAS = frozenset((LEVEL["community"],))
_COMPOUND = LEVEL["compound"]
_NUMBER, _SUBNUMBER = LEVEL["number"], LEVEL["subnumber"]
_MOST_ROADS, _MOST_PLACES = 6, 12
_LINKED = frozenset(("community", "part"))
_EVERY = frozenset(("number", "part", "building", "unit", "room", "community", "road"))

NAME_SCORE = {EXACT: 6.0, ALIAS: 5.0, SOUND: 4.0, CLOSE: 3.5, FAR: 2.5}
"""What finding a name is worth, by how it was found."""
_ROAD_SHARE = 0.6
_AGREE_NUMBER, _CONFLICT_NUMBER, _CONFLICT_ROAD = 5.0, -7.0, -5.0
_AGREE_AREA, _CONFLICT_AREA = 1.5, -1.5
_UNEXPLAINED = -2.5
_IN_COMMON = 0.5


def candidates(index: GazetteerIndex, reading: Reading) -> list[Candidate]:
    """Return the nodes that a reading can mean, the best first.

    Parameters
    ----------
    index : GazetteerIndex
    reading : Reading
        As `parse` gives it, with the names of the same index.
    """
    asked = asked_of(reading)
    doors = doors_of(index, asked)
    places = _places(index, asked)
    spoilt = bool(asked.places) and all(hit.how >= SOUND for hit, _ in places)
    found: dict[tuple[int, int | None], Candidate] = {}

    def offer(candidate: Candidate) -> None:
        key = candidate.node, candidate.number
        if key not in found or found[key].score < candidate.score:
            found[key] = candidate

    for hit, used in places:
        offer(_by_place(index, asked, hit, doors, used))
    for door in doors:
        for candidate in _by_door(index, asked, door, named=bool(places), spoilt=spoilt):
            offer(candidate)
    for candidate in _crossings(index, asked):
        offer(candidate)
    if not any(_complete(each) for each in found.values()):
        for candidate in (*_one_name(index, asked), *_far(index, asked, doors, found=bool(found))):
            offer(candidate)
    for candidate in () if found else _areas(index, asked):
        offer(candidate)
    return sorted(found.values(), key=lambda each: (-each.score, each.node))


def _one_name(index: GazetteerIndex, asked: Asked) -> Iterator[Candidate]:
    for hit in index.resembling(asked.entire, _PLACES)[:_MOST_PLACES]:
        yield Candidate(hit.node, NAME_SCORE[hit.how] * 2, place_how=hit.how)


def _far(index: GazetteerIndex, asked: Asked, doors: Sequence[Door], *, found: bool) -> Iterator[Candidate]:
    """Yield what names may mean that are spoilt beyond one character."""
    for left, door in far_doors(index, asked, doors):
        yield from _by_door(index, left, door, named=False, spoilt=bool(left.places))
    for place in () if found else asked.places[:1]:
        for hit in index.guesser.near(place.text, _PLACES):
            yield _by_place(index, asked, hit, doors, frozenset())


def _complete(candidate: Candidate) -> bool:
    """Tell whether nothing of an address is left over; else the whole of it may be one name, misspelt."""
    return not (candidate.unknown or candidate.unexplained or candidate.conflict)


def _places(index: GazetteerIndex, asked: Asked) -> list[tuple[Hit, frozenset[str]]]:
    """Return the places that names lead to, each with the levels that the name has used up."""
    found: list[tuple[Hit, frozenset[str]]] = []
    if asked.roads and asked.whole:  # a stop or shop may be called as two roads are
        hits = index.named(asked.whole, _PLACES)
        if not hits and len(asked.roads) > 1 and not asked.relations:
            hits = index.resembling(asked.whole, _PLACES)
        found.extend((hit, _EVERY) for hit in hits[:_MOST_PLACES])
    for name in asked.linked:
        hits = index.named(name, _PLACES) or index.resembling(name, _PLACES)
        found.extend((hit, _LINKED) for hit in hits[:_MOST_PLACES])
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


def _by_place(index: GazetteerIndex, asked: Asked, hit: Hit, doors: Sequence[Door], used: frozenset[str]) -> Candidate:
    if "road" in used:
        return Candidate(hit.node, NAME_SCORE[hit.how] * 2, place_how=hit.how)
    score = NAME_SCORE[hit.how]
    unexplained = _unexplained(index, asked, hit, doors)
    score += _UNEXPLAINED * len(unexplained)
    start = descend(index, asked, Candidate(hit.node, score, -1, hit.how, unexplained=unexplained), used)
    if doors:
        start = max((_with_door(index, start, door) for door in doors), key=lambda each: each.score)
    return start if "community" in used else _with_area(index, asked, start)


def _unexplained(index: GazetteerIndex, asked: Asked, hit: Hit, doors: Sequence[Door]) -> tuple[str, ...]:
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


def _with_door(index: GazetteerIndex, candidate: Candidate, door: Door) -> Candidate:
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


def _by_door(index: GazetteerIndex, asked: Asked, door: Door, *, named: bool, spoilt: bool) -> Iterator[Candidate]:
    """Yield what road and number mean; `named`: a place is named and found, `spoilt`: its name is not the own one."""
    score = NAME_SCORE[door.how] * _ROAD_SHARE
    unexplained = tuple(asked.misplaced) if named else _left(index, asked)
    score += _UNEXPLAINED * len(unexplained) if unexplained else 0.0
    if named:
        score += _UNEXPLAINED  # the house number alone says less
        unexplained += tuple(place.text for place in asked.places)
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
    if spoilt:
        yield from _misspelt_at(index, asked, door)
    if "building" in asked.single or "unit" in asked.single or "room" in asked.single:
        for place in index.standing_at(door.node):
            if index.level(place) == _COMPOUND:
                inside = descend(index, asked, replace(start, node=place), frozenset())
                if inside.node != place:
                    yield inside


def _misspelt_at(index: GazetteerIndex, asked: Asked, door: Door) -> Iterator[Candidate]:
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
    return (index.named(key, ROADS) or index.resembling(key, ROADS))[:_MOST_ROADS]


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
