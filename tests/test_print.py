"""Printed maps read back from their files: words, scale, labels, fonts, hostile text."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import overview_sample
import pypdf
import pytest
import shapely
from ascii_art import polygons
from matplotlib.text import Text
from office import to_lonlat
from overview_sample import sample_overview

from gridmap.errors import BadInput, NoPlan, NotFound
from gridmap.model.land import GridKind
from gridmap.services.overview_values import MEASURES, BaseLayer, GridOnMap, Neighbour
from maps.printing import print_atlas, print_map, sheet_of
from maps.printing.fonts import plain
from maps.printing.furniture import NOT_A_TITLE
from maps.printing.land import prepare
from maps.printing.paper import PAPERS
from maps.printing.sheet import Sheet
from maps.printing.subject import tail

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.services.overview_values import Overview
    from maps.printing.land import Land

COMMUNITY, GRID, DEDICATED = "440106001001", "440106001002003", "440106001003501"
MM = 72 / 25.4


@pytest.fixture(scope="module")
def data() -> Overview:
    return sample_overview(2_000)


@pytest.fixture(scope="module")
def land(data: Overview) -> Land:
    return prepare(data)


def read(path: Path, page: int = 0) -> str:
    return pypdf.PdfReader(path).pages[page].extract_text()


def test_the_sheet_of_a_sub_district_says_what_it_has_to_say(data: Overview, tmp_path: Path) -> None:
    path = tmp_path / "wall.pdf"
    picture = print_map(data, path, paper="A0", approval="粤S(2025)001号")
    text = read(path)
    for words in (
        "示范街道网格区域分布示意图",
        NOT_A_TITLE,
        "制图单位：示范街道办事处",
        "制图日期：2025年7月1日",
        "截至日期：2025年6月30日",
        "方案名：2025年网格划分方案",
        "口径：",
        "审图号：粤S(2025)001号",
        f"比例尺 1:{picture.frame.scale}",
        "演示数据",
        "北",
        "图例",
        "四至范围",
        "未落网格",
        *(community.name for community in data.communities),
        *(f"{data.totals[key]:,}" for key, _ in MEASURES),
    ):
        assert words in text
    box = pypdf.PdfReader(path).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((1189 * MM, 841 * MM), abs=0.01)


def test_the_sheet_of_a_community_names_its_grids_and_its_neighbours(data: Overview, tmp_path: Path) -> None:
    path = tmp_path / "community.pdf"
    print_map(data, path, area=COMMUNITY)
    text = read(path)
    assert "示范街道解放路社区网格区域分布示意图" in text
    own = [grid for grid in data.grids if grid.community_code == COMMUNITY]
    for grid in own:
        assert grid.name.removeprefix("解放路社区") in text
        assert f"{grid.numbers['residents']:,}" in text
    assert "滨江社区" in text.replace("\n", "")
    assert "审图号" not in text


def test_the_sheet_of_a_grid_has_its_facts_and_its_code_for_phones(data: Overview, tmp_path: Path) -> None:
    path = tmp_path / "grid.pdf"
    print_map(data, path, area=GRID, paper="A4")
    text = read(path)
    grid = next(each for each in data.grids if each.code == GRID)
    for words in (
        f"{grid.name}区域分布示意图",
        GRID,
        f"/grids/{GRID}",
        "综合网格",
        "张**",
        grid.four_limits[:8],
        "公顷",
    ):
        assert words in text


@pytest.mark.parametrize(("paper", "area"), [("A0", None), ("A3", None), ("A4", None), ("A3", COMMUNITY), ("A4", GRID)])
def test_labels_lie_in_their_grids_and_on_nothing_else(land: Land, paper: str, area: str | None) -> None:
    _, picture = sheet_of(land, area, PAPERS[paper], None, "")
    shapes = picture.frame.shapes_to_paper(land.shapes)
    assert picture.labels
    for index, block in picture.labels.items():
        assert shapes[index].contains(shapely.box(*block.box())), land.grids[index].code
        assert all(line.size >= PAPERS[paper].small for line in block.lines)
    boxes = shapely.box(*picture.boxes.T)
    one, other = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    pairs = one < other
    assert shapely.area(shapely.intersection(boxes[one[pairs]], boxes[other[pairs]])).max(initial=0.0) < 1e-9
    assert shapely.box(*picture.frame.box).contains(boxes).all()


@pytest.mark.parametrize(("paper", "least"), [("A0", 18.0), ("A3", 6.0), ("A4", 6.0)])
def test_no_type_is_too_small(land: Land, paper: str, least: float) -> None:
    sheet, _ = sheet_of(land, None, PAPERS[paper], None, "")
    written = sheet.figure.findobj(Text)
    assert len(written) > 200
    assert min(text.get_fontsize() for text in written) >= least
    width, height = sheet.figure.get_size_inches() * 25.4
    assert all(0 <= text.get_position()[0] <= width and 0 <= text.get_position()[1] <= height for text in written)


def one_grid(metres: float, **more: object) -> Overview:
    """A sub-district of a single square grid, drawn in the plane."""
    square = to_lonlat(polygons("A", size=metres)["A"])
    grid = GridOnMap(
        UUID(int=1), "440106001001001", "甲社区第01网格", "01", GridKind.GENERAL, "440106001001", "", "", square, {}
    )
    return dataclasses.replace(
        sample_overview(10), communities=(), grids=(grid,), base=(), points=(), unassigned={}, **more
    )


@pytest.mark.parametrize(("paper", "scale"), [("A3", 5000), ("A3", 7431), ("A0", 2000), ("A4", 12500)])
def test_what_is_measured_on_the_paper_is_true(paper: str, scale: int, tmp_path: Path) -> None:
    path = tmp_path / "scale.pdf"
    print_map(one_grid(800.0), path, paper=paper, scale=scale)
    content = pypdf.PdfReader(path).pages[0].get_contents()
    assert content is not None
    drawn = re.findall(rb"((?:[-\d.]+ [-\d.]+ [ml]\n?\s*){4})h", content.get_data())
    sizes = []
    for path_of_four in drawn:
        xy = np.array(re.findall(rb"([-\d.]+) ([-\d.]+) [ml]", path_of_four), dtype=float) / MM
        sizes.append(tuple(np.round(np.ptp(xy, axis=0), 2).tolist()))
    wanted = 800_000 / scale
    assert any(size == pytest.approx((wanted, wanted), abs=0.011) for size in sizes), set(sizes)


def test_equal_values_make_an_equal_file(data: Overview, tmp_path: Path) -> None:
    for ending in ("pdf", "png"):
        files = [tmp_path / f"{number}.{ending}" for number in range(2)]
        for file in files:
            print_map(data, file, area=COMMUNITY, paper="A4")
        assert files[0].read_bytes() == files[1].read_bytes()


def test_the_order_of_grids_does_not_matter(data: Overview, tmp_path: Path) -> None:
    turned = dataclasses.replace(
        data,
        grids=data.grids[::-1],
        points=tuple(
            dataclasses.replace(each, grid=np.where(each.grid < 0, -1, len(data.grids) - 1 - each.grid))
            for each in data.points
        ),
    )
    print_map(data, tmp_path / "a.pdf", area=GRID, paper="A4")
    print_map(turned, tmp_path / "b.pdf", area=GRID, paper="A4")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_every_font_is_inside_the_file(data: Overview, tmp_path: Path) -> None:
    path = tmp_path / "fonts.pdf"
    print_map(data, path, area=COMMUNITY)
    fonts = pypdf.PdfReader(path).pages[0]["/Resources"]["/Font"]
    assert fonts
    for font in (each.get_object() for each in fonts.values()):
        assert "/ToUnicode" in font, "searchable"
        assert font["/Subtype"] == "/Type3" or "/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"]
        assert "NotoSansCJKsc" in font["/BaseFont"] or "SourceHan" in font["/BaseFont"]


def test_a_picture_is_as_large_as_the_paper(data: Overview, tmp_path: Path) -> None:
    path = tmp_path / "grid.png"
    print_map(data, path, area=DEDICATED, paper="A4")
    header = path.read_bytes()[16:24]
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:])
    assert (width, height) == pytest.approx((297 / 25.4 * 200, 210 / 25.4 * 200), abs=1)


def test_an_atlas_has_a_sheet_for_every_grid(data: Overview, tmp_path: Path) -> None:
    few = dataclasses.replace(data, grids=data.grids[6:1:-1], points=())
    done: list[int] = []
    path = tmp_path / "atlas.pdf"
    assert print_atlas(few, path, progress=done.append) == 5
    assert done == [1, 2, 3, 4, 5]
    pages = pypdf.PdfReader(path).pages
    for page, grid in zip(pages, sorted(few.grids, key=lambda grid: grid.code), strict=True):
        text = page.extract_text()
        assert f"{grid.name}区域分布示意图" in text
        assert f"/grids/{grid.code}" in text


def test_nothing_in_a_text_is_a_command(data: Overview, tmp_path: Path) -> None:
    plan = r"$\frac{1}{2}$ \alpha x^2 {a}_b %d ${x} `y` </script> C:\path\2019"
    print_map(dataclasses.replace(data, plan=plan), tmp_path / "plan.pdf", paper="A0")
    assert f"方案名：{plan}" in read(tmp_path / "plan.pdf")


def test_hostile_names_break_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printable = tuple(payload.replace("😀", "") for payload in overview_sample.PAYLOADS)
    monkeypatch.setattr(overview_sample, "PAYLOADS", printable)
    data = overview_sample.hostile_overview(500)
    for area, paper in ((None, "A0"), (data.grids[0].code, "A4")):
        print_map(data, tmp_path / "hostile.pdf", area=area, paper=paper, approval=printable[2])
        assert printable[2] in read(tmp_path / "hostile.pdf")


def test_ten_thousand_hostile_strings_are_printed_as_they_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    pieces = [
        "${",
        "}",
        "`",
        "\\",
        "$",
        "</script>",
        "\u2028",
        "\u202e",
        "_{",
        "^",
        "\\frac",
        "{{",
        "%s",
        "'",
        '"',
        "网格",
    ]
    hostile = ["".join(rng.choice(pieces, size=4)) + f"#{number}" for number in range(10_000)]
    sheet = Sheet(PAPERS["A4"])
    for number, text in enumerate(hostile):
        sheet.text(5 + 1.9 * (number % 150), 2 + 3 * (number // 150), text, 6.0, where="hostile")
    written = sheet.figure.findobj(Text)
    assert [text.get_text() for text in written] == [plain(text) for text in hostile]
    assert not any(text.get_parse_math() or text.get_usetex() for text in written)
    few = Sheet(PAPERS["A4"])
    for line in range(0, 400, 10):
        few.text(5, 5 + line / 2, "".join(hostile[line : line + 10]), 6.0, where="hostile")
    few.figure.savefig(tmp_path / "hostile.pdf")
    assert set(re.findall(r"#(\d+)", read(tmp_path / "hostile.pdf"))) == {str(number) for number in range(400)}


@pytest.mark.parametrize("field", ["name", "short", "four_limits", "worker"])
def test_a_character_without_a_glyph_is_refused_with_its_place(data: Overview, field: str, tmp_path: Path) -> None:
    grid = next(each for each in data.grids if each.code == GRID)
    text = "网\ue000格"
    grids = tuple(dataclasses.replace(each, **{field: text}) if each is grid else each for each in data.grids)
    changed = dataclasses.replace(data, grids=grids)
    with pytest.raises(BadInput, match=r"U\+E000") as refused:
        print_map(changed, tmp_path / "x.pdf", area=GRID if field != "short" else COMMUNITY[:-1] + "2")
    assert refused.value.evidence["where"]
    assert not (tmp_path / "x.pdf").exists()


def test_a_land_without_grids_or_an_unknown_code_is_refused(data: Overview, tmp_path: Path) -> None:
    with pytest.raises(NoPlan):
        print_map(dataclasses.replace(data, grids=()), tmp_path / "x.pdf")
    for code in ("440106001099", "440106001001999", "440106001", ""):
        with pytest.raises(NotFound):
            print_map(data, tmp_path / "x.pdf", area=code)


def test_a_table_or_title_or_number_that_does_not_fit_is_refused(data: Overview, tmp_path: Path) -> None:
    many = tuple(dataclasses.replace(data.communities[0], code=f"44010600{n:04d}") for n in range(200))
    with pytest.raises(BadInput, match="larger --paper"):
        print_map(dataclasses.replace(data, communities=many), tmp_path / "x.pdf", paper="A4")
    with pytest.raises(BadInput, match="title"):
        print_map(dataclasses.replace(data, subdistrict_name="街" * 300), tmp_path / "x.pdf")
    with pytest.raises(BadInput, match="approval"):
        print_map(data, tmp_path / "x.pdf", approval="1" * 200)


@pytest.mark.parametrize("name", ["x.svg", "x", "x.html"])
def test_only_what_can_be_printed_is(data: Overview, name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.pdf"):
        print_map(data, tmp_path / name)
    with pytest.raises(BadInput, match=r"\.pdf"):
        print_atlas(data, tmp_path / name)


def test_a_bare_land_is_printed_all_the_same(data: Overview, tmp_path: Path) -> None:
    bare = dataclasses.replace(data, base=(BaseLayer("roads", (), ()),), points=(), unassigned={}, maker="", plan="")
    picture = print_map(bare, tmp_path / "bare.pdf")
    assert picture.base == frozenset()
    assert picture.shown == {}


def test_a_grid_too_small_for_a_label_has_a_number_and_a_key(data: Overview, tmp_path: Path) -> None:
    sliver = shapely.box(113.3, 23.13, 113.30002, 23.1302)
    thin = dataclasses.replace(data.grids[0], code="440106001001998", name="解放路社区窄条网格", shape=sliver)
    more = dataclasses.replace(data, grids=(*data.grids, thin))
    picture = print_map(more, tmp_path / "thin.pdf", paper="A4")
    place = next(index for index, grid in enumerate(prepare(more).grids) if grid.code == thin.code)
    assert place in picture.numbered
    assert "窄条网格" in read(tmp_path / "thin.pdf")


def land_of(rows: str, metres: float) -> Land:
    """A land whose grids have no numbers, so that labels are as short as can be, drawn as letters."""
    shapes = polygons(rows, metres)
    letters = sorted(shapes)
    blank = one_grid(100.0)
    grids = tuple(
        dataclasses.replace(
            blank.grids[0],
            id=UUID(int=number),
            code=f"{blank.grids[0].community_code}{number:03d}",
            name=f"示范社区第{number:02d}网格",
            short=f"{number:02d}",
            shape=to_lonlat(shapes[letter]),
        )
        for number, letter in enumerate(letters, start=1)
    )
    return prepare(dataclasses.replace(blank, grids=grids))


# Twenty-four narrow strips between two wide grids: none has room for two digits.
STRIPS = "\n".join(["A" * 60 + "cdefghijklmnopqrstuvwxyz" + "B" * 60] * 30)


@pytest.mark.parametrize("paper", ["A0", "A3"])
def test_every_grid_of_a_dense_plan_has_a_label_or_a_number(land: Land, paper: str) -> None:
    strips = land_of(STRIPS, 14.0)
    for dense, some in ((land, False), (strips, True)):
        sheet, picture = sheet_of(dense, None, PAPERS[paper], None, "")
        assert len(picture.labels) + len(picture.numbered) == len(dense.grids)
        assert picture.unlabelled == ()
        assert (len(picture.numbered) >= 24) or not some
        shapes = picture.frame.shapes_to_paper(dense.shapes)
        discs = [shapely.Point(disc.x, disc.y).buffer(disc.radius) for disc in picture.numbered.values()]
        labels = [shapely.box(*block.box()) for block in picture.labels.values()]
        for index, disc in picture.numbered.items():
            assert shapes[index].contains(shapely.Point(disc.grid))
            line = shapely.LineString([disc.grid, (disc.x, disc.y)])
            assert not shapely.intersects(labels, line).any()
        for one in range(len(discs)):
            assert not shapely.intersects(discs[one], [*labels, *discs[:one]]).any()
            assert picture.frame.box.left < discs[one].bounds[0] < discs[one].bounds[2] < picture.frame.box.right
        numbers = [disc.number for disc in picture.numbered.values()]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        written = [text.get_text() for text in sheet.figure.findobj(Text)]
        for index, disc in picture.numbered.items():
            assert written.count(str(disc.number)) >= 2  # on the map and in the key
            assert any(tail(dense.grids[index].name, "示范社区") in text for text in written)


def test_numbers_without_end_leave_the_table_its_room(data: Overview) -> None:
    wide = tuple(dataclasses.replace(grid, name="网" * 60, short="网" * 60, numbers={}) for grid in data.grids)
    _, picture = sheet_of(prepare(dataclasses.replace(data, grids=wide)), None, PAPERS["A4"], None, "")
    assert len(picture.numbered) > 100


# --- what lies around -----------------------------------------------------------------------------------------------


def surrounded(data: Overview) -> Overview:
    """The same sub-district between four others, one on each side."""
    west, south, east, north = shapely.total_bounds(np.array([grid.shape for grid in data.grids], dtype=object))
    middle, far = ((west + east) / 2, (south + north) / 2), 0.05
    corners = ((west, south), (east, south), (east, north), (west, north))
    out = tuple((x + np.sign(x - middle[0]) * far, y + np.sign(y - middle[1]) * far) for x, y in corners)
    land = shapely.union_all([grid.shape for grid in data.grids])
    return dataclasses.replace(
        data,
        neighbours=tuple(
            Neighbour(
                f"44010600{side + 2}",
                f"{name}街道",
                shapely.Polygon([middle, out[side], out[(side + 1) % 4]]).difference(land),
            )
            for side, name in enumerate("蓟渭皖蔚")
        ),
    )


@pytest.mark.parametrize("paper", ["A0", "A4"])
def test_the_names_of_the_sub_districts_next_door_stand_outside_the_border(data: Overview, paper: str) -> None:
    land = prepare(surrounded(data))
    sheet, picture = sheet_of(land, None, PAPERS[paper], None, "")
    outline = picture.frame.shapes_to_paper(np.array([land.outline]))[0]
    written = [text for text in sheet.figure.findobj(Text) if shapely.box(*picture.frame.box).contains(place(text))]
    for name in "渭蔚":  # the land stands in the middle of a lying sheet: there is room on both sides
        letters = [text for text in written if text.get_text() == name]
        assert letters
        assert all(not outline.contains(place(text)) for text in letters)
    assert shapely.length(land.between).sum() > 0
    boxes = shapely.box(*picture.boxes.T)
    one, other = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    pairs = one < other
    assert shapely.area(shapely.intersection(boxes[one[pairs]], boxes[other[pairs]])).max(initial=0.0) < 1e-9


def place(text: Text) -> shapely.Point:
    return shapely.Point(*text.get_position())


def test_a_grid_at_the_border_says_which_sub_district_is_next_door(data: Overview, tmp_path: Path) -> None:
    land = prepare(surrounded(data))
    at = shapely.dwithin(land.shapes, land.beside[0][1], 1.0)
    for index in (int(np.argmax(at)), int(np.argmin(shapely.distance(land.shapes, land.outline.centroid)))):
        code = land.grids[index].code
        print_map(surrounded(data), tmp_path / "grid.pdf", area=code, paper="A4")
        assert ("相邻街道：蓟街道" in read(tmp_path / "grid.pdf")) == bool(at[index])
