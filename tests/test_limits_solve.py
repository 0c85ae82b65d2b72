"""四至 texts become polygons on drawn streets, and polygons become texts; what does not fit is said, by side."""

from __future__ import annotations

import shapely
from ascii_art import line, lines
from drawn_streets import AVENUES, CELL, FINE, MIDDLE, STREETS, answer, land, town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.services.limits import parse_text, words
from gridmap.space.limits.centre import centre_line
from gridmap.space.limits.compare import compare
from gridmap.space.limits.describe import describe
from gridmap.space.limits.features import Features
from gridmap.space.limits.values import Side
from gridmap.space.limits.variants import agreement
from gridmap.space.limits.verdict import Status, TroubleKind


@settings(max_examples=30, deadline=None)
@given(st.tuples(st.integers(0, 2), st.integers(1, 3)), st.tuples(st.integers(0, 2), st.integers(1, 3)))
def test_four_streets_give_the_rectangle_between_them(x: tuple[int, int], y: tuple[int, int]) -> None:
    (west, east), (south, north) = sorted((x[0], x[1] + (x[0] == x[1]))), sorted((y[0], y[1] + (y[0] == y[1])))
    if max(east, north) > 3:
        return
    text = f"东至{AVENUES[east]}，南至{STREETS[south]}，西至{AVENUES[west]}，北至{STREETS[north]}"
    found = answer(text)
    assert found.status is Status.EXACT
    assert found.best is not None
    assert found.best.ways == ("ring", "faces")
    assert agreement(found.shape, shapely.box(*(CELL * each for each in (west, south, east, north)))) > 1 - 1e-9
    sides = dict(zip([each.side for each in found.features], found.best.evidence.features, strict=True))
    assert abs(sides[Side.EAST].metres - (north - south) * CELL) < 1e-6
    assert abs(sides[Side.SOUTH].metres - (east - west) * CELL) < 1e-6


def test_several_features_on_a_side_make_a_step() -> None:
    found = answer("东至丙路、庚街、丁路，南至戊街，西至甲路，北至辛街")
    step = land("""
        AA.
        AAA
        AAA
    """)
    assert agreement(found.shape, step) > 0.999


def test_exchanged_sides_are_unresolved_and_both_are_named() -> None:
    found = answer("东至乙路，南至己街，西至丙路，北至庚街")
    assert found.status is Status.UNRESOLVED
    assert found.shape is None
    assert {each.side for each in found.troubles if each.kind is TroubleKind.WRONG_SIDE} == {Side.EAST, Side.WEST}


def test_a_near_spelling_is_offered_and_not_assumed() -> None:
    found = answer("东至丙道，南至己街，西至乙路，北至庚街")
    assert found.status is Status.UNRESOLVED
    trouble = found.troubles[0]
    assert (trouble.kind, trouble.side, trouble.name) == (TroubleKind.NOT_FOUND, Side.EAST, "丙道")
    assert "丙路" in trouble.offers


def test_a_missing_side_is_not_invented() -> None:
    found = answer("东至丙路，西至乙路，北至庚街")
    assert found.status is Status.UNRESOLVED
    assert [(each.kind, each.side) for each in found.troubles] == [(TroubleKind.MISSING_SIDE, Side.SOUTH)]


def test_a_road_that_runs_elsewhere_is_named() -> None:
    far = shapely.LineString([(9000, 9000), (9000, 9900)])
    found = answer("东至远路，南至己街，西至乙路，北至庚街", town(远路=far))
    assert found.status is Status.UNRESOLVED
    assert [(each.kind, each.side, each.name) for each in found.troubles] == [(TroubleKind.APART, Side.EAST, "远路")]
    assert found.troubles[0].metres > 5000


def test_a_gap_at_a_junction_is_bridged_and_measured() -> None:
    short = line(
        """
        DDDDDEEEEEFFFFF
        DDDDDEE1EEFFFFF
        DDDDDEEEEEFFFFF
        DDDDDEE2EEFFFFF
        DDDDDEEEEEFFFFF
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        """,
        FINE,
    )  # it ends 30 m short of either street
    found = answer("东至短路，南至己街，西至乙路，北至庚街", town(短路=short))
    assert found.status in {Status.GAP_BRIDGED, Status.AMBIGUOUS}
    assert found.best is not None
    assert abs(found.best.gap - 60.0) < 1.0
    west = land("DDAEFF\nDDAEFF\nGGHHII\nGGHHII", size=CELL / 2)
    assert agreement(found.best.shape, west) > 0.999


def test_land_that_reaches_a_road_with_two_carriageways_ends_at_the_near_one() -> None:
    double = line(
        """
        AAAAABBBBBCC14C
        AAAAABBBBBCCCCC
        AAAAABBBBBCCCCC
        AAAAABBBBBCCCCC
        AAAAABBBBBCCCCC
        DDDDDEEEEEFFFFF
        DDDDDEEEEEFFFFF
        DDDDDEEEEEFFFFF
        DDDDDEEEEEFFFFF
        DDDDDEEEEEFFFFF
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHII23I
        """,
        FINE,
    )
    found = answer("东至双路，南至己街，西至乙路，北至庚街", town(双路=double))
    assert found.status is Status.EXACT
    near = land("DDAAAF\nDDAAAF\nGGHHII\nGGHHII", size=CELL / 2)
    assert agreement(found.shape, near) > 0.999


def test_a_fork_that_fits_twice_is_ambiguous_with_both_candidates() -> None:
    fork = line(
        """
        AAAAABBBBB1CCC4
        AAAAABBBBBCCCCC
        AAAAABBBBBCCCCC
        DDDDDEEEEEFFFFF
        DDDDDEEEEEFFFFF
        DDDDDEEEEEFFFFF
        DDDDDEEEEEFFFFF
        DDDDDEEEEEFFFFF
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHH2III3
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        """,
        FINE,
    )
    found = answer("东至叉路，南至己街，西至乙路，北至庚街", town(叉路=fork))
    assert found.status is Status.AMBIGUOUS
    west, _, east, _ = fork.bounds
    both = [shapely.box(CELL, CELL, prong, 2 * CELL) for prong in (west, east)]
    assert all(max(agreement(each.shape, one) for each in found.candidates) > 0.999 for one in both)


def test_a_river_is_met_in_its_middle_and_a_bank_where_the_text_says_so() -> None:
    drawing = """
        .w....e..
        RRRRRRRRR
        sw....e.s
    """
    river = land(drawing, "R", 40.0)
    middle = centre_line(river)
    assert middle.length > 300
    assert shapely.get_coordinates(middle)[:, 1].std() < 1
    streets = lines(drawing, 40.0)
    features = Features.of(
        [*(streets[letter] for letter in "wes"), river],
        [("西路",), ("东路",), ("南路",), ("长河",)],
        ["road"] * 3 + ["water"],
    )
    found = answer("东至东路，南至南路，西至西路，北至长河", features)
    assert abs(found.shape.bounds[3] - 60) < 1
    bank = answer("东至东路，南至南路，西至西路，北至长河南岸", features)
    assert abs(bank.shape.bounds[3] - 40) < 1


def test_a_walk_gives_the_same_land_as_its_sides() -> None:
    walked = answer("由乙路与己街交汇点，沿己街向东至丙路，沿丙路向北至庚街，沿庚街向西至乙路，沿乙路向南回到起点")
    assert agreement(walked.shape, MIDDLE) > 0.999


def test_what_is_taken_out_is_cut_away() -> None:
    garden = land(
        """
        DDDDDEPEEEFFFFF
        DDDDDEEEEEFFFFF
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        """,
        "P",
        FINE,
    )
    found = answer("东至丙路，南至己街，西至乙路，北至庚街，不含小园小区", town(小园=garden))
    assert abs(found.shape.area - (CELL**2 - 400)) < 1e-6


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(
        [
            "A..\nA..\n...",
            "AA.\nAA.\n...",
            "AAA\nAA.\nAA.",
            "AAA\nAAA\nAAA",
            ".AA\n.AA\n.A.",
            "AA.\nAAA\nAAA",
        ]
    )
)
def test_a_polygon_comes_back_from_its_sentence(art: str) -> None:
    shape = land(art)
    said = describe(shape, town(), words())
    assert said.agreement > 0.99, said.text
    assert said.unnamed == 0
    assert abs(said.perimeter - shape.length) < 1e-6


def test_the_wall_of_a_compound_is_named_where_no_road_runs() -> None:
    garden = land(
        """
        ......
        .PPPPP
        .PPPPP
        .PPPPP
        .PPPPP
        .PPPPP
        ......
        """,
        "P",
        10.0,
    )
    said = describe(garden, town(小园=garden), words())
    assert said.text == "东至小园围墙，南至小园围墙，西至小园围墙，北至小园围墙"
    assert said.agreement > 0.999


def test_a_comparison_names_the_side_and_the_metres() -> None:
    text = "东至丙路，南至己街，西至乙路，北至庚街"
    same = compare(parse_text(text), MIDDLE, town())
    assert same.agrees
    too_far = land(
        """
        DDDDDEEEEEEEEFF
        DDDDDEEEEEEEEFF
        DDDDDEEEEEEEEFF
        DDDDDEEEEEEEEFF
        DDDDDEEEEEEEEFF
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        GGGGGHHHHHIIIII
        """,
        "E",
        FINE,
    )
    moved = compare(parse_text(text), too_far, town())
    assert not moved.agrees
    assert (TroubleKind.UNUSED, Side.EAST) in {(each.kind, each.side) for each in moved.troubles}
    assert moved.off[Side.EAST] > 50
    assert abs(moved.agreement - 100 / 160) < 1e-6


def test_a_drawn_line_is_a_road_too() -> None:
    crooked = line(
        """
        .5...
        .4.1.
        ..32.
        """,
        10.0,
    )
    features = Features.of([crooked, crooked], [("弯路", "别名路"), ()], ["road", "road"])
    assert set(features.by_name) == {"弯路", "别名路"}


WIDE = 3 * CELL  # roads on either side of a step are further apart than any gap that is bridged


def drawn_town(art: str, called: str) -> Features:
    """Streets drawn by their ends, called in the order of their letters."""
    return Features.of(
        list(lines(art, WIDE).values()), [(name,) for name in called.split()], ["road"] * len(called.split())
    )


def test_the_steps_of_a_stair_may_be_told_by_where_they_look() -> None:
    streets = """
        .a.d.....
        c...c....
        .....f...
        ..e...e..
        ...d...h.
        ....g...g
        .....f...
        b.......b
        .a.....h.
    """
    stair = drawn_town(streets, "甲路 戊街 辛街 乙路 庚街 丙路 己街 丁路")
    found = answer("东至乙路、丙路、丁路，南至戊街，西至甲路，北至辛街、庚街、己街", stair)
    assert found.status in {Status.EXACT, Status.AMBIGUOUS}
    assert abs(found.shape.area - 24 * WIDE**2) < 1e-6
    walked = answer("东至丁路，南至戊街，西至甲路，北至辛街、乙路、庚街、丙路、己街", stair)
    assert agreement(found.shape, walked.shape) > 0.999


def test_a_border_may_leave_a_road_and_come_back_to_it() -> None:
    streets = """
        .a.d.f.h.
        c.......c
        .........
        ..e...e..
        ...d.f...
        .........
        .........
        b.......b
        .a.....h.
    """
    notch = drawn_town(streets, "甲路 戊街 辛街 乙路 庚街 丙路 丁路")
    found = answer("东至乙路、丁路，南至戊街，西至甲路、丙路，北至辛街、庚街", notch)
    assert found.best is not None
    assert abs(found.best.shape.area - 32 * WIDE**2) < 1e-6
    assert found.status in {Status.EXACT, Status.AMBIGUOUS}


def test_sides_that_take_turns_where_nothing_meets_stay_unresolved() -> None:
    far = town(壬路=shapely.LineString([(900, 900), (900, 1200)]))
    assert answer("东至乙路、壬路，南至戊街，西至甲路，北至辛街、庚街", far).status is Status.UNRESOLVED
