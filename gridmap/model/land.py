"""Land: sub-district, community, block, plan, grid."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

if TYPE_CHECKING:
    from datetime import date

    from shapely import Geometry


def new_id() -> UUID:
    """Make an id. Ids are made by the domain, never by the database, so that one can be told before it is stored."""
    return uuid4()


class GridKind(StrEnum):
    """综合网格 (general), 专属网格 (dedicated: market, office tower, hospital, school)."""

    GENERAL = "general"
    DEDICATED = "dedicated"


class PlanState(StrEnum):
    """States of a 划分方案; later issues add the road of approval between draft and in force.

    `APPROVED` (已批准待启用) is a plan that is decided and waits for its date.
    """

    DRAFT = "draft"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


NEXT_STATES: dict[PlanState, tuple[PlanState, ...]] = {
    PlanState.DRAFT: (PlanState.APPROVED, PlanState.IN_FORCE),
    PlanState.APPROVED: (PlanState.DRAFT, PlanState.IN_FORCE),
    PlanState.IN_FORCE: (PlanState.SUPERSEDED,),
    PlanState.SUPERSEDED: (),
}
"""Which states may follow which. A superseded plan comes back as a new one (恢复原方案)."""

EVER_IN_FORCE = frozenset({PlanState.IN_FORCE, PlanState.SUPERSEDED})
"""States of plans that anybody was ever assigned by: such a plan never changes, and others branch off it."""


@dataclass(frozen=True)
class SubDistrict:
    """A 街道. `plane` is the EPSG code of its CGCS2000 three-degree zone."""

    id: UUID
    code: str
    name: str
    plane: int


@dataclass(frozen=True)
class Community:
    """A 社区 with its four limits. `outline` is the imported reference, lon/lat EPSG:4490."""

    id: UUID
    code: str
    name: str
    section: str
    four_limits: str
    source_document: str
    outline: Geometry | None


@dataclass(frozen=True)
class Document:
    """The document that puts a plan in force: 批准文号, and the day on it where it is known."""

    number: str
    day: date | None = None


@dataclass(frozen=True)
class Plan:
    """A 划分方案 of one sub-district, in force over the half-open dates [valid_from, valid_to).

    Parameters
    ----------
    document_number, document_date
        批准文号 of the document that put it in force, and its date; None where none was named.
    """

    id: UUID
    subdistrict_id: UUID
    name: str
    state: PlanState
    valid_from: date | None
    valid_to: date | None
    based_on: UUID | None = None
    revision: int = 0
    document_number: str | None = None
    document_date: date | None = None


@dataclass(frozen=True)
class Grid:
    """A 网格 as one plan has it. `id` is its identity through all plans; the rest belongs to the plan.

    `shape` is derived from its blocks, lon/lat EPSG:4490. `delivered` is a hash of the border as a file brought it,
    before it was aligned with its neighbours, so that the same file is known again.
    """

    id: UUID
    plan_id: UUID
    code: str
    name: str
    kind: GridKind
    community_id: UUID
    community_code: str
    community_name: str
    four_limits: str
    source_document: str
    worker: str
    shape: Geometry
    delivered: str | None = None


@dataclass(frozen=True)
class Block:
    """A 基本单元: the smallest piece of land that is never divided between grids; never changed once stored."""

    id: UUID
    grid_id: UUID
    grid_code: str
    shape: Geometry
