"""A small sub-district to store: two communities, four grids, some records. Drawn, not typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import shapely
from ascii_art import polygons
from shapely.affinity import translate

from gridmap.access import Scope
from gridmap.model.cases import Assignment, Reason
from gridmap.model.kinds import KINDS, FieldType, Kind, Shape, kind_named
from gridmap.model.land import Block, Community, Grid, GridKind, Plan, PlanState, SubDistrict, new_id
from gridmap.storage import assignments, audit, land, plans, registers

if TYPE_CHECKING:
    from uuid import UUID

    from shapely import Geometry

    from gridmap.storage.database import Transaction

EVERYTHING = Scope.everything("tester")
NOTHING = Scope("nobody")
STREET = """
AAABBB
AAABBB
CCCCDD
CCCCDD
"""
WEST, SOUTH, CELL = 114.05, 22.54, 0.001


def on_earth(shape: Geometry) -> Geometry:
    """Put a drawing of cells of a thousandth of a degree on the map."""
    return translate(shape, WEST, SOUTH)


@dataclass(frozen=True)
class Place:
    subdistrict: SubDistrict
    communities: tuple[Community, Community]
    plan: Plan
    grids: dict[str, Grid]
    blocks: list[Block]

    def scope(self, number: int) -> Scope:
        """What somebody sees who may see one of the two communities."""
        return Scope("worker", frozenset({self.communities[number].id}))


def settle(tx: Transaction, *, code: str = "440304001", since: date = date(2026, 1, 1)) -> Place:
    """Store the sub-district: A, B are grids of the first community, C, D of the second."""
    shapes = {letter: on_earth(shape) for letter, shape in polygons(STREET, CELL).items()}
    subdistrict = SubDistrict(new_id(), code, f"街道{code}", 4547)
    land.add_subdistrict(tx, subdistrict, district="福田区", maker="街道网格办", outline=shapes["A"])
    communities = tuple(
        Community(
            new_id(),
            f"{code}00{n}",
            f"第{n}社区",
            "东片区",
            "东至…",
            "〔2026〕1号",
            shapely.union_all([shapes[a], shapes[b]]),
        )
        for n, a, b in ((1, "A", "B"), (2, "C", "D"))
    )
    land.add_communities(tx, subdistrict.id, communities)
    plan = Plan(new_id(), subdistrict.id, "第一版", PlanState.IN_FORCE, since, None)
    grids = {letter: grid_of(plan, communities["CD".count(letter)], letter, shapes[letter]) for letter in "ABCD"}
    blocks = [Block(new_id(), grid.id, grid.code, grid.shape) for grid in grids.values()]
    plans.add_plan(tx, plan, list(grids.values()), blocks)
    audit.record(tx, "add", "plan", plan.id)
    return Place(subdistrict, (communities[0], communities[1]), plan, grids, blocks)


def grid_of(plan: Plan, community: Community, letter: str, shape: Geometry) -> Grid:
    code = f"{community.code}{'ABCD'.index(letter) + 1:03d}"
    return Grid(
        new_id(), plan.id, code, f"第{letter}网格", GridKind.GENERAL, community.id, community.code, community.name,
        "东至解放路", "〔2026〕1号", "张三", shape,
    )  # fmt: skip


SHAPES = {
    Shape.POINT: shapely.Point(114.0512345678901, 22.5412345678901),
    Shape.LINE: shapely.LineString([(114.05, 22.54), (114.051, 22.541)]),
    Shape.POLYGON: shapely.box(114.05, 22.54, 114.051, 22.541),
    Shape.ANY: shapely.LineString([(114.05, 22.54), (114.06, 22.54)]),
}
VALUES: dict[FieldType, Any] = {
    FieldType.TEXT: '解放路\'; DROP TABLE "grid"; --',
    FieldType.CODE: "001",
    FieldType.INTEGER: -1,
    FieldType.NUMBER: 0.1,
    FieldType.BOOLEAN: True,
    FieldType.DATE: date(2026, 2, 28),
    FieldType.DATETIME: datetime(2026, 2, 28, 16, 30, 0, 123456, tzinfo=UTC),
}


def record_of(kind: Kind, community_id: UUID | None = None, number: int = 1, **values: Any) -> dict[str, Any]:
    """Fill every field of a kind; the first field of its key carries the number."""
    row: dict[str, Any] = {"id": new_id(), "import_id": None}
    for field in kind.fields:
        row[field.name] = field.choices[0] if field.choices else VALUES[field.type]
    row[kind.key[0]] = f"{number:06d}"
    if kind.within_community:
        del row["community"]
        row["community_id"] = community_id
    if kind.shape is not Shape.NONE:
        row["geom"] = SHAPES[kind.shape]
    return row | values


REGISTER_KINDS = [kind for kind in KINDS if kind.name not in {"subdistricts", "communities", "grids"}]


def populate(tx: Transaction, place: Place) -> None:
    """Give each community one record of every kind, and each record that has a grid its assignment."""
    for kind in REGISTER_KINDS:
        rows = [record_of(kind, community.id, number) for number, community in enumerate(place.communities)]
        if kind.name in {"micro_grids", "inclusions"}:
            for row, letter in zip(rows, "AC", strict=True):
                row["grid"] = place.grids[letter].code
        if kind.name == "expected_numbers":
            rows[0]["area"], rows[1]["area"] = place.communities[0].code, place.grids["C"].code
        registers.insert_many(tx, kind, rows)
        if kind.assigned:
            pairs = zip(rows, "AC", strict=True)
            assignments.put(tx, [verdict(place, kind, row["id"], g) for row, g in pairs])
    audit.record(tx, "add", "household", count=2)


def verdict(place: Place, kind: Kind, subject_id: UUID, letter: str | None, **values: Any) -> Assignment:
    given = {
        "subject_kind": kind.singular,
        "subject_id": subject_id,
        "plan_id": place.plan.id,
        "grid_id": place.grids[letter].id if letter else None,
        "reason": Reason.INSIDE if letter else Reason.OUTSIDE,
        "distance": 12.5,
        "accuracy": 5.0,
        "nearest_id": None if letter else place.grids["A"].id,
        "review": letter is None,
    }
    return Assignment(**(given | values))


HOUSEHOLDS = kind_named("households")
INCIDENTS = kind_named("incidents")
