"""Bones and deposits of a volume's fingers, seen in sets of planes."""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.bone.network import stated_fingerprint
from calcimetry.bone.picture_network import PictureNetwork
from calcimetry.bone.pieces import split_bones
from calcimetry.bone.planes import (
    _PLANES,
    _as_far_as_most_say,
    _named,
    _near_wrist,
    _to_wrist_mm,
    _view,
    segment_fingers,
)
from calcimetry.errors import NotMeasurable
from calcimetry.fingers.name import name_fingers
from calcimetry.model import Grid, Segmentation
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.truth import hands_of, true_bones
from calcimetry.phantom.volume import finger_volume
from tests.drawing import dice


@pytest.fixture(scope="module")
def finger():
    # A seed far from those of training and validation (recipes/unet.toml).
    return finger_volume(np.random.default_rng((77, 6)), 0.8, PLAIN_HAND)


@pytest.fixture(scope="module")
def rough(finger):
    return split_bones(finger.image.mixed)


@pytest.fixture(scope="module")
def named(rough):
    return name_fingers(rough.kinds)


@pytest.fixture(scope="module")
def evidence(finger, rough, named):
    lumps = rough.lumps(finger.image.mixed, named.bones)
    return PictureNetwork("unet").segment_hand(finger.image.mixed, named.bones, named.hands, lumps)


def test_bones_of_a_simulated_finger_are_found(finger, evidence):
    assert dice(evidence.bones.mask, finger.bone_fraction >= 0.5) > 0.88
    method = PictureNetwork("unet")
    assert evidence.method == f"unet {stated_fingerprint(method.volume_weights)}"
    assert method.version.endswith(stated_fingerprint(method.volume_weights))


def test_volumes_have_weights_of_their_own_and_a_users_model_serves_both(tmp_path):
    shipped = PictureNetwork("unet")
    assert shipped.volume_weights.name == "unet-volumes.onnx"
    own = PictureNetwork("unet", tmp_path / "model.onnx")
    assert own.volume_weights == own.weights


class Nothing:
    """A network that sees nothing anywhere, and keeps what it was shown."""

    dimensions = 2

    def __init__(self, sections=False):
        self.sections, self.shown = sections, []

    def __call__(self, batch):
        self.shown.append(batch.shape)
        return np.zeros((len(batch), 6, *batch.shape[2:]), np.float32)


def test_a_network_that_learnt_sections_is_shown_three_sets_of_planes():
    volume = finger_volume(np.random.default_rng((77, 6)), 2.0, PLAIN_HAND)
    hands, bones = hands_of(true_bones(volume), volume.laterality), true_bones(volume)
    lumps = np.zeros(bones.grid.shape, np.uint16)
    counts = []
    for sections in (False, True):
        network = Nothing(sections)
        segment_fingers(volume.image.mixed, bones, hands, lumps, network, "none")
        counts.append(len({shape[2:] for shape in network.shown}))
    assert counts[1] == counts[0] + 1


class Bright:
    """A network to which cortex is bone, and marrow brighter than muscle a deposit."""

    dimensions, sections = 2, False

    def __call__(self, batch):
        answer = np.zeros((len(batch), 6, *batch.shape[2:]), np.float32)
        hu = batch[:, 0]
        answer[:, 4], answer[:, 5] = hu > 350.0, (hu > 120.0) & (hu <= 350.0)
        return answer


def test_what_a_bone_encloses_is_that_bone(finger):
    bones = true_bones(finger)
    hands = hands_of(bones, finger.laterality)
    lumps = np.zeros(bones.grid.shape, np.uint16)
    found = segment_fingers(finger.image.mixed, bones, hands, lumps, Bright(), "bright")
    inside = ndimage.binary_erosion(bones.mask, iterations=3)
    assert (finger.image.mixed.array[inside] > 350.0).mean() < 0.1
    assert (found.bone_fraction[inside] >= 0.5).mean() > 0.97
    assert found.calcification_fraction[inside].mean() < 0.01
    assert (found.bones.label_map == bones.label_map)[inside].mean() > 0.97


def test_deposits_are_claimed_and_flesh_is_not(finger, evidence):
    claimed = evidence.calcification_fraction
    flesh = (finger.image.mixed.array > -150) & (
        finger.bone_fraction + finger.deposit_fraction == 0
    )
    assert claimed[finger.deposit_fraction > 0.9].mean() > 0.3
    assert claimed[flesh].mean() < 0.01


def test_bone_fades_within_a_sample_of_its_border(evidence):
    around = ndimage.binary_dilation(evidence.bones.mask, np.ones((3, 3, 3)))
    assert evidence.bone_fraction[~around].max() == 0.0
    assert evidence.bone_fraction[evidence.bones.mask].min() >= 0.5
    assert (evidence.bone_fraction + evidence.calcification_fraction).max() <= 1.0 + 1e-6


def test_planes_cover_the_finger_and_suit_the_network():
    grid = Grid((50, 300, 70), np.diag([0.4, 0.4, 0.4, 1.0]))
    sagittal, coronal = (_view(grid, order) for order in _PLANES)
    assert sagittal.spacing == pytest.approx((1.0, 0.4, 0.4))
    assert (sagittal.shape[0], coronal.shape[0]) == (20, 28)
    assert all(size % 16 == 0 for view in (sagittal, coronal) for size in view.shape[1:])
    assert coronal.affine[2, 0] == pytest.approx(1.0)


def test_bones_of_no_finger_stay_as_they_were_given(finger, rough, named):
    outside = np.zeros(finger.image.mixed.grid.shape, bool)
    outside[2:9, 2:9, 2:9] = True
    given = np.where(outside & ~named.bones.mask, 60, named.bones.label_map)
    bones = Segmentation(given, named.bones.grid, {**named.bones.meanings, 60: "carpal"})
    found = PictureNetwork("unet").segment_hand(
        finger.image.mixed, bones, named.hands, rough.lumps(finger.image.mixed, bones)
    )
    assert np.mean(found.bones.label_map[given == 60] == 60) > 0.6
    assert found.calcification_fraction[3:8, 3:8, 3:8].max() == 0.0


def test_bone_that_touches_no_rough_bone_has_no_name():
    grid = Grid((1, 1, 8), np.eye(4))
    rough = Segmentation(np.array([[[0, 21, 21, 0, 0, 0, 0, 0]]]), grid, {21: "bone"})
    bone = np.array([[[0, 1, 1, 1, 0, 0, 1, 1]]], bool)
    found = _named(bone, np.full((1, 1, 8), 21, np.uint16), rough)
    assert found.label_map.ravel().tolist() == [0, 21, 21, 21, 0, 0, 0, 0]


def test_a_volume_is_no_picture(finger):
    with pytest.raises(NotMeasurable, match="expected a picture"):
        PictureNetwork("unet").segment(finger.image.mixed)


def test_near_the_wrist_nothing_is_told_from_bone():
    labels = np.zeros((9, 3, 3), np.uint16)
    labels[0, 0, 0], labels[8, 2, 2] = 160, 124
    bones = Segmentation(labels, Grid(labels.shape, np.eye(4)), {160: "carpal", 124: "metacarpal"})
    near = _to_wrist_mm(bones) <= 4.0
    assert near[4, 0, 0]
    assert not near[5, 0, 0]
    assert not near[8].any()
    fingers = Segmentation(np.where(labels == 124, labels, 0), bones.grid, {124: "metacarpal"})
    assert not (_to_wrist_mm(fingers) <= 4.0).any()


def test_what_goes_on_from_the_wrist_is_of_it_and_a_deposit_that_comes_near_is_not():
    to_wrist = np.broadcast_to(np.arange(20.0)[:, None, None], (20, 12, 3))
    deposit = np.zeros(to_wrist.shape, np.float32)
    deposit[2:8, 1:3, 1] = 0.8  # the base of a metacarpal, 3 of 6 samples in reach
    deposit[4:16, 6:10, 1] = 0.8  # one of 12
    near = _near_wrist(to_wrist, deposit)
    assert near[2:8, 1:3, 1].all()
    assert not near[5:, 6:10].any()
    assert near[:5].all()


def test_numbers_of_lumps_may_have_gaps():
    volume = finger_volume(np.random.default_rng((77, 6)), 2.0, PLAIN_HAND)
    bones = true_bones(volume)
    hands = hands_of(bones, volume.laterality)
    lumps = np.zeros(bones.grid.shape, np.uint16)
    lumps[tuple(np.argwhere(bones.mask)[0])] = 3
    evidence = segment_fingers(volume.image.mixed, bones, hands, lumps, Nothing(), "none")
    assert not evidence.bones.mask[lumps > 0].any()


def test_a_deposit_reaches_as_far_as_most_answers_say_once_all_agree_on_it():
    agreed, reached = np.zeros((2, 3, 12, 24), np.float32)
    reached[1, 4:8, 2:10] = 0.6  # a deposit: all agree on its middle
    agreed[1, 4:8, 3:8] = 0.3
    agreed[1, 5, 5] = 0.8
    agreed[1, 6, 6] = 0.4
    reached[1, 4:8, 14:22] = 0.6  # a ridge of cortex, of which they do not
    agreed[1, 5, 16] = 0.4
    told = _as_far_as_most_say(agreed, reached)
    assert (told[1, 4:8, 2:10] >= 0.6 - 1e-6).all()
    assert told[1, 5, 5] == pytest.approx(0.8)
    assert told[1, 5, 16] == pytest.approx(0.4)
    assert not told[1, 4:8, 17:22].any()
    agreed[1, 5, 16] = 0.8  # they agree on a bit of it, which would leak
    leaked = _as_far_as_most_say(agreed, reached)
    assert leaked[1, 5, 16] == pytest.approx(0.8)
    assert not leaked[1, 4:8, 17:22].any()
