"""`/tiles`: the map in pieces, with ids and kinds alone; details of a record come from elsewhere."""

from __future__ import annotations

import gzip
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import Response

from api.deps import CurrentScope, ReadTx, Text  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap.errors import NotFound
from gridmap.services.tiles import KnownStates, layer_named, layer_revision, layer_values
from maps.tiling import MAX_ZOOM, TileIndex, make_index

if TYPE_CHECKING:
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.services.tiles import TileLayer
    from gridmap.storage.database import Transaction

router = APIRouter(tags=["tiles"])

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
_MOST_BYTES = 64 * 2**20
_MOST_INDEXES = 64

_Seen = tuple[str, bool, "frozenset[UUID]"]  # a layer as somebody sees it


@dataclass
class TileCache:
    """Layers in memory, one state of each as each circle of callers sees it, and tiles that were cut lately."""

    known: KnownStates = field(default_factory=KnownStates)
    indexes: OrderedDict[_Seen, tuple[str, TileIndex]] = field(default_factory=OrderedDict)
    tiles: OrderedDict[tuple[str, int, int, int], bytes] = field(default_factory=OrderedDict)
    size: int = 0
    making: dict[_Seen, Lock] = field(default_factory=dict)
    guard: Lock = field(default_factory=Lock)

    def index(self, tx: Transaction, scope: Scope, layer: TileLayer, revision: str) -> TileIndex:
        """Give a layer in memory, read and made ready by one thread alone when it has changed."""
        seen = (layer.name, scope.unlimited, scope.communities)
        with self.guard:
            making = self.making.setdefault(seen, Lock())
        with making:
            made = self.indexes.get(seen)
            if made is None or made[0] != revision:
                made = (revision, make_index(layer_values(tx, scope, layer)))
            with self.guard:
                self.indexes[seen] = made
                self.indexes.move_to_end(seen)
                while len(self.indexes) > _MOST_INDEXES:
                    self.making.pop(self.indexes.popitem(last=False)[0], None)
        return made[1]

    def tile(self, key: tuple[str, int, int, int]) -> bytes | None:
        """Give a tile that is kept, None when it is not."""
        with self.guard:
            if key in self.tiles:
                self.tiles.move_to_end(key)
            return self.tiles.get(key)

    def keep(self, key: tuple[str, int, int, int], tile: bytes) -> None:
        """Keep a tile, and forget those asked for longest ago."""
        with self.guard:
            self.size += len(tile) - len(self.tiles.get(key, b""))
            self.tiles[key] = tile
            while self.size > _MOST_BYTES:
                self.size -= len(self.tiles.popitem(last=False)[1])


def tile_cache(request: Request) -> TileCache:
    """Give the application's cache."""
    cache = request.app.state.tiles
    assert isinstance(cache, TileCache)  # noqa: S101 -- create_app puts it there
    return cache


@router.get(
    "/tiles/{layer}/{z}/{x}/{y}",
    operation_id="get_tile",
    response_class=Response,
    responses=answers(404, 422)
    | {
        200: {"description": "A vector tile of one layer.", "content": {MEDIA_TYPE: {}}},
        204: {"description": "There is nothing in this tile."},
        304: {"description": "The layer is what it was."},
    },
)
def get_tile(
    tx: ReadTx,
    scope: CurrentScope,
    cache: Annotated[TileCache, Depends(tile_cache)],
    layer: Annotated[Text, Path(description="See `gridmap/services/tiles.py` for the layers and what they carry.")],
    z: Annotated[int, Path(description=f"Zoom, 0 to {MAX_ZOOM}.")],
    x: Annotated[int, Path(description="Column, from the west.")],
    y: Annotated[int, Path(description="Row, from the north.")],
    if_none_match: Annotated[str, Header(description="ETag of a tile of this layer that the caller has.")] = "",
    accept_encoding: Annotated[str, Header(description="With gzip the tile comes compressed.")] = "",
) -> Response:
    """Give a Mapbox Vector Tile (2.1, extent 4096, web Mercator) of one layer; the ETag is the layer's revision."""
    wanted = layer_named(layer)
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound(f"there is no tile {z}/{x}/{y}: zooms are 0 to {MAX_ZOOM}, x and y below 2^zoom", tile=[z, x, y])
    revision = layer_revision(tx, scope, wanted, cache.known)
    tag = f'W/"{revision}"'  # weak: the same tile is sent with and without compression
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if _matches(if_none_match, revision):
        return Response(status_code=304, headers=headers)
    key = (revision, z, x, y)
    tile = cache.tile(key)
    if tile is None:
        tile = cache.index(tx, scope, wanted, revision).tile(z, x, y)
        cache.keep(key, tile)
    if not tile:
        return Response(status_code=204, headers=headers)
    headers["X-Content-Type-Options"] = "nosniff"
    if "gzip" in accept_encoding:
        return Response(tile, media_type=MEDIA_TYPE, headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(tile), media_type=MEDIA_TYPE, headers=headers)


def _matches(if_none_match: str, revision: str) -> bool:
    """Compare weakly, as RFC 9110 asks for If-None-Match."""
    tags = [tag.strip() for tag in if_none_match.split(",")]
    return "*" in tags or any(tag.removeprefix("W/") == f'"{revision}"' for tag in tags)
