"""A telephone or identity number in any text of a case comes out of no way that leads to people. On both databases."""

from __future__ import annotations

import html
import io
import json
import zipfile
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from drawn_plans import drawn_plan
from hypothesis import given, settings
from hypothesis import strategies as st
from office import MOVED, code, load, lonlat, open_office, write_csv
from sqlalchemy import select
from test_batches import DESK, WEST, YESTERDAY

from gridmap import address_runner, runner
from gridmap.access import Scope
from gridmap.model.kinds import kind_named
from gridmap.services.address_queue import queue
from gridmap.services.case_ledger import Period
from gridmap.services.exports import export_rows
from gridmap.services.handover import hand_over
from gridmap.services.incidents import report_incident
from gridmap.services.ledgers import write_ledger
from gridmap.services.reports import Report
from gridmap.storage import audit
from gridmap.storage.database import Database
from gridmap.storage.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

API = "/api/v1"
EVERYTHING = Scope.everything("tester")
MOBILE, IDENTITY = "13912345678", "440106199001011234"
ORDER = "13700001111"  # 工单编号 of eleven digits
SAID = f"张示范电话{MOBILE}，身份证{IDENTITY}"
SHOWN = "张示范电话139****5678，身份证440106********1234"
HIDDEN = (MOBILE[2:8], IDENTITY[6:14])
YEAR = Period(date(datetime.now(UTC).year - 1, 1, 1), date(datetime.now(UTC).year + 1, 12, 31))


@pytest.fixture(scope="module")
def office(shared_office: str) -> Iterator[Database]:
    opened = Database.open(shared_office)
    yield opened
    opened.close()


def sent(client: TestClient, way: str, status: int = 200, **body: Any) -> Any:
    answer = client.post(f"{API}/{way}", json=body)
    assert answer.status_code == status, answer.text
    return clean(answer.text) and answer.json()


def clean(text: str, *hidden: str) -> str:
    """Assert that a text holds nothing of what is hidden."""
    for each in hidden or HIDDEN:
        at = text.find(each)
        assert at < 0, text[max(at - 200, 0) : at + 60]
    return text


def words_of(content: bytes, media_type: str) -> str:
    """Return all text of an answer."""
    if "openxmlformats" in media_type:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            sheets = [parts.read(name).decode("utf-8") for name in parts.namelist() if name.endswith("xml")]
            return html.unescape("\n".join(sheets))
    return content.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def told(client: TestClient) -> dict[str, str]:
    """A case with the numbers in everything that is written freely, and with a list, a statement and steps."""
    lon, lat = lonlat(50.0, 250.0)
    texts = dict.fromkeys(("title", "description", "address", "category", "source", "home"), SAID)
    case = {"lon": lon, "lat": lat, "accuracy": 15, "reporter": "张示范", "phone": MOBILE} | texts
    sent(client, "incidents/check", **case)
    made = sent(client, "incidents", 201, number=ORDER, **case)
    assert (made["number"], made["title"], made["address"]) == (ORDER, SHOWN, SHOWN)
    twin = sent(client, "incidents", 201, **case)
    assert twin["duplicates"]["items"][0]["number"] == ORDER
    now = datetime.now(UTC)
    as_desk = {"role": DESK, "actor": "wang"}
    sent(client, f"incidents/{ORDER}/moves", move="吹哨", unit=SAID, reason=SAID, whistle="community", **as_desk)
    shown = sent(client, f"incidents/{ORDER}/moves", move="应哨", role="承办单位联络员", unit=SHOWN)
    assert shown["step"]["given"]["unit"] == SHOWN, "a unit is known by what is shown of it"
    sent(client, f"incidents/{ORDER}/moves", move="改派", unit=SAID, reason=SAID, **as_desk)
    sent(client, f"incidents/{ORDER}/moves", move="签收", role="专职网格员")
    later = (now + timedelta(days=9)).isoformat()
    delay = sent(client, f"incidents/{ORDER}/moves", move="申请延期", role="专职网格员", reason=SAID, deadline=later)
    refusal = {"decision": "refuse", "role": "审批领导", "actor": "chen", "note": SAID}
    sent(client, f"incidents/{ORDER}/approvals/{delay['approval']['id']}", **refusal)
    batch = sent(client, "batches", 201, role=DESK, name=SAID)["batch"]["number"]
    both = {"role": DESK, "incidents": [ORDER]}
    sent(client, f"batches/{batch}/acts", act="列入", **both)
    sent(client, f"batches/{batch}/stage", role=DESK)
    sent(client, f"batches/{batch}/acts", act="分单", unit=SAID, reason=SAID, **both)
    sent(client, f"batches/{batch}/stage", role=DESK)
    sent(client, f"batches/{batch}/acts", act="同意", reason=SAID, **both)
    sent(client, f"batches/{batch}/stage", role=DESK, meeting=str(YESTERDAY), minutes=SAID)
    sent(client, f"batches/{batch}/acts", act="领单", unit=SHOWN, **both)  # no reason: it is the one that was agreed
    statement = sent(client, "statements", 201, incident=ORDER)["code"]
    assert SHOWN in statement_text(client, statement)
    rows = [{"number": f"X{n}", "lon": lon, "lat": lat, "title": SAID, "address": SAID} for n in range(2)]
    sent(client, "intake", rows=rows)
    plan = client.get(f"{API}/plans").json()[0]["id"]
    return {
        "incident_id": ORDER,
        "number": ORDER,
        "batch": batch,
        "code": statement,
        "record_id": made["id"],
        "id": made["id"],
        "kind": "incidents",
        "plan_id": plan,
        "grid_id": code("A"),
        "form": "docx",
        "since": str(YEAR.first),
        "until": str(YEAR.last),
        "year": str(now.year),
        "q": "张示范",
    }


def statement_text(client: TestClient, statement: str) -> str:
    text: str = client.get(f"{API}/statements/{statement}").json()["text"]
    return text


def ways(client: TestClient, told: dict[str, str]) -> Iterator[str]:
    """Yield the address of everything that can be read of a case, from the description of the API."""
    for path, verbs in client.get(f"{API}/openapi.json").json()["paths"].items():
        if "get" not in verbs:
            continue
        named = {each["name"]: each for each in verbs["get"].get("parameters", []) if each["in"] != "header"}
        needed = [name for name, each in named.items() if each["required"]]
        known = told | ({"code": code("A")} if "/grids/" in path else {})
        if all(name in known for name in needed):
            query = "&".join(f"{name}={known[name]}" for name in needed if named[name]["in"] == "query")
            yield path.format(**known) + (f"?{query}" if query else "")


def test_no_way_of_the_api_gives_the_numbers_away(client: TestClient, told: dict[str, str]) -> None:
    seen, shown = set(), 0
    for way in ways(client, told):
        answer = client.get(way)
        assert answer.status_code == 200 or "/plans/" in way, (way, answer.text)  # the first plan follows no other
        text = words_of(answer.content, answer.headers["content-type"])
        clean(text)
        shown += SHOWN in text
        seen.add(way.partition("?")[0].replace(ORDER, "CASE").replace(told["id"], "ID").removeprefix(API))
    assert {
        *("/incidents", "/incidents/board", "/incidents/CASE", "/incidents/CASE/history"),
        *("/incidents/CASE/duplicates", "/incidents/CASE/batches", "/search", "/details/incidents/ID"),
        *("/details/incidents", "/ledgers.xlsx", "/reports.docx", "/rates", "/batches", "/batches/results"),
        *("/batches/results.xlsx", f"/batches/{told['batch']}", f"/batches/{told['batch']}/list.xlsx"),
        *(f"/statements/{told['code']}", f"/statements/{told['code']}.docx", f"/verify/{told['code']}"),
        *(f"/grids/{code('A')}", f"/grids/{code('A')}/records"),
    } <= seen
    assert shown >= 12, "they are shown masked, not left out"


def test_the_text_is_kept_as_it_came(client: TestClient, told: dict[str, str], office: Database) -> None:
    del client
    with office.transaction("tester") as tx:
        table = table_of(kind_named("incidents"))
        row = tx.connection.execute(select(table).where(table.c.number == told["number"])).one()
    assert (row.title, row.description, row.address, row.phone) == (SAID, SAID, SAID, MOBILE)


@pytest.mark.parametrize("asked", [MOBILE, MOBILE[2:9], IDENTITY, IDENTITY[5:15], "19900101"])
def test_nobody_finds_a_case_by_a_number_in_its_text(client: TestClient, told: dict[str, str], asked: str) -> None:
    del told
    assert client.get(f"{API}/search?q={asked}").json() == []
    assert client.get(f"{API}/incidents/board?stage=all&q={asked}").json()["total"] == 0


@pytest.mark.parametrize("asked", [ORDER, ORDER[2:9], "张示范"])
def test_what_is_shown_is_found(client: TestClient, told: dict[str, str], asked: str) -> None:
    found = client.get(f"{API}/search?q={asked}").json()
    assert {each["title"] for each in found if each["kind"] == "incident"} == {SHOWN}
    assert asked not in ORDER or [each["id"] for each in found] == [told["id"]]
    board = client.get(f"{API}/incidents/board?stage=all&q={asked}").json()
    assert ORDER in {each["number"] for each in board["items"]}


@given(
    before=st.text(alphabet="漏水请回电话，。 第3栋号", max_size=12).filter(
        lambda text: not text.rstrip(" ").endswith("3")
    ),
    number=st.integers(13_000_000_000, 19_999_999_999).map(str),
    after=st.text(alphabet="谢谢，。 号栋", max_size=8),
)
@settings(max_examples=12)
def test_wherever_it_stands_it_is_hidden(client: TestClient, before: str, number: str, after: str) -> None:
    text = before + number + after
    made = sent(client, "incidents", 201, title=text, description=text, address=text, phone=number, **WEST)
    own = made["number"]
    pages = [f"incidents/{own}", f"incidents/{own}/history", f"details/incidents/{made['id']}", "incidents"]
    for page in [*pages, "incidents/board?stage=all&limit=200", f"search?q={own}"]:
        clean(client.get(f"{API}/{page}").text, number[2:8])
    assert client.get(f"{API}/incidents/board?stage=all&q={number}").json()["total"] == 0


def test_a_text_without_numbers_and_the_codes_stay(client: TestClient) -> None:
    said = {
        "title": "粤A12345停在解放路1391号",
        "description": "见工单2026112200123",
        "address": "解放路1391号2栋1301室",
    }
    number = "20261122001234567890"
    made = sent(client, "incidents", 201, number=number, **said, **WEST)
    found = client.get(f"{API}/incidents/{number}").json()
    assert {name: made[name] for name in said} == {name: found[name] for name in said} == said
    assert (made["lon"], found["lon"], found["number"]) == (WEST["lon"], WEST["lon"], number)


def test_ledger_and_export_are_masked_unless_there_is_a_reason(
    client: TestClient, told: dict[str, str], office: Database, tmp_path: Path
) -> None:
    del client, told
    incidents = kind_named("incidents")
    for reason, verb in ((None, "export"), ("核对诉求人", "unmask")):
        with office.transaction("tester", write=True) as tx:
            export_rows(tx, EVERYTHING, incidents, tmp_path / "out.csv", crs="EPSG:4490", unmask_reason=reason)
            write_ledger(tx, EVERYTHING, YEAR, tmp_path / "ledger.xlsx", unmask_reason=reason)
            ledger, export = audit.entries(tx, EVERYTHING)[:2]
        cells = words_of((tmp_path / "ledger.xlsx").read_bytes(), "openxmlformats")
        rows = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
        assert (ledger.verb, export.verb) == (verb, verb)
        for text in (cells, rows):
            assert ORDER in text
            assert (SHOWN if reason is None else SAID) in text
        if reason is None:
            clean(rows)
            clean(cells)


def test_a_masked_export_that_comes_back_overwrites_nothing(
    client: TestClient, told: dict[str, str], office: Database, tmp_path: Path
) -> None:
    del told
    with office.transaction("tester", write=True) as tx:
        export_rows(tx, EVERYTHING, kind_named("incidents"), tmp_path / "out.csv", crs="EPSG:4490")
    before = kept(office)
    report = load(office, "incidents", tmp_path / "out.csv")
    assert kept(office) == before
    assert (report.added, report.changed, report.refused) == (0, 0, 0)
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").replace(f"{ORDER},", f"{ORDER},", 1)
    (tmp_path / "new.csv").write_text(text.replace(SHOWN, "换一个说法", 1), encoding="utf-8")
    assert load(office, "incidents", tmp_path / "new.csv").changed == 1
    assert client.get(f"{API}/incidents/{ORDER}").status_code == 200


def kept(database: Database) -> list[Any]:
    with database.transaction("tester") as tx:
        table = table_of(kind_named("incidents"))
        query = select(table.c.number, table.c.title, table.c.description, table.c.address).order_by(table.c.number)
        return [tuple(row) for row in tx.connection.execute(query)]


def test_rows_of_a_sheet_are_told_masked_and_looked_at_in_full(
    client: TestClient, office: Database, tmp_path: Path
) -> None:
    place = [f"{value:.10f}" for value in lonlat(150.0, 250.0)]
    header = ["工单编号", "诉求内容", "事发地址", "备用电话", "经度", "纬度"]
    rows = [("13900002222", SAID, SAID, MOBILE, *place), ("Y2", SAID, SAID, MOBILE, "", "")]
    path = write_csv(tmp_path / "rows.csv", header, rows)
    for dry_run in (True, False):
        report = runner.run_intake(office, path, "tester", crs="EPSG:4490", dry_run=dry_run).report
        clean(json.dumps(asdict(report), ensure_ascii=False, default=str))
        assert all(SHOWN.startswith(row.title.rstrip("…")) and row.address == SHOWN for row in report.rows)
    found = client.get(f"{API}/incidents/13900002222/history")
    clean(found.text)
    assert found.json()["original"]["columns"]["工单编号"] == "13900002222"


def test_a_statement_that_was_made_in_clear_is_shown_masked_and_still_verifies(
    client: TestClient, told: dict[str, str], office: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    del told
    with monkeypatch.context() as patch:
        patch.setattr("gridmap.services.jurisdiction.mask_numbers", lambda text: text)
        made = client.post(f"{API}/statements", json={"incident": ORDER})
    assert SAID in made.text, "as before texts were masked"
    found = client.get(f"{API}/statements/{made.json()['code']}")
    assert found.json()["intact"]
    assert SHOWN in clean(found.text)
    assert office


def test_what_changes_hands_is_listed_masked(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    lon, lat = lonlat(150.0, 250.0)
    with database.transaction("tester", write=True) as tx:
        report_incident(tx, EVERYTHING, Report(title=SAID, address=SAID, category=SAID, lon=lon, lat=lat))
    plan = drawn_plan(database, MOVED).id
    with database.transaction("tester") as tx:
        (masked,) = hand_over(tx, EVERYTHING, plan).rows["incidents"]
        (full,) = hand_over(tx, EVERYTHING, plan, unmask=True).rows["incidents"]
    assert (masked["title"], masked["address"], masked["category"]) == (SHOWN,) * 3
    assert full == masked | dict.fromkeys(("title", "address", "category"), SAID) | {
        name: full[name] for name in ("old_worker", "new_worker")
    }


def test_what_waits_for_a_person_is_masked(address_office: Database, tmp_path: Path) -> None:
    """The queue of addresses (地址核对)."""
    rows = [f"老钢厂宿舍3栋12 {MOBILE}", "蓝鲸广场139-1234-5678", f"老钢厂宿舍5栋{SAID}"]
    path = write_csv(tmp_path / "rows.csv", ["地址"], [[row] for row in rows])
    address_runner.geocode_table(address_office, path, tmp_path / "out.csv", "tester")
    with address_office.transaction("tester") as tx:
        waiting = queue(tx, EVERYTHING).rows
    assert len(waiting) == len(rows)
    clean(json.dumps([asdict(each) for each in waiting], ensure_ascii=False), *HIDDEN, "139-1234")
