"""`gridmap map` by the ending of the file: pages for the screen, sheets for paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdf
import pytest

from gridmap.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

COMMUNITY, GRID = "440106001001", "440106001001002"


@pytest.fixture(autouse=True)
def office(shared_office: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE", shared_office)


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (["overview"], "网格区域分布示意图"),
        (["community", COMMUNITY], "解放路社区网格区域分布示意图"),
        (["grid", GRID], "解放路社区第02网格区域分布示意图"),
    ],
)
def test_a_map_for_paper(words: list[str], title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "map.pdf"
    assert run(["map", *words, "-o", str(path), "--paper", "A4", "--scale", "1:7500", "--approval", "粤S1"]) == 0
    assert "on A4 at 1:7500" in capsys.readouterr().out
    text = pypdf.PdfReader(path).pages[0].extract_text()
    assert title in text
    assert "审图号：粤S1" in text


def test_the_printed_code_leads_to_the_page_of_the_grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grid.pdf"
    assert run(["map", "grid", GRID, "-o", str(path), "--paper", "A4"]) == 0
    assert "http" not in pypdf.PdfReader(path).pages[0].extract_text()
    monkeypatch.setenv("GRIDMAP_PUBLIC_URL", "https://g.example/")
    assert run(["map", "grid", GRID, "-o", str(path), "--paper", "A4"]) == 0
    assert f"https://g.example/grids/{GRID}" in pypdf.PdfReader(path).pages[0].extract_text()


def test_a_picture_and_an_atlas(tmp_path: Path) -> None:
    assert run(["map", "community", COMMUNITY, "-o", str(tmp_path / "map.png"), "--paper", "A4"]) == 0
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    assert run(["map", "atlas", "-o", str(tmp_path / "atlas.pdf")]) == 0
    assert len(pypdf.PdfReader(tmp_path / "atlas.pdf").pages) == 5


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["overview", "-o", "x.html", "--paper", "A3"], "bad_input"),
        (["overview", "-o", "x.svg"], "bad_input"),
        (["overview", "-o", "x.pdf", "--scale", "1:500"], "bad_input"),
        (["overview", "-o", "x.pdf", "--scale", "big"], "bad_input"),
        (["community", "440106001", "-o", "x.pdf"], "code_refused"),
        (["grid", COMMUNITY, "-o", "x.html"], "code_refused"),
        (["grid", "440106001001999", "-o", "x.pdf"], "not_found"),
        (["atlas", "-o", "x.png"], "bad_input"),
        (["overview", "-o", "no/where/x.pdf"], "file_refused"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_no_file(
    words: list[str], error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["map", *words]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"{error}: ")
    assert list(tmp_path.iterdir()) == []
