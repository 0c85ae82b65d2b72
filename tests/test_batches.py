"""五单 on both databases: a case is on one list at most, nobody claims twice, counts add up, nothing goes unwritten."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from casework_walks import report
from drafting import rolled_back
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from office import lonlat
from test_batch_rules import NAMES, STAGES

from gridmap.access import Scope
from gridmap.errors import Conflict, GridmapError, NotFound
from gridmap.services import batch_views, batches
from gridmap.services.batches import BatchAsk, Onward, Opening
from gridmap.storage import batch_tables as own
from gridmap.storage import tables
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from starlette.testclient import TestClient

    from gridmap.storage.database import Transaction

URL = "/api/v1/batches"
DESK = "受理派单员"
EVERYTHING = Scope.everything("tester")
YESTERDAY = (datetime.now(UTC) - timedelta(days=2)).date()
MINUTES = {"meeting": YESTERDAY, "minutes": "街道大工委会议纪要"}
WEST, EAST = (
    dict(zip(("lon", "lat"), lonlat(50, 250), strict=True)),
    dict(zip(("lon", "lat"), lonlat(650, 250), strict=True)),
)
CASES = 4


@pytest.fixture(scope="module")
def numbers(client: TestClient) -> list[str]:
    """Open cases, two in each community."""
    return [report(client, **(WEST if i % 2 else EAST))["number"] for i in range(CASES)]


@pytest.fixture(scope="module")
def office(shared_office: str, numbers: list[str]) -> Iterator[Database]:
    del numbers
    opened = Database.open(shared_office)
    yield opened
    opened.close()


def held(tx: Transaction) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the tables of lists hold, and how much the audit does."""
    found = {
        table.name: sorted(map(tuple, tx.connection.execute(table.select())), key=str)
        for table in (own.batch, own.batch_case, own.batch_rating, own.batch_step)
    }
    return found | {"audit": list(tx.connection.execute(tables.audit.select()).all())}


def on_lists(tx: Transaction) -> dict[UUID, int]:
    """On how many lists each case is."""
    case = own.batch_case
    return Counter(
        tx.connection.scalars(case.select().with_only_columns(case.c.incident_id).where(case.c.left_at.is_(None)))
    )


def require_whole(tx: Transaction, claimed: dict[UUID, str]) -> None:
    """Hold what has to hold after anything: `claimed` are the units that have claimed a case of a list."""
    assert set(on_lists(tx).values()) <= {1}
    for row in tx.connection.execute(own.batch_case.select()).mappings():
        if row["claimed_by"]:
            assert claimed.setdefault(row["id"], row["claimed_by"]) == row["claimed_by"]  # it stays as it is for ever
        assert row["id"] not in claimed or row["claimed_by"]
    for brief in batch_views.list_batches(tx, EVERYTHING):
        found = batch_views.get_batch(tx, EVERYTHING, brief.number)
        assert found.batch == brief
        assert (len(found.cases), len(found.gone)) == (brief.cases, brief.gone)
        assert [step.number for step in found.steps] == list(range(1, len(found.steps) + 1))
        put = sum(step.act == "列入" for step in found.steps)
        assert put == brief.cases + brief.gone
        assert brief.rated <= brief.claimed <= brief.cases
        assert sum(line.claimed_by is not None for line in found.cases) == brief.claimed
        rated = sum(step.act == "评价" for step in found.steps)
        assert sum(sum(line.ratings.values()) for line in (*found.cases, *found.gone)) == rated
        if brief.ended:
            assert {line.left_by for line in found.cases} <= {STAGES.ended}
            assert brief.claimed == brief.rated == brief.cases
        else:
            assert not any(line.left_at for line in found.cases)
    year = batch_views.year_of_units(tx, EVERYTHING, tx.now.year)
    assert sum(each.claimed for each in year) == len(claimed)
    assert sum(sum(each.ratings.values()) for each in year) == len(
        tx.connection.execute(own.batch_rating.select()).all()
    )


def require_refused(tx: Transaction) -> None:
    """Try with every case what must not be: to put it on a second list, and to claim it a second time."""
    found = [batch_views.get_batch(tx, EVERYTHING, each.number) for each in batch_views.list_batches(tx, EVERYTHING)]
    goes_on = [each for each in found if not each.batch.ended]
    for each in goes_on:
        for line in each.cases:
            for other in goes_on:
                with pytest.raises(Conflict):
                    batches.act_on_cases(tx, EVERYTHING, other.batch.number, BatchAsk("列入", DESK, (line.number,)))
            if line.claimed_by:
                again = BatchAsk("领单", DESK, (line.number,), unit="另一单位", reason="愿意承担")
                with pytest.raises(Conflict):
                    batches.act_on_cases(tx, EVERYTHING, each.batch.number, again)


ACTS = st.tuples(
    st.just("act"),
    st.integers(1, 2),
    st.integers(0, 15),
    st.lists(st.integers(0, CASES - 1), min_size=1, max_size=3),
    st.sampled_from(["", "城管局", "水务集团"]),
    st.sampled_from(["", "情况属实"]),
    st.sampled_from(["", *STAGES.ratings]),
)
GUIDED = st.tuples(st.just("guided"), st.integers(1, 2), st.integers(0, 30))
ONWARD = st.tuples(st.just("next"), st.integers(1, 2), st.booleans())


def guided(tx: Transaction, number: str, choice: int) -> BatchAsk | None:
    """Return something that settles the first case of a list that is not settled, so that lists get on."""
    found = batch_views.get_batch(tx, EVERYTHING, number)
    settling = sorted(STAGES.named(found.batch.stage).settled_by)
    waiting = [line.number for line in found.cases if line.mark not in settling]
    if found.batch.ended or not settling or not waiting:
        return None
    act = STAGES.acts[settling[choice % len(settling)]]
    said = {"reason": "情况属实", "unit": "城管局", "rating": STAGES.ratings[choice % 3]}
    return BatchAsk(act.name, DESK, (waiting[0],), **{name: said[name] for name in act.needs})


def ask_of(tx: Transaction, step: tuple[Any, ...], numbers: list[str]) -> BatchAsk | Onward | None:
    number = f"{tx.now.year}-{step[1]:03}"
    if step[0] == "guided":
        return guided(tx, number, step[2])
    stage = batch_views.get_batch(tx, EVERYTHING, number).batch.stage
    if step[0] == "next":
        return Onward(DESK, **(MINUTES if step[2] and stage == "大工委审单" else {}))
    _, _, choice, chosen, unit, reason, rating = step
    able = STAGES.acts_at(stage) if choice < 12 else list(STAGES.acts.values())  # mostly what belongs there
    act = able[choice % len(able)]
    said = {"unit": unit, "reason": reason, "rating": rating}
    known = {name: value for name, value in said.items() if name == "reason" or name in act.needs | act.takes}
    return BatchAsk(act.name, DESK, tuple(numbers[i] for i in chosen), **known)


def taken(tx: Transaction, number: str, stage: str, numbers: list[str]) -> None:
    """Put cases on a list and take it to a stage."""
    batches.act_on_cases(tx, EVERYTHING, number, BatchAsk("列入", DESK, tuple(numbers)))
    while (here := batch_views.get_batch(tx, EVERYTHING, number)).batch.stage != stage:
        settling = [act for act in here.acts if act.effect in {"assign", "claim", "rate"}]
        for act in settling:
            unit = {"unit": "城管局"} if "unit" in act.needs else {}
            batches.act_on_cases(tx, EVERYTHING, number, BatchAsk(act.name, DESK, tuple(numbers), **unit))
        met = MINUTES if "minutes" in here.needs else {}
        batches.take_onward(tx, EVERYTHING, number, Onward(DESK, **met))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(start="单位领单", steps=[])
@given(start=st.sampled_from(NAMES), steps=st.lists(ACTS | ACTS | GUIDED | ONWARD, min_size=3, max_size=20))
def test_in_whatever_order_a_case_is_on_one_list_and_claimed_once(
    office: Database, numbers: list[str], start: str, steps: list[tuple[Any, ...]]
) -> None:
    with rolled_back(office) as tx:
        for _ in range(2):
            batches.open_batch(tx, EVERYTHING, Opening(DESK))
        number = f"{tx.now.year}-001"
        taken(tx, number, start, numbers[:3])
        if start == "单位领单":
            batches.act_on_cases(tx, EVERYTHING, number, BatchAsk("领单", DESK, (numbers[0],)))
        claimed: dict[UUID, str] = {}
        require_whole(tx, claimed)
        for step in steps:
            ask = ask_of(tx, step, numbers)
            if ask is None:
                continue
            number, before, lists = f"{tx.now.year}-{step[1]:03}", held(tx), on_lists(tx)
            try:
                if isinstance(ask, Onward):
                    batches.take_onward(tx, EVERYTHING, number, ask)
                else:
                    batches.act_on_cases(tx, EVERYTHING, number, ask)
            except GridmapError:
                assert held(tx) == before  # refused whole: nothing is written, not even for the cases before it
            else:
                after = held(tx)
                assert len(after["audit"]) == len(before["audit"]) + 1
                assert len(after["batch_step"]) > len(before["batch_step"])
                assert all(each in after["batch_step"] for each in before["batch_step"])  # what was done stays said
                if isinstance(ask, BatchAsk) and ask.act == "列入":
                    assert not any(incident in lists for incident in on_lists(tx).keys() - lists.keys())
            require_whole(tx, claimed)
        before = held(tx)
        require_refused(tx)
        assert held(tx) == before


def test_the_database_itself_keeps_a_case_on_one_list(office: Database, numbers: list[str]) -> None:
    """The index is the last guard, should a verb ever forget to look."""

    def put_twice() -> None:
        with office.transaction("tester", write=True) as tx:
            one = batches.open_batch(tx, EVERYTHING, Opening(DESK))
            batches.act_on_cases(tx, EVERYTHING, one.number, BatchAsk("列入", DESK, (numbers[0],)))
            row = tx.connection.execute(own.batch_case.select().where(own.batch_case.c.batch_id == one.id)).one()
            tx.connection.execute(own.batch_case.insert(), row._asdict() | {"id": one.id})

    with pytest.raises(Conflict, match="exists already"):
        put_twice()


def test_who_sees_a_community_sees_its_cases_of_a_list(office: Database, numbers: list[str]) -> None:
    with rolled_back(office) as tx:
        incident = tables.incident
        query = incident.select().where(incident.c.number.in_(numbers)).with_only_columns(incident.c.community_id)
        west, east = sorted(set(tx.connection.scalars(query)))
        number = batches.open_batch(tx, EVERYTHING, Opening(DESK)).number
        batches.act_on_cases(tx, EVERYTHING, number, BatchAsk("列入", DESK, tuple(numbers)))
        for community in (west, east):
            mine = Scope("secretary", frozenset({community}))
            found = batch_views.get_batch(tx, mine, number)
            assert (found.batch.cases, len(found.cases), len(found.steps)) == (2, 2, 2)
            theirs = next(each for each in numbers if each not in {line.number for line in found.cases})
            with pytest.raises(NotFound):
                batches.act_on_cases(tx, mine, number, BatchAsk("移出", DESK, (theirs,), reason="误"))
            with pytest.raises(NotFound):
                batch_views.batches_of_case(tx, mine, theirs)
            assert batch_views.list_batches(tx, mine)[0].number == number
        nobody = Scope("nobody")
        assert batch_views.list_batches(tx, nobody) == []
        assert batch_views.year_of_units(tx, nobody, tx.now.year) == []
        with pytest.raises(NotFound):
            batch_views.get_batch(tx, nobody, number)
