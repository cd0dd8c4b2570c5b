"""One bone, one name."""

import numpy as np
import pytest

from calcimetry.bone.names import name_bones, part_metacarpal

PIXEL_MM2 = 0.16


def fractions(*boxes: tuple[int, slice, slice]) -> np.ndarray:
    parts = np.zeros((4, 80, 40), np.float32)
    for label, rows, columns in boxes:
        parts[:, rows, columns] = 0.0
        parts[label - 1, rows, columns] = 1.0
    return parts


def test_the_largest_fraction_names_a_pixel():
    parts = fractions((1, slice(40, 75), slice(10, 25)), (2, slice(5, 35), slice(10, 25)))
    names = name_bones(parts, PIXEL_MM2)
    assert names[50, 15] == 1
    assert names[10, 15] == 2
    assert names[37, 15] == 0


def test_fractions_add_up_to_bone_though_none_is_half():
    parts = fractions((1, slice(10, 40), slice(10, 25)))
    parts[0] *= 0.4
    parts[1] = parts[0] * 0.9
    assert name_bones(parts, PIXEL_MM2)[20, 15] == 1


def test_a_slip_within_a_bone_takes_the_bones_name():
    parts = fractions(
        (1, slice(10, 70), slice(10, 25)),
        (2, slice(10, 16), slice(10, 25)),
    )
    assert set(np.unique(name_bones(parts, PIXEL_MM2))) == {0, 1}


def test_neighbours_that_touch_keep_their_names():
    parts = fractions(
        (1, slice(35, 70), slice(10, 25)),
        (2, slice(10, 35), slice(10, 25)),
    )
    names = name_bones(parts, PIXEL_MM2)
    assert (names == 1).sum() == 35 * 15
    assert (names == 2).sum() == 25 * 15


def test_a_lone_speck_is_dropped_and_a_lone_small_bone_kept():
    parts = fractions((3, slice(5, 7), slice(5, 7)), (3, slice(20, 26), slice(20, 24)))
    names = name_bones(parts, PIXEL_MM2)
    assert names[5, 5] == 0
    assert names[22, 22] == 3


def test_nothing_has_no_names():
    assert not name_bones(fractions(), PIXEL_MM2).any()


def bones_in_a_row(*ends):
    """Bones 10 mm wide along the rows, each (label, first, last mm), at 1 mm."""
    label_map = np.zeros((150, 14), np.uint16)
    for label, first, last in ends:
        label_map[first:last, 2:12] = label
    return label_map


@pytest.mark.parametrize("turned", [False, True])
def test_the_further_of_two_proximal_bones_is_the_metacarpal(turned):
    named = bones_in_a_row((3, 2, 20), (2, 22, 45), (1, 48, 90), (1, 93, 148))
    expected = bones_in_a_row((3, 2, 20), (2, 22, 45), (1, 48, 90), (4, 93, 148))
    if turned:
        named, expected = named[::-1], expected[::-1]
    np.testing.assert_array_equal(part_metacarpal(named, (1.0, 1.0)), expected)


@pytest.mark.parametrize(
    "bones",
    [
        [(3, 2, 20), (2, 22, 45), (1, 48, 70), (1, 73, 95)],  # one phalanx, grazed in the middle
        [(1, 48, 90), (1, 93, 148)],  # nothing says which end is the fingertip
        [(2, 22, 45), (1, 48, 90), (4, 93, 148)],
    ],
)
def test_other_chains_keep_their_names(bones):
    named = bones_in_a_row(*bones)
    np.testing.assert_array_equal(part_metacarpal(named, (1.0, 1.0)), named)
