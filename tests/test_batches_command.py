"""`gridmap batch`: a list from its first case to the year of the units, on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from casework_walks import report
from office import lonlat

from gridmap.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

YESTERDAY = str((datetime.now(UTC) - timedelta(days=1)).date())


@pytest.fixture(autouse=True)
def command(shared_office: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE", shared_office)
    monkeypatch.setenv("USER", "wang")
    monkeypatch.delenv("SUDO_USER", raising=False)


def test_the_whole_way(client: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lon, lat = lonlat(50, 250)
    one, two = sorted(report(client, lon=lon, lat=lat)["number"] for _ in range(2))

    def told(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run(["batch", *words]) == code
        said = capsys.readouterr()
        return said.err if code else said.out

    def given(*words: str) -> Any:
        return json.loads(told(*words, "--json"))

    number = given("open", "--name", "三月民生事项")["batch"]["number"]
    assert f"{number} 三月民生事项: 网格收单; 0 cases" in told("list", "--open")
    assert told("list", "--ended") == ""
    told("act", number, "列入", one, two)
    assert "conflict" in told("act", number, "列入", one, code=2)
    told("next", number)
    assert "2 cases are not settled" in told("next", number, code=2)
    told("act", number, "分单", one, two, "--unit", "区城管局")
    told("next", number, "--by", "zhao")
    assert "may: 缓议" in told("show", number)
    told("act", number, "同意", one, "--role", "审批领导")
    told("act", number, "缓议", two, "--reason", "下次再议")
    minutes = tmp_path / "纪要.txt"
    minutes.write_text("\ufeff同意1件，缓议1件。\n", encoding="utf-8")
    met = ("--meeting", YESTERDAY, "--minutes-file", str(minutes))
    assert "not both" in told("next", number, *met, "--minutes", "x", code=2)
    assert given("next", number, *met)["minutes"] == "同意1件，缓议1件。"
    assert "领单 区城管局" in told("act", number, "领单", one, "--role", "承办单位联络员", "--by", "李联络")
    told("next", number)
    assert "满意 1" in told("act", number, "评价", one, "--rating", "满意")
    found = given("next", number)
    assert found["batch"]["ended"]
    assert [(step["act"], step["actor"]) for step in found["steps"][-3:]] == [
        ("转入下一单", "wang"),
        ("评价", "wang"),
        ("办结", "wang"),
    ]
    assert f"{number} 三月民生事项: ended at 群众评单" in told("list")
    assert "区城管局: 1 claimed, 1 rated; 满意 1" in told("results", YESTERDAY[:4])
    assert given("results", YESTERDAY[:4])[0]["grade"] == "好"
    sheet, year = tmp_path / "五单.xlsx", tmp_path / "年度.xlsx"
    assert "1 cases, 1 that have left" in told("export", number, "-o", str(sheet))
    told("results", YESTERDAY[:4], "-o", str(year))
    assert openpyxl.load_workbook(sheet).sheetnames == ["五单清单", "经过", "说明"]
    assert openpyxl.load_workbook(year).sheetnames == [f"{YESTERDAY[:4]}年单位领单评价"]
    assert "ends in .xlsx" in told("export", number, "-o", str(tmp_path / "x.csv"), code=2)
    assert "not_found" in told("show", "1999-001", code=2)
    minutes.write_bytes("纪要".encode("gb18030"))
    assert "UTF-8" in told("next", number, *met, code=2)
