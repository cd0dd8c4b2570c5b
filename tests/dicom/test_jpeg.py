"""Only frames that are built as the standard says reach a decoder."""

import struct

import pytest

from calcimetry.dicom.jpeg import jpeg_size

LOSSLESS, JPEG_LS, BASELINE = 0xC3, 0xF7, 0xC0
#: One Huffman table: class 0, two codes of 1 and 2 bits.
TABLE = b"\x00" + bytes([1, 1]) + bytes(14) + b"\x00\x01"
SCAN = bytes([1, 1, 0, 1, 0, 0])
CODED = b"\x12\xff\x00\x34\xff\xd0\x56"


def segment(kind, body):
    return struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body


def jpeg(
    *, kind=LOSSLESS, bits=16, rows=36, columns=40, parts=1, before=b"", table=TABLE, **changes
):
    frame = struct.pack(">BHHB", bits, rows, columns, parts) + b"\x01\x11\x00" * parts
    return (
        b"\xff\xd8"
        + before
        + segment(kind, changes.get("frame", frame))
        + segment(0xC4, table)
        + segment(0xDA, changes.get("scan", SCAN))
        + changes.get("coded", CODED)
        + changes.get("end", b"\xff\xd9")
    )


@pytest.mark.parametrize(
    "data",
    [
        jpeg(),
        jpeg(kind=JPEG_LS, scan=bytes([1, 1, 0, 2, 0, 0])),
        jpeg(bits=12),
        jpeg(before=segment(0xE0, b"JFIF")),
        jpeg(before=segment(0xFE, b"a comment") + b"\xff\xff"),
        jpeg(before=segment(0xDD, b"\0\x08")),
        jpeg(table=TABLE + TABLE),
        jpeg(end=b"\xff\xd9\x00"),
    ],
)
def test_sound_frames(data):
    assert jpeg_size(data) == (36, 40, 1)


def test_the_size_is_the_frames_own():
    assert jpeg_size(jpeg(rows=7, columns=65535, parts=3)) == (7, 65535, 3)


@pytest.mark.parametrize(
    ("why", "data"),
    [
        ("empty", b""),
        ("no start", jpeg()[2:]),
        ("not JPEG", b"\xff\xd8" + bytes(40)),
        ("cut off in a segment", jpeg()[:30]),
        ("cut off in the coded data", jpeg(end=b"")),
        ("a segment of length 0", b"\xff\xd8\xff\xe0\0\0" + jpeg()[2:]),
        ("another kind of JPEG", jpeg(kind=BASELINE)),
        ("two frame headers", jpeg(before=jpeg()[2:15])),
        ("no frame header", jpeg(kind=0xE0)),
        ("no scan", jpeg()[: -len(CODED) - 12] + b"\xff\xd9"),
        ("86 bits", jpeg(bits=86)),
        ("1 bit", jpeg(bits=1)),
        ("a short frame header", jpeg(frame=b"\x10\0")),
        ("a frame header of other length", jpeg(frame=b"\x10\0\x24\0\x28\x02\x01\x11\0")),
        ("predictor 0", jpeg(scan=bytes([1, 1, 0, 0, 0, 0]))),
        ("predictor 8", jpeg(scan=bytes([1, 1, 0, 8, 0, 0]))),
        ("a point transform", jpeg(scan=bytes([1, 1, 0, 1, 0, 2]))),
        ("a scan of two components", jpeg(scan=bytes([2, 1, 0, 1, 0, 0]))),
        ("a long scan header", jpeg(scan=SCAN + b"\0")),
        ("a table cut off", jpeg(table=TABLE[:-1])),
        ("a table of a word", jpeg(table=b"\0\0")),
        ("a table of too many codes", jpeg(table=b"\0" + bytes([3]) + bytes(15) + b"\0\1\2")),
        ("a table of 18 codes", jpeg(table=b"\0" + bytes(15) + bytes([18]) + bytes(18))),
        ("a symbol of 17 bits", jpeg(table=TABLE[:-1] + b"\x11")),
        ("a table of no class", jpeg(table=b"\x77" + TABLE[1:])),
        ("a marker in the coded data", jpeg(coded=b"\x12\xff\xda\x34")),
        ("a second end", jpeg(coded=b"\x12\xff\xd9\x34")),
    ],
)
def test_what_is_not_let_near_a_decoder(why, data):
    assert jpeg_size(data) is None, why
