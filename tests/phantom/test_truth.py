"""The truth of simulated volumes: the same numbers that measuring would give, without finding."""

import numpy as np
import pytest

from calcimetry.fingers.name import name_fingers
from calcimetry.model import Digit, Laterality, Segmentation
from calcimetry.phantom.truth import METHOD, true_bones, true_planes, true_report
from calcimetry.phantom.volume import finger_volume, hand_volume


@pytest.fixture(scope="module")
def finger():
    for seed in range(20):
        made = finger_volume(np.random.default_rng(seed), spacing_mm=1.0)
        if len(made.lesions) > 2:
            return made
    raise AssertionError


@pytest.fixture(scope="module")
def report(finger):
    return true_report(finger)


def test_bones_fill_half_a_sample_and_name_their_side(finger):
    bones = true_bones(finger)
    np.testing.assert_array_equal(bones.mask, (finger.bone_fraction >= 0.5) & (finger.bone_map > 0))
    offset = 100 if finger.laterality is Laterality.LEFT else 0
    assert {label - offset for label in bones.labels} <= set(np.unique(finger.bone_map).tolist())


def test_lesions_have_their_true_volume_density_and_mass(finger, report):
    made = {one.number: one for one in finger.lesions}
    assert report.method == METHOD
    assert len(report.lesions) > 0
    for lesion in report.lesions:
        true = made[lesion.number]
        assert lesion.volume_mm3 == pytest.approx(true.volume_mm3, rel=0.15, abs=1.0)
        assert lesion.density_mg_cm3 == true.density_mg_cm3
        assert lesion.mass_mg == pytest.approx(true.density_mg_cm3 * lesion.volume_mm3 / 1000)
        assert lesion.volume_interval is None
        assert "density_mg_cm3" not in lesion.not_measured
    assert sum(one.volume_mm3 for one in report.lesions) == pytest.approx(
        float(finger.deposit_fraction.sum()) * 1.0**3, rel=1e-3
    )
    assert report.volume_mm3 == pytest.approx(sum(one.volume_mm3 for one in finger.lesions))


def test_planes_hold_the_largest_area_and_add_up_to_the_volume(finger, report):
    planes = true_planes(finger, report)
    assert set(planes) == {lesion.number for lesion in report.lesions}
    for lesion in report.lesions:
        own = planes[lesion.number]
        assert max(plane.area_mm2 for plane in own) == pytest.approx(lesion.area_mm2)
        largest = max(own, key=lambda plane: plane.area_mm2)
        assert largest.long_axis_mm == pytest.approx(lesion.long_axis_mm)
        assert largest.short_axis_mm == pytest.approx(lesion.short_axis_mm)
        offsets = [plane.offset_mm for plane in own]
        assert offsets == sorted(offsets)
        assert min(offsets) <= 0.2
        if len(own) > 6:
            step = offsets[1] - offsets[0]
            total = step * sum(plane.area_mm2 for plane in own)
            assert total == pytest.approx(lesion.volume_mm3, rel=0.15)


@pytest.mark.parametrize("seed", [1, 2])
def test_fingers_of_a_hand_are_known(seed):
    made = hand_volume(np.random.default_rng(seed), spacing_mm=1.5)
    (hand,) = true_report(made).hands
    assert hand.laterality is made.laterality
    assert [finger.digit for finger in hand.fingers] == list(Digit)[1:]
    # What shape alone says of the same bones agrees: rows run from the tip, columns to the palm.
    bones = true_bones(made)
    kinds = np.where(bones.label_map % 100 >= 60, 0, bones.label_map % 10)
    found = name_fingers(
        Segmentation(kinds, bones.grid, dict.fromkeys(range(1, 6), "bone")), made.laterality
    )
    (other,) = found.hands
    np.testing.assert_allclose(_axes(hand.grid)[:, 1] @ _axes(other.grid)[:, 1], 1.0, atol=0.05)
    assert _axes(hand.grid)[:, 0] @ _axes(other.grid)[:, 0] > 0.9


def _axes(grid):
    return grid.affine[:3, :3] / np.array(grid.spacing)


def test_a_volume_without_lesions_has_none():
    for seed in range(40):
        made = finger_volume(np.random.default_rng(seed), spacing_mm=2.0)
        if not made.lesions:
            break
    report = true_report(made)
    assert report.lesions == ()
    assert report.volume_mm3 == 0.0
    assert true_planes(made, report) == {}
