"""`gridmap case` shows a case, moves it along the ladder, and looks for others like it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.errors import BadInput, FileRefused

if TYPE_CHECKING:
    from datetime import datetime

    from gridmap.services.case_history import History
    from gridmap.services.casework import Moved

_DESK = "受理派单员"
_MOMENTS = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%z"])
role_option = click.option("--role", default=_DESK, show_default=True, help="As who, until there are accounts.")
by_option = click.option("--by", default="", metavar="NAME", help="Who does it [the person at the keyboard].")


@click.group("case")
def command() -> None:
    """Work on incidents: who has one and why, what may be done, and what was done.

    A case is named by its number or its id. Moves, roles and approvals stand in data/lookups/ladder.json.

    \b
    Examples:
      gridmap case show RX2603010007
      gridmap case move RX2603010007 派单 --unit 市政管理所
      gridmap case history RX2603010007
      gridmap case duplicates RX2603010007
    """


def _history(number: str, roles: tuple[str, ...] = ()) -> History:
    from gridmap.services.case_history import history  # noqa: PLC0415 -- `--help` needs no services

    with open_database() as database, database.transaction(actor()) as tx:
        return history(tx, Scope.everything(actor()), number, roles)


@command.command("show")
@click.argument("number")
@click.option("--role", multiple=True, help="Whose moves are wanted [everybody's].")
@json_option
def show(number: str, role: tuple[str, ...], as_json: bool) -> None:
    """Show a case: state, grid of its day and of today, who has to act by which rule, deadline, what may be done.

    \b
    Examples:
      gridmap case show RX2603010007
      gridmap case show RX2603010007 --role 专职网格员 --json
    """
    found = _history(number, role)
    if as_json:
        print_json(asdict(found))
        return
    incident, case = found.incident, found.incident.case
    click.echo(f"{incident.number} {incident.title}  {incident.state}")
    for word, place in (("grid of its day", incident.assignment), ("grid of today", found.today)):
        click.echo(
            f"  {word}: {place.grid_name or place.grid_code or place.reason} ({place.plan_name})" if place else ""
        )
    if case:
        click.echo(f"  {case.level}: {case.holder}, A {case.worker or '-'}, B {case.deputy or '-'} by {case.rule}")
        stands = f"{_moment(incident.deadline)} {case.clock or 'closed'}"
        click.echo(f"  due {stands}, to be returned until {_moment(case.return_until)}")
    for tried in found.duty.get("tried", ()):
        click.echo(f"  rule {tried['rule']}: {tried['said']}, {tried['why']}")
    for each in found.moves:
        asks = f" needs {', '.join(each.needs)}" if each.needs else ""
        approved = f" approved by {'、'.join(each.approval)}" if each.approval else ""
        click.echo(f"  may: {each.name} ({'、'.join(each.roles)}){asks}{approved}")


@command.command("history")
@click.argument("number")
@json_option
def history(number: str, as_json: bool) -> None:
    """List what was done with a case: steps, requests, whistles, pauses.

    \b
    Examples:
      gridmap case history RX2603010007
      gridmap case history RX2603010007 --json
    """
    found = _history(number)
    if as_json:
        print_json({name: asdict(found)[name] for name in ("steps", "approvals", "whistles", "pauses", "merged")})
        return
    for step in found.steps:
        way = f"{step.state_before} → {step.state_after}, {step.level_after}"
        said = " ".join(f"{name}={value}" for name, value in step.given.items())
        click.echo(
            f"{step.number:3} {_moment(step.at)} {step.move} {way} {step.role} {step.actor} {step.reason} {said}"
        )
    for approval in found.approvals:
        click.echo(f"    {approval.move} {approval.state} asked by {approval.asked_by}: {approval.id}")
    for whistle in found.whistles:
        times = (
            f"吹哨 {_moment(whistle.blown_at)} 应哨 {_moment(whistle.answered_at)} 报到 {_moment(whistle.arrived_at)}"
        )
        click.echo(f"    {whistle.kind} {whistle.unit} {times}")


@command.command("move")
@click.argument("number")
@click.argument("move")
@role_option
@by_option
@click.option("--reason", default="", help="理由。")
@click.option("--unit", default="", help="承办单位。")
@click.option("--grid", default="", help="Code of the grid that a person decides on.")
@click.option("--into", "incident", default="", metavar="NUMBER", help="The incident to merge into.")
@click.option("--deadline", type=_MOMENTS, help="Until when, Asia/Shanghai where no zone is said.")
@click.option("--whistle", type=click.Choice(["residents", "community"]), help="居民吹哨 or 社区吹哨.")
@click.option("--outcome", default="", help="How it ended, or how it is rated.")
@click.option(
    "--photo",
    "photos",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JPEG or PNG.",
)
@json_option
def move(number: str, photos: tuple[Path, ...], by: str, as_json: bool, **said: Any) -> None:
    """Make MOVE (受理, 派单, 签收 ...) with a case, or ask for it where another person has to approve.

    \b
    Examples:
      gridmap case move RX2603010007 受理
      gridmap case move RX2603010007 自办结案 --role 专职网格员 --photo done.jpg
      gridmap case move RX2603010007 退单 --reason 不属本辖区
    """
    from gridmap.services.case_given import Ask  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.casework import move_case  # noqa: PLC0415 -- likewise

    pictures = tuple(path.read_bytes() for path in photos)
    ask = Ask(actor=by, photos=pictures, **(said | {"whistle": said["whistle"] or ""}))
    with open_database() as database, database.transaction(actor(), write=True) as tx:
        moved = move_case(tx, Scope.everything(actor()), number, ask)
    _tell(moved, as_json=as_json)


@command.command("decide")
@click.argument("number")
@click.argument("approval", type=click.UUID)
@click.option("--approve/--refuse", "approve", required=True, help="What is decided.")
@click.option("--role", default="审批领导", show_default=True, help="As who, until there are accounts.")
@by_option
@click.option("--note", default="", help="Why; needed when it is refused.")
@json_option
def decide(number: str, approve: bool, as_json: bool, **said: Any) -> None:
    """Approve or refuse the request APPROVAL of a case; who asked for it cannot.

    \b
    Examples:
      gridmap case decide RX2603010007 8f0c3a52-1b64-4c1e-9a51-6a1d0e7c2b10 --approve --by chen
      gridmap case decide RX2603010007 8f0c3a52-1b64-4c1e-9a51-6a1d0e7c2b10 --refuse --by chen --note 属本辖区
    """
    from gridmap.services.casework import Verdict, decide_approval  # noqa: PLC0415 -- `--help` needs no services

    verdict = Verdict(approve, said["role"], said["by"], said["note"])
    with open_database() as database, database.transaction(actor(), write=True) as tx:
        moved = decide_approval(tx, Scope.everything(actor()), number, said["approval"], verdict)
    _tell(moved, as_json=as_json)


@command.command("duplicates")
@click.argument("number")
@json_option
def duplicates(number: str, as_json: bool) -> int:
    """List reports near by that may be the same matter; exit code 1 when there are some. Nothing is merged.

    \b
    Examples:
      gridmap case duplicates RX2603010007
      gridmap case move RX2603020011 并案 --into RX2603010007
    """
    from gridmap.services.duplicates import duplicates_of  # noqa: PLC0415 -- `--help` needs no services

    with open_database() as database, database.transaction(actor()) as tx:
        found = duplicates_of(tx, Scope.everything(actor()), number)
    if as_json:
        print_json(asdict(found))
    else:
        click.echo(f"within {found.metres:g} m and {found.days:g} days: {len(found.items)}")
        for each in found.items:
            apart = "same address" if each.metres is None else f"{each.metres:.1f} m"
            click.echo(f"  {each.likeness:.2f} {each.number} {each.title} {each.state} {apart} {each.days:.1f} d")
    return 1 if found.items else 0


@command.command("categories")
@click.option(
    "--import", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Take in a list (JSON)."
)
@json_option
def categories(file: Path | None, as_json: bool) -> None:
    """List the categories of incidents, or take in an office's own list in the form of data/lookups/categories.

    \b
    Examples:
      gridmap case categories
      gridmap case categories --import our-events.json
    """
    from gridmap.services.casework_rules import import_categories, rules  # noqa: PLC0415 -- `--help` needs no services

    with open_database() as database, database.transaction(actor(), write=bool(file)) as tx:
        if file:
            count = import_categories(tx, _list_in(file))
            click.echo(f"{count} categories taken in from {file.name}")
            return
        lists = rules(tx).catalogue.lists.values()
    if as_json:
        print_json([asdict(each) for each in lists])
        return
    for each in lists:
        click.echo(f"{each.name} ({each.family}, {each.edition}){'' if each.active else ' not active'}")
        for category in each.categories.values():
            limit = f"{category.limit.amount:g} {category.limit.unit}" if category.limit else category.deadline_class
            click.echo(f"  {category.code:6}{category.name} {limit} {category.owner}")


def _list_in(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FileRefused(f"{file.name} is no JSON: {error}", file=file.name) from error
    if not isinstance(content, dict):
        raise BadInput(f"{file.name} is no list of categories: begin with a copy of one in data/lookups/categories")
    return content


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "-"


def _tell(moved: Moved, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "state": moved.state,
                "step": moved.step and asdict(moved.step),
                "approval": moved.approval and asdict(moved.approval),
            }
        )
        return
    if moved.step:
        click.echo(f"{moved.step.move}: {moved.step.state_before} → {moved.state}, {moved.step.level_after}")
    elif moved.approval:
        click.echo(f"{moved.approval.move}: {moved.approval.state}, {moved.approval.id}")
