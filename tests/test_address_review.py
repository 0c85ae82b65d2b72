"""Checking addresses: what a person decides settles what says the same, is learned, and can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from gazetteer_sample import sample_index
from hypothesis import given, settings
from hypothesis import strategies as st
from office import client_of, lonlat, write_csv

from gridmap.access import Scope
from gridmap.address.answer import answer
from gridmap.address.learned import core_of, names_taught, with_names
from gridmap.address_runner import geocode_table
from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.services import address_queue, address_review, gazetteer
from gridmap.services.geocoding import geocode
from gridmap.storage import audit

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database, Transaction

EVERYTHING = Scope.everything("tester")
INDEX = sample_index()
ROWS = [
    "解放路11号阳光花园3栋1单元101",  # found by itself
    "老钢厂宿舍3栋1单元101",
    "老钢厂宿舍3栋1单元102",
    "老钢厂宿舍3幢1单元101室，楼上漏水",  # says the same as the second
    "蓝鲸广场",
    "蓝鲸广场对面",
]


@pytest.fixture
def office(address_office: Database, tmp_path: Path) -> Database:
    """The office with a table of addresses looked up, some of which wait for a person."""
    batch(address_office, tmp_path)
    return address_office


def batch(database: Database, folder: Path, rows: list[str] = ROWS, name: str = "rows.csv") -> dict[str, int]:
    source = write_csv(folder / name, ["地址"], [[row] for row in rows])
    return geocode_table(database, source, folder / "out.csv", "tester").bands


def waiting(tx: Transaction, part: str) -> UUID:
    return next(UUID(each.id) for each in address_queue.queue(tx, EVERYTHING).rows if part in each.address)


def node_of(tx: Transaction, text: str) -> UUID:
    return UUID(geocode(tx, EVERYTHING, text).node_id)


def test_what_is_not_accepted_waits_commonest_unknown_name_first(office: Database) -> None:
    with office.transaction("tester") as tx:
        queue = address_queue.queue(tx, EVERYTHING)
        assert queue.waiting == 5
        assert [each.unknown for each in queue.rows[:3]] == ["老钢厂宿舍"] * 3
        assert queue.rows[0].alike == 3
        nobody = address_queue.queue(tx, Scope(actor="other", communities=frozenset()))
        assert nobody.waiting == 0


def test_a_choice_is_learned_settles_its_kind_and_can_be_undone(office: Database, tmp_path: Path) -> None:
    with office.transaction("tester", write=True) as tx:
        right = node_of(tx, "解放路11号阳光花园3栋1单元101")
        done = address_review.choose(tx, EVERYTHING, waiting(tx, "3栋1单元101"), right)
        assert done.learned == [("老钢厂宿舍", "阳光花园")]
        assert len(done.closed) == 3  # the row, the one that says the same, and the neighbour that was asked again
        assert done.waiting == 2
        assert geocode(tx, EVERYTHING, "老钢厂宿舍3栋1单元102").band == "auto"
        entry = audit.entries(tx, EVERYTHING, limit=1)[0]
        assert (entry.verb, entry.subject_kind, entry.count) == ("decide", "address_review", 3)
    assert batch(office, tmp_path)["自动采用"] == 4
    with office.transaction("tester", write=True) as tx:
        gazetteer.build(tx, EVERYTHING)  # what was learned outlives the index
        assert geocode(tx, EVERYTHING, "老钢厂宿舍3栋1单元102").band == "auto"
        reopened = address_review.undo(tx, EVERYTHING)
        assert len(reopened) == 3
        assert audit.entries(tx, EVERYTHING, limit=1)[0].verb == "undo"
        gazetteer.build(tx, EVERYTHING)
        assert geocode(tx, EVERYTHING, "老钢厂宿舍3栋1单元102").band != "auto"
        with pytest.raises(Conflict, match="undone already"):
            address_review.undo(tx, EVERYTHING, UUID(done.id))
        with pytest.raises(Conflict, match="no decision"):
            address_review.undo(tx, EVERYTHING)


def test_a_new_place_is_offered_to_its_kind_and_known_after_the_next_build(office: Database) -> None:
    with office.transaction("tester", write=True) as tx:
        point = lonlat(500, 100)
        row = waiting(tx, "蓝鲸广场")
        done = address_review.add(tx, EVERYTHING, row, "蓝鲸广场", "poi", point)
        left = next(each for each in address_queue.queue(tx, EVERYTHING).rows if "蓝鲸" in each.address)
        assert left.options[0].node_id == done.node_id
        with pytest.raises(Conflict, match="already"):
            address_review.add(tx, EVERYTHING, UUID(left.id), "蓝鲸广场", "poi", point)
        gazetteer.build(tx, EVERYTHING)
        found = geocode(tx, EVERYTHING, "蓝鲸广场")
        assert (found.node_id, found.band) == (done.node_id, "auto")
        assert (found.lon, found.lat) == pytest.approx(point, abs=1e-7)
        address_review.undo(tx, EVERYTHING, UUID(done.id))
        gazetteer.build(tx, EVERYTHING)
        assert geocode(tx, EVERYTHING, "蓝鲸广场").node_id is None


def test_a_pin_and_not_knowing_settle_what_says_the_same_in_later_runs(office: Database, tmp_path: Path) -> None:
    with office.transaction("tester", write=True) as tx:
        address_review.pin(tx, EVERYTHING, waiting(tx, "1单元102"), lonlat(300, 100))
        address_review.leave_unknown(tx, EVERYTHING, waiting(tx, "蓝鲸广场对面"))
    batch(office, tmp_path, ["老钢厂宿舍3栋一单元102室", "蓝鲸广场对面", "海棠湾"], "later.csv")
    with office.transaction("tester") as tx:
        texts = [each.address for each in address_queue.queue(tx, EVERYTHING).rows]
        assert set(texts) == {"老钢厂宿舍3栋1单元101", "老钢厂宿舍3幢1单元101室,楼上漏水", "蓝鲸广场", "海棠湾"}


def test_the_same_file_again_takes_the_place_of_what_waited(office: Database, tmp_path: Path) -> None:
    batch(office, tmp_path)
    with office.transaction("tester") as tx:
        assert address_queue.queue(tx, EVERYTHING).waiting == 5


def test_what_cannot_be_decided_is_refused(office: Database) -> None:
    with office.transaction("tester", write=True) as tx:
        row = waiting(tx, "蓝鲸广场")
        with pytest.raises(NotFound):
            address_review.choose(tx, EVERYTHING, row, UUID(int=1))
        with pytest.raises(NotFound):
            address_review.leave_unknown(tx, EVERYTHING, UUID(int=1))
        with pytest.raises(BadInput):
            address_review.add(tx, EVERYTHING, row, "  ", "poi", lonlat(0, 0))
        address_review.leave_unknown(tx, EVERYTHING, row)
        with pytest.raises(Conflict):
            address_review.leave_unknown(tx, EVERYTHING, row)
        with pytest.raises(NotFound):
            address_queue.enqueue(tx, EVERYTHING, UUID(int=1))


@pytest.mark.usefixtures("office")
def test_the_api_lists_decides_and_undoes(target: str) -> None:
    with client_of(target) as client:
        root = "/api/v1/address-review"
        queue = client.get(root).json()
        assert queue["waiting"] == 5
        first = queue["rows"][0]["id"]
        places = client.get(f"{root}/places", params={"text": "阳光花园3栋"}).json()
        assert client.post(f"{root}/{first}/decision", json={"kind": "choose"}).status_code == 422
        assert client.post(f"{root}/{first}/decision", json={"kind": "pin"}).status_code == 422
        answer_ = client.post(f"{root}/{first}/decision", json={"kind": "choose", "node_id": places[0]["node_id"]})
        assert answer_.status_code == 200
        assert answer_.json()["learned"] == [["老钢厂宿舍", "阳光花园"]]
        assert client.post(f"{root}/{first}/decision", json={"kind": "unknown"}).status_code == 409
        assert first in client.post(f"{root}/undo", json={}).json()["reopened"]
        assert client.get(root).json()["waiting"] == 5
        assert client.get(root).json()["rows"][0]["alike"] == 3  # of one kind again
        lon, lat = lonlat(100, 100)
        body = {"kind": "add", "name": "蓝鲸广场", "level": "poi", "lon": lon, "lat": lat}
        whale = next(each["id"] for each in client.get(root).json()["rows"] if each["address"] == "蓝鲸广场")
        assert client.post(f"{root}/{whale}/decision", json=body).json()["kind"] == "add"
        assert client.get("/addresses").status_code == 200


PLACE_NAMES = ("阳光花园", "碧水苑", "梅园新村")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLACE_NAMES), st.text(st.sampled_from("老钢厂纺织印染汽修邮电宿舍"), min_size=3, max_size=8))
def test_law_a_taught_name_means_what_it_was_taught_for_and_changes_nothing_else(place: str, name: str) -> None:
    node = answer(INDEX, place).node
    taught = with_names(INDEX, [(INDEX.uuid(node), name)])
    assert answer(taught, name).node == node
    for text in (*PLACE_NAMES, "解放路12号", "解放路与建设街交叉口", "梅园新村3栋2单元101"):
        assert answer(taught, text) == answer(INDEX, text)
    assert taught.version != INDEX.version
    assert with_names(INDEX, [(INDEX.uuid(node), name)]).version == taught.version


def test_law_only_names_without_a_meaning_teach_and_notes_do_not_count() -> None:
    known = answer(INDEX, "阳光花园3栋1单元101")
    assert names_taught(INDEX, known.fields, known.missing, known.node) == []
    odd = answer(INDEX, "解放路14号老钢厂宿舍3栋")
    taught = names_taught(INDEX, odd.fields, odd.missing, known.node)
    assert [(INDEX.name(node), name) for node, name in taught] == [("阳光花园", "老钢厂宿舍")]
    with_note = answer(INDEX, "示范区阳光花园三幢1单元101室，楼上漏水")
    assert core_of(with_note.fields, "") == core_of(known.fields, "")
