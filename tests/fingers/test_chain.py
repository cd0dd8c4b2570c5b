"""Bones joined to digits."""

import numpy as np
import pytest

from calcimetry.fingers.bones import find_single_bones
from calcimetry.fingers.chain import find_chains
from tests.hands import Stick, draw, sticks, types


def chains(labels, grid):
    """Labels of the bones of each chain from the tip inwards, and the chains."""
    found = find_chains(find_single_bones(types(labels, grid)))
    return {
        tuple(int(labels[tuple(bone.index[0])]) for _, bone in chain.best.bones): chain
        for chain in found
    }


@pytest.mark.parametrize("bend", [0.0, 85.0])
def test_joints_are_followed_however_bent(bend):
    found = chains(*draw(sticks(bend)))
    assert set(found) == {
        (13, 11, 14),
        *((10 * n + 3, 10 * n + 2, 10 * n + 1, 10 * n + 4) for n in (2, 3, 4, 5)),
    }


def test_a_thumb_reads_as_a_thumb_and_a_finger_cannot():
    found = chains(*draw(sticks(digits=(1, 2))))
    thumb, finger = found[13, 11, 14], found[23, 22, 21, 24]
    assert thumb.as_thumb.score > thumb.as_finger.score + 2.0
    assert thumb.best is thumb.as_thumb
    assert finger.as_thumb is None
    assert finger.best is finger.as_finger


def test_a_missing_bone_is_bridged_and_leaves_its_name_free():
    labels, grid = draw(sticks(digits=(2,)))
    found = chains(np.where(labels == 22, 0, labels), grid)
    chain = found[23, 21, 24]
    assert [name for name, _ in chain.as_finger.bones] == [3, 1, 4]
    assert chain.as_finger.score > chain.as_thumb.score


def test_a_resorbed_fingertip_still_ends_its_finger():
    labels, grid = draw(sticks(digits=(2,)), spacing=0.7)
    tip = np.argwhere(labels == 23)[:, 1]
    labels[:, int(tip.min()) + 8 :] = 0
    assert (23, 22, 21, 24) in chains(labels, grid)


def test_a_floating_tuft_still_ends_its_finger():
    labels, grid = draw(sticks(digits=(2,)), spacing=0.7)
    tip = np.argwhere(labels == 23)[:, 1]
    labels[:, int(tip.min()) : int(tip.max()) - 7] *= (
        labels[:, int(tip.min()) : int(tip.max()) - 7] != 23
    )
    (chain,) = chains(labels, grid).values()
    assert [name for name, _ in chain.best.bones] == [3, 2, 1, 4]


def test_fingers_side_by_side_are_not_joined():
    labels, grid = draw(sticks(digits=(3, 4)))
    near = np.where(labels % 10 == 1, labels, 0)
    assert len(chains(near, grid)) == 2


def test_volume_is_that_of_all_bones():
    labels, grid = draw(sticks(digits=(2,)))
    (chain,) = chains(labels, grid).values()
    assert chain.volume_mm3 == pytest.approx(np.count_nonzero(labels), rel=1e-3)


def test_a_lump_of_bases_beyond_a_metacarpal_is_cut_off():
    base = sticks(digits=(1,))[0]
    way = base.base - base.tip
    lump = Stick(44, base.base + 2.0 * way / 45.0, base.base + 34.0 * way / 45.0)
    found = chains(*draw([*sticks(digits=(1,)), lump]))
    assert set(found) == {(13, 11, 14), (44,)}
    assert found[13, 11, 14].is_complete


def test_two_bones_that_a_deposit_has_joined_stay_with_their_finger():
    by_label = {stick.label: stick for stick in sticks(digits=(2,))}
    both = Stick(31, by_label[22].base, by_label[23].tip)  # longer than the proximal phalanx
    found = chains(*draw([by_label[21], by_label[24], both]))
    assert set(found) == {(31, 21, 24)}
