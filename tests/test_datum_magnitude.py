"""Coordinates that cannot be what they were declared to be, and what they are said to look like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.datum import check_magnitude, from_lonlat, parse_crs, within_area
from gridmap.errors import CoordinatesRefused

FUTIAN = (114.06, 22.54)
NUMBERED = range(4513, 4534)


def refusal(xy: object, declared: str | int) -> CoordinatesRefused:
    with pytest.raises(CoordinatesRefused) as caught:
        check_magnitude(xy, parse_crs(declared))  # type: ignore[arg-type]
    return caught.value


def points(crs: str | int, place: tuple[float, float] = FUTIAN, count: int = 300) -> np.ndarray:
    """That many places within a few kilometres, in a coordinate system."""
    random = np.random.default_rng(5)
    return from_lonlat(np.array(place) + random.uniform(-0.03, 0.03, (count, 2)), parse_crs(crs))


@given(lon=st.floats(75, 134), lat=st.floats(18, 53))
def test_what_is_declared_rightly_passes(lon: float, lat: float) -> None:
    zone = 3 * round(lon / 3)
    lonlat = np.array([[lon, lat]])
    for name in (4490, 4326, "gcj02", "bd09", "bd09mc", 3857, 4534 + (zone - 75) // 3, 4513 + (zone - 75) // 3):
        crs = parse_crs(name)
        check_magnitude(from_lonlat(lonlat, crs), crs)


@pytest.mark.parametrize("code", NUMBERED)
def test_a_zone_number_that_should_not_be_there_and_the_reverse(code: int) -> None:
    meridian = 75 + 3 * (code - 4513)
    place = (meridian + 0.4, 30.0)
    extra = refusal(points(code, place), code + 21)
    assert extra.evidence["cause"] == "zone_number"
    assert extra.evidence["suggested"] == [f"EPSG:{code}"]
    missing = refusal(points(code + 21, place), code)
    assert missing.evidence["cause"] == "zone_number"
    assert missing.evidence["suggested"] == [f"EPSG:{code + 21}"]
    other = refusal(points(code, place), 4513 if code != 4513 else 4514)
    assert other.evidence["suggested"] == [f"EPSG:{code}"]


CONFUSIONS = [
    (4547, 4490, "metres", "EPSG:4547"),
    (4526, 4490, "metres", "EPSG:4526"),
    (4547, "gcj02", "metres", "EPSG:4547"),
    (4547, 4326, "metres", "EPSG:4547"),
    (3857, "gcj02", "metres", "EPSG:3857"),
    ("bd09mc", "bd09", "metres", "bd09mc"),
    (4490, 4547, "degrees", "EPSG:4490"),
    ("gcj02", 4526, "degrees", "gcj02"),
    (4490, 3857, "degrees", "EPSG:4490"),
    (4490, 2326, "degrees", "EPSG:4490"),
    ("bd09", "bd09mc", "degrees", "bd09"),
    (4498, 4547, "zone_number", "EPSG:4498"),
]


@pytest.mark.parametrize(("actual", "declared", "cause", "suggested"), CONFUSIONS)
def test_degrees_and_metres(actual: str | int, declared: str | int, cause: str, suggested: str) -> None:
    error = refusal(points(actual), declared)
    assert error.evidence["cause"] == cause
    assert suggested in error.evidence["suggested"]
    assert error.evidence["wrong"] == error.evidence["total"] == 300
    assert len(error.evidence["rows"]) == 20
    assert "declare" in error.message


@pytest.mark.parametrize("name", [4490, 4326, "gcj02", "bd09", "bd09mc", 4547, 4526, 3857])
def test_swapped_axes(name: str | int) -> None:
    error = refusal(points(name)[:, ::-1], name)
    assert error.evidence["cause"] == "swapped_axes"
    assert error.evidence["suggested"] == [parse_crs(name).name]
    assert "swap the two columns" in error.message


def test_swapped_degrees_of_western_china_are_places_on_earth_too() -> None:
    assert refusal(points(4326, (80.0, 41.0))[:, ::-1], 4326).evidence["cause"] == "swapped_axes"


def test_swapped_and_wrongly_declared_at_once() -> None:
    error = refusal(points(4547)[:, ::-1], 4490)
    assert error.evidence["cause"] == "swapped_axes"
    assert "EPSG:4547" in error.evidence["suggested"]


@pytest.mark.parametrize(
    ("declared", "xy"),
    [
        ("gcj02", [[-74.0, 40.7]]),  # New York
        (4490, [[-74.0, 40.7]]),
        (4326, [[1e9, 5.0]]),
        (4547, [[500_000.0, 9_000_000.0]]),  # near the North Pole
        (4547, [[836_694.0, 819_069.8]]),  # Hong Kong's own grid
        (2326, [[500_000.0, 2_500_000.0]]),
    ],
)
def test_elsewhere(declared: str | int, xy: list[list[float]]) -> None:
    assert refusal(xy, declared).evidence["cause"] == "outside"


def test_the_rows_that_are_wrong_are_named() -> None:
    xy = points(4547)
    xy[[3, 250]] = xy[[3, 250], ::-1]
    error = refusal(xy, 4547)
    assert error.evidence["rows"] == [3, 250]
    assert (error.evidence["wrong"], error.evidence["total"]) == (2, 300)
    assert np.flatnonzero(~within_area(xy, parse_crs(4547))).tolist() == [3, 250]


def test_a_city_may_keep_to_one_zone_and_the_world_to_wgs84() -> None:
    check_magnitude(points(4547, (112.0, 27.0)), parse_crs(4547))
    check_magnitude([[-74.0, 40.7], [151.2, -33.9]], parse_crs(4326))
    check_magnitude([[984_250.0, 200_000.0]], parse_crs(2263))
    check_magnitude(np.empty((0, 2)), parse_crs(4326))


def test_a_zone_without_an_authority_has_no_area_but_still_no_degrees() -> None:
    local = parse_crs("+proj=tmerc +lon_0=113.5 +x_0=500000 +datum=WGS84 +type=crs")
    check_magnitude([[560_000.0, 2_500_000.0]], local)
    assert (
        refusal([[114.0, 22.5]], "+proj=tmerc +lon_0=113.5 +x_0=500000 +datum=WGS84 +type=crs").evidence["cause"]
        == "degrees"
    )
