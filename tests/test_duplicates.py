"""Reports that may be the same matter: by laws, and through the API on both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from casework_walks import LADDERS, URL, make, report
from hypothesis import given
from hypothesis import strategies as st
from office import lonlat

from gridmap.casework.categories import read_catalogue
from gridmap.casework.duplicates import Told, measures, near
from gridmap.config import data_dir

if TYPE_CHECKING:
    from starlette.testclient import TestClient

CATALOGUE = read_catalogue(
    [json.loads(path.read_text(encoding="utf-8")) for path in (data_dir() / "lookups" / "categories").glob("*.json")]
)
START = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = ["漏水", "暴露垃圾", "市容环境", "政策咨询", "说不清"]
TOLD = st.builds(
    lambda number, place, hours, word, address: Told(
        UUID(int=number), place, START + timedelta(hours=hours), CATALOGUE.find(word), word, address
    ),
    st.integers(0, 50),
    st.none() | st.tuples(st.floats(0, 300), st.floats(0, 300)),
    st.floats(0, 400),
    st.sampled_from(WORDS),
    st.sampled_from(["", "解放路12号"]),
)


@given(TOLD, st.lists(TOLD, max_size=30))
def test_what_is_found_is_near_in_place_and_time_and_of_one_category(told: Told, others: list[Told]) -> None:
    radius, window = measures(told.category)
    by_id = {each.id: each for each in others}
    found = near(told, list(by_id.values()))
    assert [each.likeness for each in found] == sorted((each.likeness for each in found), reverse=True)
    for each in found:
        other = by_id[each.id]
        assert each.id != told.id
        assert each.days <= window
        assert each.metres is None or each.metres <= radius
        assert each.metres is not None or told.address == other.address != ""
        assert (told.category is None) == (other.category is None)
        assert -1e-9 <= each.likeness <= 1


@given(TOLD, TOLD)
def test_two_of_one_category_find_each_other(one: Told, two: Told) -> None:
    if one.category is two.category:
        assert bool(near(one, [two])) == bool(near(two, [one]))


def place(x: float, y: float) -> dict[str, float]:
    lon, lat = lonlat(x, y)
    return {"lon": lon, "lat": lat}


def found(client: TestClient, number: str) -> dict[str, dict[str, Any]]:
    answer = client.get(f"{URL}/{number}/duplicates")
    assert answer.status_code == 200, answer.text
    return {each["number"]: each for each in answer.json()["items"]}


def test_reports_near_by_are_suggested_and_only_a_person_merges_them(client: TestClient) -> None:
    when = {"category": "暴露垃圾", "reported_at": "2026-03-02T10:00:00+08:00"}
    first = report(client, **when, **place(350, 250))["number"]
    again = report(client, **(when | {"reported_at": "2026-03-03T09:00:00+08:00"}), **place(362, 266))["number"]
    class_only = report(client, **(when | {"category": "市容环境"}), **place(350, 252))["number"]
    others = [
        report(client, **when, **place(350, 199))["number"],  # 51 m away
        report(client, **(when | {"reported_at": "2026-03-05T09:00:00+08:00"}), **place(350, 250))["number"],  # late
        report(client, **(when | {"category": "漏水"}), **place(350, 250))["number"],
    ]
    near_by = found(client, first)
    assert set(near_by) == {again, class_only}
    assert near_by[again]["metres"] == round(float(np.hypot(12, 16)), 3)
    assert near_by[again]["days"] == round(23 / 24, 12) or abs(near_by[again]["days"] - 23 / 24) < 1e-9
    assert not set(others) & set(near_by)
    states = {client.get(f"{URL}/{number}").json()["state"] for number in (first, again, *others)}
    assert states == {"待受理"}
    make(client, again, LADDERS[""].moves["并案"], incident=first)
    assert set(found(client, first)) == {class_only}
    make(client, again, LADDERS[""].moves["撤销并案"])
    assert set(found(client, first)) == {again, class_only}


def test_without_a_place_the_same_address_counts(client: TestClient) -> None:
    told = {"category": "漏水", "address": "解放路99号", "reported_at": "2026-04-01T10:00:00+08:00"}
    first, again = report(client, **told)["number"], report(client, **told, **place(50, 50))["number"]
    report(client, **(told | {"address": "解放路98号"}))
    report(client, **(told | {"address": ""}))
    assert found(client, first)[again]["metres"] is None
    assert set(found(client, first)) == {again}
    assert set(found(client, again)) == {first}
    assert client.get(f"{URL}/nothing/duplicates").status_code == 404
