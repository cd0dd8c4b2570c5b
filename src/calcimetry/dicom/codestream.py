"""What a compressed frame says of its own size, checked before a decoder believes it."""

from __future__ import annotations

import struct

from calcimetry.dicom.jpeg import jpeg_size

_J2K_START = b"\xff\x4f\xff\x51"
#: JPEG 2000 may come in boxes; its codestream then starts within so many bytes.
_BOXES = 512
_J2K_SIZE = struct.Struct(">HHIIIIIIIIH3B")


def problem_of(data: bytes, rows: int, columns: int, jpeg_2000: bool) -> str:
    """Why a compressed frame may not be decoded; empty where it may.

    A decoder makes room for what the frame itself states, whatever the DICOM header says.

    Parameters
    ----------
    data : bytes
        One compressed frame.
    rows, columns : int
        What the DICOM header states.
    jpeg_2000 : bool
        JPEG 2000 of any kind; otherwise lossless JPEG or JPEG-LS.

    Returns
    -------
    str

    Examples
    --------
    >>> problem_of(b"", 512, 512, jpeg_2000=False)
    'its compressed pixels are damaged'

    References
    ----------
    ITU-T T.800 annex A (JPEG 2000).
    """
    found = _jpeg_2000_size(data) if jpeg_2000 else jpeg_size(data)
    if found is None:
        return "its compressed pixels are damaged"
    if found != (rows, columns, 1):
        return (
            f"its compressed pixels are {found[0]} x {found[1]} x {found[2]}, the header says "
            f"{rows} x {columns} x 1"
        )
    return ""


def _jpeg_2000_size(data: bytes) -> tuple[int, int, int] | None:
    start = data.find(_J2K_START, 0, _BOXES)
    if start < 0 or len(data) < start + 4 + _J2K_SIZE.size:
        return None
    _, _, right, bottom, left, top, *_, parts, _, across, down = _J2K_SIZE.unpack_from(
        data, start + 4
    )
    if across != 1 or down != 1:
        return None
    return bottom - top, right - left, parts
