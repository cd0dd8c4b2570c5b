from __future__ import annotations

import gzip

import pytest

from calcimetry.files.whole import is_whole
from tests.fakes import save_picture


def test_a_png_is_whole_from_its_first_to_its_last_byte(tmp_path):
    path = save_picture(tmp_path / "a.png")
    content = path.read_bytes()
    assert is_whole(path)
    for damaged in (b"", content[:4], content[:-1], content[1:], bytes(len(content))):
        path.write_bytes(damaged)
        assert not is_whole(path)


def test_a_label_map_is_whole_where_its_checksum_holds(tmp_path):
    path = tmp_path / "a.nii.gz"
    content = gzip.compress(bytes(range(256)) * 100)
    path.write_bytes(content)
    assert is_whole(path)
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
    for damaged in (b"", content[:9], content[:-1], flipped, b"x" * 30, gzip.compress(b"")):
        path.write_bytes(damaged)
        assert not is_whole(path)


@pytest.mark.parametrize("name", ["missing.png", "missing.nii.gz", ""])
def test_what_is_no_file_is_not_whole(tmp_path, name):
    assert not is_whole(tmp_path / name)
