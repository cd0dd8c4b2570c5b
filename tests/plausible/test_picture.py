import re

import numpy as np
import pytest

from calcimetry.errors import NotMeasurable
from calcimetry.model import Grid, Image, Segmentation
from calcimetry.plausible.picture import picture_doubts, refuse_unusable, ring_mask
from tests.drawing import finger, rectangle

WINDOW = (-300.0, 1200.0)


def picture(hu, spacing_mm=0.4) -> Image:
    return Image(np.clip(hu, *WINDOW), Grid.picture(np.shape(hu), spacing_mm), "HU", WINDOW, "f")


def doubts(image: Image, bones: Segmentation | None = None):
    bones = finger()[1] if bones is None else bones
    return picture_doubts(image, bones, ring_mask(image, bones))


def test_a_finger_is_neither_refused_nor_doubted():
    image, bones = finger()
    refuse_unusable(image)
    assert doubts(image, bones) == ()


def test_a_finger_on_a_cushion_is_not_refused():
    image, bones = finger()
    on_cushion = picture(np.maximum(image.array[0], -150.0))
    refuse_unusable(on_cushion)
    assert doubts(on_cushion, bones) == ()


def gradients() -> np.ndarray:
    down, right = np.mgrid[:200, :200] / 200.0
    waves = 0.35 * np.sin(9.0 * down + 4.0 * right) + 0.35 * np.cos(5.0 * right - 3.0 * down)
    return 200.0 + 500.0 * np.clip(waves + 0.5 * (down - right), -1.0, 1.0)


def print_() -> np.ndarray:
    hu = np.full((200, 200), -300.0)
    hu[10:190:12, 10:190] = 900.0
    hu[11:191:12, 10:190] = 900.0
    hu[:, ::9] = -300.0
    return hu


def disc(radius_mm: float) -> np.ndarray:
    down, right = (np.mgrid[:220, :220] - 110.0) * 0.4
    return np.where(np.hypot(down, right) < radius_mm, 40.0, -300.0)


@pytest.mark.parametrize(
    ("hu", "message"),
    [
        (gradients(), "expected a finger before an even background"),
        (print_(), "expected one finger; found .* pieces"),
        (disc(38.0), "6 to 60 mm thick; found a body 7"),
        (disc(2.0) + np.roll(disc(2.0), 5, 0) + 300.0, "at least 50 mm2"),
        (np.roll(disc(38.0), 110, 0)[:12], "thick; found a body 5 mm thick"),
    ],
    ids=["gradients", "print", "chest", "dot", "sheet"],
)
def test_what_is_no_finger_is_refused_with_its_reason(hu, message):
    with pytest.raises(NotMeasurable, match=message):
        refuse_unusable(picture(hu))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda hu: hu + 350.0, "What lies beside bone has 3.. HU"),
        (lambda hu: hu - 400.0, "What lies beside bone is as dark as air"),
        (lambda hu: np.where(hu > 60.0, 1200.0, hu), "% of the finger is as bright as the window"),
        (lambda hu: 0.3 * hu, "Bone has at most 3.. HU, less than its cortex"),
    ],
    ids=["too low", "too high", "too narrow", "too wide"],
)
def test_a_wrong_window_is_told(change, told):
    hu = finger(noise_hu=3.0)[0].array[0]
    found = doubts(picture(change(hu)))
    (first, *_) = found
    assert re.search(told, first)
    assert "Check window and level, which must be those of the export" in first


def test_without_bone_nothing_is_said_of_the_window():
    image, _ = finger()
    none = Segmentation(np.zeros(image.grid.shape, int), image.grid, {})
    assert doubts(picture(image.array[0] + 350.0), none) == ()


def test_a_ring_lies_bare_on_both_sides():
    # Soft tissue is about 22 mm wide, half way down.
    bars = tuple((rectangle(5.0, 2.0, centre=(18.0, side * 12.0)), 3000.0) for side in (-1, 1))
    image, bones = finger(deposits=bars)
    (told,) = doubts(image, bones)
    assert "bare on both sides of the finger, as a metal ring's do: they and what" in told
    hidden = ring_mask(image, bones)
    assert hidden is not None
    assert hidden[image.array >= 1200.0].any()
    assert not hidden[bones.mask].all()
    image, bones = finger(deposits=bars[:1])
    assert doubts(image, bones) == ()


def test_motion_is_told():
    image, bones = finger()
    hu = image.array[0]
    (told,) = doubts(picture(0.5 * (hu + np.roll(hu, (6, 5), (0, 1)))), bones)
    assert "Contours are double, 3." in told
