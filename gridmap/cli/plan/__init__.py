"""`gridmap plan`: drafts of a division into grids, from the first stroke to the hand-over list.

Each subcommand is a module here with a `command`.
"""

from __future__ import annotations

import click

from gridmap.cli.lazy import LazyGroup

_SUBCOMMANDS = {
    "new": "gridmap.cli.plan.new",
    "list": "gridmap.cli.plan.listing",
    "edit": "gridmap.cli.plan.edit",
    "undo": "gridmap.cli.plan.undo",
    "redo": "gridmap.cli.plan.redo",
    "show": "gridmap.cli.plan.show",
    "diff": "gridmap.cli.plan.diff",
    "check": "gridmap.cli.plan.check",
    "rebalance": "gridmap.cli.plan.rebalance",
    "propose": "gridmap.cli.plan.propose",
    "activate": "gridmap.cli.plan.activate",
    "activate-due": "gridmap.cli.plan.activate_due",
    "withdraw": "gridmap.cli.plan.withdraw",
    "restore": "gridmap.cli.plan.restore",
    "history": "gridmap.cli.plan.history",
    "handover": "gridmap.cli.plan.handover",
}
"""The order of work: draw, compare, put in force, look back."""


@click.group("plan", cls=LazyGroup, modules=_SUBCOMMANDS)
def command() -> None:
    """Draw, compare and put in force plans (划分方案): which grid has which land.

    A draft is a branch of the plan in force. Every edit is kept with its author and can be undone; a plan in force
    never changes.

    \b
    Examples:
      gridmap plan new 2027年调整
      gridmap plan edit 2027年调整 '{"op":"cut","grid":"440106001001002","line":[[113.32,23.13],[113.33,23.13]]}'
      gridmap plan show 2027年调整 --geojson
    """
