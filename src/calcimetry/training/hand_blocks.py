"""Whole simulated hands, coarse and turned to their own axes, to learn the kinds of bone from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from calcimetry.bone.hand_view import HAND_SPACING_MM, KINDS, hand_view, view_along
from calcimetry.bone.working_view import AIR_HU, MINERAL_HU
from calcimetry.model import Bone, Grid
from calcimetry.phantom.hand_settings import POSES, HandSettings
from calcimetry.phantom.truth import true_bones
from calcimetry.phantom.volume import HandVolume, hand_volume
from calcimetry.resample import resample_image
from calcimetry.training.volume_views import Sample, lone_finger

Array = NDArray[np.floating[Any]]

#: Samples along a hand, across it, and through it: 168 x 120 x 72 mm.
HAND_FRAME = (112, 80, 48)
#: Blocks of one hand.
PER_SCENE = 3
_SAMPLES_MM = (0.6, 1.0)
#: Part of the scenes that is a lone finger; of the hands that have no deposit, and many.
_LONE, _NONE, _MANY = 0.12, 0.25, 0.25
#: A block is turned by so much about a random axis; some are turned any way about the long axis,
#: which bent fingers hide, and some any way at all.
_TURN_SD_DEG, _ROLLED, _ANY_WAY = 10.0, 0.25, 0.1
_WRIST, _SESAMOID = KINDS.index("wrist"), KINDS.index("sesamoid")
_DEPOSIT = KINDS.index("deposit")
_FIRST_WRIST_BONE = 60


def hand_blocks(seed: Sequence[int]) -> list[Sample]:
    """The blocks of one simulated hand or lone finger.

    Parameters
    ----------
    seed : sequence of int
        Decides the hand and its blocks.

    Returns
    -------
    list of (grey, fractions)
        uint8 `HAND_FRAME`, 0 to 255 spanning AIR_HU to MINERAL_HU; and uint8 (7, ...), 255
        where a sample is of a kind in `KINDS` after the first.
    """
    rng = np.random.default_rng(seed)
    volume = _scene(rng)
    while not true_bones(volume).labels:
        volume = _scene(rng)
    kinds = _kinds(volume)
    hu = np.clip(volume.image.mixed.array, -1000.0, 4000.0)
    return [_block(rng, hu, kinds, volume.image.grid) for _ in range(PER_SCENE)]


def _scene(rng: np.random.Generator) -> HandVolume:
    """A hand in any pose, as often bent as flat; or a lone finger."""
    if rng.random() < _LONE:
        return lone_finger(rng)
    drawn = HandSettings(pose=str(rng.choice(POSES))).settled(rng)  # type: ignore[arg-type]  # is one
    fate = rng.random()
    if fate < _NONE:
        drawn = replace(drawn, deposits=0)
    elif fate < _NONE + _MANY:
        drawn = replace(drawn, deposits=8 + int(rng.poisson(10.0)))
    return hand_volume(rng, float(rng.uniform(*_SAMPLES_MM)), drawn)


def _kinds(volume: HandVolume) -> NDArray[np.uint8]:
    """The kind of each sample."""
    label = volume.bone_map
    number = label % 10
    long = (label >= 10) & (label < _FIRST_WRIST_BONE) & (number <= Bone.METACARPAL)
    kinds = np.where(long, number, 0).astype(np.uint8)
    kinds[(label < _FIRST_WRIST_BONE) & (number == Bone.SESAMOID)] = _SESAMOID
    kinds[label >= _FIRST_WRIST_BONE] = _WRIST
    kinds[volume.bone_fraction < 0.5] = 0
    kinds[volume.deposit_fraction >= 0.5] = _DEPOSIT
    return kinds


def _block(rng: np.random.Generator, hu: Array, kinds: NDArray[np.uint8], grid: Grid) -> Sample:
    view = _framed(rng, hand_view(hu, grid))
    seen = np.clip(resample_image(hu, grid, view, fill=-1000.0), AIR_HU, MINERAL_HU)
    grey = np.rint((seen - AIR_HU) / (MINERAL_HU - AIR_HU) * 255.0).astype(np.uint8)
    shown = resample_image(kinds, grid, view, order=0)
    fractions = np.stack([np.where(shown == n, 255, 0) for n in range(1, len(KINDS))])
    return grey, fractions.astype(np.uint8)


def _framed(rng: np.random.Generator, view: Grid) -> Grid:
    """A frame anywhere over a view, turned as a hand's own axes may err."""
    axes = view.affine[:3, :3] / HAND_SPACING_MM
    way = rng.normal(0.0, 1.0, 3)
    angle = np.deg2rad(rng.normal(0.0, _TURN_SD_DEG))
    turn = Rotation.from_rotvec(way / np.linalg.norm(way) * angle)
    fate = rng.random()
    if fate < _ROLLED:
        turn = Rotation.from_rotvec(axes[:, 0] * rng.uniform(-np.pi, np.pi)) * turn
    elif fate < _ROLLED + _ANY_WAY:
        turn = Rotation.random(random_state=rng)
    corners = np.stack(np.meshgrid(*[(0, n - 1) for n in view.shape]), axis=-1).reshape(-1, 3)
    turned = view_along(view.index_to_mm(corners), turn.as_matrix() @ axes)
    # Where the frame is smaller it shows a part, where it is larger the rest is as it comes.
    room = np.array(turned.shape) - HAND_FRAME
    shift = rng.uniform(np.minimum(room, 0), np.maximum(room, 0))
    affine = turned.affine.copy()
    affine[:3, 3] = turned.index_to_mm(shift)
    return Grid(HAND_FRAME, affine)
