"""A dirty layer -> a coverage on the grid of the plane, with a diff that a person can accept or refuse.

Large overlaps and gaps are carried out one by one, as proposed or decided (`gridmap.space.proposals`); what is
small then goes through GEOS' coverage cleaner, whose result is rounded to 1 mm, judged again, and cleaned again
until it is a coverage there. Nothing is believed: a feature that came back empty, or changed by more than 1 %
without a decision, refuses the whole repair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import MultiPolygon

from gridmap.errors import BadInput, RepairRefused
from gridmap.space.coverage import GAP_WIDTH
from gridmap.space.measure import array_of
from gridmap.space.polygons import GRID, identity, share_vertices, snap_to_plane
from gridmap.space.problem import ProblemKind, on
from gridmap.space.proposals import DECIDE_AREA, Proposal, carry_out, decide, propose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import Geometry

__all__ = ["Change", "Proposal", "Repair", "repair"]

SNAPPING = 0.1  # metres; borders drawn twice differ by hairlines, and no border is known to a decimetre
REPAIR_GAP_WIDTH = 0.3  # metres
LARGEST_CHANGE = 0.01  # of a feature's area
_FINE_SNAPPING = 0.01  # metres, for what rounding broke after the cleaning
_ROUNDS = 6
_SHARES = (1.0, 0.5, 0.25, 0.1)  # of the snapping distance, tried in this order


@dataclass(frozen=True)
class Change:
    """What a repair did to one feature.

    Parameters
    ----------
    feature : int
    area_before, area_after : float
        m² in the plane.
    moved : float
        m² that it gained plus m² that it lost.
    distance : float
        Metres: how far a node of either border, the old one on the grid or the new one, is from the other border.
    """

    feature: int
    area_before: float
    area_after: float
    moved: float
    distance: float

    @property
    def share(self) -> float:
        """Moved land as a share of the area before."""
        return self.moved / self.area_before


@dataclass(frozen=True)
class Repair:
    """A repaired layer and everything that was done to it.

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon
        A valid coverage on the grid, in the order of the input.
    changes : tuple of Change
        Features whose land or nodes differ from the input on the grid, the most moved first.
    proposals : tuple of Proposal
        Overlaps and gaps above hairlines; `owner` is who has the land now.
    split : tuple of int
        Features that have more parts than before: their neck was narrower than the snapping distance.
    area_before, area_after : float
        m² of all features.
    """

    polygons: NDArray[Any]
    changes: tuple[Change, ...]
    proposals: tuple[Proposal, ...]
    split: tuple[int, ...]
    area_before: float
    area_after: float


def repair(
    polygons: NDArray[Any],
    *,
    snapping: float = SNAPPING,
    gap_width: float = REPAIR_GAP_WIDTH,
    decisions: Mapping[str, int | None] | None = None,
    accepted: Collection[str] = (),
    accept_all: bool = False,
    named: Collection[int] = (),
    names: Sequence[str] | None = None,
) -> Repair:
    """Make a coverage of a layer, or refuse.

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon
        In the plane, accepted (`polygons.accept`).
    snapping : float
        Metres; nodes nearer than this become one. Three times the standard error of the drawing is good. Down to a
        tenth of it is tried where it would cost a feature its land.
    gap_width : float
        Metres; gaps up to this width are closed. Twice the snapping is good. Wider gaps stay.
    decisions : mapping of str to int or None
        Proposal id -> the feature that gets the land; None keeps a gap open.
    accepted : collection of str
        Ids of proposals that are accepted as they are.
    accept_all : bool
        Accept every other proposal that needs a decision.
    named : collection of int
        Features that may change by more than 1 %.
    names : sequence of str or None
        What people call the features, for messages.

    Raises
    ------
    BadInput
        The snapping distance is not above 0 (GEOS then empties polygons in silence), or a decision does not fit.
    GeometryRefused
        A polygon has no land on the grid.
    RepairRefused
        A decision is missing, two features are the same land, a feature would be lost or change too much, or no
        coverage comes of it. The evidence says which.
    """
    if not (snapping > 0 and gap_width >= GAP_WIDTH):
        raise BadInput(
            f"the snapping distance must be above 0 and the gap width at least {GAP_WIDTH} m; they are {snapping} "
            f"and {gap_width}",
        )
    names = [f"feature {number + 1}" for number in range(len(polygons))] if names is None else names
    start = snap_to_plane(polygons)
    land = shapely.coverage_union_all(start) if _is_valid(start) else None
    proposals = decide(
        propose(start, gap_width=gap_width, names=names, land=land),
        decisions or {},
        names,
        accepted=accepted,
        accept_all=accept_all,
    )
    whole = _whole(polygons)
    before = shapely.area(whole)
    if land is not None and all(proposal.owner is None for proposal in proposals):
        result = start
    else:
        carried = carry_out(start, proposals, names)
        parts = shapely.get_num_geometries(polygons)

        def attempt(distance: float) -> NDArray[Any]:
            cleaned = _cleaned(carried, parts, proposals, names, distance, gap_width)
            _guard(before, shapely.area(cleaned), start, proposals, named, names)
            return cleaned

        result = _first_success(attempt, snapping)
    proposals = _held(proposals, result)
    after = shapely.area(result)
    return Repair(
        polygons=result,
        changes=_changes(whole, start, result),
        proposals=tuple(proposals),
        split=tuple(np.flatnonzero(shapely.get_num_geometries(result) > shapely.get_num_geometries(polygons)).tolist()),
        area_before=float(before.sum()),
        area_after=float(after.sum()),
    )


def _first_success(attempt: Callable[[float], NDArray[Any]], snapping: float) -> NDArray[Any]:
    """Try the snapping distance and smaller ones, which change less; the last refusal stands.

    At an unlucky distance the cleaner loses the edge between two neighbours and gives all land of one to the other.
    """
    for share in _SHARES[:-1]:
        try:
            return attempt(share * snapping)
        except RepairRefused:
            continue
    return attempt(_SHARES[-1] * snapping)


def _cleaned(
    polygons: NDArray[Any],
    parts: NDArray[np.signedinteger],
    proposals: Sequence[Proposal],
    names: Sequence[str],
    snapping: float,
    gap_width: float,
) -> NDArray[Any]:
    """Clean, round and judge until the layer is a coverage on the grid.

    A gap that a person wants to keep takes part as if it were a feature: the cleaner would fill it.
    """
    kept = [proposal.shape for proposal in proposals if proposal.decided and proposal.owner is None]
    layer = np.concatenate([polygons, snap_to_plane(array_of(kept))]) if kept else polygons
    for number in range(_ROUNDS):
        layer = array_of(
            shapely.coverage_clean(  # type: ignore[attr-defined] # younger than the type stubs
                layer,
                snapping_distance=snapping if number == 0 else min(snapping, _FINE_SNAPPING),
                gap_width=gap_width if number == 0 else GAP_WIDTH,
                merge_strategy="min_area",  # as the proposals say: the smaller one keeps its land
            )
        )
        lost = np.flatnonzero(shapely.is_empty(layer[: len(polygons)])).tolist()
        if len(lost):
            raise RepairRefused(
                f"{', '.join(names[feature] for feature in lost)} would be lost even with a snapping distance of "
                f"{snapping:g} m: it is narrower than that, or covered by others; remove it from the source",
                features=[names[feature] for feature in lost],
                places=[on(polygons[feature]) for feature in lost],
            )
        layer = share_vertices(snap_to_plane(_reattached(layer, parts)))
        if _is_valid(layer):
            left = _left_open(layer, gap_width)
            if not left:
                return layer[: len(polygons)]
            layer = carry_out(layer, left, [*names, *(f"open land {number + 1}" for number in range(len(kept)))])
    bad = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(layer, gap_width=GAP_WIDTH))).tolist()
    raise RepairRefused(
        f"no coverage came of it, down to a snapping distance of {snapping:g} m; choose a larger one",
        features=[names[feature] for feature in bad if feature < len(names)],
    )


def _left_open(layer: NDArray[Any], gap_width: float) -> list[Proposal]:
    """Return the gaps that a second repair would close without asking: the cleaner may open one at a corner."""
    found = propose(layer, gap_width=gap_width, names=[""] * len(layer), land=shapely.coverage_union_all(layer))
    return [each for each in found if each.owner is not None and not each.needs_decision]


def _is_valid(polygons: NDArray[Any]) -> bool:
    return bool(shapely.is_valid(polygons).all()) and bool(shapely.coverage_is_valid(polygons, gap_width=GAP_WIDTH))


def _reattached(layer: NDArray[Any], parts: NDArray[np.signedinteger]) -> NDArray[Any]:
    """Give crumbs that the cleaning broke off a feature to the neighbour that they share most border with."""
    result = layer.copy()
    for row in np.flatnonzero(shapely.get_num_geometries(layer[: len(parts)]) > parts):
        pieces = shapely.get_parts(layer[row])
        order = np.argsort(-shapely.area(pieces), kind="stable")
        staying = list(pieces[order[: parts[row]]])
        for piece in pieces[order[parts[row] :]]:
            near = shapely.STRtree(result[: len(parts)]).query(piece, predicate="intersects")
            near = near[near != row]
            shared = shapely.length(shapely.intersection(result[near], piece.boundary))
            if shapely.area(piece) <= DECIDE_AREA and shared.max(initial=0.0) > 0:
                heir = near[np.argmax(shared)]
                result[heir] = shapely.coverage_union_all([result[heir], piece])
            else:
                staying.append(piece)
        result[row] = staying[0] if len(staying) == 1 else MultiPolygon(staying)
    return result


def _held(proposals: Sequence[Proposal], result: NDArray[Any]) -> list[Proposal]:
    """Say of each proposal who has most of its land now; None when it is nobody's."""
    pairs = [(number, feature) for number, proposal in enumerate(proposals) for feature in proposal.features]
    shapes = array_of([proposals[number].shape for number, _ in pairs])
    held = shapely.area(shapely.intersection(shapes, result[[feature for _, feature in pairs]])).tolist()
    owners: list[int | None] = [None] * len(proposals)
    for (number, feature), area in zip(pairs, held, strict=True):
        if area > proposals[number].area / 2:
            owners[number] = feature
    return [replace(proposal, owner=owner) for proposal, owner in zip(proposals, owners, strict=True)]


def _guard(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    start: NDArray[Any],
    proposals: Sequence[Proposal],
    named: Collection[int],
    names: Sequence[str],
) -> None:
    """Refuse when a feature changed by more than 1 % beyond what a person decided about it."""
    expected = before.copy()
    for proposal in proposals:
        if proposal.decided and proposal.kind is ProblemKind.OVERLAP:
            for loser in set(proposal.features) - {proposal.owner}:
                expected[loser] -= shapely.area(shapely.intersection(start[loser], proposal.shape))
        elif proposal.decided and proposal.owner is not None:
            expected[proposal.owner] += proposal.area
    change = np.abs(after - expected)
    too_much = [row for row in np.flatnonzero(change > LARGEST_CHANGE * before).tolist() if row not in named]
    if too_much:
        worst = max(too_much, key=lambda row: change[row] / before[row])
        raise RepairRefused(
            f"{names[worst]} would change from {before[worst]:,.1f} to {after[worst]:,.1f} m², which is more than "
            f"{LARGEST_CHANGE:.0%}: name it if that is meant, or choose a smaller gap width",
            features=[names[row] for row in too_much],
            areas=[(float(before[row]), float(after[row])) for row in too_much],
        )


def _changes(before: NDArray[Any], start: NDArray[Any], result: NDArray[Any]) -> tuple[Change, ...]:
    rows = [row for row in range(len(result)) if identity(start[row]) != identity(result[row])]
    moved = shapely.area(shapely.symmetric_difference(before[rows], result[rows]))
    changes = [
        Change(
            feature=row,
            area_before=float(shapely.area(before[row])),
            area_after=float(shapely.area(result[row])),
            moved=float(area),
            distance=max(_off(start[row], result[row]), _off(result[row], start[row])),
        )
        for row, area in zip(rows, moved, strict=True)
    ]
    return tuple(sorted(changes, key=lambda change: -change.moved))


def _off(polygon: Geometry, other: Geometry) -> float:
    """Measure how far the nodes of one border are from the other border, in metres."""
    nodes = shapely.get_coordinates(polygon).view(np.complex128).ravel()
    own = nodes[~np.isin(nodes, shapely.get_coordinates(other).view(np.complex128))]
    border = shapely.boundary(other)
    shapely.prepare(border)
    return float(shapely.distance(border, shapely.points(own.real, own.imag)).max(initial=0.0))


def _whole(polygons: NDArray[Any]) -> NDArray[Any]:
    """Return the land that broken polygons enclose, to compare with."""
    valid = shapely.is_valid(polygons)
    if valid.all():
        return polygons
    whole = polygons.copy()
    whole[~valid] = shapely.set_precision(
        shapely.make_valid(polygons[~valid], method="structure", keep_collapsed=False), GRID
    )
    return whole
