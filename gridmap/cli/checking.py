"""`gridmap check` tells what is wrong with boundaries: of the plan in force, or of a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, crs_option, json_option, open_database, print_json

if TYPE_CHECKING:
    from gridmap.services.boundaries import Finding, LayerCheck
    from gridmap.services.limits_agreement import LimitsCheck
    from gridmap.space.coverage import Judgement

_SHOWN = 20
_WORDS = {
    "invalid": "图形无效",
    "overlap": "重叠",
    "gap": "空白",
    "mismatched_edge": "缝隙",
    "multipart": "飞地",
    "sliver": "碎片",
    "outside_community": "越界",
    "community_not_covered": "未覆盖",
    "code_wrong": "编码有误",
}


@click.command("check")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@crs_option
@click.option("--layer", help="Layer of a GeoPackage or drawing.")
@click.option("--encoding", help="Encoding of the text, when it is not recognised (utf-8, gbk).")
@click.option("--holes", is_flag=True, help="FILE has holes on purpose (lakes): do not count them.")
@click.option("--no-limits", is_flag=True, help="Do not hold four limits against the plan: it takes half a minute.")
@json_option
def command(
    file: Path | None,
    crs: str | None,
    layer: str | None,
    encoding: str | None,
    holes: bool,
    no_limits: bool,
    as_json: bool,
) -> int:
    """Check that boundaries leave no gap and no overlap: of the plan in force, or of FILE without any database.

    FILE is judged as delivered, in its own coordinates, and apart from that as it would be on the 1 mm grid that
    plans are kept on. Exit code 1 when it is no coverage, or has holes that nobody declared.

    Of the plan in force the four limits of communities and grids are held against their land, too; where they part
    is told with the side and the metres, and is no matter of coverage.

    \b
    Examples:
      gridmap check
      gridmap check grids.shp --crs EPSG:4547
      gridmap check precincts.zip --holes --json
    """
    if file is None:
        return _check_plan(limits=not no_limits, as_json=as_json)
    from gridmap.files.layers import read_layer  # noqa: PLC0415 -- the plan in force needs no file formats
    from gridmap.services.boundaries import check_layer  # noqa: PLC0415 -- likewise

    check = check_layer(read_layer(file, crs=crs, layer=layer, encoding=encoding))
    passed = check.is_coverage and (holes or not check.delivered.wide_holes)
    if as_json:
        print_json(check.as_json() | {"is_coverage": passed})
    else:
        _print_file(check, passed=passed)
    return 0 if passed else 1


def _print_file(check: LayerCheck, *, passed: bool) -> None:
    click.echo(f"{check.file}: {check.delivered.features} features, {check.crs}, measured in {check.plane}")
    for note in check.notes:
        click.echo(f"  note: {note}")
    click.echo("as delivered:        " + _told(check.delivered))
    click.echo("on the 1 mm grid:    " + _told(check.on_grid))
    _print_problems(check.problems)
    if check.delivered.valid and not check.on_grid.valid:
        click.echo("on the 1 mm grid it would become:")
        _print_problems(check.grid_problems)
    if passed:
        click.echo("无重叠、无空白、边界一致")
    elif not check.delivered.valid:
        click.echo("`gridmap repair FILE -o FIXED` mends it; large gaps and overlaps are yours to decide")
    else:
        click.echo("the holes are gaps unless they are meant; --holes says that they are")


def _told(figures: Judgement) -> str:
    if figures.valid:
        verdict = "a valid coverage"
    else:
        verdict = (
            f"no coverage: {figures.bad_edge_features} features with {figures.bad_edge_parts} mismatched edge parts, "
            f"{figures.invalid} invalid, {figures.overlaps} overlaps of {figures.overlap_area:,.2f} m² "
            f"({figures.wide_overlaps} wider than a hairline)"
        )
    holes = f", {figures.holes} holes of {figures.hole_area:,.2f} m²" if figures.holes else ", no hole"
    return verdict + holes + (f" ({figures.wide_holes} wider than a hairline)" if figures.holes else "")


def _print_problems(problems: tuple[Finding, ...]) -> None:
    for each in problems[:_SHOWN]:
        names = ", ".join(each.features) or "-"
        click.echo(f"  {_WORDS[each.kind]} {names} @ {each.lon:.6f},{each.lat:.6f}: {each.detail}")
    if len(problems) > _SHOWN:
        click.echo(f"  … and {len(problems) - _SHOWN} more; --json lists all")


def _check_plan(*, limits: bool, as_json: bool) -> int:
    from gridmap.services.limits_agreement import check_limits  # noqa: PLC0415 -- FILE needs no database
    from gridmap.services.plan_check import check_plans  # noqa: PLC0415 -- likewise

    with open_database() as database, database.transaction(actor()) as tx:
        checks = check_plans(tx, Scope.everything(actor()))
        said = check_limits(tx, Scope.everything(actor())) if limits else None
    passed = all(check.is_coverage for check in checks)
    if as_json:
        told = {"is_coverage": passed, "plans": [asdict(check) for check in checks]}
        print_json(told | ({"limits": asdict(said)} if said else {}))
        return 0 if passed else 1
    for check in checks:
        errors = sum(problem["severity"] == "error" for problem in check.problems)
        verdict = "无缝隙、全覆盖" if check.is_coverage else f"{errors} 个问题"
        verdict += f"，{len(check.problems) - errors} 处提示" if len(check.problems) > errors else ""
        click.echo(f"{check.plan}: {check.grids} grids, {verdict}")
        for problem in check.problems[:_SHOWN]:
            lon, lat = problem["place"]
            names = ", ".join(problem["features"]) or problem["community"] or "-"
            click.echo(f"  {_WORDS[problem['kind']]} {names} @ {lon:.6f},{lat:.6f}: {problem['detail']}")
        if len(check.problems) > _SHOWN:
            click.echo(f"  … and {len(check.problems) - _SHOWN} more; --json lists all")
    if said is not None and said.held:
        _print_limits(said)
    return 0 if passed else 1


def _print_limits(said: LimitsCheck) -> None:
    click.echo(f"四至: {said.held} sentences, {len(said.disagreements)} 处四至与图形不符")
    for each in said.disagreements:
        lon, lat = each.place
        click.echo(f"  四至与图形不符 {each.name} {each.code} @ {lon:.6f},{lat:.6f}: {each.message}")
