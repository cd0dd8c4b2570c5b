"""Images that are none of a good finger or hand: other things, wrong windows, metal, motion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont
from scipy import ndimage

import calcimetry as cm
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.picture import finger_picture
from calcimetry.phantom.reformat import Slab, reformat_finger
from calcimetry.phantom.scanner import draw_scanner
from calcimetry.phantom.truth import true_report
from calcimetry.phantom.view import View
from calcimetry.phantom.volume import finger_volume

Floats = NDArray[np.float64]
CLIPPED = (-300.0, 1200.0)


def picture(hu: NDArray[np.generic], spacing_mm: float, name: str) -> cm.Image:
    """An array as a picture of the usual window."""
    shown = np.clip(np.asarray(hu, np.float64), *CLIPPED)
    return cm.Image(shown, cm.Grid.picture(shown.shape, spacing_mm), "HU", CLIPPED, name)


def from_grey(grey: NDArray[np.generic], spacing_mm: float, name: str) -> cm.Image:
    """Grey levels as somebody exported them, read with the usual window."""
    return picture(-300.0 + np.asarray(grey, np.float64) / 255.0 * 1500.0, spacing_mm, name)


def natural(seed: int) -> cm.Image:
    """Smooth random intensities with the spectrum of photographs."""
    rng = np.random.default_rng((seed, 1))
    shape = (256, 256)
    frequency = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n) for n in shape), indexing="ij"))
    frequency[0, 0] = 1.0
    waves = np.exp(2j * np.pi * rng.random(shape)) / frequency ** rng.uniform(1.0, 1.6)
    values = np.fft.ifft2(waves).real
    low, high = np.percentile(values, [1, 99])
    return from_grey(255 * np.clip((values - low) / (high - low), 0, 1), 0.4, "photograph")


def text(seed: int) -> cm.Image:
    """A page of print, white on black."""
    rng = np.random.default_rng((seed, 2))
    page = Picture.new("L", (256, 256), 0)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=int(rng.integers(9, 20)))
    for row in range(6, 236, int(rng.integers(14, 26))):
        letters = "".join(rng.choice(list("abcdefghij klmno prstuvw ABC 0123"), 60))
        draw.text((8, row), letters, fill=255, font=font)
    return from_grey(np.asarray(page), 0.4, "print")


def chest_hu(seed: int, size: int = 320) -> Floats:
    """An axial slice of something like a chest, 1 mm pixels."""
    rng = np.random.default_rng((seed, 3))
    down, right = np.mgrid[:size, :size] - size / 2.0
    wide, deep = rng.uniform(130, 150), rng.uniform(90, 105)
    hu = np.full((size, size), -1000.0)
    hu[np.hypot(right / wide, down / deep) < 1] = -80.0
    inside = np.hypot(right / (wide - 12), down / (deep - 12))
    hu[inside < 1] = 50.0
    for side in (-1, 1):
        hu[np.hypot((right - side * 65) / 48, (down + 5) / 65) < 1] = -850.0
    hu[np.hypot(right / 18, (down - 70) / 15) < 1] = 500.0
    hu[(np.abs(inside - 0.95) < 0.04) & (np.sin(14 * np.arctan2(down, right)) > 0.5)] = 700.0
    return ndimage.gaussian_filter(hu, 0.7) + rng.normal(0, 15, hu.shape)


def chest(seed: int) -> cm.Image:
    """A chest read as a finger."""
    return picture(chest_hu(seed), 1.0, "chest")


def inverted(seed: int) -> cm.Image:
    """A finger with black bones on white."""
    made = finger_picture(np.random.default_rng((seed, 4)))
    return picture(900.0 - made.image.array[0], made.view.spacing_mm, "inverted")


def windowed(window_hu: float, level_hu: float) -> Callable[[int], cm.Image]:
    """A finger exported with another window than it is read with."""

    def make(seed: int) -> cm.Image:
        rng = np.random.default_rng((seed, 5))
        scanner = replace(draw_scanner(rng), window_hu=window_hu, level_hu=level_hu)
        made = finger_picture(rng, scanner=scanner)
        low, high = scanner.clipped_hu
        grey = 255.0 * (made.image.array[0] - low) / (high - low)
        return from_grey(grey, made.view.spacing_mm, f"W{window_hu:g} L{level_hu:g}")

    return make


def ring(seed: int) -> cm.Image | None:
    """A finger with a metal ring; None where the phantom found no room for one."""
    rng = np.random.default_rng((seed, 6))
    volume = finger_volume(rng, 0.6, replace(PLAIN_HAND, ring=True, deposits=1))
    if not volume.distractors:
        return None
    truth = true_report(volume)
    made = reformat_finger(volume, truth, truth.hands[0].fingers[0], Slab(0.0, 1.0))
    image = made.report.image
    return picture(image.array[0], image.grid.spacing[1], "ring")


def copies(seed: int) -> cm.Image:
    """The mean of a finished picture and its copy 2 to 4 mm away."""
    rng = np.random.default_rng((seed, 7))
    made = finger_picture(rng)
    hu, spacing = made.image.array[0], made.view.spacing_mm
    shift = _shift(rng) / spacing
    return picture(
        0.5 * (hu + ndimage.shift(hu, shift, order=1, mode="nearest")), spacing, "copies"
    )


def moved(seed: int) -> cm.Image:
    """The mean of two pictures of a finger that moved by 2 to 4 mm, each with its own noise."""
    rng = np.random.default_rng((seed, 8))
    down, right = _shift(rng)

    def shot(view: View | None, own: int) -> tuple[cm.Image, View]:
        made = finger_picture(np.random.default_rng((seed, own)), view=view)
        return made.image, made.view

    first, view = shot(None, 9)
    first, _ = shot(view, 9)
    second, _ = shot(
        replace(view, centre_z=view.centre_z + down, centre_x=view.centre_x + right), 9
    )
    return picture(0.5 * (first.array[0] + second.array[0]), view.spacing_mm, "moved")


def _shift(rng: np.random.Generator) -> Floats:
    angle = rng.uniform(0.0, 2.0 * np.pi)
    return rng.uniform(2.0, 4.0) * np.array([np.sin(angle), np.cos(angle)])


#: Pictures by what is wrong with them.
PICTURES: dict[str, Callable[[int], cm.Image | None]] = {
    "photograph": natural,
    "print": text,
    "chest": chest,
    "inverted": inverted,
    "narrow window (W400 L40)": windowed(400.0, 40.0),
    "wide window (W4000 L1000)": windowed(4000.0, 1000.0),
    "level 400 HU too high": windowed(1500.0, 850.0),
    "level 350 HU too low": windowed(1500.0, 100.0),
    "metal ring": ring,
    "two copies averaged": copies,
    "moved by 2 to 4 mm": moved,
}


def volumes(good: cm.Image, seed: int) -> Iterator[tuple[str, cm.Image]]:
    """What can be wrong with a volume, made of a good one."""
    rng = np.random.default_rng((seed, 10))
    hu = good.array

    def changed(array: NDArray[np.generic]) -> cm.Image:
        return replace(good, array=np.asarray(array, np.float32))

    yield "no intercept (stored values)", changed(hu + 1024.0)
    yield "intercept twice", changed(hu - 1024.0)
    yield "slope 0.5", changed(0.5 * (hu + 1024.0) - 1024.0)
    yield "slope 2", changed(2.0 * (hu + 1024.0) - 1024.0)
    yield "half the HU", changed(0.5 * hu)
    shift = rng.uniform(2.0, 4.0, 3) / good.grid.spacing
    yield "two copies averaged", changed(0.5 * (hu + ndimage.shift(hu, shift, order=1, cval=-1000)))
    trunk = np.repeat(chest_hu(seed)[None, ::2, ::2], 140, axis=0)
    yield "chest", cm.Image(trunk, cm.Grid(trunk.shape, np.diag([2.0, 2.0, 2.0, 1.0])), "HU")
