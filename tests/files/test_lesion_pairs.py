from __future__ import annotations

import pytest

from calcimetry.errors import InputError
from calcimetry.files.lesion_pairs import LesionPair, read_lesion_pairs


def pairs(tmp_path, text):
    path = tmp_path / "pairs.csv"
    path.write_text(text)
    return read_lesion_pairs(path)


def test_pairs_of_two_visits(tmp_path):
    found = pairs(tmp_path, "baseline;later\n3;5\n7;\n0;9\n")
    assert found == (LesionPair(3, 5), LesionPair(7, 0), LesionPair(0, 9))


def test_images_and_visits(tmp_path):
    found = pairs(tmp_path, "visit,image,baseline,later\n3,a.nii,1,2\n,b.nii,1,1\n")
    assert found == (LesionPair(1, 2, "a.nii", 3), LesionPair(1, 1, "b.nii", 2))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("baseline\n1\n", "column 'later' is missing"),
        ("baseline,later\n1,1.5\n", r"column 'later' must hold whole numbers from 0, found 1.5"),
        ("baseline,later\n-1,1\n", r"found -1 in line 2"),
        ("baseline,later,visit\n1,1,1\n", r"column 'visit' must hold whole numbers from 2"),
    ],
)
def test_what_is_no_pair(tmp_path, text, told):
    with pytest.raises(InputError, match=told):
        pairs(tmp_path, text)
