"""Every bad input ends in one clear line that says why."""

import pytest

from calcimetry.dicom.find import find_series
from calcimetry.errors import UnreadableFile
from tests.dicom.bad_dicom import BAD, BAD_PIXELS
from tests.dicom.fuzzing import assert_one_clear_line


def found_in(bad, folder):
    bad.make(folder)
    return find_series([folder / path for path in bad.paths])


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name, tmp_path):
    bad = BAD[name]
    found = found_in(bad, tmp_path)
    told = [item for item in found.left if bad.told in f"{item.what}: {item.reason}"]
    assert told, found.left
    assert {item.failed for item in told} == {bad.failed}
    assert len(found.volumes) == bad.volumes
    for item in found.left:
        assert_one_clear_line(f"{item.what}: {item.reason}")
        assert str(tmp_path) not in item.what + item.reason
        assert not item.reason.endswith(".")


@pytest.mark.parametrize("name", BAD_PIXELS)
def test_bad_pixels(name, tmp_path):
    bad = BAD_PIXELS[name]
    found = found_in(bad, tmp_path)
    with pytest.raises(UnreadableFile) as error:
        found.volumes[0].load()
    assert bad.told in str(error.value)
    assert str(error.value).startswith("Reading 000")
    assert_one_clear_line(str(error.value))


def test_there_are_enough_of_them():
    assert len(BAD) >= 25
