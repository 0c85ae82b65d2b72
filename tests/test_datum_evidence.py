"""A wrong datum shows itself by the displacement that it predicts."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.datum import Datum, diagnose_shift, from_lonlat, hypotheses, parse_crs, predict_shift, to_lonlat
from gridmap.datum.area import in_shift_area
from gridmap.datum.points import offset_metres
from gridmap.errors import BadInput

CONFUSIONS = list(permutations(Datum, 2))
CITIES = {
    "Futian": (114.06, 22.54),
    "Shanghai": (121.48, 31.23),
    "Beijing": (116.40, 39.91),
    "Urumqi": (87.62, 43.82),
    "Harbin": (126.53, 45.80),
    "Kunming": (102.71, 25.04),
}


def places(city: tuple[float, float], count: int = 60, seed: int = 4) -> np.ndarray:
    """Places within a sub-district, 4 km wide."""
    random = np.random.default_rng(seed)
    return np.array(city) + random.uniform(-0.02, 0.02, (count, 2))


def misread(true: np.ndarray, declared: str, actual: str) -> np.ndarray:
    """Where places appear whose coordinates are in one datum and were declared another."""
    return to_lonlat(from_lonlat(true, parse_crs(actual)), parse_crs(declared))


def noisy(lonlat: np.ndarray, sigma: float, seed: int = 6) -> np.ndarray:
    """Trusted positions are of something near: the gate, the middle of the building."""
    return lonlat + np.random.default_rng(seed).normal(0, sigma / 105_000, lonlat.shape)


@pytest.mark.parametrize("city", CITIES.values(), ids=CITIES.keys())
@pytest.mark.parametrize(("declared", "actual"), CONFUSIONS)
def test_each_confusion_is_recognised_in_each_city(declared: Datum, actual: Datum, city: tuple[float, float]) -> None:
    true = places(city)
    seen = misread(true, declared, actual)
    evidence = diagnose_shift(seen, noisy(true, 12), parse_crs(declared))
    assert (evidence.declared, evidence.actual) == (declared, actual)
    assert evidence.residual_m < 30
    assert evidence.margin_m >= 20
    assert evidence.pairs == 60
    assert 50 < evidence.shift_m < 1500
    assert f"are {actual}" in evidence.summary


@given(lon=st.floats(85, 121), lat=st.floats(24, 44), which=st.sampled_from(CONFUSIONS))
def test_exact_pairs_never_name_a_wrong_confusion(lon: float, lat: float, which: tuple[Datum, Datum]) -> None:
    declared, actual = which
    true = places((lon, lat), 8)
    if in_shift_area(true + 0.05).all() and in_shift_area(true - 0.05).all():
        evidence = diagnose_shift(misread(true, declared, actual), true, parse_crs(declared))
        assert evidence.residual_m < 0.5
        assert evidence.actual in (actual, None)


@pytest.mark.parametrize("declared", ["wgs84", "gcj02", "bd09", "EPSG:4547"])
def test_the_right_datum_is_confirmed(declared: str) -> None:
    true = places(CITIES["Shanghai"])
    evidence = diagnose_shift(true, noisy(true, 12), parse_crs(declared))
    assert evidence.actual == "same"
    assert "is right" in evidence.summary


def test_a_file_that_was_converted_once_too_often_is_recognised() -> None:
    """Declared WGS84, but somebody had taken WGS84 for GCJ-02 and converted it."""
    true = places(CITIES["Futian"])
    evidence = diagnose_shift(misread(true, "gcj02", "wgs84"), true, parse_crs("wgs84"))
    assert (evidence.declared, evidence.actual) == ("gcj02", "wgs84")


def test_half_of_the_pairs_but_one_may_be_mismatched() -> None:
    true = places(CITIES["Futian"])
    trusted = noisy(true, 5)
    trusted[:25] = places(CITIES["Futian"], 25, seed=99)
    evidence = diagnose_shift(misread(true, "wgs84", "gcj02"), trusted, parse_crs("wgs84"))
    assert evidence.actual == "gcj02"


@pytest.mark.parametrize("case", ["few", "none", "elsewhere", "noise"])
def test_cannot_tell(case: str) -> None:
    true = places(CITIES["Futian"])
    seen = misread(true, "wgs84", "gcj02")
    if case == "few":
        seen, true = seen[:4], true[:4]
    elif case == "none":
        seen, true = seen[:0], true[:0]
    elif case == "elsewhere":  # a shift of 150 m that no datum explains
        true = seen - np.array([0.0, 0.00135])
    else:
        true = noisy(seen, 400)
    evidence = diagnose_shift(seen, true, parse_crs("wgs84"))
    assert evidence.actual is None
    assert "cannot tell" in evidence.summary


def test_pairs_must_be_pairs() -> None:
    with pytest.raises(BadInput, match="give pairs"):
        diagnose_shift(places(CITIES["Futian"]), places(CITIES["Futian"], 59), parse_crs("wgs84"))


@pytest.mark.parametrize(("declared", "actual"), CONFUSIONS)
def test_the_prediction_is_the_displacement(declared: Datum, actual: Datum) -> None:
    true = places(CITIES["Beijing"])
    seen = misread(true, declared, actual)
    assert predict_shift(seen, declared, actual) == pytest.approx(offset_metres(seen, true), abs=1e-4)


def test_predictions_are_as_long_as_they_are_known_to_be() -> None:
    random = np.random.default_rng(1)
    lonlat = np.column_stack((random.uniform(73, 135, 40_000), random.uniform(18, 53, 40_000)))
    lonlat = lonlat[in_shift_area(lonlat) & in_shift_area(lonlat + 0.03) & in_shift_area(lonlat - 0.03)]
    lengths = [np.hypot(*predict_shift(lonlat, *pair).T) for pair in CONFUSIONS]
    assert min(length.min() for length in lengths) > 10
    assert max(length.max() for length in lengths) < 1600


def test_hypotheses_contain_the_truth() -> None:
    true = places(CITIES["Shanghai"])
    for declared, actual in CONFUSIONS:
        found = hypotheses(misread(true, declared, actual), parse_crs(declared))
        assert sorted(found) == ["bd09", "gcj02", "wgs84"]
        assert found[actual.value] == pytest.approx(true, abs=1e-10)
    grid = parse_crs("EPSG:4549")  # degrees of GCJ-02 that were projected as if they were CGCS2000
    assert hypotheses(misread(true, "wgs84", "gcj02"), grid)["gcj02"] == pytest.approx(true, abs=1e-10)
