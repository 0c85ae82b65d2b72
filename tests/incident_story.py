"""The dispatcher's story on the demonstration: two exports come in, three cases go their ways, the land is redrawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from casework_walks import PNG, UNIT, URL

from gridmap import runner
from gridmap.access import Scope
from gridmap.demo.orders import FOLDER, read_true_orders, sheets
from gridmap.model.moments import SHANGHAI
from gridmap.services import gazetteer
from gridmap.services.intake_places import Status

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from gridmap.services.intake import IntakeReport, Taken
    from gridmap.storage.database import Database

DESK, LEADER = "受理派单员", "审批领导"
CLIMB = (  # move, who makes it, what comes with it
    ("上报", "专职网格员", {"reason": "网格无力处置"}),
    ("上报", "社区书记（主任）", {"reason": "社区无力处置"}),
    ("吹哨", "社区书记（主任）", {"reason": "需部门到场", "unit": UNIT, "whistle": "community"}),
    ("应哨", "承办单位联络员", {"unit": UNIT}),
    ("报到", "承办单位联络员", {"unit": UNIT}),
    ("反馈", "承办单位联络员", {"photos": [PNG]}),
    ("核实通过", DESK, {}),
    ("结案", DESK, {}),
)


@dataclass
class Intake:
    """What became of the rows of both exports, held against the truth.

    Parameters
    ----------
    wrong : list of (Taken, str)
        Rows that are 归格 in another grid than the true one, which stands beside them.
    missed : list of str
        Numbers of rows that tell a matter once more, and are not suggested together with it.
    """

    counts: Counter[str] = field(default_factory=Counter)
    again: int = 0
    wrong: list[tuple[Taken, str]] = field(default_factory=list)
    told_twice: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of the rows that are 归格 in their true grid."""
        return 1.0 - len(self.wrong) / max(1, self.counts[Status.ASSIGNED])


def build_gazetteer(database: Database) -> None:
    """Bring the demonstration's own records into its gazetteer."""
    with database.transaction("story", write=True) as tx:
        gazetteer.build(tx, Scope.everything("story"))


def take_orders(database: Database, raw: Path) -> Intake:
    """Take both exports in, twice, and hold the rows against the truth."""
    true = read_true_orders(raw)
    found = Intake()
    for sheet in sheets():
        report = _taken(database, raw, sheet)
        found.counts.update({status: count for status, count in report.counts.items() if count})
        found.again += _taken(database, raw, sheet).added
        for row in report.rows:
            truth = true[row.number]
            if row.status is Status.ASSIGNED and row.grid_code != truth["grid"]:
                found.wrong.append((row, truth["grid"]))
            if truth["twin"]:
                found.told_twice += 1
                found.missed += [row.number] * (truth["twin"] not in {twin.number for twin in row.duplicates})
    return found


def _taken(database: Database, raw: Path, sheet: dict[str, Any]) -> IntakeReport:
    return runner.run_intake(database, raw / FOLDER / str(sheet["file"]), "story", crs=sheet["crs"]).report


def without_a_file(database: Database) -> int:
    """Count the incidents that nobody has to act on by a rule."""
    query = (
        "SELECT count(*) FROM incident i LEFT JOIN case_file f ON f.incident_id = i.id "
        "WHERE f.incident_id IS NULL OR f.holder = '' OR i.deadline IS NULL AND f.deadline_class <> 'long_term'"
    )
    with database.transaction("story") as tx:
        return int(tx.connection.exec_driver_sql(query).scalar_one())


def take_one(client: TestClient, number: str, **place: float) -> dict[str, Any]:
    """Take in an order of this hour that may be handed back for some hours more."""
    now = datetime.now(SHANGHAI)
    row = {
        "number": number,
        "source": "12345热线",
        "title": "垃圾无人清理",
        "category": "暴露垃圾",
        "reported_at": (now - timedelta(hours=1)).isoformat(),
        "return_until": (now + timedelta(hours=6)).isoformat(),
    }
    answer = client.post("/api/v1/intake", json={"rows": [row | place]})
    assert answer.status_code == 200, answer.text
    taken: dict[str, Any] = answer.json()["rows"][0]
    return taken


def make(client: TestClient, number: str, move: str, role: str, **given: Any) -> dict[str, Any]:
    """Make a move."""
    body = {"move": move, "role": role, "actor": f"某{role}"} | given
    answer = client.post(f"{URL}/{number}/moves", json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def history_of(client: TestClient, number: str) -> dict[str, Any]:
    """Return everything about a case."""
    found: dict[str, Any] = client.get(f"{URL}/{number}/history").json()
    return found


def return_with_proof(client: TestClient, number: str) -> dict[str, Any]:
    """Hand an order back that is not ours, with its 属地核实单; another person agrees. Returns the statement."""
    answer = client.post("/api/v1/statements", json={"incident": number})
    assert answer.status_code == 201, answer.text
    statement: dict[str, Any] = answer.json()
    asked = make(client, number, "退单", DESK, reason=f"属地不符，属地核实单 {statement['code']}")["approval"]
    body = {"decision": "approve", "role": LEADER, "actor": "某领导"}
    decided = client.post(f"{URL}/{number}/approvals/{asked['id']}", json=body)
    assert decided.status_code == 200, decided.text
    return statement


def climb(client: TestClient, number: str) -> list[str]:
    """Let a case climb from the grid to the street, where a unit is whistled for; returns the levels that it had."""
    for move, role, given in CLIMB:
        make(client, number, move, role, **given)
    return [step["level_after"] for step in history_of(client, number)["steps"]]


def redraw(client: TestClient, grid_code: str) -> str:
    """Let the grid join a neighbour of its community, from today; returns the code of the grid that has its land."""
    grids = [each for each in client.get("/api/v1/grids").json() if each["code"][:12] == grid_code[:12]]
    others = [each["code"] for each in grids if each["code"] != grid_code]
    for other in others:
        draft = client.post("/api/v1/plans", json={"name": f"{grid_code}并入{other}"}).json()["id"]
        edit = {"op": "merge", "grids": [grid_code, other], "into": other}
        if client.post(f"/api/v1/plans/{draft}/edits", json=edit).status_code == 200:
            done = client.post(f"/api/v1/plans/{draft}/activation", json={})
            if done.status_code == 200:
                return str(other)
    raise AssertionError(f"{grid_code} cannot join any of {others}")


def place_of(database: Database, *, inside: bool) -> dict[str, float]:
    """Return the place of an incident far from every border: well inside a grid, or well outside all of them."""
    query = (
        "SELECT ST_X(i.geom), ST_Y(i.geom) FROM incident i JOIN assignment a ON a.subject_id = i.id "
        f"WHERE a.reason = '{'inside' if inside else 'outside'}' ORDER BY a.distance DESC"
    )
    with database.transaction("story") as tx:
        row = tx.connection.exec_driver_sql(query).first()
    assert row is not None
    return {"lon": row[0], "lat": row[1]}
