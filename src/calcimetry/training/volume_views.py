"""Samples cut out of simulated hands and fingers: planes and blocks of volumes, and slabs.

Pictures drawn in one plane never show what volumes do: coronal planes, planes across a finger,
neighbours taken out, spurs and ridges that a plane grazes, sesamoids, and things that are no
calcinosis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.working_view import AIR_HU, BLOCK_SPACING_MM, MINERAL_HU, SPACING_MM
from calcimetry.model import Bone, Digit, Finger, Grid, Laterality, Segmentation
from calcimetry.model.anatomy import CARPAL
from calcimetry.phantom.cohort import Cohort, PlannedFinger
from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.picture import DEPOSIT
from calcimetry.phantom.scanner import draw_scanner
from calcimetry.phantom.truth import hands_of, true_bones
from calcimetry.phantom.visits import scan_finger
from calcimetry.phantom.volume import HandVolume, hand_volume
from calcimetry.resample import box_around, resample_image

Array = NDArray[np.floating[Any]]
Sample = tuple[NDArray[np.uint8], NDArray[np.uint8]]

#: Rows and columns of each kind of view: a piece of a sagittal or coronal plane of a finger, a
#: plane across it, both with the other fingers taken out; a sagittal slab, exported; and such a
#: slab of a lone finger as a cohort's patients have it, with few deposits. And slices, rows and
#: columns of a block of a finger, the other fingers taken out.
VIEWS: dict[str, tuple[int, ...]] = {
    "plane": (192, 192),
    "section": (96, 96),
    "slab": (288, 128),
    "finger": (288, 128),
    "block": (32, 64, 32),
}
#: How many views of each kind one hand or finger gives: it takes longer than views.
PER_HAND = {"plane": 40, "section": 50, "slab": 24, "finger": 8, "block": 30}
_SLABS = ("slab", "finger")
#: A finger's axes (across to the side, along, across to the palm) as (normal, rows, columns).
_SAGITTAL = ((0, 1, 2),)
_ORDERS = {
    "plane": ((0, 1, 2), (2, 1, 0)),
    "section": ((1, 0, 2),),
    "slab": _SAGITTAL,
    "finger": _SAGITTAL,
    "block": _SAGITTAL,
}
_SAMPLES_MM = (0.45, 0.85)
#: Part of the hands without deposits, and how many more than four the others have on average.
_DEPOSITS = {"plane": (0.2, 14.0), "section": (0.2, 14.0), "slab": (0.2, 14.0), "block": (0.3, 6.0)}
#: Share of their deposits that are plates: more than patients have, for on bone they are hard.
_PLATES = 0.25
#: Part of the views laid around a deposit where there is one; the others are around bone.
_AROUND_DEPOSIT = 0.55
#: The nearest bone of a sample is looked for on so coarse a grid.
_COARSE = 2
_SLAB_MM = (0.3, 3.0)
_LAYER_MM = 0.3
_TURNED = 0.3  # part of the views that are turned in their plane by any angle
_TURN_SD_DEG = 6.0
#: Pictures of lone fingers that show more calcification than published ones do are left out, but
#: for some.
_MOST_MM2, _LARGE_KEPT = 48.0, 0.4
_THUMB_SHARE = 0.08


@dataclass(frozen=True, eq=False, slots=True)
class _Scene:
    """A simulated hand, and what its samples are: `nearest` is a label on a coarser grid."""

    volume: HandVolume
    hu: NDArray[np.float32]
    bones: Segmentation
    fingers: tuple[Finger, ...]
    classes: NDArray[np.uint8]
    nearest: NDArray[np.uint16]
    nearest_grid: Grid


def hand_views(kind: str, seed: Sequence[int]) -> list[Sample]:
    """The views of one simulated hand, or lone finger.

    Parameters
    ----------
    kind : {"plane", "section", "slab", "finger", "block"}
    seed : sequence of int
        Decides the hand and its views.

    Returns
    -------
    list of (grey, fractions)
        `PER_HAND` of the kind, each of a shape in `VIEWS`: uint8, 0 to 255 spanning AIR_HU to
        MINERAL_HU, and uint8 (6, ...), the 255ths of each pixel that each material fills. A
        bone of the wrist counts as metacarpal: bone, and no phalanx.
    """
    rng = np.random.default_rng(seed)
    views: list[Sample] = []
    while len(views) < PER_HAND[kind]:
        volume = lone_finger(rng) if kind == "finger" else _hand(rng, *_DEPOSITS[kind])
        if (scene := _scene(volume)) is None:
            continue
        for _ in range(PER_HAND[kind]):
            view = _view(rng, scene, kind)
            if kind != "finger" or not _is_large(view) or rng.random() < _LARGE_KEPT:
                views.append(view)
    return views[: PER_HAND[kind]]


def _is_large(view: Sample) -> bool:
    return float(view[1][-1].sum()) / 255.0 * SPACING_MM**2 > _MOST_MM2


def lone_finger(rng: np.random.Generator) -> HandVolume:
    """A lone finger as `calcimetry phantom cohort` draws its patients'."""
    thumb = rng.random() < _THUMB_SHARE
    digit = Digit.THUMB if thumb else Digit(int(rng.integers(Digit.INDEX, Digit.LITTLE + 1)))
    side = Laterality.LEFT if rng.random() < 0.5 else Laterality.RIGHT
    cohort = Cohort(int(rng.integers(2**62)))
    finger = PlannedFinger(cohort, "train", "train-01", (0, 0), digit, side, (False,))
    return scan_finger(finger, spacing_mm=float(rng.uniform(*_SAMPLES_MM)))


def _hand(rng: np.random.Generator, none: float, further: float) -> HandVolume:
    """A hand with more deposits and wear than usual."""
    drawn = HandSettings().settled(rng)
    count = 0 if rng.random() < none else 4 + int(rng.poisson(further))
    pits, spurs = int(rng.poisson(1.0)), int(rng.poisson(2.0))
    drawn = replace(drawn, deposits=count, plates=_PLATES, erosions=pits, osteophytes=spurs)
    return hand_volume(rng, float(rng.uniform(*_SAMPLES_MM)), drawn)


def _scene(volume: HandVolume) -> _Scene | None:
    """A volume and what its samples are; None where no finger is in view."""
    bones = true_bones(volume)
    hands = hands_of(bones, volume.laterality)
    if not hands:
        return None
    numbers = volume.bone_map % 10
    own = (volume.bone_map >= 10) & (volume.bone_map < CARPAL) & (numbers <= Bone.SESAMOID)
    classes = np.where(own, numbers, int(Bone.METACARPAL)).astype(np.uint8)
    coarse = (slice(None, None, _COARSE),) * 3
    labels = bones.label_map[coarse]
    affine = bones.grid.affine.copy()
    affine[:3, :3] *= _COARSE
    a, b, c = labels.shape
    index = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    hu = np.clip(volume.image.mixed.array, -1000.0, 4000.0)
    return _Scene(
        volume, hu, bones, hands[0].fingers, classes, labels[tuple(index)], Grid((a, b, c), affine)
    )


def _view(rng: np.random.Generator, scene: _Scene, kind: str) -> Sample:
    finger = scene.fingers[int(rng.integers(len(scene.fingers)))]
    order = _ORDERS[kind][int(rng.integers(len(_ORDERS[kind])))]
    layers = _layers(rng, scene, finger, kind, order)
    if kind in _SLABS:
        hu, fractions = _slab(scene, layers)
        scanner = draw_scanner(rng)
        seen = scanner.grey_to_hu(scanner.export(hu))
    else:
        hu, fractions = _filled(scene, layers)
        nearest = resample_image(scene.nearest, scene.nearest_grid, layers, order=0)
        other = ~np.isin(nearest, finger.labels)
        fractions[:, other] = 0.0
        shape = VIEWS[kind]
        seen = np.where(other, AIR_HU, hu).reshape(shape)
        fractions = fractions.reshape(len(fractions), *shape)
    seen = np.clip(seen, AIR_HU, MINERAL_HU)
    grey = np.rint((seen - AIR_HU) / (MINERAL_HU - AIR_HU) * 255.0).astype(np.uint8)
    return grey, np.rint(np.clip(fractions, 0.0, 1.0) * 255.0).astype(np.uint8)


def _filled(scene: _Scene, layers: Grid) -> tuple[Array, Array]:
    """HU and material fractions (6, ...) at every place of some layers."""
    volume = scene.volume
    box, part = box_around(layers, volume.image.grid, margin=1)
    hu = resample_image(scene.hu[box], part, layers, fill=-1000.0)
    bone, classes = volume.bone_fraction[box], scene.classes[box]
    filled = [np.where(classes == number, bone, 0.0) for number in range(1, DEPOSIT)]
    filled.append(volume.deposit_fraction[box])
    return hu, np.stack([resample_image(one, part, layers) for one in filled])


def _slab(scene: _Scene, layers: Grid) -> tuple[Array, Array]:
    """HU (rows, columns) of the mean of some layers, and material fractions (6, rows, columns).

    The scan's blur carries what lies beside a slab into it. Both bone and deposits count as far
    as they are seen: else what is seen would be neither, and growing would take it for a
    deposit. The area of deposits stays what it is (concordance 0.997 in a cohort's pictures).
    """
    count = layers.shape[0]
    sigma = scene.volume.acquisition.blur_mm / layers.spacing[0]
    beside = int(np.ceil(3.0 * sigma))
    affine = layers.affine.copy()
    affine[:3, 3] -= beside * affine[:3, 0]
    hu, filled = _filled(scene, Grid((count + 2 * beside, *layers.shape[1:]), affine))
    within = slice(beside, beside + count)
    shown = ndimage.gaussian_filter1d(filled, sigma, axis=1, mode="nearest", truncate=3.0)
    return hu[within].mean(axis=0), shown[:, within].mean(axis=1)


def _layers(
    rng: np.random.Generator, scene: _Scene, finger: Finger, kind: str, order: tuple[int, int, int]
) -> Grid:
    """The planes of one view (one, unless it is a slab or a block) in a kind's frame."""
    *slices, rows, columns = VIEWS[kind]
    if slices:
        (count,), pixel = slices, BLOCK_SPACING_MM
        thickness = count * pixel
    else:
        thickness, pixel = float(rng.uniform(*_SLAB_MM)) if kind in _SLABS else 0.0, SPACING_MM
        count = max(1, int(np.ceil(thickness / _LAYER_MM)))
    axes = finger.grid.affine[:3, order] / np.linalg.norm(finger.grid.affine[:3, order], axis=0)
    angle = (
        rng.uniform(-np.pi, np.pi)
        if rng.random() < _TURNED
        else rng.normal(0.0, np.deg2rad(_TURN_SD_DEG))
    )
    cos, sin = np.cos(angle), np.sin(angle)
    turned = axes @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    steps = turned * [thickness / count or 1.0, pixel, pixel]
    # What it is laid around is anywhere in the middle half of the frame.
    where = np.array([(count - 1) / 2, *(np.array([rows, columns]) * rng.uniform(0.25, 0.75, 2))])
    affine = np.eye(4)
    affine[:3, :3] = steps
    affine[:3, 3] = _place(rng, scene, finger) - steps @ where
    return Grid((count, rows, columns), affine)


def _place(rng: np.random.Generator, scene: _Scene, finger: Finger) -> Array:
    """A place (mm) in a deposit near the finger, or in one of its bones."""
    label_map = scene.bones.label_map
    own = np.flatnonzero(np.isin(label_map, finger.labels))
    if rng.random() < _AROUND_DEPOSIT:
        filled = np.argwhere(scene.volume.deposit_fraction >= 0.25)
        near = scene.nearest[tuple((filled // _COARSE).T)] if len(filled) else np.zeros(0, int)
        filled = filled[np.isin(near, finger.labels)]
        if len(filled):
            return scene.bones.grid.index_to_mm(filled[int(rng.integers(len(filled)))])
    chosen = np.unravel_index(int(rng.choice(own)), label_map.shape)
    return scene.bones.grid.index_to_mm(np.array(chosen))
