import numpy as np
import pytest

from calcimetry.coverage import expected_phalanges, longest_bone_mm, phalanx_coverage
from calcimetry.model import Digit, Grid, Laterality, Segmentation, bone_name


def bones(*rows: str) -> Segmentation:
    labels = np.array([[int(c) for c in row] for row in rows])
    return Segmentation(
        labels, Grid.picture(labels.shape, 0.4), {n: bone_name(n) for n in (1, 2, 3, 4)}
    )


def test_three_whole_phalanges_are_complete():
    coverage = phalanx_coverage(bones("00000", "03210", "00000"))
    assert [one.state for one in coverage] == ["complete"] * 3
    assert [one.reason for one in coverage] == [""] * 3
    assert [one.phalanx.label for one in coverage] == [1, 2, 3]


def test_a_phalanx_at_the_border_is_cut_and_one_that_is_missing_not_found():
    proximal, middle, distal = phalanx_coverage(bones("0000", "0201", "0000"))
    assert proximal.state == "cut by the field of view"
    assert "border cuts the proximal phalanx" in proximal.reason
    assert middle.state == "complete"
    assert distal.state == "not found"
    assert distal.reason == "no distal phalanx was found"


def test_a_cut_metacarpal_does_not_matter():
    assert all(
        one.state == "complete" for one in phalanx_coverage(bones("0000000", "0321044", "0000000"))
    )


def test_the_longest_bone_is_measured_along_its_box():
    assert longest_bone_mm(bones("0000", "0110", "2000")) == pytest.approx(0.4 * np.hypot(1, 2))
    assert longest_bone_mm(bones("0000")) == 0.0


def test_the_thumb_has_no_middle_phalanx_to_miss():
    assert [phalanx.label for phalanx in expected_phalanges(Digit.THUMB)] == [11, 13]


def volume(labels: np.ndarray) -> Segmentation:
    return Segmentation(
        labels,
        Grid(labels.shape, np.eye(4)),
        {int(n): bone_name(int(n)) for n in np.unique(labels) if n},
    )


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("place", [0, 1, -2, -1])
def test_a_volume_cuts_what_comes_within_a_sample_of_any_side(axis, place):
    labels = np.zeros((9, 9, 9), int)
    labels[3:5, 3:5, 3:5] = 121
    labels.swapaxes(0, axis)[place, 4, 4] = 123
    proximal, middle, distal = phalanx_coverage(volume(labels), Digit.INDEX, Laterality.LEFT)
    assert proximal.state == "complete"
    assert middle.state == "not found"
    assert middle.reason == "no left index middle phalanx was found"
    assert distal.state == "cut by the field of view"
    assert distal.reason == "the volume's border cuts the left index distal phalanx"


def test_a_volume_shows_whole_what_stays_clear_of_its_sides():
    labels = np.zeros((9, 9, 9), int)
    labels[2:4, 2:7, 2:7] = 11
    labels[5:7, 2:7, 2:7] = 13
    assert [one.state for one in phalanx_coverage(volume(labels), Digit.THUMB)] == ["complete"] * 2
