"""`gridmap repair`: a dirty layer becomes a coverage, and a person decides what is large."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.cli.common import crs_option, json_option, print_json
from gridmap.errors import BadInput, RepairRefused
from gridmap.files.layers import read_layer, write_layer
from gridmap.services.boundaries import LayerRepair, repair_layer
from gridmap.space.repair import REPAIR_GAP_WIDTH, SNAPPING

if TYPE_CHECKING:
    from typing import Any

_SHOWN = 15


def parse_decisions(accept: tuple[str, ...]) -> tuple[dict[str, str | None], list[str], bool]:
    """Read `--accept`: "all", the id of a proposal, "id=FEATURE", or "id=none" to leave a gap open.

    Returns
    -------
    decisions : dict of str to str or None
    accepted : list of str
    accept_all : bool
    """
    decisions: dict[str, str | None] = {}
    accepted = []
    for each in accept:
        proposal, sign, owner = each.partition("=")
        if sign and not owner:
            raise BadInput(f"--accept takes all, ID, ID=FEATURE or ID=none, not {each!r}", option="--accept")
        if sign:
            decisions[proposal] = None if owner.lower() == "none" else owner
        elif proposal != "all":
            accepted.append(proposal)
    return decisions, accepted, "all" in accept


@click.command("repair")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@crs_option
@click.option("--layer", help="Layer of a GeoPackage or drawing.")
@click.option("--encoding", help="Encoding of the text, when it is not recognised (utf-8, gbk).")
@click.option("--snap", default=SNAPPING, show_default=True, help="Metres; nodes nearer than this become one.")
@click.option("--gap", default=REPAIR_GAP_WIDTH, show_default=True, help="Metres; narrower gaps are closed.")
@click.option("--accept", multiple=True, metavar="ID[=FEATURE|none]", help="Decide a proposal; `all` accepts the rest.")
@click.option("--allow", multiple=True, metavar="FEATURE", help="Feature that may change by more than 1 %.")
@json_option
def command(
    file: Path,
    output: Path,
    crs: str | None,
    layer: str | None,
    encoding: str | None,
    snap: float,
    gap: float,
    accept: tuple[str, ...],
    allow: tuple[str, ...],
    as_json: bool,
) -> int:
    """Make a coverage of FILE: close hairlines, share borders, and decide what is larger than 10 m².

    Each gap or overlap above 10 m² is proposed with an owner and needs --accept; without it nothing is written and
    the exit code is 2. No feature is lost, and none changes by more than 1 % unless --allow names it.

    \b
    Examples:
      gridmap repair grids.shp --crs EPSG:4547 -o fixed.gpkg
      gridmap repair grids.geojson -o fixed.geojson --accept overlap-1 --accept gap-2=440106001001003
      gridmap repair grids.geojson -o fixed.geojson --snap 1 --gap 2 --accept all
    """
    decisions, accepted, accept_all = parse_decisions(accept)
    source = read_layer(file, crs=crs, layer=layer, encoding=encoding)
    try:
        done = repair_layer(
            source,
            snapping=snap,
            gap_width=gap,
            decisions=decisions,
            accepted=accepted,
            accept_all=accept_all,
            named=allow,
        )
    except RepairRefused as refusal:
        for proposal in refusal.evidence.get("proposals", []):
            click.echo("  " + _proposal(proposal), err=True)
        raise
    write_layer(output, source, done.shapes, source.crs)
    if as_json:
        print_json(done.as_json() | {"file": str(output)})
    else:
        _print(done, output)
    return 0


def _proposal(proposal: dict[str, Any]) -> str:
    lon, lat = proposal["place"]
    features = ", ".join(str(feature) for feature in proposal["features"])
    owner = proposal.get("owner") or "nobody"
    return f"{proposal['id']}: {proposal['area']:,.1f} m² @ {lon:.6f},{lat:.6f} between {features}; proposed: {owner}"


def _print(done: LayerRepair, output: Path) -> None:
    work = done.repair
    share = (work.area_after - work.area_before) / work.area_before
    click.echo(
        f"{output}: {len(done.names)} features, a valid coverage on the 1 mm grid of {done.plane}; "
        f"{len(work.changes)} changed, total area {share:+.5%}"
    )
    for change in work.changes[:_SHOWN]:
        click.echo(
            f"  {done.names[change.feature]}: {change.moved:,.2f} m² moved ({change.share:.4%}), "
            f"border by {change.distance:.3f} m at most"
        )
    if len(work.changes) > _SHOWN:
        click.echo(f"  … and {len(work.changes) - _SHOWN} more; --json lists all")
    for proposal in work.proposals[:_SHOWN]:
        owner = "left open" if proposal.owner is None else f"to {done.names[proposal.owner]}"
        click.echo(f"  {proposal.id}: {proposal.kind.value} of {proposal.area:,.2f} m² {owner}")
