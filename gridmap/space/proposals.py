"""What a repair proposes to do with every overlap and gap, and what a person has decided about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import BadInput, RepairRefused
from gridmap.space.measure import HAIRLINE, holes_of, is_wider, widths
from gridmap.space.polygons import GRID
from gridmap.space.problem import ProblemKind, on
from gridmap.space.survey import find_overlaps

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import Geometry

DECIDE_AREA = 10.0  # m²; above it a person can accept or refuse
DECIDE_WIDTH = 0.5  # metres; a narrower strip is how well borders are drawn, nobody lives in it
_SAME_LAND = 0.99  # of both polygons: the same grid twice
_NESTED = 0.5  # of the smaller polygon: it is drawn on top of the larger one


@dataclass(frozen=True)
class Proposal:
    """One overlap or gap and the feature that gets the land.

    Parameters
    ----------
    id : str
        "overlap-1", "gap-2": numbered by area, so the same layer and settings give the same ids.
    kind : ProblemKind
        OVERLAP or GAP.
    features : tuple of int
        The two that overlap, or those around the gap.
    place : tuple of float
        A point on it, in the plane.
    area, width : float
        m²; metres, the diameter of the largest circle in it.
    owner : int or None
        Of an overlap the smaller feature, so that a market drawn on top of a street is cut out of the street; of a
        gap the one with the longest border on it. None: it stays nobody's, as wide gaps do (lakes).
    needs_decision : bool
        Nothing happens to the layer until a person has decided.
    decided : bool
        A person has.
    shape : Geometry
    """

    id: str
    kind: ProblemKind
    features: tuple[int, ...]
    place: tuple[float, float]
    area: float
    width: float
    owner: int | None
    needs_decision: bool
    decided: bool
    shape: Geometry

    @property
    def explicit(self) -> bool:
        """Carried out piece by piece, before the cleaning of everything that is small."""
        return self.decided or (self.area > DECIDE_AREA and self.owner is not None)


def propose(
    polygons: NDArray[Any], *, gap_width: float, names: Sequence[str], land: Geometry | None = None
) -> list[Proposal]:
    """List overlaps and gaps that are more than hairlines, overlaps first, each by area.

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon
        On the grid and valid.
    gap_width : float
        Metres; gaps up to it are proposed to be closed, wider ones to stay.
    names : sequence of str
    land : Geometry or None
        The union of the polygons where the caller has it.

    Raises
    ------
    RepairRefused
        Two features are the same land: no rule can say which one is meant.
    """
    edges = shapely.coverage_invalid_edges(polygons)
    overlaps = find_overlaps(polygons, np.flatnonzero(~shapely.is_empty(edges)))
    areas = shapely.area(overlaps.shapes)
    own = np.column_stack([shapely.area(polygons[overlaps.first]), shapely.area(polygons[overlaps.second])])
    twins = np.flatnonzero(areas > _SAME_LAND * own.max(axis=1, initial=0.0))
    if len(twins):
        pair = names[overlaps.first[twins[0]]], names[overlaps.second[twins[0]]]
        raise RepairRefused(
            f"{pair[0]} and {pair[1]} are the same land; remove one of the two from the source",
            features=pair,
            place=on(overlaps.shapes[twins[0]]),
        )
    listed = (areas > DECIDE_AREA) | (areas > _NESTED * own.min(axis=1)) | is_wider(overlaps.shapes, HAIRLINE)
    pairs = np.column_stack([overlaps.first, overlaps.second])
    smaller = pairs[np.arange(len(pairs)), np.argmax(own[:, ::-1] > own, axis=1)]
    found = _proposals(ProblemKind.OVERLAP, pairs[listed].tolist(), overlaps.shapes[listed], smaller[listed].tolist())
    return found + _gaps(polygons, gap_width, land)


def decide(
    proposals: Sequence[Proposal],
    decisions: Mapping[str, int | None],
    names: Sequence[str],
    *,
    accepted: Collection[str] = (),
    accept_all: bool = False,
) -> list[Proposal]:
    """Put the decisions of a person into the proposals.

    Parameters
    ----------
    proposals : sequence of Proposal
    decisions : mapping of str to int or None
        Proposal id -> the feature that gets the land; None keeps a gap open.
    names : sequence of str
    accepted : collection of str
        Ids of proposals that are accepted as they are.
    accept_all : bool
        Everything else that needs a decision is accepted as proposed.

    Raises
    ------
    BadInput
        A decision about a proposal that does not exist, or for a feature that cannot have the land.
    RepairRefused
        A decision is missing; `proposals` in the evidence lists what has to be decided.
    """
    known = {proposal.id for proposal in proposals}
    for unknown in sorted({*decisions, *accepted} - known):
        raise BadInput(f"there is no proposal {unknown}; there are: {', '.join(sorted(known)) or 'none'}")
    decided = []
    for proposal in proposals:
        if proposal.id in decisions:
            owner = decisions[proposal.id]
            if owner not in proposal.features and not (owner is None and proposal.kind is ProblemKind.GAP):
                able = ", ".join(names[feature] for feature in proposal.features)
                raise BadInput(f"{proposal.id} can only go to one of: {able}", proposal=proposal.id)
            decided.append(replace(proposal, owner=owner, decided=True))
        elif proposal.id in accepted or (proposal.needs_decision and accept_all):
            decided.append(replace(proposal, decided=True))
        else:
            decided.append(proposal)
    missing = [proposal for proposal in decided if proposal.needs_decision and not proposal.decided]
    if missing:
        largest = missing[0]
        raise RepairRefused(
            f"{len(missing)} overlaps or gaps are larger than {DECIDE_AREA:g} m² and need a decision, such as "
            f"{largest.id} of {largest.area:,.0f} m² between {' and '.join(names[f] for f in largest.features)}: "
            "accept or refuse each, or accept all",
            proposals=[_as_evidence(proposal, names) for proposal in missing],
        )
    return decided


def carry_out(polygons: NDArray[Any], proposals: Sequence[Proposal], names: Sequence[str]) -> NDArray[Any]:
    """Give the land of explicit proposals to its owners; returns new polygons on the grid.

    Raises
    ------
    RepairRefused
        A feature would have no land left: it is covered by others that were proposed or decided to own it.
    """
    result = polygons.copy()
    for proposal in proposals:
        if not proposal.explicit or proposal.owner is None:
            continue
        if proposal.kind is ProblemKind.GAP:
            result[proposal.owner] = shapely.union_all([result[proposal.owner], proposal.shape], grid_size=GRID)
            continue
        (loser,) = set(proposal.features) - {proposal.owner}
        result[loser] = shapely.difference(result[loser], polygons[proposal.owner], grid_size=GRID)
        if shapely.is_empty(result[loser]) or shapely.area(result[loser]) < (1 - _SAME_LAND) * shapely.area(
            polygons[loser]
        ):
            raise RepairRefused(
                f"{names[loser]} lies wholly inside others, and nothing of it would be left when {proposal.id} goes "
                f"to {names[proposal.owner]}: give {proposal.id} to {names[loser]}, or remove one from the source",
                features=[names[feature] for feature in proposal.features],
                place=proposal.place,
            )
    return result


def _gaps(polygons: NDArray[Any], gap_width: float, land: Geometry | None) -> list[Proposal]:
    holes = holes_of(shapely.union_all(polygons) if land is None else land)
    holes = holes[(shapely.area(holes) > DECIDE_AREA) | is_wider(holes, HAIRLINE)]
    hole, feature = shapely.STRtree(polygons).query(holes, predicate="dwithin", distance=GRID)
    # nodes where overlaps cross are not on the grid, hence a line some millimetres outside of the gap
    outlines = shapely.boundary(shapely.buffer(holes, 2 * GRID))
    shared = shapely.length(shapely.intersection(polygons[feature], outlines[hole]))
    wide = is_wider(holes, gap_width)
    around: list[list[int]] = [[] for _ in holes]
    for number, neighbour in zip(hole.tolist(), feature.tolist(), strict=True):
        around[number].append(neighbour)
    longest = np.lexsort((shared, hole))  # of each gap the last one has the longest border
    owners: list[int | None] = [None] * len(holes)
    for pair in longest.tolist():
        owners[hole[pair]] = None if wide[hole[pair]] else int(feature[pair])
    return _proposals(ProblemKind.GAP, [sorted(neighbours) for neighbours in around], holes, owners)


def _proposals(
    kind: ProblemKind, features: Sequence[Sequence[int]], shapes: NDArray[Any], owners: Sequence[int | None]
) -> list[Proposal]:
    """Make proposals, numbered by area."""
    areas, across = shapely.area(shapes).tolist(), widths(shapes).tolist()
    order = sorted(range(len(shapes)), key=lambda row: (-areas[row], features[row]))
    return [
        Proposal(
            id=f"{kind}-{number}",
            kind=kind,
            features=tuple(features[row]),
            place=on(shapes[row]),
            area=areas[row],
            width=across[row],
            owner=owners[row],
            needs_decision=owners[row] is not None and areas[row] > DECIDE_AREA and across[row] > DECIDE_WIDTH,
            decided=False,
            shape=shapes[row],
        )
        for number, row in enumerate(order, start=1)
    ]


def _as_evidence(proposal: Proposal, names: Sequence[str]) -> dict[str, Any]:
    return {
        "id": proposal.id,
        "kind": proposal.kind.value,
        "features": [names[feature] for feature in proposal.features],
        "owner": None if proposal.owner is None else names[proposal.owner],
        "area": proposal.area,
        "width": proposal.width,
        "place": proposal.place,
    }
