"""`gridmap address`: from a Chinese address to its fields, a place and a grid. One module per subcommand."""

from __future__ import annotations

import click

from gridmap.cli.lazy import LazyGroup

_SUBCOMMANDS = {
    "parse": "gridmap.cli.address.parsing",
    "geocode": "gridmap.cli.address.geocode",
    "batch": "gridmap.cli.address.batch",
    "reverse": "gridmap.cli.address.reverse",
    "online": "gridmap.cli.address.online",
    "evaluate": "gridmap.cli.address.evaluate",
}


@click.group("address", cls=LazyGroup, modules=_SUBCOMMANDS)
def command() -> None:
    """Read Chinese addresses.

    \b
    Examples:
      gridmap address parse addresses.txt
      gridmap address parse --labels addresses.txt > spans.jsonl
      echo 解放路12号阳光花园3栋2单元501 | gridmap address parse -
    """
