"""Records out of the database into a file, masked unless there is a reason, and always audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.files import write_rows
from gridmap.model.land import GridKind
from gridmap.services.masking import masked_record
from gridmap.services.plan_land import plans_in_force
from gridmap.storage import audit, land, registers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shapely import Geometry

    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.storage.database import Transaction


def export_rows(
    tx: Transaction, scope: Scope, kind: Kind, path: Path, *, crs: str, unmask_reason: str | None = None
) -> int:
    """Write every visible record of a kind to a file; its extension names the format.

    Parameters
    ----------
    unmask_reason : str, optional
        With it personal values are written in full; it stands in the audit.

    Returns
    -------
    int
        Records written.

    Raises
    ------
    FileRefused
        The format is unknown.
    CrsRefused
        The coordinate system is unknown or refused.
    """
    rows = _grids(tx, scope) if kind.name == "grids" else _records(tx, scope, kind)
    shown = rows if unmask_reason else ((masked_record(kind, values), shape) for values, shape in rows)
    count = write_rows(path, kind, shown, crs)
    verb = "unmask" if unmask_reason and any(field.mask or field.free for field in kind.fields) else "export"
    detail = {"file": path.name, "crs": crs} | ({"reason": unmask_reason} if unmask_reason else {})
    audit.record(tx, verb, kind.singular, count=count, detail=detail)
    return count


def _records(tx: Transaction, scope: Scope, kind: Kind) -> Iterator[tuple[dict[str, Any], Geometry | None]]:
    names = [field.name for field in kind.fields]
    community = {each.id: each.name for each in land.communities(tx, scope)} if kind.within_community else {}
    for chunk in registers.read_chunks(tx, scope, kind):
        for row in chunk:
            values = {name: row.get(name) for name in names}
            if kind.within_community:
                values["community"] = community.get(row["community_id"])
            yield values, row.get("geom")


def _grids(tx: Transaction, scope: Scope) -> Iterator[tuple[dict[str, Any], Geometry | None]]:
    for found in plans_in_force(tx):
        for grid in found.grids.values():
            if scope.unlimited or grid.community_id in scope.communities:
                values = {name: getattr(grid, name) for name in ("code", "name", "four_limits", "source_document")}
                kind = GridKind(grid.kind).value
                yield values | {"kind": kind, "community": grid.community_name, "worker": grid.worker}, grid.shape
