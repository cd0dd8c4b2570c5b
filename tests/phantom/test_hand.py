"""Simulated hands: every bone where hands have it, and a truth that adds up."""

import numpy as np
import pytest

from calcimetry.model import Laterality
from calcimetry.phantom.hand import draw_hand, lone_finger
from calcimetry.phantom.parts import Pebble
from calcimetry.phantom.volume import finger_volume, hand_volume, lattice_around, simulate

LONG_BONES = {14, 11, 13} | {10 * digit + bone for digit in (2, 3, 4, 5) for bone in (1, 2, 3, 4)}


@pytest.fixture(scope="module")
def volume():
    return finger_volume(np.random.default_rng(4), spacing_mm=1.0)


@pytest.mark.parametrize("seed", range(6))
def test_a_hand_has_all_its_long_bones(seed):
    labels = {part.label for part in draw_hand(np.random.default_rng(seed))}
    assert labels >= LONG_BONES


def test_two_hands_in_three_show_a_wrist():
    wrists = [
        any(part.label >= 60 for part in draw_hand(np.random.default_rng(seed)))
        for seed in range(60)
    ]
    assert 0.45 < np.mean(wrists) < 0.85


def test_fingers_reach_away_from_the_wrist():
    parts = {part.label: part for part in draw_hand(np.random.default_rng(1))}
    for digit in (2, 3, 4, 5):
        base, head = parts[10 * digit + 4].ends
        assert head[2] > base[2] + 30


def test_a_lone_finger_is_one_digit():
    rng = np.random.default_rng(5)
    parts = lone_finger(rng, draw_hand(rng))
    assert len({part.label // 10 for part in parts}) == 1


def test_a_pebble_is_inside_at_its_centre_and_outside_beyond_its_axes():
    parts = draw_hand(np.random.default_rng(0))
    pebble = next(part.shape for part in parts if isinstance(part.shape, Pebble))
    far = pebble.centre + 2.0 * pebble.half_axes.max() * pebble.axes[0]
    distance, _ = pebble.distance(np.stack([pebble.centre, far]))
    assert distance[0] < 0 < distance[1]


def test_the_same_seed_gives_the_same_volume(volume):
    again = finger_volume(np.random.default_rng(4), spacing_mm=1.0)
    np.testing.assert_array_equal(again.image.low.array, volume.image.low.array)
    np.testing.assert_array_equal(again.lesion_map, volume.lesion_map)


def test_calcium_is_twice_as_bright_at_the_lower_energy(volume):
    dense = (volume.bone_fraction > 0.99) & (volume.image.mixed.array > 900)
    ratio = volume.image.low.array[dense].mean() / volume.image.high.array[dense].mean()
    assert ratio == pytest.approx(2.0, abs=0.15)


def test_the_truth_of_each_deposit_is_its_part_of_the_fractions(volume):
    total = sum(lesion.volume_mm3 for lesion in volume.lesions)
    assert volume.deposit_fraction.sum() == pytest.approx(total, rel=1e-3)
    assert volume.lesions
    assert (volume.bone_fraction + volume.deposit_fraction).max() <= 1.0 + 1e-5


def test_a_right_hand_is_a_left_one_mirrored():
    parts = draw_hand(np.random.default_rng(2))
    lattice = lattice_around(parts, 2.5)
    left, right = (
        simulate(np.random.default_rng(9), parts, lattice, side)
        for side in (Laterality.LEFT, Laterality.RIGHT)
    )
    np.testing.assert_array_equal(left.image.low.array, right.image.low.array)
    mirror = np.linalg.det(left.image.grid.affine) * np.linalg.det(right.image.grid.affine)
    assert mirror < 0


def test_a_whole_hand_fits_its_volume():
    made = hand_volume(np.random.default_rng(4), spacing_mm=2.0)
    assert {int(n) for n in np.unique(made.bone_map[made.bone_fraction > 0.5])} >= LONG_BONES
    border = [made.bone_fraction[[0, -1]], made.bone_fraction[:, [0, -1]]]
    assert border[1].max() < 0.5
