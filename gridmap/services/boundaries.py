"""Checking and repairing the boundaries of a file, without any database."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import datum
from gridmap.errors import BadInput, GeometryRefused, RepairRefused
from gridmap.services.ground import Ground, ground_of
from gridmap.space.coverage import GAP_WIDTH, Judgement, Problem, ProblemKind, judge, list_problems, survey
from gridmap.space.polygons import accept, round_coordinates
from gridmap.space.repair import REPAIR_GAP_WIDTH, SNAPPING, Repair, repair

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from gridmap.files.layers import Layer

_ON_GRID = {ProblemKind.INVALID, ProblemKind.OVERLAP, ProblemKind.MISMATCHED_EDGE, ProblemKind.GAP}


@dataclass(frozen=True)
class Finding:
    """A problem as it is shown: features by name and by row (from 1), place in lon/lat and as in the file."""

    kind: str
    features: tuple[str, ...]
    rows: tuple[int, ...]
    lon: float
    lat: float
    x: float
    y: float
    area: float
    length: float
    detail: str


@dataclass(frozen=True)
class LayerCheck:
    """What a check of a file found.

    Parameters
    ----------
    file, crs, plane : str
    notes : tuple of str
        Of the reader.
    delivered : Judgement
        In the file's own coordinates, gap 0.
    problems : tuple of Finding
        In the file's own coordinates.
    rounded : Judgement
        On the 1 mm grid of the plane, gap 0: what rounding alone does.
    on_grid : Judgement
        On the 1 mm grid with gaps up to 1 cm: what a plan is held to.
    grid_problems : tuple of Finding
        Empty when it is a coverage on the grid.
    """

    file: str
    crs: str
    plane: str
    notes: tuple[str, ...]
    delivered: Judgement
    problems: tuple[Finding, ...]
    rounded: Judgement
    on_grid: Judgement
    grid_problems: tuple[Finding, ...]

    @property
    def is_coverage(self) -> bool:
        """Whether the file is a coverage as delivered."""
        return self.delivered.valid

    def as_json(self) -> dict[str, Any]:
        """Return plain values for `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class LayerRepair:
    """A repaired file.

    Parameters
    ----------
    shapes : array of Polygon or MultiPolygon
        In the file's own coordinates, for `files.layers.write_layer`.
    repair : Repair
        In the plane.
    plane : str
    before, after : Judgement
        On the grid.
    names : tuple of str
    places : array of float64, (P, 2)
        Lon/lat of the proposals.
    """

    shapes: NDArray[Any]
    repair: Repair
    plane: str
    before: Judgement
    after: Judgement
    names: tuple[str, ...]
    places: NDArray[np.float64]

    def as_json(self) -> dict[str, Any]:
        """Return plain values for `--json`: figures, changes by feature, proposals with their owners."""
        done = self.repair
        return {
            "plane": self.plane,
            "before": asdict(self.before),
            "after": asdict(self.after),
            "area_before": done.area_before,
            "area_after": done.area_after,
            "split": [self.names[row] for row in done.split],
            "changes": [
                {
                    **asdict(change),
                    "feature": self.names[change.feature],
                    "row": change.feature + 1,
                    "share": change.share,
                }
                for change in done.changes
            ],
            "proposals": [
                {
                    "id": proposal.id,
                    "kind": proposal.kind.value,
                    "features": [self.names[feature] for feature in proposal.features],
                    "rows": [feature + 1 for feature in proposal.features],
                    "owner": None if proposal.owner is None else self.names[proposal.owner],
                    "area": proposal.area,
                    "width": proposal.width,
                    "needs_decision": proposal.needs_decision,
                    "decided": proposal.decided,
                    "lon": float(place[0]),
                    "lat": float(place[1]),
                }
                for proposal, place in zip(done.proposals, self.places, strict=True)
            ],
        }


def check_layer(layer: Layer) -> LayerCheck:
    """Check a file: as delivered in its own coordinates first, and then what the grid of the plane would find.

    Official layers are valid as delivered and not after rounding, or fail on hairlines of no area: both verdicts and
    the square metres are needed to see what kind of layer it is.

    Raises
    ------
    GeometryRefused
        A row is no area; all such rows are in the evidence.
    CoordinatesRefused
        The numbers cannot be in the declared system.
    """
    polygons, ground = _land(layer)
    delivered = survey(polygons, 0.0, ground.to_metres)
    grid = survey(round_coordinates(ground.project(polygons)), GAP_WIDTH)
    on_grid = grid.judgement()
    found = [] if on_grid.valid else list_problems(grid)
    return LayerCheck(
        file=layer.path.name,
        crs=layer.crs.name,
        plane=ground.name,
        notes=tuple(layer.notes),
        delivered=delivered.judgement(),
        problems=_findings(list_problems(delivered), layer.names, ground, in_plane=False),
        rounded=on_grid if on_grid.valid else grid.with_gap_width(0.0).judgement(),
        on_grid=on_grid,
        grid_problems=_findings(
            [problem for problem in found if problem.kind in _ON_GRID], layer.names, ground, in_plane=True
        ),
    )


def repair_layer(
    layer: Layer,
    *,
    snapping: float = SNAPPING,
    gap_width: float = REPAIR_GAP_WIDTH,
    decisions: Mapping[str, str | None] | None = None,
    accepted: Collection[str] = (),
    accept_all: bool = False,
    named: Collection[str] = (),
) -> LayerRepair:
    """Repair a file: a valid coverage on the grid of the plane, in the file's own coordinates again.

    Parameters
    ----------
    layer : Layer
    snapping, gap_width : float
        Metres; see `gridmap.space.repair.repair`.
    decisions : mapping of str to str or None
        Proposal id -> feature that gets the land, by name or as "#" and its row; None keeps a gap open.
    accepted : collection of str
        Ids of proposals that are accepted as they are.
    accept_all : bool
        Accept every other proposal that needs a decision.
    named : collection of str
        Features that may change by more than 1 %.

    Raises
    ------
    GeometryRefused, CoordinatesRefused
        As `check_layer`.
    BadInput
        A feature or a proposal that does not exist.
    RepairRefused
        A decision is missing, or land would be lost. Places in the evidence are lon/lat.
    """
    polygons, ground = _land(layer)
    start = ground.project(polygons)
    owners = {key: None if name is None else _row(name, layer.names) for key, name in (decisions or {}).items()}
    try:
        done = repair(
            start,
            snapping=snapping,
            gap_width=gap_width,
            decisions=owners,
            accepted=accepted,
            accept_all=accept_all,
            named=[_row(name, layer.names) for name in named],
            names=layer.names,
        )
    except RepairRefused as refusal:
        raise RepairRefused(refusal.message, **_located(refusal.evidence, ground)) from refusal
    centres = np.array([proposal.place for proposal in done.proposals]).reshape(-1, 2)
    return LayerRepair(
        shapes=ground.unproject(done.polygons),
        repair=done,
        plane=ground.name,
        before=judge(round_coordinates(start), GAP_WIDTH),
        after=judge(done.polygons, GAP_WIDTH),
        names=tuple(layer.names),
        places=ground.places(centres, in_plane=True)[0],
    )


def _land(layer: Layer) -> tuple[NDArray[Any], Ground]:
    """Accept the areas of a layer and find the plane they lie in."""
    try:
        polygons = accept(layer.shapes).polygons
    except GeometryRefused as refusal:
        rows = {row + 1: reason for row, reason in refusal.evidence["rows"].items()}
        raise GeometryRefused(f"{layer.path.name}: {refusal.message}", rows=rows) from refusal
    datum.check_magnitude(shapely.get_coordinates(polygons), layer.crs)
    return polygons, ground_of(layer.crs, polygons)


def _findings(
    problems: Sequence[Problem], names: Sequence[str], ground: Ground, *, in_plane: bool
) -> tuple[Finding, ...]:
    xy = np.array([problem.place for problem in problems]).reshape(-1, 2)
    lonlat, own = ground.places(xy, in_plane=in_plane)
    return tuple(
        Finding(
            kind=problem.kind.value,
            features=tuple(names[feature] for feature in problem.features),
            rows=tuple(feature + 1 for feature in problem.features),
            lon=float(lon),
            lat=float(lat),
            x=float(x),
            y=float(y),
            area=float(problem.area),
            length=float(problem.length),
            detail=problem.detail,
        )
        for problem, (lon, lat), (x, y) in zip(problems, lonlat, own, strict=True)
    )


def _row(name: str, names: Sequence[str]) -> int:
    """Find a feature by its name, or by "#" and its row where a name is used twice."""
    rows = [row for row, other in enumerate(names) if other == name]
    if not rows and name.startswith("#") and name[1:].isdecimal() and 0 < int(name[1:]) <= len(names):
        return int(name[1:]) - 1
    if len(rows) != 1:
        known = f"several features are called {name}" if rows else f"the file has no feature {name}"
        raise BadInput(f"{known}; name it by its row, such as #{rows[0] + 1 if rows else 1}", feature=name)
    return rows[0]


def _located(evidence: Mapping[str, Any], ground: Ground) -> dict[str, Any]:
    """Turn places of the plane into lon/lat."""

    def lonlat(place: Sequence[float]) -> tuple[float, float]:
        lon, lat = ground.places(np.array([place]), in_plane=True)[0][0].tolist()
        return lon, lat

    located = dict(evidence)
    if "place" in located:
        located["place"] = lonlat(located["place"])
    if "places" in located:
        located["places"] = [lonlat(place) for place in located["places"]]
    if "proposals" in located:
        located["proposals"] = [{**each, "place": lonlat(each["place"])} for each in located["proposals"]]
    return located
