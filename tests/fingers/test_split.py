"""Metacarpals that touch, taken apart."""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.fingers.split import split_touching
from tests.hands import draw, sticks


def metacarpals(thicker=0.0):
    labels, grid = draw([bone for bone in sticks() if bone.label % 10 == 4 and bone.label > 20])
    away, nearest = ndimage.distance_transform_edt(labels == 0, return_indices=True)
    labels = np.where(away <= thicker, labels[tuple(nearest)], 0)
    index = np.argwhere(labels)
    return index, grid.index_to_mm(index), labels[labels > 0]


def purity(split, truth):
    """Share of voxels in pieces that are mostly theirs, one piece to a bone."""
    counts = np.array(
        [np.bincount(truth[split == n], minlength=60) for n in range(split.max() + 1)]
    )
    return counts.max(axis=1).sum() / len(truth)


@pytest.mark.parametrize("thicker", [0.0, 1.0, 1.5])
def test_bones_that_touch_more_and_more_are_parted(thicker):
    index, points, truth = metacarpals(thicker)
    split = split_touching(index, points, (1.0, 1.0, 1.0))
    assert split.max() + 1 == 4
    assert purity(split, truth) > 0.97


def test_one_bone_stays_one():
    index, points, truth = metacarpals()
    own = truth == 34
    assert not split_touching(index[own], points[own], (1.0, 1.0, 1.0)).any()


def test_a_wide_lump_without_shafts_stays_one():
    index = np.argwhere(np.ones((24, 24, 24), bool))
    assert not split_touching(index, index.astype(float), (1.0, 1.0, 1.0)).any()
