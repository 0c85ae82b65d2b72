"""Our vector tiles beside PostGIS's ST_AsMVT: the same layers of the demonstration, doubled, the same tiles.

    python benchmarks/tiles_postgis.py [--demo gridmap-demo/gridmap.db] [--share 0.05]

PostGIS gets the best that it can have: a server of its own on a local socket, geometries already in web Mercator and
thinned out for the zoom as ours are, a spatial index, statistics, one prepared statement on an open connection. Ours
is the index that the server keeps in memory. Both sides end with a tile compressed with gzip. "equal" is the share of
tiles whose decoded features are the same, each by id with the same coordinates (areas: the same area, to the order of
their vertices). Milliseconds are the better of three.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import shapely
from imports import fresh_postgis
from tiles import demonstration, double, tiles_of_the_land

from gridmap.access import Scope
from gridmap.services.tiles import layer_named, layer_values
from gridmap.storage.database import Database
from maps.tiling import MARGIN, make_index, to_world

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from mvt_reading import read_tile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gridmap.services.tiles import LayerValues
    from maps.tiling import TileIndex

SIDE = 2 * 20037508.342789244  # metres of web Mercator
LAYERS = ("buildings", "compounds", "roads", "grids", "households", "shops")
CELLS = 32
TILE = """
WITH tile AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box,
  ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => %(margin)s) AS wide)
SELECT ST_AsMVT(row, %(layer)s, 4096, 'geom') FROM (
"""
AREA = f"""{TILE}
  SELECT id, ST_AsMVTGeom(CASE WHEN %(z)s >= 17 THEN geom ELSE ST_Simplify(geom, %(least)s, true) END,
    box, 4096, %(units)s, true) AS geom
  FROM tile, shape WHERE layer = %(layer)s AND geom && wide ORDER BY size DESC LIMIT 5000
) AS row WHERE geom IS NOT NULL"""
POINT = f"""{TILE}
  SELECT id, ST_AsMVTGeom(geom, box, 4096, %(units)s, true) AS geom
  FROM tile, shape WHERE layer = %(layer)s AND geom && wide
) AS row WHERE geom IS NOT NULL"""
CELL = f"""{TILE}
  SELECT count(*) AS count, ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(avg(ST_X(geom)), avg(ST_Y(geom))), 3857),
    box, 4096, 0, true) AS geom
  FROM tile, shape WHERE layer = %(layer)s AND geom && box
  GROUP BY box, floor((ST_X(geom) - ST_XMin(box)) / %(cell)s), floor((ST_Y(geom) - ST_YMin(box)) / %(cell)s)
) AS row WHERE geom IS NOT NULL"""

Tile = tuple[str, int, int, int]


def mercator(values: LayerValues) -> NDArray[np.object_]:
    """Give a layer's shapes in metres of web Mercator."""
    shapes = shapely.points(values.lonlat) if values.layer.drawn == "points" else values.shapes

    def metres(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return (to_world(lonlat) - 0.5) * (SIDE, -SIDE)

    return np.asarray(shapely.set_srid(shapely.transform(shapes, metres), 3857), dtype=object)


def fill(connection: psycopg.Connection[Any], layers: dict[str, LayerValues]) -> None:
    connection.execute("CREATE TABLE shape (layer text, id text, size float, geom geometry(Geometry, 3857))")
    with connection.cursor().copy("COPY shape FROM STDIN") as copy:
        for name, values in layers.items():
            shapes = mercator(values)
            sizes = np.sqrt(shapely.area(shapes)) + shapely.length(shapes) * (shapely.get_dimensions(shapes) == 1)
            written = shapely.to_wkb(shapes, hex=True, include_srid=True)
            for key, size, wkb in zip(values.ids, sizes, written, strict=True):
                copy.write_row((name, str(key), float(size), wkb))
    connection.execute("CREATE INDEX ON shape USING gist (geom)")
    connection.execute("CREATE INDEX ON shape (layer)")
    connection.execute("ANALYZE shape")


def asked(connection: psycopg.Connection[Any], layer: str, z: int, x: int, y: int) -> bytes:
    points = layer_named(layer).drawn == "points"
    query = (CELL if z < 16 else POINT) if points else AREA
    side = SIDE / 2**z
    given = {
        "layer": layer,
        "z": z,
        "x": x,
        "y": y,
        "margin": MARGIN / 4096,
        "units": MARGIN,
        "least": side / 512,
        "cell": side / CELLS,
    }
    row = connection.execute(query, given, prepare=True).fetchone()
    assert row is not None
    return gzip.compress(row[0], 5, mtime=0) if row[0] else b""


def best(work: Callable[[], bytes]) -> tuple[float, bytes]:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        tile = work()
        times.append((time.perf_counter() - start) * 1e3)
    return min(times), tile


def content(tile: bytes) -> list[tuple[str, str]]:
    """Decode a tile into what its features are, in an order of their own."""
    if not tile:
        return []
    _, features, shapes = read_tile(gzip.decompress(tile))
    what = [str(feature.get("id") or feature.get("count")) for feature in features]
    return sorted(zip(what, shapely.to_wkt(shapely.normalize(shapes)), strict=True))


def compared(
    connection: psycopg.Connection[Any], index: TileIndex, name: str, tiles: Sequence[tuple[int, int, int]]
) -> str:
    ours, theirs, equal, heaviest = [], [], 0, [0, 0]
    for z, x, y in tiles:
        took, mine = best(lambda z=z, x=x, y=y: index.tile(z, x, y))  # type: ignore[misc]
        ours.append(took)
        took, other = best(lambda z=z, x=x, y=y: asked(connection, name, z, x, y))  # type: ignore[misc]
        theirs.append(took)
        equal += content(mine) == content(other)
        heaviest = [max(heaviest[0], len(mine)), max(heaviest[1], len(other))]
    times = [f"{np.median(each):.1f} | {np.percentile(each, 99):.1f}" for each in (ours, theirs)]
    ratio = np.median(np.array(theirs) / np.array(ours))
    weights = " | ".join(f"{each:,}" for each in heaviest)
    return f"{len(tiles)} | {times[0]} | {times[1]} | {ratio:.1f} | {equal / len(tiles):.0%} | {weights} |"


def prepared(demo: Path | None, folder: Path, share: float) -> tuple[dict[str, LayerValues], list[Tile]]:
    rng = np.random.default_rng(1)
    with closing(Database.open(str(demonstration(demo, folder)))) as database:
        with database.transaction("benchmark", write=True) as tx:
            double(tx, rng)
        with database.transaction("benchmark") as tx:
            layers = {name: layer_values(tx, Scope.everything(), layer_named(name)) for name in LAYERS}
        return layers, tiles_of_the_land(database, rng, share)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", type=Path, help="database of a full demonstration; made when absent")
    parser.add_argument("--share", type=float, default=0.05, help="of the tiles from zoom 17")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, fresh_postgis() as url:
        layers, wanted = prepared(options.demo, Path(name), options.share)
        with psycopg.connect(url, autocommit=True) as connection:
            fill(connection, layers)
            print("| layer | zooms | tiles | ours ms p50 | p99 | ST_AsMVT ms p50 | p99 | times | equal | bytes | its |")
            print("| --- " * 11 + "|")
            for layer, values in layers.items():
                index = make_index(values)
                for title, zooms in (("10–15", range(10, 16)), ("16–18", range(16, 19))):
                    tiles = [(z, x, y) for each, z, x, y in wanted if each == layer and z in zooms]
                    if title == "10–15":
                        tiles = [tile for tile in tiles if tile[0] >= values.layer.min_zoom]
                    print(f"| {layer} | {title} | {compared(connection, index, layer, tiles)}", flush=True)


if __name__ == "__main__":
    main()
