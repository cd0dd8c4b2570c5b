"""A region half believed to be a deposit becomes one; what is hardly believed stays bone."""

import numpy as np
import pytest

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.settle import SettleSettings, settle_claims
from calcimetry.model import Grid, Segmentation


def evidence(claim, rows=slice(4, 8)):
    """A bar of bone, part of which a method half takes for a deposit."""
    bone, deposit = np.zeros((1, 20, 20), np.float32), np.zeros((1, 20, 20), np.float32)
    bone[0, 4:16, 8:12] = 1.0
    deposit[0, rows, 8:12] = claim
    bone -= deposit
    labels = np.where(bone + deposit > 0.5, 2, 0).astype(np.uint16)
    grid = Grid.picture((20, 20), 0.4)
    return BoneEvidence(Segmentation(labels, grid, {2: "middle phalanx"}), bone, deposit, "fake")


def test_half_a_deposit_becomes_a_whole_one():
    settled = settle_claims(evidence(0.4))
    np.testing.assert_allclose(settled.calcification_fraction[0, 4:8, 8:12], 1.0)
    np.testing.assert_allclose(settled.bone_fraction[0, 4:8, 8:12], 0.0)
    assert not settled.bones.label_map[0, 4:8, 8:12].any()
    np.testing.assert_allclose(settled.bone_fraction[0, 8:16, 8:12], 1.0)
    assert (settled.bones.label_map[0, 8:16, 8:12] == 2).all()


def test_what_is_hardly_believed_stays_bone():
    before = evidence(0.2)
    after = settle_claims(before)
    np.testing.assert_array_equal(after.bone_fraction, before.bone_fraction)
    np.testing.assert_array_equal(after.calcification_fraction, before.calcification_fraction)


def test_a_region_ends_where_belief_falls_to_its_share():
    before = evidence(0.8)
    claim = np.array(before.calcification_fraction)
    claim[0, 8:10, 8:12] = 0.3  # above the limit, but far less than the rest of the region
    bone = np.clip(
        np.array(before.bone_fraction) - np.where(claim == np.float32(0.3), 0.3, 0), 0, 1
    )
    half = BoneEvidence(before.bones, bone, claim, "fake")
    settled = settle_claims(half)
    np.testing.assert_allclose(settled.calcification_fraction[0, 4:8, 8:12], 1.0)
    np.testing.assert_allclose(settled.calcification_fraction[0, 8:10, 8:12], 0.3, atol=1e-6)
    reaching = settle_claims(half, SettleSettings(share=0.3))
    np.testing.assert_allclose(reaching.calcification_fraction[0, 8:10, 8:12], 1.0)


@pytest.mark.parametrize("axis", [1, 2])
def test_it_is_the_same_whichever_way_round(axis):
    before = evidence(0.5, rows=slice(4, 7))
    flipped = BoneEvidence(
        Segmentation(
            np.flip(before.bones.label_map, axis), before.bones.grid, before.bones.meanings
        ),
        np.flip(before.bone_fraction, axis),
        np.flip(before.calcification_fraction, axis),
        "fake",
    )
    one, other = settle_claims(before), settle_claims(flipped)
    np.testing.assert_array_equal(
        np.flip(one.calcification_fraction, axis), other.calcification_fraction
    )


def test_a_method_without_claims_is_left_alone():
    before = evidence(0.5)
    silent = BoneEvidence(before.bones, before.bone_fraction, None, "fake")
    assert settle_claims(silent) is silent
