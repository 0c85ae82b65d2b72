"""The demonstration's truth: exact numbers, valid land, and every sentence and verdict true."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import codes
from gridmap.codes import Level
from gridmap.demo.build import build
from gridmap.demo.land import _shares
from gridmap.demo.names import chinese_number
from gridmap.demo.people import pick_exactly
from gridmap.demo.place import build_place
from gridmap.demo.regions import components
from gridmap.demo.town import PLANE, SIZES, Layer, Truth, size_named
from gridmap.errors import BadInput
from gridmap.model.kinds import ASSIGNED_KINDS, KINDS, kind_named

_CASES = (("small", 1), ("small", 2), ("full", 1))


@pytest.fixture(scope="module", params=_CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def truth(request: pytest.FixtureRequest) -> Truth:
    size, seed = request.param
    return build(seed, size)


def _rows(layer: Layer, **wanted: object) -> int:
    return sum(all(layer.columns[name][row] == value for name, value in wanted.items()) for row in range(len(layer)))


def test_equal_seeds_give_equal_towns() -> None:
    assert build(3, "small").digest() == build(3, "small").digest()
    assert build(3, "small").digest() != build(4, "small").digest()


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(BadInput, match="small"):
        build(1, "huge")


def test_every_number_is_met_exactly(truth: Truth) -> None:
    size, layers = SIZES[truth.size], truth.layers
    assert {name: len(layers[name]) for name in ("communities", "compounds", "households", "shops", "incidents")} == {
        "communities": size.communities,
        "compounds": size.compounds,
        "households": size.households,
        "shops": size.shops,
        "incidents": size.incidents,
    }
    assert Counter(layers["grids"].columns["kind"]) == {
        "general": size.general_grids,
        "dedicated": size.dedicated_grids,
    }
    assert sum(layers["households"].columns["residents"]) == size.residents
    assert _rows(layers["households"], surveyed=True) == size.surveyed
    assert _rows(layers["shops"], surveyed=True) == size.shops_surveyed
    duty = Counter(layers["shops"].columns["signed"])
    assert duty[True] + duty[False] == size.frontage_units
    assert duty[True] == size.frontage_signed
    assert len(layers["organisations"]) == size.organisations
    assert len(layers["social_organisations"]) == size.social_organisations
    assert _rows(layers["social_organisations"], surveyed=True) == size.social_surveyed
    assert Counter(layers["key_places"].columns["category"]) == size.key_places
    roles = Counter(layers["persons"].columns["role"])
    assert roles["社区书记（主任）"] * 3 == roles["网格长"] == 3 * size.communities
    assert roles["专职网格员"] == 5 * size.communities
    assert roles["志愿者"] == size.volunteers
    assert len({team for team in layers["persons"].columns["team"] if team and "志愿" in team}) == size.teams


def test_every_grid_has_a_party_organisation_and_every_community_a_committee(truth: Truth) -> None:
    layer, grids = truth.layers["party_organisations"], truth.layers["grids"]
    of = dict(zip(grids.columns["code"], grids.columns["community"], strict=True))
    assert set(layer.grid) == set(of)
    assert [of[grid] for grid in layer.grid] == list(layer.columns["community"])
    kinds = Counter(layer.columns["category"])
    assert kinds["党支部"] + kinds["联合党支部"] == len(grids)
    assert kinds["党委"] == len(truth.layers["communities"])
    assert kinds["党小组"] > 0
    assert len(set(layer.columns["name"])) == len(layer)
    assert min(layer.columns["members"]) >= 3


def test_the_areas_next_door_lie_all_around_and_meet_where_river_canal_and_railway_leave(truth: Truth) -> None:
    areas, own = truth.layers["neighbouring_areas"].shapes, truth.layers["subdistricts"].shapes[0]
    assert len(areas) == 5
    assert shapely.coverage_is_valid(areas)
    assert shapely.area(shapely.intersection(areas, own)).max() < 1.0
    around = shapely.difference(shapely.buffer(own, 500.0), own)
    assert shapely.area(shapely.difference(around, shapely.union_all(areas))) < 1.0
    lines = [*truth.layers["railways"].shapes, *truth.layers["waters"].shapes[:2]]
    for line in lines:  # its ends lie between two of them
        assert (shapely.distance(areas, line) < 60.0).sum() >= 2


def test_the_full_size_is_that_of_the_reference() -> None:
    size = SIZES["full"]
    assert (size.area, size.communities, size.general_grids, size.dedicated_grids) == (13_500_000.0, 11, 66, 31)
    assert (size.compounds, size.residents, size.surveyed) == (218, 110_979, 29_268)
    assert (size.shops, size.shops_surveyed, size.frontage_units, size.frontage_signed) == (4_874, 2_524, 654, 638)
    assert (size.organisations, size.social_organisations, size.social_surveyed) == (122, 186, 112)
    assert sum(size.key_places.values()) == 90


def test_every_record_has_the_fields_of_its_kind_and_a_key_of_its_own(truth: Truth) -> None:
    assert set(truth.layers) == {kind.name for kind in KINDS}
    for layer in truth.layers.values():
        kind = kind_named(layer.kind)
        assert set(layer.columns) <= {field.name for field in kind.fields}
        for field in kind.fields:
            if field.required:
                assert all(layer.columns[field.name]), (kind.name, field.name)
        keys = list(zip(*(layer.columns[name] for name in kind.key), strict=True))
        assert len(set(keys)) == len(keys), kind.name


def test_codes_nest_and_are_invented(truth: Truth) -> None:
    (subdistrict,) = truth.layers["subdistricts"].columns["code"]
    assert subdistrict.startswith("99")  # no province
    for code in truth.layers["communities"].columns["code"]:
        assert codes.subdistrict_of(codes.check(code, Level.COMMUNITY)) == subdistrict
    grids = truth.layers["grids"].columns
    for code, community in zip(grids["code"], grids["community"], strict=True):
        assert codes.community_of(codes.check(code, Level.GRID)) == community


def test_people_and_telephones_are_recognisable_as_invented(truth: Truth) -> None:
    for name in ("households", "shops", "persons", "incidents"):
        assert all(phone.startswith("1990000") for phone in truth.layers[name].columns["phone"])
    assert all(head[1] in "示范样例拟虚" for head in truth.layers["households"].columns["head"])


def test_grids_and_communities_are_coverages_of_the_subdistrict_on_the_millimetre(truth: Truth) -> None:
    outline = truth.layers["subdistricts"].shapes
    assert outline is not None
    assert abs(shapely.area(outline[0]) - SIZES[truth.size].area) < 5.0
    for name in ("grids", "communities"):
        shapes = truth.layers[name].shapes
        assert shapes is not None
        assert shapely.is_valid(shapes).all()
        assert {shape.geom_type for shape in shapes} == {"Polygon"}
        assert shapely.coverage_is_valid(shapes, gap_width=0.01)
        assert shapely.equals_exact(shapely.set_precision(shapes, 0.001), shapes, 1e-9, normalize=True).all()
        assert abs(shapely.area(shapes).sum() - shapely.area(outline[0])) < 1e-3


def test_grids_make_up_their_communities(truth: Truth) -> None:
    grids, communities = truth.layers["grids"], truth.layers["communities"]
    assert grids.shapes is not None
    assert communities.shapes is not None
    for code, shape in zip(communities.columns["code"], communities.shapes, strict=True):
        mine = shapely.union_all(grids.shapes[grids.columns["community"] == code])
        assert shapely.area(shapely.symmetric_difference(mine, shape)) < 1e-3


def test_some_dedicated_grids_are_holes_in_general_ones(truth: Truth) -> None:
    shapes = truth.layers["grids"].shapes
    assert shapes is not None
    inside = SIZES[truth.size].dedicated.values()
    assert shapely.get_num_interior_rings(shapes).sum() >= sum(numbers[2] for numbers in inside)


def _listed(truth: Truth, layer: Layer) -> dict[int, str]:
    """The rows of a layer that an inclusion list names, by the rule written out once more."""
    lists = truth.layers["inclusions"].columns
    entries: dict[str, list[tuple[int, int, str]]] = {}
    for building, low, high, grid in zip(
        lists["subject"], lists["floor_from"], lists["floor_to"], lists["grid"], strict=True
    ):
        entries.setdefault(building, []).append((low, high, grid))
    if "building" not in layer.columns:
        return {}
    return {
        row: grid
        for row, (building, floor) in enumerate(zip(layer.columns["building"], layer.columns["floor"], strict=True))
        for low, high, grid in entries.get(building, ())
        if low <= floor <= high
    }


def test_every_subject_is_in_its_true_grid(truth: Truth) -> None:
    grids = truth.layers["grids"]
    place = {code: number for number, code in enumerate(grids.columns["code"])}
    assert list(place) == sorted(place)
    tree = shapely.STRtree(grids.shapes)
    for kind in ASSIGNED_KINDS:
        layer = truth.layers[kind.name]
        assert layer.points is not None
        assert layer.grid is not None
        assert np.array_equal(layer.points, layer.points.round(3))
        lowest = np.full(len(layer), len(place))
        np.minimum.at(lowest, *tree.query(shapely.points(layer.points), predicate="intersects"))
        true = np.array([*place, ""], dtype=object)[lowest]
        for row, grid in _listed(truth, layer).items():
            true[row] = grid
        assert np.array_equal(true, layer.grid), kind.name
    assert 0 < len(_listed(truth, truth.layers["shops"])) < len(truth.layers["shops"])


def test_homes_above_listed_shops_stay_with_the_general_grid(truth: Truth) -> None:
    buildings = set(truth.layers["inclusions"].columns["subject"])
    homes = truth.layers["households"]
    above = [row for row, building in enumerate(homes.columns["building"]) if building in buildings]
    kinds = dict(zip(*(truth.layers["grids"].columns[name] for name in ("code", "kind")), strict=True))
    assert above
    assert {kinds[homes.grid[row]] for row in above if homes.grid is not None} == {"general"}


def test_incidents_have_some_outside_some_on_borders_and_some_told_twice(truth: Truth) -> None:
    layer = truth.layers["incidents"]
    assert layer.points is not None
    assert layer.grid is not None
    assert 0 < (layer.grid == "").sum() < 0.06 * len(layer)
    borders = shapely.boundary(truth.layers["grids"].shapes)
    nearest = shapely.STRtree(borders).query_nearest(shapely.points(layer.points), return_distance=True)[1]
    assert (nearest == 0.0).any()
    titles = Counter(layer.columns["title"])
    assert titles.most_common(1)[0][1] > 1
    moments = list(layer.columns["reported_at"])
    assert moments == sorted(moments)
    assert 300 < (moments[-1] - moments[0]).days < 368
    assert all(deadline > moment for deadline, moment in zip(layer.columns["deadline"], moments, strict=True))


@pytest.mark.parametrize("last", [date(2026, 9, 30), date(2026, 11, 21), date(2027, 1, 3)])
def test_the_year_of_incidents_ends_with_the_day_that_is_asked_for(last: date) -> None:
    layer = build(1, "small", last).layers["incidents"]
    days = [moment.date() for moment in layer.columns["reported_at"]]
    assert last - timedelta(days=6) <= max(days) <= last
    open_cases = layer.columns["state"] != "已结案"
    late = np.array([moment.date() <= last for moment in layer.columns["deadline"]])
    assert (open_cases & late).any()
    assert (open_cases & ~late).any()


def _features(truth: Truth) -> dict[str, shapely.Geometry]:
    found: dict[str, list[shapely.Geometry]] = {}
    for name in ("roads", "waters", "railways"):
        layer = truth.layers[name]
        for title, shape in zip(layer.columns["name"], layer.shapes if layer.shapes is not None else (), strict=True):
            found.setdefault(title, []).append(shape)
    return {title: shapely.union_all(shapes).buffer(0.5) for title, shapes in found.items()}


def test_the_four_limits_of_communities_are_true(truth: Truth) -> None:
    """Each named way runs along the border, on that side of the middle, and together they are most of the border."""
    features = _features(truth)
    layer = truth.layers["communities"]
    for text, shape in zip(layer.columns["four_limits"], layer.shapes if layer.shapes is not None else (), strict=True):
        sides = {part[0]: part[2:].split("、") for part in text.split("，")}
        assert list(sides) == ["东", "南", "西", "北"]
        border, middle = shape.exterior, shape.centroid
        for side, names in sides.items():
            along = border.intersection(shapely.union_all([features[name] for name in names]))
            places = shapely.get_coordinates(shapely.segmentize(along, 20.0))
            east, north = (places - [middle.x, middle.y]).T
            outward = {"东": east, "西": -east, "北": north, "南": -north}[side]
            assert np.quantile(outward, 0.6) > 0, (text, side)
        named = shapely.union_all([features[name] for names in sides.values() for name in names])
        assert border.intersection(named).length > 0.85 * border.length, text


@pytest.mark.parametrize("seed", [14, 29, 45])
def test_land_that_stands_on_a_corner_has_four_sides_too(seed: int) -> None:
    land = build_place(np.random.default_rng(seed), size_named("small")).land
    for text in (*land.communities.four_limits, *land.grids.four_limits):
        assert [part[:2] for part in text.split("，")][:4] == ["东至", "南至", "西至", "北至"]
        assert all(len(part) > 2 for part in text.split("，"))


def test_every_grid_names_its_four_sides(truth: Truth) -> None:
    for text in truth.layers["grids"].columns["four_limits"]:
        assert [part[:2] for part in text.split("，") if not part.startswith("不含")] == [
            "东至",
            "南至",
            "西至",
            "北至",
        ]
        assert all(len(part) > 2 for part in text.split("，"))


def test_house_numbers_are_odd_on_one_side_and_even_on_the_other(truth: Truth) -> None:
    doors, roads = truth.layers["house_numbers"], truth.layers["roads"]
    assert doors.points is not None
    alone = Counter(roads.columns["name"])
    checked = 0
    for name, line in zip(roads.columns["name"], roads.shapes if roads.shapes is not None else (), strict=True):
        mine = np.flatnonzero(doors.columns["road"] == name)
        if alone[name] > 1 or len(mine) < 6:
            continue
        at = shapely.line_locate_point(line, shapely.points(doors.points[mine]))
        ahead, behind = (shapely.line_interpolate_point(line, (at + step).clip(0, line.length)) for step in (1.0, -1.0))
        along = shapely.get_coordinates(ahead) - shapely.get_coordinates(behind)
        aside = doors.points[mine] - shapely.get_coordinates(behind)
        left = along[:, 0] * aside[:, 1] - along[:, 1] * aside[:, 0] > 0
        number = np.array([int(text) for text in doors.columns["number"][mine]])
        assert len({(bool(one), int(parity)) for one, parity in zip(left, number % 2, strict=True)}) <= 2, name
        for side in (True, False):
            order = np.argsort(number[left == side])
            steps = np.diff(at[left == side][order])
            assert (steps > -0.05).all() or (steps < 0.05).all(), name
        checked += 1
    assert checked > 2


def test_each_worker_has_grids_of_one_community(truth: Truth) -> None:
    grids = truth.layers["grids"].columns
    persons = truth.layers["persons"].columns
    workers = {
        (name, community)
        for name, role, community in zip(persons["name"], persons["role"], persons["community"], strict=True)
        if role == "专职网格员"
    }
    assert {(name, community) for name, community in zip(grids["worker"], grids["community"], strict=True)} <= workers


@given(
    st.integers(1, 12).flatmap(
        lambda count: st.tuples(
            st.just(count),
            st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=15),
        )
    )
)
def test_components_are_those_of_a_walk(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = case
    label = components(count, np.array(pairs, dtype=np.int64).reshape(-1, 2))
    reached = [{node} for node in range(count)]
    for _ in range(count):
        for a, b in pairs:
            reached[a] |= reached[b]
            reached[b] |= reached[a]
    for a in range(count):
        assert {b for b in range(count) if label[a] == label[b]} == reached[a]
    assert label.max() + 1 == len(set(label.tolist()))


@given(st.lists(st.floats(0.5, 1e6), min_size=1, max_size=20), st.integers(0, 80), st.integers(0, 3))
def test_shares_add_up(weights: list[float], extra: int, least: int) -> None:
    total = least * len(weights) + extra
    shares = _shares(np.array(weights), total, least)
    assert shares.sum() == total
    assert shares.min() >= least


@settings(max_examples=40)
@given(st.integers(1, 200), st.integers(0, 2**32), st.data())
def test_exactly_as_many_are_picked(count: int, seed: int, data: st.DataObject) -> None:
    rng = np.random.default_rng(seed)
    wanted = data.draw(st.integers(0, count))
    assert pick_exactly(rng, rng.integers(0, 7, count), wanted, 0.8).sum() == wanted


def test_lanes_are_numbered_in_chinese() -> None:
    assert [chinese_number(value) for value in (1, 9, 10, 11, 20, 35, 99)] == [
        "一", "九", "十", "十一", "二十", "三十五", "九十九",
    ]  # fmt: skip


def test_the_plane_is_that_of_the_place() -> None:
    assert build(1, "small").plane == PLANE
