"""The kinds of record that an office brings in files, each with its fields.

This is the one description of a kind: tables, readers, checks, exports and documentation are made from it.
Column names that offices use for a field stand in `data/lookups/columns.json`, since they are vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gridmap.access import Mask
from gridmap.errors import BadInput


class Shape(Enum):
    """What geometry a record of a kind has."""

    NONE = "none"
    POINT = "point"
    LINE = "line"
    POLYGON = "polygon"
    ANY = "any"


class FieldType(Enum):
    """How a cell is read. CODE is text that a spreadsheet may have damaged."""

    TEXT = "text"
    CODE = "code"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


@dataclass(frozen=True)
class Field:
    """One field of a kind.

    Parameters
    ----------
    name : str
        English name, as in the API, in tables and in GeoJSON.
    type : FieldType
    required : bool
        A row without it is refused.
    mask : Mask or None
        A personal value; it is masked before it leaves the services.
    choices : tuple of str
        The only values allowed, where there are any.
    """

    name: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    mask: Mask | None = None
    choices: tuple[str, ...] = ()

    @property
    def free(self) -> bool:
        """Whether anything may stand in it, a telephone number as well."""
        return self.type is FieldType.TEXT and not self.choices


@dataclass(frozen=True)
class Kind:
    """A kind of record. `name` is the plural used by commands, `chinese` the word on screens.

    `key` names the fields that identify a record, so that importing twice changes nothing. `within_community`
    kinds carry the community that they lie in, by column or by place. `assigned` kinds get a grid.
    """

    name: str
    singular: str
    chinese: str
    shape: Shape
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ("code",)
    within_community: bool = False
    assigned: bool = False

    def field(self, name: str) -> Field:
        """Return the field of that name; KeyError when there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


def _text(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names)


_CODE = Field("code", FieldType.CODE, required=True)
_NAME = Field("name", required=True)
_COMMUNITY = Field("community")  # code or name; unknown ones are refused
_CONTACT = (Field("contact", mask=Mask.NAME), Field("phone", FieldType.CODE, mask=Mask.PHONE))
_SURVEYED = Field("surveyed", FieldType.BOOLEAN)
_BUILDING = Field("building", FieldType.CODE)
_FLOOR = Field("floor", FieldType.INTEGER)
_ACCURACY = Field("accuracy", FieldType.NUMBER)  # metres; how well the position itself is known
_MANUAL = Field("manual_grid", FieldType.CODE)  # the grid that a person decided on

KINDS: tuple[Kind, ...] = (
    Kind(
        "subdistricts",
        "subdistrict",
        "街道",
        Shape.POLYGON,
        (_CODE, _NAME, *_text("district", "maker")),
    ),
    Kind("sections", "section", "片区", Shape.NONE, (_NAME, Field("leader", mask=Mask.NAME)), key=("name",)),
    Kind(
        "communities",
        "community",
        "社区",
        Shape.POLYGON,
        (_CODE, _NAME, *_text("section", "four_limits", "source_document")),
    ),
    Kind(
        "grids",
        "grid",
        "网格",
        Shape.POLYGON,
        (
            _CODE,
            Field("name"),
            Field("kind", choices=("general", "dedicated")),
            _COMMUNITY,
            *_text("four_limits", "source_document"),
            Field("worker", mask=Mask.NAME),
        ),
        within_community=True,
    ),
    Kind(
        "micro_grids",
        "micro_grid",
        "微网格",
        Shape.POLYGON,
        (_CODE, _NAME, Field("grid", FieldType.CODE), *_text("kind"), Field("head", mask=Mask.NAME)),
    ),
    Kind(
        "inclusions",
        "inclusion",
        "纳入清单",
        Shape.NONE,
        (
            Field("grid", FieldType.CODE, required=True),
            Field("subject_kind", required=True, choices=("building", "shop", "organisation")),
            Field("subject", FieldType.CODE, required=True),
            Field("floor_from", FieldType.INTEGER),
            Field("floor_to", FieldType.INTEGER),
        ),
        key=("grid", "subject_kind", "subject", "floor_from", "floor_to"),
    ),
    Kind(
        "compounds",
        "compound",
        "小区",
        Shape.POLYGON,
        (
            _CODE,
            _NAME,
            _COMMUNITY,
            *_text("address"),
            Field("property_management", FieldType.BOOLEAN),
            *_text("property_company"),
            Field("owners_committee", FieldType.BOOLEAN),
        ),
        within_community=True,
    ),
    Kind("roads", "road", "道路", Shape.LINE, (_CODE, Field("name"), *_text("level"))),
    Kind("waters", "water", "水系", Shape.ANY, (_CODE, Field("name"), *_text("kind"))),
    Kind("railways", "railway", "铁路", Shape.LINE, (_CODE, Field("name"))),
    Kind("neighbouring_areas", "neighbouring_area", "相邻街道", Shape.POLYGON, (_CODE, _NAME)),
    Kind(
        "house_numbers",
        "house_number",
        "门牌",
        Shape.POINT,
        (Field("road", required=True), Field("number", FieldType.CODE, required=True)),
        key=("road", "number"),
    ),
    Kind(
        "buildings",
        "building",
        "楼栋",
        Shape.POLYGON,
        (
            _CODE,
            Field("name"),
            Field("compound", FieldType.CODE),
            _COMMUNITY,
            *_text("address"),
            Field("floors", FieldType.INTEGER),
            Field("units", FieldType.INTEGER),
        ),
        within_community=True,
    ),
    Kind(
        "households",
        "household",
        "居民户",
        Shape.POINT,
        (
            _CODE,
            Field("head", mask=Mask.NAME),
            Field("phone", FieldType.CODE, mask=Mask.PHONE),
            Field("address", required=True),
            _COMMUNITY,
            Field("compound", FieldType.CODE),
            _BUILDING,
            Field("unit", FieldType.CODE),
            _FLOOR,
            Field("room", FieldType.CODE),
            Field("residents", FieldType.INTEGER),
            _SURVEYED,
            _ACCURACY,
            _MANUAL,
        ),
        within_community=True,
        assigned=True,
    ),
    Kind(
        "shops",
        "shop",
        "沿街商铺",
        Shape.POINT,
        (
            _CODE,
            _NAME,
            *_text("category", "address"),
            _COMMUNITY,
            _BUILDING,
            _FLOOR,
            *_CONTACT,
            _SURVEYED,
            Field("signed", FieldType.BOOLEAN),
            _ACCURACY,
            _MANUAL,
        ),
        within_community=True,
        assigned=True,
    ),
    Kind(
        "organisations",
        "organisation",
        "驻区单位",
        Shape.POINT,
        (_CODE, _NAME, *_text("category", "address"), _COMMUNITY, _BUILDING, _FLOOR, *_CONTACT, _ACCURACY, _MANUAL),
        within_community=True,
        assigned=True,
    ),
    Kind(
        "social_organisations",
        "social_organisation",
        "社会组织",
        Shape.POINT,
        (
            _CODE,
            _NAME,
            *_text("category", "address"),
            _COMMUNITY,
            _BUILDING,
            _FLOOR,
            *_CONTACT,
            _SURVEYED,
            _ACCURACY,
            _MANUAL,
        ),
        within_community=True,
        assigned=True,
    ),
    Kind(
        "party_organisations",
        "party_organisation",
        "党组织",
        Shape.POINT,
        (
            _CODE,
            _NAME,
            *_text("category", "address"),
            _COMMUNITY,
            _BUILDING,
            _FLOOR,
            *_CONTACT,
            Field("members", FieldType.INTEGER),
            _ACCURACY,
            _MANUAL,
        ),
        within_community=True,
        assigned=True,
    ),
    Kind(
        "key_places",
        "key_place",
        "重点部位",
        Shape.POINT,
        (_CODE, _NAME, *_text("category", "address"), _COMMUNITY, _BUILDING, _FLOOR, *_CONTACT, _ACCURACY, _MANUAL),
        within_community=True,
        assigned=True,
    ),
    Kind(
        "posts",
        "post",
        "岗位",
        Shape.NONE,
        (_CODE, Field("title", required=True), _COMMUNITY, Field("grid", FieldType.CODE)),
        within_community=True,
    ),
    Kind(
        "persons",
        "person",
        "人员",
        Shape.NONE,
        (
            _CODE,
            Field("name", required=True, mask=Mask.NAME),
            Field("phone", FieldType.CODE, mask=Mask.PHONE),
            Field("post", FieldType.CODE),
            *_text("role", "team"),
            _COMMUNITY,
        ),
        within_community=True,
    ),
    Kind(
        "incidents",
        "incident",
        "事件",
        Shape.POINT,
        (
            Field("number", FieldType.CODE, required=True),
            *_text("source", "category"),
            Field("title", required=True),
            *_text("description", "address"),
            _COMMUNITY,
            Field("reporter", mask=Mask.NAME),
            Field("phone", FieldType.CODE, mask=Mask.PHONE),
            Field("reported_at", FieldType.DATETIME),
            *_text("state"),
            Field("deadline", FieldType.DATETIME),
            Field("closed_at", FieldType.DATETIME),
            _BUILDING,
            _FLOOR,
            _ACCURACY,
            _MANUAL,
        ),
        key=("number",),
        within_community=True,
        assigned=True,
    ),
    Kind(
        "expected_numbers",
        "expected_number",
        "应有数量",
        Shape.NONE,
        (
            Field("area", FieldType.CODE, required=True),
            Field("measure", required=True),
            Field("value", FieldType.NUMBER, required=True),
            *_text("source"),
            Field("as_of", FieldType.DATE),
        ),
        key=("area", "measure"),
    ),
)

ASSIGNED_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.assigned)


def kind_named(name: str) -> Kind:
    """Find a kind by plural, singular or Chinese name.

    Raises
    ------
    BadInput
        There is no such kind; the message lists them.
    """
    wanted = name.strip().lower().replace("-", "_")
    for kind in KINDS:
        if wanted in {kind.name, kind.singular, kind.chinese}:
            return kind
    known = ", ".join(kind.name for kind in KINDS)
    raise BadInput(f"there is no kind {name!r}; the kinds are: {known}", kind=name)
