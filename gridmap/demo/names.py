"""Invented names of streets, compounds, shops and people; the words stand in `data/demo/names.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.config import data_dir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_WORDS: dict[str, Any] = json.loads((data_dir() / "demo" / "names.json").read_text(encoding="utf-8"))
NUMERALS = "一二三四五六七八九十"


def _list(key: str) -> tuple[str, ...]:
    return tuple(_WORDS[key].split())


def _lists(key: str) -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(words.split()) for name, words in _WORDS[key].items()}


NORTH_SOUTH_MAIN: tuple[str, ...] = tuple(_WORDS["main_roads_north_south"])
EAST_WEST_MAIN: tuple[str, ...] = tuple(_WORDS["main_roads_east_west"])
RIVER: str = _WORDS["river"]
CANAL: str = _WORDS["canal"]
RAILWAY: str = _WORDS["railway"]
LAKES: tuple[str, ...] = tuple(_WORDS["lakes"])
SIDE_ROADS = tuple(f"{stem}{'路街'[index % 2]}" for index, stem in enumerate(_list("street_stems")))
MORE_SIDE_ROADS = tuple(f"{stem}{'街路'[index % 2]}" for index, stem in enumerate(_list("street_stems")))
SHOP_STEMS = _list("shop_stems")
SHOP_ENDINGS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(shop["endings"].split()) for kind, shop in _WORDS["shops"].items()
}
SHOP_SHARES: Mapping[str, float] = {kind: float(shop["share"]) for kind, shop in _WORDS["shops"].items()}
ORGANISATIONS = _lists("organisations")
SOCIAL_ORGANISATIONS = _lists("social_organisations")
NEIGHBOURS: tuple[str, ...] = tuple(_WORDS["neighbours"])
DEDICATED_GRIDS = _lists("dedicated_grids")
PROPERTY_COMPANIES = _list("property_companies")
VOLUNTEER_TEAMS = _list("volunteer_teams")
SECTIONS = _list("section_names")
INCIDENTS: Mapping[str, tuple[tuple[str, ...], int, str]] = {  # titles, working days, where: home, shop, road
    kind: (tuple(about["titles"].split()), int(about["working_days"]), about["where"])
    for kind, about in _WORDS["incidents"].items()
}


def compound_names(rng: np.random.Generator, count: int) -> list[str]:
    """Make that many different names of compounds, one in eight that of a former work unit's flats."""
    plain = [f"{stem}{ending}" for stem in _list("compound_stems") for ending in _list("compound_endings")]
    picked = rng.permutation(len(plain))[:count]
    names = [plain[i] for i in picked]
    for place, unit in zip(rng.permutation(count)[: count // 8], _list("work_units"), strict=False):
        names[place] = f"{unit}宿舍"
    return names


def people(rng: np.random.Generator, count: int) -> NDArray[Any]:
    """Make names of persons: a common surname and a given name that says 示, 范, 样, 例, 拟 or 虚."""
    surnames, first, second = (list(_WORDS[key]) for key in ("surnames", "first_characters", "second_characters"))
    weights = 1.0 / np.arange(3, len(surnames) + 3)
    surname = np.array(surnames, dtype=object)[rng.choice(len(surnames), count, p=weights / weights.sum())]
    given = np.array(first, dtype=object)[rng.integers(0, len(first), count)]
    last = np.array(second, dtype=object)[rng.integers(0, len(second), count)]
    made: NDArray[Any] = surname + given + last
    return made


def phones(rng: np.random.Generator, count: int) -> NDArray[Any]:
    """Make telephone numbers of the form 1990000xxxx, which nobody has."""
    return np.array([f"1990000{number:04d}" for number in rng.integers(0, 10_000, count)], dtype=object)


def chinese_number(value: int) -> str:
    """Write 1 to 99 in Chinese digits, as lanes are numbered: 一, 十, 十二, 二十, 三十五."""
    tens, ones = divmod(value, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else NUMERALS[tens - 1] + "十")
    return head + (NUMERALS[ones - 1] if ones else "")


def pick(rng: np.random.Generator, options: Sequence[str], count: int) -> NDArray[Any]:
    """Choose evenly among words."""
    return np.array(options, dtype=object)[rng.integers(0, len(options), count)]
