"""属地核实单: what it says of a point, that it is kept as it was said, and that a change of it is seen."""

from __future__ import annotations

import io
import json
import math
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import docx
import numpy as np
import pypdf
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from office import (
    COMMUNITY_OF,
    MOVED,
    client_of,
    code,
    load,
    lonlat,
    open_office,
    to_lonlat,
    write_geojson,
    write_grids,
)
from sqlalchemy import select

from gridmap.access import Scope
from gridmap.cli.main import run
from gridmap.errors import BadInput, NotFound
from gridmap.services.incidents import report_incident
from gridmap.services.jurisdiction import Question, Statement, check_code, get_statement, make_statement
from gridmap.services.reports import Report
from gridmap.space.bearings import EAST, NORTH, SOUTH, WEST, Beside, beside, deciding
from gridmap.storage import tables
from maps.statement import paper_of, rows_of, statement_page

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database, Transaction

EVERYTHING = Scope.everything("tester")
ROADS = {"人民路": [(200, -50), (200, 350)], "解放路": [(-50, 100), (750, 100)], "和平路": [(400, -50), (400, 350)]}
"""人民路 parts A from B, 解放路 both of them from C, 和平路 the communities; metres of the drawing."""


def write_roads(folder: Path) -> Path:
    rows = [
        (to_lonlat(shapely.LineString(line)), {"code": f"R{number}", "name": name})
        for number, (name, line) in enumerate(ROADS.items())
    ]
    return write_geojson(folder / "roads.geojson", rows)


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Database:
    open_office(database, tmp_path)
    load(database, "roads", write_roads(tmp_path))
    return database


def state(tx: Transaction, x: float, y: float, **more: Any) -> Statement:
    lon, lat = lonlat(x, y)
    return make_statement(tx, EVERYTHING, Question(lon=lon, lat=lat, **more))


def test_it_says_whose_land_it_is_and_by_which_side(office: Database) -> None:
    with office.transaction("tester", write=True) as tx:
        made = state(tx, 238, 200, subject="人民路38号")
    said = made.content
    assert said["grid"]["code"] == code("B")
    assert said["distance"] == pytest.approx(38, abs=0.02)
    assert said["side"] == {"name": "人民路", "side": "east", "metres": 38.0, "words": "人民路以东38米"}
    assert said["neighbour"] == {"code": code("A"), "name": "解放路社区第01网格", "metres": 38.0}
    assert "人民路38号" in said["text"]
    assert "位于人民路以东38米" in said["text"]
    assert f"解放路社区第02网格（{code('B')}），距网格边界38.0米，边界另一侧为解放路社区第01网格" in said["text"]
    assert {each["side"]: each["name"] for each in said["sides"]} == {
        "south": "解放路",
        "west": "人民路",
        "east": "和平路",
    }
    assert made.intact
    assert made.unchanged


def test_on_an_edge_outside_and_where_the_position_may_be_off(office: Database) -> None:
    with office.transaction("tester", write=True) as tx:
        edge, outside, vague = state(tx, 200, 200), state(tx, 800, 50), state(tx, 238, 200, accuracy=60)
    assert (edge.content["grid"]["code"], edge.content["reason"]) == (code("A"), "edge")
    assert "界线上" in edge.content["text"]
    assert outside.content["grid"] == {}
    assert outside.content["nearest"]["code"] == code("E")
    assert "不在" in outside.content["text"]
    assert "相距100.0米" in outside.content["text"]
    assert vague.content["doubtful"]
    assert "误差约±60米" in vague.content["text"]


def test_an_old_statement_verifies_after_a_redraw_and_shows_todays_plan_beside_it(
    office: Database, tmp_path: Path
) -> None:
    with office.transaction("tester", write=True) as tx:
        made = state(tx, 150, 200)
        kept = state(tx, 650, 50)
    load(office, "grids", write_grids(tmp_path, MOVED, "moved.geojson"))
    with office.transaction("tester") as tx:
        found = get_statement(tx, EVERYTHING, made.code.lower().replace("-", " "))
        same = get_statement(tx, EVERYTHING, kept.code)
    assert found.content == made.content
    assert found.content["grid"]["code"] == code("A")
    assert found.intact
    assert found.now is not None
    assert found.now.grid_code == code("B")
    assert not found.unchanged
    assert same.unchanged
    rows = dict(rows_of(found))
    assert rows["所属网格"] == f"解放路社区第01网格（{code('A')}）"
    page = paper_of(found, "html").decode()
    assert "校验通过" in page
    assert "归属已调整" in page
    assert "解放路社区第02网格" in page


def test_a_changed_statement_is_seen(office: Database) -> None:
    with office.transaction("tester", write=True) as tx:
        made = state(tx, 238, 200)
    plain = made.code.replace("-", "")
    with office.transaction("tester", write=True) as tx:
        (content,) = tx.connection.exec_driver_sql("SELECT content FROM statement").scalars()
        forged = content.replace("人民路以东38米", "人民路以西38米").replace("'", "''")
        tx.connection.exec_driver_sql(f"UPDATE statement SET content = '{forged}' WHERE code = '{plain}'")
    with office.transaction("tester") as tx:
        found = get_statement(tx, EVERYTHING, made.code)
    assert not found.intact
    assert "校验不通过" in paper_of(found, "html").decode()


def test_an_incident_gives_place_and_day(office: Database) -> None:
    lon, lat = lonlat(238, 200)
    with office.transaction("tester", write=True) as tx:
        report_incident(
            tx, EVERYTHING, Report("积水", address="人民路38号", lon=lon, lat=lat, number="RX1", accuracy=5)
        )
        report_incident(tx, EVERYTHING, Report("积水", number="RX2"))
        made = make_statement(tx, EVERYTHING, Question(incident="RX1"))
        with pytest.raises(BadInput, match="no place yet"):
            make_statement(tx, EVERYTHING, Question(incident="RX2"))
        with pytest.raises(BadInput, match="needs a point"):
            make_statement(tx, EVERYTHING, Question())
        with pytest.raises(BadInput, match="not both"):
            make_statement(tx, EVERYTHING, Question(lon=lon, lat=lat, incident="RX1"))
        with pytest.raises(NotFound):
            make_statement(tx, EVERYTHING, Question(incident="RX3"))
    assert (made.content["incident"], made.content["subject"]) == ("RX1", "人民路38号")
    assert "人民路以东38米" in made.content["text"]


def test_who_sees_no_area_sees_no_statement_but_his_own(office: Database) -> None:
    with office.transaction("tester", write=True) as tx:
        made = state(tx, 238, 200)
    with office.transaction("tester") as tx, pytest.raises(NotFound):
        get_statement(tx, Scope("nobody"), made.code)


def test_who_sees_one_community_is_told_of_other_grids_by_their_codes_alone(office: Database) -> None:
    with office.transaction("tester", write=True) as tx:
        query = select(tables.community.c.id).where(tables.community.c.code == code("B", COMMUNITY_OF))
        own = Scope("tester", frozenset(tx.connection.execute(query).scalars()))
        lon, lat = lonlat(405, 250)
        mine = make_statement(tx, own, Question(lon=lon, lat=lat)).content
        lon, lat = lonlat(395, 250)
        theirs = make_statement(tx, own, Question(lon=lon, lat=lat)).content
        lon, lat = lonlat(-20, 250)
        outside = make_statement(tx, own, Question(lon=lon, lat=lat)).content
    assert mine["grid"]["name"] == "建设路社区第01网格"
    assert mine["neighbour"] == {"code": code("B"), "name": "", "metres": 5.0}
    assert f"边界另一侧为网格{code('B')}" in mine["text"]
    assert theirs["grid"]["code"] == code("B")
    assert f"属{theirs['street']['name']}网格{code('B')}，" in theirs["text"]
    assert theirs["neighbour"]["name"] == "建设路社区第01网格"
    assert f"最近的是网格{code('A')}，" in outside["text"]
    for content in (mine, theirs, outside):
        assert "解放路社区" not in json.dumps(content, ensure_ascii=False)
        named = {each["code"]: each["name"] for each in content["picture"]["grids"]}
        assert all(bool(name) == (number in {code("D"), code("E")}) for number, name in named.items())
    assert dict(rows_of(Statement("", date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), theirs, True)))[
        "所属网格"
    ] == (f"网格{code('B')}")


def test_the_papers_say_what_the_page_says(office: Database) -> None:
    with office.transaction("tester", write=True) as tx:
        made = state(tx, 238, 200, subject="人民路38号 <b>&")
    text = docx.Document(io.BytesIO(paper_of(made, "docx")))
    words = "\n".join(each.text for each in text.paragraphs)
    cells = {row.cells[0].text: row.cells[1].text for row in text.tables[0].rows}
    assert made.content["text"] in words
    assert cells == dict(rows_of(made))
    assert len(text.inline_shapes) == 1
    pdf = pypdf.PdfReader(io.BytesIO(paper_of(made, "pdf", "http://127.0.0.1:8000"))).pages
    assert len(pdf) == 1
    printed = "".join(pdf[0].extract_text().split())
    assert made.code in printed
    assert "人民路以东38米" in printed
    assert "<b>&" not in paper_of(made, "html").decode()


def test_the_api_makes_shows_and_checks(office: Database) -> None:
    lon, lat = lonlat(238, 200)
    with client_of(office.name) as client:
        answer = client.post("/api/v1/statements", json={"lon": lon, "lat": lat, "subject": "人民路38号"})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert client.get(answer.headers["location"]).json() == made
        assert (made["grid_code"], made["side"], made["intact"]) == (code("B"), "人民路以东38米", True)
        word, sheet, page = (client.get(made[name]) for name in ("docx", "pdf", "page"))
        assert (word.status_code, word.content[:2]) == (200, b"PK")
        assert (sheet.status_code, sheet.content[:5]) == (200, b"%PDF-")
        assert "人民路以东38米" in page.text
        assert client.get("/verify/AAAA-BBBB-CCCC-DDDD").status_code == 404
        assert client.get("/api/v1/statements/AAAA").status_code == 404
        assert client.get(f"/api/v1/statements/{made['code']}.doc").status_code == 422
        assert client.post("/api/v1/statements", json={"lon": lon}).status_code == 422
        early = {"lon": lon, "lat": lat, "at": "1999-01-01"}
        assert client.post("/api/v1/statements", json=early).json()["code"] == "no_plan"


def test_the_command(office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE", office.name)
    lon, lat = lonlat(238, 200)
    paper = tmp_path / "属地核实单.docx"
    assert run(["statement", str(lon), str(lat), "-o", str(paper)]) == 0
    said = capsys.readouterr().out.split()[0]
    assert paper.stat().st_size > 10_000
    assert run(["statement", "--verify", said]) == 0
    assert "intact" in capsys.readouterr().out
    assert run(["statement", "--verify", "AAAA"]) == 2
    assert run(["statement", str(lon)]) == 2


@given(x=st.floats(-300, 300), y=st.floats(-300, 300))
def test_a_point_lies_to_the_side_of_a_road_that_it_is_moved_to(x: float, y: float) -> None:
    (seen,) = beside(np.array([x, y]), [shapely.LineString([(-1000, 0), (1000, 0)])])
    assert seen.metres == pytest.approx(abs(y), abs=1e-9)
    assert seen.side == ("" if abs(y) <= 0.5 else NORTH if y > 0 else SOUTH)
    turned = shapely.LineString([(0, -1000), (0, 1000)])
    (seen,) = beside(np.array([x, y]), [turned])
    assert seen.side == ("" if abs(x) <= 0.5 else EAST if x > 0 else WEST)


@given(angle=st.floats(0, math.tau), away=st.floats(1, 900))
def test_sides_are_opposite_when_point_and_feature_change_places(angle: float, away: float) -> None:
    there = np.array([away * math.cos(angle), away * math.sin(angle)])
    (one,) = beside(there, [shapely.Point(0, 0)])
    (other,) = beside(np.zeros(2), [shapely.Point(there)])
    opposite = {EAST: WEST, WEST: EAST, NORTH: SOUTH, SOUTH: NORTH}
    assert other.side == opposite[one.side] or abs(abs(there[0]) - abs(there[1])) < 1e-9


def test_the_feature_along_the_border_decides_before_a_nearer_one() -> None:
    near, along = Beside(0, 10, EAST, 60), Beside(1, 38, WEST, 2)
    assert deciding([near, along]) is along
    assert deciding([near]) is near
    assert deciding([]) is None


def test_any_change_of_the_content_changes_the_code() -> None:
    content = {"id": "a", "lon": 113.1, "grid": {"code": "1"}}
    codes = {check_code(content), check_code(content | {"lon": 113.2}), check_code(content | {"id": "b"})}
    assert len(codes) == 3
    assert check_code(dict(reversed(content.items()))) == check_code(content)


def test_names_on_the_small_map_are_whole_and_on_no_other(office: Database) -> None:
    for x, y in ((50, 250), (198, 250), (350, 50), (650, 50)):
        with office.transaction("tester", write=True) as tx:
            made = state(tx, x, y)
        page = statement_page(made, nonce="n")
        edge = -float(re.findall(r'viewBox="([-0-9.]+) ', page)[0])
        found = re.findall(r'<text x="([-0-9.]+)" y="([-0-9.]+)" font-size="([0-9.]+)"[^>]*>([^<]+)</text>', page)
        assert found
        boxes = []
        for left, top, size, name in found:
            wide, high = float(size) * len(name) / 2, float(size)
            boxes.append((float(left) - wide, float(top) - 0.85 * high, float(left) + wide, float(top) + 0.15 * high))
        assert all(-edge <= a[0] and a[2] <= edge and -edge <= a[1] and a[3] <= edge for a in boxes)
        assert not [
            (a, b)
            for i, a in enumerate(boxes)
            for b in boxes[:i]
            if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        ]
