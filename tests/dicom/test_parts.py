"""Doubles are dropped; several scans in one series are told apart."""

import numpy as np
import pytest

from calcimetry.dicom.find import find_series
from tests.dicom import making
from tests.dicom.making import series


def find(folder, *groups):
    making.save_all(folder, [ds for group in groups for ds in group])
    return find_series([folder])


def test_a_file_copied_under_another_name_is_dropped(tmp_path):
    datasets = series()
    (volume,) = find(tmp_path, datasets, datasets[1:3]).volumes
    assert volume.grid.shape[0] == 5
    assert volume.warnings == ("2 files are there twice; one of each is used",)
    assert np.array_equal(volume.load().array, making.volume())


def test_a_slice_sent_twice_under_new_numbers_is_dropped(tmp_path):
    (volume,) = find(tmp_path, series(), series()[1:3]).volumes
    assert volume.grid.shape[0] == 5
    assert volume.warnings == ("2 slices are there twice; one of each is used",)


def test_a_deflated_slice_sent_twice_is_dropped(tmp_path):
    datasets = [*series(), *series()[1:3]]
    for ds in datasets:
        ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    (volume,) = find(tmp_path, datasets).volumes
    assert volume.grid.shape[0] == 5


def test_a_path_named_twice_counts_once(tmp_path):
    making.save_all(tmp_path, series())
    found = find_series([tmp_path, tmp_path / "0000.dcm", tmp_path])
    assert found.volumes[0].warnings == ()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"AcquisitionNumber": 2}, "AcquisitionNumber"),
        ({"ConvolutionKernel": "Br60"}, "ConvolutionKernel"),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL"]}, "ImageType"),
        ({"KVP": 80}, "KVP"),
    ],
)
def test_two_scans_in_one_series(tmp_path, changes, name):
    found = find(tmp_path, series(), series(making.volume() // 2, **changes))
    (volume,) = [*found.volumes]
    scans = f"its series holds 2 scans, told apart by {name}"
    assert volume.grid.shape[0] == 5
    assert scans in volume.warnings
    if name != "KVP":
        (left,) = found.left
        assert "the same region is measured from series 1" in left.reason


def test_two_voltages_in_one_series_are_a_pair(tmp_path):
    low, high = series(KVP=80), series(making.volume() // 2, KVP=140)
    (volume,) = find(tmp_path, low, high).volumes
    assert (volume.low_setting, volume.high_setting) == ("80", "140")
    assert np.array_equal(volume.load().high.array, making.volume() // 2)


def test_two_regions_in_one_series(tmp_path):
    other = series(origin=(-10.0, 20.0, 330.0), AcquisitionNumber=2)
    found = find(tmp_path, series(), other)
    first, second = found.volumes
    assert second.name == first.name + "-2"
    assert {volume.grid.shape[0] for volume in found.volumes} == {5}


def test_acquisitions_that_count_slices_do_not_part_a_volume(tmp_path):
    datasets = series()
    for number, ds in enumerate(datasets):
        ds.AcquisitionNumber = number
    (volume,) = find(tmp_path, datasets).volumes
    assert volume.grid.shape[0] == 5
    assert volume.warnings == ()
