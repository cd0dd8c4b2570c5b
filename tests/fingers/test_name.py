"""Bones by name, on a drawn hand in every pose, place and damage that may come."""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.fingers.name import name_fingers
from calcimetry.model import Bone, Digit, Grid, Laterality, Segmentation
from tests.hands import draw, moved, part, rotation, sticks, types

ALL = slice(None)


@pytest.fixture(scope="module")
def hand():
    return draw(sticks())


def digits(named):
    return [[finger.digit for finger in hand.fingers] for hand in named.hands]


def agreement(named, labels):
    """Share of the true bone voxels that have their own label."""
    bone = labels > 0
    return np.mean(named.bones.label_map[bone] == labels[bone])


@pytest.mark.parametrize("bend", [0.0, 40.0, 75.0])
def test_a_hand_is_named_straight_and_in_a_fist(bend):
    labels, grid = draw(sticks(bend))
    named = name_fingers(types(labels, grid))
    assert digits(named) == [[1, 2, 3, 4, 5]]
    assert named.hands[0].laterality is Laterality.RIGHT
    assert named.hands[0].reason == ""
    assert agreement(named, labels) > 0.999
    assert named.hands[0].fingers[2].labels == (33, 32, 31, 34)
    assert named.hands[0].fingers[0].labels == (13, 11, 14)


@pytest.mark.parametrize(
    ("turn", "mirror"),
    [((90, 0, 0), False), ((20, -70, 130), False), ((0, 0, 0), True), ((180, 30, 0), True)],
)
def test_the_side_is_told_however_the_hand_lies(hand, turn, mirror):
    labels, grid = hand
    named = name_fingers(types(labels, moved(grid, rotation(*turn), mirror)))
    assert named.hands[0].laterality is (Laterality.LEFT if mirror else Laterality.RIGHT)
    assert agreement(named, labels + 100 * (labels > 0) * mirror) > 0.999


def test_the_order_of_samples_does_not_matter(hand):
    labels, grid = hand
    swap = np.eye(4)[:, [2, 0, 1, 3]]
    turned = np.transpose(labels, (2, 0, 1))[::-1]
    named = name_fingers(types(turned, Grid(turned.shape, grid.affine @ swap).flipped(0)))
    assert named.hands[0].laterality is Laterality.RIGHT
    assert agreement(named, turned) > 0.999


def test_uneven_spacing_does_not_matter():
    labels, grid = draw(sticks(), spacing=0.7)
    labels = labels[:, ::2]
    grid = Grid(labels.shape, grid.affine @ np.diag([1.0, 2.0, 1.0, 1.0]))
    assert agreement(name_fingers(types(labels, grid)), labels) > 0.99


def test_a_stated_side_wins_and_a_clear_contradiction_is_told(hand):
    right = types(*hand)
    assert name_fingers(right, Laterality.RIGHT).hands[0].reason == ""
    named = name_fingers(right, Laterality.LEFT)
    assert named.hands[0].laterality is Laterality.LEFT
    assert named.bones.labels[0] == 111
    assert "states a left hand, but its bones look like those of a right" in named.hands[0].reason


def test_slips_of_the_type_at_the_ends_of_bones_do_no_harm(hand):
    labels, grid = hand
    kinds = labels % 10
    place = np.arange(labels.shape[1])[None, :, None]
    for label, slip in ((21, 4), (33, 2), (42, 1), (14, 1), (11, 3)):
        rows = np.flatnonzero((labels == label).any(axis=(0, 2)))
        kinds = np.where((labels == label) & (place < rows[0] + 6), slip, kinds)
    named = name_fingers(types(kinds, grid))
    assert digits(named) == [[1, 2, 3, 4, 5]]
    assert agreement(named, labels) > 0.995


@pytest.mark.parametrize(("label", "wrong"), [(11, 2), (22, 1), (31, 4)])
def test_a_whole_bone_of_the_wrong_type_is_named_by_its_finger(hand, label, wrong):
    labels, grid = hand
    kinds = np.where(labels == label, wrong, labels % 10)
    named = name_fingers(types(kinds, grid))
    assert digits(named) == [[1, 2, 3, 4, 5]]
    assert agreement(named, labels) > 0.999


def test_metacarpals_that_touch_are_parted(hand):
    labels, grid = hand
    metacarpal = (labels % 10 == 4) & (labels > 0)
    away, nearest = ndimage.distance_transform_edt(~metacarpal, return_indices=True)
    grown = (away <= 1.5) & (labels == 0)
    thick = np.where(grown, labels[tuple(nearest)], labels)
    assert ndimage.label((thick % 10 == 4) & (thick > 20))[1] == 1
    assert agreement(name_fingers(types(thick, grid)), thick) > 0.97


@pytest.mark.parametrize("missing", [13, 32, 51, 54])
def test_a_bone_that_is_missing_leaves_the_others_their_names(hand, missing):
    labels, grid = hand
    left = np.where(labels == missing, 0, labels)
    named = name_fingers(types(left, grid))
    assert agreement(named, left) > 0.99
    assert digits(named) == [[1, 2, 3, 4, 5]]


def test_crumbs_join_the_bone_beside_them_or_go(hand):
    labels, grid = hand
    crumbs = labels.copy()
    crumbs[4:6, 4:6, 4:6] = 1
    row = np.argwhere(labels == 33)[:, 1].max()
    place = np.argwhere(labels[:, row] == 33).mean(axis=0).astype(int)
    crumbs[place[0], row + 1 : row + 3, place[1]] = 1
    named = name_fingers(types(crumbs, grid))
    assert digits(named) == [[1, 2, 3, 4, 5]]
    assert not named.bones.label_map[4:6, 4:6, 4:6].any()
    assert named.bones.label_map[place[0], row + 1, place[1]] == 33


def test_a_lump_that_is_no_bone_of_a_finger_is_passed_over_and_told(hand):
    labels, grid = hand
    lump = labels.copy()
    lump[2:8, 2:8, 2:8] = 1
    named = name_fingers(types(lump, grid))
    assert digits(named) == [[1, 2, 3, 4, 5]]
    assert not named.bones.label_map[2:8, 2:8, 2:8].any()
    assert named.hands[0].reason == "1 small pieces of bone that join no finger were passed over"


def test_a_piece_of_the_wrong_type_beside_a_bone_becomes_part_of_it(hand):
    labels, grid = hand
    piece = labels.copy()
    rows = np.argwhere(labels == 31)[:, 1]
    middle = int(rows.mean())
    place = np.argwhere(labels[:, middle] == 31)
    far = place[:, 1].max() + 1
    centre = int(place[:, 0].mean())
    piece[centre - 1 : centre + 2, middle - 2 : middle + 3, far : far + 2] = 4
    named = name_fingers(types(piece, grid))
    assert named.bones.label_map[centre, middle, far] == 31


@pytest.mark.parametrize("keep", [(1, 2), (1, 2, 3), (1, 2, 3, 5), (1, 2, 4, 5)])
def test_fingers_out_of_view_leave_a_gap_in_the_count(keep):
    labels, grid = draw(sticks(digits=keep))
    assert digits(name_fingers(types(labels, grid))) == [list(keep)]


def test_a_missing_index_finger_leaves_the_digits_unknown():
    labels, grid = draw(sticks(digits=(1, 3, 4)))
    named = name_fingers(types(labels, grid))
    assert digits(named) == [[1, 0, 0]]
    assert "too far for an index finger" in named.hands[0].fingers[1].reason


def test_gaps_without_room_leave_the_digits_unknown():
    labels, grid = draw(sticks(digits=(1, 2, 4, 5)))
    wide = np.concatenate([np.zeros((20, *labels.shape[1:]), int), labels])
    little = wide == 54
    for label in (51, 52, 53):
        little |= wide == label
    shifted = np.where(little, 0, wide)
    shifted[:-20][little[20:]] = wide[20:][little[20:]]
    affine = grid.affine.copy()
    affine[:3, 3] = grid.index_to_mm([-20, 0, 0])
    named = name_fingers(types(shifted, Grid(shifted.shape, affine)))
    assert digits(named)[0][0] == Digit.THUMB
    assert "no room for the digits missing" in named.hands[0].fingers[1].reason


def test_four_fingers_without_a_thumb_are_told_by_the_shorter_end():
    labels, grid = draw(sticks(digits=(2, 3, 4, 5)))
    named = name_fingers(types(labels, grid))
    assert digits(named) == [[2, 3, 4, 5]]
    assert named.hands[0].laterality is Laterality.RIGHT


def test_fewer_fingers_without_a_thumb_stay_unknown_with_a_reason():
    labels, grid = draw(sticks(digits=(2, 3, 4)))
    named = name_fingers(types(labels, grid))
    hand = named.hands[0]
    assert [finger.digit for finger in hand.fingers] == [0, 0, 0]
    assert "fewer than four fingers do not say which they are" in hand.fingers[0].reason
    assert hand.laterality is None
    assert "without knowing the thumb's side" in hand.reason
    assert named.bones.labels == (1, 2, 3, 4)


@pytest.mark.parametrize("mirror", [False, True])
def test_a_lone_finger_has_digit_0_either_end_up(mirror):
    labels, grid = draw(sticks(digits=(3,)))
    named = name_fingers(types(labels, moved(grid, np.eye(3), mirror)))
    assert digits(named) == [[Digit.UNKNOWN]]
    assert named.hands[0].laterality is None
    assert agreement(named, labels % 10) > 0.999
    assert "one digit alone" in named.hands[0].fingers[0].reason


def test_a_lone_finger_takes_the_stated_side():
    labels, grid = draw(sticks(digits=(3,)))
    named = name_fingers(types(labels, grid), Laterality.LEFT)
    assert named.hands[0].laterality is Laterality.LEFT
    assert named.bones.labels == (101, 102, 103, 104)


def test_metacarpals_out_of_view_are_not_missed(hand):
    labels, grid = hand
    first = np.argwhere(labels == 51)[:, 1].min() - 6
    cut, view = part(labels, grid, ALL, slice(int(first), None), ALL)
    named = name_fingers(types(cut, view))
    assert agreement(named, np.where(cut > 20, cut, named.bones.label_map)) > 0.999


def test_fingertips_alone_stay_unknown(hand):
    labels, grid = hand
    tips = np.where(np.isin(labels, (22, 23, 32, 33)), labels, 0)
    named = name_fingers(types(tips, grid))
    assert digits(named) == [[0, 0]]
    assert named.bones.labels == (2, 3)


def test_a_fingertip_cut_off_from_its_finger_is_no_hand_of_its_own(hand):
    labels, grid = hand
    away = np.where(np.isin(labels, (51, 52, 54)), 0, labels)
    named = name_fingers(types(away, grid))
    assert digits(named) == [[1, 2, 3, 4, 0]]
    assert "nothing joins it to a digit" in named.hands[0].fingers[-1].reason


def test_two_hands_are_told_apart_and_one_stated_side_is_not_theirs(hand):
    labels, grid = hand
    both = np.concatenate([labels, np.zeros((10, *labels.shape[1:]), int), labels[::-1]])
    affine = grid.affine.copy()
    named = name_fingers(types(both, Grid(both.shape, affine)), Laterality.RIGHT)
    assert digits(named) == [[1, 2, 3, 4, 5]] * 2
    assert {one.laterality for one in named.hands} == {Laterality.RIGHT, Laterality.LEFT}
    assert all("but there are 2 hands" in one.reason for one in named.hands)
    truth = both.copy()
    truth[len(labels) :] += 100 * (both[len(labels) :] > 0)
    assert agreement(named, truth) > 0.999


def test_two_hands_side_by_side_closer_than_their_fingers_are_parted():
    labels, grid = draw(sticks())
    thumbless = np.where(labels < 20, 0, labels)
    low, high = np.flatnonzero(thumbless.any(axis=(1, 2)))[[0, -1]]
    one = thumbless[low - 4 : high + 4]
    both = np.concatenate([one, one[::-1]])
    named = name_fingers(types(both, Grid(both.shape, grid.affine)))
    assert [len(hand.fingers) for hand in named.hands] == [4, 4]


def test_sesamoids_go_to_the_nearest_finger_and_the_wrist_to_its_hand(hand):
    labels, grid = hand
    more = labels.copy()
    head = np.argwhere(labels == 24)[np.argwhere(labels == 24)[:, 1].argmax()]
    palmar = int(np.argwhere(labels == 24)[:, 2].max()) + 2
    near = (slice(head[0], head[0] + 2), slice(head[1] - 3, head[1]), slice(palmar, palmar + 2))
    far = (slice(3, 5), slice(3, 5), slice(3, 5))
    carpal = (slice(60, 70), slice(0, 9), slice(20, 30))
    more[near], more[far], more[carpal] = 5, 5, 60
    left = moved(grid, np.eye(3), mirror=True)
    named = name_fingers(types(more, left))
    assert (named.bones.label_map[near] == 125).all()
    assert (named.bones.label_map[far] == 105).all()
    assert (named.bones.label_map[carpal] == 160).all()
    assert named.bones.meanings[160] == "left carpal"


def test_without_bones_of_a_finger_there_is_no_hand():
    grid = Grid((4, 5, 6), np.eye(4))
    labels = np.zeros(grid.shape)
    labels[1, 1, 1], labels[3, 3, 3] = Bone.SESAMOID, 61
    named = name_fingers(Segmentation(labels, grid, {5: "sesamoid", 61: "radius"}))
    assert named.hands == ()
    assert named.bones.labels == (5, 61)


def test_the_reference_hand_is_named_bone_for_bone(shared):
    nibabel = pytest.importorskip("nibabel")
    file = nibabel.load(shared / "data" / "hand" / "truth_bones.nii.gz")
    labels = np.asarray(file.dataobj).astype(int)
    grid = Grid(labels.shape, np.diag([-1.0, -1.0, 1.0, 1.0]) @ file.affine)
    named = name_fingers(types(labels, grid))
    assert digits(named) == [[1, 2, 3, 4, 5]]
    assert named.hands[0].laterality is Laterality.RIGHT
    assert np.array_equal(named.bones.label_map, labels)
