"""Who has to act on an incident: ordered rules as data, each with an answer that can be shown.

部件 goes to its owner first (先属主后属地), 事件 to the grid first (先属地后属主). A rule that holds but whose holder
cannot be found has failed: that is said, and the next one is asked. Nothing is passed over in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gridmap.casework.categories import FAMILIES
from gridmap.errors import BadInput
from gridmap.model.land import GridKind
from gridmap.model.moments import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from gridmap.casework.calendar import Calendar
    from gridmap.casework.categories import Catalogue, Category

_TIMES = ("working", "off")
_OPEN = frozenset({"source", "area", "category"})  # conditions whose words no short list holds


class Holder(StrEnum):
    """Who can be named by a rule."""

    WORKER = "worker"
    COMMUNITY = "community"
    STREET = "street"
    OWNER = "owner"
    UNIT = "unit"
    DESK = "desk"


class Said(StrEnum):
    """What a rule said."""

    DECIDED = "decided"
    OTHER = "other"  # it is for other incidents
    UNKNOWN = "unknown"  # what it asks for is not known
    FAILED = "failed"  # it is for this one, and nobody could be found


@dataclass(frozen=True)
class Facts:
    """What the rules ask about. None where it is not known.

    Parameters
    ----------
    grid, community, street : str or None
        Names.
    area_codes : tuple of str
        Codes of the grid and its community.
    worker : str
        The grid's A角; empty when it has none.
    """

    source: str
    category: Category | None
    at: datetime
    grid: str | None = None
    grid_kind: GridKind | None = None
    area_codes: tuple[str, ...] = ()
    worker: str = ""
    community: str | None = None
    street: str | None = None


@dataclass(frozen=True)
class Rule:
    """One rule. `conditions` are all to hold, each for one of its words."""

    name: str
    conditions: Mapping[str, frozenset[str]]
    holder: Holder
    unit: str
    level: str
    why: str


@dataclass(frozen=True)
class Tried:
    """What one rule said, and why."""

    rule: str
    said: Said
    why: str


@dataclass(frozen=True)
class Duty:
    """Who has to act, at which level, by which rule, and what every rule before it said."""

    holder: str
    kind: Holder
    level: str
    rule: str
    why: str
    tried: tuple[Tried, ...]


@dataclass(frozen=True)
class Duties:
    """The rules in their order, and the posts that can be B角."""

    rules: tuple[Rule, ...]
    deputies: tuple[str, ...]


def decide_duty(duties: Duties, facts: Facts, calendar: Calendar) -> Duty:
    """Return who has to act: the first rule that holds and whose holder can be found."""
    tried: list[Tried] = []
    for rule in duties.rules:
        said, why = _hold(rule, facts, calendar)
        holder = _holder(rule, facts) if said is Said.DECIDED else ""
        if said is Said.DECIDED and not holder:
            said, why = Said.FAILED, _MISSING[rule.holder]
        tried.append(Tried(rule.name, said, why))
        if said is Said.DECIDED:
            return Duty(holder, rule.holder, rule.level, rule.name, rule.why, tuple(tried))
    raise AssertionError("read_duties lets no rules pass whose last one can fail")


def read_duties(content: Mapping[str, Any], levels: Collection[str], catalogue: Catalogue) -> Duties:
    """Read the rules from the form of `data/lookups/duties.json`.

    Raises
    ------
    BadInput
        A condition, a word, a holder, a level or a category is not known, or the last rule could fail.
    """
    rules = [_rule(row, levels, catalogue) for row in content["rules"]]
    if not rules or rules[-1].conditions or rules[-1].holder not in {Holder.DESK, Holder.UNIT}:
        raise BadInput("the last duty rule must hold for everything and name the desk or a unit", field="rules")
    return Duties(tuple(rules), tuple(content.get("deputies", ())))


_MISSING = {
    Holder.WORKER: "所在网格没有网格员，或尚未归格",
    Holder.COMMUNITY: "所在社区不明",
    Holder.STREET: "所在街道不明",
    Holder.OWNER: "没有登记属主",
    Holder.UNIT: "规则没有写明单位",
    Holder.DESK: "",
}


def _holder(rule: Rule, facts: Facts) -> str:
    if rule.holder is Holder.WORKER:
        return (facts.grid or "") if facts.worker else ""
    if rule.holder is Holder.OWNER:
        return facts.category.owner if facts.category else ""
    found = {
        Holder.COMMUNITY: facts.community,
        Holder.STREET: facts.street,
        Holder.UNIT: rule.unit,
        Holder.DESK: "受理派单员",
    }
    return found[rule.holder] or ""


def _hold(rule: Rule, facts: Facts, calendar: Calendar) -> tuple[Said, str]:
    for condition, wanted in rule.conditions.items():
        have = _words(condition, facts, calendar)
        words = _told(wanted)
        if have is None:
            return Said.UNKNOWN, f"{_CHINESE[condition]}不明，规则要求{words}"
        met = any(code.startswith(each) for code in have for each in wanted) if condition == "area" else have & wanted
        if not met:
            return Said.OTHER, f"{_CHINESE[condition]}是{_told(have) or '空'}，规则要求{words}"
    return Said.DECIDED, rule.why


_CHINESE = {
    "source": "来源",
    "family": "大类",
    "category": "类别",
    "grid_kind": "网格类型",
    "area": "区域",
    "time": "时间",
}


_TOLD = FAMILIES | {"general": "综合网格", "dedicated": "专属网格", "working": "工作时间", "off": "非工作时间"}


def _told(words: Collection[str]) -> str:
    return "、".join(_TOLD.get(word, word) for word in sorted(words))


def _words(condition: str, facts: Facts, calendar: Calendar) -> set[str] | None:
    """Return what an incident has to say to a condition; None when it is not known."""
    category = facts.category
    if condition == "source":
        return {facts.source}
    if condition == "family":
        return {category.family} if category else None
    if condition == "category":
        return {f"{category.list}/{code}" for code in (category.code, category.parent) if code} if category else None
    if condition == "grid_kind":
        return {facts.grid_kind.value} if facts.grid_kind else None
    if condition == "area":
        return set(facts.area_codes) or None
    return {"working" if _office_open(calendar, facts.at) else "off"}


def _office_open(calendar: Calendar, at: datetime) -> bool:
    return any(opens <= at < closes for opens, closes in calendar.opens(at.astimezone(SHANGHAI).date()))


def _rule(row: Mapping[str, Any], levels: Collection[str], catalogue: Catalogue) -> Rule:
    try:
        name, conditions = row["name"], {key: frozenset(words) for key, words in row["when"].items()}
        rule = Rule(name, conditions, Holder(row["holder"]), row.get("unit", ""), row["level"], row["why"])
    except KeyError as error:
        raise BadInput(f"a duty rule lacks {error.args[0]!r}: {row}", field=str(error.args[0])) from error
    except ValueError as error:
        raise BadInput(
            f"the duty rule {row['name']}: holder is one of {', '.join(Holder)}", rule=row["name"]
        ) from error
    known = {"family": set(FAMILIES), "grid_kind": {each.value for each in GridKind}, "time": set(_TIMES)}
    faults = [f"the level {rule.level}"] if rule.level not in levels else []
    for condition, wanted in conditions.items():
        if condition not in {*known, *_OPEN}:
            faults.append(f"the condition {condition}")
        faults += [f"{condition} {word}" for word in sorted(wanted - known.get(condition, wanted))]
        if not wanted:
            faults.append(f"{condition} without a word")
    categories = {word: catalogue.find(word) for word in sorted(conditions.get("category", ()))}
    faults += [f"the category {word}" for word, found in categories.items() if found is None]
    if rule.holder is Holder.UNIT and not rule.unit:
        faults.append("no unit")
    if faults:
        raise BadInput(f"the duty rule {name} has what cannot be: {', '.join(faults)}", rule=name, faults=faults)
    if categories:  # by list and code, whichever word was written
        named = frozenset(f"{found.list}/{found.code}" for found in categories.values() if found)
        rule = replace(rule, conditions={**conditions, "category": named})
    return rule
