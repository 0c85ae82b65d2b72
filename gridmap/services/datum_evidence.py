"""Is the datum of a file what was declared? Its positions are held against places that are known already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import codes
from gridmap.access import Scope
from gridmap.datum import Datum, diagnose_shift, hypotheses
from gridmap.errors import CoordinatesRefused
from gridmap.model.kinds import Shape, kind_named
from gridmap.services.areas import Areas, areas
from gridmap.services.rows import key_of
from gridmap.storage import registers

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import Geometry

    from gridmap.files import Chunk, Row, Source
    from gridmap.model.kinds import Kind
    from gridmap.storage.database import Transaction

_NAMED_PLACES = ("building", "compound")  # fields that name a stored place, the finer one first
_ENOUGH_PAIRS = 200
_ENOUGH_POINTS = 30
_SURE = 0.97  # share of points inside the right community under the best explanation
_CLEAR = 0.06  # by which every other explanation must be worse


@dataclass
class Suspicion:
    """What has been seen of a file so far; it is judged once, as soon as there is enough."""

    source: Source
    pairs: list[tuple[Geometry, Geometry]] = field(default_factory=list)
    settled: bool = False


def refuse_if_shifted(tx: Transaction, suspicion: Suspicion | None, chunk: Chunk) -> None:
    """Refuse a file whose positions are displaced just as a confusion of datums would displace them.

    Positions are compared with stored ones of the same records, buildings or compounds; where there are none, the
    share of points that fall inside their community is compared under every datum. "Cannot tell" lets a file pass.

    Raises
    ------
    CoordinatesRefused
        Another datum explains the positions; the evidence names it and the metres.
    """
    if suspicion is None or suspicion.settled or suspicion.source.crs is None:
        return
    kind = suspicion.source.kind
    rows = [row for row in chunk.rows if row.geometry is not None]
    if not rows or kind.shape not in {Shape.POINT, Shape.POLYGON}:
        return
    suspicion.pairs += _pairs(tx, kind, rows)
    if suspicion.pairs:
        _judge_pairs(suspicion)
        return
    _judge_inside(suspicion, rows, areas(tx, Scope.everything(tx.actor)))
    suspicion.settled = True


def _pairs(tx: Transaction, kind: Kind, rows: list[Row]) -> list[tuple[Geometry, Geometry]]:
    """Match rows with stored places: the record itself, else the building or compound that it names."""
    everything = Scope.everything(tx.actor)
    if kind.name != "grids":
        stored = registers.existing_by_key(tx, everything, kind, [key_of(kind, dict(row.values)) for row in rows])
        same = [(row, stored.get(key_of(kind, dict(row.values)))) for row in rows]
        found = [(row.geometry, old["geom"]) for row, old in same if old and row.geometry and old.get("geom")]
        if found:
            return found
    for name in _NAMED_PLACES:
        keys = {(str(row.values[name]),) for row in rows if row.values.get(name)}
        if not keys or kind.singular == name:
            continue
        places = registers.existing_by_key(tx, everything, kind_named(name), keys)
        found = [
            (row.geometry, place["geom"])
            for row in rows
            if row.geometry and (place := places.get((str(row.values.get(name)),))) and place.get("geom")
        ]
        if found:
            return found
    return []


def _judge_pairs(suspicion: Suspicion) -> None:
    crs = suspicion.source.crs
    assert crs is not None  # noqa: S101 -- refuse_if_shifted looked
    seen, trusted = (_middles([pair[side] for pair in suspicion.pairs]) for side in (0, 1))
    evidence = diagnose_shift(seen, trusted, crs)
    suspicion.settled = evidence.actual is not None or evidence.pairs >= _ENOUGH_PAIRS
    if evidence.actual in {None, "same"}:
        return
    raise CoordinatesRefused(
        f"{suspicion.source.path.name}: {evidence.summary}; {_remedy(suspicion, evidence.declared, evidence.actual)}",
        declared=evidence.declared,
        actual=evidence.actual,
        pairs=evidence.pairs,
        shift_m=round(evidence.shift_m, 1),
        residual_m=round(evidence.residual_m, 1),
        margin_m=round(evidence.margin_m, 1),
    )


def _judge_inside(suspicion: Suspicion, rows: list[Row], known: Areas) -> None:
    crs = suspicion.source.crs
    assert crs is not None  # noqa: S101 -- refuse_if_shifted looked
    placed = [(row.geometry, outline) for row in rows if (outline := _outline_of(suspicion.source, row, known))]
    if len(placed) < _ENOUGH_POINTS:
        return
    outlines = np.array([outline for _, outline in placed], dtype=object)
    shapely.prepare(outlines)
    shares = {
        datum: float(shapely.intersects_xy(outlines, lonlat[:, 0], lonlat[:, 1]).mean())
        for datum, lonlat in hypotheses(_middles([shape for shape, _ in placed]), crs).items()
    }
    best = max(shares, key=shares.__getitem__)
    rest = max(share for datum, share in shares.items() if datum != best)
    if best == crs.datum.value or shares[best] < _SURE or shares[best] - rest < _CLEAR:
        return
    raise CoordinatesRefused(
        f"{suspicion.source.path.name}: read as {crs.datum.value}, {shares[crs.datum.value]:.0%} of {len(placed)} "
        f"positions lie in their community; as {best}, {shares[best]:.0%}; "
        f"{_remedy(suspicion, crs.datum.value, best)}",
        declared=crs.datum.value,
        actual=best,
        shares={datum: round(share, 4) for datum, share in shares.items()},
    )


def _outline_of(source: Source, row: Row, known: Areas) -> Geometry | None:
    """Find the outline of the community that a row names, or that its grid code belongs to."""
    text = row.values.get("community")
    if source.kind.name == "grids" and row.values.get("code"):
        text = codes.community_of(str(row.values["code"]))
    community = known.find(str(text)) if text else None
    return community.outline if community else None


def _remedy(suspicion: Suspicion, declared: str, actual: str) -> str:
    crs = suspicion.source.crs
    assert crs is not None  # noqa: S101 -- refuse_if_shifted looked
    if declared == crs.datum.value and crs.is_lonlat:
        return f"import it with --crs {actual}, or with --trust-crs if you know better"
    return (
        f"somebody converted it as if it were {declared}: ask for the original, or import with --trust-crs if you "
        f"know better ({', '.join(datum.value for datum in Datum)} are known)"
    )


def _middles(shapes: list[Any]) -> NDArray[np.float64]:
    return shapely.get_coordinates(shapely.centroid(np.array(shapes, dtype=object)))
