"""A page that only says something: an empty state or an error, with what to do first."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HOME = (("/map", "打开一张图"),)  # where to go from a page that is none
_STYLE = (
    "body{margin:0;min-height:100vh;display:grid;grid-template-columns:minmax(0,640px);place-content:center;"
    "background:#F5F7FA;color:#1F2933;"
    "font:16px/1.5 'PingFang SC','HarmonyOS Sans','Microsoft YaHei','Noto Sans CJK SC',sans-serif}"
    "main{background:#fff;border:1px solid #E4E7EB;border-radius:8px;padding:24px;margin:12px}"
    "h1{font-size:20px;margin:0 0 8px}p{margin:0 0 12px;color:#52606D;overflow-wrap:anywhere}"
    "pre{background:#F5F7FA;padding:12px;border-radius:8px;white-space:pre-wrap;overflow-wrap:anywhere;margin:0}"
    "a{display:inline-flex;align-items:center;min-height:44px;padding:0 16px;border-radius:6px;background:#1F5FBF;"
    "color:#fff;font-weight:600;text-decoration:none}a:focus-visible{outline:3px solid #1F2933;outline-offset:2px}"
)


def notice_page(
    title: str,
    text: str,
    *,
    nonce: str,
    commands: Sequence[str] = (),
    links: Sequence[tuple[str, str]] = (),
) -> str:
    """Make a page of one heading, one sentence, and what to do first.

    Parameters
    ----------
    commands : sequence of str
        Of the command line, for whoever looks after the server.
    links : sequence of (path, words)
        Where to go.
    nonce : str
        Put on the style, for a strict content-security-policy.
    """
    lines = escape("\n".join(commands))
    todo = f"<p>请系统管理员在服务器上运行：</p><pre>{lines}</pre>" if commands else ""
    ways = " ".join(f'<a href="{escape(path)}">{escape(words)}</a>' for path, words in links)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<style nonce="{escape(nonce)}">{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1><p>{escape(text)}</p>{todo}{ways}</main></body></html>"
    )
