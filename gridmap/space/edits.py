"""Edits of a plan: cut, merge, transfer, reshape and the rest, each giving a new layout and what undoes it.

`perform` takes an operation as data, in the plane, as it stands in the log of a draft; doing the log again gives the
same layout bit by bit. An edit either holds every invariant of a plan or is refused with the reason and the place:
valid coverage where something changed, no grid without land, too small, too narrow or torn apart, no land lost.

    cutting, healing     geometry on blocks
    workbench            an edit while it is being made
    reshaping            cut, reshape
    relabelling          merge, transfer, push, new_grid, retire, rename, recode, set_kind, describe,
                         move_to_community
    guards, settling     what must hold at the end
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gridmap.errors import BadInput
from gridmap.model.land import GridKind
from gridmap.space.guards import Crossing, Guards, Outline, Outlines
from gridmap.space.rearranging import rearrange
from gridmap.space.refining import refine
from gridmap.space.relabelling import (
    declare_multipart,
    describe,
    merge,
    move_to_community,
    new_grid,
    push,
    recode,
    rename,
    retire,
    set_kind,
    transfer,
)
from gridmap.space.reshaping import cut, reshape
from gridmap.space.settling import Edited

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridmap.space.layout import Layout

__all__ = [
    "OPERATIONS",
    "Crossing",
    "Edited",
    "Guards",
    "Outline",
    "Outlines",
    "cut",
    "declare_multipart",
    "describe",
    "merge",
    "move_to_community",
    "new_grid",
    "perform",
    "push",
    "rearrange",
    "recode",
    "refine",
    "rename",
    "reshape",
    "retire",
    "set_kind",
    "transfer",
]


def perform(layout: Layout, op: Mapping[str, Any], guards: Guards) -> Edited:
    """Do an edit that is given as data.

    Parameters
    ----------
    layout : Layout
    op : mapping
        `op` names the operation, the rest are its arguments (see `OPERATIONS`): grids by id or code, blocks by id,
        lines as lists of [x, y] in metres, `new_ids` for grids that come, a community as {"id", "code"}.
    guards : Guards

    Raises
    ------
    BadInput
        There is no such operation, grid or block, or an argument is missing.
    EditRefused
        See the operation.
    """
    given = _Arguments(op)
    name = given["op"]
    if not isinstance(name, str) or name not in OPERATIONS:
        raise BadInput(f"there is no operation {name!r}; there are {', '.join(OPERATIONS)}", field="op")
    return OPERATIONS[name](layout, given, guards)


class _Arguments(dict[str, Any]):
    """Arguments that say which one is missing."""

    def __missing__(self, field: str) -> Any:
        raise BadInput(f"this edit needs `{field}`", field=field)


def _cut(layout: Layout, op: Mapping[str, Any], guards: Guards) -> Edited:
    named = op.get("grid", op.get("grids"))
    grids = None if named is None else _grids(layout, named if isinstance(named, list | tuple) else [named], "grids")
    return cut(layout, grids, op["line"], guards, _ids(op.get("new_ids", ()), "new_ids"))


def _merge(layout: Layout, op: Mapping[str, Any], guards: Guards) -> Edited:
    return merge(layout, _grids(layout, op["grids"], "grids"), _grid(layout, op["into"]), guards)


def _transfer(layout: Layout, op: Mapping[str, Any], guards: Guards) -> Edited:
    return transfer(layout, _ids(op["blocks"], "blocks"), _grid(layout, op["to_grid"]), guards)


def _reshape(layout: Layout, op: Mapping[str, Any], guards: Guards) -> Edited:
    return reshape(layout, _grid(layout, op["a"]), _grid(layout, op["b"]), op["line"], guards)


def _push(layout: Layout, op: Mapping[str, Any], guards: Guards) -> Edited:
    blocks = None if op.get("blocks") is None else _ids(op["blocks"], "blocks")
    line = op["line"] if blocks is None else None
    return push(layout, _grid(layout, op["to_grid"]), line, blocks, guards)


def _new_grid(layout: Layout, op: Mapping[str, Any], guards: Guards) -> Edited:
    community, fresh = op.get("community"), _ids(op["new_ids"], "new_ids")
    if not fresh:
        raise BadInput("a new grid needs an id (`new_ids`)", field="new_ids")
    return new_grid(
        layout,
        _ids(op["blocks"], "blocks"),
        fresh[0],
        guards,
        name=op.get("name"),
        kind=_kind(op.get("kind", GridKind.GENERAL.value)),
        code=op.get("code"),
        community=None if community is None else _community(community),
        multipart=op.get("multipart", False),
    )


def _rearrange(layout: Layout, op: Mapping[str, Any], guards: Guards) -> Edited:
    given = [_object(share, "shares", "blocks") for share in _listed(op["shares"], "shares")]
    shares = [
        (None if (named := share.get("grid")) is None else _grid(layout, named), _ids(share["blocks"], "blocks"))
        for share in given
    ]
    return rearrange(layout, shares, _ids(op.get("new_ids", ()), "new_ids"), guards)


def _retire(layout: Layout, op: Mapping[str, Any], guards: Guards) -> Edited:
    heir = op.get("to_grid")
    return retire(layout, _grid(layout, op["grid"]), None if heir is None else _grid(layout, heir), guards)


def _move_to_community(layout: Layout, op: Mapping[str, Any], guards: Guards) -> Edited:
    return move_to_community(layout, _grid(layout, op["grid"]), *_community(op["community"]), guards)


OPERATIONS: Mapping[str, Callable[[Layout, Mapping[str, Any], Guards], Edited]] = {
    "cut": _cut,
    "merge": _merge,
    "transfer": _transfer,
    "reshape": _reshape,
    "push": _push,
    "new_grid": _new_grid,
    "rearrange": _rearrange,
    "refine": lambda layout, op, guards: refine(layout, _listed(op["lines"], "lines")),  # noqa: ARG005 -- no border of a grid moves
    "retire": _retire,
    "rename": lambda layout, op, guards: rename(layout, _grid(layout, op["grid"]), op["name"], guards),
    "recode": lambda layout, op, guards: recode(layout, _grid(layout, op["grid"]), op["code"], guards),
    "set_kind": lambda layout, op, guards: set_kind(layout, _grid(layout, op["grid"]), _kind(op["kind"]), guards),
    "describe": lambda layout, op, guards: describe(
        layout, _grid(layout, op["grid"]), op["four_limits"], op.get("source_document"), guards
    ),
    "move_to_community": _move_to_community,
    "declare_multipart": lambda layout, op, guards: declare_multipart(
        layout, _grid(layout, op["grid"]), guards, multipart=op["multipart"]
    ),
}
"""What can be done, by name:

    cut {line, grid or grids or neither, new_ids}    reshape {a, b, line}    push {to_grid, line or blocks}
    merge {grids, into}    transfer {blocks, to_grid}    retire {grid, to_grid}
    new_grid {blocks, new_ids, name, kind, code, community, multipart}
    refine {lines}
    rearrange {shares: [{grid or null for a new one, blocks}], new_ids}
    rename {grid, name}    recode {grid, code}    set_kind {grid, kind}
    describe {grid, four_limits, source_document}
    move_to_community {grid, community}    declare_multipart {grid, multipart}
"""


def _grid(layout: Layout, named: Any) -> UUID:
    if isinstance(named, UUID) and named in layout.grids:
        return named
    for grid, state in layout.grids.items():
        if str(named) in (state.code, str(grid)):
            return grid
    raise BadInput(f"there is no grid {named} in this plan", grid=str(named))


def _grids(layout: Layout, named: Any, field: str) -> list[UUID]:
    return [_grid(layout, each) for each in _listed(named, field)]


def _ids(listed: Any, field: str) -> list[UUID]:
    return [_id(each, field) for each in _listed(listed, field)]


def _listed(value: Any, field: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise BadInput(f"`{field}` has to be a list", field=field)
    return value


def _object(value: Any, field: str, *needed: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or any(name not in value for name in needed):
        raise BadInput(f"`{field}` has to have {' and '.join(needed)}", field=field)
    return value


def _community(value: Any) -> tuple[UUID, str]:
    said = _object(value, "community", "id", "code")
    return _id(said["id"], "community"), str(said["code"])


def _id(value: Any, field: str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError as error:
        raise BadInput(f"{value!r} is no id (`{field}`)", field=field) from error


def _kind(value: Any) -> GridKind:
    try:
        return GridKind(value)
    except ValueError as error:
        raise BadInput(f"a grid is {' or '.join(GridKind)}, not {value!r}", field="kind") from error
