import numpy as np
import pytest
import SimpleITK
from scipy import ndimage
from skimage.segmentation import flood

from calcimetry.lesions.region import (
    Growth,
    RegionStatistics,
    ShareOfCore,
    connected,
    grow_region,
    statistics,
)
from tests.solids import ball, coverage, rod, volume_grid

GRID = volume_grid((24, 26, 28), (0.5, 0.5, 0.5))
PLACE = (12, 13, 14)
FREE = np.ones(GRID.shape, dtype=bool)


def seed_at(place=PLACE, radius=1):
    seed = np.zeros(GRID.shape, dtype=bool)
    seed[tuple(slice(at - radius, at + radius + 1) for at in place)] = True
    return seed


def blurred(*parts, noise_hu=0.0):
    sharp = sum(hu * coverage(GRID, shape) for shape, hu in parts)
    noise = np.random.default_rng(0).normal(0.0, noise_hu, GRID.shape)
    return ndimage.gaussian_filter(sharp, 0.7) + noise


def confidence(whole: RegionStatistics, _core: RegionStatistics) -> float:
    return whole.mean_hu - 2.5 * whole.sd_hu


@pytest.mark.parametrize("shape", [(1, 40, 40), (24, 26, 28)])
def test_what_is_connected_is_what_the_peers_flood(shape):
    allowed = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=shape), 1.5) > 0
    place = tuple(int(at) for at in np.argwhere(allowed)[len(np.argwhere(allowed)) // 2])
    seed = np.zeros(shape, dtype=bool)
    seed[place] = True
    ours = connected(allowed, seed)
    np.testing.assert_array_equal(ours, flood(allowed, place))
    theirs = SimpleITK.ConnectedThreshold(
        SimpleITK.GetImageFromArray(allowed.astype(np.uint8)),
        [place[::-1]],
        1,
        1,
        1,
        SimpleITK.ConnectedThresholdImageFilter.FullConnectivity,
    )
    np.testing.assert_array_equal(ours, SimpleITK.GetArrayFromImage(theirs).astype(bool))


def test_a_seed_in_many_pieces_grows_from_all_of_them():
    allowed = np.zeros((1, 3, 40), dtype=bool)
    allowed[0, 1, ::3] = True
    seed = np.zeros_like(allowed)
    seed[0, :, :30] = True
    np.testing.assert_array_equal(connected(allowed, seed), allowed & seed)


@pytest.mark.parametrize("noise_hu", [0.0, 20.0])
def test_with_its_rule_it_is_confidence_connected_growing(noise_hu):
    # Nothing is brighter than the peer's upper end here, so the rules coincide.
    signal = blurred((ball(6.0), 700.0), noise_hu=noise_hu).astype(np.float32)
    image = SimpleITK.GetImageFromArray(signal)
    peer = SimpleITK.ConfidenceConnectedImageFilter()
    peer.SetSeedList([PLACE[::-1]])
    peer.SetMultiplier(2.5)
    peer.SetNumberOfIterations(5)
    peer.SetInitialNeighborhoodRadius(1)
    theirs = SimpleITK.GetArrayFromImage(peer.Execute(image)).astype(bool)
    first = statistics(signal, seed_at())
    # The peer's SD is that of a sample (divided by count - 1).
    start = first.mean_hu - 2.5 * first.sd_hu * np.sqrt(first.count / (first.count - 1))
    growth = Growth(start, -np.inf, (0, 0, 0), rounds=5, leak_factor=np.inf)
    ours = grow_region(signal, seed_at(), FREE, growth, confidence).mask
    assert (ours ^ theirs).sum() <= 0.01 * theirs.sum()


def test_it_stops_at_half_of_the_core_whatever_the_seed_showed():
    # Half of a bright spot's height is too high a border for the deposit around it.
    signal = blurred((ball(8.0), 500.0), (ball(2.0), 300.0))
    first = 0.5 * float(signal.max())
    region = grow_region(signal, seed_at(), FREE, Growth(first, 50.0, (1, 1, 1)))
    assert region.stop_hu < 0.8 * first
    assert region.core is not None
    assert region.stop_hu == pytest.approx(0.5 * region.core.mean_hu, rel=0.05)
    assert region.mask.sum() == pytest.approx(coverage(GRID, ball(8.0)).sum(), rel=0.1)


def test_it_never_stops_below_its_floor():
    region = grow_region(blurred((ball(6.0), 400.0)), seed_at(), FREE, Growth(300, 250, (1, 1, 1)))
    assert region.stop_hu == 250.0


def test_what_is_too_thin_for_a_core_keeps_its_first_border():
    signal = blurred((rod(0.6), 900.0))
    region = grow_region(signal, seed_at(radius=0), FREE, Growth(100.0, 20.0, (2, 2, 2)))
    assert region.core is None
    assert region.stop_hu == 100.0
    assert region.mask.any()


def test_a_round_that_leaks_is_undone():
    # The deposit lies on a plateau that half of its own brightness does not clear.
    signal = np.full(GRID.shape, 220.0)
    signal[seed_at(radius=3)] = 400.0
    region = grow_region(signal, seed_at(), FREE, Growth(300.0, 50.0, (1, 1, 1)))
    np.testing.assert_array_equal(region.mask, seed_at(radius=3))


def test_a_first_border_that_leaks_is_raised():
    signal = np.full(GRID.shape, 210.0)
    signal[seed_at(radius=3)] = 400.0
    region = grow_region(signal, seed_at(), FREE, Growth(200.0, 200.0, (1, 1, 1)))
    np.testing.assert_array_equal(region.mask, seed_at(radius=3))
    assert region.stop_hu == pytest.approx(220.0)


def test_nothing_grows_from_a_seed_below_the_border_or_in_what_is_taken():
    signal = blurred((ball(6.0), 700.0))
    growth = Growth(2000.0, 100.0, (1, 1, 1))
    assert not grow_region(signal, seed_at(), FREE, growth).mask.any()
    assert not grow_region(signal, seed_at(), ~FREE, Growth(100, 100, (1, 1, 1))).mask.any()


def test_a_rule_is_given_both_statistics():
    whole, core = RegionStatistics(50, 300.0, 120.0), RegionStatistics(10, 480.0, 20.0)
    assert ShareOfCore(0.25)(whole, core) == 120.0
    assert confidence(whole, core) == 0.0
