"""A photo is a picture to its end, whatever its first bytes say."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import picture

from gridmap.errors import BadInput
from gridmap.files.pictures import MOST_PIXELS, picture_type

WHOLE = {
    "image/jpeg": [picture("JPEG"), picture("JPEG", progressive=True), picture("JPEG", 1600, 1200, quality=50)],
    "image/png": [picture("PNG"), picture("PNG", 1, 1)],
}
MAGIC = [b"\xff\xd8\xff", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"]
SMALL = [WHOLE["image/jpeg"][0], WHOLE["image/jpeg"][1], WHOLE["image/png"][0]]


@pytest.mark.parametrize("media_type", WHOLE)
def test_pictures_are_known(media_type: str) -> None:
    for content in WHOLE[media_type]:
        assert picture_type(content) == media_type


def test_pictures_of_telephones_that_hold_a_second_one_are_known() -> None:
    content = picture("MPO", save_all=True)
    assert picture_type(content) == "image/jpeg"


@pytest.mark.parametrize("magic", MAGIC)
@given(rest=st.one_of(st.just(b"<script>alert(1)</script>"), st.binary(max_size=200)))
def test_first_bytes_make_no_picture(magic: bytes, rest: bytes) -> None:
    with pytest.raises(BadInput, match=r"begins as a (JPEG|PNG)"):
        picture_type(magic + rest)


@given(content=st.sampled_from(SMALL), share=st.floats(0, 0.95))
def test_a_picture_that_was_cut_off_is_none(content: bytes, share: float) -> None:
    with pytest.raises(BadInput, match="a photo"):
        picture_type(content[: int(share * len(content))])


@given(content=st.sampled_from(SMALL), data=st.data())
def test_a_damaged_picture_is_a_picture_or_refused(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadInput):
        assert picture_type(bytes(damaged)) in WHOLE


@pytest.mark.parametrize("side", [8_000, 9_500, 14_000, 2**31 - 1])
def test_a_small_file_that_claims_many_pixels_is_refused(side: int) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    assert side * side > MOST_PIXELS
    with pytest.raises(BadInput, match="million pixels"):
        picture_type(MAGIC[2] + head + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b""))


def test_what_is_no_picture_is_told() -> None:
    for content in (b"", b"GIF89a", b"%PDF-1.7", b"<svg/>"):
        with pytest.raises(BadInput, match="a JPEG or a PNG"):
            picture_type(content)
