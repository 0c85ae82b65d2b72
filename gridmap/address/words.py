"""The words of `data/lookups/address_words.json` and the region names of `data/lookups/regions.json`, ready for use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from gridmap.config import read_lookup

if TYPE_CHECKING:
    from collections.abc import Iterable

_AUTONOMOUS = {"自治州": "州", "自治县": "县", "族区": "区"}
_STREETS, _OFFICES = "街道", ("办事处", "街办", "办")  # 锦阳街道办, 锦阳街办, 锦阳办
_SHORTENED = ("省", "市", "区", "县", "街道", "镇", "乡")
ONLY_WITHIN = frozenset(("城区", "郊区", "矿区", "东区", "西区", "南区", "北区", "中区"))
"""Districts that are one only behind the name of their city: 晋城市城区."""
_NOT_A_NAME = {"省直辖", "市辖区", "县", "城区", "郊区", "矿区", "新区", "高新", "经开", "示范", "高新区", "经开区"}


@cache
def address_words() -> dict[str, Any]:
    """Return the content of `address_words.json`."""
    words: dict[str, Any] = read_lookup("address_words.json")
    return words


@dataclass(frozen=True, slots=True)
class Region:
    """A region that a name can mean: its level, the names of what it lies in, and whether the name is the short one."""

    level: str
    full: str
    parents: frozenset[str]
    short: bool


@dataclass(frozen=True, slots=True)
class Regions:
    """Names of regions.

    `named` maps a name, full or short, to the regions that bear it; `towns` maps the full name of a district or city to
    the towns in it, full and short name each to whether it is short. `beginnings` maps the
    first two characters of names to their lengths.
    """

    named: dict[str, tuple[Region, ...]]
    towns: dict[str, dict[str, bool]]
    beginnings: dict[str, tuple[int, ...]]


def core_name(name: str) -> str:
    """Return a region's name without its generic last word, where two characters remain: 余杭区 is 余杭."""
    for suffix in _SHORTENED:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name[: -len(suffix)]
    return name


def _names(key: str) -> tuple[str, list[str]]:
    full, _, short = key.partition("|")
    others = short.split("/") if short else [core_name(full)]
    rank = next((rank for end, rank in _AUTONOMOUS.items() if full.endswith(end)), "")
    if rank:  # 文山壮族苗族自治州 is 文山, and 文山州
        others += [f"{name}{rank}" for name in others if not name.endswith(rank)]
    return full, [name for name in others if name != full]


@cache
def regions() -> Regions:
    """Return the names of the regions of China."""
    content = read_lookup("regions.json")
    named: dict[str, list[Region]] = {}
    towns: dict[str, dict[str, bool]] = {}

    def add(level: str, key: str, parents: frozenset[str]) -> frozenset[str]:
        full, short = _names(key)
        for name in [full, *short]:
            if (name not in _NOT_A_NAME or (name == full and name in ONLY_WITHIN)) and len(name) > 1:
                named.setdefault(name, []).append(Region(level, full, parents, name[-1] != full[-1]))
        return parents | {full}

    for province, cities in content["provinces"].items():
        in_province = add("province", province, frozenset())
        for city, districts in cities.items():
            in_city = add("city", city, in_province)
            for district, its_towns in districts.items():
                full = _names(district)[0]
                add("district", district, in_city)
                _add_towns(towns, (full, _names(city)[0]), its_towns.split())
            for former in content["former"].get(_names(city)[0], ()):
                add("district", former, in_city)
    for level, names in address_words()["example_regions"].items():  # what model documents and our demonstration use
        for name in names:
            add(level, name, frozenset(("示范市",)))
    _add_former_ranks(named)
    return Regions({name: tuple(found) for name, found in named.items()}, towns, _beginnings(named))


def _beginnings(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = {}
    for name in names:
        lengths.setdefault(name[:2], set()).add(len(name))
    return {first: tuple(sorted(found)) for first, found in lengths.items()}


def _add_towns(towns: dict[str, dict[str, bool]], places: tuple[str, str], names: list[str]) -> None:
    for place in places:
        known = towns.setdefault(place, {})
        for town in names:
            known[town] = False
            if (core := core_name(town)) != town:
                known.setdefault(core, True)
            if town.endswith(_STREETS):
                known.update((core + office, False) for office in _OFFICES)
                known.update((town + office, False) for office in _OFFICES[::2])
                known.setdefault(core + "街", True)


def _add_former_ranks(named: dict[str, list[Region]]) -> None:
    """Add 临安市 for 临安区: a county that became a district is still called by its former rank."""
    for name, found in list(named.items()):
        full = [region for region in found if region.level == "district" and not region.short and len(name) > 2]
        if full and name[-1] in "区市县":
            for rank in "市县区":
                same = [Region("district", name, region.parents, short=False) for region in full]
                named.setdefault(name[:-1] + rank, same)
