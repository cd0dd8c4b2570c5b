"""Bones of a volume by a U-Net that was trained on simulated hands alone.

The network gives, for every sample, the part that each kind of bone and calcium
deposits fill, in cubes of 0.7 mm along the hand's main axes (`volume_view`). It knows
kinds of bone (proximal phalanx, metacarpal, carpal), not which finger they belong to:
`calcimetry.fingers` tells that from how the bones lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calcimetry.bone.method import BoneEvidence
from calcimetry.bone.network import Network, load_network
from calcimetry.bone.volume_view import AIR_HU, show_to_network, volume_grid
from calcimetry.model import Grid, Image, Segmentation, bone_name
from calcimetry.resample import resample_image

Box = tuple[slice, slice, slice]

#: Label numbers of the network's bone channels, after background; deposits come last.
CHANNEL_LABELS = (1, 2, 3, 4, 5, 60, 61, 62)
#: Volumes are shown in blocks of at most so many samples along each axis, overlapping by
#: so many, so that memory is bounded and no border between blocks shows.
_BLOCK, _OVERLAP = 128, 32
#: A sample with less bone than this needs no name.
_LITTLE = 0.02


def segment_volume(image: Image, weights: Path, version: str) -> BoneEvidence:
    """Find the bones of a volume and name their kinds.

    Parameters
    ----------
    image : Image
        A volume in HU, any orientation.
    weights : pathlib.Path
        An ONNX file with its JSON beside it.
    version : str
        What the evidence names as its method.

    Returns
    -------
    BoneEvidence
        Labels 1 to 5 and 60 to 62, digit 0, on the image's own grid.

    Raises
    ------
    ModelError
        If the weights are missing or altered.
    """
    network = load_network(weights)
    view = volume_grid(image)
    seen = show_to_network(image, view)
    fractions = _ask_in_blocks(network, seen)
    # Back on the image's grid: what part is bone and what deposit, and the largest kind.
    bone = np.clip(_back(fractions[1:-1].sum(axis=0), view, image.grid), 0.0, 1.0)
    deposit = np.clip(_back(fractions[-1], view, image.grid), 0.0, 1.0)
    label_map = np.zeros(image.grid.shape, np.uint16)
    largest = np.zeros(image.grid.shape, np.float32)
    for label, part in zip(CHANNEL_LABELS, fractions[1:-1], strict=True):
        if part.max() < _LITTLE:
            continue
        own = _back(part, view, image.grid)
        better = own > largest
        largest[better] = own[better]
        label_map[better] = label
    label_map[bone < 0.5] = 0
    labels = [int(n) for n in np.unique(label_map) if n]
    bones = Segmentation(label_map, image.grid, {n: bone_name(n) for n in labels})
    return BoneEvidence(bones, bone, deposit, version)


def _back(part: NDArray[np.float32], view: Grid, grid: Grid) -> NDArray[np.float32]:
    return np.asarray(resample_image(part, view, grid), dtype=np.float32)


def _ask_in_blocks(network: Network, seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fractions (10, slices, rows, columns) of a volume, weighted means where blocks overlap."""
    total = np.zeros((len(CHANNEL_LABELS) + 2, *seen.shape), np.float32)
    weights = np.zeros(seen.shape, np.float32)
    for box in _blocks(seen.shape):
        block = seen[box]
        if block.max() <= AIR_HU:  # nothing but air
            continue
        weight = _weight(block.shape)
        total[:, *box] += weight * network(block[None, None])[0]
        weights[box] += weight
    air = weights == 0
    weights[air] = 1.0
    total /= weights
    total[0][air] = 1.0
    return total


def _blocks(shape: tuple[int, ...]) -> Iterator[Box]:
    """Boxes that together cover a shape."""
    starts = []
    for size in shape:
        last = max(size - _BLOCK, 0)
        starts.append(sorted({*range(0, last, _BLOCK - _OVERLAP), last}))
    for i in starts[0]:
        for j in starts[1]:
            for k in starts[2]:
                yield slice(i, i + _BLOCK), slice(j, j + _BLOCK), slice(k, k + _BLOCK)


def _weight(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """How much a block's answer counts: less towards its border, where it sees less around."""
    ramps = []
    for size in shape:
        from_border = np.minimum(np.arange(size), np.arange(size)[::-1]) + 1.0
        ramps.append(np.minimum(from_border / _OVERLAP, 1.0).astype(np.float32))
    return np.asarray(ramps[0][:, None, None] * ramps[1][:, None] * ramps[2])
