"""Names that are spoilt: what is a slip of the pen, what names another street, and what is only a guess."""

from __future__ import annotations

import pytest
from gazetteer_sample import AREA, sample_nodes
from hypothesis import given
from hypothesis import strategies as st

from gridmap.address.answer import PLACE, answer
from gridmap.address.gazetteer import LEVEL
from gridmap.address.index import GazetteerIndex, index_of
from gridmap.address.names import contradict

NAMES = st.text(alphabet="东西南北一二三四北京中山路街12", max_size=8)
LONG = "YanlordGarden+SummitResidences,AmToraufderShanghaichengRd.99SchräggegenüberSummit"


def family() -> GazetteerIndex:
    """The drawing, with streets of the same family and places with marks in their names."""
    nodes = sample_nodes()
    for name, numbers in (("北京东路", (31, 33)), ("中山东一路", (18,)), ("人民公园路", (12,)), ("HuangpuRoad", (53,))):
        road = nodes.add("road", name, name, xy=(500.0, 500.0), radius=100.0)
        for number in numbers:
            nodes.add("number", f"{number}号", str(number), road, xy=(500.0, 500.0 + number), radius=12.0)
    door = nodes.find("number", "31", nodes.find("road", "北京东路"))
    nodes.add("poi", "益丰·外滩源", "益丰·外滩源", door, xy=(500.0, 531.0), site=door)
    for name in ("解放路建设街", "人民英雄纪念塔", LONG):
        nodes.add("poi", name, name, xy=(300.0, 300.0), radius=10.0)
    return index_of(nodes, 4547)


INDEX = family()


@given(NAMES, NAMES)
def test_contradiction_is_mutual_and_no_name_contradicts_itself(one: str, other: str) -> None:
    assert contradict(one, other) == contradict(other, one)
    assert not contradict(one, one)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("北京冬路31号", "北京东路31号"),
        ("京北东路31号", "北京东路31号"),
        ("中山东壹路18号", "中山东一路18号"),
        ("山中东一路18号", "中山东一路18号"),
        ("HuangpuRod53号", "HuangpuRoad53号"),
    ],
)
def test_a_slip_of_the_pen_is_understood(text: str, name: str) -> None:
    assert answer(INDEX, text).name == name


@pytest.mark.parametrize("text", ["北京西路31号", "北京南路33号", "中山东二路18号", "中山东3路18号", "中山西一路18号"])
def test_another_street_of_the_family_is_no_slip(text: str) -> None:
    answered = answer(INDEX, text)
    assert answered.node < 0
    assert answered.band == "none"


@pytest.mark.parametrize(("text", "band"), [("解方路12号", "auto"), ("解方路13号", "review"), ("解放路13号", "auto")])
def test_a_misspelt_road_needs_a_number_that_is_known(text: str, band: str) -> None:
    assert answer(INDEX, text).band == band


def test_two_characters_wrong_are_a_guess_for_a_person() -> None:
    road = answer(INDEX, "民人公原路12号")
    assert (road.name, road.band) == ("人民公园路12号", "review")
    assert "两字之差" in road.reasons[0]
    place = answer(INDEX, "民人英上纪念塔")
    assert (place.name, place.band) == ("人民英雄纪念塔", "review")
    assert max(road.probability, place.probability) <= 0.5


@pytest.mark.parametrize("text", ["民人公原路99号", "工农公社路12号", "人民路12号"])
def test_a_guess_needs_its_number_and_most_of_its_name(text: str) -> None:
    assert answer(INDEX, text).node < 0


def test_a_name_may_have_marks_inside() -> None:
    assert answer(INDEX, "北京东路31号益缝·外滩源").name == "北京东路31号益丰·外滩源"
    assert answer(INDEX, LONG).name == LONG


def test_a_stop_is_called_as_two_roads_are_even_when_misspelt() -> None:
    for text in ("解放路建设街", "解方路建设街"):
        assert answer(INDEX, text).level == PLACE
    assert answer(INDEX, "解放路与建设街交叉口").level_name == "路口"


def test_an_area_alone_is_accepted_only_where_nothing_else_was_said() -> None:
    assert answer(INDEX, "示范区示范街道").band == "auto"
    rest = answer(INDEX, AREA + "完全没有路188号")
    assert (INDEX.level(rest.node), rest.band) == (LEVEL["town"], "review")


def test_a_shop_that_stands_elsewhere_is_not_passed_over() -> None:
    answered = answer(INDEX, "建设街3号如意文具店")  # it stands at 解放路5号
    assert answered.band == "review"
    assert answered.missing or any("不一致" in reason for reason in answered.reasons)
