"""Bones by a small U-Net that was trained on simulated fingers alone.

The network gives, for every pixel, the part that each phalanx, the metacarpal and
calcium deposits fill (Ronneberger et al., MICCAI 2015, with soft targets instead of
labels, so that blurred borders and thin deposits keep their area). The picture is
shown as it is and with the other end up, and the two answers are averaged: which way
up a finger came can then hardly change its result.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calcimetry.bone.method import BoneEvidence, refuse_air
from calcimetry.bone.names import name_bones
from calcimetry.bone.network import WEIGHTS, Network, load_network, stated_fingerprint
from calcimetry.bone.two_planes import segment_fingers
from calcimetry.bone.working_view import show_to_network, working_grid
from calcimetry.errors import NotMeasurable
from calcimetry.model import Hand, Image, Segmentation, bone_name
from calcimetry.resample import resample_image

#: Label numbers of the network's bone channels, after background; deposits come last.
CHANNEL_LABELS = (1, 2, 3, 4)
_FLIPS: tuple[tuple[int, ...], ...] = ((), (0, 1))


class UNet:
    """The default bone method.

    Parameters
    ----------
    weights : pathlib.Path, optional
        An ONNX file with its JSON beside it; the shipped one where not given.

    Raises
    ------
    ModelError
        When `segment` finds the weights missing or altered.
    """

    name = "unet"

    def __init__(self, weights: Path = WEIGHTS / "unet.onnx") -> None:
        self.weights = weights

    @property
    def version(self) -> str:
        """The name and the fingerprint of the weights; reads no weights."""
        return f"{self.name} {stated_fingerprint(self.weights)}"

    def segment(self, image: Image) -> BoneEvidence:
        """Find the bones of a picture.

        Raises
        ------
        NotMeasurable
            If the image is a volume, which is segmented by its fingers (`segment_hand`), or
            shows air alone.
        """
        if not image.is_picture:
            raise NotMeasurable(
                f"Finding bone in {image.name!r}: expected a picture of one slice, found "
                f"{image.grid.shape[0]} slices."
            )
        refuse_air(image)
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

    def segment_hand(
        self,
        image: Image,
        bones: Segmentation,
        hands: Sequence[Hand],
        lumps: NDArray[np.uint16],
    ) -> BoneEvidence:
        """Part bone and deposit in the fingers of a volume (`calcimetry.bone.two_planes`)."""
        return segment_fingers(image, bones, hands, lumps, load_network(self.weights), self.version)


def _ask_both_ways(network: Network, seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean fractions (6, rows, columns) of a view in HU, both ends up."""
    batch = np.stack([np.flip(seen, axes) for axes in _FLIPS])[:, None]
    answers = network(batch)
    turned = [
        np.flip(answer, tuple(axis + 1 for axis in axes))
        for answer, axes in zip(answers, _FLIPS, strict=True)
    ]
    return np.asarray(np.mean(turned, axis=0), dtype=np.float32)
