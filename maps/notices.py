"""A page that only says something: an empty state or an error, with what to do first."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLE = (
    "body{margin:0;min-height:100vh;display:grid;place-items:center;background:#F5F7FA;color:#1F2933;"
    "font:16px/1.5 'PingFang SC','HarmonyOS Sans','Microsoft YaHei','Noto Sans CJK SC',sans-serif}"
    "main{background:#fff;border:1px solid #E4E7EB;border-radius:8px;padding:24px;margin:12px;max-width:640px}"
    "h1{font-size:20px;margin:0 0 8px}p{margin:0 0 12px;color:#52606D}"
    "pre{background:#F5F7FA;padding:12px;border-radius:8px;overflow:auto;margin:0}"
)


def notice_page(title: str, text: str, commands: Sequence[str], *, nonce: str) -> str:
    """Make a page of one heading, one sentence and the commands to run first.

    Parameters
    ----------
    nonce : str
        Put on the style, for a strict content-security-policy.
    """
    lines = escape("\n".join(commands))
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<style nonce="{escape(nonce)}">{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1><p>{escape(text)}</p><pre>{lines}</pre></main></body></html>"
    )
