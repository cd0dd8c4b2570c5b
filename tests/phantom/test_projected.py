"""One drawn finger, scanned in the image and through projections: the same but for physics."""

from dataclasses import asdict

import numpy as np
import pytest

from calcimetry.errors import SettingsError
from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.lattice import Lattice
from calcimetry.phantom.scan_settings import ScanMode
from calcimetry.phantom.spectra import PRESETS, tube_settings
from calcimetry.phantom.surroundings import streak
from calcimetry.phantom.volume import finger_volume, hand_volume
from tests.phantom.drawn import QUIET, both_ways, parts_of, simulated

#: Excess of hydroxyapatite over tissue, low over high, in a finger: the table of
#: docs/explanation/simulator-physics.md, 20 mm of water around.
RATIOS = {"80-Sn150": 2.08, "80-140": 1.46, "70-Sn150": 2.38, "100-Sn140": 1.68}


@pytest.fixture(scope="module", params=PRESETS)
def pair(request):
    return request.param, *both_ways(request.param)


def energies(made):
    return made.image.low.array, made.image.high.array


def test_the_truth_does_not_depend_on_how_it_is_scanned(pair):
    _, projected, drawn = pair
    for name in ("bone_map", "lesion_map", "distractor_map", "deposit_mg_cm3", "bone_fraction"):
        np.testing.assert_array_equal(getattr(projected, name), getattr(drawn, name))
    assert projected.lesions == drawn.lesions
    assert projected.settings == drawn.settings
    np.testing.assert_array_equal(projected.image.grid.affine, drawn.image.grid.affine)


def test_both_ways_are_as_bright(pair):
    _, projected, drawn = pair
    # Beams harden in bone at the low energy; fat is as dark at either energy in the image.
    limits = {"deposit": (0.04, 0.04), "bone": (0.05, 0.03)}
    where = parts_of(drawn)
    for one, other, energy in zip(energies(projected), energies(drawn), (0, 1), strict=True):
        for name, limit in limits.items():
            assert where[name].sum() > 500
            expected = pytest.approx(other[where[name]].mean(), rel=limit[energy])
            assert one[where[name]].mean() == expected
        flesh = where["flesh"]
        assert flesh.sum() > 500
        limit_hu = (4.0, 12.0)[energy]
        assert one[flesh].mean() == pytest.approx(other[flesh].mean(), abs=limit_hu)


def test_hydroxyapatite_has_the_ratio_of_the_preset(pair):
    preset, projected, drawn = pair
    where = parts_of(drawn)["deposit"]
    for made in (projected, drawn):
        low, high = (array[where].mean() - 40.0 for array in energies(made))
        assert low / high == pytest.approx(RATIOS[preset], rel=0.04)


def test_both_ways_are_as_sharp(pair):
    _, projected, drawn = pair
    middle = drawn.image.grid.shape[0] // 2
    for one, other in zip(energies(projected), energies(drawn), strict=True):
        skin = (other[middle] > -800) & (other[middle] < -300)
        slopes = [
            np.hypot(*np.gradient(hu[middle].astype(float)))[skin].mean() for hu in (one, other)
        ]
        assert slopes[0] == pytest.approx(slopes[1], rel=0.03)


def test_air_and_tube_settings(pair):
    preset, *both = pair
    for made in both:
        assert (made.image.low_setting, made.image.high_setting) == tube_settings(preset)
        assert made.acquisition.preset == preset
        for hu in energies(made):
            assert hu[:, 0, 0].mean() == pytest.approx(-1000.0, abs=3.0)


def test_a_projected_finger_is_the_same_whatever_the_workers():
    done = []
    mode = ScanMode(physics="projection", workers=3, progress=lambda *told: done.append(told))
    more, one = (
        simulated(QUIET, mode, slices=3),
        simulated(QUIET, ScanMode(physics="projection"), slices=3),
    )
    np.testing.assert_array_equal(more.image.low.array, one.image.low.array)
    assert done == [(1, 3), (2, 3), (3, 3)]


def test_streaks_are_left_to_projections():
    lattice = Lattice((3, 20, 20), np.zeros(3), np.eye(3))
    after = []
    for streaks in (True, False):
        canvas = Canvas.empty(lattice, 2.0, 1.0, streaks=streaks)
        rng = np.random.default_rng(1)
        streak(rng, canvas, np.array([1.0, 10.0, 10.0]), 1.0)
        assert (np.abs(canvas.base + 1000.0).max() > 10.0) == streaks
        after.append(rng.random())
    assert after[0] == after[1]  # what is drawn later is the same


@pytest.mark.parametrize(
    ("preset", "ratio"), [("80-140", 1.44), ("70-Sn150", 2.29), ("100-Sn140", 1.60)]
)
def test_presets_change_gains_as_in_the_calibration_cylinder(preset, ratio):
    usual = finger_volume(np.random.default_rng(3), 2.0)
    other = finger_volume(np.random.default_rng(3), 2.0, mode=ScanMode(preset))
    gains = other.acquisition.low_gain / other.acquisition.high_gain
    drawn = usual.acquisition.low_gain / usual.acquisition.high_gain
    assert gains / drawn * 2.0 == pytest.approx(ratio, rel=0.02)
    same = ("blur_mm", "across", "noise_hu", "grain_mm")
    kept = asdict(usual.acquisition)
    assert {name: asdict(other.acquisition)[name] for name in same} == {
        name: kept[name] for name in same
    }


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"preset": "60-90"}, "found '60-90'"),
        ({"physics": "magic"}, "physics of image or projection, found 'magic'"),
        ({"workers": 0}, "1 worker or more, found 0"),
    ],
)
def test_bad_modes_are_refused(bad, words):
    with pytest.raises(SettingsError, match=words):
        ScanMode(**bad)


@pytest.mark.parametrize("spacing", [0.0, -0.5, np.nan, np.inf])
@pytest.mark.parametrize("make", [finger_volume, hand_volume])
def test_impossible_spacings_are_refused(make, spacing):
    with pytest.raises(SettingsError, match="more than 0 mm apart, found"):
        make(np.random.default_rng(0), spacing)
