"""Rebalance and proposal: laws on drawn and random land, and the promises that no search may break."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import BadInput
from gridmap.space.balance import Band, BlockGraph, Weights, rebalance, rebalance_around
from gridmap.space.block_graph import connected
from gridmap.space.partition import propose

FEW = settings(max_examples=60, deadline=None)


def squares(rows: int, columns: int, size: float = 100.0) -> np.ndarray[Any, Any]:
    y, x = np.divmod(np.arange(rows * columns), columns)
    return np.asarray(shapely.box(x * size, y * size, (x + 1) * size, (y + 1) * size))


def pieces(graph: BlockGraph, owner: np.ndarray[Any, Any], open_pairs: np.ndarray[Any, Any]) -> dict[int, int]:
    """How many pieces each grid has over some common borders; counted anew, by a way that the search does not know."""
    same = owner[graph.pairs[:, 0]] == owner[graph.pairs[:, 1]]
    part = connected(len(graph), graph.pairs[same & open_pairs])
    return {grid: len(set(part[owner == grid].tolist())) for grid in np.unique(owner).tolist()}


@st.composite
def towns(draw: st.DrawFn) -> dict[str, Any]:
    """Squares with households, grids grown from seeds, barriers, compounds, locks."""
    rows, columns = draw(st.integers(2, 7)), draw(st.integers(2, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    graph = BlockGraph.of(squares(rows, columns))
    count = len(graph)
    grids = draw(st.integers(1, min(6, count)))
    seeds = rng.permutation(count)[:grids]
    owner = np.full(count, -1)
    owner[seeds] = np.arange(grids)
    while (owner < 0).any():
        first, second = graph.pairs[rng.integers(len(graph.pairs))]
        if owner[first] < 0 <= owner[second]:
            owner[first] = owner[second]
        elif owner[second] < 0 <= owner[first]:
            owner[second] = owner[first]
    graph = graph.with_barriers(rng.random(len(graph.pairs)) < draw(st.sampled_from([0.0, 0.2])))
    together = np.where(rng.random(count) < draw(st.sampled_from([0.0, 0.4])), rng.integers(0, 3, count), -1)
    return {
        "graph": graph,
        "owner": owner,
        "households": rng.integers(0, 40, count),
        "base": rng.integers(0, 10, grids),
        "locked": rng.random(grids) < draw(st.sampled_from([0.0, 0.3])),
        "together": together,
    }


def in_band(town: dict[str, Any], tolerance: float) -> Band:
    grids = len(town["base"])
    return Band.around((town["households"].sum() + town["base"].sum()) / grids, tolerance, grids)


@FEW
@given(towns(), st.sampled_from([0.05, 0.2, 0.5]), st.integers(0, 3))
def test_what_a_rebalance_promises(town: dict[str, Any], tolerance: float, seed: int) -> None:
    graph, owner, households = town["graph"], town["owner"], town["households"]
    band = in_band(town, tolerance)
    found = rebalance(graph, owner, households, band, **rest(town), seed=seed, steps=1500, runs=2)
    new = found.owner
    groups, (first, second) = town["together"], graph.pairs.T
    mates = (groups[first] >= 0) & (groups[first] == groups[second]) & (owner[first] == owner[second])
    # no grid is lost, none falls into more pieces, with or without its joints across barriers; a compound is a joint
    for open_pairs in (mates | ~graph.barrier, np.ones_like(graph.barrier)):
        before, after = pieces(graph, owner, open_pairs), pieces(graph, new, open_pairs)
        assert after.keys() == before.keys()
        assert all(after[grid] <= before[grid] for grid in after)
    changed = np.flatnonzero(new != owner)
    assert not town["locked"][owner[changed]].any()
    assert not town["locked"][new[changed]].any()
    # compounds: neighbours of one number and one grid today have one grid after
    assert (new[first][mates] == new[second][mates]).all()
    # the figures are those of the labels
    loads = town["base"] + np.bincount(new, households, len(band.low))
    assert found.after == pytest.approx(loads)
    assert found.before == pytest.approx(town["base"] + np.bincount(owner, households, len(band.low)))
    assert found.moved == households[changed].sum()
    outside = (band.missed(loads) > 0) & ~town["locked"]
    assert found.outside == tuple(np.flatnonzero(outside))
    assert found.border_after == pytest.approx(graph.metres[new[first] != new[second]].sum())
    # and the moves give the labels
    replayed = owner.copy()
    for blocks, to in found.moves:
        assert (replayed[list(blocks)] != to).all()
        replayed[list(blocks)] = to
    assert (replayed == new).all()


@FEW
@given(towns(), st.integers(0, 3))
def test_a_rebalance_is_never_farther_from_the_tolerance_than_today(town: dict[str, Any], seed: int) -> None:
    band = in_band(town, 0.1)
    found = rebalance(
        town["graph"], town["owner"], town["households"], band, **rest(town), seed=seed, steps=1500, runs=1
    )
    free = ~town["locked"]
    assert band.missed(found.after)[free].sum() <= band.missed(found.before)[free].sum() + 1e-6
    again = rebalance(
        town["graph"], town["owner"], town["households"], band, **rest(town), seed=seed, steps=1500, runs=1
    )
    assert (again.owner == found.owner).all()


@FEW
@given(towns())
def test_balanced_grids_are_left_alone(town: dict[str, Any]) -> None:
    grids = len(town["base"])
    band = Band(np.zeros(grids), np.full(grids, 1e6))
    still = Weights(moved=3.0, border=0.0)
    found = rebalance(
        town["graph"], town["owner"], town["households"] + 1, band, **rest(town), weights=still, steps=800
    )
    assert found.moved == 0
    assert found.moves == ()


@FEW
@given(towns())
def test_compactness_never_falls_below_its_floor(town: dict[str, Any]) -> None:
    found = rebalance(
        town["graph"],
        town["owner"],
        town["households"],
        in_band(town, 0.1),
        **rest(town),
        floor=0.5,
        steps=1500,
        runs=1,
    )
    shapes = [shapely.union_all(squares_of(town, found.owner == grid)) for grid in range(len(town["base"]))]
    now = np.array([4 * np.pi * shape.area / shape.length**2 for shape in shapes])
    assert found.compactness_after == pytest.approx(now)
    assert (now >= np.minimum(0.5, found.compactness_before) - 1e-9).all()


def squares_of(town: dict[str, Any], wanted: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    graph = town["graph"]
    columns = next(c for c in range(2, 8) if len(graph) % c == 0 and (graph.pairs[:, 1] - graph.pairs[:, 0]).max() == c)
    return squares(len(graph) // columns, columns)[wanted]


def rest(town: dict[str, Any]) -> dict[str, Any]:
    return {name: town[name] for name in ("base", "locked", "together")}


def drawn(art: str) -> tuple[BlockGraph, dict[str, int]]:
    shapes = polygons(art)
    return BlockGraph.of(np.array(list(shapes.values()), dtype=object)), {name: i for i, name in enumerate(shapes)}


def test_the_graph_of_a_drawing() -> None:
    graph, number = drawn("""
        AABB
        AACC
    """)
    assert graph.pairs.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert graph.metres.tolist() == [10, 10, 20]
    assert graph.share_along([shapely.LineString([(20, -5), (20, 8)])], 1.0).tolist() == [0, 0, 0]
    assert graph.share_along([shapely.LineString([(20, -5), (20, 10)])], 1.0).tolist() == [0, 1, 0]
    contracted, node = graph.contract(np.array([-1, 7, 7]))
    assert node.tolist() == [0, 1, 1]
    assert contracted.metres.tolist() == [20]
    assert contracted.perimeter[node[number["B"]]] == pytest.approx(80)


def test_one_block_moves_when_one_is_enough() -> None:
    """A holds 300 and B 100: of the blocks of 100, only c can go to B without cutting A in two."""
    graph, number = drawn("""
        abcd
    """)
    owner = np.array([0, 0, 0, 1])
    found = rebalance(graph, owner, np.full(4, 100), Band.around(200, 0.1, 2), steps=2000, runs=1)
    assert found.moves == (((number["c"],), 1),)
    assert found.reached
    assert (found.moved, found.total) == (100, 400)


def test_nothing_goes_over_a_river() -> None:
    graph, _ = drawn("""
        abcd
    """)
    river = graph.share_along([shapely.LineString([(30, -100), (30, 100)])], 1.0) > 0.5
    found = rebalance(
        graph.with_barriers(river), np.array([0, 0, 0, 1]), np.full(4, 100), Band.around(200, 0.1, 2), steps=2000
    )
    assert found.moves == ()
    assert found.outside == (0, 1)
    assert "the 1 grids that can exchange blocks have 300 households together" in found.reasons[0]


def test_what_cannot_be_reached_is_said_with_its_reason() -> None:
    graph, _ = drawn("""
        abcd
    """)
    tower = rebalance(graph, np.array([0, 0, 1, 1]), np.array([500, 50, 50, 0]), Band.around(300, 0.1, 2), steps=2000)
    assert tower.outside == (0, 1)
    assert "500 households: cut it first" in tower.reasons[0]
    listed = rebalance(
        graph, np.array([0, 0, 1, 1]), np.full(4, 10), Band.around(220, 0.1, 2), base=np.array([400, 0]), steps=2000
    )
    assert "400 households are assigned to it by persons or lists" in listed.reasons[0]


def test_values_that_do_not_fit_are_refused() -> None:
    graph, _ = drawn("ab")
    band = Band.around(100, 0.1, 2)
    with pytest.raises(BadInput, match="3 labels"):
        rebalance(graph, np.array([0, 1, 1]), np.array([1, 1]), band)
    with pytest.raises(BadInput, match="grid 1 has no block"):
        rebalance(graph, np.array([0, 0]), np.array([1, 1]), band)
    with pytest.raises(BadInput, match="none of the 2"):
        rebalance(graph, np.array([0, 2]), np.array([1, 1]), band)
    with pytest.raises(BadInput, match="tolerance lies between"):
        rebalance(graph, np.array([0, 1]), np.array([1, 1]), Band.around(100, 1.1, 2))
    with pytest.raises(BadInput, match="groups"):
        graph.contract(np.array([1]))


def test_a_bad_grid_is_mended_with_its_neighbours_alone() -> None:
    """Nine grids of 16 blocks; the one in the corner has too many households."""
    graph = BlockGraph.of(squares(12, 12))
    y, x = np.divmod(np.arange(144), 12)
    owner = y // 4 * 3 + x // 4
    households = np.where(owner == 0, 30, 20)
    found = rebalance_around(graph, owner, households, Band.around(340, 0.15, 9), [0])
    assert 0 not in found.outside
    changed = set(owner[found.owner != owner].tolist()) | set(found.owner[found.owner != owner].tolist())
    assert changed <= {0, 1, 3}
    assert found.moved <= 200


@FEW
@given(towns(), st.integers(1, 8))
def test_what_a_proposal_promises(town: dict[str, Any], k: int) -> None:
    graph, groups = town["graph"], town["together"]
    households = town["households"] + 1
    small, node = graph.contract(groups)
    parts = connected(len(graph), graph.pairs[~graph.barrier | (node[graph.pairs[:, 0]] == node[graph.pairs[:, 1]])])
    least, most = int(parts.max()) + 1, len(small)
    if not least <= k <= most:
        with pytest.raises(BadInput, match="grids cannot be made"):
            propose(graph, households, k, together=groups)
        return
    found = propose(graph, households, k, together=groups)
    assert set(found.owner.tolist()) == set(range(k))
    assert set(pieces(small, owner_of(found.owner, node), ~small.barrier).values()) == {1}
    first, second = graph.pairs.T
    mates = (groups[first] >= 0) & (groups[first] == groups[second])
    assert (found.owner[first][mates] == found.owner[second][mates]).all()
    assert found.loads == pytest.approx(np.bincount(found.owner, households, k))


def owner_of(owner: np.ndarray[Any, Any], node: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    label = np.zeros(int(node.max()) + 1, dtype=np.intp)
    label[node] = owner
    return label


def test_a_proposal_balances_and_follows_the_road() -> None:
    """A road runs through the land between the third and the fourth column; two grids meet there."""
    graph = BlockGraph.of(squares(6, 6))
    road = graph.share_along([shapely.LineString([(300, -50), (300, 650)])], 5.0)
    found = propose(graph, np.full(36, 10), 2, roads=road)
    assert found.reached
    assert found.along_roads == pytest.approx(1.0)
    assert found.border == pytest.approx(600)
    four = propose(graph, np.full(36, 10), 4, roads=road)
    assert four.reached
    assert np.abs(four.loads - 90).max() <= 9
    assert four.along_roads >= 0.4


def test_a_proposal_needs_households() -> None:
    with pytest.raises(BadInput, match="no household"):
        propose(BlockGraph.of(squares(2, 2)), np.zeros(4), 2)


def test_blocks_like_rays_around_one() -> None:
    """A square with four neighbours, none of which meet: four grids leave one ray alone three times."""
    graph, _ = drawn("""
        .a.
        bcd
        .e.
    """)
    found = propose(graph, np.full(5, 10), 4, tolerance=0.6)
    assert sorted(np.bincount(found.owner).tolist()) == [1, 1, 1, 2]
