"""The ladder: states of an incident, who may move it, and what a move asks for. All of it is data.

`data/lookups/ladder.json` holds it in the words of the office; `read_ladder` refuses one that has dead ends.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridmap.errors import BadInput, Conflict, Forbidden

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

NEEDS = frozenset({"reason", "photo", "unit", "grid", "incident", "deadline", "whistle", "outcome"})
ALWAYS = frozenset({"reason", "photo"})  # may come with every move
EFFECTS = frozenset({"", "hand_over", "blow", "answer", "arrive", "merge", "unmerge", "rate"})
CLOCKS = frozenset({"", "pause", "resume", "restart", "release"})


@dataclass(frozen=True)
class Move:
    """What may be done with an incident.

    Parameters
    ----------
    name : str
        In the words of the office.
    sources : frozenset of str
        States that it starts from.
    target : str or None
        State that it leads to; None when the state stays.
    roles, approval : frozenset of str
        Who may make it, and who has to approve it first; nobody has to when empty.
    needs, takes : frozenset of str
        What has to be given, of `NEEDS`, and what may be given besides.
    climbs : int
        Levels up (上报) or down (退回).
    level : str
        The only level where it can be made; empty for any.
    clock : {"", "pause", "resume", "restart", "release"}
        What becomes of the time that is counted.
    effect : str
        What else it does, of `EFFECTS`.
    """

    name: str
    sources: frozenset[str]
    target: str | None
    roles: frozenset[str]
    approval: frozenset[str]
    needs: frozenset[str]
    takes: frozenset[str]
    climbs: int
    level: str
    clock: str
    effect: str


@dataclass(frozen=True)
class Ladder:
    """States and moves of one profile.

    Parameters
    ----------
    levels : tuple of str
        From the lowest up.
    roles : frozenset of str
        Who there is.
    states : mapping of str to bool
        Whether nothing is left to do in that state.
    void : frozenset of str
        States of what does not count as reported: merged, withdrawn, handed back.
    ratings : tuple of str
        What a finished case can be called by whom it was for.
    first : tuple of str
        States in which an incident may begin.
    moves : mapping of str to Move
    """

    levels: tuple[str, ...]
    roles: frozenset[str]
    states: Mapping[str, bool]
    void: frozenset[str]
    ratings: tuple[str, ...]
    first: tuple[str, ...]
    moves: Mapping[str, Move]

    def open_moves(self, state: str, level: str, roles: Collection[str]) -> tuple[Move, ...]:
        """Return what somebody with these roles may do now."""
        return tuple(
            move
            for move in self.moves.values()
            if state in move.sources and move.roles & set(roles) and self._reaches(move, level)
        )

    def level_after(self, move: Move, level: str) -> str:
        """Return the level after a move that can be made there."""
        return self.levels[self.levels.index(level) + move.climbs]

    def _reaches(self, move: Move, level: str) -> bool:
        fits = not move.level or move.level == level
        return fits and 0 <= self.levels.index(level) + move.climbs < len(self.levels)


def require_move(
    ladder: Ladder, name: str, *, state: str, level: str, roles: Collection[str], given: Collection[str]
) -> Move:
    """Return a move that may be made now.

    Parameters
    ----------
    given : collection of str
        What comes with it, of `NEEDS`.

    Raises
    ------
    BadInput
        There is no such move, or something that it needs is missing, or something is given that
        it would not read.
    Conflict
        It does not start from that state, or not at that level.
    Forbidden
        None of the roles may make it.
    """
    move = ladder.moves.get(name)
    if move is None:
        raise BadInput(f"there is no move {name!r}; there are {'、'.join(ladder.moves)}", field="move")
    if state not in move.sources:
        able = [each.name for each in ladder.moves.values() if state in each.sources]
        raise Conflict(
            f"{name} cannot be done in the state {state}; what can: {'、'.join(able) or 'nothing'}",
            reason="state",
            state=state,
            move=name,
            able=able,
        )
    if not ladder._reaches(move, level):  # noqa: SLF001 -- a question of the ladder
        raise Conflict(f"{name} cannot be done at the level {level}", reason="level", level=level, move=name)
    if not move.roles & set(roles):
        roles = sorted(move.roles)
        raise Forbidden(f"{name} is for {'、'.join(roles)}", reason="role", move=name, roles=roles)
    missing = sorted(move.needs - set(given))
    if missing:
        raise BadInput(
            f"{name} needs {', '.join(missing)}", reason="needs", field=missing[0], move=name, fields=missing
        )
    unread = sorted(set(given) - move.needs - move.takes - ALWAYS)
    if unread:
        raise BadInput(
            f"{name} takes no {', '.join(unread)}: leave it out",
            reason="takes",
            field=unread[0],
            move=name,
            fields=unread,
        )
    return move


def profile_of(content: Mapping[str, Any], source: str) -> str:
    """Name the profile for what comes from a source; empty for the common one."""
    return next((name for name, profile in content["profiles"].items() if source in profile.get("sources", ())), "")


def read_ladder(content: Mapping[str, Any], profile: str = "") -> Ladder:
    """Read the ladder of a profile, and look for dead ends.

    Raises
    ------
    BadInput
        A word is not known, from some state no closed one can be reached, nobody may make a move, or two have one name.
    """
    profiles = content["profiles"]
    if profile and profile not in profiles:
        raise BadInput(f"there is no profile {profile!r} of the ladder; there are {'、'.join(profiles)}")
    more: Mapping[str, Any] = profiles[profile] if profile else {"moves": [], "without": []}
    rows = [row for row in content["moves"] if row["name"] not in more["without"]] + list(more["moves"])
    moves = [_move(row) for row in rows]
    ladder = Ladder(
        tuple(content["levels"]),
        frozenset(content["roles"]),
        {name: bool(state.get("closed")) for name, state in content["states"].items()},
        frozenset(name for name, state in content["states"].items() if state.get("void")),
        tuple(content["ratings"]),
        tuple(content["first"]),
        {move.name: move for move in moves},
    )
    problems = [*_names(moves), *_strangers(ladder), *_dead_ends(ladder)]
    if problems:
        raise BadInput(f"the ladder of incidents has {len(problems)} faults: {'; '.join(problems)}", faults=problems)
    return ladder


def _move(row: Mapping[str, Any]) -> Move:
    return Move(
        row["name"],
        frozenset(row["from"]),
        row.get("to"),
        frozenset(row["roles"]),
        frozenset(row.get("approval", ())),
        frozenset(row.get("needs", ())),
        frozenset(row.get("takes", ())),
        int(row.get("climbs", 0)),
        row.get("level", ""),
        row.get("clock", ""),
        row.get("effect", ""),
    )


def _names(moves: Iterable[Move]) -> list[str]:
    return [f"two moves are called {name}" for name, count in Counter(move.name for move in moves).items() if count > 1]


def _strangers(ladder: Ladder) -> list[str]:
    found = []
    for move in ladder.moves.values():
        states = {*move.sources, *([move.target] if move.target else [])}
        for what, said, known in (
            ("state", states, set(ladder.states)),
            ("role", move.roles | move.approval, ladder.roles),
            ("need", move.needs | move.takes, NEEDS),
            ("clock", {move.clock}, CLOCKS),
            ("effect", {move.effect}, EFFECTS),
            ("level", {move.level} - {""}, set(ladder.levels)),
        ):
            found += [f"{move.name} names the unknown {what} {each}" for each in sorted(said - known)]
        if not move.roles:
            found.append(f"nobody may make {move.name}")
    return found


def _dead_ends(ladder: Ladder) -> list[str]:
    steps = {(source, move.target) for move in ladder.moves.values() for source in move.sources if move.target}
    reached = _spread(ladder.first, steps)
    ending = _spread((name for name, closed in ladder.states.items() if closed), {(to, since) for since, to in steps})
    lost = [name for name in ladder.states if name in reached and name not in ending]
    return [f"from {name} no closed state can be reached" for name in lost]


def _spread(start: Iterable[str], steps: Collection[tuple[str, str | None]]) -> set[str]:
    found = set(start)
    while more := {to for since, to in steps if since in found and to is not None} - found:
        found |= more
    return found
