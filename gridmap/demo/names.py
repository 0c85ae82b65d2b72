"""Invented names: streets, communities, compounds, people. Everybody can tell that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NORTH_SOUTH_MAIN = ("环城西路", "文昌路", "解放路", "人民路", "建国路", "学府路", "环城东路")
EAST_WEST_MAIN = ("环城南路", "建设大道", "滨河南路", "滨河北路", "中山大道", "和平大道", "环城北路")
RIVER, CANAL, RAILWAY, LAKE = "示范河", "清水港", "示范铁路", "示范湖"

_STEMS = (
    "新华 民主 胜利 光明 团结 东风 朝阳 友谊 红旗 五一 青年 工农 前进 育才 公园 体育 银杏 香樟 梧桐 桂花 丹桂 紫荆 "
    "迎春 百花 翠竹 石榴 枫林 松涛 柳堤 荷塘 芦苇 渔港 码头 仓前 盐市 米市 布市 铁匠 书院 状元 钟楼 鼓楼 城隍 文庙 "
    "望江 听涛 观澜 明珠 星光 彩云 祥和 安康 福星 长乐 永兴 太平 同心 惠民 利民 振兴 兴业 创业 科技 纺织 机械 电力 "
    "邮电 车站 站前 货场 北苑 南苑 东园 西园 平湖 镜湖 鹭洲 沙洲 金桥 银桥 石桥 虹桥 双桥 七星 八一 三元 五福 九龙 "
    "百步 千禧 汇通 广聚 德胜 崇文 尚义 知行 格物 明德 至善 求实 勤学 致远"
).split()
SIDE_ROADS = tuple(f"{stem}{ending}" for stem, ending in zip(_STEMS, ("路", "街") * 60, strict=False))
NUMERALS = "一二三四五六七八九十"

_COMPOUND_STEMS = (
    "锦绣 金色 阳光 翡翠 碧水 丽景 康居 怡和 祥瑞 瑞景 福临 盛世 金域 书香 御景 水岸 万和 嘉禾 长青 紫薇 "
    "海棠 玉兰 芙蓉 牡丹 月季 百合 兰亭 竹苑 梅园 菊香 雅居 逸景 名仕 学林 春晓 夏荷 秋实 冬青 晨曦 晚霞"
).split()
_COMPOUND_ENDINGS = "花园 家园 小区 新村 苑 名苑 嘉园 公寓".split()
_WORK_UNITS = "纺织厂 机械厂 电力局 邮电局 粮食局 水泥厂 印刷厂 化肥厂 农机厂 供销社 税务局 法院".split()

_SURNAMES = tuple(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁任沈姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔"
)
_FIRST = tuple("示范样例拟虚")  # the first character of a given name says that the person is invented
_SECOND = tuple("一二三甲乙丙丁东南西北中春夏秋冬山川林木水月星云风雨金玉文武明远和平安宁新民")

SHOP_KINDS: dict[str, tuple[float, tuple[str, ...]]] = {
    "餐饮": (0.27, ("面馆", "小炒", "早点铺", "火锅店", "快餐店", "烧烤店", "粥铺", "奶茶店")),
    "零售": (0.29, ("便利店", "小超市", "水果店", "烟酒店", "五金店", "文具店", "杂货店", "粮油店")),
    "服装": (0.10, ("服装店", "鞋店", "童装店", "裁缝铺")),
    "美容美发": (0.08, ("理发店", "美容店", "美甲店")),
    "医药健康": (0.05, ("药店", "诊所", "眼镜店", "推拿馆")),
    "维修服务": (0.07, ("修车铺", "家电维修部", "手机店", "开锁铺")),
    "教育文体": (0.04, ("书店", "琴行", "托管班", "健身房")),
    "住宿": (0.02, ("旅馆", "宾馆")),
    "休闲娱乐": (0.03, ("网吧", "棋牌室", "台球厅")),
    "中介及其他": (0.05, ("房产中介", "打印店", "快递驿站", "彩票店")),
}
SHOP_STEMS = tuple(
    "老街 顺兴 福来 好邻居 聚源 万家 如意 兴隆 大众 家常 阿婆 小城 四季 天天 百佳 宏达 鑫源 喜乐 同福 味美 云朵 "
    "红房子 街角 转角 春天 金牌 诚信 佳美 荣光 恒顺 一品 三味 五谷 六合 八方 九州 十里 百味".split()
)


def compound_names(rng: np.random.Generator, count: int) -> list[str]:
    """Make that many different names of compounds, one in eight that of a former work unit's flats."""
    plain = [f"{stem}{ending}" for stem in _COMPOUND_STEMS for ending in _COMPOUND_ENDINGS]
    units = [f"{unit}宿舍" for unit in _WORK_UNITS]
    picked = rng.permutation(len(plain))[:count]
    names = [plain[i] for i in picked]
    for place, unit in zip(rng.permutation(count)[: count // 8], units, strict=False):
        names[place] = unit
    return names


def people(rng: np.random.Generator, count: int) -> NDArray[Any]:
    """Make names of persons: a common surname and a given name that says 示, 范, 样, 例, 拟 or 虚."""
    weights = 1.0 / np.arange(3, len(_SURNAMES) + 3)
    surname = np.array(_SURNAMES, dtype=object)[rng.choice(len(_SURNAMES), count, p=weights / weights.sum())]
    first = np.array(_FIRST, dtype=object)[rng.integers(0, len(_FIRST), count)]
    second = np.array(_SECOND, dtype=object)[rng.integers(0, len(_SECOND), count)]
    third = np.array((*[""] * len(_SECOND), *_SECOND), dtype=object)[rng.integers(0, 2 * len(_SECOND), count)]
    made: NDArray[Any] = surname + first + np.where(third == "", second, "") + third
    return made


def phones(rng: np.random.Generator, count: int) -> NDArray[Any]:
    """Make telephone numbers of the form 1990000xxxx, which nobody has."""
    return np.array([f"1990000{number:04d}" for number in rng.integers(0, 10_000, count)], dtype=object)


def chinese_number(value: int) -> str:
    """Write 1 to 99 in Chinese digits, as lanes are numbered: 一, 十, 十二, 二十, 三十五."""
    tens, ones = divmod(value, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else NUMERALS[tens - 1] + "十")
    return head + (NUMERALS[ones - 1] if ones else "")


def pick(rng: np.random.Generator, options: Sequence[str], count: int) -> NDArray[Any]:
    """Choose evenly among words."""
    return np.array(options, dtype=object)[rng.integers(0, len(options), count)]
