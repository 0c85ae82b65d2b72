"""The raw side of the demonstration: the files that its offices would deliver, with their datums and mistakes."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import datum
from gridmap.config import data_dir
from gridmap.demo.drawn import digitised, with_faults
from gridmap.demo.mistakes import Row, with_mistakes
from gridmap.files.formats import Format
from gridmap.files.sheets import write_csv, write_xlsx
from gridmap.files.writing import Record, write_features
from gridmap.model.kinds import kind_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gridmap.demo.town import Layer, Truth

MANIFEST, TRUE_GRIDS = "manifest.json", "truth"
_WORDS = {  # what offices write for values that are not text
    ("kind", "general"): "综合网格",
    ("kind", "dedicated"): "专属网格",
    ("subject_kind", "building"): "楼栋",
}


@dataclass(frozen=True)
class Delivery:
    """One file of an office, as it is imported.

    Parameters
    ----------
    kind : str
        Plural name of the kind.
    file : str
        Path below the folder.
    crs : str or None
        To be declared; None for files without coordinates.
    mapping : mapping of str to str
        Field to column, where the column's name alone would not tell.
    expected_refused : int
        Rows with a mistake; all others must be imported.
    note : str
        Who delivers it and in what state, in Chinese.
    repair : mapping of str to float or None
        Snapping distance and gap width (metres) with which the layer has to be repaired before; every proposal of that
        repair may be accepted.
    """

    kind: str
    file: str
    crs: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    expected_refused: int = 0
    note: str = ""
    repair: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Manifest:
    """What was delivered, in the order of import."""

    deliveries: tuple[Delivery, ...]


def definitions() -> list[dict[str, Any]]:
    """Read what is delivered, from `data/demo/deliveries.json`."""
    path = data_dir() / "demo" / "deliveries.json"
    read: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["deliveries"]
    return read


def write_raw(truth: Truth, folder: Path) -> Manifest:
    """Write the files of a demonstration, what they are (`manifest.json`), and the true grids (`truth/`).

    Parameters
    ----------
    truth : Truth
    folder : Path
        Made when it is not there; files of the same names are replaced.
    """
    rng = np.random.default_rng((truth.seed, 1))  # not the generator of the truth: the dirt is apart from it
    deliveries = []
    for definition in _expanded(truth):
        path = folder / str(definition["file"])
        path.parent.mkdir(parents=True, exist_ok=True)
        deliveries.append(_deliver(rng, truth, path, definition))
    manifest = Manifest(tuple(deliveries))
    listed = json.dumps({"deliveries": [asdict(one) for one in deliveries]}, ensure_ascii=False, indent=2)
    (folder / MANIFEST).write_text(listed + "\n", encoding="utf-8")
    _write_true_grids(truth, folder / TRUE_GRIDS)
    return manifest


def _expanded(truth: Truth) -> list[dict[str, Any]]:
    """Give a definition for each file: that of households stands for one per community, by turns."""
    made = []
    communities = truth.layers["communities"].columns
    for definition in definitions():
        if "per_community" not in definition:
            made.append(definition)
            continue
        turns = definition["per_community"]
        for number, (code, name) in enumerate(zip(communities["code"], communities["name"], strict=True)):
            turn = turns[number % len(turns)]
            file = definition["file"].format(community=f"{number + 1:02d} {name}") + turn["suffix"]
            made.append({**turn, "kind": definition["kind"], "file": file, "where": ["community", code]})
    return made


def _deliver(rng: np.random.Generator, truth: Truth, path: Path, definition: Mapping[str, Any]) -> Delivery:
    layer = _chosen(truth.layers[definition["kind"]], definition.get("where"))
    plane = datum.Plane.from_epsg(truth.plane)
    mistakes: Sequence[str] = definition.get("errors", ())
    names = dict(zip(*(truth.layers["communities"].columns[part].tolist() for part in ("code", "name")), strict=True))
    cells = {
        name: _cells(layer.columns[name], name, definition, names)
        for name in definition["columns"].values()
        if name not in {"lon", "lat"}
    }
    if layer.shapes is not None:
        _write_shapes(path, layer, _drawn(rng, layer, definition), cells, definition, plane)
    else:
        if layer.points is not None:
            cells |= dict(zip(("lon", "lat"), _coordinates(layer.points, plane, definition), strict=True))
        rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
        rows = with_mistakes(rng, rows, mistakes, kind_named(layer.kind).key[-1])
        _write_sheet(path, definition, rows)
    return Delivery(
        kind=layer.kind,
        file=str(definition["file"]),
        crs=definition.get("crs"),
        mapping=definition.get("mapping", {}),
        expected_refused=len(mistakes),
        note=definition.get("note", ""),
        repair=definition.get("repair"),
    )


def _chosen(layer: Layer, where: Sequence[str] | None) -> Layer:
    """Take the records whose field has a value."""
    if where is None:
        return layer
    mine = layer.columns[where[0]] == where[1]
    columns = {name: values[mine] for name, values in layer.columns.items()}
    return replace(layer, columns=columns, points=None if layer.points is None else layer.points[mine])


def _cells(values: NDArray[Any], name: str, definition: Mapping[str, Any], communities: Mapping[str, str]) -> list[Any]:
    """Write the values of a field as the office does."""
    if name == "community":
        style = definition.get("community", "name")
        return [None if code is None else _called(code, communities[code], style) for code in values]
    yes, no = definition.get("surveyed", ("是", "否"))
    moment = definition.get("moment", "%Y-%m-%d %H:%M")

    def cell(value: Any) -> Any:
        if isinstance(value, bool):
            return yes if value else no
        if isinstance(value, datetime):
            return value.strftime(moment)
        if isinstance(value, date):
            return value.isoformat()
        return _WORDS.get((name, value), value) if isinstance(value, str) else value

    return [cell(value) for value in values]


def _called(code: str, name: str, style: str) -> str:
    """Call a community as offices do: by its name, its code, without 社区, or with 居委会."""
    return {
        "name": name,
        "code": code,
        "stem": name.removesuffix("社区"),
        "committee": f"{name}居民委员会",
    }[style]


def _coordinates(
    points: NDArray[np.float64], plane: datum.Plane, definition: Mapping[str, Any]
) -> tuple[list[float], list[float]]:
    crs = datum.parse_crs(definition["crs"])
    xy = np.round(datum.from_lonlat(plane.unproject(points), crs), definition["decimals"])
    return xy[:, 0].tolist(), xy[:, 1].tolist()


def _drawn(rng: np.random.Generator, layer: Layer, definition: Mapping[str, Any]) -> NDArray[Any]:
    assert layer.shapes is not None  # noqa: S101 - the caller has looked
    if "noise" not in definition:
        return layer.shapes
    drawn = digitised(rng, layer.shapes, float(definition["noise"]))
    return with_faults(layer.shapes, drawn, layer.columns["kind"]) if definition.get("faults") else drawn


def _write_shapes(
    path: Path,
    layer: Layer,
    shapes: NDArray[Any],
    cells: Mapping[str, list[Any]],
    definition: Mapping[str, Any],
    plane: datum.Plane,
) -> None:
    crs = datum.parse_crs(definition["crs"])
    if crs.epsg != plane.epsg:
        shapes = datum.geometries_from_lonlat(plane.unproject_geometries(shapes), crs)
    labels = list(definition["columns"])
    values = list(zip(*cells.values(), strict=True))
    if path.suffix == ".geojson":
        _write_geojson(path, labels, values, shapes, int(definition["decimals"]))
        return
    form = {".gpkg": Format.GEOPACKAGE, ".shp": Format.SHAPEFILE}[path.suffix]
    kind = kind_named(layer.kind)
    records = [Record(row, shape) for row, shape in zip(values, shapes.tolist(), strict=True)]
    whole = [np.dtype("int64" if kind.field(name).type.value == "integer" else object) for name in cells]
    path.unlink(missing_ok=True)
    write_features(path, form, labels, records, crs, title=kind.chinese, dtypes=whole)


def _write_geojson(
    path: Path, labels: Sequence[str], rows: Sequence[Sequence[Any]], shapes: NDArray[Any], decimals: int
) -> None:
    """Write GeoJSON as web maps do: rounded degrees, and not a word about their datum."""
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, decimals))
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('{"type": "FeatureCollection", "features": [\n')
        for number, (row, shape) in enumerate(zip(rows, rounded.tolist(), strict=True)):
            properties = json.dumps(dict(zip(labels, row, strict=True)), ensure_ascii=False)
            comma = ",\n" if number else ""
            geometry = shapely.to_geojson(shape)
            stream.write(f'{comma}{{"type": "Feature", "properties": {properties}, "geometry": {geometry}}}')
        stream.write("\n]}\n")


def _write_sheet(path: Path, definition: Mapping[str, Any], rows: Sequence[Row]) -> None:
    labels, fields = list(definition["columns"]), list(definition["columns"].values())
    table = ([row[name] for name in fields] for row in rows)
    if path.suffix == ".xlsx":
        write_xlsx(path, labels, table)
    elif "encoding" in definition:
        with path.open("w", encoding=definition["encoding"], newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(labels)
            writer.writerows(table)
    else:
        write_csv(path, labels, table)


def _write_true_grids(truth: Truth, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for layer in truth.layers.values():
        if layer.grid is not None:
            key = kind_named(layer.kind).key[0]
            write_csv(folder / f"{layer.kind}.csv", [key, "grid"], zip(layer.columns[key], layer.grid, strict=True))


@dataclass(frozen=True)
class Recovery:
    """How much of the truth came back: records of the truth, those found, and those found in their true grid."""

    total: int
    found: int
    right: int

    @property
    def share(self) -> float:
        """Share of the truth that was recovered."""
        return self.right / self.total if self.total else 1.0


def recovered(layer: Layer, grids: Mapping[str, str | None]) -> Recovery:
    """Compare assigned grids with the true ones.

    Parameters
    ----------
    layer : Layer
        Of a kind that is assigned.
    grids : mapping of str to str or None
        Key of a record to the code of the grid that it was given; None or "" for nobody's.
    """
    assert layer.grid is not None  # noqa: S101 - of a kind that is assigned
    keys = layer.columns[kind_named(layer.kind).key[0]].tolist()
    found = [key for key in keys if key in grids]
    right = sum((grids.get(key, "?") or "") == true for key, true in zip(keys, layer.grid.tolist(), strict=True))
    return Recovery(len(keys), len(found), right)


def read_true_grids(folder: Path, kind: str) -> Mapping[str, str]:
    """Read the true grid of every record of a kind, from the folder that `write_raw` wrote."""
    with (folder / TRUE_GRIDS / f"{kind}.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        return dict(rows)
