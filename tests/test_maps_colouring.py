from __future__ import annotations

import re
import time
from itertools import combinations
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.ops import split

from gridmap.datum import Plane
from maps import assets
from maps.colouring import FOUR, colour, neighbours, steady_colours
from maps.printing.picture import COLOURS, over_ground

if TYPE_CHECKING:
    from numpy.typing import NDArray


def voronoi(count: int, seed: int) -> np.ndarray:
    seeds = np.random.default_rng(seed).uniform(0, 3200, (count, 2))
    return shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds)))


def drawn(art: str) -> list[set[int]]:
    return neighbours(np.array(list(polygons(art).values()), dtype=object))


def is_proper(touching: list[set[int]], colours: list[int]) -> bool:
    return all(colours[one] != colours[other] for one, others in enumerate(touching) for other in others)


def test_a_common_corner_makes_no_neighbour() -> None:
    assert drawn("""
        AB
        CD
    """) == [{1, 2}, {0, 3}, {0, 3}, {1, 2}]


def test_a_grid_inside_another_is_its_neighbour() -> None:
    assert drawn("""
        AAA
        ABA
        AAA
    """) == [{1}, {0}]


def test_a_border_of_less_than_half_a_metre_makes_no_neighbour() -> None:
    pair = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 9.6, 20, 20)], dtype=object)
    assert neighbours(pair) == [set(), set()]
    assert neighbours(pair, least=0.3) == [{1}, {0}]


@pytest.mark.parametrize(
    ("art", "wanted"),
    [
        ("A", 1),
        ("AB", 2),
        ("AB\nCC", 3),
        ("AAAA\nABCA\nADDA\nAAAA", 4),  # three around each other, and one around them all
        ("ABC\nDEF\nGHI", 2),
    ],
)
def test_no_more_colours_than_the_drawing_needs(art: str, wanted: int) -> None:
    touching = drawn(art)
    colours = colour(touching)
    assert is_proper(touching, colours)
    assert len(set(colours)) == wanted


@settings(max_examples=60, deadline=None)
@given(count=st.integers(2, 150), seed=st.integers(0, 10**6))
def test_four_colours_do_for_any_coverage_and_are_the_same_each_time(count: int, seed: int) -> None:
    touching = neighbours(voronoi(count, seed))
    colours = colour(touching)
    assert is_proper(touching, colours)
    assert max(colours) < FOUR
    assert colour([set(others) for others in touching]) == colours


@pytest.mark.parametrize("seed", range(3))
def test_four_colours_do_for_two_thousand_grids_in_half_a_second(seed: int) -> None:
    cells = voronoi(2000, seed)
    begun = time.process_time()
    touching = neighbours(cells)
    colours = colour(touching)
    assert time.process_time() - begun < 0.5
    assert is_proper(touching, colours)
    assert max(colours) < FOUR


# --- an edit leaves the colours alone ------------------------------------------------------------------------------


def halves(cell: shapely.Polygon, angle: float) -> list[shapely.Geometry]:
    """Cut a cell through its middle; the larger part first: it keeps the identity."""
    middle = np.array(cell.representative_point().coords[0])
    reach = 1e5 * np.array([np.cos(angle), np.sin(angle)])
    parts = split(cell, shapely.LineString([middle - reach, middle + reach])).geoms
    return sorted(parts, key=lambda part: -part.area)


def edited(
    cells: list[shapely.Geometry], colours: list[int], which: int, angle: float | None
) -> tuple[list[shapely.Geometry], list[int | None]]:
    """Cut a cell, or without an angle merge it with its first neighbour; what is left and its earlier colours."""
    before: list[int | None] = list(colours)
    if angle is not None:
        first, *others = halves(cells[which], angle)
        return [*cells[:which], first, *cells[which + 1 :], *others], before + [None] * len(others)
    around = neighbours(np.array(cells, dtype=object))[which]
    if not around:  # nobody to merge with: earlier cuts left corners that the neighbours do not have
        return cells, before
    other = min(around)
    merged = shapely.union(cells[which], cells[other])
    kept = [index for index in range(len(cells)) if index != other]
    return [merged if index == which else cells[index] for index in kept], [before[index] for index in kept]


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(4, 150),
    seed=st.integers(0, 10**6),
    edits=st.lists(st.tuples(st.integers(0, 10**6), st.one_of(st.none(), st.floats(0, np.pi))), min_size=1, max_size=6),
)
def test_a_cut_or_a_merge_recolours_three_grids_at_most(
    count: int, seed: int, edits: list[tuple[int, float | None]]
) -> None:
    cells = list(voronoi(count, seed))
    colours = colour(neighbours(np.array(cells, dtype=object)))
    for which, angle in edits:
        if len(cells) < 3 and angle is None:
            continue
        cells, before = edited(cells, colours, which % len(cells), angle)
        touching = neighbours(np.array(cells, dtype=object))
        colours = colour(touching, before)
        assert is_proper(touching, colours)
        assert sum(old is not None and old != new for old, new in zip(before, colours, strict=True)) <= 3
        assert max(colours) <= FOUR + 1


def test_nearly_every_single_edit_gets_along_with_four_colours() -> None:
    chance = np.random.default_rng(11)
    within = 0
    for seed in range(120):
        cells = list(voronoi(97, seed))
        colours = colour(neighbours(np.array(cells, dtype=object)))
        angle = float(chance.uniform(0, np.pi)) if seed % 2 else None
        cells, before = edited(cells, colours, int(chance.integers(97)), angle)
        within += max(colour(neighbours(np.array(cells, dtype=object)), before)) < FOUR
    assert within >= 0.85 * 120


def can_be_had(touching: list[set[int]], colours: list[int], settled: frozenset[int], left: int) -> bool:
    """Whether four colours can be had with so many changes, by trying everything: another way than that of the code.

    Of a new grid every colour is tried; of two neighbours of one colour one has to change, to every other colour.
    """
    new = [node for node, number in enumerate(colours) if number < 0]
    clash = next(
        ((one, other) for one, others in enumerate(touching) for other in others if colours[one] == colours[other]), ()
    )
    if not new and not clash:
        return True
    if not new and not left:
        return False
    for node in (each for each in (new[:1] or clash) if each not in settled):
        barred = {colours[other] for other in touching[node] if other in settled} | {colours[node]}
        for number in set(range(FOUR)) - barred:
            tried = [*colours[:node], number, *colours[node + 1 :]]
            if can_be_had(touching, tried, settled | {node}, left - (not new)):
                return True
    return False


def test_an_edit_leaves_four_colours_only_where_three_changes_cannot_keep_them() -> None:
    chance = np.random.default_rng(4)
    failed = 0
    for seed in range(60):
        cells = list(voronoi(60, seed))
        colours = colour(neighbours(np.array(cells, dtype=object)))
        angle = float(chance.uniform(0, np.pi)) if seed % 3 == 0 else None  # merges are the hard ones
        cells, before = edited(cells, colours, int(chance.integers(60)), angle)
        touching = neighbours(np.array(cells, dtype=object))
        within = max(colour(touching, before)) < FOUR
        if not within:
            failed += 1
            assert not can_be_had(touching, [-1 if each is None else each for each in before], frozenset(), 3)
    assert failed > 0


def test_grids_keep_their_colours_through_the_plans_of_years() -> None:
    """Five plans of one edit each, told as the database tells them: shapes in degrees by the identity of a grid."""
    plane = Plane.near(np.array([[113.3, 23.1]]))
    chance = np.random.default_rng(2)
    cells = [
        shapely.transform(cell, lambda xy: xy + plane.project(np.array([[113.3, 23.1]]))) for cell in voronoi(40, 7)
    ]
    ids = [UUID(int=number) for number in range(40)]
    earlier: list[dict[UUID, shapely.Geometry]] = []
    seen: dict[UUID, int] = {}
    for plan in range(6):
        touching = neighbours(np.array(cells, dtype=object))
        colours = steady_colours(ids, touching, earlier)
        assert is_proper(touching, colours)
        now = dict(zip(ids, colours, strict=True))
        assert sum(seen.get(each, number) != number for each, number in now.items()) <= 3
        seen = now
        earlier.append(dict(zip(ids, plane.unproject_geometries(np.array(cells, dtype=object)), strict=True)))
        cells, _ = edited(cells, colours, int(chance.integers(len(cells))), float(chance.uniform(0, np.pi)))
        ids = [*ids, UUID(int=100 + plan)]
    assert colours != colour(touching)  # afresh they would be others


@settings(deadline=None)
@given(count=st.integers(2, 80), seed=st.integers(0, 10**6))
def test_without_an_edit_nothing_is_recoloured(count: int, seed: int) -> None:
    touching = neighbours(voronoi(count, seed))
    colours = colour(touching)
    assert colour(touching, colours) == colours


def test_a_fifth_colour_is_given_back_when_there_is_room() -> None:
    touching = drawn("""
        ABC
    """)
    assert colour(touching, [4, 1, 0]) == [0, 1, 0]


# --- the palette ---------------------------------------------------------------------------------------------------

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB
SIGHTS = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def palette() -> list[str]:
    """The colours of neighbours, from the script that draws them."""
    listed = re.search(r"GRID_COLOURS = \[(.*?)\]", assets.text("js/ground.js"))
    assert listed
    return re.findall(r"#[0-9A-F]{6}", listed.group(1))[:FOUR]


def linear(colour_: str) -> NDArray[np.float64]:
    value = np.array([int(colour_[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    share = TO_XYZ @ rgb / WHITE
    f = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Sharma, Wu, Dalal 2005."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    c_bar = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(c_bar**7 / (c_bar**7 + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    l_bar, c_bar = (l1 + l2) / 2, (c1 + c2) / 2
    h_bar = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    t = 1 - 0.17 * np.cos(np.radians(h_bar - 30)) + 0.24 * np.cos(np.radians(2 * h_bar))
    t += 0.32 * np.cos(np.radians(3 * h_bar + 6)) - 0.20 * np.cos(np.radians(4 * h_bar - 63))
    s_l = 1 + 0.015 * (l_bar - 50) ** 2 / np.sqrt(20 + (l_bar - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_bar, 1 + 0.015 * c_bar * t
    r_c = 2 * np.sqrt(c_bar**7 / (c_bar**7 + 25.0**7))
    r_t = -r_c * np.sin(np.radians(60 * np.exp(-(((h_bar - 275) / 25) ** 2))))
    parts = (l2 - l1) / s_l, (c2 - c1) / s_c, dh / s_h
    return float(np.sqrt(sum(part**2 for part in parts) + r_t * parts[1] * parts[2]))


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (50, 3.1736, 0.5854), 1.0),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_of_colours_is_that_of_the_paper(
    one: tuple[float, ...], other: tuple[float, ...], difference: float
) -> None:
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(difference, abs=1e-4)


ON_SCREEN, ON_PAPER, ALONE = 0.55, 0.75, 1.0  # how much of the land below a colour lets through


@pytest.mark.parametrize("share", [ON_SCREEN, ON_PAPER, ALONE])
@pytest.mark.parametrize("sight", SIGHTS)
def test_every_eye_tells_neighbours_apart_as_they_are_shown(sight: str, share: float) -> None:
    shown = [linear(over_ground(each, share)) for each in palette()]
    seen = [lab(np.clip(np.array(SIGHTS[sight]) @ each, 0, 1)) for each in shown]
    assert min(ciede2000(one, other) for one, other in combinations(seen, 2)) >= 15


def test_paper_and_screen_have_the_same_colours() -> None:
    assert list(COLOURS[:FOUR]) == palette()


@pytest.mark.parametrize("share", [ON_SCREEN, ON_PAPER, ALONE])
def test_a_grey_printer_keeps_neighbours_apart_and_black_text_readable(share: float) -> None:
    shown = [linear(over_ground(each, share)) for each in palette()]
    lightness = sorted(lab(each)[0] for each in shown)
    assert min(np.diff(lightness)) >= 5
    luminance = [float(TO_XYZ[1] @ each) for each in shown]
    assert min((each + 0.05) / 0.05 for each in luminance) >= 7


def test_enclaves_that_all_touch_each_other_get_a_colour_each() -> None:
    everybody = [set(range(6)) - {node} for node in range(6)]
    assert sorted(colour(everybody)) == list(range(6))


def test_no_grids_no_colours() -> None:
    assert colour(neighbours(np.array([], dtype=object))) == []


def test_the_chains_that_are_swapped_never_harm_what_is_coloured() -> None:
    # every graph of six nodes, planar or not: 32,768 of them, each 97th
    pairs = list(combinations(range(6), 2))
    for number in range(0, 2 ** len(pairs), 97):
        touching: list[set[int]] = [set() for _ in range(6)]
        for bit, (one, other) in enumerate(pairs):
            if number >> bit & 1:
                touching[one].add(other)
                touching[other].add(one)
        assert is_proper(touching, colour(touching))
