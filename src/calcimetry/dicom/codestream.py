"""What a compressed frame says of its own size, checked before a decoder believes it."""

from __future__ import annotations

import struct

_J2K_START = b"\xff\x4f\xff\x51"
#: JPEG 2000 may come in boxes; its codestream then starts within so many bytes.
_BOXES = 512
_J2K_SIZE = struct.Struct(">HHIIIIIIIIH3B")
_JPEG_START = b"\xff\xd8"
#: Start of frame of each kind of JPEG: all of C0 to CF but tables and reserved ones; JPEG-LS.
_FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
#: JPEG markers that stand alone, without a length.
_ALONE = {0x01, *range(0xD0, 0xDA)}


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
        JPEG 2000 of any kind; otherwise JPEG or JPEG-LS.

    Returns
    -------
    str

    Examples
    --------
    >>> problem_of(b"", 512, 512, jpeg_2000=False)
    'its compressed pixels are damaged'

    References
    ----------
    ITU-T T.81 annex B (JPEG), T.87 annex C (JPEG-LS), T.800 annex A (JPEG 2000).
    """
    found = _jpeg_2000_size(data) if jpeg_2000 else _jpeg_size(data)
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


def _jpeg_size(data: bytes) -> tuple[int, int, int] | None:
    if data[:2] != _JPEG_START:
        return None
    place = 2
    while place + 10 <= len(data):
        mark, kind = data[place], data[place + 1]
        if mark != 0xFF:
            return None
        if kind == 0xFF:  # fill bytes may stand before a marker
            place += 1
        elif kind in _ALONE:
            place += 2
        elif kind in _FRAME_MARKERS:
            rows, columns, parts = struct.unpack_from(">HHB", data, place + 5)
            return rows, columns, parts
        else:
            place += 2 + max(2, int.from_bytes(data[place + 2 : place + 4], "big"))
    return None
