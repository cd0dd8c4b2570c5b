"""Simulated hands: every bone where hands have it, and a truth that adds up."""

import numpy as np
import pytest

from calcimetry.model import Laterality
from calcimetry.phantom.hand import draw_hand, lone_finger
from calcimetry.phantom.hand_settings import HandSettings
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


def test_bones_of_a_hand_are_the_same_for_a_seed_and_differ_for_another():
    first, second, third = (draw_hand(np.random.default_rng(s)) for s in (4, 4, 5))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.ends, other.ends)
    assert not np.array_equal(first[0].ends, third[0].ends)


def test_bones_of_different_fingers_leave_room_for_skin():
    for seed in range(12):
        rng = np.random.default_rng((10, seed))
        parts = [part for part in draw_hand(rng) if part.label < 60 and part.label % 10 in (2, 3)]
        for part in parts:
            for other in parts:
                if part.label // 10 < other.label // 10:
                    lines = (np.linspace(*p.ends, 20) for p in (part, other))
                    a, b = lines
                    assert np.linalg.norm(a[:, None] - b[None], axis=-1).min() > 5.0


def test_a_tilted_or_cut_view_shows_the_same_deposits():
    plain = {"deposits": 6, "wrist": False, "cut_share": 0.0, "tilt_deg": 0.0}
    whole, tilted, part = (
        hand_volume(np.random.default_rng(8), 1.5, HandSettings(**(plain | change)))
        for change in ({}, {"tilt_deg": 50.0}, {"cut_share": 0.4})
    )
    volumes = [sorted(one.volume_mm3 for one in made.lesions) for made in (whole, tilted)]
    np.testing.assert_allclose(*volumes, rtol=0.15, atol=1.0)
    assert whole.bone_fraction.sum() == pytest.approx(tilted.bone_fraction.sum(), rel=0.02)
    assert part.bone_fraction.sum() < 0.9 * whole.bone_fraction.sum()


def test_bone_loss_takes_mineral():
    means = []
    for loss in (0.0, 1.0):
        made = hand_volume(
            np.random.default_rng(9), 1.5, HandSettings(bone_loss=loss, wrist=False, deposits=0)
        )
        means.append(made.image.mixed.array[made.bone_fraction > 0.9].mean())
    assert means[1] < 0.75 * means[0]


def test_simulating_needs_no_settings(volume):
    parts = draw_hand(np.random.default_rng(2))
    made = simulate(np.random.default_rng(1), parts, lattice_around(parts, 3.0))
    assert made.settings.deposits is not None
    assert volume.settings.tilt_deg is not None


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
    shown = HandSettings(acro_osteolysis=(0,) * 5, cut_share=0.0, metals=0)
    made = hand_volume(np.random.default_rng(4), 2.0, shown)
    assert {int(n) for n in np.unique(made.bone_map[made.bone_fraction > 0.5])} >= LONG_BONES
    border = [made.bone_fraction[[0, -1]], made.bone_fraction[:, [0, -1]]]
    assert border[1].max() < 0.5
