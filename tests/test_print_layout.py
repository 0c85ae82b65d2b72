"""Scale, type and places on a printed map: laws, without drawing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import BadInput, SetupMissing
from maps.printing import fonts
from maps.printing.column import qr_modules
from maps.printing.fonts import face, plain
from maps.printing.paper import MM_PER_POINT, PAPERS, Box, Frame, frame_for, parse_scale
from maps.printing.picture import COLOURS, hatch, over_ground
from maps.printing.placing import Block, Line, Occupied, first_that_fits, name_in, names_along
from maps.printing.sheet import INK
from maps.printing.wording import fitted, wrap

TEXTS = st.text(alphabet="东至解放路，南至和平大道。0123 Aa（社区）、", max_size=80)
LENGTHS = st.floats(50.0, 40_000.0)
papers = st.sampled_from(sorted(PAPERS))


@given(papers, LENGTHS, LENGTHS)
def test_the_scale_chosen_is_the_largest_round_one_that_fits(name: str, width: float, height: float) -> None:
    paper, land = PAPERS[name], (500_000.0, 2_500_000.0, 500_000.0 + width, 2_500_000.0 + height)
    frame = frame_for(paper, land, None)
    corners = frame.to_paper(np.array([land[:2], land[2:]]))
    assert frame.box.left < corners[0, 0] <= corners[1, 0] < frame.box.right
    assert frame.box.bottom < corners[0, 1] <= corners[1, 1] < frame.box.top
    assert frame.window().contains(shapely.box(*land))
    assert len(str(frame.scale).rstrip("0")) <= 3
    if frame.scale > 200:
        with pytest.raises(BadInput):
            frame_for(paper, land, int(frame.scale * 0.75))


@given(papers, st.integers(2_000, 30_000), st.tuples(LENGTHS, LENGTHS), st.tuples(LENGTHS, LENGTHS))
def test_a_scale_that_is_asked_for_is_held(
    name: str, scale: int, one: tuple[float, float], other: tuple[float, float]
) -> None:
    frame = Frame(PAPERS[name].layout().frame, scale, (500_000.0, 2_500_000.0))
    on_paper = frame.to_paper(np.array([one, other]))
    metres = np.hypot(*(np.array(one) - np.array(other)))
    assert np.hypot(*(on_paper[0] - on_paper[1])) == pytest.approx(metres * 1000 / scale, rel=1e-9, abs=1e-9)


def test_land_that_does_not_fit_is_refused_with_the_scale_and_the_paper_that_would_do() -> None:
    with pytest.raises(BadInput, match=r"--paper A0.*--scale 1:\d+"):
        frame_for(PAPERS["A3"], (0.0, 0.0, 4000.0, 3000.0), 6000)


@pytest.mark.parametrize(
    ("text", "scale"), [("1:5000", 5000), ("1：7,500", 7500), (" 10000 ", 10000), ("1 : 500", 500)]
)
def test_scales_are_read_as_people_write_them(text: str, scale: int) -> None:
    assert parse_scale(text) == scale


@pytest.mark.parametrize("text", ["", "2:5000", "1:0", "1:5e3", "-5000", "五千", "1:" + "9" * 40, "1:10", "NaN"])
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_scale(text)


def test_type_is_never_too_small_to_read() -> None:
    assert PAPERS["A3"].small >= 6
    assert PAPERS["A0"].small >= 18
    assert all(paper.small >= 6 for paper in PAPERS.values())


@given(st.text(max_size=60))
def test_printable_text_is_one_line_without_commands(text: str) -> None:
    clean = plain(text)
    assert not any(sign in clean for sign in "\n\r\t\u2028\u2029\u202e\u0000\ufffe")
    assert plain(clean) == clean
    assert clean == clean.strip()


def test_a_character_without_a_glyph_is_named_with_its_place() -> None:
    with pytest.raises(BadInput, match=r"网格 12.*U\+E123") as refused:
        face().require_glyphs("解放路\ue123巷", "网格 12")
    assert refused.value.evidence["character"] == "\ue123"


def test_chinese_forms_of_characters_are_used() -> None:
    japanese = fonts.FT2Font(face().font.fname, face_index=0)
    assert face().family.endswith(("SC", "CN"))
    assert [face().font.get_char_index(ord(sign)) for sign in "门直骨"] != [
        japanese.get_char_index(ord(sign)) for sign in "门直骨"
    ]


def test_without_a_chinese_font_nothing_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_FAMILIES", ("No Such Family",))
    monkeypatch.setattr(fonts, "findSystemFonts", list)
    with pytest.raises(SetupMissing, match="fonts-noto-cjk"):
        fonts.face.__wrapped__("regular")


@given(TEXTS, st.floats(6.0, 20.0), st.floats(20.0, 120.0))
def test_wrapped_text_keeps_every_letter_within_its_room(text: str, size: float, room: float) -> None:
    lines = wrap(text, size, room)
    assert "".join(lines) == text
    assert all(face().width(line, size) <= room for line in lines)


@given(st.lists(st.sampled_from(["第12网格", "A座", "，", "东至", "2025"]), min_size=1), st.floats(20.0, 90.0))
def test_a_number_is_torn_only_where_it_is_wider_than_the_room(parts: list[str], room: float) -> None:
    for before, after in pairwise(wrap("、".join(parts), 8.0, room)):
        assert not (before[-1].isascii() and before[-1].isalnum() and after[0].isascii() and after[0].isalnum())


@given(st.integers(1, 40), st.integers(1, 3), st.floats(20.0, 90.0))
def test_no_line_begins_with_a_closing_mark(letters: int, clauses: int, room: float) -> None:
    lines = wrap(("东" * letters + "，") * clauses, 8.0, room)
    assert not any(line.startswith("，") for line in lines)


@given(TEXTS, st.floats(6.0, 20.0), st.floats(10.0, 120.0))
def test_shortened_text_fits_and_says_so(text: str, size: float, room: float) -> None:
    short = fitted(text, size, room, "bold")
    assert face("bold").width(short, size) <= room
    assert short == text or short.endswith("…")


@given(
    st.sampled_from(["03", "第03网格", "1,023户", "示范第二中学专属网格"]),
    st.floats(6, 40),
    st.sampled_from(["regular", "bold"]),
)
def test_a_label_covers_no_more_than_its_box(text: str, size: float, weight: str) -> None:
    block = Block(10.0, 20.0, (Line(text, size, weight), Line("446户", 0.8 * size)))
    left, bottom, right, top = block.box()
    for y, line in block.placed():
        ink = face(line.weight).outline(line.text)[0] * line.size
        base = y - fonts.CAP_HEIGHT / 2 * line.size * MM_PER_POINT
        assert bottom <= base + ink[:, 1].min()
        assert base + ink[:, 1].max() <= top
        assert ink[:, 0].min() >= -0.05 * line.size
        assert left <= block.x - line.width / 2 + 1e-9
        assert block.x + line.width / 2 <= right + 1e-9


def test_a_label_is_shortened_until_it_fits_or_left_out() -> None:
    room = polygons(
        """
        AAAA.
        AAAAB
        """
    )
    candidates = [(Line("示范街道解放路社区第03网格", 12.0),), (Line("第03网格", 12.0),), (Line("03", 12.0),)]
    taken = Occupied(Box(-50.0, -50.0, 80.0, 80.0))
    wide = first_that_fits(candidates, 20.0, 10.0, room["A"], taken)
    assert wide is not None
    assert wide.lines[0].text == "第03网格"
    narrow = first_that_fits(candidates, 45.0, 5.0, room["B"], taken)
    assert narrow is not None
    assert narrow.lines[0].text == "03"
    assert first_that_fits(candidates, 45.0, 5.0, room["B"], taken) is None
    assert first_that_fits(candidates[:2], 45.0, 5.0, room["B"], Occupied(Box(-50.0, -50.0, 80.0, 80.0))) is None


def test_a_spaced_name_keeps_off_labels_and_inside() -> None:
    area = polygons("AAAAAAAA\nAAAAAAAA\nAAAA....")["A"]
    taken = Occupied(Box(-10.0, -10.0, 100.0, 100.0))
    taken.take(np.array([[20.0, 12.0, 60.0, 22.0]]))
    before = taken.boxes
    letters = name_in("解放路社区", area, [30.0, 20.0, 12.0, 9.0], taken)
    assert letters is not None
    half = 0.55 * letters[0].turn * MM_PER_POINT
    reach = shapely.box(letters[0].x, letters[0].y - half, letters[-1].x + 2 * half, letters[0].y + half)
    assert area.contains(reach)
    assert not reach.intersects(shapely.box(*before[0]))


@given(st.floats(0, 360), st.floats(6, 14))
def test_names_along_lines_are_never_upside_down(angle: float, size: float) -> None:
    line = shapely.LineString([(0, 0), (90 * np.cos(np.radians(angle)), 90 * np.sin(np.radians(angle)))])
    placed = names_along("解放路", line, size, Occupied(Box(-100.0, -100.0, 100.0, 100.0)), 500.0)
    assert len(placed) == 1
    first, *_, last = placed[0]
    assert all(abs((letter.turn + 180) % 360 - 180) <= 51 for letter in placed[0])
    steep = abs(last.y - first.y) > 1.2 * abs(last.x - first.x)
    assert last.y < first.y if steep else last.x > first.x


def test_nothing_is_placed_on_anything_or_outside_the_frame() -> None:
    taken = Occupied(Box(0.0, 0.0, 10.0, 10.0))
    taken.take(np.array([[2.0, 2.0, 4.0, 4.0]]))
    boxes = np.array([[4.0, 2.0, 6.0, 4.0], [3.0, 3.0, 5.0, 5.0], [-1.0, 5.0, 1.0, 6.0], [8.0, 8.0, 9.0, 9.0]])
    assert taken.free(boxes).tolist() == [True, False, False, True]


def test_hatching_stays_inside_and_has_one_rhythm() -> None:
    shapes = polygons("AAB\nA.B\nAAB")
    strokes = hatch(np.array([shapes["A"], shapes["B"]], dtype=object), 1.7)
    for shape, lines in zip((shapes["A"], shapes["B"]), strokes, strict=True):
        assert shape.buffer(1e-6).contains(lines)
        assert lines.length == pytest.approx(shape.area / 1.7, rel=0.1)
    steps = np.array([y - x for lines in strokes for x, y in shapely.get_coordinates(lines).tolist()]) / 1.7 / 2**0.5
    assert np.allclose(steps, np.rint(steps), atol=1e-6)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_tints_differ_on_a_black_and_white_printer_and_carry_text() -> None:
    tints = [_luminance(over_ground(colour)) for colour in COLOURS[:4]]
    grey = sorted(116 * tint ** (1 / 3) - 16 for tint in tints)
    assert min(np.diff(grey)) >= 5
    assert all((tint + 0.05) / (_luminance(INK) + 0.05) >= 7 for tint in tints)


def test_a_qr_code_has_its_three_eyes_and_is_the_same_each_time() -> None:
    modules = qr_modules("440106001001001 /grids/440106001001001")
    assert (modules == qr_modules("440106001001001 /grids/440106001001001")).all()
    eye = np.array([[1] * 7, [1, 0, 0, 0, 0, 0, 1], *([[1, 0, 1, 1, 1, 0, 1]] * 3), [1, 0, 0, 0, 0, 0, 1], [1] * 7])
    inner = modules[1:-1, 1:-1]
    for corner in (inner[:7, :7], inner[:7, -7:], inner[-7:, :7]):
        assert (corner == eye).all()
    assert not modules[[0, -1]].any()
    assert not modules[:, [0, -1]].any()
