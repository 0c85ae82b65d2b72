"""The sentence of a 属地核实单, made of what it says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

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
    metres = content["distance"]
    if not content["grid"]:
        nearest = content["nearest"]
        near = f"，最近的是{called(nearest)}，相距{metres:.1f}米" if nearest else ""
        return f"该处不在{content['street']['name']}各网格范围之内{near}。"
    grid = content["grid"]
    owner = f"属{content['street']['name']}{grid['community_name']}{_own_name(grid)}"
    if content["reason"] == "edge":
        return f"该处在网格界线上，依界线归编码在前网格的规则，{owner}。"
    border = f"，距网格边界{metres:.1f}米" if metres is not None else ""
    other = content["neighbour"]
    beyond = f"，边界另一侧为{other['name'] or called(other)}" if other else ""
    return f"该处{owner}{border}{beyond}。"


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
