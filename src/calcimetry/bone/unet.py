"""Bones by a small U-Net that was trained on simulated fingers alone.

The network gives, for every pixel, the part that each phalanx, the metacarpal and
calcium deposits fill (Ronneberger et al., MICCAI 2015, with soft targets instead of
labels, so that blurred borders and thin deposits keep their area). The picture is
shown as it is, mirrored, turned over, and both; the four answers are averaged, so
that which way round a picture came cannot change its result.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calcimetry.bone.method import BoneEvidence
from calcimetry.bone.names import name_bones
from calcimetry.bone.network import WEIGHTS, load_network
from calcimetry.bone.working_view import WorkingView, working_view
from calcimetry.model import Image, Segmentation, bone_name

ScalableT = TypeVar("ScalableT")

#: Label numbers of the network's bone channels, in order; the last channel is deposits.
CHANNEL_LABELS = (1, 2, 3, 4)
_DEPOSIT = 5
_FLIPS: tuple[tuple[int, ...], ...] = ((), (0,), (1,), (0, 1))


def scale_hu(hu: ScalableT) -> ScalableT:
    """HU, as an array or a tensor, in the range that the network was trained on."""
    return (hu - 200.0) / 400.0  # type: ignore[operator, no-any-return]  # arrays and tensors alike


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

    def segment(self, image: Image) -> BoneEvidence:
        """Find the bones of a picture, slice by slice in a volume."""
        network = load_network(self.weights)
        spacing = image.grid.spacing[1:]
        label_map = np.zeros(image.grid.shape, np.uint16)
        bone = np.zeros(image.grid.shape, np.float32)
        deposit = np.zeros(image.grid.shape, np.float32)
        for i, picture in enumerate(image.array):
            view = working_view(picture, spacing)
            fractions = self._fractions(picture, view)
            restored = np.stack([view.back(part, picture.shape) for part in fractions])
            parts = restored[1:_DEPOSIT]
            bone[i] = np.clip(parts.sum(axis=0), 0.0, 1.0)
            deposit[i] = np.clip(restored[_DEPOSIT], 0.0, 1.0)
            label_map[i] = name_bones(parts, image.grid.pixel_area_mm2)
        labels = [int(n) for n in np.unique(label_map) if n]
        bones = Segmentation(label_map, image.grid, {n: bone_name(n) for n in labels})
        return BoneEvidence(bones, bone, deposit, f"{self.name} {network.fingerprint}")

    def _fractions(
        self, picture: NDArray[np.float32], view: WorkingView
    ) -> NDArray[np.float32]:
        """Mean answer over the four ways round, (6, rows, columns) of the working view."""
        scaled = scale_hu(view.of(picture))
        batch = np.stack([np.flip(scaled, axes) for axes in _FLIPS])[:, None]
        answers = load_network(self.weights)(np.ascontiguousarray(batch))
        turned = [
            np.flip(answer, [axis + 1 for axis in axes])
            for answer, axes in zip(answers, _FLIPS, strict=True)
        ]
        return np.asarray(np.mean(turned, axis=0), dtype=np.float32)
