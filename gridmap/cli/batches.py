"""`gridmap batch`: 五单, lists of cases from the grids to the units and back to the residents."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime  # noqa: TC003 -- click's type
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.access import Scope
from gridmap.cli.casework import by_option, role_option
from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.errors import BadInput

if TYPE_CHECKING:
    from gridmap.services.batch_views import BatchBrief, BatchDetails, BatchLine
    from gridmap.storage.database import Transaction

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("batch")
def command() -> None:
    """Take cases together through 五单: 网格收单, 街道分单, 大工委审单, 单位领单, 群众评单.

    A list has a number such as 2026-003. A case is on at most one list. Stages and acts stand in
    data/lookups/batches.json.

    \b
    Examples:
      gridmap batch open
      gridmap batch act 2026-001 列入 RX2603010007 RX2603010009
      gridmap batch next 2026-001
      gridmap batch act 2026-001 分单 RX2603010007 --unit 区城管局
    """


@command.command("open")
@click.option("--name", default="", help="What it is called [year and running number].")
@click.option("--subdistrict", default="", metavar="CODE", help="Where there are several.")
@role_option
@by_option
@json_option
def open_command(name: str, subdistrict: str, role: str, by: str, as_json: bool) -> None:
    """Open a list, empty, at its first stage.

    \b
    Examples:
      gridmap batch open
      gridmap batch open --name 2026年三月民生事项
    """
    from gridmap.services.batches import Opening, open_batch  # noqa: PLC0415 -- `--help` needs no services

    with open_database() as database, database.transaction(actor(), write=True) as tx:
        opened = open_batch(tx, _scope(), Opening(role, by, name, subdistrict))
        _tell(tx, opened.number, as_json=as_json)


@command.command("list")
@click.option("--ended/--open", "ended", default=None, help="Only those that have ended, or that have not.")
@json_option
def list_command(ended: bool | None, as_json: bool) -> None:
    """List the lists, the latest first.

    \b
    Examples:
      gridmap batch list
      gridmap batch list --open --json
    """
    from gridmap.services.batch_views import list_batches  # noqa: PLC0415 -- `--help` needs no services

    with open_database() as database, database.transaction(actor()) as tx:
        found = list_batches(tx, _scope(), closed=ended)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for each in found:
        click.echo(_brief(each))


@command.command("show")
@click.argument("batch")
@json_option
def show(batch: str, as_json: bool) -> None:
    """Show the list BATCH: its cases, what is still open, what may be done, what was done.

    \b
    Examples:
      gridmap batch show 2026-001
      gridmap batch show 2026-001 --json
    """
    with open_database() as database, database.transaction(actor()) as tx:
        found = _tell(tx, batch, as_json=as_json)
    if as_json:
        return
    for act in found.acts:
        click.echo(f"  may: {act.name} ({'、'.join(act.roles)})" + (f" needs {', '.join(act.needs)}" * bool(act.needs)))
    for step in found.steps:
        said = " ".join(f"{name}={value}" for name, value in step.given.items())
        what = " ".join(filter(None, (step.incident, step.reason, said)))
        click.echo(f"{step.number:4} {step.at:%Y-%m-%d %H:%M} {step.stage} {step.act} {step.role} {step.actor} {what}")


@command.command("act")
@click.argument("batch")
@click.argument("act")
@click.argument("incidents", nargs=-1, required=True)
@role_option
@by_option
@click.option("--reason", default="", help="理由。")
@click.option("--unit", default="", help="Who is to claim the cases, or claims them.")
@click.option("--rating", default="", help="满意, 基本满意 or 不满意.")
@json_option
def act_command(batch: str, act: str, incidents: tuple[str, ...], by: str, as_json: bool, **said: str) -> None:
    """Do ACT (列入, 移出, 分单, 同意, 缓议, 退回社区, 领单, 评价) with INCIDENTS of the list BATCH, all or none.

    \b
    Examples:
      gridmap batch act 2026-001 列入 RX2603010007 RX2603010009
      gridmap batch act 2026-001 分单 RX2603010007 --unit 区城管局
      gridmap batch act 2026-001 退回社区 RX2603010009 --reason 属社区自治事项
      gridmap batch act 2026-001 领单 RX2603010007 --role 承办单位联络员
      gridmap batch act 2026-001 评价 RX2603010007 --rating 满意
    """
    from gridmap.services.batches import BatchAsk, act_on_cases  # noqa: PLC0415 -- `--help` needs no services

    ask = BatchAsk(act, incidents=incidents, actor=by, **said)
    with open_database() as database, database.transaction(actor(), write=True) as tx:
        _tell(tx, act_on_cases(tx, _scope(), batch, ask).number, as_json=as_json)


@command.command("next")
@click.argument("batch")
@role_option
@by_option
@click.option("--meeting", type=_DAY, help="Day of the 大工委 meeting, when the list leaves 大工委审单.")
@click.option("--minutes", default="", help="会议纪要, as text.")
@click.option(
    "--minutes-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="会议纪要, from a text file."
)
@click.option("--reason", default="", help="理由。")
@json_option
def next_command(
    batch: str, meeting: datetime | None, minutes: str, minutes_file: Path | None, as_json: bool, **said: str
) -> None:
    """Take the list BATCH to its next stage. Cases sent back or put off leave it; after the last stage it ends.

    \b
    Examples:
      gridmap batch next 2026-001
      gridmap batch next 2026-001 --meeting 2026-03-06 --minutes-file 大工委会议纪要.txt
    """
    from gridmap.services.batches import Onward, take_onward  # noqa: PLC0415 -- `--help` needs no services

    if minutes_file and minutes:
        raise BadInput("give --minutes or --minutes-file, not both", option="--minutes")
    told = _text(minutes_file) if minutes_file else minutes
    ask = Onward(said["role"], said["by"], said["reason"], meeting.date() if meeting else None, told)
    with open_database() as database, database.transaction(actor(), write=True) as tx:
        _tell(tx, take_onward(tx, _scope(), batch, ask).number, as_json=as_json)


@command.command("results")
@click.argument("year", type=int)
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="Workbook to write: .xlsx.")
@json_option
def results(year: int, output: Path | None, as_json: bool) -> None:
    """Add up the year of every unit: cases that it claimed, how residents rated them, and the grade.

    \b
    Examples:
      gridmap batch results 2026
      gridmap batch results 2026 -o 2026年单位领单评价.xlsx
    """
    from gridmap.services.batch_sheets import percent, write_year  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.batch_views import year_of_units  # noqa: PLC0415 -- likewise

    _require_xlsx(output)
    with open_database() as database, database.transaction(actor(), write=bool(output)) as tx:
        found = write_year(tx, _scope(), year, output) if output else year_of_units(tx, _scope(), year)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for each in found:
        said = " ".join(f"{word} {count}" for word, count in each.ratings.items())
        click.echo(f"{each.unit}: {each.claimed} claimed, {each.rated} rated; {said} {percent(each)} {each.grade}")


@command.command("export")
@click.argument("batch")
@click.option(
    "-o", "output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Workbook to write: .xlsx."
)
def export(batch: str, output: Path) -> None:
    """Write the list BATCH as a workbook: its cases, everything that was done, the minutes.

    \b
    Examples:
      gridmap batch export 2026-001 -o 五单2026-001.xlsx
    """
    from gridmap.services.batch_sheets import write_batch  # noqa: PLC0415 -- `--help` needs no services

    _require_xlsx(output)
    with open_database() as database, database.transaction(actor(), write=True) as tx:
        found = write_batch(tx, _scope(), batch, output)
    click.echo(f"{output}: {len(found.cases)} cases, {len(found.gone)} that have left, {len(found.steps)} steps")


def _scope() -> Scope:
    return Scope.everything(actor())


def _require_xlsx(output: Path | None) -> None:
    if output and output.suffix.lower() != ".xlsx":
        raise BadInput(f"{output.name}: this is a workbook; write it to a file that ends in .xlsx", option="-o")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except ValueError as error:
        raise BadInput(f"{path.name} is no text in UTF-8: save it as one", option="--minutes-file") from error


def _tell(tx: Transaction, number: str, *, as_json: bool) -> BatchDetails:
    from gridmap.services.batch_views import get_batch  # noqa: PLC0415 -- `--help` needs no services

    found = get_batch(tx, _scope(), number)
    if as_json:
        print_json(asdict(found))
        return found
    click.echo(_brief(found.batch))
    for line in (*found.cases, *found.gone):
        click.echo(f"  {_line(line)}")
    return found


def _brief(batch: BatchBrief) -> str:
    stage = f"ended at {batch.stage}" if batch.ended else batch.stage
    return (
        f"{batch.number} {batch.name}: {stage}; {batch.cases} cases, {batch.settled} settled, {batch.claimed} claimed, "
        f"{batch.rated} rated, {batch.gone} gone"
    )


def _line(line: BatchLine) -> str:
    rated = "、".join(f"{word} {count}" for word, count in line.ratings.items())
    said = (
        line.mark,
        line.reason,
        line.unit and f"拟领 {line.unit}",
        line.claimed_by and f"领单 {line.claimed_by}",
        rated,
    )
    gone = line.left_by and f"({line.left_by})"
    return " ".join(filter(None, (line.number, line.title, *said, gone)))
