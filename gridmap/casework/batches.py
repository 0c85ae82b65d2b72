"""五单: stages of a list of cases, what may be done with a case at each, and what a unit's year comes to.

`data/lookups/batches.json` holds the stages in the words of the office; `read_stages` refuses those that no case can
get through.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gridmap.errors import BadInput, Conflict, Forbidden

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

NEEDS = frozenset({"reason", "unit", "rating"})
ONWARD_NEEDS = frozenset({"meeting", "minutes"})
EFFECTS = frozenset({"put", "take_off", "assign", "release", "claim", "rate"})
_ONCE = ("put", "claim", "rate")  # effects that exactly one act has
_STAYING = frozenset({"assign", "claim", "rate"})
_SHOWN = 5  # numbers that a refusal names


@dataclass(frozen=True)
class Act:
    """What may be done with a case on a list.

    Parameters
    ----------
    stages, roles : frozenset of str
        When, and by whom.
    needs, takes : frozenset of str
        What has to be given, of `NEEDS`, and what may be given besides; a reason always may.
    effect : str
        Of `EFFECTS`.
    """

    name: str
    stages: frozenset[str]
    roles: frozenset[str]
    needs: frozenset[str]
    takes: frozenset[str]
    effect: str


@dataclass(frozen=True)
class Stage:
    """A stage of a list.

    Parameters
    ----------
    roles : frozenset of str
        Who may take the list on from here.
    settled_by : frozenset of str
        Acts one of which every case has to have had by then; empty when a case is ready as it is.
    needs : frozenset of str
        What has to be given when the list goes on, of `ONWARD_NEEDS`.
    """

    name: str
    roles: frozenset[str]
    settled_by: frozenset[str]
    needs: frozenset[str]


@dataclass(frozen=True)
class Grade:
    """A word for a unit's year, from this share of satisfied ratings up."""

    name: str
    least: float


@dataclass(frozen=True)
class Stages:
    """The stages in their order, and the acts by name.

    Parameters
    ----------
    onward, ended : str
        What taking a list on is called, and what becomes of a case that came through.
    ratings, satisfied : tuple of str
        How a case can be rated, and which of these count as satisfied.
    grades : tuple of Grade
        From the best down; the last one has no least share.
    """

    stages: tuple[Stage, ...]
    acts: Mapping[str, Act]
    onward: str
    ended: str
    ratings: tuple[str, ...]
    satisfied: tuple[str, ...]
    grades: tuple[Grade, ...]

    @property
    def first(self) -> Stage:
        """The stage in which a list begins."""
        return self.stages[0]

    def named(self, name: str) -> Stage:
        """Return a stage that there is."""
        return next(each for each in self.stages if each.name == name)

    def after(self, name: str) -> Stage | None:
        """Return the stage that follows; None after the last one."""
        place = self.stages.index(self.named(name)) + 1
        return self.stages[place] if place < len(self.stages) else None

    def acts_at(self, stage: str) -> list[Act]:
        """Return what may be done at a stage."""
        return [each for each in self.acts.values() if stage in each.stages]


@dataclass(frozen=True)
class UnitResult:
    """A unit's year: what it claimed, and how that was rated.

    Parameters
    ----------
    claimed, rated : int
        Cases, and those of them that were rated at least once.
    ratings : mapping of str to int
        How often each rating was given; a case may be rated by many.
    satisfied : float or None
        满意率: the share of satisfied ratings; None without any.
    grade : str
        Empty without a rating.
    """

    unit: str
    claimed: int
    rated: int
    ratings: Mapping[str, int]
    satisfied: float | None
    grade: str


def require_act(stages: Stages, name: str, *, stage: str, role: str, given: Collection[str]) -> Act:
    """Return an act that may be done now.

    Parameters
    ----------
    given : collection of str
        What comes with it, of `NEEDS`.

    Raises
    ------
    BadInput
        There is no such act, something that it needs is missing, or something is given that it would not read.
    Conflict
        It is not done at that stage.
    Forbidden
        It is not for that role.
    """
    act = stages.acts.get(name)
    if act is None:
        raise BadInput(f"there is no act {name!r}; there are {'、'.join(stages.acts)}", field="act")
    if stage not in act.stages:
        able = [each.name for each in stages.acts_at(stage)]
        raise Conflict(
            f"{name} is not done at the stage {stage}; what can be done there: {'、'.join(able)}",
            reason="state",
            state=stage,
            stage=stage,
            move=name,
            able=able,
        )
    if role not in act.roles:
        roles = sorted(act.roles)
        raise Forbidden(f"{name} is for {'、'.join(roles)}", reason="role", move=name, act=name, roles=roles)
    missing = sorted(act.needs - set(given))
    if missing:
        raise BadInput(
            f"{name} needs {', '.join(missing)}",
            reason="needs",
            field=missing[0],
            move=name,
            act=name,
            fields=missing,
        )
    unread = sorted(set(given) - act.needs - act.takes - {"reason"})
    if unread:
        raise BadInput(
            f"{name} takes no {', '.join(unread)}: leave it out",
            reason="takes",
            field=unread[0],
            move=name,
            act=name,
            fields=unread,
        )
    return act


def require_onward(stages: Stages, stage: str, *, role: str, given: Collection[str], marks: Mapping[str, str]) -> None:
    """Look whether a list may go on from a stage.

    Parameters
    ----------
    given : collection of str
        What comes with it, of `ONWARD_NEEDS`.
    marks : mapping of str to str
        The last act of this stage by number of the case; empty where there was none.

    Raises
    ------
    BadInput
        What the stage needs is missing, or something is given that it would not read.
    Conflict
        Cases are not settled yet; the message says how many and which.
    Forbidden
        It is not for that role.
    """
    here = stages.named(stage)
    if role not in here.roles:
        roles = sorted(here.roles)
        raise Forbidden(
            f"a list is taken on from {stage} by {'、'.join(roles)}",
            reason="role",
            move=stage,
            stage=stage,
            roles=roles,
        )
    open_still = sorted(number for number, mark in marks.items() if here.settled_by and mark not in here.settled_by)
    if open_still:
        named = "、".join(open_still[:_SHOWN]) + ("…" if len(open_still) > _SHOWN else "")
        raise Conflict(
            f"{len(open_still)} cases are not settled at {stage}: {named}. Each needs one of "
            f"{'、'.join(sorted(here.settled_by))}",
            stage=stage,
            unsettled=open_still,
        )
    missing = sorted(here.needs - set(given)) if marks else []
    if missing:
        raise BadInput(
            f"to go on from {stage} give {', '.join(missing)}",
            reason="needs",
            field=missing[0],
            move=stage,
            stage=stage,
            fields=missing,
        )
    unread = sorted(set(given) - here.needs)
    if unread:
        raise BadInput(
            f"{stage} takes no {', '.join(unread)}: leave it out",
            reason="takes",
            field=unread[0],
            move=stage,
            stage=stage,
            fields=unread,
        )


def unit_results(stages: Stages, claims: Iterable[tuple[str, Sequence[str]]]) -> list[UnitResult]:
    """Add up what units claimed, the one with most claims first.

    Parameters
    ----------
    claims : iterable of (unit, ratings)
        One for each case that a unit has claimed.
    """
    cases: dict[str, list[Sequence[str]]] = {}
    for unit, ratings in claims:
        cases.setdefault(unit, []).append(ratings)
    found = [_result(stages, unit, ratings) for unit, ratings in cases.items()]
    return sorted(found, key=lambda each: (-each.claimed, each.unit))


def _result(stages: Stages, unit: str, cases: Sequence[Sequence[str]]) -> UnitResult:
    counted = Counter(word for ratings in cases for word in ratings)
    total = counted.total()
    share = sum(counted[word] for word in stages.satisfied) / total if total else None
    grade = "" if share is None else next(each.name for each in stages.grades if share >= each.least)
    words = {word: counted[word] for word in stages.ratings}
    return UnitResult(unit, len(cases), sum(1 for ratings in cases if ratings), words, share, grade)


def read_stages(content: Mapping[str, Any], roles: Collection[str], ratings: Sequence[str]) -> Stages:
    """Read the stages, and look whether a case can get through them.

    Parameters
    ----------
    roles, ratings : collection of str
        Those of the ladder.

    Raises
    ------
    BadInput
        A word is not known, two have one name, a stage keeps no case or lets none go on, or grades are not in order.
    """
    acts = [
        Act(
            row["name"],
            frozenset(row["stages"]),
            frozenset(row["roles"]),
            frozenset(row.get("needs", ())),
            frozenset(row.get("takes", ())),
            row["effect"],
        )
        for row in content["acts"]
    ]
    found = Stages(
        tuple(
            Stage(
                row["name"],
                frozenset(row["roles"]),
                frozenset(row.get("settled_by", ())),
                frozenset(row.get("needs", ())),
            )
            for row in content["stages"]
        ),
        {act.name: act for act in acts},
        content["onward"],
        content["ended"],
        tuple(ratings),
        tuple(content["satisfied"]),
        tuple(Grade(row["name"], float(row["least"])) for row in content["grades"]),
    )
    problems = [*_twice(found, acts), *_strangers(found, roles), *_impasses(found), *_grades(found)]
    if problems:
        raise BadInput(f"the stages of 五单 have {len(problems)} faults: {'; '.join(problems)}", faults=problems)
    return found


def _twice(found: Stages, acts: Sequence[Act]) -> list[str]:
    words = [[each.name for each in acts], [each.name for each in found.stages], [each.name for each in found.grades]]
    names = Counter(sum(words, [found.onward, found.ended]))
    effects = Counter(act.effect for act in acts)
    return [f"two things are called {name}" for name, count in names.items() if count > 1] + [
        f"{effects[effect]} acts {effect}, not one" for effect in _ONCE if effects[effect] != 1
    ]


def _strangers(found: Stages, roles: Collection[str]) -> list[str]:
    stages = {each.name for each in found.stages}
    said: list[tuple[str, str, Collection[str], Collection[str]]] = [
        ("satisfied", "rating", found.satisfied, found.ratings)
    ]
    for act in found.acts.values():
        said += [
            (act.name, "stage", act.stages, stages),
            (act.name, "role", act.roles, roles),
            (act.name, "need", act.needs | act.takes, NEEDS),
            (act.name, "effect", {act.effect}, EFFECTS),
        ]
    for stage in found.stages:
        said += [
            (stage.name, "role", stage.roles, roles),
            (stage.name, "need", stage.needs, ONWARD_NEEDS),
            (stage.name, "act", stage.settled_by, {act.name for act in found.acts_at(stage.name)}),
        ]
    nobody = [f"nobody may do {name}" for name, what, words, _ in said if what == "role" and not words]
    return nobody + [
        f"{who} names the unknown {what} {word}"
        for who, what, words, known in said
        for word in sorted(set(words) - set(known))
    ]


def _impasses(found: Stages) -> list[str]:
    """Find stages from which no case goes on, and cases that would be rated before anybody claimed them."""
    problems = []
    for stage in found.stages:
        settling = {found.acts[name].effect for name in stage.settled_by if name in found.acts}
        if settling and not settling & _STAYING:
            problems.append(f"no case gets on from {stage.name}")
    where = {
        effect: [i for i, stage in enumerate(found.stages) for act in found.acts_at(stage.name) if act.effect == effect]
        for effect in _ONCE
    }
    if where["put"] != [0]:
        problems.append("cases are put on a list at its first stage alone")
    for i in where["rate"]:
        claimed = (found.stages[j] for j in where["claim"] if j < i)
        if not any(_only_claimed_stay(found, stage) for stage in claimed):
            problems.append(f"{found.stages[i].name} comes before every case is claimed")
    return problems


def _only_claimed_stay(found: Stages, stage: Stage) -> bool:
    effects = {found.acts[name].effect for name in stage.settled_by if name in found.acts}
    return "claim" in effects and effects <= {"claim", "release"}


def _grades(found: Stages) -> list[str]:
    least = [each.least for each in found.grades]
    falling = all(high > low for high, low in pairwise(least))
    return [] if least and falling and least[-1] == 0 else ["grades fall from the best to one that begins at 0"]
