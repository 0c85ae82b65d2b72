"""Column names of offices are recognised, and none of them means two things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridmap.errors import FileRefused
from gridmap.files import vocabulary
from gridmap.files.vocabulary import COORDINATES, aliases, fold, labels, recognise, short_names
from gridmap.model.kinds import KINDS, Shape, kind_named

if TYPE_CHECKING:
    from gridmap.model.kinds import Kind

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@every_kind
def test_every_field_has_a_chinese_label_of_its_own(kind: Kind) -> None:
    shown = labels(kind)
    assert {field.name for field in kind.fields} <= set(shown)
    assert len(set(shown.values())) == len(shown)
    assert all(any("一" <= letter <= "鿿" for letter in text) or text == "WKT" for text in shown.values())


@every_kind
def test_no_name_means_two_fields(kind: Kind) -> None:
    names = [field.name for field in kind.fields] + ([] if kind.shape is Shape.NONE else list(COORDINATES))
    meanings: dict[str, set[str]] = {}
    for name in names:
        for alias in (*aliases(kind, name), name, short_names(kind).get(name, name)):
            meanings.setdefault(fold(alias), set()).add(name)
    assert {alias: fields for alias, fields in meanings.items() if len(fields) > 1} == {}


@every_kind
def test_every_alias_is_recognised(kind: Kind) -> None:
    required = [field.name for field in kind.fields if field.required or field.name in kind.key]
    for field in kind.fields:
        for alias in aliases(kind, field.name):
            header = [alias, *(vocabulary.label(kind, name) for name in required if name != field.name)]
            assert recognise(kind, header, {}).columns[field.name] == 0


@every_kind
def test_every_choice_has_a_word(kind: Kind) -> None:
    for field in kind.fields:
        words = vocabulary.choice_words(kind, field.name)
        assert set(words.values()) == set(field.choices)
        for value in field.choices:
            assert words[fold(vocabulary.choice_label(kind, field.name, value))] == value


@every_kind
def test_names_for_a_shapefile_are_short_and_unique(kind: Kind) -> None:
    short = short_names(kind)
    assert len(set(short.values())) == len(kind.fields)
    assert max(map(len, short.values())) <= 10


def test_no_word_means_yes_and_no() -> None:
    words = vocabulary._words()["booleans"]
    assert not {fold(word) for word in words["true"]} & {fold(word) for word in words["false"]}


@pytest.mark.parametrize(
    "column",
    [
        "网格编码",
        " 网格 编码 ",
        "*网格编码",
        "网格编码（必填）",
        "网格编码(15位)",
        "网格编码*：",
        "\ufeff网格编码",
        "CODE",
    ],
)
def test_decoration_of_a_column_name_does_not_matter(column: str) -> None:
    assert recognise(kind_named("grids"), ["序号", column], {}).columns == {"code": 1}


def test_the_better_known_of_two_names_is_taken_and_the_other_is_told() -> None:
    found = recognise(kind_named("households"), ["编码", "详细地址", "地址"], {})
    assert found.columns["address"] == 2
    assert found.unrecognised == ("详细地址",)
    assert found.notes == ("“详细地址”与“地址”都像是“地址”，采用了后者；如需改用请加 --map address=详细地址",)


def test_what_the_caller_says_goes_first() -> None:
    columns = ["编码", "地址", "详细地址"]
    assert recognise(kind_named("households"), columns, {"address": "详细地址"}).columns["address"] == 2
    left_out = recognise(kind_named("shops"), ["编码", "名称", "地址"], {"address": ""})
    assert "address" not in left_out.columns
    assert left_out.unrecognised == ("地址",)


def test_a_grid_column_does_not_make_every_household_manual() -> None:
    found = recognise(kind_named("households"), ["编码", "地址", "网格编码"], {})
    assert found.unrecognised == ("网格编码",)
    mapped = recognise(kind_named("households"), ["编码", "地址", "网格编码"], {"manual_grid": "网格编码"})
    assert mapped.columns["manual_grid"] == 2


def test_no_recognised_column_names_what_was_found_and_how_to_map() -> None:
    with pytest.raises(FileRefused, match=r"the file has: 甲、乙; expected .*社区编码.* --map code=甲"):
        recognise(kind_named("communities"), ["甲", "乙"], {})


def test_a_required_field_without_a_column_is_named() -> None:
    with pytest.raises(
        FileRefused, match=r"need a column for 地址 \(address\); the file has: 编码、户主; .*--map address="
    ):
        recognise(kind_named("households"), ["编码", "户主"], {})


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"colour": "地址"}, "no field 'colour'; the fields are: .*address"),
        ({"address": "地点"}, "no column '地点'.*编码、地址"),
    ],
)
def test_a_wrong_mapping_is_named(mapping: dict[str, str], message: str) -> None:
    with pytest.raises(FileRefused, match=message):
        recognise(kind_named("households"), ["编码", "地址"], mapping)
