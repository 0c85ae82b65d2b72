"""`gridmap address`: from a Chinese address to its fields, a place and a grid. One module per subcommand."""

from __future__ import annotations

import importlib

import click

_SUBCOMMANDS = {
    "parse": "gridmap.cli.address.parsing",
    "geocode": "gridmap.cli.address.geocode",
    "batch": "gridmap.cli.address.batch",
    "reverse": "gridmap.cli.address.reverse",
    "online": "gridmap.cli.address.online",
    "evaluate": "gridmap.cli.address.evaluate",
}


class _Subcommands(click.Group):
    """Loads a subcommand's module only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(_SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- click's signature
        module = _SUBCOMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = importlib.import_module(module).command
        return found


@click.group("address", cls=_Subcommands)
def command() -> None:
    """Read Chinese addresses.

    \b
    Examples:
      gridmap address parse addresses.txt
      gridmap address parse --labels addresses.txt > spans.jsonl
      echo 解放路12号阳光花园3栋2单元501 | gridmap address parse -
    """
