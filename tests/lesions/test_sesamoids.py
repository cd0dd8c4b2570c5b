"""Small bright things in the places of sesamoids are none of calcinosis."""

import numpy as np
import pytest

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.sesamoids import without_sesamoids
from calcimetry.model import Digit, Finger, Grid, Hand, Image, Laterality, Segmentation

#: A straight thumb along the rows, tip first; the palm lies towards higher columns.
GRID = Grid((30, 70, 40), np.diag([1.0, 1.0, 1.0, 1.0]))
#: Bone: rows. The metacarpal's head lies at row 42.
BONES = {13: (2, 18), 11: (20, 40), 14: (42, 68)}
#: Middles of two sesamoids beside each other, and of one at the last joint.
LEFT, RIGHT, LAST = (10, 42, 22), (19, 42, 22), (15, 19, 22)


def thumb(*things, digit=Digit.THUMB, reason="", known=()):
    """A thumb with things around it: (middle, half a side in samples, HU)."""
    hu = np.full(GRID.shape, 40.0, np.float32)
    bones = np.zeros(GRID.shape, np.uint16)
    for label, (first, last) in BONES.items():
        bones[11:19, first:last, 11:18] = label
    lesions = np.zeros(GRID.shape, np.uint16)
    for number, (middle, half, level) in enumerate(things, 1):
        here = tuple(slice(at - half, at + half + 1) for at in middle)
        hu[here], lesions[here] = level, number
    for middle in known:
        bones[tuple(slice(at - 1, at + 2) for at in middle)] = 15
    meanings = {n: f"calcification {n}" for n in range(1, len(things) + 1)}
    grown = GrownLesions(Segmentation(lesions, GRID, meanings), (lesions > 0).astype(np.float32))
    finger = Finger(digit, Laterality.RIGHT, GRID, tuple(BONES), reason)
    hand = Hand(Laterality.RIGHT, (finger,), GRID)
    segmentation = Segmentation(bones, GRID, {n: str(n) for n in np.unique(bones) if n})
    return Image(hu, GRID), segmentation, grown, (hand,)


def test_the_thumbs_pair_and_the_one_at_its_last_joint_are_left_out():
    things = [(LEFT, 1, 900.0), (RIGHT, 1, 900.0), (LAST, 1, 900.0)]
    kept, sesamoids = without_sesamoids(*thumb(*things))
    assert sesamoids == 3
    assert kept.lesion_map.labels == ()


def test_no_more_are_left_out_than_people_have_the_largest_first():
    between = (15, 45, 23)
    kept, sesamoids = without_sesamoids(
        *thumb((LEFT, 1, 900.0), (between, 0, 900.0), (RIGHT, 1, 900.0))
    )
    assert sesamoids == 2
    assert kept.lesion_map.mask.sum() == 1


def test_those_that_are_known_take_their_places():
    kept, sesamoids = without_sesamoids(*thumb((RIGHT, 1, 900.0), known=(LEFT, (15, 45, 24))))
    assert sesamoids == 0
    assert kept.lesion_map.labels == (1,)
    assert without_sesamoids(*thumb((RIGHT, 1, 900.0), known=(LEFT,)))[1] == 1


def test_a_small_bright_piece_on_a_known_sesamoid_is_of_it():
    beside = (LEFT[0], LEFT[1], LEFT[2] + 2)
    kept, left_out = without_sesamoids(*thumb((beside, 0, 900.0), known=(LEFT, RIGHT)))
    assert (left_out, kept.lesion_map.labels) == (1, ())
    # It takes no other's place: one that lies apart is still the second sesamoid.
    kept, left_out = without_sesamoids(*thumb((beside, 0, 900.0), (RIGHT, 1, 900.0), known=(LEFT,)))
    assert left_out == 2


@pytest.mark.parametrize(("away", "half", "level"), [(3, 0, 900.0), (3, 1, 900.0), (2, 0, 300.0)])
def test_what_lies_apart_is_large_or_faint_is_no_piece(away, half, level):
    middle = (LEFT[0], LEFT[1], LEFT[2] + away)
    kept, left_out = without_sesamoids(*thumb((middle, half, level), known=(LEFT, RIGHT)))
    assert (left_out, kept.lesion_map.labels) == (0, (1,))


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        ((RIGHT, 1, 250.0), "too faint for bone"),
        ((RIGHT, 2, 900.0), "125 mm3 are too large to have been overlooked"),
        (((15, 42, 5), 1, 900.0), "on the back of the joint"),
        (((15, 30, 22), 1, 900.0), "beside the shaft"),
        (((27, 42, 21), 1, 900.0), "too far to the side"),
    ],
)
def test_what_is_faint_large_or_elsewhere_stays(thing, why):
    kept, sesamoids = without_sesamoids(*thumb(thing))
    assert (sesamoids, kept.lesion_map.labels) == (0, (1,)), why


@pytest.mark.parametrize("change", [{"digit": Digit.RING}, {"reason": "the side is not told"}])
def test_other_digits_and_those_that_are_not_told_have_none(change):
    assert without_sesamoids(*thumb((RIGHT, 1, 900.0), **change))[1] == 0
