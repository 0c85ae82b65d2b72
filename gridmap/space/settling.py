"""The end of every edit: heal, finish, look whether all is well."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap import codes
from gridmap.errors import CoverageBroken, EditRefused
from gridmap.space.cutting import edges_of, same_border
from gridmap.space.guards import Crossing, Guards, divided_outlines, refuse, require_sound, reshaped
from gridmap.space.healing import absorb, heal
from gridmap.space.layout import Change, GridState, Layout, apply
from gridmap.space.measure import array_of
from gridmap.space.polygons import GRID
from gridmap.space.workbench import Workbench

if TYPE_CHECKING:
    from uuid import UUID

    from shapely import Geometry

    from gridmap.space.cutting import Edges

_NUMBERED = re.compile(r"第([0-9]+)网格$")
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
    before, after = work.layout, apply(work.layout, change)
    same_rim = _require_same_land(change)
    changed = sorted(reshaped(before, after, change))
    require_sound(before, after, change, changed, guards, same_rim=same_rim)
    return Edited(after, change, divided_outlines(before, after, change, changed, guards))


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


def _named_like(like: GridState, code: str) -> str:
    """Name a grid after another: 第04网格 makes 第09网格 where names count as codes do, else the code stands behind."""
    number = _NUMBERED.search(like.name)
    if number and number[1].lstrip("0") == like.code[-3:].lstrip("0"):
        return like.name[: number.start(1)] + code[-3:].lstrip("0").zfill(len(number[1])) + like.name[number.end(1) :]
    return f"{like.name}（{code[-3:]}）" if like.name else ""


def new_state(work: Workbench, like: GridState, grid: UUID) -> GridState:
    """Make a grid beside another one: its kind and community, a new code, nobody responsible yet."""
    code, provisional = next_code(work, grid, like.community_code)
    return replace(
        like,
        id=grid,
        code=code,
        name=_named_like(like, code),
        multipart=False,
        provisional=provisional,
        four_limits="",
        source_document="",
        worker="",
    )


def _require_same_land(change: Change) -> bool:
    """Compare the land before and after, and say whether the very same edges go around it.

    An end on the outer border bends the edge that it hits, and costs less than 1 mm along that.
    """
    if not change.added:
        return not change.removed
    lands = [array_of(each.values()) for each in (change.removed, change.added)]
    old, new = edges_of(*((each, np.zeros(len(each), dtype=np.intp)) for each in lands))
    if same_border(old, new):
        return True
    lost = float(shapely.area(lands[0]).sum() - shapely.area(lands[1]).sum())
    if abs(lost) > _SAME and abs(lost) > _SAME + GRID * _length_bent(old, new):
        raise CoverageBroken(f"the edit would lose {lost:.3f} m² of land: nothing was changed; report it", problems=[])
    return False


def _length_bent(old: Edges, new: Edges) -> float:
    """Return the length of those edges around some land that do not go around it any more."""
    not_bent = {*old.across().tolist(), *new.there().tolist()}  # an edge between two blocks is there both ways
    bent = [row for row, mark in enumerate(old.there().tolist()) if mark not in not_bent]
    return float(np.abs(old.nodes[old.ends[bent]] - old.nodes[old.starts[bent]]).sum())
