"""The dispatcher's story on the small demonstration, on both databases; `scripts/bench incident_story` tells all."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from casework_walks import PNG
from incident_story import (
    Intake,
    build_gazetteer,
    climb,
    history_of,
    make,
    place_of,
    redraw,
    return_with_proof,
    take_one,
    take_orders,
    without_a_file,
)
from office import client_of

from gridmap.access import Scope
from gridmap.demo.orders import read_true_orders
from gridmap.demo.run import run_demo
from gridmap.services.intake_places import Status
from gridmap.services.stats import stats
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def town(module_target: str, folder: Path) -> Iterator[Database]:
    database = Database.open(module_target)
    run_demo(database, folder, seed=1, size="small", say=lambda _: None)
    build_gazetteer(database)
    yield database
    database.close()


@pytest.fixture(scope="module")
def taken(town: Database, folder: Path) -> Intake:
    return take_orders(town, folder / "raw")


@pytest.fixture(scope="module")
def client(town: Database, taken: Intake) -> Iterator[TestClient]:
    assert taken
    with client_of(town.name) as opened:
        yield opened


def test_both_exports_come_in_whole_once_and_where_they_belong(town: Database, taken: Intake) -> None:
    assert set(taken.counts) == {Status.ASSIGNED, Status.DOUBTFUL, Status.UNLOCATED}
    assert sum(taken.counts.values()) == 260 + 59
    assert taken.again == 0
    assert taken.counts[Status.ASSIGNED] > 200
    assert taken.share >= 0.97, taken.wrong
    with town.transaction("tester") as tx:
        assert stats(tx, Scope.everything("tester"))["incidents"] == 160 + 319


def test_what_is_told_twice_is_suggested_and_nothing_is_merged(town: Database, taken: Intake, folder: Path) -> None:
    assert taken.told_twice == 21
    true = read_true_orders(folder / "raw")
    # an incident of the road is told by the nearest door: by that address alone it is not always near enough
    assert {true[number]["way"] for number in taken.missed} <= {"known"}
    assert all(number.startswith("GD") for number in taken.missed), taken.missed
    with town.transaction("tester") as tx:
        query = "SELECT count(*) FROM case_file WHERE merged_into IS NOT NULL"
        assert tx.connection.exec_driver_sql(query).scalar_one() == 0


def test_every_case_of_the_year_has_somebody_who_has_to_act_and_a_clock(
    town: Database, taken: Intake, client: TestClient
) -> None:
    assert taken
    assert without_a_file(town) == 0
    board = client.get("/api/v1/incidents/board?stage=open&limit=200").json()
    assert board["total"] > 10
    assert {each["clock"] for each in board["items"]} >= {"超期"}
    assert all(each["holder"] for each in board["items"])


def test_an_order_that_is_not_ours_goes_back_in_time_with_its_statement(town: Database, client: TestClient) -> None:
    assert take_one(client, "GD-FAR", **place_of(town, inside=False))["status"] == "边界待核"
    statement = return_with_proof(client, "GD-FAR")
    told = history_of(client, "GD-FAR")
    (step,) = told["steps"]
    assert told["incident"]["state"] == "退单"
    assert datetime.fromisoformat(step["at"]) < datetime.fromisoformat(told["incident"]["case"]["return_until"])
    assert statement["code"] in step["reason"]
    assert "不在" in statement["text"]
    assert client.get(f"/verify/{statement['code']}").status_code == 200


def test_one_is_solved_on_the_spot_and_one_climbs_to_the_street(town: Database, client: TestClient) -> None:
    place = place_of(town, inside=True)
    for number in ("GD-SELF", "GD-CLIMB"):
        assert take_one(client, number, **place)["status"] == "归格"
    make(client, "GD-SELF", "自办结案", "专职网格员", photos=[PNG])
    assert history_of(client, "GD-SELF")["incident"]["state"] == "自办结案"
    assert climb(client, "GD-CLIMB") == ["社区", *["街道"] * 7]
    told = history_of(client, "GD-CLIMB")
    (whistle,) = told["whistles"]
    assert told["incident"]["state"] == "已结案"
    assert whistle["blown_at"] <= whistle["answered_at"] <= whistle["arrived_at"]


def test_an_old_statement_verifies_after_a_redraw(town: Database, client: TestClient) -> None:
    made = client.post("/api/v1/statements", json=place_of(town, inside=True)).json()
    other = redraw(client, made["grid_code"])
    found = client.get(f"/api/v1/statements/{made['code']}").json()
    assert found["intact"]
    assert (found["grid_code"], found["text"]) == (made["grid_code"], made["text"])
    page = client.get(f"/verify/{made['code']}").text
    assert "校验通过" in page
    assert "归属已调整" in page
    assert other in page
