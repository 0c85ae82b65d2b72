"""Building the gazetteer from what the office has imported, and reading it back."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import shapely

from gridmap.address.gazetteer import LEVEL, LEVELS, Nodes
from gridmap.address.index import GazetteerIndex, index_of
from gridmap.datum import Plane
from gridmap.errors import BadInput
from gridmap.services.gazetteer_files import gather_file
from gridmap.services.gazetteer_sources import Gathering, finish, gather_registers
from gridmap.services.learned_names import with_learned
from gridmap.services.plan_land import today
from gridmap.storage import audit
from gridmap.storage import gazetteer as store
from gridmap.storage import land as land_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction
    from gridmap.storage.gazetteer import Stored

FILE, REVIEW = "file:", "review"  # sources that are no register: their nodes stay when the registers are read again
_CHUNK = 20_000

_kept: dict[str, GazetteerIndex] = {}
_guard = Lock()


@dataclass(frozen=True)
class GazetteerReport:
    """What building the gazetteer found.

    Parameters
    ----------
    nodes : int
        Nodes that hold today.
    by_level : dict of str to int
    added, retired, redirected : int
        Compared with the gazetteer before: new paths, paths that nothing names any more, and those of the latter that
        were renamed and lead to their new name.
    tied : int
        House numbers tied to their road by measure and side.
    unplaced : int
        Nodes of which nothing tells the place.
    unread : int
        Addresses of records that lead to no node.
    version : str
        Of the index; equal content has an equal version.
    size : int
        Bytes of the index.
    """

    nodes: int
    by_level: dict[str, int]
    added: int
    retired: int
    redirected: int
    tied: int
    unplaced: int
    unread: int
    version: str
    size: int


def build(
    tx: Transaction,
    scope: Scope,
    files: Sequence[Path] = (),
    *,
    crs: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> GazetteerReport:
    """Build the gazetteer anew from the registers, and from files in the style of OpenStreetMap.

    Ids are made of paths, so what was there keeps its id, and aliases that persons gave stay. What nothing names any
    more ends today; where its record now has another path it leads there, and its old name goes on to be found. Nodes
    of files read earlier and of reviews stay.

    Parameters
    ----------
    files : sequence of Path
        GeoJSON, GeoPackage or Shapefile with `name`, `addr:street` and `addr:housenumber` (or `addr_street` ...).
    crs : str, optional
        Of files that do not state their own.
    progress : callable
        Told what is being read.

    Raises
    ------
    FileRefused, CrsRefused, CoordinatesRefused
        A file cannot be used; nothing was written.
    BadInput
        There is nothing to build from.
    """
    before = store.nodes(tx, scope)
    made = Gathering(_plane(tx, scope, before, files, crs))
    progress("registers")
    gather_registers(tx, scope, made)
    rebuilt = set()
    for path in files:
        progress(path.name)
        rebuilt.add(f"{FILE}{path.name}")
        gather_file(made, path, crs, f"{FILE}{path.name}")
    from_files = list(made.nodes.aliases)
    _keep_earlier(made, before, rebuilt)
    if not len(made.nodes):
        raise BadInput("nothing has been imported yet: import communities, roads, compounds or house numbers first")
    finish(made)
    progress("storing")
    added, retired, redirects = _store(tx, made, before)
    store.add_register_aliases(tx, [(made.nodes.uuid(at), name) for at, name in from_files])
    _name_again(made.nodes, store.aliases(tx, scope), before, redirects)
    progress("index")
    index = index_of(made.nodes, made.plane.epsg or 0)
    content = index.to_bytes()
    store.put_index(tx, index.version, content)
    audit.record(tx, "build", "gazetteer", count=len(index), detail={"version": index.version, "added": added})
    counts = np.bincount(index.columns["level"], minlength=len(LEVELS))
    return GazetteerReport(
        nodes=len(index),
        by_level={name: int(number) for name, number in zip(LEVELS, counts, strict=True) if number},
        added=added,
        retired=retired,
        redirected=len(redirects),
        tied=int((~np.isnan(index.columns["measure"])).sum()),
        unplaced=int(np.isnan(index.columns["x"]).sum()),
        unread=made.unread,
        version=index.version,
        size=len(content),
    )


def current_index(tx: Transaction, scope: Scope) -> GazetteerIndex:
    """Return the index of the gazetteer with the names that persons taught since it was built.

    Raises
    ------
    NoGazetteer
        None was built yet.
    """
    return with_learned(tx, scope, _built_index(tx, scope))


def _built_index(tx: Transaction, scope: Scope) -> GazetteerIndex:
    """Return the index as it was built, from memory when it is the same still."""
    version = store.index_version(tx, scope)
    with _guard:
        if version in _kept:
            return _kept[version]
    index = GazetteerIndex.from_bytes(store.read_index(tx, scope))
    with _guard:
        _kept.clear()  # one is enough: a database has one
        _kept[version] = index
    return index


def plane_of(index: GazetteerIndex) -> Plane:
    """Return the plane of an index's coordinates."""
    return Plane.from_epsg(index.plane)


def _plane(tx: Transaction, scope: Scope, before: Sequence[Stored], files: Sequence[Path], crs: str | None) -> Plane:
    """Return the plane of the sub-district; without one, of the first file or of the nodes there are."""
    subdistricts = land_store.subdistricts(tx, scope)
    if subdistricts:
        return Plane.from_epsg(subdistricts[0].plane)
    if files:
        from gridmap.services.gazetteer_files import plane_of_file  # noqa: PLC0415 -- GDAL takes 0.4 s

        return plane_of_file(files[0], crs)
    lon = next((node.lon for node in before if node.lon is not None), None)
    if lon is None:
        raise BadInput("there is no sub-district and no file: import communities first, or name a file")
    return Plane.at(lon)


def _keep_earlier(made: Gathering, before: Sequence[Stored], rebuilt: set[str]) -> None:
    """Add again what earlier files and reviews brought, where its parent is there still."""
    kept = [
        node
        for node in before
        if node.valid_to is None
        and (node.source == REVIEW or (node.source.startswith(FILE) and node.source not in rebuilt))
    ]
    if not kept:
        return
    nodes, at_id = made.nodes, {identity: at for at, identity in enumerate(made.nodes.ids)}
    shapes = made.plane.project_geometries(
        np.array([shapely.from_wkb(node.shape) if node.shape else None for node in kept], dtype=object)
    )
    for shape, node in sorted(zip(shapes, kept, strict=True), key=lambda pair: LEVELS.index(pair[1].level)):
        parent = -1 if node.parent_id is None else at_id.get(node.parent_id.bytes, -2)
        if parent == -2:
            continue
        xy = None
        if node.lon is not None and node.lat is not None:
            x, y = made.plane.project(np.array([[node.lon, node.lat]]))[0].tolist()
            xy = x, y
        at = nodes.add(
            node.level,  # type: ignore[arg-type]
            node.name,
            node.key,
            parent,
            xy=xy,
            radius=node.radius,
            source=node.source,
            origin=node.origin,
            site=-1 if node.site_id is None else at_id.get(node.site_id.bytes, -1),
        )
        at_id[nodes.ids[at]] = at
        if shape is not None:
            nodes.shapes.setdefault(at, shape)


def _store(tx: Transaction, made: Gathering, before: Sequence[Stored]) -> tuple[int, int, dict[UUID, UUID]]:
    """Write nodes; return how many are new, how many ended, and which lead to which."""
    nodes, day = made.nodes, today(tx)
    known = {node.id: node for node in before}
    order = sorted(range(len(nodes)), key=lambda at: nodes.level[at])
    lonlat = _lonlat(made)
    shapes = _shapes(made)
    for start in range(0, len(order), _CHUNK):
        chunk = order[start : start + _CHUNK]
        store.put_nodes(tx, [_row(nodes, at, lonlat, shapes, known, day) for at in chunk])
    ids = {UUID(bytes=identity) for identity in nodes.ids}
    by_record: dict[tuple[str, str, str], UUID] = {
        (nodes.sources[at], LEVELS[nodes.level[at]], nodes.origins[at]): nodes.uuid(at)
        for at in range(len(nodes))
        if nodes.origins[at]
    }
    ended, redirects = [], {}
    for node in before:
        if node.id in ids or node.valid_to is not None:
            continue
        goes_to = by_record.get((node.source, node.level, node.origin)) if node.origin else None
        if goes_to:
            redirects[node.id] = goes_to
        ended.append({"id": node.id, "valid_to": max(day, node.valid_from), "redirect_id": goes_to})
    store.retire(tx, ended)
    return len(ids - set(known)), len(ended), redirects


def _row(
    nodes: Nodes, at: int, lonlat: list[Any], shapes: dict[int, bytes], known: dict[UUID, Stored], day: date
) -> dict[str, Any]:
    identity = nodes.uuid(at)
    earlier = known.get(identity)
    lon, lat = lonlat[at]
    placed = lon == lon  # noqa: PLR0124 -- NaN
    return {
        "id": identity,
        "parent_id": nodes.uuid(nodes.parent[at]) if nodes.parent[at] >= 0 else None,
        "level": LEVELS[nodes.level[at]],
        "name": nodes.names[at],
        "key": nodes.keys[at],
        "lon": lon if placed else None,
        "lat": lat if placed else None,
        "radius": round(float(nodes.radius[at]), 3),
        "shape": shapes.get(at),
        "site_id": nodes.uuid(nodes.site[at]) if nodes.site[at] >= 0 else None,
        "source": nodes.sources[at],
        "origin": nodes.origins[at],
        "valid_from": earlier.valid_from if earlier and earlier.valid_to is None else day,
        "valid_to": None,
        "redirect_id": None,
    }


def _lonlat(made: Gathering) -> list[Any]:
    xy = np.array([made.nodes.x, made.nodes.y]).T
    lonlat = np.full_like(xy, np.nan)
    placed = ~np.isnan(xy[:, 0])
    if placed.any():
        lonlat[placed] = made.plane.unproject(xy[placed])
    listed: list[Any] = lonlat.tolist()
    return listed


def _shapes(made: Gathering) -> dict[int, bytes]:
    if not made.nodes.shapes:
        return {}
    at = list(made.nodes.shapes)
    shapes = made.plane.unproject_geometries(np.array([made.nodes.shapes[each] for each in at], dtype=object))
    return dict(zip(at, shapely.to_wkb(shapes).tolist(), strict=True))


def _name_again(
    nodes: Nodes, given: Sequence[tuple[UUID, str]], before: Sequence[Stored], redirects: dict[UUID, UUID]
) -> None:
    """Add the names that persons gave, and those that renamed nodes had."""
    at_id = {identity: at for at, identity in enumerate(nodes.ids)}
    leads_to = {node.id: node.redirect_id for node in before if node.redirect_id} | redirects

    def holder(identity: UUID) -> int:
        for _ in range(20):  # renamed again and again
            if identity.bytes in at_id:
                return at_id[identity.bytes]
            if identity not in leads_to:
                break
            identity = leads_to[identity]
        return -1

    names = [*given, *((node.id, node.name) for node in before if node.id in leads_to)]
    for identity, name in names:
        at = holder(identity)
        if at >= 0 and name != nodes.names[at] and nodes.level[at] in _BY_NAME:
            nodes.aliases.append((at, name))


_BY_NAME = frozenset(LEVEL[level] for level in ("community", "road", "compound", "poi"))
