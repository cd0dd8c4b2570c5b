import pickle

import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.model import Digit, DualEnergyImage, Finger, Grid, Hand, Image, Laterality
from calcimetry.model.hand import finger_of, hand_of

GRID = Grid((2, 3, 4), np.diag([0.6, 0.5, 0.5, 1.0]))


def volume(value=0.0, unit="HU", grid=GRID, name="hand"):
    return Image(np.full(grid.shape, value), grid, unit, name=name)


@pytest.mark.parametrize(
    ("digit", "side", "name"),
    [
        (Digit.RING, Laterality.LEFT, "left ring finger"),
        (Digit.THUMB, Laterality.RIGHT, "right thumb"),
        (Digit.LITTLE, None, "little finger"),
        (Digit.UNKNOWN, None, "finger"),
    ],
)
def test_a_finger_is_called_what_people_call_it(digit, side, name):
    assert Finger(digit, side, GRID, ()).name == name


def test_the_thumbs_side_of_a_finger():
    # Slices run towards -x, rows from the tip down (-z) and columns to the palm (-y): of a right
    # hand held up and seen from its back the thumb is on the left, at +x.
    affine = np.array([[-0.4, 0, 0, 0], [0, 0, -0.4, 0], [0, -0.4, 0, 0], [0, 0, 0, 1]])
    grid = Grid((3, 3, 3), affine)
    sides = (Laterality.RIGHT, Laterality.LEFT)
    assert [Finger(Digit.RING, side, grid, ()).radial for side in sides] == [-1, 1]
    assert Finger(Digit.RING, Laterality.RIGHT, grid.flipped(0), ()).radial == 1
    assert Finger(Digit.RING, None, grid, ()).radial == 0
    assert Finger(Digit.RING, Laterality.RIGHT, grid, (), "why").radial == 0


def test_a_hand_is_called_by_its_side():
    names = [Hand(side, (), GRID).name for side in (Laterality.LEFT, None)]
    assert names == ["left hand", "hand"]


def test_a_hand_survives_pickling():
    finger = Finger(Digit.INDEX, Laterality.LEFT, GRID, (121, 122), "why")
    hand = pickle.loads(pickle.dumps(Hand(Laterality.LEFT, (finger,), GRID)))
    assert hand.fingers[0].grid == GRID
    assert hand.fingers[0].labels == (121, 122)


def test_a_lesion_is_of_the_finger_whose_bone_is_nearest():
    index = Finger(Digit.INDEX, Laterality.LEFT, GRID, (121, 122))
    ring = Finger(Digit.RING, Laterality.LEFT, GRID, (141,))
    hands = [Hand(Laterality.LEFT, (index, ring), GRID)]
    assert finger_of(hands, 141, [0, 0, 0]) is ring
    assert finger_of(hands, 160, [0, 0, 0]) is None
    assert finger_of([], 121, [0, 0, 0]) is None


def test_fingers_of_the_same_labels_are_told_apart_by_their_place():
    far = GRID.affine.copy()
    far[:3, 3] = 40.0
    here, there = (Finger(Digit.UNKNOWN, None, g, (1,)) for g in (GRID, Grid(GRID.shape, far)))
    hands = [Hand(None, (here, there), GRID)]
    assert finger_of(hands, 1, [1, 1, 1]) is here
    assert finger_of(hands, 1, [39, 39, 39]) is there


def test_two_energies_are_mixed_six_to_four():
    pair = DualEnergyImage(volume(1000.0), volume(500.0), "80", "Sn150")
    assert pair.mixed.array == pytest.approx(800.0)
    assert (pair.name, pair.grid, pair.mixed.unit) == ("hand", GRID, "HU")


def test_two_energies_on_two_grids_are_no_pair():
    other = Grid(GRID.shape, np.diag([0.6, 0.5, 0.6, 1.0]))
    with pytest.raises(InputError, match="expected one grid"):
        DualEnergyImage(volume(), volume(grid=other))


def test_two_energies_must_be_in_hu():
    with pytest.raises(InputError, match="expected HU"):
        DualEnergyImage(volume(), volume(unit="mg/cm3"))


def test_a_lesion_is_of_the_hand_of_its_bones_side_and_of_the_nearest_of_them():
    shift = np.eye(4)
    shift[0, 3] = 100.0
    far = Grid(GRID.shape, shift @ GRID.affine)
    left, right = Hand(Laterality.LEFT, (), GRID), Hand(Laterality.RIGHT, (), far)
    assert hand_of([left, right], 160, [90, 0, 0]) is left  # a carpal of the left hand
    assert hand_of([left, right], 60, [0, 0, 0]) is right
    assert hand_of([left, right], 0, [90, 0, 0]) is right
    assert hand_of([left], 60, [0, 0, 0]) is left
    unknown = [Hand(None, (), GRID), Hand(None, (), far)]
    assert hand_of(unknown, 21, [90, 0, 0]) is unknown[1]
    assert hand_of([], 21, [0, 0, 0]) is None
