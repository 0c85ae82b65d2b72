"""Rows of 12345 and 数字城管: each becomes 归格, 边界待核 or 待定位, none is lost, none comes in twice."""

from __future__ import annotations

import csv
import json
import math
import signal
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_rows import Mixed, gazetteer, write_mixed
from office import client_of, code, lonlat, open_office, write_csv
from pulled_plug import Running

from gridmap import runner
from gridmap.access import Scope
from gridmap.cli.main import run as command
from gridmap.errors import BadInput, CoordinatesRefused, CrsRefused, FileRefused, GridmapError
from gridmap.files import write_refusals
from gridmap.services.incidents import get_incident
from gridmap.services.intake import _chinese, profile_of_columns
from gridmap.services.intake_places import Status, TextPlace, texts_of, whereabouts
from gridmap.services.reports import Report

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.runner import IntakeOutcome
    from gridmap.storage.database import Database

EVERYTHING = Scope.everything("tester")
INTERRUPTED_ROWS, CHUNK = 240, 40
ASSIGNED, DOUBTFUL, UNLOCATED = "归格", "边界待核", "待定位"


def take(database: Database, path: Path, **options: Any) -> IntakeOutcome:
    options.setdefault("crs", "EPSG:4490")
    return runner.run_intake(database, path, "tester", geocoder=lambda _: gazetteer, **options)


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Database:
    open_office(database, tmp_path)
    return database


def row_at(number: str, place: tuple[float, float] | None, address: str = "", text: str = "积水") -> list[object]:
    lon, lat = [f"{value:.10f}" for value in lonlat(*place)] if place else ("", "")
    return [number, text, address, lon, lat]


SIMPLE = ["工单编号", "诉求内容", "事发地址", "经度", "纬度"]


def test_every_row_becomes_one_of_three_and_the_counts_add_up(office: Database, tmp_path: Path) -> None:
    mixed = write_mixed(tmp_path / "mixed.csv", 300)
    seen = take(office, mixed.path, dry_run=True).report
    report = take(office, mixed.path).report
    assert report.counts == seen.counts
    assert_adds_up(report.counts, report.total, mixed)
    assert count(office, "incident") == len(mixed.numbers)
    assert count(office, "case_file") == len(mixed.numbers)
    again = take(office, mixed.path).report
    assert (again.added, again.counts[Status.KNOWN]) == (0, len(mixed.numbers))
    assert count(office, "incident") == len(mixed.numbers)


def assert_adds_up(counts: dict[str, int], total: int, mixed: Mixed) -> None:
    ways = mixed.counts
    assert total == sum(counts.values()) == sum(ways.values())
    assert counts[Status.REFUSED] == ways["repeated"] + ways["bad"]
    assert counts[Status.UNLOCATED] == ways["neither"]
    assert counts[Status.ASSIGNED] + counts[Status.DOUBTFUL] == (
        ways["point"] + ways["address"] + ways["both"] + ways["disagree"]
    )
    assert counts[Status.DOUBTFUL] >= ways["disagree"]


def count(database: Database, table: str) -> int:
    with database.transaction("tester") as tx:
        return int(tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_where_point_and_address_disagree_it_says_so_and_asks(office: Database, tmp_path: Path) -> None:
    rows = [
        row_at("A", (155, 160), "人民路16号"),
        row_at("B", (155, 250), "人民路16号"),
        row_at("C", None, "人民路16号"),
        row_at("D", None, "无名巷3号"),
        row_at("E", (900, 150)),
        row_at("F", (198, 250)),
        row_at("G", None),
    ]
    report = take(office, write_csv(tmp_path / "rows.csv", SIMPLE, rows)).report
    said = {each.number: (each.status.value, each.why) for each in report.rows}
    assert said["A"] == (ASSIGNED, "")
    assert said["B"][0] == DOUBTFUL
    assert "相距 100 米，超过两者误差之和 33 米" in said["B"][1]
    assert said["C"] == (ASSIGNED, "")
    assert said["D"] == (UNLOCATED, "地址“无名巷3号”未能定位，请人工定位")
    assert said["E"][0] == DOUBTFUL
    assert "范围之外" in said["E"][1]
    assert said["F"] == (ASSIGNED, "")
    assert said["G"][0] == UNLOCATED
    grids = {each.number: each.grid_code for each in report.rows}
    assert (grids["A"], grids["B"], grids["C"], grids["D"]) == (code("A"), code("A"), code("A"), None)
    with office.transaction("tester") as tx:
        asked = get_incident(tx, EVERYTHING, "B")
        assert asked.assignment is not None
        assert asked.assignment.review  # a queue of what a person has to look at shows it


def test_two_addresses_in_a_text_are_both_kept(office: Database, tmp_path: Path) -> None:
    text = "我住在解放路9号，反映人民路40号门口垃圾无人清理"
    rows = [row_at("A", None, "", text), row_at("B", None, "解放路9号", text), row_at("C", None, "人民路20号", text)]
    take(office, write_csv(tmp_path / "rows.csv", SIMPLE, rows))
    with office.transaction("tester") as tx:
        query = "SELECT i.number, i.address, f.original FROM incident i JOIN case_file f ON f.incident_id = i.id"
        found = {number: (address, json.loads(said)) for number, address, said in tx.connection.exec_driver_sql(query)}
    assert {number: address for number, (address, _) in found.items()} == {
        "A": "人民路40号门口",
        "B": "人民路40号门口",  # the column held the caller's home
        "C": "人民路20号",  # what was given goes before what is told
    }
    assert {said["place"]["home"] for _, said in found.values()} == {"解放路9号"}
    assert found["B"][1]["address"] == "解放路9号"  # as it came
    assert found["A"][1]["place"]["address"]["words"] == "定位到楼栋"


def test_refused_rows_come_back_as_the_same_sheet_with_a_reason(office: Database, tmp_path: Path) -> None:
    header = [*SIMPLE, "来电时间", "办结时限"]
    rows = [
        [*row_at("A", (50, 250)), "2026-03-02 09:30", "2026-03-09 18:00"],
        [*row_at("", (50, 250)), "2026-03-02 09:30", ""],
        [*row_at("B", (50, 250)), "2026-03-02 09:30", "2026-02-09 18:00"],
        [*row_at("C", (50, 250)), "2099-03-02 09:30", ""],
        [*row_at("4.40106E+14", (50, 250)), "2026-03-02", ""],
    ]
    path = write_csv(tmp_path / "rows.csv", header, rows)
    outcome = take(office, path)
    assert outcome.report.counts[Status.REFUSED] == 4
    back = tmp_path / "back.csv"
    assert write_refusals(back, outcome.source, outcome.report.refusals) == 4
    with back.open(encoding="utf-8-sig") as file:
        sheet = list(csv.reader(file))
    assert sheet[0] == [*header, "原因"]
    reasons = [row[-1] for row in sheet[1:]]
    for reason, word in zip(reasons, ("没有填写", "办结时限早于受理时间", "将来", "编码"), strict=True):
        assert word in reason
    assert count(office, "incident") == 1


def test_a_workbook_of_digital_city_management_has_its_own_columns(office: Database, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(
        ["案卷编号", "大类名称", "小类名称", "问题描述", "案发地点", "立案时间", "处置截止时间", "X坐标", "Y坐标"]
    )
    sheet.append(
        [
            "CG1",
            "市容环境",
            "暴露垃圾",
            "路边垃圾",
            "人民路3号",
            "2026-03-02 08:00",
            "2026-03-02 12:00",
            450_050,
            2_560_250,
        ]
    )
    path = tmp_path / "案卷.xlsx"
    book.save(path)
    report = take(office, path, crs="EPSG:4547").report
    assert (report.profile, report.added) == ("数字城管", 1)
    with office.transaction("tester") as tx:
        found = get_incident(tx, EVERYTHING, "CG1")
    assert (found.source, found.category, found.title) == ("数字城管", "暴露垃圾", "路边垃圾")
    assert found.deadline is not None
    assert found.deadline.isoformat() == "2026-03-02T12:00:00+08:00"  # the order's own deadline wins


def test_a_state_that_came_along_is_kept_with_a_first_step(office: Database, tmp_path: Path) -> None:
    header = [*SIMPLE, "来电时间", "工单状态", "办结时间"]
    rows = [
        [*row_at("A", (50, 250)), "2026-03-02 09:30", "已结案", "2026-03-04 10:00"],
        [*row_at("B", (50, 250)), "2026-03-02 09:30", "区里在办", ""],
        [*row_at("C", (50, 250)), "2026-03-02 09:30", "已结案", ""],
    ]
    take(office, write_csv(tmp_path / "rows.csv", header, rows))
    with office.transaction("tester") as tx:
        found = [get_incident(tx, EVERYTHING, number) for number in "ABC"]
    assert [each.state for each in found] == ["已结案", "待受理", "已结案"]
    # C is closed, and nobody knows when: it is neither late nor in time
    assert [each.case.clock for each in found if each.case] == ["正常", "超期", ""]
    assert count(office, "case_step") == 2


def test_coordinates_without_a_system_are_refused_whole(office: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", SIMPLE, [row_at("A", (50, 250))])
    with pytest.raises(CrsRefused):
        take(office, path, crs=None)
    with pytest.raises(FileRefused, match="number"):
        take(office, write_csv(tmp_path / "b.csv", ["诉求内容", "事发地址"], [["积水", "人民路1号"]]))
    assert count(office, "incident") == 0


def test_every_row_that_is_written_leaves_an_audit_row(office: Database, tmp_path: Path) -> None:
    before = count(office, "audit")
    take(office, write_csv(tmp_path / "rows.csv", SIMPLE, [row_at("A", (50, 250)), row_at("B", None)]), dry_run=True)
    assert count(office, "audit") == before
    take(office, tmp_path / "rows.csv")
    assert count(office, "audit") == before + 2


# The command as it is, with a gazetteer, in small chunks, and with the plug pulled where the test says.
PROGRAM = """
import sys
from pulled_plug import after
from gridmap import runner
from gridmap.services import intake
from gridmap.storage import registers, casework
from intake_rows import gazetteer
from gridmap.storage.database import Database
from pathlib import Path
runner.INTAKE_CHUNK = {chunk}
{plug}
database = Database.open(sys.argv[1])
outcome = runner.run_intake(database, Path(sys.argv[2]), "tester", crs="EPSG:4490", geocoder=lambda _: gazetteer)
database.close()
print(outcome.report.total, outcome.report.added)
"""
PLUGS = {
    "in the second chunk, records written": "registers.insert_many = after(registers.insert_many, 2)",
    "in the third chunk, files written": "casework.add_files = after(casework.add_files, 2)",
    "a chunk taken in, before its commit": "intake.take_in = after(intake.take_in, 1)",
}


def test_after_kill_9_the_same_command_brings_the_rest_and_nothing_twice(
    target: str, office: Database, tmp_path: Path
) -> None:
    mixed = write_mixed(tmp_path / "mixed.csv", INTERRUPTED_ROWS)
    kept = [0]
    for name, plug in PLUGS.items():
        killed = run(target, plug, mixed.path)
        assert killed.code == -signal.SIGKILL, (name, killed.err)
        kept.append(count(office, "incident"))
        assert kept[-1] == count(office, "case_file"), name  # nothing half written
    assert kept == sorted(kept)
    assert 0 < kept[1] < kept[2] < len(mixed.numbers)
    done = run(target, "", mixed.path)
    assert done.out.split() == [str(INTERRUPTED_ROWS), str(len(mixed.numbers) - kept[-1])], done.err
    with office.transaction("tester") as tx:
        stored = tx.connection.exec_driver_sql("SELECT number FROM incident ORDER BY number").scalars().all()
    assert stored == sorted(mixed.numbers)


def run(target: str, plug: str, path: Path) -> Running:
    program = PROGRAM.format(chunk=CHUNK, plug=plug)
    return Running(program, [target, str(path)], target, path.parent).wait()


@given(apart=st.floats(0, 500), accuracy=st.floats(0.5, 200), radius=st.floats(0.5, 200), angle=st.floats(0, 6.28))
def test_the_two_disagree_exactly_when_they_are_farther_apart_than_both_may_be_off(
    apart: float, accuracy: float, radius: float, angle: float
) -> None:
    x, y = 350 + apart * math.cos(angle), 150 + apart * math.sin(angle)
    lon, lat = lonlat(350, 150)
    report = Report("积水", address="人民路1号", lon=lon, lat=lat, accuracy=accuracy)
    where = whereabouts(report, texts_of(report), TextPlace(*lonlat(x, y), radius))
    if abs(apart - accuracy - radius) > 0.01:
        assert bool(where.doubt) == (apart > accuracy + radius)
    assert where.position == pytest.approx((lon, lat))  # the point that was given stays where it is


@pytest.mark.parametrize(
    ("columns", "profile"),
    [
        (["工单编号", "来电号码", "诉求内容"], "12345热线"),
        (["案卷编号", "大类名称", "小类名称", "问题描述"], "数字城管"),
        (["甲", "乙"], ""),
    ],
)
def test_the_columns_tell_which_system_exported_them(columns: list[str], profile: str) -> None:
    assert profile_of_columns(columns) == profile


def test_the_api_takes_rows_and_sheets(office: Database, tmp_path: Path) -> None:
    lon, lat = lonlat(50, 250)
    row = {"number": "RX1", "title": "积水", "lon": lon, "lat": lat, "accuracy": 5}
    path = write_csv(tmp_path / "rows.csv", SIMPLE, [row_at("RX1", (50, 250)), row_at("RX2", None), row_at("", None)])
    url = "/api/v1/intake/files"
    words = {"name": "rows.csv", "crs": "EPSG:4490"}
    with client_of(office.name) as client:
        taken = client.post("/api/v1/intake", json={"rows": [row, {"number": "RX9", "title": "积水"}]}).json()
        assert [each["status"] for each in taken["rows"]] == [ASSIGNED, UNLOCATED]
        assert client.post("/api/v1/intake", json={"rows": [row]}).json()["counts"]["已有"] == 1
        assert client.post("/api/v1/intake", json={"rows": [row, row]}).status_code == 422
        seen = client.post(url, params=words | {"dry_run": True}, content=path.read_bytes())
        assert seen.status_code == 200, seen.text
        assert seen.json()["counts"] == {ASSIGNED: 0, DOUBTFUL: 0, UNLOCATED: 1, "已有": 1, "退回": 1}
        assert client.post(url, params=words, content=path.read_bytes()).json()["added"] == 1
        assert client.post(url, params=words, content=path.read_bytes()).json()["added"] == 0
        back = client.post(url, params=words | {"dry_run": True, "answer": "refused"}, content=path.read_bytes())
        (tmp_path / "back.xlsx").write_bytes(back.content)
        sheet = openpyxl.load_workbook(tmp_path / "back.xlsx").active
        assert sheet is not None
        assert sheet.cell(1, sheet.max_column).value == "原因"
        assert sheet.max_row == 2
        assert client.post(url, params=words | {"name": "rows.exe"}, content=b"MZ").status_code == 422
        assert client.post(url, params=words, content=b"").status_code == 422
    assert count(office, "incident") == 3


def test_the_command(office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE", office.name)
    path = write_csv(tmp_path / "rows.csv", SIMPLE, [row_at("RX1", (50, 250)), row_at("", None)])
    assert command(["intake", str(path), "--crs", "EPSG:4490", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["total"], said["added"], said["refused_rows"]) == (2, 1, str(tmp_path / "rows.退回.csv"))
    assert command(["intake", str(path), "--crs", "EPSG:4490"]) == 1
    assert "归格 0, 边界待核 0, 待定位 0, 已有 1, 退回 1" in capsys.readouterr().out


def test_an_export_with_a_title_and_a_column_twice_comes_in_and_says_so(
    office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE", office.name)
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    rows = [
        ["12345热线工单表"],
        [],
        [*SIMPLE[:3], "事发地址"],
        ["RX1", "积水", "示范路1号", "乙"],
        ["", "积水", "", ""],
    ]
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("A1:D1")
    workbook.save(tmp_path / "rows.xlsx")
    notes = [
        "表头取自第 3 行，以上各行未读取",
        "有 2 列都叫“事发地址”：只按列名读第一列，其余改称“事发地址_2”，没有采用；如需改用请加 --map 字段=事发地址_2",
    ]
    with client_of(office.name) as client:
        words = {"name": "rows.xlsx", "dry_run": True}
        content = (tmp_path / "rows.xlsx").read_bytes()
        said = client.post("/api/v1/intake/files", params=words, content=content).json()
        assert said["notes"] == notes
        assert [(each["row"], each["number"], each["status"]) for each in said["rows"]] == [
            (4, "RX1", UNLOCATED),
            (5, "", "退回"),
        ]
    assert command(["intake", str(tmp_path / "rows.xlsx")]) == 1
    told = capsys.readouterr()
    assert all(note in told.out for note in notes)
    assert "row 5" in told.err
    assert count(office, "incident") == 1


@pytest.mark.parametrize(
    "error",
    [
        BadInput("the reporter is odd", field="reporter"),
        BadInput("something is odd"),
        CoordinatesRefused("1 of 1 coordinates (first in row 0, counted from 0) cannot be EPSG:4490", rows=[0]),
    ],
)
def test_why_a_row_is_refused_is_chinese_whatever_the_error(error: GridmapError) -> None:
    assert error.message not in _chinese(error)
    assert "请核对" in _chinese(error)


def test_rows_that_may_be_told_twice_are_named_and_nothing_is_merged(
    office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among rows of one sheet, whatever chunk they come with, and with incidents that were there; a dry run, too."""
    header = [*SIMPLE, "诉求类别", "来电时间", "工单状态"]

    def told(number: str, x: float, day: int, category: str = "漏水", state: str = "") -> list[object]:
        return [*row_at(number, (x, 250)), category, f"2026-03-{day:02d} 09:30", state]

    take(office, write_csv(tmp_path / "before.csv", header, [told("OLD", 60, 1), told("VOID", 60, 1, state="作废")]))
    rows = [
        told("A", 50, 2),
        told("B", 72, 3),  # 22 m from A, 12 m from OLD
        told("C", 85, 2),  # 13 m from B, 25 m from OLD, 35 m from A
        told("LATE", 50, 25),
        told("OTHER", 50, 2, category="噪音扰民"),
        told("ENDED", 52, 2, state="已结案"),
    ]
    path = write_csv(tmp_path / "rows.csv", header, rows)
    monkeypatch.setattr(runner, "INTAKE_CHUNK", 2)
    for options in ({"dry_run": True}, {}):
        report = take(office, path, **options).report
        found = {each.number: each for each in report.rows}
        named = {number: {twin.number for twin in each.duplicates} for number, each in found.items()}
        assert named == {
            "A": {"OLD", "B", "ENDED"},
            "B": {"OLD", "A", "C", "ENDED"},
            "C": {"OLD", "B"},
            "LATE": set(),
            "OTHER": set(),
            "ENDED": {"OLD", "A", "B"},
        }
        assert {number: each.alike for number, each in found.items()} == {key: len(each) for key, each in named.items()}
        assert report.alike == 4
        (old,) = [twin for twin in found["A"].duplicates if twin.number == "OLD"]
        assert (old.row, old.state, old.metres) == (None, "待受理", pytest.approx(10, abs=0.01))
        assert {twin.row for twin in found["A"].duplicates if twin.row} == {found["B"].row, found["ENDED"].row}
    assert take(office, path).report.alike == 0  # nothing is new
    with office.transaction("tester") as tx:
        query = "SELECT count(*) FROM case_file WHERE merged_into IS NOT NULL"
        assert tx.connection.exec_driver_sql(query).scalar_one() == 0


def test_the_command_and_the_api_name_what_may_be_told_twice(
    office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE", office.name)
    path = write_csv(tmp_path / "rows.csv", SIMPLE, [row_at("RX1", (50, 250)), row_at("RX2", (55, 250))])
    assert command(["intake", str(path), "--crs", "EPSG:4490"]) == 0
    out, err = capsys.readouterr()
    assert "疑似重复 2" in out
    assert "row 2 RX1: RX2 (row 3), 5 m" in err
    lon, lat = lonlat(52, 250)
    with client_of(office.name) as client:
        rows = [{"number": "RX3", "title": "积水", "lon": lon, "lat": lat}]
        taken = client.post("/api/v1/intake", json={"rows": rows}).json()
    assert taken["alike"] == 1
    assert {each["number"] for each in taken["rows"][0]["duplicates"]} == {"RX1", "RX2"}
    assert taken["rows"][0]["alike"] == 2
