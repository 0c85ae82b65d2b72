"""`gridmap plan check` asks every rule about a plan."""

from __future__ import annotations

from dataclasses import asdict

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import scope


@click.command("check")
@click.argument("plan")
@json_option
def command(plan: str, as_json: bool) -> int:
    """Check PLAN against the rules: coverage, codes, kinds, sizes, compounds, whom nobody has.

    The rules and how grave they are stand in data/lookups/plan_rules.json. An error keeps the plan from taking
    effect. Exit code 1 when there is one.

    \b
    Examples:
      gridmap plan check 2027年调整
      gridmap plan check 8f0c3a52 --json
    """
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.plan_rules import check  # noqa: PLC0415 -- likewise

    with open_database() as database, database.transaction(actor()) as tx:
        report = check(tx, scope(), find_plan(tx, scope(), plan))
    if as_json:
        print_json(asdict(report))
    else:
        for each in report.findings:
            place = f" @ {each.place[0]:.6f},{each.place[1]:.6f}" if each.place else ""
            click.echo(f"  {each.severity:8}{each.rule:22}{each.message}{place}")
        counts = ", ".join(f"{count} {severity}" for severity, count in report.counts.items())
        verdict = "may take effect" if report.passed else "cannot take effect"
        click.echo(f"{report.plan} against {report.base}: {counts}; it {verdict}")
    return 0 if report.passed else 1
