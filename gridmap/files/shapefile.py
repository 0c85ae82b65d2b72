"""Shapefiles: whether all parts are there and whole, and in which encoding the table is."""

from __future__ import annotations

import codecs
import shutil
import struct
import tempfile
import weakref
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gridmap.errors import FileRefused
from gridmap.files.archives import check_archive, unpack

if TYPE_CHECKING:
    import zipfile

_PARTS = (".shp", ".shx", ".dbf")
_EXTRAS = (".prj", ".cpg")
_MAGIC = b"\x00\x00\x27\x0a"
_NAME = 11  # bytes of a column name in a .dbf, the last of them zero
_END_OF_NAMES = 0x0D
_LANGUAGES = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5"}  # dBASE language ids of Chinese tables


class Unpacked:
    """A folder of unpacked files, removed when nobody holds it any more."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gridmap-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


def parts_of(path: Path) -> list[Path]:
    """List the files that make up a shapefile, whatever the case of their endings."""
    wanted = {path.stem + ending for ending in (*_PARTS, *_EXTRAS)}
    endings = (*_PARTS, *_EXTRAS)
    beside = [other for other in path.parent.iterdir() if other.stem + other.suffix.lower() in wanted]
    return sorted(beside, key=lambda part: endings.index(part.suffix.lower()))


def parts_in_place(path: Path) -> tuple[Path, Unpacked | None]:
    """Give a .shp with all its parts, unpacked from an archive where needed.

    Returns
    -------
    path : Path
        The .shp file.
    keep : Unpacked or None
        Hold on to it as long as the files are needed.

    Raises
    ------
    FileRefused
        Parts are missing or were cut short; an archive without a shapefile, or with several.
    """
    keep = None
    name = path.name
    if path.suffix.lower() == ".zip":
        members = _members(path)
        keep = Unpacked()
        unpack(path, members, keep.folder, "layer")
        path = keep.folder / "layer.shp"
    _require_whole(path, name)
    return path, keep


def _members(path: Path) -> list[zipfile.ZipInfo]:
    members = [member for member in check_archive(path) if not member.is_dir() and "__MACOSX" not in member.filename]
    shapes = [member for member in members if member.filename.lower().endswith(".shp")]
    if len(shapes) != 1:
        found = "、".join(member.filename for member in shapes or members[:10])
        raise FileRefused(
            f"{path.name} holds {len(shapes) or 'no'} shapefile{'s' if len(shapes) > 1 else ''} ({found}); "
            "pack exactly one, with its .shp, .shx, .dbf and .prj",
            file=path.name,
        )
    stem = shapes[0].filename[:-4]
    return [
        member
        for member in members
        if member.filename[:-4] == stem and PurePosixPath(member.filename).suffix.lower() in (*_PARTS, *_EXTRAS)
    ]


def _require_whole(path: Path, name: str) -> None:
    parts = {part.suffix.lower(): part for part in parts_of(path)}
    missing = [ending for ending in _PARTS if ending not in parts]
    if missing:
        raise FileRefused(
            f"{name}: {' and '.join(missing)} of this shapefile {'is' if len(missing) == 1 else 'are'} missing; "
            "a shapefile is several files, copy all of them",
            file=name,
            missing=missing,
        )
    for ending in (".shp", ".shx"):
        with parts[ending].open("rb") as stream:
            head = stream.read(28)
        if not head.startswith(_MAGIC):
            raise FileRefused(
                f"{name}: the {ending} is no part of a shapefile; copy all files again", file=name, part=ending
            )
        _require_size(name, parts[ending], 2 * int.from_bytes(head[24:28], "big"))
    with parts[".dbf"].open("rb") as stream:
        head = stream.read(12)
    rows, start, width = struct.unpack("<IHH", head[4:12]) if len(head) == 12 else (0, 32, 0)
    _require_size(name, parts[".dbf"], start + rows * width)
    shapes = (parts[".shx"].stat().st_size - 100) // 8
    if shapes != rows:
        raise FileRefused(
            f"{name}: the .shx has {shapes} shapes and the .dbf {rows} rows, so they do not belong together; "
            "copy all files again",
            file=name,
        )


def _require_size(name: str, part: Path, expected: int) -> None:
    size = part.stat().st_size
    if size < expected or expected == 0:
        raise FileRefused(
            f"{name}: the {part.suffix} was cut short: it has {size:,} bytes and its header says {expected:,}; "
            "copy it again",
            file=name,
            part=part.suffix,
        )


def find_dbf_encoding(path: Path, wanted: str | None = None) -> str:
    """Find the encoding of a shapefile's table: what its .cpg says, else UTF-8 or GB18030, whichever fits every row.

    Parameters
    ----------
    path : Path
        The .shp.
    wanted : str or None
        Said by the caller: the only one tried.

    Raises
    ------
    FileRefused
        The encoding that was said or stated, or neither of the two, fits.
    """
    parts = {part.suffix.lower(): part for part in parts_of(path)}
    stated = wanted or _stated(parts.get(".cpg"))
    data = parts[".dbf"].read_bytes()
    candidates = [stated] if stated else ["utf-8", "gb18030"]
    if not stated and data[29] in _LANGUAGES and _LANGUAGES[data[29]] not in candidates:
        candidates.append(_LANGUAGES[data[29]])
    tried = []
    for encoding in candidates:
        row = _first_undecodable_row(data, encoding)
        if row is None:
            return encoding
        tried.append(f"{encoding} fails in row {row}")
    raise FileRefused(
        f"{path.name}: the text of the .dbf is in no encoding that was tried: {'; '.join(tried)}; "
        "name the right one with --encoding, for example gbk",
        file=path.name,
        tried=tried,
    )


def _stated(cpg: Path | None) -> str | None:
    if cpg is None:
        return None
    text = cpg.read_text(encoding="ascii", errors="ignore").strip()
    text = {"936": "gb18030", "54936": "gb18030", "65001": "utf-8"}.get(text.removeprefix("ANSI ").strip(), text)
    try:
        return codecs.lookup(text).name
    except LookupError:
        return None  # an unknown code page name tells nothing: look at the bytes


def with_whole_names(path: Path, encoding: str) -> tuple[Path, Unpacked | None]:
    """Give a shapefile whose column names can be read: ten bytes may end within a Chinese character of UTF-8.

    Returns
    -------
    path : Path
        The same .shp, or a copy in which the cut characters are gone.
    keep : Unpacked or None
        Hold on to it as long as the copy is needed.
    """
    parts = {part.suffix.lower(): part for part in parts_of(path)}
    data = bytearray(parts[".dbf"].read_bytes())
    cut = False
    for at, name in _names(data):
        whole = name.decode(encoding, errors="ignore").encode(encoding)
        if whole != name:
            data[at : at + _NAME] = whole.ljust(_NAME, b"\0")
            cut = True
    if not cut:
        return path, None
    keep = Unpacked()
    for ending, part in parts.items():
        shutil.copyfile(part, keep.folder / f"layer{ending}")
    (keep.folder / "layer.dbf").write_bytes(data)
    return keep.folder / "layer.shp", keep


def _names(data: bytes | bytearray) -> list[tuple[int, bytes]]:
    """Where in a .dbf the column names stand, and what they are."""
    (start,) = struct.unpack("<H", data[8:10])
    places = []
    for at in range(32, start - 31, 32):
        if data[at] == _END_OF_NAMES:
            break
        places.append((at, bytes(data[at : at + _NAME]).split(b"\0")[0]))
    return places


def _first_undecodable_row(data: bytes, encoding: str) -> int | None:
    """First row with text that is not of that encoding; a character cut by the end of its field is no fault."""
    rows, start, width = struct.unpack("<IHH", data[4:12])
    names = _names(data)
    if any(_undecodable(name, encoding) for _, name in names):
        return 0
    fields: list[tuple[int, int]] = []
    offset = 1
    for at, _ in names:
        if data[at + _NAME : at + _NAME + 1] == b"C":
            fields.append((offset, data[at + 16]))
        offset += data[at + 16]
    for row in range(rows):
        begin = start + row * width
        for offset, length in fields:
            if _undecodable(data[begin + offset : begin + offset + length].rstrip(b" \0"), encoding):
                return row + 1
    return None


def _undecodable(raw: bytes, encoding: str) -> bool:
    if raw.isascii():
        return False
    try:
        codecs.getincrementaldecoder(encoding)().decode(raw, final=False)
    except UnicodeDecodeError:
        return True
    return False
