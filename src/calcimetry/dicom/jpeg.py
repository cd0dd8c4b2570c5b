"""Whether a lossless JPEG frame is built as the standard says, before a decoder is let near it.

GDCM's decoder trusts the frame: a wrong precision or a marker at a wrong place ends the whole
program, with no error that could be caught.
"""

from __future__ import annotations

import struct

#: (rows, columns, values per pixel)
Size = tuple[int, int, int]

_START, _END = b"\xff\xd8", b"\xff\xd9"
_HUFFMAN, _SCAN, _RESTART_INTERVAL = 0xC4, 0xDA, 0xDD
_LOSSLESS, _JPEG_LS, _JPEG_LS_PARAMETERS = 0xC3, 0xF7, 0xF8
#: Application data, quantization tables and comments say nothing that is needed here.
_IGNORED = frozenset({*range(0xE0, 0xF0), 0xDB, 0xFE, _RESTART_INTERVAL, _JPEG_LS_PARAMETERS})
#: Lossless JPEG codes a difference by its number of bits: 0 to 16.
_CATEGORIES = 17
_RESTARTS = range(0xD0, 0xD8)


def jpeg_size(data: bytes) -> Size | None:
    """The size that a lossless JPEG or JPEG-LS frame of one scan states.

    Parameters
    ----------
    data : bytes
        One frame.

    Returns
    -------
    (rows, columns, values per pixel) or None
        None where the frame breaks the rules that lossless frames of CT keep: one
        frame header of 2 to 16 bits, sound Huffman tables, one scan, and after it coded
        data up to the end marker.

    References
    ----------
    ITU-T T.81 annexes B and H (JPEG, lossless), T.87 annex C (JPEG-LS).
    """
    segments, coded = _segments(data)
    frames = [(kind, body) for kind, body in segments if kind in (_LOSSLESS, _JPEG_LS)]
    if len(frames) != 1 or not all(_is_sound(kind, body, frames[0][0]) for kind, body in segments):
        return None
    if segments[-1][0] != _SCAN or not _coded_to_the_end(data, coded):
        return None
    rows, columns, parts = struct.unpack_from(">HHB", frames[0][1], 1)
    return rows, columns, parts


def _segments(data: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """Marker segments up to the first scan, and where its coded data start.

    As far as they can be told apart; a frame that is cut off gives the whole ones.
    """
    found: list[tuple[int, bytes]] = []
    place = len(_START) if data.startswith(_START) else len(data)
    while place + 4 <= len(data):
        mark, kind, length = struct.unpack_from(">BBH", data, place)
        body = data[place + 4 : place + 2 + length]
        if mark == kind == 0xFF:  # fill bytes may stand before a marker
            place += 1
        elif mark != 0xFF or len(body) != length - 2:
            break
        else:
            found.append((kind, body))
            place += 2 + length
            if kind == _SCAN:
                break
    return found, place


def _is_sound(kind: int, body: bytes, frame_kind: int) -> bool:
    """Whether one segment keeps the rules."""
    if kind == _HUFFMAN:
        return _tables_are_sound(body)
    if kind == _SCAN:
        return _scan_is_sound(body, frame_kind)
    if kind == frame_kind:
        return len(body) >= 6 and 2 <= body[0] <= 16 and len(body) == 6 + 3 * body[5]
    return kind in _IGNORED


def _tables_are_sound(body: bytes) -> bool:
    """Whether Huffman tables hold what they count, and only codes that can be told apart."""
    while body:
        counts, rest = body[1:17], body[17:]
        total = sum(counts)
        # Kraft's inequality: codes of 1 to 16 bits fit into one tree.
        room = sum(count << (16 - bits) for bits, count in enumerate(counts, start=1))
        if len(counts) < 16 or len(rest) < total or total > _CATEGORIES or room > 1 << 16:
            return False
        if body[0] > 3 or any(symbol >= _CATEGORIES for symbol in rest[:total]):
            return False
        body = rest[total:]
    return True


def _scan_is_sound(body: bytes, frame_kind: int) -> bool:
    """Whether a scan header is one of one component, without a point transform.

    Of JPEG the predictor is 1 to 7; of JPEG-LS the same byte is the largest error.
    """
    if len(body) != 6 or body[0] != 1:
        return False
    predictor, zero, shift = body[3:]
    return not zero and not shift and (frame_kind == _JPEG_LS or 1 <= predictor <= 7)


def _coded_to_the_end(data: bytes, place: int) -> bool:
    """Whether only coded bytes and restart markers stand between the scan and the end."""
    end = data.rfind(_END)
    while (place := data.find(0xFF, place, end)) >= 0:
        # Coded data follow an FF by 00 (JPEG) or a bit of 0 (JPEG-LS), which no marker does.
        following = data[place + 1]
        if following >= 0x80 and following not in _RESTARTS:
            return False
        place += 2
    return end > 0
