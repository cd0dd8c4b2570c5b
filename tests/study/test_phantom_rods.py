"""The calibration scan on disk."""

import csv

import pytest

from calcimetry.dicom.find import find_series
from calcimetry.errors import SettingsError
from calcimetry.study.phantom_rods import write_rods


def test_rods_lie_where_the_table_says_and_shine_as_dense_as_it_says(tmp_path):
    told = []
    images = write_rods(3, tmp_path / "out", spacing_mm=1.2, on_progress=lambda *a: told.append(a))
    (volume,) = find_series([images]).volumes
    image = volume.load()
    with (tmp_path / "out" / "truth" / "rods.csv").open(encoding="utf-8") as file:
        rods = list(csv.DictReader(file))
    shown = []
    for rod in rods:
        place = image.grid.mm_to_index([float(rod[name]) for name in ("x_mm", "y_mm", "z_mm")])
        s, r, c = (round(n) for n in place)
        shown.append(float(image.low.array[s, r - 1 : r + 2, c - 1 : c + 2].mean()))
    assert [float(rod["density_mg_cm3"]) for rod in rods][-1] == 800.0
    assert shown == sorted(shown)
    assert abs(shown[0]) < 60
    assert told[-1][0] == told[-1][1]


def test_nifti_is_one_file_per_energy(tmp_path):
    images = write_rods(3, tmp_path / "out", "80-140", 1.8, "nifti")
    assert sorted(path.name for path in images.iterdir()) == ["140kV.nii.gz", "80kV.nii.gz"]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"seed": -1}, "the seed must be 0 or more"),
        ({"preset": "60-90"}, "found '60-90'"),
        ({"form": "jpeg"}, "one of dicom, nifti, found 'jpeg'"),
        ({"spacing_mm": -1.0}, "found -1.0 mm"),
    ],
)
def test_bad_settings_are_refused(tmp_path, bad, words):
    with pytest.raises(SettingsError, match=words):
        write_rods(**({"seed": 1, "out": tmp_path / "out"} | bad))
    assert list(tmp_path.iterdir()) == []
