"""Deny by default: every read takes a scope, and shows nothing beyond it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING, Any

import pytest
from storage_samples import EVERYTHING, HOUSEHOLDS, INCIDENTS, NOTHING, REGISTER_KINDS, populate, settle

from gridmap import storage
from gridmap.access import Scope
from gridmap.errors import NotFound
from gridmap.model.kinds import Kind, kind_named
from gridmap.model.land import new_id
from gridmap.storage import assignments, audit, imports, incidents, land, plans, registers

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.storage.database import Transaction

PLUMBING = {"boxes", "bulk"}  # they build statements, and never run one that reads


def storage_functions() -> list[tuple[str, Callable[..., Any]]]:
    """Every public function that works in a transaction."""
    found = []
    for module in pkgutil.iter_modules(storage.__path__):
        if module.ispkg or module.name in PLUMBING:
            continue
        members = vars(importlib.import_module(f"gridmap.storage.{module.name}"))
        for name, function in members.items():
            if (
                not inspect.isfunction(function)
                or name.startswith("_")
                or not function.__module__.endswith(module.name)
            ):
                continue
            if next(iter(inspect.signature(function).parameters), "") == "tx":
                found.append((f"{module.name}.{name}", function))
    return found


@pytest.mark.parametrize(
    ("name", "function"), storage_functions(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_read_takes_a_scope(name: str, function: Callable[..., Any]) -> None:
    """What gives back nothing is a write; everything else reads, and says for whom."""
    signature = inspect.signature(function)
    if signature.return_annotation in {None, "None"}:
        return
    parameters = list(signature.parameters.values())
    assert len(parameters) > 1, f"{name} reads without a scope"
    assert (parameters[1].name, parameters[1].annotation) == ("scope", "Scope"), f"{name} reads without a scope"
    assert parameters[1].default is inspect.Parameter.empty, f"{name}: a default filter is not a permission"


def test_the_functions_are_found() -> None:
    names = {name for name, _ in storage_functions()}
    assert {
        "land.communities",
        "plans.blocks_of_plan",
        "registers.points",
        "assignments.counts",
        "audit.entries",
    } <= names
    assert len(names) > 35


def names_of(tx: Transaction, scope: Scope, kind: Kind) -> set[str]:
    return {row[kind.key[0]] for chunk in registers.read_chunks(tx, scope, kind) for row in chunk}


BASE_MAP = {"sections", "roads", "waters", "railways", "house_numbers", "neighbouring_areas"}


@pytest.mark.parametrize("kind", REGISTER_KINDS, ids=lambda kind: kind.name)
def test_a_register_shows_what_lies_in_scope(tx: Transaction, kind: Kind) -> None:
    place = settle(tx)
    populate(tx, place)
    everything = names_of(tx, EVERYTHING, kind)
    assert len(everything) == 2
    assert names_of(tx, NOTHING, kind) == set()
    first, second = (names_of(tx, place.scope(number), kind) for number in (0, 1))
    if kind.name in BASE_MAP:
        assert first == second == everything
    else:
        assert len(first) == len(second) == 1
        assert first | second == everything
    for scope, number in ((NOTHING, 0), (place.scope(0), len(first)), (EVERYTHING, 2)):
        assert registers.count(tx, scope, kind) == number
        rows = [row for chunk in registers.read_chunks(tx, EVERYTHING, kind) for row in chunk]
        assert sum(registers.get(tx, scope, kind, row["id"]) is not None for row in rows) == number
        keys = [tuple(row[name] for name in kind.key) for row in rows]
        assert len(registers.existing_by_key(tx, scope, kind, keys)) == number


def test_what_has_no_community_yet_is_for_everything_alone(tx: Transaction) -> None:
    from storage_samples import record_of

    place = settle(tx)
    registers.insert_many(tx, HOUSEHOLDS, [record_of(HOUSEHOLDS, None)])
    assert registers.count(tx, EVERYTHING, HOUSEHOLDS) == 1
    assert registers.count(tx, place.scope(0), HOUSEHOLDS) == 0


def test_land_and_plans_in_scope(tx: Transaction) -> None:
    place, elsewhere = settle(tx), settle(tx, code="440304002")
    mine = place.scope(0)
    assert land.subdistricts(tx, mine) == [place.subdistrict]
    assert land.communities(tx, mine) == [place.communities[0]]
    assert plans.plan_in_force(tx, mine, place.subdistrict.id) == place.plan
    assert plans.plan_in_force(tx, mine, elsewhere.subdistrict.id) is None
    assert plans.plans_of(tx, mine, elsewhere.subdistrict.id) == []
    assert [grid.code for grid in plans.grids_of_plan(tx, mine, place.plan.id)] == [
        place.grids[letter].code for letter in "AB"
    ]
    assert len(plans.blocks_of_plan(tx, mine, place.plan.id).ids) == 2
    assert plans.codes_ever_in_force(tx, mine, place.communities[1].code) == {}
    assert names_of(tx, mine, kind_named("communities")) == {place.communities[0].code}
    assert names_of(tx, mine, kind_named("subdistricts")) == {place.subdistrict.code}
    for hidden in (
        lambda: land.community_named(tx, mine, place.communities[1].code),
        lambda: land.subdistrict_named(tx, mine, elsewhere.subdistrict.code),
        lambda: plans.plan_named(tx, mine, elsewhere.plan.id),
        lambda: plans.grid_of_plan(tx, mine, place.plan.id, place.grids["C"].id),
    ):
        with pytest.raises(NotFound):
            hidden()


def test_nothing_is_nothing(tx: Transaction) -> None:
    place = settle(tx)
    populate(tx, place)
    assert land.subdistricts(tx, NOTHING) == []
    assert land.communities(tx, NOTHING) == []
    assert plans.plan_in_force(tx, NOTHING, place.subdistrict.id, lock=plans.Lock.SHARE) is None
    assert plans.plans_of(tx, NOTHING, place.subdistrict.id) == []
    assert plans.grids_of_plan(tx, NOTHING, place.plan.id) == []
    assert plans.blocks_of_plan(tx, NOTHING, place.plan.id).ids == []
    assert plans.codes_ever_in_force(tx, NOTHING, place.communities[0].code) == {}
    assert registers.points(tx, NOTHING, HOUSEHOLDS).ids == []
    assert list(assignments.of_plan(tx, NOTHING, place.plan.id, "household")) == []
    assert assignments.counts(tx, NOTHING, place.plan.id) == []
    assert incidents.find(tx, NOTHING) == []
    assert incidents.total(tx, NOTHING) == 0
    assert incidents.counts(tx, NOTHING) == {}
    assert incidents.last_number(tx, NOTHING, "") is None
    assert audit.entries(tx, Scope("tester")) == []


def test_cases_in_scope(tx: Transaction) -> None:
    place = settle(tx)
    populate(tx, place)
    mine = place.scope(0)
    (case,) = incidents.find(tx, mine)
    assert case.community_id == place.communities[0].id
    assert incidents.total(tx, mine) == 1
    assert set(incidents.counts(tx, mine)) == {(place.grids["A"].id, case.incident.state)}
    assert {count.grid_id for count in assignments.counts(tx, mine, place.plan.id)} == {place.grids["A"].id}
    (visible,) = (each for chunk in assignments.of_plan(tx, mine, place.plan.id, "incident") for each in chunk)
    assert visible.subject_id == case.incident.id
    other = next(each for each in incidents.find(tx, EVERYTHING) if each != case)
    assert assignments.of_subject(tx, mine, "incident", other.incident.id) == []
    assert registers.get(tx, mine, INCIDENTS, other.incident.id) is None
    with pytest.raises(NotFound):
        incidents.incident_named(tx, mine, other.incident.id)


def test_a_limited_caller_sees_his_own_deeds(tx: Transaction) -> None:
    place = settle(tx)
    run = imports.ImportRun(new_id(), "households", "a.csv", "ab", "4490", {}, "staging", "tester", tx.now)
    imports.add_run(tx, run)
    me, other = (Scope(actor, place.scope(0).communities) for actor in ("tester", "other"))
    assert len(audit.entries(tx, me)) == len(audit.entries(tx, EVERYTHING)) == 1
    assert audit.entries(tx, other) == []
    assert imports.runs(tx, me) == [run]
    assert imports.runs(tx, other) == []
    assert imports.unfinished(tx, other, "households", "ab", "4490", {}) is None
    with pytest.raises(NotFound):
        list(imports.staged(tx, other, run.id))
