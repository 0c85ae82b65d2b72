"""What is not documented does not exist: commands, options, settings, routes, error codes; links lead somewhere."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from api.app import create_app
from gridmap import errors
from gridmap.cli.main import cli
from gridmap.config import Settings
from gridmap.model.kinds import KINDS
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")

API_ALONE = ("method_not_allowed", "bad_request", "internal")

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def reference_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFERENCE_SCRIPT = reference_script()


def section(page: Path, heading: str) -> str:
    _, found, rest = page.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    assert found, f"{page.name} has no section {heading!r}: run scripts/reference.py"
    return rest.partition("\n## ")[0]


def all_commands(command: click.Command = cli, path: str = "gridmap") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            subcommand = command.get_command(context, name)
            assert subcommand is not None
            yield from all_commands(subcommand, f"{path} {name}")


COMMANDS = dict(all_commands())


@pytest.mark.parametrize("name", REFERENCE_SCRIPT.PAGES)
def test_a_written_page_is_what_the_program_says(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == REFERENCE_SCRIPT.PAGES[name](), f"docs/reference/{name} is old: run scripts/reference.py"


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_is_documented(path: str) -> None:
    text = section(REFERENCE / "cli.md", path)
    for parameter in COMMANDS[path].params:
        names = parameter.opts if isinstance(parameter, click.Option) else [(parameter.name or "").upper()]
        for name in names:
            assert name in text, f"{path} {name}"


@pytest.mark.parametrize("path", [path for path, command in COMMANDS.items() if not isinstance(command, click.Group)])
def test_every_command_says_what_it_does_with_examples(path: str) -> None:
    command = COMMANDS[path]
    assert command.help
    assert f"{path} " in command.help.partition("Examples:")[2] + " "
    for option in command.params:
        assert not isinstance(option, click.Option) or option.help, f"{path} {option.opts[0]} has no help"


def test_every_setting_is_documented() -> None:
    text = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    for field in dataclasses.fields(Settings):
        assert f"`{field.name}`" in text
    source = "".join(
        file.read_text(encoding="utf-8") for top in ("gridmap", "api", "maps") for file in (ROOT / top).rglob("*.py")
    )
    for variable in set(re.findall(r"\bGRIDMAP_[A-Z_]+\b", source)):
        assert f"`{variable}`" in text


def test_every_route_is_documented(tmp_path: Path) -> None:
    target = str(tmp_path / "empty.db")
    Database.create(target).close()
    paths = create_app(Settings(database=target)).openapi()["paths"]
    assert len(paths) >= 10
    for path, operations in paths.items():
        for method in operations:
            assert section(REFERENCE / "api.md", f"{method.upper()} {path}")


def error_codes(base: type[errors.GridmapError] = errors.GridmapError) -> Iterator[str]:
    for error in base.__subclasses__():
        yield error.code
        yield from error_codes(error)


def test_every_error_code_is_documented_and_means_one_thing() -> None:
    codes = list(error_codes())
    assert len(codes) == len(set(codes))
    text = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    for code in codes:
        assert f"| `{code}` |" in text


def test_every_error_code_has_its_sentence_on_the_screens() -> None:
    """A page answers a refusal in Chinese, from one table; `detail` is for programs and never shown."""
    scripts = ROOT / "data" / "assets" / "js"
    table = (scripts / "problems.js").read_text(encoding="utf-8").partition("const CODES = {")[2].partition("};")[0]
    sentences = dict(re.findall(r"^ +(\w+): '([^']+)'", table, re.MULTILINE))
    listed = re.findall(r"^\| `(\w+)` \|", (REFERENCE / "errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(sentences) == sorted({*listed, *error_codes(), *API_ALONE})
    assert not [words for words in sentences.values() if not re.match(r"[\u4e00-\u9fff]", words)]
    for script in scripts.rglob("*.js"):
        text = re.sub(r"//.*", "", script.read_text(encoding="utf-8"))
        said = re.search(r"[.{,] *detail\b|\berror\.message\b", text)
        assert not said, f"{script.name} shows what is for programs: say it with gridmap.problems"


def test_every_kind_and_field_is_documented() -> None:
    for kind in KINDS:
        text = section(REFERENCE / "kinds.md", kind.name)
        assert kind.chinese in text
        for field in kind.fields:
            assert f"`{field.name}`" in text


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.relative_to(ROOT)} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.relative_to(ROOT)} links to {link}"


def written_commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        if page == REFERENCE / "cli.md":
            continue
        for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                words = re.sub(r"^(\$ )?(\w+=\S+ )*", "", line.strip())
                if words.startswith("gridmap "):
                    yield str(page.relative_to(ROOT)), words


@pytest.mark.parametrize(("page", "line"), sorted(set(written_commands())))
def test_every_command_in_the_docs_can_be_typed(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    path = words.pop(0)
    while words and f"{path} {words[0]}" in COMMANDS:
        path = f"{path} {words.pop(0)}"
    command = COMMANDS[path]
    assert not isinstance(command, click.Group), f"{page}: {line}"
    known = {name for option in command.params for name in option.opts} | {"--help", "-h"}
    for word in words:
        if word.startswith("-") and not re.fullmatch(r"-?[\d.]+", word):
            assert word.partition("=")[0] in known, f"{page}: {line}"


def test_the_number_of_kinds_is_told_as_it_is() -> None:
    told = re.compile(r"(\d+) (?:\[kinds of record\]|\[类记录\]|kinds of record)")
    pages = (*READMES, ROOT / "CHANGELOG.md")
    assert [told.findall(page.read_text(encoding="utf-8")) for page in pages] == [[str(len(KINDS))]] * 3


def test_both_readmes_have_the_same_parts() -> None:
    english, chinese = (page.read_text(encoding="utf-8") for page in READMES)

    def headings(text: str) -> list[int]:
        return [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]

    def rows(text: str) -> int:
        return len(re.findall(r"^\| ", text, re.MULTILINE))

    def targets(text: str) -> list[str]:
        return [link for link in _LINK.findall(text) if not link.startswith("README")]

    assert headings(english) == headings(chinese)
    assert rows(english) == rows(chinese)
    assert targets(english) == targets(chinese)
    assert [re.sub(r"#.*", "", block) for block in _BLOCK.findall(english)] == [
        re.sub(r"#.*", "", block) for block in _BLOCK.findall(chinese)
    ]
