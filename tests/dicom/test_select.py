"""Which series of a study is measured, and what is said of the others."""

import numpy as np
import pytest

from calcimetry.dicom.find import find_series
from calcimetry.errors import SettingsError
from calcimetry.model import DualEnergyImage
from tests.dicom import making
from tests.dicom.making import series

MAKING_SHORT = {1: "0315fe6bb7d5", 2: "dd1b293e4c91", 3: "21a8e356a4be"}


def find(folder, *groups, **options):
    making.save_all(folder, [ds for group in groups for ds in group])
    return find_series([folder], **options)


def measured(found):
    """For each volume the numbers of its series."""
    return [tuple(int(scan.label.split()[1]) for scan in volume.scans) for volume in found.volumes]


def why_left(found):
    return {int(item.what.split()[1]): item.reason for item in found.left if not item.failed}


def mono(kev, number):
    return series(number=number, SeriesDescription=f"Mono+ {kev} keV")


def test_two_tube_voltages_are_paired_low_first(tmp_path):
    low, high = making.dual_energy()
    found = find(tmp_path, high, low)
    (volume,) = found.volumes
    assert (volume.low_setting, volume.high_setting) == ("80", "Sn150")
    image = volume.load()
    assert isinstance(image, DualEnergyImage)
    assert np.array_equal(image.low.array, making.volume())
    assert np.array_equal(image.high.array, making.volume() // 2)
    assert image.name == volume.name == MAKING_SHORT[2]
    assert found.left == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ConvolutionKernel": "Br60"}, "their kernels differ (Br40 and Br60)"),
        ({"ConvolutionKernel": None}, "their kernels differ (Br40 and not stated)"),
        ({"PixelSpacing": [0.45, 0.45]}, "their slices lie at different places"),
    ],
)
def test_what_keeps_two_energies_apart(tmp_path, changes, told):
    low, high = making.dual_energy()
    for ds in high:
        making.changed(ds, changes)
    found = find(tmp_path, low, high)
    ((number,),) = measured(found)
    (warning,) = found.volumes[0].warnings
    assert warning == f"80 kV and Sn150 kV are both there but not paired: {told}"
    assert number in (2, 3)
    assert len(found.left) == 1


def test_other_matrix_is_no_pair(tmp_path):
    low, _ = making.dual_energy()
    high = series(making.volume((5, 8, 7)), number=3, KVP=150)
    found = find(tmp_path, low, high)
    assert len(found.volumes) == 1
    assert "their grids differ (5 x 8 x 6 and 5 x 8 x 7)" in found.volumes[0].warnings[0]


def test_other_frame_of_reference_is_never_paired(tmp_path):
    low, high = making.dual_energy()
    for ds in high:
        ds.FrameOfReferenceUID = making.FRAME_OF_REFERENCE + ".1"
    found = find(tmp_path, low, high)
    assert sorted(measured(found)) == [(2,), (3,)]
    assert all("frames of reference differ" in volume.warnings[0] for volume in found.volumes)


def test_no_frame_of_reference_is_never_paired(tmp_path):
    found = find(tmp_path, *making.dual_energy(FrameOfReferenceUID=None))
    assert len(found.volumes) == 1
    assert "they state no frame of reference" in found.volumes[0].warnings[0]


def test_voltages_that_are_close_are_no_two_energies(tmp_path):
    found = find(tmp_path, series(number=1, KVP=100), series(number=2, KVP=120))
    assert measured(found) == [(1,)]
    assert found.volumes[0].warnings == ()
    assert why_left(found) == {
        2: "the same region is measured from series 1, the first of its equals"
    }


def test_two_patients_are_two_rows_and_no_pair(tmp_path):
    low, high = making.dual_energy()
    for ds in high:
        ds.PatientID = "P-4712"
    found = find(tmp_path, low, high)
    assert measured(found) == [(2,), (3,)]
    assert len({volume.patient for volume in found.volumes}) == 2


def test_a_pair_comes_before_mixed_maps_and_other_kernels(tmp_path):
    low, high = making.dual_energy()
    mixed = series(number=4, SeriesDescription="DE M_0.6 hand", KVP=80)
    vnc = series(number=5, SeriesDescription="DE VNC hand")
    sharp = series(number=6, ConvolutionKernel="Br60", KVP=80)
    found = find(tmp_path, mixed, vnc, sharp, low, high)
    assert measured(found) == [(2, 3)]
    reasons = why_left(found)
    assert reasons[4].startswith("mixed; the same region is measured from series 2 and series 3")
    assert reasons[4].endswith("as a pair of two energies")
    assert reasons[5] == "virtual non-contrast"
    assert reasons[6].endswith("as a pair of two energies")


def test_the_pair_with_thinner_slices_is_taken(tmp_path):
    thick = making.volume((5, 8, 6))
    thin = making.volume((10, 8, 6))
    found = find(
        tmp_path,
        series(thick, number=1, KVP=80),
        series(thick, number=2, KVP=140),
        series(thin, number=3, KVP=80, step=(0, 0, 0.4)),
        series(thin, number=4, KVP=140, step=(0, 0, 0.4)),
    )
    assert measured(found) == [(3, 4)]
    assert why_left(found)[1].endswith(
        "measured from series 3 and series 4, as a pair of two energies"
    )


@pytest.mark.parametrize(
    ("better", "worse", "told"),
    [
        ({}, {"ImageType": ["DERIVED", "SECONDARY", "MPR"]}, "from original slices"),
        ({}, {"step": (0.0, 0.0, 1.2)}, "with thinner slices"),
        ({}, {"PixelSpacing": [0.5, 0.5]}, "with finer pixels"),
        ({"ConvolutionKernel": "Br36"}, {"ConvolutionKernel": "Br60"}, "with a softer kernel"),
        ({"ConvolutionKernel": "STANDARD"}, {"ConvolutionKernel": "BONE"}, "with a softer kernel"),
    ],
)
def test_one_of_several_reconstructions(tmp_path, better, worse, told):
    found = find(tmp_path, series(number=1, **worse), series(number=2, **better))
    assert measured(found) == [(2,)]
    assert why_left(found) == {1: f"the same region is measured from series 2, {told}"}


def test_derived_slices_alone_are_measured(tmp_path):
    found = find(tmp_path, series(ImageType=["DERIVED", "PRIMARY", "AXIAL"]))
    assert measured(found) == [(1,)]


def test_two_regions_of_one_study_are_both_measured(tmp_path):
    found = find(tmp_path, series(number=1), series(number=2, origin=(90.0, 20.0, 30.0)))
    assert sorted(measured(found)) == [(1,), (2,)]
    assert found.left == ()


def test_monoenergetic_images_near_50_and_100_are_paired(tmp_path):
    found = find(tmp_path, *(mono(kev, number) for number, kev in enumerate((40, 55, 70, 95, 190))))
    assert [(v.low_setting, v.high_setting) for v in found.volumes] == [("55 keV", "95 keV")]
    assert why_left(found)[0].startswith("40 keV; the same region is measured from series 1")


def test_the_kev_that_are_asked_for(tmp_path):
    images = [mono(kev, number) for number, kev in enumerate((40, 55, 70, 95, 190))]
    found = find(tmp_path, *images, low_kev=40, high_kev=190)
    assert [(v.low_setting, v.high_setting) for v in found.volumes] == [("40 keV", "190 keV")]


def test_the_kev_that_are_asked_for_come_before_voltages(tmp_path):
    groups = (*making.dual_energy(), mono(50, 7), mono(120, 8))
    assert measured(find(tmp_path / "a", *groups)) == [(2, 3)]
    assert measured(find(tmp_path / "b", *groups, low_kev=50)) == [(7, 8)]


def test_kev_that_are_not_there_are_told(tmp_path):
    found = find(tmp_path, mono(50, 1), mono(120, 2), low_kev=45)
    assert len(found.volumes) == 1
    assert "no pair of the keV that were asked for is there" in found.volumes[0].warnings


def test_one_monoenergetic_image_alone_is_the_one_near_70(tmp_path):
    found = find(tmp_path, mono(40, 1), mono(65, 2))
    assert found.volumes[0].low_setting == "65 keV"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("3", [(3,)]),
        ("3,2", [(2, 3)]),
        (making.STUDY + ".6", [(6,)]),
        (MAKING_SHORT[2], [(2,)]),
        ("2, 6", [(2,)]),
    ],
)
def test_series_chosen_by_hand(tmp_path, wanted, expected):
    low, high = making.dual_energy()
    sharp = series(number=6, ConvolutionKernel="Br60", KVP=80)
    found = find(tmp_path, low, high, sharp, series=wanted)
    assert measured(found) == expected
    assert sum(item.reason.startswith("not among") for item in found.left) == 3 - (
        1 + ("," in wanted)
    )
    assert not any(item.failed for item in found.left)


def test_a_series_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match="none is '9'; the series numbers there are 2, 3"):
        find(tmp_path, *making.dual_energy(), series="9")


def test_choosing_where_nothing_is_there(tmp_path):
    assert find_series([tmp_path], series="9").volumes == ()
