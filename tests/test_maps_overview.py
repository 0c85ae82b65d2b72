"""The overview page as text: what it carries, what it never does. What it looks like is in tests/browser."""

from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from overview_sample import hostile_overview, sample_overview

from gridmap.errors import SetupMissing
from gridmap.services.overview_values import MEASURES, BaseLayer, PointLayer
from maps import assets
from maps.drawing import draw
from maps.overview import overview_page
from maps.shapes import DisplayCoverage, shape_columns
from maps.shell import OfflineMap

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.services.overview_values import Overview


class Elements(HTMLParser):
    """Collects the elements of a page with their attributes, and the text of its data blocks."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: dict[str, str] = {}
        self._block: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._block = dict(attrs).get("id") if tag == "script" else None

    def handle_data(self, data: str) -> None:
        if self._block:
            self.blocks[self._block] = self.blocks.get(self._block, "") + data

    def handle_endtag(self, _: str) -> None:
        self._block = None


@pytest.fixture(scope="module")
def data() -> Overview:
    return sample_overview(2_000)


@pytest.fixture(scope="module")
def page(data: Overview) -> str:
    return overview_page(data)


def test_equal_values_make_an_equal_page(data: Overview, page: str) -> None:
    assert overview_page(data) == page
    assert overview_page(sample_overview(2_000)) == page


def test_the_page_asks_for_nothing(page: str) -> None:
    for tag, attributes in Elements(page).found:
        for name in ("src", "href", "srcset", "poster", "action", "formaction", "ping", "background"):
            target = attributes.get(name) or ""
            assert target.startswith(("data:", "#")) or not target, (tag, name, target)
        assert tag not in {"iframe", "object", "embed", "base", "form"}
        assert "style" not in attributes, "an inline style needs a hole in the policy"
        assert not any(name.startswith("on") for name in attributes)
    styles = re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)
    assert styles
    for style in styles:
        assert "@import" not in style
        assert all(target.startswith(("data:", "#")) for target in re.findall(r"url\(([^)]*)\)", style))


def test_a_file_states_its_own_policy(page: str) -> None:
    policy = next(
        attributes["content"] or ""
        for tag, attributes in Elements(page).found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy


def test_with_a_nonce_every_script_and_style_carries_it(data: Overview) -> None:
    served = Elements(overview_page(data, nonce="n-0+/="))
    code = [attributes for tag, attributes in served.found if tag in {"script", "style"} and "id" not in attributes]
    assert len(code) >= 5
    assert all(attributes.get("nonce") == "n-0+/=" for attributes in code)
    assert not any(attributes.get("http-equiv") for _, attributes in served.found)


def test_making_a_page_leaves_folium_as_it_was(page: str) -> None:
    assert page
    assert OfflineMap.default_js == []
    assert OfflineMap.default_css == []


def test_the_page_says_what_a_map_must_say(page: str) -> None:
    for words in (
        "示范街道一张图",
        "2025年网格划分方案",
        "2025-06-30",
        "2025-07-01",
        "示意图，不作为权属依据",
        "演示数据",
    ):
        assert words in page


def test_the_table_has_the_totals_first(data: Overview, page: str) -> None:
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page.partition("<tbody>")[2], re.DOTALL)
    cells = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", rows[0], re.DOTALL)]
    assert cells == ["合计", str(len(data.grids)), *(f"{data.totals[key]:,}" for key, _ in MEASURES)]
    assert len(rows) == 1 + len(data.communities) + 1  # and those in no grid


def test_unknown_is_not_zero(data: Overview) -> None:
    unknown = dataclasses.replace(data.communities[0], numbers={"households": 0})
    drawing = draw(dataclasses.replace(data, communities=(unknown, *data.communities[1:])))
    assert drawing.document["communities"][0]["numbers"] == [0, *[None] * (len(MEASURES) - 1)]


def test_what_the_page_carries_is_what_was_given(data: Overview, page: str) -> None:
    document = json.loads(Elements(page).blocks["gridmap-data"])
    assert [grid["code"] for grid in document["grids"]] == sorted(grid.code for grid in data.grids)
    assert {layer["kind"]: layer["count"] for layer in document["points"]} == {
        layer.kind: len(layer.lonlat) for layer in data.points
    }


def test_points_keep_their_grid_though_grids_are_sorted(data: Overview) -> None:
    drawing = draw(data)
    for layer in data.points:
        column = drawing.columns[f"{layer.kind}.grid"]
        carried = [drawing.document["grids"][index]["code"] if index >= 0 else "" for index in column]
        given = [data.grids[index].code if index >= 0 else "" for index in layer.grid]
        assert sorted(carried) == sorted(given)


def test_neighbouring_grids_have_different_colours(data: Overview) -> None:
    colours = draw(data).columns["grids.colours"]
    shapes = np.array([grid.shape for grid in sorted(data.grids, key=lambda grid: grid.code)], dtype=object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    border = shapely.length(shapely.intersection(shapes[one], shapes[other]))
    for first, second in zip(one[border > 1e-5], other[border > 1e-5], strict=True):
        assert first == second or colours[first] != colours[second]
    assert colours.max() < 4


def test_label_circles_lie_inside(data: Overview) -> None:
    coverage = DisplayCoverage(np.array([grid.shape for grid in data.grids], dtype=object))
    centres, radii = coverage.label_circles()
    places = shapely.points(coverage.plane.project(centres))
    assert shapely.contains(coverage.plane_shapes, places).all()
    assert (shapely.distance(shapely.boundary(coverage.plane_shapes), places) >= radii - 0.002).all()


def test_shared_borders_stay_shared_when_thinned(data: Overview) -> None:
    coverage = DisplayCoverage(np.array([grid.shape for grid in data.grids], dtype=object))
    assert shapely.coverage_is_valid(coverage.plane_shapes)
    assert shapely.coverage_is_valid(coverage.lonlat)


def test_rings_are_laid_out_without_their_closing_vertex() -> None:
    shapes = polygons(
        """
        AAA
        ABA
        AAA
        """,
        size=1.0,
    )
    laid = shape_columns("s", np.array([shapes["A"], shapes["B"], shapely.Polygon()], dtype=object), (0, 0))
    assert laid["s.rings"].tolist() == [2, 1, 0]
    assert laid["s.sizes"].tolist() == [4, 4, 4]
    assert set(zip(laid["s.x"][:4].tolist(), laid["s.y"][:4].tolist(), strict=True)) == {
        (x, y) for x in (0, 3_000_000) for y in (0, 3_000_000)
    }


def test_an_overview_without_grids_says_so(data: Overview) -> None:
    empty = dataclasses.replace(data, communities=(), grids=(), base=(), points=(), totals={}, unassigned={})
    assert "没有可显示的网格" in overview_page(empty)


def test_layers_without_records_are_no_trouble(data: Overview) -> None:
    nothing = PointLayer("shops", np.empty((0, 2)), np.empty(0, dtype=np.int64), ())
    bare = dataclasses.replace(
        data, base=(BaseLayer("roads", (), ()), BaseLayer("waters", (), ())), points=(nothing,), unassigned={}
    )
    drawing = draw(bare)
    assert drawing.document["points"] == [{"kind": "shops", "count": 0}]
    assert len(drawing.columns["roads.x"]) == 0


def test_a_community_without_grids_keeps_its_outline(data: Overview) -> None:
    outline = shapely.box(113.30, 23.12, 113.31, 23.13)
    lonely = dataclasses.replace(data.communities[0], code="440106001099", name="待划分社区", shape=outline)
    columns = draw(dataclasses.replace(data, communities=(*data.communities, lonely))).columns
    assert columns["communities.rings"][-1] == 1
    assert columns["communities.sizes"][-1] == 4


def test_hostile_names_never_leave_the_data_block() -> None:
    hostile = overview_page(hostile_overview(500))
    elements = Elements(hostile)
    assert not any(tag in {"img", "svg-x"} or "onerror" in attributes for tag, attributes in elements.found)
    code = re.findall(r"<script(?![^>]*\bid=)[^>]*>(.*?)</script>", hostile, re.DOTALL)
    assert not any("__ran" in script for script in code)
    document = json.loads(elements.blocks["gridmap-data"])
    assert document["title"] == hostile_overview(500).title


def test_a_missing_library_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lookups").mkdir()
    monkeypatch.setattr(assets, "data_dir", lambda: tmp_path)
    with pytest.raises(SetupMissing, match=r"scripts/demo") as refused:
        assets.library("leaflet", "dist/leaflet.js")
    assert refused.value.evidence["asset"] == "node_modules/leaflet/LICENSE"


def test_images_of_a_library_style_are_put_inside() -> None:
    style = assets.library("leaflet", "dist/leaflet.css")
    assert "url(data:image/png;base64," in style
    assert "url(images/" not in style


@pytest.mark.parametrize("points", [100_000])
def test_the_file_of_a_hundred_thousand_points_is_small(points: int) -> None:
    assert len(overview_page(sample_overview(points)).encode("utf-8")) < 1_500_000
