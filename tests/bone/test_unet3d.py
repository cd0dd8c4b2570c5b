"""The volume network: blocks that cover everything, and bones of simulated fingers it never saw."""

import numpy as np
import pytest

from calcimetry.bone.unet import UNet
from calcimetry.bone.unet3d import CHANNEL_LABELS, _ask_in_blocks, _blocks
from calcimetry.bone.volume_view import AIR_HU
from calcimetry.model import Grid, Image
from calcimetry.phantom.volume import finger_volume
from tests.drawing import dice

CHANNELS = len(CHANNEL_LABELS) + 2


class BrightIsBone:
    """A network that takes all above 200 HU for the first kind of bone, and counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, batch):
        self.calls += 1
        bright = batch[:, 0] > 200
        answer = np.zeros((len(batch), CHANNELS, *batch.shape[2:]), np.float32)
        answer[:, 0], answer[:, 1] = ~bright, bright
        return answer


@pytest.mark.parametrize("shape", [(32, 64, 128), (160, 128, 192), (320, 32, 96)])
def test_blocks_cover_a_volume(shape):
    seen = np.zeros(shape, int)
    for box in _blocks(shape):
        seen[box] += 1
    assert seen.min() == 1
    assert all(box[0].stop <= shape[0] or box[0].start == 0 for box in _blocks(shape))


def test_no_border_between_blocks_shows():
    rng = np.random.default_rng(0)
    hu = rng.uniform(-200, 900, (224, 32, 160)).astype(np.float32)
    fractions = _ask_in_blocks(BrightIsBone(), hu)
    np.testing.assert_allclose(fractions[1], hu > 200, atol=1e-6)
    np.testing.assert_allclose(fractions.sum(axis=0), 1.0, atol=1e-6)


def test_air_is_not_shown_to_the_network():
    network = BrightIsBone()
    fractions = _ask_in_blocks(network, np.full((64, 64, 64), AIR_HU, np.float32))
    assert network.calls == 0
    assert (fractions[0] == 1.0).all()


@pytest.fixture(scope="module")
def finger():
    # A seed far from those of training and validation (recipes/unet3d.toml).
    return finger_volume(np.random.default_rng((77, 1)), spacing_mm=0.8)


@pytest.fixture(scope="module")
def evidence(finger):
    return UNet().segment(finger.image.mixed)


def test_bones_of_a_simulated_finger_are_found(finger, evidence):
    assert dice(evidence.bones.mask, finger.bone_fraction >= 0.5) > 0.9
    assert set(evidence.bones.labels) <= set(CHANNEL_LABELS)
    assert evidence.method == UNet().version


def test_deposits_are_claimed_and_flesh_is_not(finger, evidence):
    claimed = evidence.calcification_fraction
    flesh = (finger.image.mixed.array > -150) & (
        finger.bone_fraction + finger.deposit_fraction == 0
    )
    assert claimed[finger.deposit_fraction > 0.9].mean() > 20 * claimed[flesh].mean()


def test_a_flipped_volume_gives_the_flipped_answer(finger, evidence):
    image = finger.image.mixed
    order = (1, 2, 0)
    grid = Grid(
        tuple(image.grid.shape[k] for k in order), image.grid.affine[:, [*order, 3]].copy()
    ).flipped(0)
    turned = Image(np.flip(image.array.transpose(order), 0), grid)
    again = UNet().segment(turned)
    back = np.flip(again.bones.mask, 0).transpose(2, 0, 1)
    assert dice(back, evidence.bones.mask) > 0.999
