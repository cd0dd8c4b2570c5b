"""Bones of a later visit laid onto the baseline's."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from calcimetry.errors import SettingsError
from calcimetry.followup.align import AlignmentSettings, align_bones
from calcimetry.followup.rigid import turn_about
from calcimetry.followup.visit import Visit, boxes_of
from calcimetry.followup.visit import points_of as points_in
from calcimetry.model import Segmentation
from tests.followup.lesions import bones_of, turned

TILT = turn_about(np.array([0.48, 0.6, 0.64]), np.deg2rad(20.0))
SHIFT = np.array([12.0, -30.0, 7.0])


def points_of(bones: Segmentation, label: int):
    return points_in(bones, label, boxes_of(bones)[label])


def moved(visit: Visit, labels=None, turn=TILT) -> Visit:
    """The same visit elsewhere, perhaps with other bones."""
    bones = visit.bones if labels is None else bones_of(labels, visit.bones.grid)
    return replace(
        visit,
        bones=turned(bones, turn, SHIFT),
        lesion_map=turned(visit.lesion_map, turn, SHIFT),
    )


def error_mm(visit: Visit, label: int, alignment) -> float:
    """How far a bone's points come from where they were."""
    points = points_of(visit.bones, label)
    found = alignment.to_baseline(points @ TILT.T + SHIFT)
    return float(np.linalg.norm(found - points, axis=1).max())


def test_a_known_motion_is_found(finger):
    visit = finger[0]
    found = align_bones(visit, moved(visit))
    assert [one.bone for one in found] == [n for n in visit.bones.labels if n % 10 < 5]
    for one in found:
        assert one.accepted
        assert one.reason == ""
        assert one.residual_mm < 0.05
        assert one.together_share > 0.99
        assert error_mm(visit, one.bone, one) < 0.15
        points = points_of(visit.bones, one.bone)
        assert one.to_later(one.to_baseline(points)) == pytest.approx(points)


def test_joints_that_moved_do_not_disturb(finger):
    first, last = finger
    there, back = align_bones(first, last), align_bones(last, first)
    turns = [np.trace(a.turn @ b.turn.T) for a, b in pairwise(there)]
    assert min(turns) < 1.0 + 2.0 * np.cos(np.deg2rad(1.0))  # neighbours turn by other angles
    for one, other in zip(there, back, strict=True):
        assert one.accepted
        assert one.residual_mm < 0.2
        points = points_of(last.bones, one.bone)
        again = other.to_baseline(one.to_baseline(points))
        assert np.linalg.norm(again - points, axis=1).mean() < 0.3


def distal(visit: Visit) -> int:
    return next(label for label in visit.bones.labels if label % 10 == 3)


@pytest.mark.parametrize("left", [0.75, 0.5])
def test_a_resorbed_tuft_does_not_pull(finger, left):
    visit = finger[0]
    label = distal(visit)
    labels = np.array(visit.bones.label_map)
    index = np.argwhere(labels == label)
    # Slices run from the tip towards the wrist.
    start, stop = index[:, 0].min(), index[:, 0].max()
    gone = index[index[:, 0] < start + (1.0 - left) * (stop - start)]
    labels[tuple(gone.T)] = 0
    found = {one.bone: one for one in align_bones(visit, moved(visit, labels))}
    assert found[label].accepted
    assert error_mm(visit, label, found[label]) < 0.4
    back = {one.bone: one for one in align_bones(moved(visit, labels), visit)}
    again = back[label].to_baseline(points_of(visit.bones, label))
    truly = points_of(visit.bones, label) @ TILT.T + SHIFT
    assert np.linalg.norm(again - truly, axis=1).max() < 0.4


def test_a_bone_that_the_view_cuts_is_aligned_by_what_shows(finger):
    visit = finger[0]
    cut = visit.bones.grid.shape[0] // 2
    label_map = visit.bones.label_map[:cut]
    grid = replace(visit.bones.grid, shape=label_map.shape)
    seen = bones_of(label_map, grid)
    lesions = Segmentation(np.zeros(grid.shape, int), grid, {})
    part = moved(Visit("part", seen, lesions, ()))
    found = align_bones(visit, part)
    assert found
    for one in found:
        if (label_map == one.bone).sum() > 0.3 * (visit.bones.label_map == one.bone).sum():
            assert one.accepted
            assert error_mm(visit, one.bone, one) < 1.0


def test_a_bone_alone_is_found_turned_round(finger):
    visit = finger[0]
    label = distal(visit)
    alone = np.where(visit.bones.label_map == label, label, 0)
    first = replace(visit, bones=bones_of(alone, visit.bones.grid))
    over = turn_about(np.array([1.0, 0.0, 0.0]), np.pi)
    last = moved(first, turn=over)
    (one,) = align_bones(first, last)
    points = points_of(first.bones, label)
    again = one.to_baseline(points @ over.T + SHIFT)
    assert np.linalg.norm(again - points, axis=1).max() < 0.2


def test_another_bone_is_refused(finger):
    visit = finger[0]
    label = distal(visit)
    grid = visit.bones.grid
    block = np.where(visit.bones.label_map == label, 0, visit.bones.label_map)
    middle = np.argwhere(visit.bones.label_map == label).mean(axis=0).astype(int)
    block[tuple(slice(n - 7, n + 7) for n in middle)] = label
    other = replace(visit, bones=bones_of(block, grid))
    found = {one.bone: one for one in align_bones(visit, other)}
    assert not found[label].accepted
    assert "mm apart after alignment, more than 0.30 mm" in found[label].reason
    assert all(one.accepted for one in found.values() if one.bone != label)


@pytest.mark.parametrize("bones", [(1, 2), (2, 3)])
def test_bones_that_have_each_others_names_are_told_by_their_shape(finger, bones):
    visit = finger[0]
    one, other = (next(n for n in visit.bones.labels if n % 10 == bone) for bone in bones)
    labels = np.array(visit.bones.label_map)
    swapped = np.where(labels == one, other, np.where(labels == other, one, labels))
    found = {each.bone: each for each in align_bones(visit, moved(visit, swapped))}
    assert (found[one].later_bone, found[other].later_bone) == (other, one)
    for label in (one, other):
        assert found[label].accepted
        assert error_mm(visit, label, found[label]) < 0.3


@pytest.mark.parametrize(
    ("shown", "later_names"),
    [
        pytest.param((1, 2, 3), {1: 4, 2: 1, 3: 2}, id="each called as the one before it"),
        pytest.param((1, 2), {1: 4, 2: 3}, id="no name at both visits"),
        pytest.param((2, 3), {2: 3, 3: 4}, id="one name at both visits, of two bones"),
    ],
)
def test_bones_of_a_finger_alone_are_told_by_their_shape(finger, shown, later_names):
    visit = finger[0]
    labels = np.where(np.isin(visit.bones.label_map % 10, shown), visit.bones.label_map, 0)
    (digit,) = {int(n) // 10 for n in np.unique(labels) if n}
    first = replace(visit, bones=bones_of(labels, visit.bones.grid))
    names = np.arange(labels.max() + 1)
    for bone, name in later_names.items():
        names[10 * digit + bone] = 10 * digit + name
    found = {one.bone % 10: one for one in align_bones(first, moved(first, names[labels]))}
    assert {bone: one.later_bone % 10 for bone, one in found.items()} == later_names
    for one in found.values():
        assert one.accepted
        assert error_mm(first, one.bone, one) < 0.3


def test_alignments_are_read_only(finger):
    one = align_bones(finger[0], finger[0])[0]
    with pytest.raises(ValueError, match="read-only"):
        one.turn[0, 0] = 2.0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"residual_limit_mm": 0.0}, "residual_limit_mm must be above 0"),
        ({"residual_limit_samples": -1.0}, "residual_limit_samples 0 or more"),
        ({"kept_share": 0.0}, "kept_share must lie between 0 and 1"),
    ],
)
def test_settings_that_cannot_be_used(wrong, said):
    with pytest.raises(SettingsError, match=said):
        AlignmentSettings(**wrong)
