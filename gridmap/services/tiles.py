"""What vector tiles are made of: the layers of the map, their values and their revisions.

`TILE_LAYERS` is the list of layers in the order of drawing. A tile carries ids and kinds, and what drawing needs
besides: names of places and the class of a road. Nothing personal is among the values: details of a record come from
an endpoint that asks who is asking.

========================================  ==============================================================
layer                                     properties of a feature
========================================  ==============================================================
waters                                    id, name, kind
compounds                                 id, name
buildings                                 id
roads                                     id, name, level
railways                                  id, name
communities                               id, code, name
grids                                     id, code, kind, short; colour is added by `maps.tiling`
community_labels, compound_labels         id, name, radius (metres of the widest circle that fits)
grid_labels                               id, name, short, radius
households, shops, organisations,         from zoom 16 id and kind (singular name);
social_organisations,                     below that, and where a tile would be too full, kind and count
party_organisations, key_places,          of a cell
incidents (the open ones)
========================================  ==============================================================

Empty names are left out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from gridmap import __version__
from gridmap.access import Scope
from gridmap.codes import sequence_of
from gridmap.errors import NoPlan, NotFound
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import ASSIGNED_KINDS, kind_named
from gridmap.services.plan_land import plans_in_force, today
from gridmap.storage import land, registers
from gridmap.storage.layers import KnownStates, kind_states

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.model.land import Grid
    from gridmap.storage.database import Transaction

__all__ = [
    "TILE_LAYERS",
    "KnownStates",  # who asks for revisions keeps one
    "LayerValues",
    "TileLayer",
    "layer_named",
    "layer_revision",
    "layer_values",
]

Drawn = Literal["area", "line", "any", "points", "labels"]


@dataclass(frozen=True)
class TileLayer:
    """A layer of the map.

    Parameters
    ----------
    name : str
        As in the address of a tile.
    drawn : str
        "area", "line", "any" (either), "points" (records, counted where there are many) or "labels" (one place in
        each area of `labels_of`).
    min_zoom : int
        Below that its tiles are empty.
    properties : tuple of str
        What a feature may carry.
    labels_of : str
        For labels, the layer that they name.
    """

    name: str
    drawn: Drawn
    min_zoom: int
    properties: tuple[str, ...]
    labels_of: str = ""


TILE_LAYERS: tuple[TileLayer, ...] = (
    TileLayer("waters", "any", 0, ("id", "name", "kind")),
    TileLayer("compounds", "area", 13, ("id", "name")),
    TileLayer("buildings", "area", 15, ("id",)),
    TileLayer("roads", "line", 10, ("id", "name", "level")),
    TileLayer("railways", "line", 10, ("id", "name")),
    TileLayer("communities", "area", 0, ("id", "code", "name")),
    TileLayer("grids", "area", 11, ("id", "code", "kind", "short", "colour")),
    TileLayer("community_labels", "labels", 0, ("id", "name", "radius"), "communities"),
    TileLayer("grid_labels", "labels", 11, ("id", "name", "short", "radius"), "grids"),
    TileLayer("compound_labels", "labels", 15, ("id", "name", "radius"), "compounds"),
    *(TileLayer(kind.name, "points", 0, ("id", "kind", "count")) for kind in ASSIGNED_KINDS),
)
_BY_NAME = {layer.name: layer for layer in TILE_LAYERS}


@dataclass(frozen=True, eq=False)
class LayerValues:
    """The visible records of a layer.

    Parameters
    ----------
    ids : list of UUID
    shapes : NDArray of Geometry, shape (N,)
        Lon/lat EPSG:4490; empty where the layer is drawn as points.
    lonlat : NDArray of float64, shape (N, 2)
        EPSG:4490, of points; empty for the others.
    properties : mapping of str to sequence
        N texts under each name.
    """

    layer: TileLayer
    ids: list[UUID]
    shapes: NDArray[np.object_]
    lonlat: NDArray[np.float64]
    properties: Mapping[str, Sequence[str]]


def layer_named(name: str) -> TileLayer:
    """Find a layer by name.

    Raises
    ------
    NotFound
        There is none; the message lists them.
    """
    if name not in _BY_NAME:
        raise NotFound(f"there is no map layer {name!r}; the layers are: {', '.join(_BY_NAME)}", layer=name)
    return _BY_NAME[name]


def layer_revision(tx: Transaction, scope: Scope, layer: TileLayer, known: KnownStates) -> str:
    """Return what changes whenever the tiles of a layer, as this caller sees them, may have changed.

    It is made of what the audit says about the kinds that the layer shows, about plans (an assignment moves records
    between communities, and so between scopes), the caller's communities and this program's version. Layers drawn
    from the plan in force also change with the day, since a plan takes effect by date.

    Parameters
    ----------
    known : KnownStates
        Kept by the caller for one database, and brought up to date here.
    """
    states = kind_states(tx, Scope.everything(tx.actor), known)  # others write too; only that they did is told
    shown = layer.labels_of or layer.name
    by_plan = shown in {"communities", "grids"}
    kinds = ("plan", "grid", "community", "subdistrict") if by_plan else ("plan", kind_named(shown).singular)
    parts = [__version__, layer.name, *(states.get(kind, "") for kind in kinds)]
    parts += ["everything"] if scope.unlimited else [str(each) for each in sorted(scope.communities)]
    parts += [str(today(tx))] if by_plan else []
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def layer_values(tx: Transaction, scope: Scope, layer: TileLayer) -> LayerValues:
    """Read the visible records of a layer, by the plan in force now; none before there is a plan."""
    if layer.drawn == "points":
        return _points(tx, scope, layer)
    shown = layer.labels_of or layer.name
    if shown == "grids":
        return _grids(tx, scope, layer)
    if shown == "communities":
        return _communities(tx, scope, layer)
    stored = [name for name in layer.properties if name != "radius"]
    rows = [
        row
        for chunk in registers.read_chunks(tx, scope, kind_named(shown), columns=[*stored, "geom"])
        for row in chunk
        if row["geom"] is not None
    ]
    properties = {name: [row[name] or "" for row in rows] for name in stored if name != "id"}
    return _areal(layer, [row["id"] for row in rows], [row["geom"] for row in rows], properties)


def _areal(
    layer: TileLayer, ids: list[UUID], shapes: Sequence[Any], properties: Mapping[str, Sequence[str]]
) -> LayerValues:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return LayerValues(layer, ids, array, np.empty((0, 2)), properties)


def _points(tx: Transaction, scope: Scope, layer: TileLayer) -> LayerValues:
    kind = kind_named(layer.name)
    points = registers.points(tx, scope, kind, columns=["state"] if kind.name == "incidents" else [])
    shown = np.isfinite(points.lonlat).all(axis=1)
    if kind.name == "incidents":
        shown &= np.array([state not in CLOSED_STATES for state in points.columns["state"]], dtype=bool)
    rows = np.flatnonzero(shown)
    ids = [points.ids[row] for row in rows]
    return LayerValues(layer, ids, np.empty(0, dtype=object), points.lonlat[rows], {"kind": [kind.singular] * len(ids)})


def _visible_grids(tx: Transaction, scope: Scope) -> list[Grid]:
    try:
        found = plans_in_force(tx)
    except NoPlan:
        return []
    grids = [grid for each in found for grid in each.grids.values()]
    return [grid for grid in grids if scope.unlimited or grid.community_id in scope.communities]


def _grids(tx: Transaction, scope: Scope, layer: TileLayer) -> LayerValues:
    grids = _visible_grids(tx, scope)
    properties = {
        "code": [grid.code for grid in grids],
        "name": [grid.name for grid in grids],
        "kind": [grid.kind.value for grid in grids],
        "short": [f"{sequence_of(grid.code):02d}" for grid in grids],
    }
    carried = {name: values for name, values in properties.items() if name in layer.properties}
    return _areal(layer, [grid.id for grid in grids], [grid.shape for grid in grids], carried)


def _communities(tx: Transaction, scope: Scope, layer: TileLayer) -> LayerValues:
    """Take communities as the dissolve of their grids, by their outline while they have none."""
    parts: dict[UUID, list[Any]] = {}
    for grid in _visible_grids(tx, scope):
        parts.setdefault(grid.community_id, []).append(grid.shape)
    rows = []
    for community in land.communities(tx, scope):
        grids = parts.get(community.id)
        shape = shapely.coverage_union_all(np.array(grids, dtype=object)) if grids else community.outline
        if shape is not None:
            rows.append((community, shape))
    properties = {
        "code": [community.code for community, _ in rows],
        "name": [community.name for community, _ in rows],
    }
    carried = {name: values for name, values in properties.items() if name in layer.properties}
    return _areal(layer, [community.id for community, _ in rows], [shape for _, shape in rows], carried)
