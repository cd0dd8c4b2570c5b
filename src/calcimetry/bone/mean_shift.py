"""Clusters by mean shift in space and grey level at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from calcimetry.bone.cluster_rule import BoolArray, FloatArray, LabelArray
from calcimetry.model.geometry import Grid
from calcimetry.regions import steps_mm

#: Bandwidths of the kernel.
SPACE_MM, RANGE_HU = 1.8, 100.0
#: Modes of one region lie within this part of both: blurred edges would chain all together.
_LINK = 0.5
#: Regions below this many samples join a neighbour.
_LEAST_SAMPLES = 4
_STEPS = 12
#: A mode that moves less has arrived: in samples, and in bandwidths of grey level.
_STILL = 0.1


def find_clusters(hu: FloatArray, body: BoolArray, grid: Grid) -> LabelArray:
    """Part the body into regions whose samples climb to the same mode.

    Parameters
    ----------
    hu : array of float32, shape of the grid
    body : array of bool, shape of the grid
        What is clustered: everything but air.
    grid : Grid

    Returns
    -------
    array of int32, shape of the grid
        Regions from 1; 0 outside the body.

    Notes
    -----
    Comaniciu and Meer, IEEE PAMI 24 (2002) 603, sections 4.1 and 4.2: each sample moves to the
    mean place and grey level of those samples of the body that lie within the spatial and the
    range bandwidth (a flat kernel, the shadow of Epanechnikov's), until it stays. Samples that
    touch and whose modes lie within half of both bandwidths (theirs: the whole) form a region;
    regions below a least size join the neighbour that is nearest in grey level.
    """
    modes = mean_shift_modes(hu, body, grid)
    return _merged(_linked(modes, body, grid), hu)


def mean_shift_modes(hu: FloatArray, body: BoolArray, grid: Grid) -> NDArray[np.float64]:
    """Where each sample of the body ends: shape (samples, 4), index along three axes and HU.

    Samples are in the order of ``hu[body]``.
    """
    index = np.argwhere(body)
    offsets = _ball(grid)
    reach = np.abs(offsets).max(axis=0)
    size = tuple(np.array(body.shape) + 2 * reach)
    # Beyond the border and in air nothing lies in range, whatever a sample's own level.
    padded = np.full(size, np.inf, np.float64)
    padded[tuple(slice(r, r + n) for r, n in zip(reach, body.shape, strict=True))] = np.where(
        body, hu, np.inf
    )
    flat = padded.ravel()
    strides = np.array([size[1] * size[2], size[2], 1])
    steps = offsets @ strides
    modes = np.column_stack([index.astype(np.float64), hu[body].astype(np.float64)])
    moving = np.arange(len(modes))
    for _ in range(_STEPS):
        places = np.rint(modes[moving, :3]).astype(np.intp)
        seen = flat[((places + reach) @ strides)[:, None] + steps[None]]
        near = np.abs(seen - modes[moving, 3:]) < RANGE_HU
        count = np.maximum(near.sum(axis=1), 1)
        moved = np.column_stack(
            [
                places + near @ offsets / count[:, None],
                np.where(near, seen, 0.0).sum(axis=1) / count,
            ]
        )
        # A window that has drifted off its own range holds nothing: it stays where it was.
        moved = np.where(near.any(axis=1)[:, None], moved, modes[moving])
        change = np.abs(moved - modes[moving])
        modes[moving] = moved
        far = (change[:, :3].max(axis=1) > _STILL) | (change[:, 3] > _STILL * RANGE_HU)
        moving = moving[far]
        if len(moving) == 0:
            break
    return modes


def _ball(grid: Grid) -> NDArray[np.intp]:
    """Offsets (n, 3) in samples of the spatial window; at least the nearest neighbours."""
    steps = steps_mm(grid)
    radius = max(SPACE_MM, float(steps[np.isfinite(steps)].max()))
    reach = np.where(np.isfinite(steps), np.floor(radius / steps + 1e-6), 0).astype(int)
    every = np.stack(
        np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij"), axis=-1
    ).reshape(-1, 3)
    distance = np.linalg.norm(every * np.where(np.isfinite(steps), steps, 0.0), axis=1)
    return np.asarray(every[distance <= radius * (1.0 + 1e-6)])


def _touching(numbers: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of numbers of samples that share a face; numbers below 0 are left out."""
    firsts, seconds = [], []
    for axis in range(3):
        moved = np.moveaxis(numbers, axis, 0)
        both = (moved[:-1] >= 0) & (moved[1:] >= 0)
        firsts.append(moved[:-1][both])
        seconds.append(moved[1:][both])
    return np.concatenate(firsts), np.concatenate(seconds)


def _linked(modes: NDArray[np.float64], body: BoolArray, grid: Grid) -> LabelArray:
    """Regions from 1 of touching samples with like modes, shape of the body; 0 outside."""
    numbers = np.full(body.shape, -1, np.intp)
    numbers[body] = np.arange(len(modes))
    first, second = _touching(numbers)
    steps = steps_mm(grid)
    apart = (modes[first, :3] - modes[second, :3]) * np.where(np.isfinite(steps), steps, 0.0)
    radius = max(SPACE_MM, float(steps[np.isfinite(steps)].max()))
    like = (np.linalg.norm(apart, axis=1) < radius * _LINK) & (
        np.abs(modes[first, 3] - modes[second, 3]) < RANGE_HU * _LINK
    )
    links = coo_array((like[like], (first[like], second[like])), shape=(len(modes),) * 2)
    _, region = connected_components(links, directed=False)
    labels = np.zeros(body.shape, np.int32)
    labels[body] = region + 1
    return labels


def _merged(labels: LabelArray, hu: FloatArray) -> LabelArray:
    """The same with regions that are too small joined to the neighbour nearest in grey level."""
    counts = np.bincount(labels.ravel())
    means = np.bincount(labels.ravel(), hu.ravel()) / np.maximum(counts, 1)
    first, second = _touching(np.where(labels > 0, labels, -1).astype(np.intp))
    differ = first != second
    one = np.concatenate([first[differ], second[differ]])
    other = np.concatenate([second[differ], first[differ]])
    small = counts[one] < _LEAST_SAMPLES
    one, other = one[small], other[small]
    # Of each small region the nearest neighbour comes first.
    order = np.lexsort((other, np.abs(means[one] - means[other]), one))
    joined, at = np.unique(one[order], return_index=True)
    links = coo_array(
        (np.ones(len(joined), bool), (joined, other[order][at])), shape=(len(counts),) * 2
    )
    _, group = connected_components(links, directed=False)
    _, numbered = np.unique(group[labels], return_inverse=True)
    result = numbered.reshape(labels.shape)
    return np.asarray(result if (labels == 0).any() else result + 1, np.int32)
