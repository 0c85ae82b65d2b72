"""The command `gridmap`: finds the subcommand, prints errors as `code: message`, sets the exit code.

Exit codes: 0 done; 1 done, and the answer is no (no coverage, rows refused, point outside); 2 not done.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from gridmap import __version__
from gridmap.cli.lazy import LazyGroup
from gridmap.config import read_settings
from gridmap.errors import BadInput, FileRefused, GridmapError
from gridmap.offline import forbid_sockets

_COMMANDS = {
    "init": "gridmap.cli.init",
    "import": "gridmap.cli.importing",
    "intake": "gridmap.cli.intake",
    "export": "gridmap.cli.exporting",
    "check": "gridmap.cli.checking",
    "repair": "gridmap.cli.repairing",
    "locate": "gridmap.cli.locating",
    "statement": "gridmap.cli.statement",
    "ledger": "gridmap.cli.ledger",
    "report": "gridmap.cli.report",
    "assign": "gridmap.cli.assigning",
    "blocks": "gridmap.cli.blocks",
    "plan": "gridmap.cli.plan",
    "limits": "gridmap.cli.limits",
    "map": "gridmap.cli.mapping",
    "stats": "gridmap.cli.stats",
    "serve": "gridmap.cli.serving",
    "case": "gridmap.cli.casework",
    "batch": "gridmap.cli.batches",
    "gazetteer": "gridmap.cli.gazetteer",
    "address": "gridmap.cli.address",
    "demo": "gridmap.cli.demo",
}
_INTERRUPTED = 130


@click.group(
    cls=LazyGroup,
    modules=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="gridmap")
def cli() -> None:
    """Communities and grids of a sub-district: boundaries that cannot break, one grid for every address.

    The database is the file ./gridmap.db, or what GRIDMAP_DATABASE names (a file, or postgresql://user@host/name).

    \b
    Examples:
      gridmap demo --dir gridmap-demo
      gridmap check grids.geojson
      gridmap import grids grids.geojson --crs EPSG:4490
      gridmap map overview -o map.html
    """
    if read_settings().offline:
        forbid_sockets()


def main(args: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(args))


def run(args: list[str] | None = None) -> int:
    """Run the command line; return the exit code instead of leaving."""
    try:
        result: Any = cli.main(args=args, prog_name="gridmap", standalone_mode=False)
    except GridmapError as error:
        click.echo(f"{error.code}: {error.message}", err=True)
        return 2
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        if isinstance(error, click.UsageError) and error.ctx:
            click.echo(error.ctx.get_usage(), err=True)
        click.echo(f"{BadInput.code}: {error.format_message()}", err=True)
        return 2
    except OSError as error:  # a folder that is not there, a full disk, a file that may not be read
        click.echo(f"{FileRefused.code}: {error.filename or 'a file'}: {error.strerror or error}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; what was finished is kept, the same command goes on from there", err=True)
        return _INTERRUPTED
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
