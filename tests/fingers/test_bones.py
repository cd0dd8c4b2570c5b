"""Single bones out of types with slips."""

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.fingers.bones import find_single_bones
from calcimetry.model import Bone, Grid, Segmentation
from tests.hands import draw, sticks, types


@pytest.fixture(scope="module")
def finger():
    return draw(sticks(digits=(3,)), spacing=0.8)


def test_each_bone_is_found_once_with_its_size(finger):
    labels, grid = finger
    bones = find_single_bones(types(labels, grid))
    assert [bone.kind for bone in bones] == [4, 1, 2, 3]
    assert [bone.rod.length_mm for bone in bones] == pytest.approx([64, 43, 27, 17], abs=1.5)
    assert [bone.volume_mm3 for bone in bones] == pytest.approx(
        [(labels == label).sum() * 0.8**3 for label in (34, 31, 32, 33)], abs=1.0
    )
    assert not any(bone.at_border for bone in bones)
    assert all(bone.is_whole for bone in bones)


@pytest.mark.parametrize(("label", "wrong"), [(31, 4), (31, 2), (32, 3), (34, 1), (33, 2)])
@pytest.mark.parametrize("share", [0.15, 0.4, 0.6])
def test_a_type_that_slips_within_a_bone_does_not_part_it(finger, label, wrong, share):
    labels, grid = finger
    rows = np.argwhere(labels == label)[:, 1]
    upto = rows.min() + share * np.ptp(rows)
    place = np.arange(labels.shape[1])[None, :, None]
    kinds = np.where((labels == label) & (place < upto), wrong, labels % 10)
    bones = find_single_bones(types(kinds, grid))
    assert len(bones) == 4
    whole = [bone for bone in bones if (labels[tuple(bone.index.T)] == label).all()]
    assert len(whole[0].index) == (labels == label).sum()
    assert whole[0].votes[Bone(wrong)] == pytest.approx(share, abs=0.15)


def test_a_thumb_s_two_long_bones_at_a_closed_joint_stay_two():
    # Together they are no longer than a metacarpal may be, but longer than those beside them.
    bones = sticks(bend=0.0)
    thumb = {one.label: one for one in bones}
    way = thumb[14].tip - thumb[14].base
    way /= np.linalg.norm(way)
    closed = [
        replace(one, base=thumb[14].tip - way, tip=one.tip) if one.label == 11 else one
        for one in bones
    ]
    labels, grid = draw(closed, spacing=0.8)
    found = find_single_bones(types(labels, grid))
    assert len(found) == len(bones)


def test_middle_phalanges_that_are_all_half_distal_stay_one_bone_each():
    # The longest piece of a type is then half a bone, and no measure of the others.
    labels, grid = draw(sticks(bend=0.0, digits=(2, 3, 4)), spacing=0.8)
    kinds = labels % 10
    place = np.arange(labels.shape[1])[None, :, None]
    for label in (22, 32, 42):
        rows = np.argwhere(labels == label)[:, 1]
        kinds[(labels == label) & (place > rows.mean())] = 3
    found = find_single_bones(types(kinds, grid))
    assert len(found) == 12
    for bone in found:
        assert len(np.unique(labels[tuple(bone.index.T)])) == 1


def test_two_bones_at_a_closed_joint_stay_two(finger):
    labels, grid = finger
    kinds = labels % 10
    rows = np.argwhere(labels == 32)[:, 1].max()
    for row in range(rows + 1, int(np.argwhere(labels == 33)[:, 1].min()) + 1):
        kinds[:, row] = np.maximum(kinds[:, row], np.where(kinds[:, rows - 1] == 2, 3, 0))
    assert [bone.kind for bone in find_single_bones(types(kinds, grid))] == [4, 1, 2, 3]


def test_a_bone_at_the_border_is_said_to_be(finger):
    labels, grid = finger
    cut = labels[:, 40:]
    affine = grid.affine.copy()
    affine[:3, 3] = grid.index_to_mm([0, 40, 0])
    bones = find_single_bones(types(cut, Grid(cut.shape, affine)))
    assert [bone.kind for bone in bones if bone.at_border] == [4]


def test_only_long_bones_count():
    grid = Grid((5, 5, 5), np.eye(4))
    labels = np.full(grid.shape, 60)
    assert find_single_bones(Segmentation(labels, grid, {60: "carpal"})) == []


def test_blobs_of_a_wrong_type_in_a_bone_belong_to_it(finger):
    labels, grid = finger
    kinds = labels % 10
    for label, wrong in ((34, 1), (31, 3), (32, 4)):
        middle = np.argwhere(labels == label).mean(axis=0).astype(int)
        ball = np.linalg.norm(np.indices(labels.shape).T - middle, axis=-1).T < 4.0
        kinds = np.where(ball & (labels == label), wrong, kinds)
    bones = find_single_bones(types(kinds, grid))
    assert [len(bone.index) for bone in bones] == [
        np.count_nonzero(labels == label) for label in (34, 31, 32, 33)
    ]
