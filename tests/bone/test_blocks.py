"""A finger of a volume as a network of three dimensions is shown it."""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.bone.blocks import WAYS, _part_with, _view, ask_block
from calcimetry.bone.planes import segment_fingers
from calcimetry.model import Grid
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.truth import hands_of, true_bones
from calcimetry.phantom.volume import finger_volume
from tests.drawing import dice


class Threshold:
    """A stand-in for a network: what is brighter than 250 HU is bone, than 900 HU deposit."""

    dimensions, sections = 3, False

    def __init__(self):
        self.shown = []

    def __call__(self, batch):
        self.shown.append(batch)
        bone, deposit = (batch > 250.0) & (batch <= 900.0), batch > 900.0
        return np.concatenate([~(bone | deposit), bone, deposit], axis=1).astype(np.float32)


GRID = Grid((40, 60, 50), np.diag([0.6, 0.6, 0.6, 1.0]))
ALONG = Grid((55, 85, 70), np.diag([0.4, 0.4, 0.4, 1.0]))


@pytest.fixture
def shown():
    hu = np.full(GRID.shape, -300.0, np.float32)
    hu[10:20, 20:45, 22:32] = 600.0
    hu[28:34, 30:36, 22:32] = 1100.0
    return hu


@pytest.mark.parametrize("way", WAYS)
def test_answers_come_back_to_the_volumes_grid_whichever_way_round(shown, way):
    network = Threshold()
    box, bone, deposit = ask_block(shown, GRID, np.ones(GRID.shape, bool), ALONG, way, network)
    inside = ndimage.binary_erosion(shown[box] > 0)
    assert bone[inside & (shown[box] == 600.0)].min() > 0.9
    assert deposit[inside & (shown[box] == 1100.0)].min() > 0.9
    assert max(bone[shown[box] < 0].mean(), deposit[shown[box] < 0].mean()) < 0.02
    (block,) = network.shown
    assert all(side % 8 == 0 for side in block.shape[2:])
    assert block.size < 0.8 * np.prod(_view(ALONG).shape), "air around it is not shown"


def test_all_else_is_shown_as_air_and_air_is_not_shown(shown):
    network = Threshold()
    own = np.zeros(GRID.shape, bool)
    own[:24] = True
    _, _, deposit = ask_block(shown, GRID, own, ALONG, (), network)
    assert network.shown[0].max() < 700.0
    assert not deposit.any()
    _, bone, deposit = ask_block(shown, GRID, np.zeros_like(own), ALONG, (), network)
    assert len(network.shown) == 1
    assert not bone.any()
    assert not deposit.any()


def test_the_part_shown_has_sides_that_suit_the_network():
    bright = np.zeros((32, 64, 40), bool)
    assert _part_with(bright) is None
    bright[20, 3, 39] = True
    assert _part_with(bright) == (slice(8, 32), slice(0, 16), slice(24, 40))
    view = _view(ALONG)
    assert view.spacing == pytest.approx((0.6, 0.6, 0.6))
    assert view.shape == (40, 64, 48)


def test_a_volumes_bones_and_deposits_are_parted():
    volume = finger_volume(np.random.default_rng((77, 6)), 1.2, PLAIN_HAND)
    bones = true_bones(volume)
    hands = hands_of(bones, volume.laterality)
    network = Threshold()
    lumps = np.zeros(bones.grid.shape, np.uint16)
    evidence = segment_fingers(volume.image.mixed, bones, hands, lumps, network, "vnet 0123")
    assert len(network.shown) == len(WAYS)
    np.testing.assert_array_equal(network.shown[0], network.shown[1][:, :, ::-1, ::-1, ::-1])
    assert evidence.method == "vnet 0123"
    assert set(evidence.bones.labels) <= set(bones.labels)
    mineral = evidence.bone_fraction + evidence.calcification_fraction
    true = volume.bone_fraction + volume.deposit_fraction
    assert dice(mineral >= 0.5, true >= 0.5) > 0.6
