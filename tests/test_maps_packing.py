from __future__ import annotations

import base64
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maps.packing import deflate, pack

COLUMNS = st.dictionaries(
    st.text(min_size=1, max_size=8), st.lists(st.integers(-(2**30), 2**30 - 1), max_size=30).map(np.array), max_size=4
)


def unpack(index: list[tuple[str, int]], text: str) -> dict[str, list[int]]:
    content = zlib.decompress(base64.b64decode(text), wbits=-zlib.MAX_WBITS)
    found, at = {}, 0
    for name, length in index:
        planes = np.frombuffer(content[at : at + 4 * length], dtype=np.uint8).reshape(4, -1)
        folded = np.ascontiguousarray(planes.T).view("<u4").ravel().astype(np.int64)
        found[name] = np.cumsum((folded >> 1) ^ -(folded & 1)).tolist()
        at += 4 * length
    assert at == len(content)
    return found


@given(COLUMNS)
def test_columns_come_back(columns: dict[str, np.ndarray]) -> None:
    integers = {name: values.astype(np.int64) for name, values in columns.items()}
    assert unpack(*pack(integers)) == {name: values.tolist() for name, values in integers.items()}


def test_deflated_text_is_harmless_anywhere() -> None:
    assert set(deflate(b"</script>" * 100)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


def test_a_hundred_thousand_points_take_less_than_half_a_megabyte() -> None:
    places = np.random.default_rng(0).integers(0, 40_000, (100_000, 2))
    places = places[np.lexsort((places[:, 1], places[:, 0] // 400))]
    _, text = pack({"x": places[:, 0], "y": places[:, 1]})
    assert len(text) < 500_000
