"""属地核实单 on paper and on the screen: what `gridmap.services.jurisdiction` states, with its small map."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from gridmap.files.documents import Heading, Paragraph, Picture, Table, document_bytes
from gridmap.model.cases import Reason
from gridmap.services.described import REASON_WORDS
from gridmap.services.jurisdiction_ground import SIDE_WORDS
from gridmap.services.jurisdiction_text import called, chinese_day
from maps.printing.statement import SHOWN, names_on, statement_pdf, statement_picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gridmap.services.jurisdiction import Statement

TITLE = "属地核实单"
REMARK = "示意图，不作为权属依据"
_STYLE = """
*{box-sizing:border-box}body{margin:0;background:#F5F7FA;color:#1F2933;
font:14px/1.5 'PingFang SC','HarmonyOS Sans','Microsoft YaHei','Noto Sans CJK SC',sans-serif}
main{background:#fff;border:1px solid #E4E7EB;border-radius:8px;padding:24px;margin:12px auto;max-width:820px}
h1{font-size:20px;line-height:28px;margin:0 0 4px}p{margin:0 0 12px}.hint{color:#52606D}
.code{font-variant-numeric:tabular-nums;font-weight:600;letter-spacing:.04em}
.said{font-size:16px;border-left:3px solid #1F5FBF;padding-left:12px;margin:16px 0}
.state{display:inline-block;border:1px solid;border-radius:4px;padding:0 8px;font-weight:600}
.good{color:#2F855A}.bad{color:#C53030}.changed{color:#975A16}
table{border-collapse:collapse;width:100%;margin:12px 0}th,td{border:1px solid #E4E7EB;padding:6px 12px}
th{text-align:left;background:#F5F7FA;font-weight:500;width:9em;white-space:nowrap}
svg{display:block;width:100%;max-width:560px;height:auto;margin:12px auto;border:1px solid #E4E7EB}
a{color:#1F5FBF}nav{display:flex;gap:12px;flex-wrap:wrap}
nav a{padding:8px 12px;border:1px solid #1F5FBF;border-radius:8px;
text-decoration:none;min-height:44px;display:flex;align-items:center}
@media(max-width:600px){body{font-size:16px}main{margin:0;border:0;border-radius:0;padding:16px}
th{width:7em;white-space:normal}}
@media print{body{background:#fff}main{border:0;margin:0}nav{display:none}}
"""
_LETTERS = 18  # letters that fit beside each other in half of the map
_FILL = {"waters": "#CFE3F2", "roads": "none", "railways": "none"}
_LINE = {"waters": "#9CC3DF", "roads": "#9AA5B1", "railways": "#52606D"}


def rows_of(statement: Statement) -> list[tuple[str, str]]:
    """Return the lines of the table: what is asked, what is answered, by what. What is not known has no line."""
    said = statement.content
    plan = said["plan"]
    rows = [
        ("工单编号", said["incident"]),
        ("地点", said["subject"]),
        ("坐标（CGCS2000）", f"东经{said['lon']:.6f}°，北纬{said['lat']:.6f}°"),
        ("位置误差", f"约±{said['accuracy']:.0f}米" if said["accuracy"] else ""),
        ("核实结论", REASON_WORDS[Reason(said["reason"])]),
        *_land(said),
        ("判定界线", f"位于{said['side']['words']}" if said["side"] else ""),
        ("四面", "；".join(f"{SIDE_WORDS[s['side']]}距{s['name']}{s['metres']:.0f}米" for s in said["sides"])),
        ("网格四至", said["grid"].get("four_limits", "")),
        ("依据方案", plan["name"] + (f"（{chinese_day(plan['from'])}起施行）" if plan["from"] else "")),
        ("批准文号", plan["document"] + (f"（{chinese_day(plan['document_date'])}）" if plan["document_date"] else "")),
        ("依据文件", said["grid"].get("source_document", "")),
        ("口径日期", chinese_day(said["day"])),
        ("出具时间", f"{statement.made_at:%Y-%m-%d %H:%M}"),
        ("校验码", statement.code),
    ]
    return [(name, value) for name, value in rows if value]


def _land(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield whose land it is, and what lies beyond the border."""
    grid, nearest, neighbour = said["grid"], said["nearest"], said["neighbour"]
    basis, point, held = (said.get(name) for name in ("basis", "point", "held"))  # an old statement has none of them
    if grid:
        yield "所属网格", called(grid)
        yield "所属社区", f"{grid['community_name']}（{grid['community_code']}）" if grid["community_name"] else ""
    if basis:
        yield "归属依据", basis["words"]
    if point and point["grid"].get("id") != grid.get("id"):
        yield "坐标所在网格", called(point["grid"]) if point["grid"] else "各网格范围之外"
    if held:
        yield "系统中归属", called(held) if held["code"] else "尚未归格"
    if nearest:
        yield "最近网格", called(nearest)
    yield "所属街道" if grid else "出具街道", said["street"]["name"]
    if said["distance"] is not None:
        yield "距网格边界", f"{said['distance']:.1f}米"
    if neighbour:
        yield "界线另一侧", called(neighbour)


def statement_page(statement: Statement, *, nonce: str, served: bool = True) -> str:
    """Make the page of a statement: what was said on its day, whether it is intact, what is true today.

    Parameters
    ----------
    nonce : str
        Put on the style, for a strict content-security-policy.
    served : bool
        With links to the papers; a file has none.
    """
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows_of(statement))
    state = "good" if statement.intact else "bad"
    words = "校验通过：内容与出具时一致" if statement.intact else "校验不通过：内容已被改动，请勿采信"
    links = "".join(
        f'<a href="/api/v1/statements/{escape(statement.code)}.{kind}" download>下载 {name}</a>'
        for kind, name in (("docx", "Word"), ("pdf", "PDF"))
    )
    nav = f"<nav>{links}</nav>" if served else ""
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{TITLE} {escape(statement.code)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<style nonce="{escape(nonce)}">{_STYLE}</style></head><body><main>'
        f'<h1>{TITLE}</h1><p class="hint">校验码 <span class="code">{escape(statement.code)}</span></p>'
        f'<p><span class="state {state}">{words}</span> {_today(statement)}</p>'
        f'<p class="said">{escape(statement.content["text"])}</p>'
        f"{_svg(statement.content)}<p class='hint'>{REMARK}</p><table>{table}</table>{nav}"
        "</main></body></html>"
    )


def _today(statement: Statement) -> str:
    """Say beside the old words what the plan in force says now."""
    now = statement.now
    if now is None:
        return '<span class="hint">目前没有现行方案</span>'
    if statement.unchanged:
        return f'<span class="hint">按今日现行方案《{escape(now.plan_name)}》，归属未变</span>'
    owner = f"{now.grid_name}（{now.grid_code}）" if now.grid_code else "各网格范围之外"
    return (
        f'<span class="state changed">归属已调整</span> 按今日现行方案《{escape(now.plan_name)}》，'
        f"{'该工单' if statement.content['incident'] else '该处'}属{escape(owner)}；本单仍以出具时的口径为准"
    )


def _svg(said: Mapping[str, Any]) -> str:
    """Draw the small map; north is up."""
    picture = said["picture"]
    half = picture["half"]
    edge = SHOWN * half
    drawn = []
    for grid in picture["grids"]:
        fill, opacity = ("#1F5FBF", "0.16") if grid["own"] else ("#F7F5EF", "1")
        drawn.append(
            f'<path d="{_path(grid["parts"], close=True)}" fill="{fill}" fill-opacity="{opacity}" fill-rule="evenodd"/>'
        )
    for feature in picture["features"]:
        kind = feature["kind"]
        width = half / (60 if kind == "roads" else 120)
        drawn.append(
            f'<path d="{_path(feature["parts"], close=kind == "waters")}" fill="{_FILL[kind]}" fill-opacity="0.7" '
            f'stroke="{_LINE[kind]}" stroke-width="{width:.2f}" stroke-linecap="round"/>'
        )
    drawn.extend(  # above the roads, as a border often runs along one
        f'<path d="{_path(grid["parts"], close=True)}" fill="none" stroke="#1F2933" stroke-width="{half / 160:.2f}"/>'
        for grid in picture["grids"]
    )
    size = half / _LETTERS
    texts = "".join(
        f'<text x="{x:.1f}" y="{0.35 * size - y:.1f}" font-size="{size:.1f}" text-anchor="middle" '
        f'fill="#1F2933" stroke="#fff" stroke-width="{half / 120:.2f}" paint-order="stroke">{escape(name)}</text>'
        for name, x, y in names_on(picture, size)
    )
    point = (
        f'<circle r="{half / 40:.1f}" fill="#C53030" stroke="#fff" stroke-width="{half / 110:.2f}"/>'
        f'<path d="M{-half / 22:.1f} 0H{half / 22:.1f}M0 {-half / 22:.1f}V{half / 22:.1f}" stroke="#C53030" '
        f'stroke-width="{half / 200:.2f}"/>'
    )
    return (
        f'<svg viewBox="{-edge} {-edge} {2 * edge} {2 * edge}" role="img" aria-label="位置示意图">'
        f'<rect x="{-half}" y="{-half}" width="{2 * half}" height="{2 * half}" fill="#F5F7FA"/>'
        f"{''.join(drawn)}{texts}{point}</svg>"
    )


def _path(parts: list[list[list[float]]], *, close: bool) -> str:
    end = "Z" if close else ""
    return "".join("M" + "L".join(f"{x} {-y}" for x, y in part) + end for part in parts)


def statement_docx(statement: Statement) -> bytes:
    """Make the statement as a Word document."""
    said = statement.content
    table = Table((), rows_of(statement), (38, 120))
    return document_bytes(
        [
            Heading(f"{said['street']['name']}{TITLE}", 0),
            Paragraph(said["text"]),
            Picture(statement_picture(said), 120),
            Paragraph(REMARK, note=True),
            table,
            Paragraph(f"校验：在系统中打开 /verify/{statement.code} 查看原单。", note=True),
        ],
        title=f"{TITLE} {statement.code}",
        author=said["street"]["name"],
        made_at=statement.made_at,
    )


def paper_of(statement: Statement, form: str, public_url: str = "") -> bytes:
    """Make the statement as a paper: `docx`, `pdf`, or `html` without a server.

    Parameters
    ----------
    public_url : str
        Where people reach the server: the QR code leads to the check there; without it, it holds the path.
    """
    if form == "docx":
        return statement_docx(statement)
    if form == "html":
        return statement_page(statement, nonce="", served=False).encode("utf-8")
    said = statement.content
    return statement_pdf(
        said,
        rows_of(statement),
        title=f"{said['street']['name']}{TITLE}",
        remark=REMARK,
        made_at=statement.made_at,
        link=f"{public_url}/verify/{statement.code}",
    )
