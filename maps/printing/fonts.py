"""The two faces of a printed map: found, measured, and held to it that every character has a glyph."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from fontTools.ttLib import TTFont
from matplotlib.font_manager import FontProperties, findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font, LoadFlags

from gridmap.errors import BadInput, SetupMissing
from maps.printing.paper import MM_PER_POINT

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Faces with the Chinese forms of characters; another face of the same file has the Japanese 门 直 骨.
_FAMILIES = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN")
_FILES = ("notosanscjk", "notosanssc", "sourcehansans")
_SHAPELESS = {"Cc", "Cf", "Cs"}  # not private use nor unassigned: a rare character in a name may be one
CAP_HEIGHT = 0.733  # of the type size: digits and capitals
ASCENT, DESCENT = 0.88, 0.12  # what a Chinese character takes above and below the baseline


@dataclass(frozen=True, eq=False)
class Face:
    """One weight of the printed type.

    Parameters
    ----------
    family, weight : str
        As matplotlib's font manager knows them.
    font : FT2Font
        Set to `_EM` points at 72 dpi, for measuring.
    """

    family: str
    weight: str
    font: FT2Font
    _properties: dict[float, FontProperties] = field(default_factory=dict)
    _advances: dict[str, float] = field(default_factory=dict)
    _outlines: dict[str, tuple[NDArray[np.float64], NDArray[np.uint8]]] = field(default_factory=dict)

    def properties(self, size: float) -> FontProperties:
        """For matplotlib; size in points."""
        if size not in self._properties:
            self._properties[size] = FontProperties(family=self.family, weight=self.weight, size=size)
        return self._properties[size]

    def width(self, text: str, size: float) -> float:
        """Millimetres that a line of text takes at a size in points."""
        return sum(self._advance(sign) for sign in text) * size * MM_PER_POINT

    def require_glyphs(self, text: str, where: str) -> None:
        """Hold a text to it that every character can be printed.

        Raises
        ------
        BadInput
            A character has no glyph; it would stand on the map as an empty box.
        """
        missing = next((sign for sign in text if not self.font.get_char_index(ord(sign))), None)
        if missing is not None:
            raise BadInput(
                f"{where}: the font {self.family} has no glyph for {missing!r} (U+{ord(missing):04X}) in {text!r}: "
                "correct the text in the register",
                character=missing,
                where=where,
                text=text,
            )

    def outline(self, text: str) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Trace a line of text in millimetres at one point of type size: vertices (N, 2), path codes (N,)."""
        vertices, codes, pen = [], [], 0.0
        for sign in text:
            points, kinds = self._outline(sign)
            vertices.append(points + np.array([pen, 0.0]))
            codes.append(kinds)
            pen += self._advance(sign)
        return np.concatenate(vertices) * MM_PER_POINT, np.concatenate(codes)

    def _advance(self, sign: str) -> float:
        if sign not in self._advances:
            known = self.font.get_char_index(ord(sign))  # what is not known is refused when it is written
            glyph = self.font.load_glyph(known, flags=LoadFlags.NO_HINTING) if known else None
            self._advances[sign] = glyph.linearHoriAdvance / 65536 / _EM if glyph else 1.0
        return self._advances[sign]

    def _outline(self, sign: str) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        if sign not in self._outlines:
            self.font.load_char(ord(sign), flags=LoadFlags.NO_HINTING)
            vertices, codes = self.font.get_path()
            self._outlines[sign] = (np.asarray(vertices, dtype=float).reshape(-1, 2) / _EM, np.asarray(codes))
        return self._outlines[sign]


_EM = 1000.0


@cache
def face(weight: str = "regular") -> Face:
    """Find a weight of the printed type, `regular` or `bold`.

    Raises
    ------
    SetupMissing
        No Chinese font is installed.
    """
    found = _found(weight)
    if found is None:
        for path in findSystemFonts():  # installed after matplotlib made its list
            if any(name in path.lower().replace("-", "").replace(" ", "") for name in _FILES):
                fontManager.addfont(path)
        found = _found(weight)
    if found is None:
        raise SetupMissing(
            "printing needs a Chinese font: install Noto Sans CJK (apt-get install fonts-noto-cjk) or put "
            "Source Han Sans SC into the folder of fonts",
            families=list(_FAMILIES),
        )
    return found


def _found(weight: str) -> Face | None:
    known = {entry.name for entry in fontManager.ttflist}
    for family in _FAMILIES:
        if family in known:
            path = fontManager.findfont(FontProperties(family=family, weight=weight), fallback_to_default=False)
            font = FT2Font(path, face_index=getattr(path, "face_index", 0))
            font.set_size(_EM, 72)  # ours alone: matplotlib sets the size of its own
            return Face(family, weight, font)
    return None


@cache
def pdf_font_type() -> int:
    """How fonts are put into a PDF: 42 (TrueType) where the outlines are such, else 3.

    matplotlib writes PostScript outlines (the Noto and Source Han families) under type 42 as if they were TrueType;
    some readers refuse such a file. Type 3 holds the same outlines and stays searchable.
    """
    path = fontManager.findfont(face().properties(10), fallback_to_default=False)
    with TTFont(path, fontNumber=getattr(path, "face_index", 0), lazy=True) as font:
        return 42 if "glyf" in font else 3


def plain(text: str) -> str:
    """Make one printable line of a text: line ends become spaces, directions and controls nothing."""
    signs = (" " if sign.isspace() else "" if _shapeless(sign) else sign for sign in unicodedata.normalize("NFC", text))
    return " ".join("".join(signs).split())


def _shapeless(sign: str) -> bool:
    last_of_plane = ord(sign) & 0xFFFE == 0xFFFE  # the last two of every plane are no characters
    return last_of_plane or unicodedata.category(sign) in _SHAPELESS
