"""`gridmap plan`: drafts of a division into grids, from the first stroke to the hand-over list.

Each subcommand is a module here with a `command`; it is loaded only when it is asked for.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec

import click

_SUBCOMMANDS = {
    "new": "new",
    "list": "listing",
    "edit": "edit",
    "undo": "undo",
    "redo": "redo",
    "show": "show",
    "diff": "diff",
    "check": "check",
    "rebalance": "rebalance",
    "propose": "propose",
    "activate": "activate",
    "activate-due": "activate_due",
    "restore": "restore",
    "history": "history",
    "handover": "handover",
}
"""The order of work: draw, compare, put in force, look back."""


def _module(name: str) -> str | None:
    module = _SUBCOMMANDS.get(name)
    path = f"{__name__}.{module}"
    return path if module and find_spec(path) else None


class _Subcommands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return [name for name in _SUBCOMMANDS if _module(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- click's signature
        module = _module(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


@click.group("plan", cls=_Subcommands)
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
