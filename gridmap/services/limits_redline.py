"""What became of the sentences of a plan's grids: the old one, the one that its land asks for, and a red-lined text."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import shapely

from gridmap.access import Scope
from gridmap.datum import Plane
from gridmap.errors import BadInput, NotFound
from gridmap.services.limits import parse_text, words
from gridmap.services.limits_agreement import SAME_LAND, agreement_of
from gridmap.services.limits_ground import border_names, stored_surroundings
from gridmap.services.limits_words import STATUS, side_word
from gridmap.services.plan_land import land_of
from gridmap.services.plan_layout import subdistrict_of
from gridmap.services.plan_session import open_session
from gridmap.space.limits.describe import describe
from gridmap.space.limits.features import key
from gridmap.space.measure import array_of
from gridmap.storage import plans

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from shapely import Geometry

    from gridmap.model.land import Grid
    from gridmap.services.limits import Surroundings
    from gridmap.services.plan_session import Session
    from gridmap.space.layout import GridState
    from gridmap.storage.database import Transaction

_WALK, _OUT, _IN, _REST = "沿", "不含", "含", "其他"


@dataclass(frozen=True)
class Span:
    """A feature as a sentence names it; `change` is same, deleted or inserted."""

    text: str
    change: str


@dataclass(frozen=True)
class SideChange:
    """One side of a sentence against another sentence: `word` is 东至, 南至 …, spans in the order of reading."""

    word: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class GridLimits:
    """The sentence of a grid of a plan, and the one that its land asks for.

    Parameters
    ----------
    id, code, name : str
    land_changed : bool
        Its land is not what it was in the plan's base, or it is new.
    before : str
        The sentence in the plan's base.
    four_limits, source_document : str
        As the plan has them now.
    agrees : bool or None
        The sentence as it is now fits the land; None where there is none.
    message : str
        In Chinese, how they part; "" where they agree.
    proposed : str
        Written from the land; "" where no feature runs along it.
    status, word : str
        Of the proposed sentence, solved again.
    agreement : float
        IoU of the land and what the proposed sentence gives.
    sides : tuple of SideChange
        From the sentence as it is now to the proposed one.
    """

    id: str
    code: str
    name: str
    land_changed: bool
    before: str
    four_limits: str
    source_document: str
    agrees: bool | None
    message: str
    proposed: str
    status: str
    word: str
    agreement: float
    sides: tuple[SideChange, ...]


@dataclass(frozen=True)
class SentenceChange:
    """A grid whose land or sentence is not what it was in the plan before; "" where it had or has none."""

    id: str
    code: str
    name: str
    land_changed: bool
    before: str
    after: str
    sides: tuple[SideChange, ...]


def plan_limits(tx: Transaction, scope: Scope, plan_id: UUID, grids: Sequence[str] = ()) -> list[GridLimits]:
    """Write the sentences that the land of a plan asks for, of the grids whose land changed, or of some.

    One takes some tenths of a second.

    Parameters
    ----------
    grids : sequence of str
        Codes or ids; those whose land changed against the plan's base without any.

    Raises
    ------
    NotFound
        There is no such plan or grid, or it is out of scope; or nothing with a name is stored.
    """
    plan = plans.plan_named(tx, scope, plan_id)
    session = open_session(tx, plan)
    everything = Scope.everything(tx.actor)
    base = {each.id: each for each in plans.grids_of_plan(tx, everything, plan.based_on or plan.id)}
    states = {state.id: state for state in session.layout.grids.values() if _visible(scope, state.community)}
    if grids:
        wanted = [_named(states, each) for each in dict.fromkeys(grids)]
    else:
        wanted = [state for state in states.values() if _moved(session, state.id)]
    if not wanted:
        return []
    land = land_of(tx, everything, plan_id)
    around = stored_surroundings(tx, everything, land)
    called = border_names(land.grids.values(), {each.id: each.name for each in session.ground.communities})
    wanted.sort(key=lambda state: state.code)
    return [_limits(session, state, base.get(state.id), around, called[state.id]) for state in wanted]


def changed_sentences(tx: Transaction, scope: Scope, plan_id: UUID) -> list[SentenceChange]:
    """List the grids whose land or sentence is not as in the plan before, by code; the retired ones, too.

    Raises
    ------
    NotFound
        There is no such plan, or it is out of scope.
    """
    plan = plans.plan_named(tx, scope, plan_id)
    if plan.based_on is None:
        return []
    everything, plane = Scope.everything(tx.actor), Plane.from_epsg(subdistrict_of(tx, plan).plane)
    old, new = ({each.id: each for each in plans.grids_of_plan(tx, everything, of)} for of in (plan.based_on, plan.id))
    found = []
    for grid_id in old.keys() | new.keys():
        before, after = old.get(grid_id), new.get(grid_id)
        told = after or before
        assert told is not None  # noqa: S101 -- one of the two plans has it
        texts = [each.four_limits.strip() if each else "" for each in (before, after)]
        moved = (
            before is None
            or after is None
            or _is_other_land(before.shape, plane.project_geometries(array_of([after.shape]))[0], plane)
        )
        if _visible(scope, told.community_id) and (moved or texts[0] != texts[1]) and any(texts):
            found.append(SentenceChange(str(grid_id), told.code, told.name, moved, texts[0], texts[1], redline(*texts)))
    return sorted(found, key=lambda each: each.code)


def redline(old: str, new: str) -> tuple[SideChange, ...]:
    """Compare two sentences side by side, feature by feature; sides may come in any order, either may be empty."""
    before, after = _pieces(old), _pieces(new)
    return tuple(
        SideChange(word, _spans(before.get(word, []), after.get(word, []))) for word in dict.fromkeys([*before, *after])
    )


def told(sides: Sequence[SideChange]) -> str:
    """Write a red-lined text for a terminal: [-deleted-] {+inserted+}."""
    marks = {"same": "{}", "deleted": "[-{}-]", "inserted": "{{+{}+}}"}
    return "，".join(
        each.word + "、".join(marks[span.change].format(span.text) for span in each.spans) for each in sides
    )


def _visible(scope: Scope, community: UUID) -> bool:
    return scope.unlimited or community in scope.communities


def _named(states: dict[UUID, GridState], named: str) -> GridState:
    found = next((each for each in states.values() if named.strip() in {each.code, str(each.id)}), None)
    if found is None:
        raise NotFound(f"the plan has no grid {named!r}: name one by its code or id", grid=named)
    return found


def _moved(session: Session, grid: UUID) -> bool:
    """Tell whether a grid has other land than in the plan's base; more nodes on its border are the same land."""
    blocks, shape = session.original.get(grid, (frozenset(), None))
    if shape is None:
        return True
    if blocks == session.layout.held[grid]:
        return False
    return _is_other_land(shape, session.layout.shape(grid), session.ground.plane)


def _is_other_land(before: Geometry, after: Geometry, plane: Plane) -> bool:
    """Compare land in lon/lat with land in the plane."""
    flat = plane.project_geometries(array_of([before]))[0]
    return float(shapely.symmetric_difference(flat, after).area) > SAME_LAND


def _limits(
    session: Session, state: GridState, base: Grid | None, around: Surroundings, own: tuple[str, ...]
) -> GridLimits:
    """Write the sentence of a grid; `own` are names of its own border, which cannot say where it runs."""
    shape = session.layout.shape(state.id)
    text = state.four_limits.strip()
    found = describe(shape, around.features, words(), [key(each) for each in own])
    holds = agreement_of(text, shape, around) if text else None
    return GridLimits(
        id=str(state.id),
        code=state.code,
        name=state.name,
        land_changed=_moved(session, state.id),
        before=base.four_limits.strip() if base else "",
        four_limits=text,
        source_document=state.source_document,
        agrees=holds.agrees if holds else None,
        message=holds.message if holds and not holds.agrees else "",
        proposed=found.text,
        status=found.status.value,
        word=STATUS[found.status],
        agreement=round(found.agreement, 4),
        sides=redline(text, found.text),
    )


def _spans(old: Sequence[str], new: Sequence[str]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for verb, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verb == "equal":
            spans += [Span(text, "same") for text in new[c:d]]
        else:
            spans += [Span(text, "deleted") for text in old[a:b]]
            spans += [Span(text, "inserted") for text in new[c:d]]
    return tuple(spans)


def _pieces(text: str) -> dict[str, list[str]]:
    """Take a sentence apart: what it says of each side, in its own words; all of it in one where it cannot be read."""
    if not text.strip():
        return {}
    try:
        parsed = parse_text(text)
    except BadInput:
        return {"": [text.strip()]}
    found: dict[str, list[str]] = {}
    for part in parsed.parts:
        for limit in part.limits:
            said = found.setdefault(f"{part.label}{side_word(limit.side)}至", [])
            said += [parsed.piece(each.span).strip() for each in limit.mentions]
        if part.legs:
            found.setdefault(part.label + _WALK, []).extend(parsed.piece(leg.span).strip() for leg in part.legs)
    for each in parsed.exemptions:
        found.setdefault(_OUT if each.excluded else _IN, []).append(parsed.piece(each.span).strip())
    if parsed.leftovers:
        found[_REST] = [each.text.strip() for each in parsed.leftovers]
    return found
