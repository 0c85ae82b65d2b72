"""Many planners at one draft, on both databases: nobody's edit is lost, and whoever comes late is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from drafting import ACROSS_D, EVERYTHING, begin, cut, require_agreement, rolled_back, stored
from office import GRID_OF, code

from gridmap.access import Scope
from gridmap.errors import BadInput, StaleRevision
from gridmap.services import drafts, plan_reading
from gridmap.storage import plans

if TYPE_CHECKING:
    from gridmap.storage.database import Database, Transaction


def test_a_stale_client_is_told_what_happened_since(desk: Transaction) -> None:
    draft = begin(desk)
    drafts.edit(desk, EVERYTHING, draft, cut(), 0)
    drafts.undo(desk, EVERYTHING, draft, 1)
    before = stored(desk, draft)
    with pytest.raises(StaleRevision) as stale:
        drafts.edit(desk, EVERYTHING, draft, cut(ACROSS_D, "D"), 0)
    newer = stale.value.evidence["newer"]
    assert [(step["verb"], step["op"], step["author"]) for step in newer] == [
        ("edit", "cut", "planner"),
        ("undo", "cut", "planner"),
    ]
    assert [grid["code"][-3:] for grid in newer[0]["grids"]] == ["003", "004"]
    assert stale.value.evidence["revision"] == 2
    assert stored(desk, draft) == before
    with pytest.raises(BadInput, match="read it again"):
        drafts.edit(desk, EVERYTHING, draft, cut(), 3)


@pytest.fixture
def shared_draft(town: Database) -> UUID:
    with town.transaction("planner", write=True) as tx:
        return begin(tx, f"共同{uuid4()}")


def test_of_two_edits_of_one_revision_one_is_told_of_the_other(town: Database, shared_draft: UUID) -> None:
    for _ in range(5):
        with town.transaction("planner") as tx:
            revision = plans.plan_named(tx, EVERYTHING, shared_draft).revision
        together = Barrier(2)

        def rename(name: str, revision: int = revision, together: Barrier = together) -> str:
            together.wait()
            try:
                with town.transaction(name, write=True) as tx:
                    operation = {"op": "rename", "grid": code("A"), "name": f"{name}{revision}"}
                    drafts.edit(tx, Scope.everything(name), shared_draft, operation, revision)
            except StaleRevision as stale:
                (newer,) = stale.evidence["newer"]
                return f"told of {newer['author']}"
            return name

        with ThreadPoolExecutor(2) as pool:
            outcomes = set(pool.map(rename, ["ann", "bob"]))
        assert outcomes in ({"ann", "told of ann"}, {"bob", "told of bob"})


def test_no_edit_of_many_planners_is_lost(town: Database, shared_draft: UUID) -> None:
    def work(name: str) -> None:
        for number in range(5):
            with town.transaction(name, write=True) as tx:
                operation = {"op": "rename", "grid": code("A"), "name": f"{name}{number}"}
                drafts.edit(tx, Scope.everything(name), shared_draft, operation)

    names = ["ann", "bob", "eve", "joe"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, names))
    with town.transaction("planner") as tx:
        log = plan_reading.plan_log(tx, EVERYTHING, shared_draft)
    assert [step["revision"] for step in log.steps] == list(range(1, 21))
    for name in names:
        own = [each.operation["name"] for each in log.edits if each.author == name]
        assert own == [f"{name}{number}" for number in range(5)]
    assert all(each.applied for each in log.edits)


def test_an_edit_that_was_rolled_back_leaves_nothing_in_memory(town: Database, shared_draft: UUID) -> None:
    with rolled_back(town) as tx:
        drafts.edit(tx, EVERYTHING, shared_draft, cut())
    with town.transaction("planner", write=True) as tx:
        answer = drafts.edit(tx, EVERYTHING, shared_draft, cut(ACROSS_D, "D"), 0)
        assert answer.numbers.grids == len(GRID_OF) + 1
        require_agreement(tx, shared_draft)
