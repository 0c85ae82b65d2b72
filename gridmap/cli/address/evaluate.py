"""`gridmap address evaluate` measures the geocoder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.errors import BadInput
from gridmap.services.geocode_evaluation import Evaluation, evaluate_file, evaluate_noise, to_json

if TYPE_CHECKING:
    from gridmap.address.perturb import Half


@click.command("evaluate")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--noise", type=click.IntRange(1), help="Instead of FILE: that many noisy addresses of the gazetteer.")
@click.option(
    "--half", type=click.Choice(["tuned", "reported"]), default="reported", show_default=True, help="Which streets."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the noise.")
@click.option(
    "--save", type=click.Path(dir_okay=False, path_type=Path), help="Write the report, to compare with later."
)
@click.option("--compare", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="An earlier report.")
@json_option
def command(
    file: Path | None,
    noise: int | None,
    half: str,
    seed: int,
    save: Path | None,
    compare: Path | None,
    as_json: bool,
) -> int:
    """Answer the queries of FILE and compare with what it expects.

    FILE is a CSV in the form of geocoder-tester: query, expected_road, expected_number, expected_building, ... and
    expected_coordinate as "lat,lon,tolerance in metres". Exit code 1 when a query that was right before is wrong now.

    \b
    Examples:
      gridmap address evaluate cases.csv --save report.json
      gridmap address evaluate cases.csv --compare report.json
      gridmap address evaluate --noise 20000
    """
    if (file is None) == (noise is None):
        raise BadInput("name a FILE of expected answers, or --noise N", option="FILE")
    scope = Scope.everything(actor())
    with open_database() as database, database.transaction(actor()) as tx:
        if file is not None:
            report = evaluate_file(tx, scope, file, compare)
        else:
            which: Half = "tuned" if half == "tuned" else "reported"
            report = evaluate_noise(tx, scope, noise or 0, half=which, seed=seed, compare=compare)
    if save is not None:
        save.write_text(json.dumps(to_json(report), ensure_ascii=False), encoding="utf-8")
    if as_json:
        print_json({name: value for name, value in to_json(report).items() if name != "right"})
    else:
        _show(report)
    return 1 if report.turned_wrong else 0


def _show(report: Evaluation) -> None:
    scores = report.scores
    click.echo(
        f"{scores.rows:,} queries: {scores.top1:.2%} right, {scores.auto:.2%} accepted at {scores.auto_precision:.2%}, "
        f"numbers in conflict {scores.conflicts:.3%}, ECE {scores.ece:.4f}, radius holds {scores.covered:.2%}"
    )
    click.echo(f"{report.per_second:,.0f} a second, p99 {report.p99_ms} ms")
    for what, groups in (("level", report.by_level), ("kind", scores.by_group)):
        for name, (count, right) in groups.items():
            click.echo(f"  {what} {name:18} {count:>7,}  {right:.2%}")
    for case in report.worst:
        click.echo(f"  wrong {case.probability:.3f}  {case.query}: expected {case.expected}, found {case.found or '-'}")
    for name, (before, now) in report.compared.items():
        click.echo(f"  {name}: {before} before, {now} now")
    for text in report.turned_wrong[:20]:
        click.echo(f"  was right before: {text}")
