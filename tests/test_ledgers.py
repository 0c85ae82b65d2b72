"""Rates, 六定台账 and the report: every case in one group, every number made of its rows."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from office import MOVED, client_of, code, load, lonlat, open_office, write_csv, write_grids

from gridmap import runner
from gridmap.access import Scope
from gridmap.cli.main import run
from gridmap.errors import BadInput
from gridmap.model.moments import SHANGHAI
from gridmap.services.case_given import Ask
from gridmap.services.case_ledger import LedgerCase, Period, ledger_cases
from gridmap.services.casework import move_case
from gridmap.services.ledgers import Traced, report_document, report_parts, write_ledger
from gridmap.services.rates import GROUPS, RATES, grouped, rates_by

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.services.rates import Group
    from gridmap.storage.database import Database

EVERYTHING = Scope.everything("tester")
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
NOW = datetime(2026, 7, 1, 12, tzinfo=SHANGHAI)
HEADER = ["工单编号", "诉求标题", "诉求类别", "来电时间", "办结时限", "工单状态", "办结时间", "经度", "纬度"]
# number, category, reported, deadline, state, closed, where
ROWS: list[tuple[str, str, str, str, str, str, tuple[float, float] | None]] = [
    ("A1", "漏水", "2026-01-05 09:00", "2026-01-09 18:00", "已结案", "2026-01-08 10:00", (50, 250)),
    ("A2", "漏水", "2026-01-06 09:00", "2026-01-09 18:00", "已结案", "2026-01-12 10:00", (150, 250)),
    ("A3", "供暖", "2026-02-06 09:00", "2026-02-09 18:00", "处置中", "", (250, 250)),
    ("A4", "供暖", "2026-02-07 09:00", "2026-02-10 18:00", "作废", "2026-02-08 09:00", (250, 250)),
    ("A5", "停车难", "2026-02-08 09:00", "2026-02-20 18:00", "长期推进", "", (650, 50)),
    ("A6", "漏水", "2026-03-08 09:00", "2026-03-12 18:00", "待受理", "", None),
]


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Database:
    open_office(database, tmp_path)
    rows = [
        [number, "积水", category, told, due, state, closed, *(_degrees(place))]
        for number, category, told, due, state, closed, place in ROWS
    ]
    path = write_csv(tmp_path / "rows.csv", HEADER, rows)
    report = runner.run_intake(database, path, "tester", crs="EPSG:4490").report
    assert (report.total, report.added) == (6, 6)
    return database


def _degrees(place: tuple[float, float] | None) -> list[str]:
    return [f"{value:.10f}" for value in lonlat(*place)] if place else ["", ""]


def rates_of(group: Group) -> dict[str, tuple[int, int]]:
    return {rate.name: (len(rate.counted), len(rate.of)) for rate in group.rates}


def test_the_rates_of_six_cases_counted_by_hand(office: Database) -> None:
    with office.transaction("tester") as tx:
        whole, *groups = rates_by(tx, EVERYTHING, YEAR, "community")
    assert whole.reported == ("A1", "A2", "A3", "A5", "A6")  # A4 is void
    assert whole.due == ("A1", "A2", "A3", "A6")  # A5 has no date to keep
    assert (whole.closed, whole.overdue, whole.unknown) == (("A1", "A2"), ("A3", "A6"), ())
    assert rates_of(whole) == {
        "响应率": (4, 5),
        "处置率": (2, 5),
        "结案率": (2, 4),
        "按期结案率": (1, 4),
        "解决率": (2, 5),
        "满意率": (0, 0),
    }
    assert {group.name: len(group.reported) for group in groups} == {"解放路社区": 3, "建设路社区": 1, "未归格": 1}


def test_a_rating_counts_where_the_case_was_rated(office: Database) -> None:
    with office.transaction("tester", write=True) as tx:
        for number, outcome in (("A1", "满意"), ("A2", "不满意")):
            move_case(tx, EVERYTHING, number, Ask("评价", "受理派单员", "王示范", outcome=outcome))
    with office.transaction("tester") as tx:
        (whole,) = rates_by(tx, EVERYTHING, YEAR, "all")
    assert rates_of(whole)["满意率"] == (1, 2)
    assert rates_of(whole)["解决率"] == (1, 5)
    assert rates_of(whole)["按期结案率"] == (1, 4)  # rating it later did not close it again


def test_after_a_redraw_cases_are_read_by_the_grids_of_the_day_or_of_today(office: Database, tmp_path: Path) -> None:
    load(office, "grids", write_grids(tmp_path, MOVED, "moved.geojson"))
    with office.transaction("tester") as tx:
        day, today = (
            {case.number: case.grid for case in ledger_cases(tx, EVERYTHING, YEAR, grids=grids)}
            for grids in ("day", "today")
        )
    assert day["A2"] == code("A")
    assert today["A2"] == code("B")
    assert {number for number in day if day[number] != today[number]} == {"A2"}


def test_the_workbook_has_a_line_for_each_case(office: Database, tmp_path: Path) -> None:
    path = tmp_path / "六定台账.xlsx"
    with office.transaction("tester", write=True) as tx:
        assert write_ledger(tx, EVERYTHING, YEAR, path) == (5, 2)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:2] == ["六定台账", "销号台账"]
    lines = list(book["六定台账"].iter_rows(min_row=2, values_only=True))
    assert [line[1] for line in lines] == ["A1", "A2", "A3", "A5", "A6"]
    assert lines[0][5] == "2026-01-09 18:00前"
    assert lines[3][5] == "长期推进"
    assert lines[0][6] == "李**"
    struck = list(book["销号台账"].iter_rows(min_row=2, values_only=True))
    assert [(line[1], line[7]) for line in struck] == [("A1", "按期"), ("A2", "超期")]


def test_every_number_of_the_report_leads_to_its_rows(office: Database) -> None:
    with office.transaction("tester", write=True) as tx:
        paper = docx.Document(io.BytesIO(report_document(tx, EVERYTHING, YEAR)))
    assert_traced(paper, {row[0] for row in ROWS})


def assert_traced(paper: Any, known: set[str]) -> None:
    annex = {row.cells[0].text: row.cells for row in paper.tables[-1].rows[1:]}
    text = "".join(paragraph.text for paragraph in paper.paragraphs)
    told = re.findall(r"(\d+)(\[\d+\])", text)
    assert {mark for _, mark in told} == set(annex)
    for number, mark in told:
        rows = [] if annex[mark][3].text == "无" else annex[mark][3].text.split("、")
        assert len(rows) == int(number) == int(annex[mark][2].text)
        assert set(rows) <= known


def test_a_period_that_ends_before_it_begins_is_refused(office: Database) -> None:
    with office.transaction("tester") as tx:
        with pytest.raises(BadInput):
            rates_by(tx, EVERYTHING, Period(date(2026, 2, 1), date(2026, 1, 1)))
        with pytest.raises(BadInput):
            rates_by(tx, EVERYTHING, YEAR, "colour")
        with pytest.raises(BadInput):
            rates_by(tx, EVERYTHING, YEAR, grids="tomorrow")


def test_who_sees_no_area_counts_nothing(office: Database) -> None:
    with office.transaction("tester") as tx:
        (whole,) = rates_by(tx, Scope("nobody"), YEAR, "all")
    assert whole.reported == ()


def test_the_api_and_the_commands(
    office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    period = {"since": "2026-01-01", "until": "2026-12-31"}
    with client_of(office.name) as client:
        groups = client.get("/api/v1/rates", params=period).json()
        assert groups[0]["reported"] == 5
        assert client.get("/api/v1/ledgers.xlsx", params=period).content[:2] == b"PK"
        assert client.get("/api/v1/reports.docx", params=period).content[:2] == b"PK"
        assert client.get("/api/v1/rates", params=period | {"by": "colour"}).status_code == 422
    monkeypatch.setenv("GRIDMAP_DATABASE", office.name)
    words = ["--since", "2026-01-01", "--until", "2026-12-31"]
    assert run(["ledger", *words]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("合计\t5\t4\t2\t2\t0\t80.0%\t40.0%\t50.0%\t25.0%")
    assert run(["ledger", *words, "-o", str(tmp_path / "l.xlsx")]) == 0
    assert run(["report", *words, "-o", str(tmp_path / "r.docx")]) == 0
    assert run(["report", *words, "-o", str(tmp_path / "r.txt")]) == 2


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
STATES = {"待受理": (False, False, False), "处置中": (True, False, False), "已结案": (True, True, True)}


@st.composite
def cases(draw: st.DrawFn) -> list[LedgerCase]:
    found = []
    for number in range(draw(st.integers(0, 25))):
        state = draw(st.sampled_from([*STATES]))
        responded, worked, closed = STATES[state]
        reported = draw(MOMENTS)
        due_in, took = draw(st.none() | st.integers(1, 60)), draw(st.none() | st.integers(1, 90))
        rating = draw(st.sampled_from(["", "满意", "基本满意", "不满意"])) if closed else ""
        place = draw(st.sampled_from("甲乙丙"))
        found.append(
            LedgerCase(
                number=f"N{number}",
                title="积水",
                address="",
                category=draw(st.sampled_from(["漏水", "供暖"])),
                source=draw(st.sampled_from(["12345热线", "数字城管"])),
                month=f"{reported:%Y-%m}",
                state=state,
                level="网格",
                holder="",
                worker="",
                reported_at=reported,
                deadline=reported + timedelta(days=due_in) if due_in else None,
                closed_at=reported + timedelta(days=took) if closed and took else None,
                void=draw(st.booleans()),
                responded=responded,
                worked=worked,
                closed=closed,
                long_term=draw(st.booleans()),
                rating=rating,
                outcome="",
                grid=place,
                grid_name=place,
                community=place,
                section=place,
            )
        )
    return found


@given(cases())
def test_groups_part_the_cases_and_rates_are_shares(made: list[LedgerCase]) -> None:
    for by in GROUPS:
        whole, *groups = grouped(made, by, NOW)
        if by != "all":
            assert sorted(number for group in groups for number in group.reported) == sorted(whole.reported)
            assert sum(len(group.closed) for group in groups) == len(whole.closed)
        for group in (whole, *groups):
            assert [rate.name for rate in group.rates] == list(RATES)
            for rate in group.rates:
                assert set(rate.counted) <= set(rate.of) <= set(group.reported)
                assert rate.share is None or 0 <= rate.share <= 1
            assert set(group.closed) | set(group.overdue) == set(group.due)
            assert not set(group.closed) & set(group.overdue)


@given(cases())
def test_the_numbers_of_a_text_are_those_of_its_annex(made: list[LedgerCase]) -> None:
    traced = Traced()
    parts = report_parts(made, NOW, YEAR, "报告", "day", traced)
    text = "".join(getattr(part, "text", "") for part in parts)
    told = re.findall(r"(\d+)(\[\d+\])", text)
    assert [mark for _, mark in told] == [mark for mark, _, _ in traced.notes]
    for (number, _), (_, _, rows) in zip(told, traced.notes, strict=True):
        assert int(number) == len(set(rows)) == len(rows)
