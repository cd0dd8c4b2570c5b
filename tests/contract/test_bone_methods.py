"""What every bone method promises, on fingers drawn here, on simulated and on real ones."""

import numpy as np
import pytest
from PIL import Image as PillowImage

import calcimetry as cm
from calcimetry.bone import METHODS
from calcimetry.errors import NotMeasurable
from calcimetry.model import Grid, Image, bone_name
from calcimetry.phantom.picture import finger_picture
from calcimetry.settings import Settings
from tests.drawing import BONES, dice, ellipse, finger

PHANTOMS = {
    "plain": {},
    "coarse": {"spacing_mm": 0.6},
    "blurred and noisy": {"blur_mm": 0.45, "noise_hu": 25.0},
    "deposit": {"deposits": ((ellipse(4.0, 3.0, centre=(-10.0, 7.0)), 900.0),)},
    "no tip": {"bones": BONES[1:]},
}


#: Simulated pictures (seed 31, number) of whole fingers; noise, blur and deposits differ.
SIMULATED = (1, 9)
#: Least Dice of bone: worst of the simulated pictures, and of a real finger.
FLOORS = {
    "unet": (0.90, 0.97),
    "vnet": (0.90, 0.96),
    "pnet": (0.90, 0.96),
    "em": (0.86, 0.90),
    "fuzzy-cmeans": (0.86, 0.97),
    "kmeans": (0.86, 0.97),
    "mean-shift": (0.86, 0.97),
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


@pytest.mark.parametrize("number", SIMULATED)
def test_simulated_bones_are_found_whichever_way_round(method, number):
    picture = finger_picture(np.random.default_rng((31, number)))
    image, grid = picture.image, picture.image.grid
    before = image.array.copy()
    found = method.segment(image).bones
    assert np.array_equal(image.array, before)
    assert dice(found.mask[0], picture.bone_map > 0) > FLOORS[method.name][0]
    for turns, mirror in ((1, False), (2, False), (0, True)):

        def turned(plane, turns=turns, mirror=mirror):
            plane = np.rot90(plane, turns)
            return plane[:, ::-1] if mirror else plane

        plane = turned(image.array[0])
        twin = Image(plane, Grid.picture(plane.shape, grid.spacing[1]), "HU", image.clipped_hu)
        assert dice(method.segment(twin).bones.mask[0], turned(found.mask[0])) >= 0.98


def test_a_real_finger_is_found(method, shared):
    folder = shared / "data" / "fingers"
    image = cm.read(folder / "middle_0.jpg", pixel_spacing_mm=0.4)
    truth = np.asarray(PillowImage.open(folder / "middle_0_bones.png")) > 0
    assert dice(method.segment(image).bones.mask[0], truth) > FLOORS[method.name][1]


def test_the_same_finger_has_the_same_size_at_any_pixel_spacing(method):
    areas = []
    for spacing_mm in (0.2, 0.5):
        image, _ = finger(spacing_mm, blur_mm=0.4)
        bones = method.segment(image).bones
        # P-Net, which sees 36 mm around a pixel, may call part of a bone metacarpal.
        assert {1, 2, 3} <= set(bones.labels)
        areas.append(bones.mask.sum() * image.grid.pixel_area_mm2)
    assert areas[0] == pytest.approx(areas[1], rel=0.05)


@pytest.mark.parametrize("hu", [-1000.0, -300.0])
def test_air_is_refused_by_name(method, hu):
    image = Image(np.full((60, 40), hu), Grid.picture((60, 40), 0.4), name="air.png")
    with pytest.raises(NotMeasurable, match=r"'air.png'.*found air alone \(at most"):
        method.segment(image)
    with pytest.raises(NotMeasurable, match="blank"):
        cm.measure(image, Settings(method=method.name))


def test_flesh_alone_gives_an_empty_segmentation(method):
    image = Image(np.full((60, 40), 40.0), Grid.picture((60, 40), 0.4), clipped_hu=(-300.0, 1200.0))
    evidence = method.segment(image)
    assert evidence.bones.labels == ()
    assert evidence.bone_fraction.max() < 0.5


def test_a_boneless_finger_gives_an_empty_segmentation(method):
    image, _ = finger(bones=())
    assert method.segment(image).bones.labels == ()
