"""What every bone method promises, on fingers drawn here."""

import numpy as np
import pytest

from calcimetry.bone import METHODS
from calcimetry.model import Grid, Image, bone_name
from tests.drawing import BONES, dice, ellipse, finger

PHANTOMS = {
    "plain": {},
    "coarse": {"spacing_mm": 0.6},
    "blurred and noisy": {"blur_mm": 0.45, "noise_hu": 25.0},
    "deposit": {"deposits": ((ellipse(4.0, 3.0, centre=(-10.0, 7.0)), 900.0),)},
    "no tip": {"bones": BONES[1:]},
}


@pytest.fixture(scope="module", params=METHODS)
def method(request):
    return METHODS[request.param]()


@pytest.fixture(scope="module", params=PHANTOMS)
def phantom(request):
    return finger(**PHANTOMS[request.param])


def test_a_method_bears_its_name():
    assert all(make().name == name for name, make in METHODS.items())


def test_evidence_lies_on_the_image_and_its_labels_are_bones(method, phantom):
    image, truth = phantom
    evidence = method.segment(image)
    assert evidence.bones.grid == image.grid
    assert evidence.bone_fraction.shape == image.grid.shape
    assert set(evidence.bones.labels) <= {1, 2, 3, 4}
    assert all(evidence.bones.meanings[n] == bone_name(n) for n in evidence.bones.labels)
    assert evidence.method.startswith(method.name)
    assert dice(evidence.bones.mask, truth.mask) > 0.85


def test_the_same_image_gives_the_same_evidence_under_any_name(method, phantom):
    image, _ = phantom
    first = method.segment(image)
    method.segment(Image(image.array[:, ::2], Grid.picture(image.array[0, ::2].shape, 0.4)))
    again = method.segment(
        Image(image.array, image.grid, clipped_hu=image.clipped_hu, name="another name")
    )
    assert again.bones == first.bones
    assert np.array_equal(again.bone_fraction, first.bone_fraction)
    assert again.method == first.method


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("mirror", [False, True])
def test_turned_and_mirrored_pictures_give_the_turned_and_mirrored_answer(method, turns, mirror):
    image, _ = finger()

    def turned(array):
        array = np.rot90(array, turns, axes=(-2, -1))
        return array[..., ::-1] if mirror else array

    plane = turned(image.array[0])
    evidence = method.segment(
        Image(plane, Grid.picture(plane.shape, 0.4), clipped_hu=image.clipped_hu)
    )
    expected = turned(method.segment(image).bones.label_map)
    assert set(evidence.bones.labels) == set(np.unique(expected)) - {0}
    # A few pixels of each bone's border may fall either way.
    assert np.mean(evidence.bones.label_map != expected) < 0.005


@pytest.mark.parametrize("hu", [-1000.0, -300.0, 40.0])
def test_an_empty_image_gives_an_empty_segmentation(method, hu):
    image = Image(np.full((60, 40), hu), Grid.picture((60, 40), 0.4), clipped_hu=(-300.0, 1200.0))
    evidence = method.segment(image)
    assert evidence.bones.labels == ()
    assert evidence.bone_fraction.max() < 0.5


def test_a_boneless_finger_gives_an_empty_segmentation(method):
    image, _ = finger(bones=())
    assert method.segment(image).bones.labels == ()
