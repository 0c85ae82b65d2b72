"""Archives from strangers: sizes are checked before anything is unpacked."""

from __future__ import annotations

import shutil
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gridmap.errors import FileRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_UNPACKED = 2 << 30  # bytes; a city's buildings as a shapefile stay below
MAX_RATIO = 200  # sheets full of blanks reach 100
_RATIO_FROM = 16 << 20  # small files may be as empty as they like
MAX_MEMBERS = 10_000
# What zipfile raises on damaged archives: sizes and offsets that lead nowhere, names that are no text
BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)


def check_archive(path: Path) -> list[zipfile.ZipInfo]:
    """List the members of a zip archive that is safe to unpack.

    Raises
    ------
    FileRefused
        Cut short or damaged; or its members unpack to more than `MAX_UNPACKED` bytes or to more than `MAX_RATIO`
        times its size, or are encrypted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except BROKEN_ARCHIVE as broken:
        raise FileRefused(
            f"{path.name} is a damaged archive or was cut short ({broken}); copy or download it again",
            file=path.name,
        ) from broken
    unpacked = sum(member.file_size for member in members)
    size = path.stat().st_size
    if (
        unpacked > MAX_UNPACKED
        or len(members) > MAX_MEMBERS
        or (unpacked > _RATIO_FROM and unpacked > MAX_RATIO * size)
    ):
        raise FileRefused(
            f"{path.name} would unpack from {size:,} to {unpacked:,} bytes in {len(members)} files, like a zip bomb; "
            f"the limits are {MAX_UNPACKED:,} bytes and {MAX_RATIO} times; if it is genuine, unpack it by hand",
            file=path.name,
            packed=size,
            unpacked=unpacked,
        )
    if any(member.flag_bits & 1 for member in members):
        raise FileRefused(f"{path.name} is protected by a password; pack it again without one", file=path.name)
    return members


def unpack(path: Path, members: Iterable[zipfile.ZipInfo], folder: Path, stem: str) -> None:
    """Unpack members as `stem` plus their endings; their own names, of whatever encoding, are not used.

    Raises
    ------
    FileRefused
        A member is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member in members:
                target = folder / (stem + PurePosixPath(member.filename).suffix.lower())
                with archive.open(member) as source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
    except BROKEN_ARCHIVE as broken:
        raise FileRefused(
            f"{path.name} cannot be unpacked ({broken}), it is damaged inside; copy or download it again",
            file=path.name,
        ) from broken
