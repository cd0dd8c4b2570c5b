"""The whole way of a volume, on simulated fingers whose deposits are known."""

import numpy as np
import pytest

from calcimetry.errors import NotMeasurable
from calcimetry.measurement.calibration import Calibration, CalibrationLine
from calcimetry.model import DualEnergyImage, Grid, Image
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.volume import finger_volume
from calcimetry.pipeline import measure
from calcimetry.settings import Settings
from tests.drawing import dice


@pytest.fixture(scope="module")
def made():
    # A seed with deposits; far from those of training (recipes/unet.toml).
    return finger_volume(np.random.default_rng((77, 6)), 0.8, PLAIN_HAND)


@pytest.fixture(scope="module")
def stages():
    """What was told while `report` was made."""
    return []


@pytest.fixture(scope="module")
def report(made, stages):
    return measure(made.image, on_stage=stages.append)


def test_bones_and_lesions_lie_on_the_input_s_own_grid(made, report):
    assert report.bones.grid == report.lesion_map.grid == made.image.grid
    assert dice(report.bones.mask, made.bone_fraction >= 0.5) > 0.88
    assert {lesion.number for lesion in report.lesions} == set(report.lesion_map.labels)


def test_most_of_the_mineral_is_found(made, report):
    covered = report.lesion_map.mask[made.deposit_fraction > 0.5].mean()
    assert covered > 0.4
    assert report.volume_mm3 == pytest.approx(sum(one.volume_mm3 for one in report.lesions))
    assert report.volume_interval.low < report.volume_mm3 < report.volume_interval.high


def test_lesions_are_weighed_and_told_to_be_calcium(report):
    assert report.lesions
    assert report.mass_mg == pytest.approx(sum(one.mass_mg for one in report.lesions))
    assert report.mass_interval.low < report.mass_mg < report.mass_interval.high
    for lesion in report.lesions:
        assert lesion.material in ("calcium", "undetermined")
        assert (lesion.density_method, lesion.calibration) == ("dual energy", "nominal")
        assert 1.4 < lesion.dual_energy_ratio < 2.4
        assert lesion.mass_shared_mg == pytest.approx(0.175 * lesion.mass_mg)
        assert lesion.mass_interval.low <= lesion.mass_mg <= lesion.mass_interval.high


def test_rods_of_other_settings_leave_sizes_and_say_so(made):
    rods = Calibration((CalibrationLine("100", 1.6), CalibrationLine("Sn140", 1.0)))
    report = measure(made.image, Settings(calibration=rods))
    assert report.volume_mm3 > 0.0
    assert report.mass_mg is report.mass_interval is None
    assert "tube settings of the rods" in report.not_measured["mass_mg"]
    assert any("No mass was measured" in warning for warning in report.warnings)


def test_lesions_lie_where_their_centres_say(made, report):
    for lesion in report.lesions:
        here = np.argwhere(report.lesion_map.label_map == lesion.number)
        assert np.abs(here.mean(axis=0) - lesion.centre).max() < 3.0
        assert lesion.plane is not None


def test_stages_are_told_in_order(report, stages):
    assert stages == [
        "finding hands",
        "naming fingers",
        "outlining bones",
        "finding lesions",
        "measuring lesions",
    ]


def test_a_lone_finger_has_no_number_and_says_so(report):
    (hand,) = report.hands
    assert {finger.digit for finger in hand.fingers} == {0}
    assert all(finger.reason for finger in hand.fingers)


def test_flipped_and_turned_samples_give_the_same_lesions(made, report):
    order = (2, 0, 1)

    def turned(image):
        grid = Grid(
            tuple(image.grid.shape[k] for k in order), image.grid.affine[:, [*order, 3]].copy()
        ).flipped(1)
        return Image(np.flip(image.array.transpose(order), 1), grid)

    again = measure(DualEnergyImage(turned(made.image.low), turned(made.image.high)))
    back = np.flip(again.lesion_map.mask, 1).transpose(1, 2, 0)
    assert dice(back, report.lesion_map.mask) > 0.9
    assert again.volume_mm3 == pytest.approx(report.volume_mm3, rel=0.1)


def test_a_volume_without_bone_is_refused():
    hu = np.full((40, 40, 40), -1000.0)
    hu[10:30, 10:30, 10:30] = 40.0
    image = Image(hu, Grid(hu.shape, np.eye(4)))
    with pytest.raises(NotMeasurable, match="expected bone"):
        measure(image)


def test_volumes_are_measured_with_clusters_too(made):
    report = measure(made.image, Settings(method="kmeans"))
    assert report.method == "kmeans"
    assert dice(report.bones.mask, made.bone_fraction >= 0.5) > 0.85
