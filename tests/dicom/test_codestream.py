"""A compressed frame is believed only where its own size is the header's."""

import struct

import pytest

from calcimetry.dicom.codestream import problem_of
from tests.dicom.test_jpeg import jpeg

SIZE = struct.pack(">HHIIIIIIIIH", 41, 0, 40, 36, 0, 0, 40, 36, 0, 0, 1)
DAMAGED = "its compressed pixels are damaged"


def jpeg_2000(size=SIZE, component=b"\x0f\x01\x01", before=b""):
    return before + b"\xff\x4f\xff\x51" + size + component + bytes(40)


@pytest.mark.parametrize("before", [b"", b"\0\0\0\x0cjP  \r\n\x87\n"])
def test_a_jpeg_2000_frame(before):
    assert problem_of(jpeg_2000(before=before), 36, 40, jpeg_2000=True) == ""


def test_a_jpeg_frame():
    assert problem_of(jpeg(), 36, 40, jpeg_2000=False) == ""


def test_a_frame_of_another_size():
    told = problem_of(jpeg(rows=65535), 36, 40, jpeg_2000=False)
    assert told == "its compressed pixels are 65535 x 40 x 1, the header says 36 x 40 x 1"
    assert "36 x 40 x 3" in problem_of(jpeg(parts=3), 36, 40, jpeg_2000=False)
    larger = SIZE[:4] + struct.pack(">II", 60000, 60000) + SIZE[12:]
    assert "60000 x 60000" in problem_of(jpeg_2000(larger), 36, 40, jpeg_2000=True)


@pytest.mark.parametrize(
    "data",
    [b"", jpeg(), jpeg_2000()[:30], jpeg_2000(component=b"\x0f\x02\x01"), bytes(600) + jpeg_2000()],
)
def test_a_damaged_jpeg_2000_frame(data):
    assert problem_of(data, 36, 40, jpeg_2000=True) == DAMAGED


def test_a_damaged_jpeg_frame():
    assert problem_of(jpeg()[:-4], 36, 40, jpeg_2000=False) == DAMAGED
