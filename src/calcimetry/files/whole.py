"""Whether a result file of an earlier run is still there, from its first byte to its last."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_CHUNK = 1 << 20


def is_whole(path: Path) -> bool:
    """Whether a PNG or a compressed file is whole.

    A PNG is told by its first and last bytes; a gzip file, such as a NIfTI label
    map, by its checksum.
    """
    try:
        if not path.is_file():
            return False
        return _is_whole_gzip(path) if path.suffix == ".gz" else _is_whole_png(path)
    except (OSError, EOFError, zlib.error):
        return False


def _is_whole_png(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(len(_PNG_START))
        file.seek(-len(_PNG_END), os.SEEK_END)
        return start == _PNG_START and file.read() == _PNG_END


def _is_whole_gzip(path: Path) -> bool:
    with gzip.open(path) as file:
        size = 0
        while chunk := file.read(_CHUNK):
            size += len(chunk)
    return size > 0
