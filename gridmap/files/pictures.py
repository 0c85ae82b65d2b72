"""Photos that people send: whether they are pictures, before they are kept and shown as such."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from gridmap.errors import BadInput

MOST_PIXELS = 60_000_000  # more than telephones take; a small file can claim any number
_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def picture_type(content: bytes) -> str:
    """Return the media type of a picture that can be read to its end.

    A JPEG is decoded at an eighth of its size, of a PNG every part is compared with its check sum.

    Raises
    ------
    BadInput
        It is no JPEG or PNG, has too many pixels, or is damaged or cut off.
    """
    media_type = next((found for magic, found in _MAGIC.items() if content.startswith(magic)), None)
    if media_type is None:
        raise BadInput("a photo is a JPEG or a PNG", field="photos")
    from PIL import Image  # noqa: PLC0415 -- a tenth of a second that commands without photos need not pay

    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as picture:
            pixels = picture.width * picture.height
            if pixels > MOST_PIXELS:
                raise _too_large()
            if media_type == "image/png":
                picture.verify()
            else:
                picture.draft("RGB", (1, 1))
                picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        kind = "JPEG" if media_type == "image/jpeg" else "PNG"
        raise BadInput(
            f"a photo begins as a {kind} and is none, or is cut off: send the file as the camera made it",
            field="photos",
        ) from error
    return media_type


def _too_large() -> BadInput:
    return BadInput(f"a photo has at most {MOST_PIXELS // 10**6} million pixels: make it smaller", field="photos")
