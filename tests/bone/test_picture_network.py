"""The shipped network on simulated fingers it was not trained on."""

import numpy as np
import pytest

from calcimetry.bone.picture_network import PictureNetwork
from calcimetry.phantom.picture import finger_picture
from tests.drawing import dice

#: Far from the seeds of training and validation (recipes/unet.toml).
SEEDS = range(500, 508)


@pytest.fixture(scope="module")
def pictures():
    return [finger_picture(np.random.default_rng((77, seed))) for seed in SEEDS]


def test_bones_are_found_on_simulated_fingers(pictures):
    overlaps = []
    for picture in pictures:
        evidence = PictureNetwork("unet").segment(picture.image)
        overlaps.append(dice(evidence.bones.mask[0], picture.bone_map > 0))
    assert np.mean(overlaps) > 0.93


def test_calcification_is_claimed_where_deposits_are(pictures):
    within, without = [], []
    for picture in pictures:
        claimed = PictureNetwork("unet").segment(picture.image).calcification_fraction[0]
        flesh = (picture.image.array[0] > -150) & (picture.fractions[1:].sum(axis=0) == 0)
        within.append(claimed[picture.lesion_map > 0])
        without.append(claimed[flesh])
    # Measured 0.26 against 0.003: most deposits are seen, those on bone often not.
    assert np.concatenate(within).mean() > 0.2
    assert np.concatenate(without).mean() < 0.01


def test_the_method_names_its_weights(pictures):
    method = PictureNetwork("unet").segment(pictures[0].image).method
    assert method.startswith("unet ")
    assert len(method.split()[1]) == 12
