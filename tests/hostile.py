"""Ten thousand texts that run code, stop a page or break a file somewhere, and values filled with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridmap.services.overview_values import Overview

COUNT = 10_000
RUN = "window.__pwned=1"
PIECES = (
    f"${{{RUN}}}", "`", "\\", "\\`", "\\u0041\\2019", "$", "$\\frac{1}{2}$", "_{x}^", "%s", "%(a)d", "{0}", "{", "}",
    f"</script><script>{RUN}</script>", f"<img src=x onerror={RUN}>", f"<svg/onload={RUN}>", f"<!--<script>{RUN}",
    "-->", "]]>", "</title></style></textarea>", f"'\"><b onmouseover={RUN}>", f"javascript:{RUN}", "&lt;b&gt;",
    "&amp;", "&",
    "{{ 7*7 }}", "{% raw %}", "{# x #}", "{% endraw %}", "=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)",
    '=HYPERLINK("http://a.example")', "'", '"', ",", ";", "\t", "\n", "\r\n", "\u2028", "\u2029", "\u0085", "\u202e",
    "\u202c", "\u200f", "\u2067", "\u2069", "\u200b", "\ufeff", "\u0301", "\x01", "\x07", "\x1b[31m", "\x7f", "网格",
    "解放路", "号", "' OR 1=1 --", "'; DROP TABLE grids; --", "../../etc/passwd", "__proto__", "constructor", "null",
    "true", "1e999", "00123", "<", ">", "<b>", "$&", "$1", "#", "?", "//",
)  # fmt: skip
WITHOUT_GLYPH = ("😀", "שלום", "\ue000")


def hostile_texts(count: int = COUNT, seed: int = 3, more: tuple[str, ...] = WITHOUT_GLYPH) -> list[str]:
    """Make up texts, each another one: one to five pieces, and the number."""
    rng = np.random.default_rng(seed)
    pieces = np.array((*PIECES, *more), dtype=object)
    return ["".join(rng.choice(pieces, size=rng.integers(1, 6))) + f"#{number}" for number in range(count)]


def filled(data: Overview, texts: Iterator[str]) -> Overview:
    """Put the next text into every field of a map that holds text; points of every kind get labels."""
    return replace(
        data,
        title=next(texts),
        subdistrict_name=next(texts),
        plan=next(texts),
        maker=next(texts),
        communities=tuple(
            replace(each, name=next(texts), section=next(texts), four_limits=next(texts)) for each in data.communities
        ),
        grids=tuple(
            replace(each, name=next(texts), short=next(texts), worker=next(texts), four_limits=next(texts))
            for each in data.grids
        ),
        base=tuple(
            replace(
                layer,
                names=tuple(next(texts) for _ in layer.names),
                levels=tuple(next(texts) for _ in layer.levels),
            )
            for layer in data.base
        ),
        points=tuple(replace(layer, labels=tuple(next(texts) for _ in layer.lonlat)) for layer in data.points),
    )
