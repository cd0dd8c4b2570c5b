"""Bones of a volume's fingers by clusters."""

import numpy as np
import pytest

from calcimetry.bone import METHODS
from calcimetry.bone.pieces import split_bones
from calcimetry.fingers.name import name_fingers
from calcimetry.model import Segmentation
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.volume import finger_volume
from tests.drawing import dice

CLUSTERING = ("em", "fuzzy-cmeans", "kmeans", "mean-shift")


@pytest.fixture(scope="module")
def finger():
    return finger_volume(np.random.default_rng((77, 7)), 0.8, PLAIN_HAND)


@pytest.fixture(scope="module")
def rough(finger):
    return split_bones(finger.image.mixed)


@pytest.fixture(scope="module")
def named(rough):
    return name_fingers(rough.kinds)


@pytest.mark.parametrize("name", CLUSTERING)
def test_bones_of_a_simulated_finger_are_outlined_under_their_names(name, finger, rough, named):
    image = finger.image.mixed
    evidence = METHODS[name]().segment_hand(
        image, named.bones, named.hands, rough.lumps(image, named.bones)
    )
    assert dice(evidence.bones.mask, finger.bone_fraction >= 0.5) > 0.9
    assert evidence.bones.grid == image.grid
    assert evidence.calcification_fraction is None
    assert evidence.method == name
    kept = evidence.bones.mask
    assert np.array_equal(evidence.bones.label_map[kept], named.bones.label_map[kept])


def test_lumps_are_no_bone_and_bones_of_no_finger_stay(finger, named):
    given = named.bones.label_map.copy()
    given[2:9, 2:9, 2:9] = 60
    bones = Segmentation(given, named.bones.grid, {**named.bones.meanings, 60: "carpal"})
    lumps = np.zeros(given.shape, np.uint16)
    label = named.bones.labels[0]
    lump = np.argwhere(given == label)[::2]
    lumps[tuple(lump.T)] = 1
    found = METHODS["fuzzy-cmeans"]().segment_hand(finger.image.mixed, bones, named.hands, lumps)
    assert (found.bones.label_map[given == 60] == 60).all()
    assert not found.bones.mask[lumps > 0].any()


def test_a_finger_without_contrast_keeps_only_what_lies_deep(finger, named):
    from calcimetry.model import Image

    image = finger.image.mixed
    flat = Image(np.where(image.array > 100, 100.0, image.array), image.grid)
    lumps = np.zeros(image.grid.shape, np.uint16)
    found = METHODS["kmeans"]().segment_hand(flat, named.bones, named.hands, lumps)
    assert 0 < found.bones.mask.sum() < named.bones.mask.sum()
