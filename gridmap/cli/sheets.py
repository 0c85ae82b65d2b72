"""What the commands that read a table row by row share: which column holds what, and the sheet of refused rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.errors import BadInput
from gridmap.files import write_refusals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.files import Refusal, Source

SHOWN = 20  # rows that are told one by one; the sheet has them all

map_option = click.option(
    "--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field; repeatable."
)
encoding_option = click.option("--encoding", help="Encoding of the text, when it is not recognised (utf-8, gbk).")
refused_option = click.option(
    "--refused", type=click.Path(dir_okay=False, path_type=Path), help="Where refused rows go [FILE.退回.csv|xlsx]."
)


def parse_mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read `field=column` pairs; without a column the field is left out.

    Raises
    ------
    BadInput
        A pair without an equals sign.
    """
    mapping = {}
    for pair in pairs:
        field, sign, column = pair.partition("=")
        if not (sign and field):
            raise BadInput(f"--map takes field=column, not {pair!r}", option="--map")
        mapping[field.strip()] = column.strip()
    return mapping


def keep_input(file: Path, refused: Path | None) -> None:
    """Make sure that the sheet of refused rows does not take the place of the file that is read.

    Raises
    ------
    BadInput
        It would.
    """
    if refused is not None and refused.exists() and refused.samefile(file):
        raise BadInput(f"{refused.name} is the file that is read: name another with --refused", option="--refused")


def write_refused(
    path: Path | None, file: Path, source: Source, refusals: Sequence[Refusal], *, dry_run: bool
) -> Path | None:
    """Write the sheet of refused rows; None when there are none.

    It goes beside the file unless a path is given; a dry run leaves nothing that was not asked for.
    """
    if not refusals or (dry_run and path is None):
        return None
    sheet = path or _beside(file)
    write_refusals(sheet, source, refusals)
    return sheet


def show_rest(left_out: int, sheet: Path | None) -> None:
    """Say how many rows were not told, and where they are."""
    if left_out > 0:
        click.echo(f"  … and {left_out} more", err=True)
    if sheet:
        click.echo(f"  refused rows with their reasons: {sheet}", err=True)


def _beside(file: Path) -> Path:
    """Name a table that office programs open."""
    suffix = ".csv" if file.suffix.lower() == ".csv" else ".xlsx"
    return file.with_name(f"{file.stem}.退回{suffix}")
