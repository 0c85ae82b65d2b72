"""Balance a plan: move as few households as possible, or divide a community anew. Nothing is stored unless asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.errors import BadInput
from gridmap.model.land import new_id
from gridmap.services import drafts
from gridmap.services.balance_ground import BalanceGround, along, balance_ground, closed_by, lines_of, numbered
from gridmap.services.plan_profile import PlanProfile, plan_profile
from gridmap.services.plan_session import Session, open_session
from gridmap.services.plan_values import GridNumbers, grid_numbers, visible_grids
from gridmap.space.balance import FLOOR, Band, Rebalance, Weights, rebalance, rebalance_around
from gridmap.space.edits import perform
from gridmap.space.partition import Proposal, propose
from gridmap.storage import plans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.access import Scope
    from gridmap.services.drafts import EditAnswer
    from gridmap.space.block_graph import BlockGraph
    from gridmap.space.layout import Layout
    from gridmap.storage.database import Transaction

TOLERANCE = 0.1
MOST = 1_000_000.0  # households of a grid, or a weight: with more the sums of the search lose their last digits


@dataclass(frozen=True)
class Wishes:
    """What a rebalance is to reach and to leave alone.

    Parameters
    ----------
    grids : tuple of str
        Codes or ids: only these and as few of their neighbours as it takes; all of the plan when empty.
    target : float or None
        Of every grid, in the measure of the plan profile; the average of the grids of each community when None.
    tolerance : float
        Share of the target by which a grid may be off.
    profile_target : bool
        Take the bounds of the plan profile instead of target and tolerance.
    locked : tuple of str
        Codes or ids of grids that stay as they are. Kinds without a target always do.
    barriers : tuple of str
        Kinds across which nobody moves: waters, railways, roads (the main ones).
    moved, border : float
        Weights of the search, see `gridmap.space.balance.Weights`.
    floor : float
        Polsby-Popper below which no grid is brought.
    seed : int
        The same seed gives the same answer.
    """

    grids: tuple[str, ...] = ()
    target: float | None = None
    tolerance: float = TOLERANCE
    profile_target: bool = False
    locked: tuple[str, ...] = ()
    barriers: tuple[str, ...] = ()
    moved: float = Weights().moved
    border: float = Weights().border
    floor: float = FLOOR
    seed: int = 0


@dataclass(frozen=True)
class GridBalance:
    """A grid before and after; `before` is None for one that comes, `after` for one that goes.

    `low` and `high` bound the target. `outside` says whether it misses them after, `reason` why nothing better can
    be, where that follows from sums alone.
    """

    id: str
    code: str
    name: str
    low: float
    high: float
    before: GridNumbers | None
    after: GridNumbers | None
    outside: bool
    reason: str | None = None


@dataclass(frozen=True)
class BalanceAnswer:
    """What was found.

    Parameters
    ----------
    measure : str
        What the target counts.
    reached : bool
        Whether every grid that may change lies inside its bounds.
    operation : dict or None
        The body of an edit that does it; None when nothing is to be moved.
    moves : list of dict
        Blocks that change hands: `grid` (code of the taker), `from` (codes), `blocks` (ids).
    moved, total : dict of str to int
        What changes hands against the plan as it is, and all that its grids have, by measure.
    grids : list of GridBalance
        Those that change, and those that lie outside, by code.
    border_before, border_after : float
        Metres between grids of the plan, or of the community that is divided.
    revision : int
        Of the plan that was looked at.
    applied : EditAnswer or None
        What the edit did, once it was made.
    """

    measure: str
    reached: bool
    operation: dict[str, Any] | None
    moves: list[dict[str, Any]]
    moved: dict[str, int]
    total: dict[str, int]
    grids: list[GridBalance]
    border_before: float
    border_after: float
    revision: int = 0
    applied: EditAnswer | None = None


def rebalance_plan(tx: Transaction, scope: Scope, plan_id: UUID, wishes: Wishes) -> BalanceAnswer:
    """Find the moves that bring the grids of a plan to their target. Takes seconds, stores nothing.

    Grids stay in their communities, no compound that is whole is divided, and no grid falls apart.

    Raises
    ------
    NotFound
        There is no such plan, or it is out of scope.
    BadInput
        A grid or kind that is not there, or a target or tolerance that is none.
    EditRefused
        The guards of the office refuse what was found.
    """
    if not (0 <= wishes.moved <= MOST and 0 <= wishes.border <= MOST):
        raise BadInput(f"the weights `moved` and `border` lie between 0 and {MOST:,.0f}", field="moved")
    plan, profile = plans.plan_named(tx, scope, plan_id), plan_profile()
    session = open_session(tx, plan)
    ground = balance_ground(session, profile.measure)
    closed = closed_by(ground.graph, lines_of(tx, session.ground.plane, wishes.barriers))
    locked = _locked(session, scope, ground, profile)
    locked[numbered(wishes.locked, session, "locked")] = True
    band = _band(session, ground, locked, wishes, profile)
    options: dict[str, Any] = {
        "base": ground.base,
        "locked": locked,
        "together": ground.together,
        "weights": Weights(wishes.moved, wishes.border),
        "floor": wishes.floor,
        "seed": wishes.seed,
    }
    graph = ground.graph.with_barriers(closed)
    if wishes.grids:
        bad = numbered(wishes.grids, session, "grids")
        found = rebalance_around(graph, ground.owner, ground.loads, band, bad, **options)
    else:
        found = rebalance(graph, ground.owner, ground.loads, band, **options)
    shares = [
        {
            "grid": session.layout.grids[ground.grids[grid]].code,
            "blocks": [str(ground.blocks[row]) for row in rows],
        }
        for rows, grid in found.moves
    ]
    bounds = dict(enumerate(zip(band.low.tolist(), band.high.tolist(), strict=True)))
    return replace(_answer(session, profile, ground, shares, bounds, found), revision=plan.revision)


def propose_grids(
    tx: Transaction,
    scope: Scope,
    plan_id: UUID,
    community: str,
    count: int,
    *,
    tolerance: float = TOLERANCE,
    barriers: Sequence[str] = (),
    seed: int = 0,
) -> BalanceAnswer:
    """Divide a community of a plan into so many balanced grids, along main roads, railways and rivers where it can be.

    Grids without a target (dedicated ones) keep their land. A new grid keeps the identity of the old one that most of
    its households had; others get new codes, or go.

    Parameters
    ----------
    community : str
        Code or id.
    barriers : sequence of str
        Kinds that no grid reaches across.

    Raises
    ------
    NotFound
        There is no such plan or community, or it is out of scope.
    BadInput
        So many grids cannot be made of the blocks.
    EditRefused
        The guards of the office refuse what was found.
    """
    plan, profile = plans.plan_named(tx, scope, plan_id), plan_profile()
    session = open_session(tx, plan)
    _require_tolerance(tolerance)
    ground = balance_ground(session, profile.measure)
    wanted = {each.id for each in session.ground.communities if community.strip() in (each.code, str(each.id))}
    states = [session.layout.grids[grid] for grid in ground.grids]
    free = ~_locked(session, scope, ground, profile) & np.array([state.community in wanted for state in states])
    rows = np.flatnonzero(free[ground.owner])
    if not len(rows):
        raise BadInput(
            f"the plan has no grids in a community {community!r} that you may divide: give its code",
            community=community,
        )
    graph, _ = ground.part(rows)
    plane = session.ground.plane
    graph = graph.with_barriers(closed_by(graph, lines_of(tx, plane, barriers)))
    roads = along(graph, lines_of(tx, plane, ("roads", "railways", "waters")))
    found = propose(
        graph,
        ground.loads[rows],
        count,
        tolerance=tolerance,
        together=ground.together[rows],
        roads=roads,
        seed=seed,
    )
    shares = _shares(found, ground, rows, graph, [state.code for state in states])
    average = float(ground.loads[rows].sum()) / count
    bounds = (average * (1 - tolerance), average * (1 + tolerance))
    involved = dict.fromkeys(np.flatnonzero(free).tolist(), bounds)
    answer = _answer(session, profile, ground, shares, involved, found)
    before = graph.metres[np.diff(ground.owner[rows][graph.pairs], axis=1)[:, 0] != 0].sum()
    return replace(answer, border_before=round(float(before), 1), revision=plan.revision)


def apply_balance(
    tx: Transaction, scope: Scope, plan_id: UUID, answer: BalanceAnswer, revision: int | None = None
) -> BalanceAnswer:
    """Make what was found one edit of the draft.

    Found and stored in two transactions: nobody waits for a search.

    Parameters
    ----------
    revision : int, optional
        What the caller saw; else what the search saw.

    Raises
    ------
    Conflict, StaleRevision, EditRefused, Forbidden
        As `gridmap.services.drafts.edit`.
    """
    if answer.operation is None:
        return answer
    seen = answer.revision if revision is None else revision
    return replace(answer, applied=drafts.edit(tx, scope, plan_id, answer.operation, seen))


def _locked(session: Session, scope: Scope, ground: BalanceGround, profile: PlanProfile) -> NDArray[np.bool_]:
    """Grids without a target, and those that the caller may not see, stay as they are."""
    visible = set(visible_grids(session, scope, ground.grids))
    states = session.layout.grids
    return np.array([grid not in visible or states[grid].kind.value in profile.untargeted for grid in ground.grids])


def _band(
    session: Session, ground: BalanceGround, locked: NDArray[np.bool_], wishes: Wishes, profile: PlanProfile
) -> Band:
    count = len(ground.grids)
    if wishes.profile_target:
        return Band(np.full(count, profile.low), np.full(count, profile.high))
    _require_tolerance(wishes.tolerance)
    if wishes.target is not None:
        if not 0 < wishes.target <= MOST:
            raise BadInput(f"the target of a grid has to be above 0 and at most {MOST:,.0f}", field="target")
        return Band.around(wishes.target, wishes.tolerance, count)
    loads = ground.base + np.bincount(ground.owner, ground.loads, count)
    community = [session.layout.grids[grid].community for grid in ground.grids]
    target = np.zeros(count)
    for each in set(community):
        mine = np.array([other == each for other in community])
        target[mine] = loads[mine & ~locked].mean() if (mine & ~locked).any() else 0.0
    return Band.around(target, wishes.tolerance, count)


def _require_tolerance(tolerance: float) -> None:
    if not 0 < tolerance < 1:
        raise BadInput(f"the tolerance is a share between 0 and 1, such as 0.1, not {tolerance:g}", field="tolerance")


def _shares(
    found: Proposal, ground: BalanceGround, rows: NDArray[np.intp], graph: BlockGraph, codes: Sequence[str]
) -> list[dict[str, Any]]:
    """Say which blocks each grid of a proposal has, and the code of the old grid that it goes on from, if any."""
    keeper = _keepers(found.owner, ground.owner[rows], ground.loads[rows], graph.area)
    return [
        {
            "grid": codes[keeper[number]] if number in keeper else None,
            "blocks": [str(ground.blocks[row]) for row in rows[found.owner == number]],
        }
        for number in range(len(found.loads))
    ]


def _keepers(
    new: NDArray[np.intp], old: NDArray[np.intp], loads: NDArray[np.float64], areas: NDArray[np.float64]
) -> dict[int, int]:
    """Find for new grids the old ones that they are most like, each once: by households, then by land."""
    pairs: dict[tuple[int, int], tuple[float, float]] = {}
    for mine, was, load, area in zip(new.tolist(), old.tolist(), loads.tolist(), areas.tolist(), strict=True):
        before = pairs.get((mine, was), (0.0, 0.0))
        pairs[mine, was] = (before[0] + load, before[1] + area)
    keeper: dict[int, int] = {}
    for (mine, was), _ in sorted(pairs.items(), key=lambda item: (-item[1][0], -item[1][1], item[0])):
        if mine not in keeper and was not in keeper.values():
            keeper[mine] = was
    return keeper


def _answer(
    session: Session,
    profile: PlanProfile,
    ground: BalanceGround,
    shares: Sequence[dict[str, Any]],
    bounds: Mapping[int, tuple[float, float]],
    found: Rebalance | Proposal,
) -> BalanceAnswer:
    """Try the edit on the plan in memory, and count exactly what it does."""
    layout, measures = session.layout, session.tally.measures
    moves = _moves(layout, ground, shares)
    operation = {"op": "rearrange", "shares": list(shares)} if moves else None
    now, shown = session, {ground.grids[grid] for grid in found.outside} if isinstance(found, Rebalance) else set()
    if operation:
        fresh = [str(new_id()) for share in shares if share["grid"] is None]
        edited = perform(layout, operation | {"new_ids": fresh}, drafts.guards(session, profile))
        now = replace(session, layout=edited.layout, tally=session.tally.after(edited.layout, edited.change))
        shown |= edited.change.changed_grids()
    limits = {ground.grids[grid]: limit for grid, limit in bounds.items()}
    why = {ground.grids[grid]: text for grid, text in found.reasons.items()} if isinstance(found, Rebalance) else {}
    rows = [_compared(session, now, grid, limits, why.get(grid), profile) for grid in shown]
    return BalanceAnswer(
        measure=profile.measure,
        reached=found.reached,
        operation=operation,
        moves=moves,
        moved=now.tally.changed_hands(session.tally) if operation else dict.fromkeys(measures, 0),
        total={name: sum(session.tally.numbers(grid)[name] for grid in layout.grids) for name in measures},
        grids=sorted(rows, key=lambda each: each.code),
        border_before=round(found.border_before, 1) if isinstance(found, Rebalance) else 0.0,
        border_after=round(found.border_after if isinstance(found, Rebalance) else found.border, 1),
    )


def _moves(layout: Layout, ground: BalanceGround, shares: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    owner = {str(block): layout.grids[layout.owner[block]].code for block in ground.blocks}
    moves = []
    for share in shares:
        gone = [block for block in share["blocks"] if owner[block] != share["grid"]]
        if gone:
            moves.append({"grid": share["grid"], "from": sorted({owner[block] for block in gone}), "blocks": gone})
    return moves


def _compared(
    before: Session,
    after: Session,
    grid: UUID,
    limits: Mapping[UUID, tuple[float, float]],
    reason: str | None,
    profile: PlanProfile,
) -> GridBalance:
    state = after.layout.grids.get(grid) or before.layout.grids[grid]
    low, high = limits.get(grid) or next(iter(limits.values()))  # of a grid that comes: all have the same
    now = grid_numbers(after, grid, profile) if grid in after.layout.grids else None
    return GridBalance(
        id=str(grid),
        code=state.code,
        name=state.name,
        low=round(float(low), 1),
        high=round(float(high), 1),
        before=grid_numbers(before, grid, profile) if grid in before.layout.grids else None,
        after=now,
        outside=now is not None and not low <= getattr(now, profile.measure) <= high,
        reason=reason,
    )
