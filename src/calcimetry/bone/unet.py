"""Bones by small U-Nets that were trained on simulated hands alone.

Pictures have a network of their own, volumes another (`calcimetry.bone.unet3d`). The
one for pictures gives, for every pixel, the part that each phalanx, the metacarpal and
calcium deposits fill (Ronneberger et al., MICCAI 2015, with soft targets instead of
labels, so that blurred borders and thin deposits keep their area). The picture is
shown as it is and with the other end up, and the two answers are averaged: which way
up a finger came can then hardly change its result.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calcimetry.bone.method import BoneEvidence
from calcimetry.bone.names import name_bones
from calcimetry.bone.network import WEIGHTS, Network, load_network, stated_fingerprint
from calcimetry.bone.unet3d import segment_volume
from calcimetry.bone.working_view import show_to_network, working_grid
from calcimetry.model import Image, Segmentation, bone_name
from calcimetry.resample import resample_image

#: Label numbers of the network's bone channels, after background; deposits come last.
CHANNEL_LABELS = (1, 2, 3, 4)
_FLIPS: tuple[tuple[int, ...], ...] = ((), (0, 1))


class UNet:
    """The default bone method.

    Parameters
    ----------
    weights, volume_weights : pathlib.Path, optional
        ONNX files with their JSON beside them, for pictures and for volumes; the
        shipped ones where not given.

    Raises
    ------
    ModelError
        When `segment` finds the weights missing or altered.
    """

    name = "unet"

    def __init__(
        self,
        weights: Path = WEIGHTS / "unet.onnx",
        volume_weights: Path = WEIGHTS / "unet3d.onnx",
    ) -> None:
        self.weights = weights
        self.volume_weights = volume_weights

    @property
    def version(self) -> str:
        """The name and the fingerprints of both weights; reads no weights."""
        return (
            f"{self.name} {stated_fingerprint(self.weights)} "
            f"{stated_fingerprint(self.volume_weights)}"
        )

    def segment(self, image: Image) -> BoneEvidence:
        """Find the bones of a picture, or the kinds of bone in a volume."""
        if not image.is_picture:
            return segment_volume(image, self.volume_weights, self.version)
        network = load_network(self.weights)
        picture, grid = image.array[0], image.grid
        view = working_grid(picture, grid)
        seen = _ask_both_ways(network, show_to_network(picture, grid, view))
        fractions = [resample_image(part[None], view, grid) for part in seen[1:]]
        parts = np.concatenate(fractions[: len(CHANNEL_LABELS)])
        label_map = name_bones(parts, grid.pixel_area_mm2)[None]
        labels = [int(n) for n in np.unique(label_map) if n]
        bones = Segmentation(label_map, grid, {n: bone_name(n) for n in labels})
        bone = np.clip(parts.sum(axis=0), 0.0, 1.0)[None]
        return BoneEvidence(bones, bone, np.clip(fractions[-1], 0.0, 1.0), self.version)


def _ask_both_ways(network: Network, seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean fractions (6, rows, columns) of a view in HU, both ends up."""
    batch = np.stack([np.flip(seen, axes) for axes in _FLIPS])[:, None]
    answers = network(batch)
    turned = [
        np.flip(answer, tuple(axis + 1 for axis in axes))
        for answer, axes in zip(answers, _FLIPS, strict=True)
    ]
    return np.asarray(np.mean(turned, axis=0), dtype=np.float32)
