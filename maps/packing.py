"""Numbers for a page, small: columns of integers as deltas, deflated, in base64.

100,000 points as GeoJSON are 16.8 MB; like this they are a third of a megabyte. The other end is
`data/assets/js/columns.js`.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def pack(columns: Mapping[str, NDArray[np.int64]]) -> tuple[list[tuple[str, int]], str]:
    """Pack columns of integers into text that can stand anywhere in a page.

    Each column becomes zig-zag deltas (small, never negative) of 32 bits, their lowest bytes first, then the next
    ones: deflate finds little left to say about the upper three.

    Parameters
    ----------
    columns : mapping of str to NDArray of int64, shape (N,)
        Differences of neighbouring values must be below 2**31.

    Returns
    -------
    list of (name, length)
        What is in the text, in that order.
    str
        Base64 of raw deflate.
    """
    parts = []
    for values in columns.values():
        deltas = np.diff(values, prepend=0)
        folded = ((deltas << 1) ^ (deltas >> 63)).astype("<u4")
        parts.append(folded.view(np.uint8).reshape(-1, 4).T.tobytes())
    return [(name, len(values)) for name, values in columns.items()], deflate(b"".join(parts))


def deflate(content: bytes) -> str:
    """Compress with raw deflate and write as base64."""
    packer = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packer.compress(content) + packer.flush()).decode("ascii")
