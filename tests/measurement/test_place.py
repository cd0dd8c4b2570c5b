import dataclasses

import numpy as np
import pytest

from calcimetry.measurement.place import Place, aspect_of, axis_labels, digit_of, place_of
from calcimetry.model import Digit, Grid, Laterality
from tests.simple_hand import hand_of, index_finger

#: A shaft of bone along z.
SHAFT = np.array([[x, y, z] for x in (-2.0, 2.0) for y in (-2.0, 2.0) for z in range(-15, 16)])


def moved(grid: Grid, x_mm: float) -> Grid:
    affine = grid.affine.copy()
    affine[0, 3] += x_mm
    return Grid(grid.shape, affine)


@pytest.mark.parametrize(
    ("point", "right", "left"),
    [
        ((1.0, 7.0, 3.0), "volar", "volar"),
        ((1.0, -7.0, 3.0), "dorsal", "dorsal"),
        ((-7.0, 1.0, 3.0), "radial", "ulnar"),
        ((7.0, 1.0, 3.0), "ulnar", "radial"),
    ],
)
def test_aspect_is_told_from_the_bones_middle(point, right, left):
    point = np.array(point)
    assert aspect_of(index_finger(Laterality.RIGHT), SHAFT, point) == right
    assert aspect_of(index_finger(Laterality.LEFT), SHAFT, point) == left


def test_aspect_does_not_depend_on_which_way_the_grids_slices_run():
    finger = index_finger()
    mirrored = dataclasses.replace(finger, grid=finger.grid.flipped(0))
    assert aspect_of(mirrored, SHAFT, np.array([-7.0, 1.0, 3.0])) == "radial"


def test_aspect_is_told_at_the_lesions_own_level():
    bent = SHAFT + np.outer(SHAFT[:, 2], [0.0, 0.6, 0.0])
    # Palmar of the bone where it lies, though dorsal of the bone's middle.
    assert aspect_of(index_finger(), bent, np.array([0.0, -3.0, -13.0])) == "volar"


def test_beyond_the_end_of_the_bone_its_end_counts():
    assert aspect_of(index_finger(), SHAFT, np.array([0.0, 4.0, 25.0])) == "volar"


def test_no_aspect_where_the_finger_itself_could_not_be_told():
    point = np.array([0.0, 7.0, 0.0])
    assert aspect_of(index_finger(reason="a lone finger"), SHAFT, point) is None
    assert aspect_of(index_finger(None), SHAFT, point) is None


def test_near_a_sesamoid_the_other_bones_give_the_axis():
    finger = index_finger(labels=(21, 22, 25))
    assert axis_labels(finger, 22) == (22,)
    assert axis_labels(finger, 25) == (21, 22)
    assert axis_labels(index_finger(labels=(25,)), 25) == (25,)


def test_the_finger_that_holds_the_nearest_bone():
    first, second = index_finger(labels=(21, 22)), index_finger(labels=(31,))
    hand = hand_of(first, second)
    place = place_of(31, np.zeros(3), [hand])
    assert (place.hand, place.finger) == (hand, second)
    assert digit_of(place) == 2
    assert place.laterality is Laterality.RIGHT
    assert place.reason == ""


def test_of_fingers_with_one_label_the_one_around_the_lesion():
    here = index_finger()
    there = dataclasses.replace(here, grid=moved(here.grid, 30.0))
    hand = hand_of(there, here)
    assert place_of(1, np.array([2.0, 0.0, 0.0]), [hand]).finger is here
    assert place_of(1, np.array([28.0, 0.0, 0.0]), [hand]).finger is there


def test_a_wrist_bone_belongs_to_the_hand_of_its_side_and_to_no_finger():
    left, right = hand_of(laterality=Laterality.LEFT), hand_of()
    assert place_of(60, np.zeros(3), [left, right]).hand is right
    place = place_of(160, np.zeros(3), [left, right])
    assert place.hand is left
    assert place.finger is None
    assert digit_of(place) is None
    assert place.reason == "the nearest bone is no finger's"
    unnamed = hand_of(laterality=None, reason="neither thumb nor flexion shows the side")
    assert place_of(60, np.zeros(3), [unnamed]).reason == unnamed.reason
    assert place_of(160, np.zeros(3), [unnamed]).laterality is None


@pytest.mark.parametrize(("bone", "hands"), [(0, [hand_of()]), (1, [])])
def test_without_bone_or_hand_there_is_no_place(bone, hands):
    assert place_of(bone, np.zeros(3), hands) == Place(None, None)
    assert place_of(bone, np.zeros(3), hands).reason == "no hand was recognised"


def test_an_unknown_digit_has_no_number():
    finger = dataclasses.replace(index_finger(), digit=Digit.UNKNOWN)
    assert digit_of(Place(None, finger)) is None
