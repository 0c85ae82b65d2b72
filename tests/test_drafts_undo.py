"""Undo and redo of drafts on both databases: whatever is done, memory, tables and log agree."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from drafting import ACROSS_D, EVERYTHING, begin, cut, forget, in_memory, require_agreement, rolled_back, stored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from office import lonlat

from gridmap.errors import Conflict, GridmapError
from gridmap.services import drafts, plan_reading
from gridmap.storage import draft_land

if TYPE_CHECKING:
    from gridmap.storage.database import Database, Transaction


def test_undo_brings_back_every_byte_and_redo_the_edit(desk: Transaction) -> None:
    draft = begin(desk)
    before = stored(desk, draft)
    drafts.edit(desk, EVERYTHING, draft, cut())
    after = stored(desk, draft)
    undone = drafts.undo(desk, EVERYTHING, draft, 1)
    assert (undone.revision, undone.undo, undone.redo) == (2, None, "cut")
    assert stored(desk, draft) == before
    redone = drafts.redo(desk, EVERYTHING, draft, 2)
    assert (redone.revision, redone.undo, redone.redo) == (3, "cut", None)
    assert stored(desk, draft) == after


def test_there_is_an_end_to_undo_and_redo(desk: Transaction) -> None:
    draft = begin(desk)
    for step in (drafts.undo, drafts.redo):
        with pytest.raises(Conflict, match="nothing to"):
            step(desk, EVERYTHING, draft)
    drafts.edit(desk, EVERYTHING, draft, cut())
    with pytest.raises(Conflict, match="nothing to redo"):
        drafts.redo(desk, EVERYTHING, draft)


def test_a_new_edit_after_undo_takes_the_place_of_the_old_one(desk: Transaction) -> None:
    draft = begin(desk)
    old = drafts.edit(desk, EVERYTHING, draft, cut())
    drafts.undo(desk, EVERYTHING, draft)
    new = drafts.edit(desk, EVERYTHING, draft, cut(ACROSS_D, "D"))
    assert new.redo is None
    with pytest.raises(Conflict, match="nothing to redo"):
        drafts.redo(desk, EVERYTHING, draft)
    assert drafts.undo(desk, EVERYTHING, draft).edit_id == new.edit_id
    assert drafts.redo(desk, EVERYTHING, draft).edit_id == new.edit_id
    log = plan_reading.plan_log(desk, EVERYTHING, draft)
    assert [(each.id, each.applied) for each in log.edits] == [(old.edit_id, False), (new.edit_id, True)]
    assert [step["verb"] for step in log.steps] == ["edit", "undo", "edit", "undo", "redo"]
    assert [step["revision"] for step in log.steps] == [1, 2, 3, 4, 5]
    assert log.edits[0].author == "planner"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_memory_tables_and_log_always_agree(town: Database, seed: int) -> None:
    """Whatever is done: a restart changes nothing, undo to the start gives the start, redo to the end the end."""
    random = Random(seed)  # noqa: S311 -- no secret
    with rolled_back(town) as tx:
        draft = begin(tx)
        start = stored(tx, draft)
        done = 0
        for _ in range(10):
            try:
                _random_step(tx, draft, random)
            except GridmapError:
                continue  # refused: nothing may have changed, which is looked at below
            done += 1
            require_agreement(tx, draft)
            if random.random() < 0.2:
                forget()
        require_agreement(tx, draft)
        end, edits = stored(tx, draft), 0
        while plan_reading.get_plan(tx, EVERYTHING, draft).plan.undo:
            drafts.undo(tx, EVERYTHING, draft)
            edits += 1
            if random.random() < 0.2:
                forget()
        assert stored(tx, draft) == start
        for _ in range(edits):
            drafts.redo(tx, EVERYTHING, draft)
        assert stored(tx, draft) == end
        require_agreement(tx, draft)


@pytest.mark.parametrize("few", [0, 100])
def test_labels_are_written_for_few_grids_and_for_many(
    desk: Transaction, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(draft_land, "FEW_GRIDS", few)
    draft = begin(desk)
    start = stored(desk, draft)
    drafts.edit(desk, EVERYTHING, draft, cut())
    require_agreement(desk, draft)
    forget()
    drafts.edit(desk, EVERYTHING, draft, cut(ACROSS_D, "D"))
    end = stored(desk, draft)
    for _ in range(2):
        drafts.undo(desk, EVERYTHING, draft)
        require_agreement(desk, draft)
    assert stored(desk, draft) == start
    for _ in range(2):
        drafts.redo(desk, EVERYTHING, draft)
    assert stored(desk, draft) == end


_KINDS = (
    *("merge", "transfer", "rename", "reshape", "push", "new_grid", "retire", "recode", "set_kind"),
    *("move_to_community", "declare_multipart", "describe"),
)


def _random_step(tx: Transaction, draft: UUID, random: Random) -> None:
    kind = random.choice(["cut", "cut", "cut", *_KINDS, "undo", "redo"])
    layout = in_memory(tx, draft)
    grids = [str(each) for each in sorted(layout.grids)]
    line = [list(lonlat(random.uniform(-50, 750), random.uniform(-50, 350))) for _ in range(random.randint(2, 4))]
    one, other = random.choices(grids, k=2)
    operations: dict[str, dict[str, Any]] = {
        "cut": {"line": line},
        "merge": {"grids": [one, other]},
        "transfer": {"blocks": [str(random.choice(sorted(layout.blocks)))], "to_grid": one},
        "rename": {"grid": one, "name": f"示范{random.randint(0, 9)}"},
        "reshape": {"a": one, "b": other, "line": line},
        "push": {"to_grid": one, "line": line},
        "new_grid": {"blocks": [str(random.choice(sorted(layout.blocks)))], "name": "新设"},
        "retire": {"grid": one},
        "recode": {"grid": one, "code": layout.grids[UUID(one)].code[:12] + f"{random.randint(1, 12):03d}"},
        "set_kind": {"grid": one, "kind": random.choice(["general", "dedicated"])},
        "move_to_community": {"grid": one, "community": layout.grids[UUID(other)].community_code},
        "declare_multipart": {"grid": one, "multipart": random.random() < 0.5},
        "describe": {"grid": one, "four_limits": f"东至示范{random.randint(0, 9)}路"},
    }
    if kind in operations:
        drafts.edit(tx, EVERYTHING, draft, {"op": kind, **operations[kind]})
    else:
        (drafts.undo if kind == "undo" else drafts.redo)(tx, EVERYTHING, draft)
