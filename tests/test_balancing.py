"""Blocks into a draft, rebalance and proposal, through the API and the command line, on both databases."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import shapely
from click.testing import CliRunner
from drafting import in_memory
from office import code, load, open_office, to_lonlat, write_geojson, write_households

from api.app import create_app
from gridmap.access import Scope
from gridmap.cli.main import cli
from gridmap.config import Settings
from gridmap.errors import BadInput
from gridmap.services.balancing import Wishes, rebalance_plan
from gridmap.services.plan_reading import find_plan
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

LANES = (50, 100, 150, 200, 250, 300, 350, 400)  # metres from the left; the land is 700 by 300


@pytest.fixture(scope="module")
def town(shared_office: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The office with lanes through its first community, a river, a compound, and most households in one corner."""
    folder = tmp_path_factory.mktemp("town")
    roads = [(shapely.LineString([(x, -20), (x, 320)]), {"code": f"R{x}", "name": "", "level": "街巷"}) for x in LANES]
    roads += [
        (shapely.LineString([(-20, y), (420, y)]), {"code": f"Q{y}", "level": "主干路"}) for y in (100, 150, 200, 250)
    ]
    river = shapely.LineString([(-20, 50), (420, 50)])
    compound = shapely.box(60, 210, 140, 290)
    database = Database.open(shared_office)
    named = [(to_lonlat(shape), values) for shape, values in roads]
    load(database, "roads", write_geojson(folder / "roads.geojson", named))
    load(
        database, "waters", write_geojson(folder / "waters.geojson", [(to_lonlat(river), {"code": "W1", "name": "河"})])
    )
    rows = [(to_lonlat(compound), {"code": "X1", "name": "花园", "community": code("A", {"A": "001"})})]
    load(database, "compounds", write_geojson(folder / "compounds.geojson", rows))
    crowd = [(8.0 + 9 * (i % 20), 112.0 + 9 * (i // 20)) for i in range(160)]
    rest = [(210.0 + 12 * (i % 15), 112.0 + 17 * (i // 15)) for i in range(60)]
    south = [(6.0 + 13 * (i % 30), 8.0 + 11 * (i // 30)) for i in range(60)]
    load(database, "households", write_households(folder, [*crowd, *rest, *south]))
    database.close()
    return shared_office


@pytest.fixture(scope="module")
def http(town: str) -> Iterator[TestClient]:
    from starlette.testclient import TestClient

    with TestClient(create_app(Settings(database=town)), base_url="http://127.0.0.1") as opened:
        yield opened


@pytest.fixture
def command(town: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("GRIDMAP_DATABASE", town)

    def run(*words: str, leaves: int = 0) -> str:
        result = CliRunner().invoke(cli, list(words), standalone_mode=False)
        if result.exception:
            raise result.exception
        assert result.return_value == leaves, result.output
        return result.output

    return run


@pytest.fixture
def fine(command: Callable[..., str]) -> str:
    """A draft whose first community has fine blocks; its name."""
    name = f"草案{uuid4().hex[:8]}"
    command("plan", "new", name)
    command("blocks", code("A", {"A": "001"}), "--into", name, "--min-area", "500")
    return name


def plan_id(http: TestClient, name: str) -> str:
    return str(next(each["id"] for each in http.get("/api/v1/plans").json() if each["name"] == name))


def households(http: TestClient, plan: str) -> dict[str, int]:
    features = http.get(f"/api/v1/plans/{plan}").json()["features"]
    return {each["properties"]["code"]: each["properties"]["numbers"]["households"] for each in features}


def test_blocks_into_a_draft_keep_grids_and_survive(http: TestClient, fine: str, town: str) -> None:
    """The land of every grid stays; a transfer does not join the blocks again; undo brings the old ones back."""
    plan = plan_id(http, fine)
    shapes = {
        each["properties"]["code"]: shapely.from_geojson(json.dumps(each["geometry"]))
        for each in http.get(f"/api/v1/plans/{plan}?geojson").json()["features"]
    }
    standing = next(each["id"] for each in http.get("/api/v1/plans").json() if each["state"] == "in_force")
    for each in http.get(f"/api/v1/plans/{standing}?geojson").json()["features"]:
        old = shapely.from_geojson(json.dumps(each["geometry"]))
        # a lane bends them by half a millimetre, and what is straight in the plane is not quite so in degrees
        assert shapely.hausdorff_distance(old, shapes[each["properties"]["code"]]) < 2e-8
    database = Database.open(town)
    with database.transaction("tester") as tx:
        layout = in_memory(tx, find_plan(tx, Scope.everything(), fine))
    database.close()
    assert len(layout.blocks) > 40
    assert not layout.origin
    donor = next(grid for grid, state in layout.grids.items() if state.code == code("A"))
    taker = next(grid for grid, state in layout.grids.items() if state.code == code("B"))
    beside = next(
        block
        for block in layout.blocks_of(donor)
        if layout.blocks[block].boundary.intersection(layout.shape(taker)).length > 1
    )
    body = {"op": "transfer", "blocks": [str(beside)], "to_grid": code("B")}
    http.post(f"/api/v1/plans/{plan}/edits", json=body).raise_for_status()
    blocks = http.get(f"/api/v1/plans/{plan}").json()["numbers"]["blocks"]
    assert blocks == len(layout.blocks)
    for _ in range(2):
        http.post(f"/api/v1/plans/{plan}/undo", json={}).raise_for_status()
    assert http.get(f"/api/v1/plans/{plan}").json()["numbers"]["blocks"] == 5
    http.post(f"/api/v1/plans/{plan}/redo", json={}).raise_for_status()
    assert http.get(f"/api/v1/plans/{plan}").json()["numbers"]["blocks"] == len(layout.blocks)


def test_fine_blocks_read_from_the_database_are_a_beginning(fine: str, town: str) -> None:
    from gridmap.services import plan_session

    plan_session._sessions.clear()
    database = Database.open(town)
    with database.transaction("tester") as tx:
        layout = in_memory(tx, find_plan(tx, Scope.everything(), fine))
    database.close()
    assert not layout.origin
    assert layout.base.keys() == layout.blocks.keys()


def test_a_rebalance_is_proposed_and_then_applied(http: TestClient, fine: str) -> None:
    plan = plan_id(http, fine)
    before = households(http, plan)
    assert before[code("A")] == 160
    wishes = {"tolerance": 0.2, "locked": [code("C")]}
    found = http.post(f"/api/v1/plans/{plan}/rebalance", json=wishes).json()
    assert found["reached"]
    assert found["applied"] is None
    assert households(http, plan) == before
    grids = {each["code"]: each for each in found["grids"]}
    assert grids.keys() == {code("A"), code("B")}
    assert all(each["low"] <= each["after"]["households"] <= each["high"] for each in grids.values())
    assert all(each["after"]["pieces"] == 1 for each in grids.values())
    assert found["moved"]["households"] == before[code("A")] - grids[code("A")]["after"]["households"]
    applied = http.post(f"/api/v1/plans/{plan}/rebalance", json=wishes | {"apply": True}).json()
    assert applied["operation"] == found["operation"]
    assert applied["applied"]["revision"] == found["revision"] + 1
    after = households(http, plan)
    assert after == before | {letter: grids[letter]["after"]["households"] for letter in grids}
    http.post(f"/api/v1/plans/{plan}/undo", json={}).raise_for_status()
    assert households(http, plan) == before


def test_one_bad_grid_and_barriers(http: TestClient, fine: str) -> None:
    """The river bounds the southern grid's blocks: nobody moves over it, and the grid north of it keeps its own."""
    plan = plan_id(http, fine)
    found = http.post(
        f"/api/v1/plans/{plan}/rebalance",
        json={"grids": [code("A")], "tolerance": 0.2, "target": 110, "barriers": ["waters", "roads"]},
    ).json()
    assert not found["reached"]
    assert {each["code"] for each in found["grids"]} >= {code("A")}
    bad = http.post(f"/api/v1/plans/{plan}/rebalance", json={"grids": ["999"]})
    assert bad.status_code == 422
    assert "no grid '999'" in bad.json()["detail"]
    assert http.post(f"/api/v1/plans/{plan}/rebalance", json={"tolerance": 2}).status_code == 422
    assert http.post(f"/api/v1/plans/{uuid4()}/rebalance", json={}).status_code == 404


def test_a_stale_client_applies_nothing(http: TestClient, fine: str) -> None:
    plan = plan_id(http, fine)
    answer = http.post(f"/api/v1/plans/{plan}/rebalance", json={"tolerance": 0.2, "apply": True, "revision": 0})
    assert answer.status_code == 409
    assert answer.json()["code"] == "stale_revision"


def test_a_proposal_keeps_identities_and_makes_new_grids(http: TestClient, fine: str) -> None:
    plan = plan_id(http, fine)
    before = households(http, plan)
    body = {"community": "440106001001", "count": 4, "tolerance": 0.3}
    found = http.post(f"/api/v1/plans/{plan}/proposal", json=body | {"apply": True}).json()
    after = households(http, plan)
    assert len(after) == len(before) + 1
    assert before.keys() < after.keys()  # three keep their codes, one is new
    mine = [after[each] for each in after if each.startswith("440106001001")]
    assert sum(mine) == sum(before[each] for each in before if each.startswith("440106001001"))
    assert found["reached"] == all(49 <= each <= 91 for each in mine)
    assert max(mine) <= 130
    fewer = http.post(f"/api/v1/plans/{plan}/proposal", json=body | {"count": 2, "apply": True})
    fewer.raise_for_status()
    assert len([each for each in households(http, plan) if each.startswith("440106001001")]) == 2
    spaced = http.post(f"/api/v1/plans/{plan}/proposal", json=body | {"community": f" {body['community']} "})
    assert spaced.status_code == 200
    assert http.post(f"/api/v1/plans/{plan}/proposal", json=body | {"community": "x"}).status_code == 422
    assert http.post(f"/api/v1/plans/{plan}/proposal", json=body | {"count": 900}).status_code == 422


def test_numbers_that_no_sum_can_hold_are_refused(http: TestClient, town: str) -> None:
    plan, headers = http.get("/api/v1/plans").json()[0]["id"], {"Content-Type": "application/json"}
    for field in ("target", "moved", "border"):
        for number in ("1e308", "1e999", "1000001", "-1"):
            content = f'{{"{field}": {number}}}'.encode()
            answer = http.post(f"/api/v1/plans/{plan}/rebalance", content=content, headers=headers)
            assert answer.status_code == 422, (field, number)
    database = Database.open(town)
    for wish in ({"target": math.inf}, {"target": 0.0}, {"moved": math.inf}, {"border": math.nan}):
        with database.transaction("tester") as tx, pytest.raises(BadInput):
            rebalance_plan(tx, Scope.everything(), UUID(plan), Wishes(**wish))
    database.close()


def test_the_commands(fine: str, command: Callable[..., str], tmp_path: Path) -> None:
    told = command("plan", "rebalance", fine, "--tolerance", "20", "--lock", code("C"))
    assert "change hands" in told
    assert "nothing is stored" in told
    done = json.loads(command("plan", "rebalance", fine, "--tolerance", "20", "--lock", code("C"), "--apply", "--json"))
    assert done["applied"]["op"] == "rearrange"
    hard = command("plan", "rebalance", fine, "--target", "100", "--grid", code("D"), leaves=1)
    assert "have 0 households together" in hard
    assert "new ->" in command("plan", "propose", fine, "440106001001", "5", "--tolerance", "60")
    target = tmp_path / "blocks.geojson"
    report = json.loads(command("blocks", "--all", "-o", str(target), "--min-area", "500", "--json"))["file"]
    written = json.loads(target.read_text(encoding="utf-8"))["features"]
    assert report["blocks"] == len(written)
    assert report["compounds"] == 1
    assert [each["properties"]["compound"] for each in written].count("花园") == 1
    assert command("check", str(target)).endswith("无重叠、无空白、边界一致\n")


def test_commands_that_say_too_little(command: Callable[..., str], fine: str) -> None:
    from gridmap.errors import Conflict, NotFound

    with pytest.raises(BadInput, match="name communities"):
        command("blocks", "--into", fine)
    with pytest.raises(BadInput, match="where the blocks go"):
        command("blocks", "--all")
    with pytest.raises(NotFound, match="no community 'x'"):
        command("blocks", "x", "--into", fine)
    cut = {"op": "cut", "grid": code("D"), "line": [list(pair) for pair in _across()]}
    command("plan", "new", f"已切割{fine}")
    command("plan", "edit", f"已切割{fine}", json.dumps(cut))
    with pytest.raises(Conflict, match="were cut already"):
        command("blocks", "440106001001", "--into", f"已切割{fine}")


def _across() -> list[tuple[float, float]]:
    from office import lonlat

    return [lonlat(550, -20), lonlat(550, 320)]


def test_nothing_to_divide_along(database: Database, tmp_path: Path) -> None:
    from gridmap.services.block_making import refine_draft
    from gridmap.services.drafts import new_draft

    open_office(database, tmp_path)
    with database.transaction("tester", write=True) as tx:
        draft = new_draft(tx, Scope.everything(), "空")
        plan = find_plan(tx, Scope.everything(), draft.id)
        with pytest.raises(BadInput, match="no road, river or railway"):
            refine_draft(tx, Scope.everything(), plan)
