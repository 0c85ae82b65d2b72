"""What a plan is judged by: the size a grid should have, what loads a worker, what a cut must not do, the states.

It stands in `data/lookups/plan_profile.json`, or in the file that `GRIDMAP_PLAN_PROFILE` names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmap.config import data_dir, read_settings
from gridmap.errors import SetupMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.model.land import GridKind, PlanState
    from gridmap.space.guards import Policy

MEASURES = ("households", "residents", "shops", "organisations", "incidents")
_POLICIES = {"report", "refuse"}


@dataclass(frozen=True)
class State:
    """A state of a plan: its word on screens, and whether its land may be edited."""

    word: str
    editable: bool


@dataclass(frozen=True)
class PlanProfile:
    """The settings of planning.

    Parameters
    ----------
    name : str
        Of the profile that holds.
    measure : str
        What the target counts, one of `MEASURES`.
    low, high : float
        The target, both included.
    untargeted : frozenset of str
        Kinds of grid without a target.
    load : mapping of str to float
        What one of each measure adds to the load of a worker.
    min_width, min_area : float
        Metres and square metres that every piece of a grid has at least.
    buildings, compounds : {"report", "refuse"}
        What becomes of a cut through one.
    states : mapping of str to State
    operations : mapping of str to str
        Words of the edits on screens.
    """

    name: str
    measure: str
    low: float
    high: float
    untargeted: frozenset[str]
    load: Mapping[str, float]
    min_width: float
    min_area: float
    buildings: Policy
    compounds: Policy
    states: Mapping[str, State]
    operations: Mapping[str, str]

    def deviation(self, numbers: Mapping[str, float], kind: GridKind) -> float | None:
        """Return how far a grid is from its target, as a share of the bound that it misses.

        0 within the bounds, below 0 when it is too small, above 0 when too large; None without a target.
        """
        if kind.value in self.untargeted:
            return None
        amount = numbers[self.measure]
        if amount < self.low:
            return (amount - self.low) / self.low
        return max(amount - self.high, 0.0) / self.high

    def load_of(self, numbers: Mapping[str, float]) -> float:
        """Return the load of a worker who has these numbers."""
        return sum(weight * numbers[measure] for measure, weight in self.load.items())

    def state(self, state: PlanState) -> State:
        """Return what is known of a state.

        Raises
        ------
        SetupMissing
            The profile does not have it.
        """
        if state.value not in self.states:
            raise SetupMissing(f"the plan profile has no state {state.value!r}: add it to `states`", state=state.value)
        return self.states[state.value]


def plan_profile() -> PlanProfile:
    """Read the settings of planning; a file that was changed is read again.

    Raises
    ------
    SetupMissing
        The file is not there, or something in it is missing or cannot be used.
    """
    path = Path(read_settings().plan_profile or data_dir() / "lookups" / "plan_profile.json")
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise SetupMissing(
            f"the plan profile {path} cannot be read: {error.strerror}; correct GRIDMAP_PLAN_PROFILE", file=str(path)
        ) from error


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> PlanProfile:
    del changed  # a key of the cache alone
    try:
        return _profile(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise SetupMissing(
            f"the plan profile {path} cannot be used: {reason}; begin with a copy of data/lookups/plan_profile.json",
            file=str(path),
        ) from error


def _profile(said: dict[str, Any]) -> PlanProfile:
    target, guards = said["profiles"][said["profile"]], said["guards"]
    load = {measure: float(weight) for measure, weight in said["load"].items() if measure != "about"}
    strangers = {target["measure"], *load} - set(MEASURES)
    if strangers:
        raise ValueError(f"{', '.join(sorted(strangers))} is none of the measures {', '.join(MEASURES)}")
    if not 0 < target["low"] <= target["high"]:
        raise ValueError("the target needs 0 < low <= high")
    policies = {guards["buildings"], guards["compounds"]}
    if not policies <= _POLICIES:
        raise ValueError("buildings and compounds are guarded by `report` or `refuse`")
    return PlanProfile(
        name=target["name"],
        measure=target["measure"],
        low=float(target["low"]),
        high=float(target["high"]),
        untargeted=frozenset(said["untargeted_kinds"]),
        load=load,
        min_width=float(guards["min_width"]),
        min_area=float(guards["min_area"]),
        buildings=guards["buildings"],
        compounds=guards["compounds"],
        states={name: State(each["word"], bool(each["editable"])) for name, each in said["states"].items()},
        operations=dict(said["operations"]),
    )
