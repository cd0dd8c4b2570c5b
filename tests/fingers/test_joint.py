"""Ends of bones that meet."""

import numpy as np
import pytest

from calcimetry.fingers.bones import find_single_bones
from calcimetry.fingers.joint import belief, find_gaps, find_joints, used_ends
from calcimetry.model import Bone
from tests.hands import draw, sticks, types


def bones_of(bend=10.0, keep=(1, 2, 3, 4)):
    labels, grid = draw([s for s in sticks(bend, (3,)) if s.label % 10 in keep])
    return find_single_bones(types(labels, grid))


@pytest.mark.parametrize("bend", [0.0, 90.0])
def test_each_joint_is_found_at_both_its_ends(bend):
    bones = bones_of(bend)
    joints = find_joints(bones)
    pairs = [{bones[joint.first].kind, bones[joint.second].kind} for joint in joints]
    assert all(pair in pairs for pair in ({4, 1}, {1, 2}, {2, 3}))
    assert [joint.cost for joint in joints] == sorted(joint.cost for joint in joints)
    best = joints[: len(bones) - 1]
    assert len(used_ends(best)) == 2 * len(best)
    assert all(joint.gap_mm == 0.0 for joint in joints)


def test_a_gap_is_bridged_in_line_only():
    straight = bones_of(0.0, keep=(1, 3, 4))
    (gap,) = find_gaps(straight, find_joints(straight))
    assert {straight[gap.first].kind, straight[gap.second].kind} == {1, 3}
    assert gap.gap_mm == pytest.approx(27 + 2 * 1.6, abs=2.0)
    bent = bones_of(90.0, keep=(1, 3, 4))
    assert find_gaps(bent, find_joints(bent)) == []


def test_belief_is_never_nothing():
    bone = bones_of(keep=(4,))[0]
    assert belief(bone, Bone.METACARPAL) == 1.0
    assert 0.0 < belief(bone, Bone.DISTAL_PHALANX) < 0.1


def test_without_neighbours_there_are_no_joints():
    assert find_joints(bones_of(keep=(4,))) == []
    assert np.size(find_gaps(bones_of(keep=(4,)), [])) == 0
