#!/usr/bin/env python3
"""Write the reference pages that are made from the program itself.

Run as `.venv/bin/python scripts/reference.py`; `tests/test_docs.py` fails when a page is not what this writes.
"""

from __future__ import annotations

import inspect
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.app import create_app
from api.problems import status_of
from gridmap import errors
from gridmap.cli.main import cli
from gridmap.config import Settings
from gridmap.files.vocabulary import aliases, coordinate_columns, label
from gridmap.model.kinds import KINDS, FieldType, Shape
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridmap.model.kinds import Field, Kind

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTE = "<!-- Written by scripts/reference.py. Change the program, then run it. -->"

ABOUT_KINDS = """\
What `gridmap import KIND FILE` takes and `gridmap export KIND` gives. A kind may be named by its plural, its singular
or its Chinese word. The key identifies a record, so that importing a file twice changes nothing. Kinds marked in the
last column get a grid.

Column names are compared without blanks, asterisks, underscores, colons, case, full-width forms and a bracket at the
end (`联系电话（必填）` is `联系电话`). The English field name is always recognised, and `--map FIELD=COLUMN` goes
before all of them. The first name is the one on exports."""

ABOUT_COMMANDS = """\
Every command explains itself with `--help`. Settings come from the [environment](settings.md)."""

EXIT_CODES = [
    ("0", "done"),
    ("1", "done, and the answer is no: no coverage, rows refused, a point in no grid"),
    ("2", "not done; the last line is `code: message`, see [errors](errors.md)"),
    ("130", "interrupted; what was finished is kept"),
]

ABOUT_ERRORS = """\
The command line prints `code: message` and leaves with exit code 2. The API answers `application/problem+json`
(RFC 9457) with the same `code`, the message in `detail` and the facts in `evidence`. Codes are stable, messages not.

The API alone adds `method_not_allowed` (405), `bad_request` (other refusals before our code is reached) and `internal`
(500, with a `request_id` that stands in the log; no detail leaves the server)."""

ABOUT_API = """\
`gridmap serve` answers on 127.0.0.1 only, since there are no accounts yet. Positions are lon/lat EPSG:4490 unless a
`crs` says otherwise, names and telephone numbers are masked, failures are [problem+json](errors.md). The same
description for programs: `GET /api/v1/openapi.json`.

What changes anything (every method but GET, HEAD and OPTIONS) is refused with 403 `forbidden` where a browser says that
the page of another site asks for it: an `Origin` that is neither the host that was asked nor
[`GRIDMAP_PUBLIC_URL`](settings.md), or `Sec-Fetch-Site: cross-site`. Programs send neither."""


def page(title: str, *parts: str) -> str:
    """Put a page together, a blank line between its parts."""
    return "\n\n".join([NOTE, f"# {title}", *(part.strip() for part in parts)]) + "\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Lay out a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


# --- kinds ------------------------------------------------------------------------------------------------------------

SHAPES = {
    Shape.NONE: "no position",
    Shape.POINT: "a point",
    Shape.LINE: "a line",
    Shape.POLYGON: "a polygon",
    Shape.ANY: "a point, line or polygon",
}
TYPES = {
    FieldType.TEXT: "text",
    FieldType.CODE: "code (text)",
    FieldType.INTEGER: "whole number",
    FieldType.NUMBER: "number",
    FieldType.BOOLEAN: "yes or no",
    FieldType.DATE: "date",
    FieldType.DATETIME: "date and time",
}


def kinds_page() -> str:
    """Describe every kind of record: fields, key, recognised columns."""
    overview = [
        (
            f"[`{kind.name}`](#{kind.name})",
            kind.chinese,
            SHAPES[kind.shape],
            ", ".join(f"`{name}`" for name in kind.key),
            "yes" if kind.assigned else "",
        )
        for kind in KINDS
    ]
    head = ("kind", "中文", "position", "key", "gets a grid")
    return page("Kinds of record", ABOUT_KINDS, table(head, overview), *(kind_section(kind) for kind in KINDS))


def kind_section(kind: Kind) -> str:
    """Describe one kind."""
    rows = [
        (f"`{field.name}`", label(kind, field.name), meaning(field), "、".join(aliases(kind, field.name)[1:]))
        for field in kind.fields
    ]
    rows += [
        (f"`{name}`", label(kind, name), "position", "、".join(aliases(kind, name)[1:]))
        for name in coordinate_columns(kind)
    ]
    return f"## {kind.name}\n\n{kind.chinese}\n\n" + table(("field", "column", "is", "also recognised"), rows)


def meaning(field: Field) -> str:
    """Say how a field is read."""
    words = [TYPES[field.type]]
    if field.choices:
        words = [" or ".join(f"`{choice}`" for choice in field.choices)]
    if field.required:
        words.append("**required**")
    if field.mask:
        words.append("masked")
    return ", ".join(words)


# --- command line -----------------------------------------------------------------------------------------------------


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Walk through a command and its subcommands."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path[-1])
        for name in command.list_commands(context):
            subcommand = command.get_command(context, name)
            assert subcommand is not None  # noqa: S101 -- it was just listed
            yield from commands(subcommand, (*path, name))


def cli_page() -> str:
    """Describe every command with its options, as `--help` does."""
    sections = [command_section(path, command) for path, command in commands(cli, ("gridmap",))]
    return page("Command line", ABOUT_COMMANDS, table(("exit code", "means"), EXIT_CODES), *sections)


def command_section(path: tuple[str, ...], command: click.Command) -> str:
    """Describe one command."""
    context = click.Context(command, info_name=" ".join(path))
    usage = " ".join([" ".join(path), *command.collect_usage_pieces(context)])
    prose, _, rest = inspect.cleandoc(command.help or "").partition("\b\n")
    examples = [line.strip() for line in rest.splitlines() if line.strip() not in {"", "Examples:"}]
    parts = [f"## {' '.join(path)}", f"```\n{usage}\n```", prose.strip()]
    if command.epilog:
        parts.append(inspect.cleandoc(command.epilog))
    if examples:
        parts.append("\n".join(["```", *examples, "```"]))
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    records = [record for option in options if (record := option.get_help_record(context))]
    if records:
        parts.append(table(("option", "does"), [(f"`{name}`", text) for name, text in records]))
    return "\n\n".join(parts)


# --- errors -----------------------------------------------------------------------------------------------------------


def error_classes() -> list[type[errors.GridmapError]]:
    """List every named error."""
    members = vars(errors).values()
    classes = [member for member in members if isinstance(member, type) and issubclass(member, errors.GridmapError)]
    return [found for found in classes if found is not errors.GridmapError]


def errors_page() -> str:
    """Describe every error code."""
    rows = [
        (f"`{error.code}`", str(status_of(error(""))), inspect.cleandoc(error.__doc__ or "").split("\n\n")[0])
        for error in error_classes()
    ]
    return page("Errors", ABOUT_ERRORS, table(("code", "HTTP status", "means"), rows))


# --- API --------------------------------------------------------------------------------------------------------------


def openapi() -> dict[str, Any]:
    """Give the description of the API, by an application on an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "empty.db")
        Database.create(target).close()
        return create_app(Settings(database=target)).openapi()


def api_page() -> str:
    """Describe every route, then the values that they answer with."""
    description = openapi()
    schemas = description["components"]["schemas"]
    sections = [
        route_section(method.upper(), path, operation, schemas)
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    ]
    answers = [value_section(name, schema) for name, schema in schemas.items() if f"(#{name.lower()})" in str(sections)]
    values = set(answers)
    while (
        nested := {
            value_section(name, schema) for name, schema in schemas.items() if f"(#{name.lower()})" in str(values)
        }
        - values
    ):
        values |= nested
    return page("API", ABOUT_API, *sections, "## Values", *sorted(values))


def route_section(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Describe one route."""
    parts = [f"## {method} {path}", inspect.cleandoc(operation.get("description") or operation["summary"])]
    rows = [
        value_row(item["name"], item["in"], item["schema"], item["required"])
        for item in operation.get("parameters", [])
    ]
    example = ""
    sent = operation.get("requestBody", {}).get("content", {})
    if sent and "application/json" not in sent:
        kind, media = next(iter(sent.items()))
        rows.append(("", "body", f"`{kind}`", media["schema"].get("description", "")))
    elif sent:
        reference = sent["application/json"]["schema"]["$ref"]
        schema = schemas[reference.rsplit("/", 1)[1]]
        needed = schema.get("required", [])
        rows += [value_row(name, "body", item, name in needed) for name, item in schema["properties"].items()]
        example = json.dumps(schema["example"], ensure_ascii=False, indent=2)
    if rows:
        parts.append(table(("name", "in", "type", "is"), rows))
    if example:
        parts.append(f"```json\n{example}\n```")
    return "\n\n".join([*parts, answers_sentence(operation["responses"])])


def answers_sentence(responses: dict[str, Any]) -> str:
    """Say what a route answers with."""
    good = next(code for code in responses if code.startswith("2"))
    kind, content = next(iter(responses[good].get("content", {"": {}}).items()))
    what = type_of(content["schema"]) if kind == "application/json" else f"`{kind}`" if kind else "nothing"
    problems = ", ".join(code for code in responses if code >= "400")
    return f"Answers {good}: {what}." + (f" Problems: {problems}." if problems else "")


def value_row(name: str, place: str, schema: dict[str, Any], required: bool) -> tuple[str, ...]:  # noqa: FBT001 -- a cell
    """Describe one value that a route takes."""
    notes = [schema.get("description", "")]
    if schema.get("default") not in (None, ""):
        notes.append(f"Default `{schema['default']}`.")
    return f"`{name}`", place, type_of(schema) + (", **required**" if required else ""), " ".join(filter(None, notes))


def value_section(name: str, schema: dict[str, Any]) -> str:
    """Describe one value that a route answers with."""
    rows = [(f"`{field}`", type_of(item), item.get("description", "")) for field, item in schema["properties"].items()]
    return "\n\n".join([f"### {name}", schema.get("description", ""), table(("field", "type", "is"), rows)])


def type_of(schema: dict[str, Any]) -> str:
    """Name the type of a value in a word or two."""
    if "anyOf" in schema:
        return " or ".join(type_of(choice) for choice in schema["anyOf"])
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if schema.get("type") == "array":
        kinds = [schema["items"]] if "items" in schema else schema["prefixItems"]  # the second is a fixed row
        return "list of " + ", ".join(dict.fromkeys(type_of(each) for each in kinds))
    return str(schema.get("format") or schema.get("type", "any"))


PAGES: dict[str, Callable[[], str]] = {
    "api.md": api_page,
    "cli.md": cli_page,
    "errors.md": errors_page,
    "kinds.md": kinds_page,
}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")


if __name__ == "__main__":
    main()
