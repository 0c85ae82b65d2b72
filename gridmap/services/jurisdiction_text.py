"""The sentence of a 属地核实单, made of what it says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from gridmap.model.cases import Reason
from gridmap.services.described import REASON_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping


def sentence(content: Mapping[str, Any]) -> str:
    """Say in one Chinese sentence whose land it is and by what."""
    place = f"CGCS2000坐标东经{content['lon']:.6f}°、北纬{content['lat']:.6f}°"
    subject = f"{content['subject']}（{place}）" if content["subject"] else place
    where = f"{subject}，位于{content['side']['words']}" if content["side"] else subject
    return f"经核实，{where}。{_plan(content)}，{_verdict(content)}{_doubt(content)}"


def chinese_day(day: str) -> str:
    """Write 2026-03-01 as 2026年3月1日."""
    found = date.fromisoformat(day)
    return f"{found.year}年{found.month}月{found.day}日"


def _plan(content: Mapping[str, Any]) -> str:
    plan = content["plan"]
    known = [f"{chinese_day(plan['from'])}起施行"] if plan["from"] else []
    known += [f"批准文号：{plan['document']}"] if plan["document"] else []
    said = f"（{'，'.join(known)}）" if known else ""
    return f"按{chinese_day(content['day'])}有效的《{plan['name']}》{said}"


def _verdict(content: Mapping[str, Any]) -> str:
    basis = content["basis"]
    said = f"{_lies(content)}；{_decided(content)}。" if basis else f"{_by_place(content)}。"
    return said + _held(content)


def _by_place(content: Mapping[str, Any]) -> str:
    """Say whose land a place is."""
    if not content["grid"]:
        return _outside(content, content["street"]["name"])
    owner = f"属{_owner(content['grid'], content['street']['name'])}"
    if content["reason"] == "edge":
        return f"该处在网格界线上，依界线归编码在前网格的规则，{owner}"
    return f"该处{owner}{_border(content)}"


def _lies(content: Mapping[str, Any]) -> str:
    """Say where the point lies, whoever has the case."""
    point = content["point"]
    if not point["grid"]:
        return _outside(content, point["street"])
    where = _owner(point["grid"], point["street"])
    return f"该处在{where}{'界线上' if point['reason'] == 'edge' else f'范围内{_border(content)}'}"


def _decided(content: Mapping[str, Any]) -> str:
    """Say which rule gave the case to its grid."""
    rule, words = content["basis"]["rule"], content["basis"]["words"]
    grid = content["grid"]
    owner = f"属{_owner(grid, content['street']['name'])}" if grid else "该工单未归入网格"
    if rule == "manual":
        known = f"（{words}）" if words else ""
        return f"该工单归属已由人工指定{known}，依人工指定优先于名单和坐标位置的归格规则，{owner}"
    if rule == "listed":
        return f"所在楼栋{words}已列入网格纳入名单，依名单优先于坐标位置的归格规则，{owner}"
    return f"该工单按归格时登记的位置，{owner}"


def _held(content: Mapping[str, Any]) -> str:
    """Say what the case has itself, where that is something else."""
    held = content["held"]
    if not held:
        return ""
    if not held["code"]:
        return "该工单在系统中尚未归格。"
    return f"该工单在系统中的归属为{called(held)}（{REASON_WORDS[Reason(held['reason'])]}）。"


def _outside(content: Mapping[str, Any], street: str) -> str:
    nearest, metres = content["nearest"], content["distance"]
    near = f"，最近的是{called(nearest)}，相距{metres:.1f}米" if nearest else ""
    return f"该处不在{street}各网格范围之内{near}"


def _border(content: Mapping[str, Any]) -> str:
    metres, other = content["distance"], content["neighbour"]
    border = f"，距网格边界{metres:.1f}米" if metres is not None else ""
    return border + (f"，边界另一侧为{other['name'] or called(other)}" if other else "")


def _owner(grid: Mapping[str, Any], street: str) -> str:
    return f"{street}{grid['community_name']}{_own_name(grid)}"


def called(grid: Mapping[str, Any]) -> str:
    """Call a grid by its name and code; one whose name may not be told by its code alone."""
    return f"{grid['name']}（{grid['code']}）" if grid["name"] else f"网格{grid['code']}"


def _own_name(grid: Mapping[str, Any]) -> str:
    """Leave the community's name out of the grid's where it begins with it."""
    name = str(grid["name"])
    return called({**grid, "name": name.removeprefix(grid["community_name"]) or name})


def _doubt(content: Mapping[str, Any]) -> str:
    if not content["doubtful"]:
        return ""
    return f"所给位置误差约±{content['accuracy']:.0f}米，大于到边界的距离，请结合现场核实。"
