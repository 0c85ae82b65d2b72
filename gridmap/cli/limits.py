"""`gridmap limits`: 四至 texts to data and polygons, polygons to texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridmap.cli.common import json_option, print_json
from gridmap.errors import BadInput
from gridmap.services import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHOWN = 5
_SURE = {"exact", "gap_bridged"}
_FIELDS = ("text", "four_limits", "四至范围", "四至")
_AGREED = 0.95

features_option = click.option(
    "--features",
    "layers",
    required=True,
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Layer of named roads, waters, railways or compounds; may be given several times.",
)
layers_crs_option = click.option("--crs", help="Coordinate system of the layers, where they state none.")
output_option = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write GeoJSON to this file."
)


@click.group("limits")
def command() -> None:
    """四至: read the words, draw their polygon, write the words of a polygon.

    \b
    Examples:
      gridmap limits parse 东至联民路、叶联路，南至徐南路，西至前云路，北至砖窑泾
      gridmap limits solve texts.jsonl --features roads.geojson --features water.geojson -o drawn.geojson
      gridmap limits describe grids.geojson --features roads.geojson
    """


@command.command("parse")
@click.argument("text")
@json_option
def parse(text: str, as_json: bool) -> int:
    """Read TEXT, or every line of the file TEXT: sides, features, qualifiers, and where each stands.

    A file has one sentence in a line, or one JSON object with the key `text` or `four_limits`. Exit code 1 when a
    sentence cannot be read or something in it was not understood.

    \b
    Examples:
      gridmap limits parse 东至联民路、叶联路，南至徐南路，西至前云路，北至砖窑泾
      gridmap limits parse texts.jsonl --json
    """
    answers = [_guarded(said, lambda one: limits.parse_json(limits.parse_text(one))) for said in _texts(text)]
    if as_json:
        print_json(answers[0] if len(answers) == 1 else answers)
    else:
        for answer in answers:
            _print_parse(answer)
    return 0 if all("error" not in each and not each["leftovers"] for each in answers) else 1


@command.command("solve")
@click.argument("text")
@features_option
@layers_crs_option
@click.option("--inside", nargs=2, type=float, metavar="LON LAT", help="A point that belongs to the land.")
@output_option
@json_option
def solve(
    text: str,
    layers: tuple[Path, ...],
    crs: str | None,
    inside: tuple[float, float] | None,
    output: Path | None,
    as_json: bool,
) -> int:
    """Draw the polygon of TEXT, or of every line of the file TEXT, along the features of some layers.

    The status is exact, gap_bridged, ambiguous (the candidates are in the answer) or unresolved (what is missing is
    said). Exit code 1 unless all are exact or gap_bridged.

    \b
    Examples:
      gridmap limits solve 东至解放路，南至示范河，西至文昌路，北至中山大道 --features roads.geojson -o drawn.geojson
    """
    around = limits.surroundings_of(_read(layers, crs))
    points = None if inside is None else limits.points_of([inside])
    answers = [_guarded(said, lambda one: limits.solve_text(one, around, points)) for said in _texts(text)]
    if output is not None:
        _write(output, _drawn(answers))
    if as_json:
        print_json(answers[0] if len(answers) == 1 else answers)
    else:
        for answer in answers:
            _print_solution(answer)
    return 0 if all(each.get("status") in _SURE for each in answers) else 1


@command.command("describe")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@features_option
@layers_crs_option
@output_option
@json_option
def describe(file: Path, layers: tuple[Path, ...], crs: str | None, output: Path | None, as_json: bool) -> int:
    """Write the sentence of every polygon of FILE, and say how well the polygon comes back from it.

    Exit code 1 when for one of them the agreement (IoU) is below 0.95.

    \b
    Examples:
      gridmap limits describe grids.geojson --features roads.geojson --features water.geojson --json
    """
    around = limits.surroundings_of(_read(layers, crs))
    layer = _read((file,), crs)[0]
    answers = limits.describe_layer(layer, around)
    if output is not None:
        _write(output, [{"properties": _plain(each), "geometry": each["geometry"]} for each in answers])
    if as_json:
        print_json([_plain(each) for each in answers])
    else:
        for each in answers:
            click.echo(f"{each['name']}: {each['text'] or '-'}")
            click.echo(f"  {each['status']}, IoU {each['agreement']:.3f}, {each['unnamed']:.0f} m unnamed")
    return 0 if all(each["agreement"] >= _AGREED for each in answers) else 1


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "geometry"}


def _texts(text: str) -> Iterator[str]:
    """Give the sentence itself, or those of a file: one in a line, as text or as JSON with a field `text`."""
    path = Path(text)
    try:
        is_file = path.is_file()
    except OSError:  # a sentence may be longer than a name can be
        is_file = False
    if not is_file:
        yield text
        return
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if line.strip():
            yield _sentence(line.strip())


def _sentence(line: str) -> str:
    if not line.startswith("{"):
        return line
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"a line of the file is no JSON ({error}); write a sentence or an object in a line") from error
    found = next((row[name] for name in _FIELDS if isinstance(row.get(name), str)), None)
    if found is None:
        raise BadInput(f"a line of the file has none of the keys {' '.join(_FIELDS)}", line=line[:80])
    return str(found)


def _guarded(text: str, work: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Answer for one sentence; one that cannot be read must not stop the others."""
    try:
        return {"text": text, **work(text)}
    except BadInput as error:
        return {"text": text, "status": "unresolved", "error": error.message}


def _read(paths: tuple[Path, ...], crs: str | None) -> list[Any]:
    from gridmap.files.layers import read_layer  # noqa: PLC0415 -- `parse` needs no file formats

    return [read_layer(path, crs=crs) for path in paths]


def _drawn(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "properties": {"text": answer["text"], "part": part["label"], "status": part["status"], "gap": part["gap"]},
            "geometry": part["geometry"],
        }
        for answer in answers
        for part in answer.get("parts", [])
    ]


def _write(path: Path, features: list[dict[str, Any]]) -> None:
    from gridmap.files.output import replacing  # noqa: PLC0415 -- `parse` needs no file formats

    collection = {"type": "FeatureCollection", "features": [{"type": "Feature", **each} for each in features]}
    with replacing(path) as target:
        target.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")


def _print_parse(answer: dict[str, Any]) -> None:
    click.echo(answer["text"])
    if "error" in answer:
        click.echo(f"  {answer['error']}")
        return
    for part in answer["parts"]:
        if part["label"]:
            click.echo(f"  {part['label']}")
        for limit in part["limits"]:
            click.echo(f"  {limit['side']:<10}{'  '.join(_told(each) for each in limit['mentions'])}")
        for leg in part["legs"]:
            until = " x ".join(each["name"] for each in leg["until"]) or "start"
            click.echo(f"  along {_told(leg['along'])} until {until}")
        if part["missing"]:
            click.echo(f"  missing: {', '.join(part['missing'])}")
    for each in answer["exemptions"]:
        word = "without" if each["excluded"] else "with"
        click.echo(f"  {word} {'  '.join(_told(one) for one in each['mentions']) or 'a part of its own'}")
    for each in answer["leftovers"]:
        click.echo(f"  not understood: {each['text']} ({each['reason']})")


def _told(mention: dict[str, Any]) -> str:
    said = ", ".join([mention["kind"] or "?", *(each["text"] for each in mention["qualifiers"])])
    return f"{mention['name']} ({said})"


def _print_solution(answer: dict[str, Any]) -> None:
    click.echo(f"{answer['text']}\n  {answer['status']}")
    if "error" in answer:
        click.echo(f"  {answer['error']}")
        return
    for part in answer["parts"]:
        if part["hectares"] is not None:
            land = f"{part['hectares']:.2f} ha, border {part['perimeter']:.0f} m, gaps {part['gap']:.0f} m"
            click.echo(f"  {part['label']} {land}" if part["label"] else f"  {land}")
        for side in part["sides"]:
            found = "、".join(side["found"]) if side["found"] else "not found"
            offers = f"; perhaps {'、'.join(side['offers'])}" if side["offers"] else ""
            click.echo(f"  {side['side'] or 'along':<10}{side['name']}: {found}{offers}, {side['metres']:.0f} m")
        for each in part["troubles"]:
            metres = f" {each['metres']:.0f} m" if each["metres"] else ""
            click.echo(f"  {each['kind']} {each['side'] or ''} {each['name']}{metres}")
        if part["status"] == "ambiguous":
            for each in part["candidates"][:_SHOWN]:
                click.echo(f"  candidate {each['hectares']:.2f} ha, score {each['score']:.2f}")
