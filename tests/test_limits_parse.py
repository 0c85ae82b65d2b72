"""四至 texts become data: sides, features, qualifiers and places in the text, whatever the form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import BadInput
from gridmap.services.limits import parse_text
from gridmap.space.limits.values import Parse, Side

WORD = {Side.EAST: "东", Side.SOUTH: "南", Side.WEST: "西", Side.NORTH: "北"}
NAMES = st.builds(
    "{}{}".format,
    st.text("甲乙丙丁戊己庚辛壬癸子丑寅卯", min_size=2, max_size=3),
    st.sampled_from(["路", "街", "大道", "公路", "河", "港", "浜", "铁路", "小区", "山"]),
)
VERBS = st.sampled_from(
    ["至", "到", "临", "邻", "靠", "倚", "起", "接", "侧至", "面临", "边到", "侧：", "：", "抵", "靠近"]
)
MARKS = st.sampled_from(["，", ",", "；", "。", "\n", "；\n"])
LISTS = st.sampled_from(["、", "—", "-", "/", "接", "转"])


def sides(parsed: Parse, part: int = 0) -> dict[str, list[str]]:
    return {WORD[limit.side]: [each.name for each in limit.mentions] for limit in parsed.parts[part].limits}


@given(
    st.permutations(list(WORD)), st.lists(st.lists(NAMES, min_size=1, max_size=3), min_size=4, max_size=4), st.data()
)
def test_any_order_verb_mark_and_list_gives_the_sides_and_features_that_were_written(
    order: list[Side], names: list[list[str]], data: st.DataObject
) -> None:
    mark, listing = data.draw(MARKS), data.draw(LISTS)
    pieces = [WORD[side] + data.draw(VERBS) + listing.join(each) for side, each in zip(order, names, strict=True)]
    parsed = parse_text(mark.join(pieces))
    assert sides(parsed) == {WORD[side]: each for side, each in zip(order, names, strict=True)}
    assert not parsed.leftovers
    assert not parsed.parts[0].missing


@given(st.permutations(list(WORD)), st.lists(NAMES, min_size=4, max_size=4), MARKS)
def test_every_span_is_the_piece_of_the_original_text(order: list[Side], names: list[str], mark: str) -> None:
    text = "四至范围：" + mark.join(f"{WORD[side]}至{name}（中线）" for side, name in zip(order, names, strict=True))
    parsed = parse_text(text)
    assert [mention.name for limit in parsed.parts[0].limits for mention in limit.mentions] == names
    for limit in parsed.parts[0].limits:
        assert parsed.piece(limit.span).startswith(WORD[limit.side] + "至")
        for mention in limit.mentions:
            assert parsed.piece(mention.span) == f"{mention.name}（中线）"
            assert [parsed.piece(each.span) for each in mention.qualifiers] == ["中线"]
            assert [each.kind for each in mention.qualifiers] == ["centre_line"]
    assert parsed.heading is not None
    assert parsed.piece(parsed.heading) == "四至范围："


@given(st.text("东南西北至到临、，,；。（）() 路河AB12沿由止不含\n", max_size=40))
def test_any_text_is_read_or_refused_and_spans_stay_inside(text: str) -> None:
    try:
        parsed = parse_text(text)
    except BadInput:
        return
    for part in parsed.parts:
        for limit in part.limits:
            assert 0 <= limit.span.start < limit.span.end <= len(text)
    for left in parsed.leftovers:
        assert left.text == text[left.span.start : left.span.end]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("北起甲路、南至乙路、东临丙河、西靠丁山", "东丙河 南乙路 西丁山 北甲路"),
        ("东、南至甲路,西至乙路,北至丙路", "东甲路 南甲路 西乙路 北丙路"),
        ("东南至甲路,西北至乙路", "东甲路 南甲路 西乙路 北乙路"),
        ("东徐盈路，南诸陆西路，西徐乐路、北北青公路", "东徐盈路 南诸陆西路 西徐乐路 北北青公路"),
        ("东以甲路为界，南以乙路为界，西以丙路与丁社区为界，北至戊路", "东甲路 南乙路 西丙路 北戊路"),
        ("东至甲路南至乙路西至丙路北至丁路", "东甲路 南乙路 西丙路 北丁路"),
        ("甲路以东、乙路以南、丙路以西、丁路以北", "东丙路 南丁路 西甲路 北乙路"),
        (
            "东至至善路，南至南外环路，西至西向阳河、明珠路，北至北环大道",
            "东至善路 南南外环路 西西向阳河、明珠路 北北环大道",
        ),
        ("1.东至甲路;2.南至乙路;3.西至丙路;4.北至丁路", "东甲路 南乙路 西丙路 北丁路"),
        ("东至和平大道和丰和路，南至乙路，西至丙路，北至丁路", "东和平大道、丰和路 南乙路 西丙路 北丁路"),
        ("[东]甲路[南]乙路[西]丙路[北]丁路", "东甲路 南乙路 西丙路 北丁路"),
        ("东侧：甲路 南侧：乙路 西侧：丙路 北侧：丁路", "东甲路 南乙路 西丙路 北丁路"),
        ("以东至甲路、南至乙路、西至丙路、北至丁路为界", "东甲路 南乙路 西丙路 北丁路"),
    ],
)
def test_a_form_that_offices_use(text: str, said: str) -> None:
    parsed = parse_text(text)
    assert " ".join(side + "、".join(sides(parsed)[side]) for side in WORD.values()) == said
    assert not parsed.leftovers


def test_qualifiers_are_taken_off_the_name_and_kept() -> None:
    parsed = parse_text("东至甲路道路红线，南至乙河北岸，西至丙花园二期围墙，北至规划丁路延伸段以南")
    found = {
        mention.name: [each.kind for each in mention.qualifiers]
        for l_ in parsed.parts[0].limits
        for mention in l_.mentions
    }
    assert found == {
        "甲路": ["red_line"],
        "乙河": ["bank"],
        "丙花园二期": ["wall", "phase"],
        "规划丁路": ["side", "extension"],
    }
    assert [each.mentions[0].kind for each in parsed.parts[0].limits] == ["road", "water", "wall", "road"]


def test_a_missing_side_and_what_is_no_feature_are_named() -> None:
    parsed = parse_text("东至甲路，西至乙路，北至丙路，面积2.48平方公里，共有居民13235户")
    assert parsed.parts[0].missing == (Side.SOUTH,)
    assert [each.text for each in parsed.leftovers] == ["面积2.48平方公里", "共有居民13235户"]


def test_parts_that_are_apart() -> None:
    parsed = parse_text("分东西两块：东块东至甲路,南至乙路,西至丙路,北至丁路；西块东至戊路,南至己路,西至庚路,北至辛路")
    assert [part.label for part in parsed.parts] == ["东块", "西块"]
    assert sides(parsed, 1) == {"东": ["戊路"], "南": ["己路"], "西": ["庚路"], "北": ["辛路"]}


def test_what_is_taken_out() -> None:
    named = parse_text("东至甲路，南至乙路，西至丙路，北至丁路，不含万科城小区")
    assert [(each.excluded, [one.name for one in each.mentions]) for each in named.exemptions] == [
        (True, ["万科城小区"])
    ]
    drawn = parse_text("东至甲路，南至乙路，西至丙路，北至丁路（不含东至戊路、南至己路、西至庚路、北至辛路的区域）")
    part = drawn.exemptions[0].part
    assert part is not None
    assert [limit.mentions[0].name for limit in part.limits] == ["戊路", "己路", "庚路", "辛路"]
    assert sides(drawn)["北"] == ["丁路"]


def test_a_walk_round_the_land() -> None:
    parsed = parse_text(
        "由甲河中线与乙路中线交汇点，沿乙路中线至丙路，南沿A街道与B街道行政区域界线至丁社区界线，沿甲河北至乙路止"
    )
    part = parsed.parts[0]
    assert [each.name for each in part.start] == ["甲河", "乙路"]
    assert [leg.along.name for leg in part.legs] == ["乙路", "A街道与B街道行政区域界线", "甲河"]
    assert [leg.along.kind for leg in part.legs] == ["road", "boundary", "water"]
    assert [leg.heading for leg in part.legs] == ["", "南", "北"]


@pytest.mark.parametrize("text", ["", "解放路", "东", "本社区有居民三千户"])
def test_a_text_without_sides_is_refused_with_the_form_to_use(text: str) -> None:
    with pytest.raises(BadInput, match="东至"):
        parse_text(text)


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(BadInput, match="at most 4,000"):
        parse_text("东至甲路，" * 5000)
