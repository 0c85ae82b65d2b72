"""The end of every edit: heal, finish, look whether all is well."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import codes
from gridmap.errors import CoverageBroken, EditRefused
from gridmap.space.cutting import edges_of
from gridmap.space.guards import Crossing, Guards, divided_outlines, refuse, require_sound
from gridmap.space.healing import absorb, heal
from gridmap.space.layout import Change, GridState, Layout, apply
from gridmap.space.measure import array_of
from gridmap.space.polygons import GRID
from gridmap.space.workbench import Workbench

if TYPE_CHECKING:
    from uuid import UUID

    from numpy.typing import NDArray
    from shapely import Geometry

_SAME = 1e-6  # m²; what is left of sums of doubles where no border moved


@dataclass(frozen=True, eq=False)
class Edited:
    """What an edit made.

    Parameters
    ----------
    layout : Layout
    change : Change
        From the layout before to this one.
    warnings : tuple of Crossing
        Buildings and compounds that the edit divides between grids.
    """

    layout: Layout
    change: Change
    warnings: tuple[Crossing, ...] = ()

    @property
    def inverse(self) -> Change:
        """What undoes the edit."""
        return self.change.inverse()


def settle(work: Workbench, guards: Guards) -> Edited:
    """Finish an edit, or refuse it.

    Raises
    ------
    EditRefused
        It changes nothing, or one of the guards objects.
    CoverageBroken
        Land was lost or doubled: a mistake of the program, never of the user.
    """
    if work.lands:
        return _settled(work, guards)
    plain = Workbench(work.layout, owner=dict(work.owner), grids=dict(work.grids))
    try:
        return _settled(work, guards)
    except EditRefused as refusal:
        if refusal.evidence["reason"] != "too_close":
            raise
    return _settled(plain, guards, healing=False)  # labels alone make no new border: it was a seam taken out that did


def _settled(work: Workbench, guards: Guards, *, healing: bool = True) -> Edited:
    _require_unfolded(work)
    try:
        absorb(work, list(work.lands))
        if healing:
            heal(work, [block for block in work.owner if work.moved(block)])
    except shapely.errors.GEOSException as broken:  # the union of a coverage that is none
        raise _too_close(next(iter(work.lands.values()), None)) from broken
    change = work.finish()
    if not change.owner and not change.grids:
        raise refuse("the edit changes nothing: the land has this grid already", "nothing_changes", None)
    after = apply(work.layout, change)
    _require_same_land(change)
    require_sound(work.layout, after, change, guards)
    return Edited(after, change, divided_outlines(work.layout, after, change, guards))


def _require_unfolded(work: Workbench) -> None:
    """Refuse new borders so close to others that a piece of a few decimetres folds onto itself on the 1 mm grid."""
    lands = array_of(work.lands.values())
    folded = np.flatnonzero(~shapely.is_valid(lands))
    if len(folded):
        raise _too_close(lands[folded[0]])


def _too_close(land: Geometry | None) -> EditRefused:
    return refuse(
        "the new border runs within a centimetre of another one: draw it on that border or away from it",
        "too_close",
        None if land is None else shapely.get_coordinates(land)[0].tolist(),
    )


def next_code(work: Workbench, grid: UUID, community_code: str) -> tuple[str, bool]:
    """Hand out a code in a community, and say whether it is provisional.

    A grid that had a code in force there gets it back; else it is the lowest that nobody has or ever had.

    Raises
    ------
    CodesExhausted
    """
    layout = work.layout
    used = {
        state.code
        for states in (layout.grids, work.grids)
        for state in states.values()
        if state is not None and state.community_code == community_code
    }
    if grid in layout.grids:
        used.discard(layout.grids[grid].code)
        for code, holder in layout.holders.items():
            if holder == grid and code not in used and codes.community_of(code) == community_code:
                return code, False
    used.update(code for code in layout.codes_taken if code.startswith(community_code))
    return codes.next_free(community_code, used), True


def new_state(work: Workbench, like: GridState, grid: UUID) -> GridState:
    """Make a grid beside another one: its kind and community, a new code, nobody responsible yet."""
    code, provisional = next_code(work, grid, like.community_code)
    return replace(
        like,
        id=grid,
        code=code,
        name=f"{like.name}（{code[-3:]}）" if like.name else "",
        multipart=False,
        provisional=provisional,
        four_limits="",
        source_document="",
        worker="",
    )


def _require_same_land(change: Change) -> None:
    """Compare the area before and after: an end on the outer border costs less than 1 mm along the edge it hits."""
    if not change.added:
        return
    before, after = array_of(change.removed.values()), array_of(change.added.values())
    lost = float(shapely.area(before).sum() - shapely.area(after).sum())
    if abs(lost) > _SAME and abs(lost) > _SAME + GRID * _length_bent(before, after):
        raise CoverageBroken(f"the edit would lose {lost:.3f} m² of land: nothing was changed; report it", problems=[])


def _length_bent(before: NDArray[Any], after: NDArray[Any]) -> float:
    """Return the length of those edges around some land that do not go around it any more."""
    old, new = edges_of(*((lands, np.zeros(len(lands), dtype=np.intp)) for lands in (before, after)))
    not_bent = {*old.across(), *new.there()}  # an edge between two blocks is there both ways
    bent = [row for row, mark in enumerate(old.there()) if mark not in not_bent]
    return float(np.abs(old.nodes[old.ends[bent]] - old.nodes[old.starts[bent]]).sum())
