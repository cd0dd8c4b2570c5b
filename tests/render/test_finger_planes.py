"""Which planes of a finger are shown."""

from __future__ import annotations

import numpy as np
import pytest

from calcimetry.model import Digit, Finger, Grid, Laterality
from calcimetry.render.finger_planes import FingerPlane, planes_to_show

SHAPE = (41, 60, 20)
#: Slices along x, rows along -z, columns along y: on a right hand the thumb lies towards -x.
AFFINE = np.array([[0.4, 0, 0, 0], [0, 0, 0.4, 0], [0, -0.4, 0, 0], [0, 0, 0, 1]])


def finger(side=Laterality.RIGHT, reason="") -> Finger:
    return Finger(Digit.RING, side, Grid(SHAPE, AFFINE), (41, 43), reason)


def bones(middle=18):
    """A thick proximal and a thin distal phalanx, both thickest in one slice."""
    labels = np.zeros(SHAPE, int)
    for slice_ in range(41):
        off = abs(slice_ - middle)
        labels[slice_, 30:50, 5 : 5 + max(14 - 2 * off, 0)] = 41
        labels[slice_, 5:15, 9 : 9 + max(4 - off, 0)] = 43
    return labels


def lesions(*slices):
    mask = np.zeros(SHAPE, bool)
    for count, slice_ in enumerate(slices, 1):
        mask[slice_, 20, :count] = True
    return mask


def test_without_lesions_the_mid_plane_is_shown():
    assert planes_to_show(finger(), bones(), lesions()) == (FingerPlane(18, "mid plane"),)


def test_a_large_bone_that_leans_does_not_draw_the_mid_plane_off_the_others():
    labels = np.zeros(SHAPE, int)
    labels[10:26, 30:50, 2:18] = 41
    labels[17, 5:15, 9:12] = 43
    labels[11, 30:50, 2:19] = 41  # by area alone this slice would be the one
    assert planes_to_show(finger(), labels, lesions())[0].number == 17


def test_without_bones_the_middle_of_the_grid_is_shown():
    nothing = np.zeros(SHAPE, int)
    assert planes_to_show(finger(), nothing, lesions()) == (FingerPlane(20, "mid plane"),)
    other = np.full(SHAPE, 31)
    assert planes_to_show(finger(), other, lesions()) == (FingerPlane(20, "mid plane"),)


def test_lesions_near_the_mid_plane_are_shown_alone():
    (plane,) = planes_to_show(finger(), bones(), lesions(5, 25))
    assert plane == FingerPlane(25, "2.8 mm ulnar of mid plane")
    (plane,) = planes_to_show(finger(), bones(), lesions(18))
    assert plane == FingerPlane(18, "mid plane")


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (finger(), "radial of"),
        (finger(Laterality.LEFT), "ulnar of"),
        (finger(None), "from"),
        (finger(reason="which of its sides is palmar cannot be told"), "from"),
    ],
    ids=["right", "left", "unknown side", "unknown palm"],
)
def test_lesions_far_from_the_mid_plane_are_shown_beside_it(shown, words):
    assert planes_to_show(shown, bones(), lesions(30, 8)) == (
        FingerPlane(18, "mid plane"),
        FingerPlane(8, f"4.0 mm {words} mid plane"),
    )


def test_of_planes_that_show_as_much_the_one_nearest_the_middle_is_taken():
    mask = np.zeros(SHAPE, bool)
    mask[[3, 24, 38], 20, 5] = True
    (plane,) = planes_to_show(finger(), bones(), mask)
    assert plane.number == 24
