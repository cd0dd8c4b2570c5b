import numpy as np
import pytest
from scipy import ndimage

from calcimetry.lesions.noise import SoftTissueNoise
from calcimetry.lesions.subtract import Remainder
from calcimetry.model import Grid, Image

SIZE, SPACING_MM, CLEAR_MM = (90, 80), 0.4, 0.8
GRID = Grid.picture(SIZE, SPACING_MM)


def noise_of(hu, bone=None):
    bone = np.zeros(SIZE, dtype=bool) if bone is None else bone
    excess = np.where(bone, 0.0, np.maximum(hu, 0.0))
    remainder = Remainder(excess[None], np.zeros(GRID.shape), 0.35)
    return SoftTissueNoise.of(Image(hu, GRID), bone[None], remainder, CLEAR_MM)


def white(sd_hu, seed=0):
    return np.random.default_rng(seed).normal(0.0, sd_hu, SIZE)


def test_noise_of_single_samples_is_their_standard_deviation():
    assert np.median(noise_of(white(30.0)).single().noise_hu) == pytest.approx(30.0, rel=0.05)


def test_averaging_white_noise_leaves_what_theory_says():
    # The mean over a Gaussian of s pixels keeps 1 / (2 s sqrt(pi)) of white noise.
    left = 30.0 / (2.0 * 0.8 / SPACING_MM * np.sqrt(np.pi))
    found = np.median(noise_of(white(30.0)).averaged(0.8).noise_hu)
    assert found == pytest.approx(left, rel=0.1)


def test_noise_is_local():
    hu = white(10.0)
    hu[:, 40:] *= 5.0
    noise = noise_of(hu).single().noise_hu[0]
    # The noise of the whole image has a twentieth of a say everywhere.
    assert 10.0 <= np.median(noise[:, :20]) <= 13.5
    assert np.median(noise[:, 60:]) == pytest.approx(50.0, rel=0.15)


def test_a_faint_wide_place_stands_out_once_averaged_and_not_before():
    hu = white(60.0)
    hu[30:42, 30:42] += 240.0
    noise = noise_of(hu)
    inside = np.zeros(GRID.shape, dtype=bool)
    inside[0, 34:38, 34:38] = True
    assert noise.averaged(0.8).at_least(5.0, 100.0)[inside].all()
    far = ~ndimage.binary_dilation(inside, iterations=12)
    assert not noise.averaged(0.8).at_least(5.0, 100.0)[far].any()
    assert not noise.single().at_least(5.0, 100.0)[inside].all()


def test_bone_and_air_do_not_dilute_what_lies_beside_them():
    bone = np.zeros(SIZE, dtype=bool)
    bone[:, :30] = True
    hu = np.where(bone, 1200.0, 0.0)
    hu[:, 30:34] = 200.0
    hu[:, 34:] = -1000.0
    signal = noise_of(hu, bone).averaged(0.8).signal_hu[0]
    np.testing.assert_allclose(signal[20:70, 30:34], 200.0, atol=1.0)
    assert not signal[:, :30].any()


def test_without_soft_tissue_noise_is_the_least_there_is():
    noise = noise_of(np.full(SIZE, -1000.0))
    assert np.all(noise.single().noise_hu == noise.single().noise_hu[0, 0, 0])
    assert noise.single().noise_hu.min() > 0.0


def test_soft_tissue_close_to_bone_counts_where_there_is_no_other():
    bone = np.ones(SIZE, dtype=bool)
    bone[40:42] = False
    hu = np.where(bone, 1200.0, white(20.0))
    assert noise_of(hu, bone).single().noise_hu[0, 40, 40] == pytest.approx(20.0, rel=0.2)
