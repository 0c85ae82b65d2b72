"""What is told about 四至 to office workers, in their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.flood import DIRECTIONS
from gridmap.space.limits.values import FOUR_SIDES, SIDE_WORDS, Side
from gridmap.space.limits.verdict import Status, TroubleKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.space.limits.readings import Reading
    from gridmap.space.limits.verdict import Trouble

CORNERS = {Side.NORTHEAST: "东北", Side.SOUTHEAST: "东南", Side.SOUTHWEST: "西南", Side.NORTHWEST: "西北"}
STATUS = {
    Status.EXACT: "完全吻合",
    Status.GAP_BRIDGED: "有缺口已补",
    Status.AMBIGUOUS: "多种可能",
    Status.UNRESOLVED: "无法确定",
}
_TOLD = 0.05  # hectares of a difference that are told
_NEAR = 1.0  # metres of a gap that are not told


def side_word(side: Side) -> str:
    """Return 东, 南, 西, 北, or one between them."""
    return SIDE_WORDS.get(side) or CORNERS[side]


def trouble_words(trouble: Trouble) -> str:
    """Say what is wrong, with the side, the feature and the metres."""
    at = f"{side_word(trouble.side)}至" if trouble.side else ""
    name = f"「{trouble.name}」" if trouble.name else ""
    metres = f"{trouble.metres:.0f} 米"
    return {
        TroubleKind.NOT_FOUND: f"{at}{name}在地图上没有找到",
        TroubleKind.MISSING_SIDE: f"没有写{at}",
        TroubleKind.APART: f"{at}{name}与相邻界线不相接" + (f"，相距 {metres}" if trouble.metres >= _NEAR else ""),
        TroubleKind.UNUSED: f"{at}{name}不在边界上",
        TroubleKind.WRONG_SIDE: f"{at}{name}的方位不对" if name else f"{at}的界线方位不对",
        TroubleKind.GAP: f"{_towards(trouble.side)}有 {metres}不在所述界线上",
        TroubleKind.RIVAL: "不止一种画法",
        TroubleKind.ALIAS: f"{at}{name}按「{'、'.join(trouble.offers)}」查找",
    }[trouble.kind]


def disagreement_words(agreement: float, off: Mapping[Side, float], troubles: Sequence[Trouble]) -> str:
    """Say how a sentence and a polygon part: agreement, and on which side by how many metres."""
    gaps = {each.side: each.metres for each in troubles if each.kind is TroubleKind.GAP and each.side}
    metres = {side: max(value, gaps.get(side, 0.0)) for side, value in {**gaps, **off}.items()}
    said = [f"{_towards(side)}有 {value:.0f} 米不在所述界线上" for side, value in metres.items() if value >= _NEAR]
    said += [trouble_words(each) for each in troubles if each.kind is not TroubleKind.GAP]
    drawn = f"重合 {agreement:.1%}" if agreement > 0 else "由四至画不出图形"
    return "；".join([drawn, *dict.fromkeys(said)])


def reading_words(offered: Sequence[Reading]) -> list[str]:
    """Say of each polygon to choose from what tells it from the first."""
    if len(offered) < 2:
        return [""] * len(offered)
    first = "首选：各侧以近侧车行道为界" if any(each.far for each in offered) else "首选"
    return [first, *(_far_words(each) or _difference_words(each.shape, offered[0].shape) for each in offered[1:])]


def _far_words(reading: Reading) -> str:
    sides = "、".join(f"{side_word(side)}侧" for side in reading.far)
    return f"{sides}以远侧车行道为界" if sides else ""


def _difference_words(shape: Any, first: Any) -> str:
    """Say on which sides a polygon is larger or smaller than another, by how many hectares."""
    said = []
    centre = np.array(first.centroid.coords[0])
    for word, parts in (("多", shapely.difference(shape, first)), ("少", shapely.difference(first, shape))):
        hectares = dict.fromkeys(FOUR_SIDES, 0.0)
        for part in (part for part in shapely.get_parts(parts) if part.area > 0):
            away = np.array(part.centroid.coords[0]) - centre
            hectares[max(FOUR_SIDES, key=lambda side: float(away @ DIRECTIONS[side]))] += part.area / 1e4
        said += [f"{side_word(side)}侧{word} {value:.1f} 公顷" for side, value in hectares.items() if value >= _TOLD]
    return "比首选" + "、".join(said) if said else "与首选略有出入"


def _towards(side: Side | None) -> str:
    return f"{side_word(side)}侧" if side else "边界"
