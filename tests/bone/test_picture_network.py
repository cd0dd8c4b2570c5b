"""The shipped network on simulated fingers it was not trained on."""

import itertools

import numpy as np
import pytest

from calcimetry.bone import picture_network
from calcimetry.bone.network import Network, load_network
from calcimetry.bone.picture_network import NAMED, NAMELESS, PictureNetwork
from calcimetry.phantom.picture import finger_picture
from tests.drawing import dice, finger

#: Far from the seeds of training and validation (recipes/unet.toml).
SEEDS = range(500, 508)


@pytest.fixture(scope="module")
def pictures():
    return [finger_picture(np.random.default_rng((77, seed))) for seed in SEEDS]


def test_bones_are_found_on_simulated_fingers(pictures):
    overlaps = []
    for picture in pictures:
        if not picture.bone_map.any():  # the plane misses all of it
            continue
        evidence = PictureNetwork("unet").segment(picture.image)
        overlaps.append(dice(evidence.bones.mask[0], picture.bone_map > 0))
    assert len(overlaps) >= 7
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


def test_bones_that_a_network_does_not_name_are_named_by_their_order(monkeypatch):
    class Nameless(Network):
        def __call__(self, batch):
            named = super().__call__(batch)
            bone = named[:, 1:-2].sum(axis=1, keepdims=True)
            # Far from a knuckle, what looks like a sesamoid is a deposit.
            deposit = named[:, -2:].sum(axis=1, keepdims=True)
            return np.concatenate([named[:, :1], bone, deposit], axis=1)

    method = PictureNetwork("unet")
    image, truth = finger()
    known = method.segment(image)
    shipped = load_network(method.weights)
    nameless = Nameless(shipped.session, NAMELESS, shipped.temperature)
    monkeypatch.setattr(picture_network, "load_network", lambda _: nameless)
    evidence = method.segment(image)
    np.testing.assert_allclose(
        evidence.calcification_fraction, known.calcification_fraction, atol=1e-5
    )
    np.testing.assert_allclose(evidence.bone_fraction, known.bone_fraction, atol=1e-5)
    assert evidence.bones.labels == known.bones.labels
    assert dice(evidence.bones.mask, truth.mask) > 0.85


def told(monkeypatch, answer):
    """Let the network say what `answer` makes of a picture's shape, asked either end up."""
    asked = itertools.count()

    def one(_network, picture, _grid):
        return np.rot90(answer(picture.shape), 2 * next(asked), axes=(1, 2))[1:]

    monkeypatch.setattr(picture_network, "_answer", one)


@pytest.mark.parametrize("materials", [NAMED, NAMELESS])
def test_an_island_is_of_one_material_whatever_the_network_names(monkeypatch, materials):
    def answer(shape):
        rows, columns = shape
        parts = np.zeros((len(materials), rows, columns), np.float32)
        plate = parts[:, rows // 2 - 12 : rows // 2 + 12, columns // 2 - 3 : columns // 2 + 3]
        plate[-1] = 0.9
        plate[1, 8:16], plate[-1, 8:16] = 0.55, 0.45
        return parts

    method = PictureNetwork("unet")
    shipped = load_network(method.weights)
    network = Network(shipped.session, materials)
    monkeypatch.setattr(picture_network, "load_network", lambda _: network)
    told(monkeypatch, answer)
    evidence = method.segment(finger()[0])
    assert evidence.calcification_fraction.max() == pytest.approx(1.0, abs=0.01)
    assert evidence.bone_fraction.max() == 0.0


def test_a_sesamoid_has_its_own_name_and_is_no_deposit(monkeypatch):
    def answer(shape):
        rows, columns = shape
        parts = np.zeros((len(NAMED), rows, columns), np.float32)
        parts[NAMED.index("proximal"), 60:120, 30:50] = 1.0
        parts[NAMED.index("metacarpal"), 125:190, 28:52] = 1.0
        parts[NAMED.index("sesamoid"), 126:136, 58:68] = 0.6
        parts[NAMED.index("deposit"), 126:136, 58:68] = 0.4
        parts[NAMED.index("sesamoid"), 70:80, 58:68] = 1.0
        return parts

    told(monkeypatch, answer)
    evidence = PictureNetwork("unet").segment(finger()[0])
    assert {n: evidence.bones.meanings[n] for n in evidence.bones.labels} == {
        1: "proximal phalanx",
        4: "metacarpal",
        5: "sesamoid",
    }
    sesamoid = evidence.bones.label_map == 5
    assert evidence.bone_fraction[sesamoid].mean() > 0.8
    assert not evidence.calcification_fraction[sesamoid].max() > 0.1
    assert evidence.calcification_fraction.max() > 0.9
