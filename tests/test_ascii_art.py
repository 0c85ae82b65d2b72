"""The drawing helper itself: what it draws is what one sees."""

from __future__ import annotations

import ascii_art
import pytest
import shapely


def test_a_drawing_is_a_valid_coverage_with_the_areas_one_counts() -> None:
    drawn = ascii_art.polygons(
        """
        AABB
        AACB
        DDDD
        """,
        size=2.0,
    )
    assert {letter: shape.area for letter, shape in drawn.items()} == {"A": 16.0, "B": 12.0, "C": 4.0, "D": 16.0}
    assert shapely.coverage_is_valid(list(drawn.values()))
    assert drawn["D"].bounds == (0.0, 0.0, 8.0, 2.0)  # the last line is the south


def test_separate_places_of_a_letter_are_one_multipolygon_and_dots_are_nobodys() -> None:
    drawn = ascii_art.polygons("A.A")
    assert drawn["A"].geom_type == "MultiPolygon"
    assert drawn["A"].area == 200.0


def test_marks_make_a_line_in_their_order() -> None:
    line = ascii_art.line(
        """
        ..2
        1..
        """
    )
    assert list(line.coords) == [(5.0, 5.0), (25.0, 15.0)]


def test_a_mark_that_stands_twice_is_a_straight_line() -> None:
    found = ascii_art.lines(
        """
        b.a
        b.A
        ..a
        """,
        size=2.0,
    )
    assert list(found) == ["a", "b"]
    assert list(found["a"].coords) == [(5.0, 1.0), (5.0, 5.0)]
    assert list(found["b"].coords) == [(1.0, 3.0), (1.0, 5.0)]


def test_a_crooked_drawing_is_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        ascii_art.polygons("AA\nB")
