"""The one place where text is made harmless for a page.

Three doors lead into a page: HTML text and attributes, the template strings that Folium and branca write around
what they are given, and JSON blocks. `html.escape` alone is not enough for the second: a name with `${`, a backtick
or a backslash and a digit runs code or stops the whole map, and branca reads rendered text as a Jinja template again.
"""

from __future__ import annotations

import html
import json
from typing import Any

_TEMPLATE_CHARACTERS = str.maketrans({mark: f"&#{ord(mark)};" for mark in "${`\\\n\r"})
_JSON_CHARACTERS = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"})


def inert(text: str) -> str:
    """Make text harmless in HTML, in JavaScript template strings inside HTML, and in Jinja templates.

    A browser shows the text unchanged. Never together with Folium's `parse_html`, which undoes it.
    """
    return html.escape(text).translate(_TEMPLATE_CHARACTERS)


def json_block(value: Any) -> str:
    """Write a value as JSON that can stand inside `<script type="application/json">`.

    Parsing gives back the same value; no text in it can close the element or begin a comment.

    Raises
    ------
    ValueError
        A number is not finite: JSON has no word for it.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_JSON_CHARACTERS)
