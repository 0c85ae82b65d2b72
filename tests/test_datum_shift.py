"""GCJ-02 and BD-09: exact inverses, and nothing shifted where nothing is to be shifted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.datum import from_lonlat, parse_crs, to_lonlat
from gridmap.datum.area import in_shift_area
from gridmap.datum.points import offset_metres
from gridmap.datum.shift import Datum, shift_everywhere

SHIFTED = ("gcj02", "bd09", "bd09mc")
WEST, SOUTH, EAST, NORTH = 73.0, 15.5, 135.5, 54.0
TINY = 2e-6  # metres: on the meridian of 105 degrees the formula has a kink, elsewhere nanometres are left
ROUND = 1e-9 * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])  # degrees: rounding tells no nearer to the border

# Pairs of neighbouring towns, the mainland one first. Town centres and border crossings, good to 0.2 km.
TWINS = {
    "Zhuhai / Macau": ((113.5767, 22.2707), (113.5439, 22.1987)),
    "Gongbei port / north of Macau": ((113.5492, 22.2185), (113.5485, 22.2115)),
    "Wanzai / inner harbour of Macau": ((113.527, 22.198), (113.5365, 22.1965)),
    "Hengqin / Coloane": ((113.535, 22.125), (113.566, 22.120)),
    "Luohu / Sheung Shui": ((114.1315, 22.5484), (114.128, 22.501)),
    "Luohu port / Lo Wu station": ((114.1135, 22.5335), (114.113, 22.5265)),
    "Futian port / Lok Ma Chau": ((114.0685, 22.519), (114.0655, 22.512)),
    "Shatoujiao / Sha Tau Kok": ((114.226, 22.557), (114.213, 22.545)),
    "Dandong / Sinuiju": ((124.384, 40.12), (124.3985, 40.1005)),
    "Heihe / Blagoveshchensk": ((127.5286, 50.2452), (127.5275, 50.2905)),
    "Heihe port / its opposite quay": ((127.52, 50.2505), (127.5363, 50.2575)),
    "Hekou / Lao Cai": ((103.961, 22.5073), (103.97, 22.486)),
    "Hekou / Coc Leu": ((103.961, 22.5073), (103.9665, 22.499)),
    "Xiamen / Kinmen": ((118.19, 24.455), (118.318, 24.432)),
    "Huangqi / Matsu": ((119.88, 26.328), (119.94, 26.155)),
}
INSIDE = {
    "Ruili": (97.852, 24.01), "Pingxiang": (106.766, 22.094), "Dongxing": (107.972, 21.541),
    "Manzhouli": (117.45, 49.59), "Erenhot": (111.977, 43.653), "Suifenhe": (131.155, 44.405),
    "Hunchun": (130.366, 42.863), "Tumen": (129.845, 42.965), "Ji'an": (126.194, 41.126), "Khorgos": (80.42, 44.21),
    "Alashankou": (82.57, 45.17), "Tashkurgan": (75.229, 37.772), "Zhangmu": (85.98, 27.99), "Yadong": (88.907, 27.485),
    "Mohe": (122.536, 52.972), "Fuyuan": (134.308, 48.364), "Sanya": (109.51, 18.25), "Sansha": (112.334, 16.833),
    "Zhoushan": (122.107, 30.016), "Changhai": (122.588, 39.272), "Chengshantou": (122.7, 37.39),
    "Pingtan": (119.79, 25.5), "Nan'ao": (117.02, 23.42), "Lhasa": (91.14, 29.65), "Kashgar": (75.99, 39.47),
}  # fmt: skip
OUTSIDE = {
    "Seoul": (126.978, 37.567), "Incheon": (126.7, 37.456), "Jeju": (126.53, 33.5), "Pyongyang": (125.75, 39.03),
    "Hanoi": (105.834, 21.028), "Taipei": (121.565, 25.033), "Kaohsiung": (120.3, 22.63), "Penghu": (119.57, 23.57),
    "Delhi": (77.209, 28.614), "Ulaanbaatar": (106.905, 47.886), "Kathmandu": (85.324, 27.717),
    "Central, Hong Kong": (114.158, 22.282), "Hong Kong airport": (113.915, 22.308), "Tuen Mun": (113.973, 22.391),
    "Thimphu": (89.64, 27.47), "Vladivostok": (131.89, 43.115), "Khabarovsk": (135.07, 48.48), "Tokyo": (139.69, 35.69),
    "Almaty": (76.89, 43.24), "Islamabad": (73.05, 33.68), "Manila": (120.98, 14.6), "Da Nang": (108.22, 16.07),
    "Naha": (127.68, 26.21), "New York": (-74.0, 40.7), "Sydney": (151.2, -33.9), "the South Pole": (0.0, -90.0),
}  # fmt: skip


def random_positions(count: int, seed: int = 2) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.column_stack((random.uniform(WEST, EAST, count), random.uniform(SOUTH, NORTH, count)))


def metres(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.hypot(*offset_metres(start, end).T)


@pytest.mark.parametrize("name", SHIFTED)
def test_a_million_round_trips_stay_within_a_millimetre(name: str) -> None:
    crs = parse_crs(name)
    lonlat = random_positions(1_000_000)
    back = to_lonlat(from_lonlat(lonlat, crs), crs)
    moved = metres(lonlat, back)
    inside = in_shift_area(lonlat)
    assert inside.sum() > 300_000
    assert moved[inside].max() < TINY
    # Outside all but the strip of the module's docstring comes back as well.
    assert (moved[~inside] > TINY).mean() < 0.001
    assert moved.max() < 1600


@pytest.mark.parametrize("name", SHIFTED)
@given(lon=st.floats(WEST, EAST), lat=st.floats(SOUTH, NORTH))
def test_one_position_comes_back(name: str, lon: float, lat: float) -> None:
    crs = parse_crs(name)
    lonlat = np.array([[lon, lat]])
    if in_shift_area(lonlat + ROUND).all():
        assert metres(lonlat, to_lonlat(from_lonlat(lonlat, crs), crs)) < TINY


@pytest.mark.parametrize("name", SHIFTED)
def test_one_equals_many(name: str) -> None:
    crs = parse_crs(name)
    many = random_positions(300)
    for convert in (from_lonlat, to_lonlat):
        numbers = from_lonlat(many, crs) if convert is to_lonlat else many
        one_by_one = np.vstack([convert(numbers[i : i + 1], crs) for i in range(len(numbers))])
        assert np.abs(convert(numbers, crs) - one_by_one).max() < 1e-6 if name == "bd09mc" else 1e-12


@pytest.mark.parametrize("twins", TWINS.values(), ids=TWINS.keys())
def test_of_twin_towns_one_is_shifted(twins: tuple[tuple[float, float], tuple[float, float]]) -> None:
    assert in_shift_area(np.array(twins)).tolist() == [True, False]
    converted = from_lonlat(np.array(twins), parse_crs("gcj02"))
    assert metres(np.array(twins), converted)[0] > 100
    assert converted[1].tolist() == list(twins[1])


@pytest.mark.parametrize(("places", "expected"), [(INSIDE, True), (OUTSIDE, False)])
def test_places_are_in_or_out(places: dict[str, tuple[float, float]], *, expected: bool) -> None:
    inside = in_shift_area(np.array(list(places.values())))
    assert [name for name, found in zip(places, inside, strict=True) if found != expected] == []


@pytest.mark.parametrize("name", SHIFTED)
def test_outside_nothing_moves_in_either_direction(name: str) -> None:
    crs = parse_crs(name)
    places = np.array([place for place in OUTSIDE.values() if abs(place[1]) < 70])
    there = from_lonlat(places, crs)
    assert metres(places, to_lonlat(there, crs)).max() < TINY
    if name != "bd09mc":
        assert np.array_equal(there, places)
        assert np.array_equal(to_lonlat(places, crs), places)


@pytest.mark.parametrize("name", SHIFTED[:2])
@pytest.mark.parametrize("twins", TWINS.values(), ids=TWINS.keys())
def test_at_the_line_nothing_tears_inside_and_outside_only_a_strip(
    name: str, twins: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    """Every few metres on a straight way from one town through the other and on."""
    crs = parse_crs(name)
    mainland, foreign = np.array(twins)
    lonlat = mainland + np.linspace(0, 2, 2001)[:, None] * (foreign - mainland)
    inside = in_shift_area(lonlat)
    moved = metres(lonlat, to_lonlat(from_lonlat(lonlat, crs), crs))
    assert moved[inside].max() < TINY
    shift = metres(lonlat, shift_everywhere(lonlat, Datum(name)))
    torn = lonlat[~inside & (moved > TINY)]
    assert moved.max() < 1.01 * shift.max()
    nearest = [metres(np.broadcast_to(place, lonlat[inside].shape), lonlat[inside]).min() for place in torn]
    assert max(nearest, default=0) < 3 * shift.max()  # the line may run aslant


def test_the_shift_is_as_long_as_it_is_known_to_be() -> None:
    lonlat = random_positions(100_000)
    lonlat = lonlat[in_shift_area(lonlat)]
    gcj = metres(lonlat, from_lonlat(lonlat, parse_crs("gcj02")))
    assert 15 < gcj.min() < 100
    assert 350 < np.median(gcj) < 500
    assert 650 < gcj.max() < 760


def test_baidu_metres_have_no_overlap_between_their_bands() -> None:
    lat = np.arange(-73.9, 73.9, 0.001)
    metric = from_lonlat(np.column_stack((np.full_like(lat, 150.0), lat)), parse_crs("bd09mc"))
    assert (np.diff(metric[:, 1]) > 0).all()


def test_three_published_cities() -> None:
    """Shanghai, Shenzhen and Beijing, as the tests of several other implementations have them."""
    wgs = np.array([(121.5272106, 31.1774276), (113.912316, 22.543847), (116.377817, 39.911954)])
    gcj = np.array(
        [(121.531541859215, 31.17530398364597), (113.9171764808363, 22.540796131694766),
         (116.38404722455657, 39.91334545536069)]
    )  # fmt: skip
    assert metres(from_lonlat(wgs, parse_crs("gcj02")), gcj).max() < 1e-6
