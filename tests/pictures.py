"""Small pictures for tests."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image


def picture(kind: str = "JPEG", width: int = 40, height: int = 30, **options: object) -> bytes:
    """Draw a picture that no compression makes nothing of."""
    colours = np.random.default_rng(7).integers(0, 256, size=(height, width, 3), dtype=np.uint8)
    stream = BytesIO()
    Image.fromarray(colours).save(stream, kind, **options)
    return stream.getvalue()
