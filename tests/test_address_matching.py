"""From a reading to a node: numbers are never confused, names may be misspelt, answers are the same every time."""

from __future__ import annotations

import random

import numpy as np
import pytest
from gazetteer_sample import AREA, ROOM_COUNT, sample_index, sample_nodes
from hypothesis import given
from hypothesis import strategies as st

from gridmap.address.answer import BUILDING, INTERPOLATED, MATCH_LEVELS, NONE, NUMBER, PLACE, ROOM, UNIT, answer
from gridmap.address.calibrate import expected_calibration_error, fit_probability, fit_radius, isotonic
from gridmap.address.evaluate import conflicting, judge, score
from gridmap.address.express import Express
from gridmap.address.gazetteer import LEVEL, Nodes
from gridmap.address.index import GazetteerIndex, index_of
from gridmap.address.names import one_apart, shortened
from gridmap.address.noise import KINDS
from gridmap.address.normalise import normalise
from gridmap.address.parse import parse
from gridmap.address.perturb import half_of, noisy

INDEX = sample_index()
TEXT = st.text(max_size=80)


def found(text: str) -> str:
    return answer(INDEX, text).name


@pytest.mark.parametrize(
    ("text", "name", "level"),
    [
        ("解放路12号", "解放路12号", NUMBER),
        ("解放路１２号", "解放路12号", NUMBER),
        ("解放路14号阳光花园3栋2单元201室", "解放路14号阳光花园3栋2单元201室", ROOM),
        ("阳光花园3-2-201", "解放路14号阳光花园3栋2单元201室", ROOM),
        ("阳光花园三号楼二单元", "解放路14号阳光花园3栋2单元", UNIT),
        ("解放路14号3幢2单元201", "解放路14号阳光花园3栋2单元201室", ROOM),
        ("洋光花园3栋", "解放路14号阳光花园3栋", BUILDING),
        ("阳光花元3#", "解放路14号阳光花园3栋", BUILDING),
        ("阳光花园小区", "解放路14号阳光花园", PLACE),
        ("阳光花园3栋2单元999室", "解放路14号阳光花园3栋2单元", UNIT),
        ("解方路12号", "解放路12号", NUMBER),
        ("解放路13号", "解放路13号", INTERPOLATED),
        ("建设街与解放路交叉口", "建设街与解放路交叉口", 5),
        ("完全没有的地方", "示范街道", 2),
    ],
)
def test_an_address_leads_to_its_node(text: str, name: str, level: int) -> None:
    answered = answer(INDEX, AREA + text)
    assert (answered.name, answered.level) == (name, level)


@given(st.integers(1, 99), st.integers(1, 9), st.integers(1, 999))
def test_a_number_that_does_not_exist_never_becomes_another(house: int, stair: int, room: int) -> None:
    answered = answer(INDEX, f"阳光花园{house}栋{stair}单元{room}室")
    keys = [house, stair, room]
    numbers = [
        int("".join(each for each in INDEX.name(at) if each.isdecimal()))
        for at in INDEX.path(answered.node)
        if INDEX.level(at) in {LEVEL["building"], LEVEL["unit"], LEVEL["room"]}
    ]
    assert numbers == keys[: len(numbers)]


def test_a_part_is_never_another_part() -> None:
    assert found("碧水苑一期2栋").endswith("碧水苑一期2栋")
    assert found("碧水苑二期2栋").endswith("碧水苑二期2栋")
    third = answer(INDEX, "碧水苑三期2栋")
    assert third.level == PLACE
    assert "三期未登记" in "".join(third.reasons)


def test_a_house_number_that_contradicts_the_compound_goes_to_a_person() -> None:
    answered = answer(INDEX, "解放路12号阳光花园3栋")
    assert answered.band == "review"
    assert {"解放路12号", "解放路14号阳光花园3栋"} <= {option.name for option in answered.options}


def test_nothing_known_is_no_answer() -> None:
    assert answer(INDEX, "完全没有的地方").level == NONE


def test_another_district_goes_to_a_person() -> None:
    answered = answer(INDEX, "北京市朝阳区解放路12号")
    assert answered.band == "review"
    assert any("朝阳区" in reason for reason in answered.reasons)


@given(TEXT)
def test_any_text_has_an_answer(text: str) -> None:
    answered = answer(INDEX, text)
    assert 0.0 <= answered.probability <= 1.0
    assert answered.level in MATCH_LEVELS
    assert (answered.node < 0) == (answered.level == NONE)


@pytest.mark.parametrize(
    "text", ["路" * 10_000, "1号" * 5_000, "\u202e解放路12号\u202c", "\x00\x01", "👪" * 99, "12-" * 900]
)
def test_hostile_text_has_an_answer(text: str) -> None:
    assert answer(INDEX, text).level in MATCH_LEVELS


def test_equal_nodes_give_equal_bytes_whatever_their_order() -> None:
    again = index_of(sample_nodes(), 4547)
    assert again.to_bytes() == INDEX.to_bytes()
    assert GazetteerIndex.from_bytes(INDEX.to_bytes()).version == INDEX.version


def test_every_node_is_found_by_its_path_and_lies_below_its_parent() -> None:
    assert len(INDEX) > ROOM_COUNT
    for node in range(len(INDEX)):
        assert INDEX.node_of(INDEX.identity(node)) == node
        if INDEX.parent(node) >= 0:
            assert node in INDEX.children(INDEX.parent(node)).tolist()


def test_the_short_way_reads_as_the_long_way_does() -> None:
    express, read = Express(INDEX), 0
    for query in noisy(INDEX, 400, half="reported", area=AREA) + noisy(INDEX, 400, half="tuned", area=AREA):
        address = normalise(query.text)
        short = express.read(address)
        if short is not None:
            read += 1
            assert short.fields == parse(address, INDEX)[0].fields
    assert read > 100


@given(st.text("东南西北安", min_size=2, max_size=6), st.integers(0, 5), st.sampled_from("东南西中"))
def test_one_edit_is_seen_and_has_a_shortened_form_in_common(name: str, at: int, character: str) -> None:
    at %= len(name)
    for other in (
        name[:at] + character + name[at + 1 :],
        name[:at] + name[at + 1 :],
        name[:at] + character + name[at:],
    ):
        if other != name:
            assert one_apart(name, other)
            if min(len(name), len(other)) >= 3:
                assert ({name, *shortened(name)}) & ({other, *shortened(other)})


def test_noise_is_seeded_and_halves_do_not_share_a_street() -> None:
    first = noisy(INDEX, 200, half="reported", area=AREA)
    assert first == noisy(INDEX, 200, half="reported", area=AREA)
    assert len({kind for query in noisy(INDEX, 900, half="tuned", area=AREA) for kind in query.kinds}) >= 15
    assert len(KINDS) >= 15
    assert {half_of(str(number)) for number in range(50)} == {"tuned", "reported"}


def test_noisy_addresses_lead_to_their_node() -> None:
    queries = noisy(INDEX, 600, half="reported", area=AREA) + noisy(INDEX, 600, half="tuned", area=AREA)
    scores = score([judge(INDEX, each.text, each.kinds[0], answer(INDEX, each.text), each.node) for each in queries])
    assert scores.top1 >= 0.97
    assert scores.conflicts <= 0.002
    assert scores.auto_precision >= 0.99


def test_conflicting_numbers_are_seen() -> None:
    third, thirteenth = (answer(INDEX, f"阳光花园{number}栋").node for number in (3, 13))
    assert third != thirteenth
    assert conflicting(INDEX, thirteenth, third)
    assert not conflicting(INDEX, INDEX.parent(third), third)


def test_isotonic_levels_rise() -> None:
    generator = np.random.default_rng(1)
    scores = generator.uniform(size=500)
    knots, levels = isotonic(scores, (generator.uniform(size=500) < scores).astype(float))
    assert (np.diff(knots) > 0).all()
    assert (np.diff(levels) >= 0).all()


def test_a_fitted_probability_is_honest() -> None:
    generator = np.random.default_rng(2)
    features = np.column_stack([np.ones(4000), generator.uniform(-2, 2, 4000)])
    truth = 1 / (1 + np.exp(-(0.5 + 1.5 * features[:, 1])))
    right = generator.uniform(size=4000) < truth
    weights, knots, levels = fit_probability(features, right)
    raw = 1 / (1 + np.exp(-features @ np.array(weights)))
    assert expected_calibration_error(np.interp(raw, knots, levels), right) < 0.02
    assert abs(weights[1] - 1.5) < 0.15


@given(st.integers(0, 1000))
def test_a_fitted_radius_holds_nine_in_ten(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scales = generator.uniform(5, 50, 400)
    errors = np.abs(generator.normal(0, 1, 400)) * scales
    floor, factor = fit_radius(errors, scales)
    assert 0.88 <= (errors <= floor + factor * scales).mean() <= 0.92


def test_nodes_without_a_place_get_the_middle_of_their_children() -> None:
    nodes = Nodes()
    road = nodes.add("road", "甲路", "甲路")
    for number in range(4):
        nodes.add("number", f"{number}号", str(number), road, xy=(float(number), 0.0))
    nodes.place_by_children()
    assert (nodes.x[road], nodes.y[road], nodes.radius[road]) == (1.5, 0.0, 1.5)


def test_adding_in_another_order_changes_no_id() -> None:
    numbers = list(range(30))
    random.Random(3).shuffle(numbers)  # noqa: S311 -- any order will do
    ids = []
    for order in (range(30), numbers):
        nodes = Nodes()
        road = nodes.add("road", "甲路", "甲路")
        ids.append({nodes.ids[nodes.add("number", f"{number}号", str(number), road)] for number in order})
    assert ids[0] == ids[1]
