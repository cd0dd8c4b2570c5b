"""Hands among table, cushion and air."""

import re

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.errors import NotMeasurable
from calcimetry.fingers.locate import MARGIN_MM, locate_hands
from calcimetry.model import Grid, Image
from tests.hands import draw, sticks


@pytest.fixture(scope="module")
def hand():
    """HU of a hand without surroundings, 1.5 mm, and the mask of its bones."""
    labels, _ = draw(sticks(), spacing=1.5, margin=9.0)
    bone = labels > 0
    body = ndimage.binary_dilation(bone, iterations=4)
    return np.where(bone, 900.0, np.where(body, 40.0, -1000.0)), bone


def image(array, spacing=1.5, unit="HU", noise=15.0):
    array = array + np.random.default_rng(0).normal(0.0, noise, array.shape)
    return Image(array, Grid(array.shape, np.diag([spacing, spacing, spacing, 1.0])), unit)


def in_air(size, *placed):
    volume = np.full(size, -1000.0)
    for array, corner in placed:
        box = tuple(slice(a, a + n) for a, n in zip(corner, array.shape, strict=True))
        volume[box] = np.maximum(volume[box], array)
    return volume


def holds(box, bone, corner):
    """The box has all bone, and the margin around it."""
    index = np.argwhere(bone) + corner
    low, high = index.min(axis=0), index.max(axis=0)
    steps = int(MARGIN_MM / 1.5)
    return all(
        part.start <= a - steps + 1 and part.stop >= b + steps
        for part, a, b in zip(box.slices, low, high, strict=True)
    )


def test_a_hand_is_boxed_with_body_around_it(hand):
    array, bone = hand
    boxes = locate_hands(image(in_air((140, 160, 100), (array, (20, 20, 20)))))
    assert len(boxes) == 1
    assert holds(boxes[0], bone, (20, 20, 20))
    assert np.prod(boxes[0].grid.shape) < 2.5 * bone.size
    assert boxes[0].left_out == ()


def test_the_box_has_its_own_grid(hand):
    array, _ = hand
    volume = image(in_air((140, 160, 100), (array, (20, 20, 20))))
    box = locate_hands(volume)[0]
    start = [part.start for part in box.slices]
    assert volume.array[box.slices].shape == box.grid.shape
    assert np.allclose(box.grid.index_to_mm([0, 0, 0]), volume.grid.index_to_mm(start))


def test_two_hands_apart_are_two_boxes_and_close_ones_one(hand):
    array, bone = hand
    far = (130, 10, 10)
    boxes = locate_hands(image(in_air((240, 140, 80), (array, (0, 10, 10)), (array[::-1], far))))
    assert len(boxes) == 2
    assert any(holds(box, bone[::-1], far) for box in boxes)
    close = ((array, (0, 10, 10)), (array[::-1], (len(array) - 6, 10, 10)))
    assert len(locate_hands(image(in_air((240, 140, 80), *close)))) == 1


@pytest.mark.parametrize("gap", [4, 12])
def test_a_table_is_left_out_with_its_reason_however_close(hand, gap):
    array, bone = hand
    volume = in_air((140, 160, 110), (array, (20, 20, 30)))
    under = int((np.argwhere(bone)[:, 2] + 30).min()) - gap
    volume[:, :, under - 2 : under] = 350.0
    boxes = locate_hands(image(volume))
    assert len(boxes) == 1
    assert holds(boxes[0], bone, (20, 20, 30))
    assert len(boxes[0].left_out) == 1
    assert re.match(r"a piece of 21\d x 240 x \d+ mm, bare of soft tissue", boxes[0].left_out[0])
    assert boxes[0].grid.shape[0] < 130


def test_a_cushion_makes_no_difference(hand):
    array, bone = hand
    volume = in_air((140, 160, 100), (array, (20, 20, 20)))
    volume = np.where(volume < -900.0, -880.0, volume)
    volume[:8] = -1000.0
    assert holds(locate_hands(image(volume))[0], bone, (20, 20, 20))


def test_a_lone_finger_is_found_in_any_spacing():
    labels, grid = draw(sticks(digits=(5,)), spacing=0.7)
    bone = labels > 0
    body = ndimage.binary_dilation(bone, iterations=6)
    volume = np.where(bone, 800.0, np.where(body, 30.0, -1000.0))
    boxes = locate_hands(Image(volume[::2], Grid(volume[::2].shape, np.diag([1.4, 0.7, 0.7, 1]))))
    assert len(boxes) == 1
    assert grid.shape[1] >= boxes[0].grid.shape[1] > 0.8 * grid.shape[1]


def test_a_bead_beside_the_hand_is_told(hand):
    array, _ = hand
    volume = in_air((140, 160, 140), (array, (10, 10, 10)))
    volume[70:72, 70:72, 130:132] = 1500.0
    (box,) = locate_hands(image(volume))
    assert "less than a finger has" in box.left_out[0]


def blank(hand):
    return image(np.full((20, 20, 20), 40.0), noise=0.0)


def noise(hand):
    return image(np.zeros((30, 30, 30)), noise=400.0)


def no_air(hand):
    return image(in_air((140, 160, 100), (hand[0], (20, 20, 20))) + 1024.0)


def not_hu(hand):
    return image(hand[0], unit="mg/cm3")


def no_bone(hand):
    return image(np.minimum(in_air((140, 160, 100), (hand[0], (20, 20, 20))), 60.0))


def bare(hand):
    return image(in_air((60, 60, 60), (np.full((12, 12, 12), 900.0), (20, 20, 20))))


def a_trunk(hand):
    volume = np.full((90, 90, 90), -1000.0)
    volume[10:80, 10:80, 10:80] = 40.0
    volume[12:78, 40:44, 12:78] = 800.0
    return image(volume, spacing=5.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (not_hu, "expected intensities in HU, found 'mg/cm3'"),
        (blank, "blank, every sample holds 40 HU"),
        (noise, "this is noise"),
        (no_air, "expected air around the hand.*rescale"),
        (no_bone, "expected bone, over 200 HU; found at most"),
        (bare, "only a piece of 18 x 18 x 18 mm, 5832 mm3 of mineral, bare of soft tissue"),
        (a_trunk, "more or longer than hands are"),
    ],
)
def test_what_holds_no_hand_is_refused_with_what_was_found(hand, make, message):
    with pytest.raises(NotMeasurable, match=message):
        locate_hands(make(hand))
