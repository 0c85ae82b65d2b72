"""Tables of addresses answered at once: the same bytes every time, nothing lost, nothing half written."""

from __future__ import annotations

import csv
import os
import signal
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from office import write_csv
from sqlalchemy import func

from gridmap.address_runner import geocode_table
from gridmap.cli.main import cli
from gridmap.errors import BadInput, FileRefused, SetupMissing
from gridmap.services import geocode_batch
from gridmap.storage.gazetteer_tables import geocode_answer

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database


def answered(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_table_is_answered_once_and_the_same_every_time(address_office: Database, tmp_path: Path) -> None:
    texts = [
        "解放路11号阳光花园3栋1单元101室",
        "解放路11号3栋1单元102",
        "解放路99999号",
        "没有",
        "=1+1",
        "解放路11号阳光花园3栋1单元101室",
    ]
    table = write_csv(tmp_path / "in.csv", ["编号", "地址"], [(f"{number}", text) for number, text in enumerate(texts)])
    first = geocode_table(address_office, table, tmp_path / "one.csv", "tester")
    again = geocode_table(address_office, table, tmp_path / "two.csv", "tester", processes=2)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert (first.rows, first.kept, again.kept) == (6, 0, 6)
    assert first.levels == again.levels
    with (tmp_path / "one.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["地址"].lstrip("'") for row in rows] == texts
    assert rows[0]["匹配级别"] == "户室"
    assert rows[0]["处理"] == "自动采用"
    assert rows[3]["处理"] == "未匹配"
    geocode_table(address_office, table, tmp_path / "one.xlsx", "tester")
    assert (tmp_path / "one.xlsx").stat().st_size > 0


def test_a_better_geocoder_does_not_give_earlier_answers(
    address_office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = write_csv(tmp_path / "in.csv", ["地址"], [("解放路11号",), ("没有",)])
    geocode_table(address_office, table, tmp_path / "one.csv", "tester")
    monkeypatch.setattr("gridmap.services.geocode_batch.EDITION", 10_000)
    assert geocode_table(address_office, table, tmp_path / "two.csv", "tester").kept == 0


def test_an_interrupted_table_goes_on(
    address_office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridmap.address_runner.CHUNK", 2)
    table = write_csv(tmp_path / "in.csv", ["地址"], [(f"解放路{number}号",) for number in range(1, 8)])

    def stop(done: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        geocode_table(address_office, table, tmp_path / "out.csv", "tester", stop)
    assert geocode_table(address_office, table, tmp_path / "out.csv", "tester").kept == 4


def test_a_table_without_addresses_names_its_columns(address_office: Database, tmp_path: Path) -> None:
    table = write_csv(tmp_path / "in.csv", ["甲", "乙"], [("1", "2")])
    with pytest.raises(BadInput, match="甲, 乙"):
        geocode_table(address_office, table, tmp_path / "out.csv", "tester")


PIECES = st.sampled_from(
    ["解放路", "解放路11号", "阳光花园3栋", "光明街216号", "1单元", "101室", "。", "。", " ", "，"]
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.lists(PIECES, min_size=1, max_size=8).map("".join), min_size=1, max_size=4))
def test_the_same_bytes_in_any_chunks_and_with_any_answers_kept(
    address_office: Database, tmp_path: Path, texts: list[str]
) -> None:
    """Also where two rows differ by a mark or by spaces alone."""
    alike = [text.replace("。", ".") for text in texts] + [text + " " * 60 for text in texts]
    table = write_csv(tmp_path / "in.csv", ["地址"], [(text,) for text in texts + alike])
    outputs = set()
    for chunk, kept in ((1, ""), (3, ""), (1000, ""), (2, "0123456789abcdef"), (3, "01234567")):
        with address_office.transaction("tester", write=True) as tx:
            tx.connection.execute(
                geocode_answer.delete().where(func.substr(geocode_answer.c.key, 1, 1).not_in([*kept]))
            )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gridmap.address_runner.CHUNK", chunk)
            geocode_table(address_office, table, tmp_path / "out.csv", "tester")
        outputs.add((tmp_path / "out.csv").read_bytes())
    assert len(outputs) == 1


def test_the_table_that_is_read_is_never_replaced(address_office: Database, tmp_path: Path) -> None:
    table = write_csv(tmp_path / "in.csv", ["地址"], [("解放路11号",)])
    before = table.read_bytes()
    (tmp_path / "same.csv").symlink_to(table)
    for output in (table, tmp_path / "same.csv"):
        with pytest.raises(BadInput, match="name another"):
            geocode_table(address_office, table, output, "tester")
    assert table.read_bytes() == before


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_answer_is_there_whole_or_not_at_all(
    address_office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr("gridmap.address_runner.CHUNK", 2)
    table = write_csv(tmp_path / "in.csv", ["地址"], [(f"解放路{number}号",) for number in range(1, 8)])
    table.write_bytes(table.read_bytes() + '"解放路8号\n'.encode())  # a quote that is never closed
    output = tmp_path / f"out.{ending}"
    output.write_text("earlier", encoding="utf-8")
    with pytest.raises(FileRefused, match="row 9"):
        geocode_table(address_office, table, output, "tester")
    assert output.read_text(encoding="utf-8") == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith((".", "out"))) == [output.name]


def test_a_row_that_does_not_fit_the_header_comes_back_with_its_reason(
    address_office: Database, tmp_path: Path
) -> None:
    table = tmp_path / "in.csv"
    table.write_text("编号,地址\n1,解放路11号\n2,解放路11号,多的\n3,解放路13号\n", encoding="utf-8")
    report = geocode_table(address_office, table, tmp_path / "out.csv", "tester")
    rows = answered(tmp_path / "out.csv")
    assert [row["编号"] for row in rows] == ["1", "2", "3"]
    assert report.rows == 3
    assert rows[1]["处理"] == "未匹配"
    assert "表头有 2 列，多出“多的”" in rows[1]["原因"]
    assert rows[0]["处理"] == rows[2]["处理"] == "自动采用"


def test_a_title_above_the_header_is_no_header(address_office: Database, tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("住户登记表\n2026年11月,,\n编号,家庭住址\n1,解放路11号\n", encoding="utf-8")
    geocode_table(address_office, table, tmp_path / "out.csv", "tester", column="家庭住址")
    (row,) = answered(tmp_path / "out.csv")
    assert (row["编号"], row["匹配级别"]) == ("1", "门牌")


def test_a_table_answered_before_is_answered_anew(address_office: Database, tmp_path: Path) -> None:
    table = write_csv(tmp_path / "in.csv", ["地址"], [("解放路11号",), ("没有",)])
    geocode_table(address_office, table, tmp_path / "one.csv", "tester")
    geocode_table(address_office, tmp_path / "one.csv", tmp_path / "two.csv", "tester")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_process_that_is_killed_is_told_and_the_rest_goes_on(
    address_office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the system does when memory runs out."""
    monkeypatch.setattr("gridmap.address_runner.CHUNK", 2)
    table = write_csv(tmp_path / "in.csv", ["地址"], [(f"解放路{number}号",) for number in range(1, 10)])
    answer = geocode_batch.answer

    def dying(index: object, text: str) -> object:
        if text == "解放路7号":
            os.kill(os.getpid(), signal.SIGKILL)
        return answer(index, text)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(geocode_batch, "answer", dying)
        with pytest.raises(SetupMissing, match="fewer --processes"):
            geocode_table(address_office, table, tmp_path / "out.csv", "tester", processes=2)
    assert not (tmp_path / "out.csv").exists()
    report = geocode_table(address_office, table, tmp_path / "out.csv", "tester", processes=2)
    assert report.rows == 9
    assert report.kept >= 2


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """A lone CR ends no line: one address in, one answer out."""
    lines = tmp_path / "lines.txt"
    lines.write_bytes("\ufeff解放路\r11号\r\n阳光花园3栋\n".encode())
    result = CliRunner().invoke(cli, ["address", "parse", "--labels", str(lines)])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == 2
