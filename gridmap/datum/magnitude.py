"""Can these numbers be what they were declared to be? Metres or degrees, axis order, zone number, place on Earth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.datum.points import as_points
from gridmap.datum.shift import Datum
from gridmap.errors import CoordinatesRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from gridmap.datum.crs import Crs

_CHINA = (72.0, 3.0, 136.0, 54.5)  # degrees, with its seas
_WORLD = (-180.0, -90.0, 180.0, 90.0)
_REACH = 500_000.0  # metres from the central meridian: no zone is wider, and no zone number is smaller
_POLE = 1e7  # metres from the equator
_BAIDU = (20_037_726.4, 12_474_104.2)  # bd09mc of 180 degrees east, 74 degrees north: its maps end there
_EASTINGS = (100_000.0, 900_000.0)
_NORTHINGS = (1_700_000.0, 6_200_000.0)  # 15 to 56 degrees
_WEB_EASTINGS, _WEB_NORTHINGS = (8_000_000.0, 15_200_000.0), (1_700_000.0, 7_500_000.0)
_NUMBERLESS = [f"EPSG:{code}" for code in range(4534, 4555)]
_ROWS_SHOWN = 20


def within_area(xy: NDArray[np.float64], crs: Crs) -> NDArray[np.bool_]:
    """Tell which coordinates can be meant, one by one: on Earth, and where the system is used.

    A projected system is used in the area its authority names and half its width, at most 1.5 degrees, beside it:
    cities near the border of a zone keep to one zone. GCJ-02, BD-09 and CGCS2000 are used in China, WGS84 anywhere.

    Parameters
    ----------
    xy : ndarray of float64, shape (N, 2)
    crs : Crs

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    possible = _possible(xy, crs)
    area = _area_of_use(crs)
    possible[possible] = _in_box(crs.to_degrees(xy[possible]), area)
    return possible


def check_magnitude(xy: ArrayLike, crs: Crs) -> None:
    """Refuse coordinates that cannot be in the system that was declared, and say what they look like.

    Found are: metres declared as degrees and the reverse, axes the wrong way round, a Gauss-Kruger zone number that
    is there and should not be or the reverse or another one, and places outside of where the system is used.
    A shift of some hundred metres is not: that is what `diagnose_shift` is for.

    Parameters
    ----------
    xy : array_like, shape (N, 2)
        Coordinates as they were read, in `crs`.
    crs : Crs

    Raises
    ------
    CoordinatesRefused
        With the evidence `crs`, `cause` ("metres", "degrees", "swapped_axes", "zone_number" or "outside"), `suggested`
        (what to declare instead), `rows` (the first 20, from 0), `wrong`, `total`, `x` and `y` (the middle of them).
    """
    points = as_points(xy)
    wrong = ~within_area(points, crs)
    if not wrong.any() and _swapped_china(points, crs):
        wrong[:] = True
    if not wrong.any():
        return
    _refuse(points, wrong, crs)


def require_possible(xy: NDArray[np.float64], crs: Crs) -> None:
    """Refuse coordinates with which a conversion would not fail but go astray.

    Raises
    ------
    CoordinatesRefused
        As `check_magnitude`.
    """
    possible = _possible(xy, crs)
    if not possible.all():
        _refuse(xy, ~possible, crs)


def _possible(xy: NDArray[np.float64], crs: Crs) -> NDArray[np.bool_]:
    """Degrees that exist; metres that are no degrees, with an easting that the zone can have."""
    x, y = np.abs(xy).T
    degrees: NDArray[np.bool_] = (x <= 180.0) & (y <= 90.0)
    if crs.is_lonlat:
        return degrees
    possible = ~degrees
    if crs.is_gauss_kruger:
        possible &= (np.abs(xy[:, 0] - crs.false_easting) <= _REACH) & (y <= _POLE)
    elif crs.definition is None:
        possible &= (x <= _BAIDU[0]) & (y <= _BAIDU[1])
    return possible


def _area_of_use(crs: Crs) -> tuple[float, float, float, float]:
    if crs.name == "EPSG:4326":
        return _WORLD
    if crs.definition is None:
        return _CHINA
    area = crs.area
    if area is None:
        return _WORLD
    west, south, east, north = area
    if crs.is_gauss_kruger:
        south, north = _CHINA[1], _CHINA[3]
    margin = min((east - west) % 360.0 / 2.0, 1.5)
    return west - margin, south - margin, east + margin, north + margin


def _swapped_china(xy: NDArray[np.float64], crs: Crs) -> bool:
    """Whether all positions lie outside of China, and all inside with the axes the other way round."""
    return (
        len(xy) > 0
        and not _in_box(crs.to_degrees(xy), _CHINA).any()
        and bool(_in_box(crs.to_degrees(xy[:, ::-1]), _CHINA).all())
    )


def _in_box(xy: NDArray[np.float64], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    return np.asarray((xy[:, 0] >= box[0]) & (xy[:, 0] <= box[2]) & (xy[:, 1] >= box[1]) & (xy[:, 1] <= box[3]))


def _refuse(xy: NDArray[np.float64], wrong: NDArray[np.bool_], crs: Crs) -> None:
    x, y = np.median(xy[wrong], axis=0).tolist()
    rows = np.flatnonzero(wrong)
    cause, looks, remedy, suggested = _diagnose(x, y, crs)
    raise CoordinatesRefused(
        f"{rows.size} of {len(xy)} coordinates (about {x:.9g}, {y:.9g}; first in row {rows[0]}, counted from 0) cannot "
        f"be {crs.name}: {looks}; {remedy}",
        crs=crs.name,
        cause=cause,
        suggested=suggested,
        rows=rows[:_ROWS_SHOWN].tolist(),
        wrong=int(rows.size),
        total=len(xy),
        x=x,
        y=y,
    )


def _diagnose(x: float, y: float, crs: Crs) -> tuple[str, str, str, list[str]]:
    """Name the cause, what the numbers look like, what to do, and the codes to declare instead."""
    swapped = False
    readings = list(_readings(x, y))
    if not readings:
        readings = list(_readings(y, x))
        swapped = bool(readings)
    if not readings:
        return "outside", "that is outside of where it is used", "check the coordinate system and the columns", []
    twin = crs.without_zone_number
    readings = [(text, [twin] if twin and codes is _NUMBERLESS else codes) for text, codes in readings]
    looks = "they look like " + " or ".join(text for text, _ in readings)
    suggested = [code for _, codes in readings for code in codes]
    declare = "declare " + " or ".join(_span(codes) for _, codes in readings)
    if swapped:
        fits = crs.name in suggested
        remedy = "swap the two columns (surveyors write X for north)" + ("" if fits else " and " + declare)
        return "swapped_axes", looks + " with the axes the wrong way round", remedy, [crs.name] if fits else suggested
    if crs.name in suggested:
        return "outside", "that is outside of where it is used", "check the coordinate system and the columns", []
    cause = "metres" if crs.is_lonlat else "degrees" if abs(x) <= 180.0 else "zone_number"
    if cause == "zone_number" and not crs.is_gauss_kruger:
        cause = "outside"
    return cause, looks, declare, suggested


def _span(codes: list[str]) -> str:
    return " or ".join(codes) if len(codes) <= 4 else f"one of {codes[0]} to {codes[-1]}"


def _readings(x: float, y: float) -> Iterator[tuple[str, list[str]]]:
    """Name what a pair of numbers, easting first, can be in China, and the codes for it."""
    west, south, east, north = _CHINA
    if west <= x <= east and south <= y <= north:
        yield "degrees", ["EPSG:4490", "EPSG:4326", Datum.GCJ02.value, Datum.BD09.value]
    if not _NORTHINGS[0] <= y <= _NORTHINGS[1]:
        pass
    elif _EASTINGS[0] <= x <= _EASTINGS[1]:
        yield "metres of a Gauss-Kruger zone without zone number", _NUMBERLESS
    elif _EASTINGS[0] <= x % 1e6 <= _EASTINGS[1]:
        zone = int(x // 1e6)
        if 25 <= zone <= 45:
            yield f"metres of the three-degree Gauss-Kruger zone {zone}", [f"EPSG:{4488 + zone}"]
        elif 13 <= zone <= 23:
            yield f"metres of the six-degree Gauss-Kruger zone {zone}", [f"EPSG:{4478 + zone}"]
    if _WEB_EASTINGS[0] <= x <= _WEB_EASTINGS[1] and _WEB_NORTHINGS[0] <= y <= _WEB_NORTHINGS[1]:
        yield "metres of a web map", ["EPSG:3857", "bd09mc"]
