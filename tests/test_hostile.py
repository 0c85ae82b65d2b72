"""Ten thousand hostile texts through every field: pages, answers, tiles, files and prints hold them as text."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import replace
from html.parser import HTMLParser
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pypdf
import pytest
from hostile import COUNT, RUN, WITHOUT_GLYPH, filled, hostile_texts
from hostile_office import FIELDS, fill_hostile_office
from mvt_reading import read_tile
from office import GRID_OF, client_of, code, lonlat
from openpyxl import load_workbook
from overview_sample import sample_overview

from gridmap.access import Scope
from gridmap.errors import BadInput
from gridmap.files.cells import unguard
from gridmap.model.kinds import ASSIGNED_KINDS, kind_named
from gridmap.services.details import MOST_CARDS, record_details
from gridmap.services.exports import export_rows
from gridmap.services.tiles import TILE_LAYERS
from gridmap.storage import registers
from gridmap.storage.database import Database
from maps import mvt
from maps.drawing import draw
from maps.escape import inert, json_block
from maps.overview import overview_page
from maps.printing import print_map
from maps.printing.fonts import face, plain
from maps.tiling import to_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

TEXTS = hostile_texts()
EVERYTHING = Scope.everything("tester")


class Skeleton(HTMLParser):
    """What a page consists of, without its texts: elements with the names of their attributes; and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.shown: list[str] = []
        self.blocks: dict[str, str] = {}
        self._inside: tuple[str, str] = ("", "")
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self._inside = (tag, dict(attrs).get("id") or "")

    def handle_endtag(self, _: str) -> None:
        self._inside = ("", "")

    def handle_data(self, data: str) -> None:
        tag, name = self._inside
        if tag in {"script", "style"}:
            self.blocks[name] = self.blocks.get(name, "") + data
        else:
            self.shown.append(data)

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment", (data,)))


# --- where text enters a page ---------------------------------------------------------------------------------------


def test_the_texts_are_ten_thousand_and_hostile() -> None:
    assert len(set(TEXTS)) == COUNT == 10_000
    assert sum(RUN in text for text in TEXTS) > 2_000
    assert not any("\0" in text for text in TEXTS)
    assert hostile_texts() == TEXTS


def test_every_text_stays_text_in_html_and_in_json_blocks() -> None:
    page = Skeleton("".join(f'<p title="{inert(text)}">{inert(text)}</p>' for text in TEXTS))
    assert page.elements == [("p", ("title",))] * COUNT
    assert "".join(page.shown) == "".join(TEXTS)
    block = json_block({text: text for text in TEXTS})
    assert not set(block) & set("<>&\u2028\u2029")
    assert list(json.loads(block)) == TEXTS


# --- the file that needs nothing ------------------------------------------------------------------------------------


def test_a_map_of_hostile_names_has_the_elements_of_any_map() -> None:
    data = sample_overview(12_000)
    hostile = filled(data, cycle(TEXTS))
    assert sum(len(layer.labels or ()) for layer in hostile.points) > COUNT
    plain = Skeleton(overview_page(filled(data, (f"名{number}" for number in range(100_000)))))
    page = Skeleton(overview_page(hostile))
    assert page.elements == plain.elements
    assert set(page.blocks) == set(plain.blocks)
    for name in set(page.blocks) - {"gridmap-data", "gridmap-columns", "gridmap-labels"}:
        assert RUN not in page.blocks[name]
    document = json.loads(page.blocks["gridmap-data"])
    drawn = draw(hostile)
    assert document == json.loads(json.dumps(drawn.document | {"columns": document["columns"]}))


# --- the office -----------------------------------------------------------------------------------------------------


class Office:
    """A database full of hostile texts, what its files said, and a client of its API."""

    def __init__(self, target: str, database: Database, client: TestClient, written: dict[str, Any]) -> None:
        self.target, self.database, self.client, self.written = target, database, client, written
        with database.transaction("tester") as tx:
            self.rows = {
                kind: [row for chunk in registers.read_chunks(tx, EVERYTHING, kind_named(kind)) for row in chunk]
                for kind in FIELDS
            }
        self.stored = {str(row[field]) for kind, rows in self.rows.items() for row in rows for field in FIELDS[kind][1]}


@pytest.fixture(scope="module")
def office(module_target: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    database = Database.open(module_target)
    written = fill_hostile_office(database, tmp_path_factory.mktemp("hostile"))
    with client_of(module_target) as client:
        yield Office(module_target, database, client, written)
    database.close()


def test_the_database_holds_what_the_files_said(office: Office) -> None:
    """Only control characters and space at the ends are lost, forms of characters in codes, and what looks masked."""
    control = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))
    for kind, rows in office.rows.items():
        fields = [field for field in kind_named(kind).fields if field.name in FIELDS[kind][1]]
        for row in rows:
            said = office.written[kind][row[kind_named(kind).key[0]]]
            for field in fields:
                if field.mask and "*" in said[field.name]:
                    assert row[field.name] is None  # taken for masked, which must not overwrite what is known
                elif field.type.value == "text":
                    assert row[field.name] == said[field.name].translate(control).strip(), (kind, field.name)
                else:
                    assert row[field.name]
                    assert row[field.name].rpartition("#")[2] == said[field.name].rpartition("#")[2]


def test_served_pages_run_only_our_own_scripts(office: Office) -> None:
    for path in ("/", "/map", *(f"/grids/{code(letter)}" for letter in GRID_OF)):
        answer = office.client.get(path)
        assert answer.status_code == 200, path
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        page = Skeleton(answer.text)
        for tag, attributes in page.elements:
            assert tag not in {"img", "iframe", "object", "embed", "base", "form", "comment"}, (path, tag)
            assert not any(name.startswith("on") for name in attributes), (path, tag)
            if tag in {"script", "style"}:
                assert {"nonce", "type"} & set(attributes), (path, tag)
        assert RUN not in "".join(text for name, text in page.blocks.items() if not name.startswith("gridmap-"))


def test_lists_and_cards_carry_the_texts_of_the_database(office: Office) -> None:
    listed = 0
    for kind in ASSIGNED_KINDS:
        for letter in GRID_OF:
            answer = office.client.get(f"/api/v1/grids/{code(letter)}/records", params={"kind": kind.name})
            assert answer.status_code == 200, answer.text
            records = answer.json()["records"]
            listed += len(records)
            for record in records:
                assert record["title"] in office.stored
        every = [str(row["id"]) for row in office.rows[kind.name]]
        for ids in (every[at : at + MOST_CARDS] for at in range(0, len(every), MOST_CARDS)):
            answer = office.client.get(f"/api/v1/details/{kind.name}", params={"id": ids})
            assert answer.headers["Content-Type"] == "application/json"
            assert {each["id"] for each in answer.json()} == set(ids)
            assert {each["title"] for each in answer.json()} <= office.stored
    assert listed == sum(len(office.rows[kind.name]) for kind in ASSIGNED_KINDS)


def test_details_of_every_record_can_be_given(office: Office) -> None:
    asked = ("compounds", "buildings", *(kind.name for kind in ASSIGNED_KINDS))
    with office.database.transaction("tester") as tx:
        for kind in asked:
            for row in office.rows[kind][::3]:
                shown = record_details(tx, EVERYTHING, kind, str(row["id"]))
                assert shown.title in office.stored
                assert {"", *office.stored} >= {fact.value for fact in shown.facts if fact.word in {"地址", "类别"}}
    for kind in asked:
        for row in office.rows[kind][:10]:
            answer = office.client.get(f"/api/v1/details/{kind}/{row['id']}")
            assert answer.status_code == 200
            assert answer.json()["title"] in office.stored


def test_any_text_can_be_searched_for(office: Office) -> None:
    for text in TEXTS[:60]:
        assert office.client.get("/api/v1/search", params={"q": text[:60]}).status_code == 200
    for row in office.rows["shops"][:40]:
        words = row["name"].split()
        if 0 < len(" ".join(words)) <= 60 and len(words) <= 5:
            found = office.client.get("/api/v1/search", params={"q": " ".join(words)}).json()
            assert row["name"] in {each["title"] for each in found}


# --- tiles ----------------------------------------------------------------------------------------------------------


def test_a_tile_gives_every_text_back(office: Office) -> None:
    """GDAL takes what comes out of our encoder for what went in."""
    del office
    attributes = mvt.Attributes.of({"id": [str(number) for number in range(COUNT)], "name": TEXTS})
    rows = np.arange(COUNT)
    places = np.stack([rows % 4096, rows // 4096], axis=1)
    name, features, _ = read_tile(mvt.tile("roads", [mvt.points(rows, places)], attributes))
    assert name == "roads"
    assert [feature["name"] for feature in features] == TEXTS


def test_served_tiles_carry_the_names_of_the_database(office: Office) -> None:
    seen = set()
    for layer in TILE_LAYERS:
        for z in (14, 16, 19):
            for x, y in {tuple(np.floor(to_world(np.array([lonlat(*at)]))[0] * 2**z).astype(int)) for at in _LATTICE}:
                answer = office.client.get(f"/tiles/{layer.name}/{z}/{x}/{y}")
                assert answer.status_code in {200, 204}
                name, features, _ = read_tile(answer.content)
                assert name in {"", layer.name}
                seen |= {feature["name"] for feature in features if "name" in feature}
    areas = {values["name"].strip() for kind in ("communities", "grids") for values in office.written[kind].values()}
    of_base = {row["name"] for kind in ("compounds", "roads", "waters", "railways") for row in office.rows[kind]}
    assert len(seen & of_base) > 500
    assert not {text for text in seen - of_base if text.rpartition("#")[2] not in {t.rpartition("#")[2] for t in areas}}


_LATTICE = [(x, y) for x in (120, 580) for y in (70, 230)]


# --- files ----------------------------------------------------------------------------------------------------------


def _export(office: Office, kind: str, path: Path) -> list[dict[str, Any]]:
    with office.database.transaction("tester", write=True) as tx:
        export_rows(tx, EVERYTHING, kind_named(kind), path, crs="EPSG:4490", unmask_reason="核对")
    return office.rows[kind]


@pytest.mark.parametrize("kind", FIELDS)
def test_exports_run_nothing_and_lose_nothing(office: Office, kind: str, tmp_path: Path) -> None:
    rows = _export(office, kind, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.reader(file))
    assert len(cells) == len(rows) + 1
    texts = {cell for line in cells for cell in line}
    assert not {cell for cell in texts if cell[:1] in set("=@\t\r") or (cell[:1] in set("+-") and "#" in cell)}
    said = {row[field] for row in rows for field in FIELDS[kind][1] if row[field]}
    assert {unguard(cell) for cell in texts} >= said

    _export(office, kind, tmp_path / "out.xlsx")
    (sheet,) = load_workbook(tmp_path / "out.xlsx").worksheets
    every = [cell for line in sheet.iter_rows() for cell in line]
    assert "f" not in {cell.data_type for cell in every}
    assert {_lines(str(cell.value)) for cell in every} >= {_lines(text) for text in said}

    _export(office, kind, tmp_path / "out.geojson")
    collection = json.loads((tmp_path / "out.geojson").read_text(encoding="utf-8"))
    assert {value for each in collection["features"] for value in each["properties"].values()} >= said
    _export(office, kind, tmp_path / "out.kml")
    assert pyogrio.read_info(tmp_path / "out.kml", force_feature_count=True)["features"] == len(rows)


def _lines(text: str) -> str:
    """XML has one kind of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


# --- paper ----------------------------------------------------------------------------------------------------------


def test_prints_hold_every_text_or_refuse_it(tmp_path: Path) -> None:
    known = face().font.get_char_index  # of accents on any letter a font need not have all
    printable = cycle([text for text in hostile_texts(more=()) if all(known(ord(sign)) for sign in plain(text))])
    data = sample_overview(300)
    for number, (area, paper, suffix) in enumerate(
        [(None, "A0", ".pdf"), (data.communities[0].code, "A3", ".png"), (data.grids[0].code, "A4", ".pdf")]
    ):
        hostile = filled(data, printable)
        path = tmp_path / f"{number}{suffix}"
        print_map(hostile, path, area=area, paper=paper, approval=next(text for text in printable if len(text) < 40))
        if suffix == ".pdf":
            pages = pypdf.PdfReader(path).pages
            assert len(pages) == 1
            assert f"#{hostile.plan.rpartition('#')[2]}" in pages[0].extract_text()
        assert path.stat().st_size > 10_000
    for sign in WITHOUT_GLYPH:
        with pytest.raises(BadInput, match="no glyph"):
            print_map(replace(data, plan=f"方案{sign}"), tmp_path / "refused.pdf")
    assert not (tmp_path / "refused.pdf").exists()


def test_compressed_tiles_of_hostile_names_are_whole(office: Office) -> None:
    x, y = np.floor(to_world(np.array([lonlat(350, 150)]))[0] * 2**16).astype(int)
    with office.client.stream("GET", f"/tiles/roads/16/{x}/{y}", headers={"Accept-Encoding": "gzip"}) as answer:
        assert read_tile(gzip.decompress(b"".join(answer.iter_raw())))[1]
