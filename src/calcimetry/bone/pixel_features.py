"""What clusters are made of beside a sample's own grey level: what lies around, texture, place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.model.geometry import Grid
from calcimetry.regions import steps_mm

FloatArray = NDArray[np.floating[Any]]

#: Sizes tried for texture, in mm: as Blobworld's 0 to 3.5 pixels.
TEXTURE_SCALES_MM = (0.2, 0.4, 0.6, 0.9, 1.2)
#: Polarity that changes less than this from one size to the next has settled.
_SETTLED = 0.02


def smoothed(array: FloatArray, grid: Grid, sigma_mm: float) -> FloatArray:
    """Mean of what lies around each sample, weighted by a Gaussian.

    Parameters
    ----------
    array : array, shape of the grid
        HU.
    grid : Grid
        Gives the distances; in a picture nothing is averaged across its one slice.
    sigma_mm : float
        Standard deviation of the Gaussian.

    Returns
    -------
    array of float, shape of the grid

    Examples
    --------
    >>> row = np.array([[[0.0, 0.0, 9.0, 0.0, 0.0]]])
    >>> smoothed(row, Grid.picture((1, 5), 1.0), 0.5).round(1).tolist()
    [[[0.0, 1.0, 7.1, 1.0, 0.0]]]
    """
    return np.asarray(
        ndimage.gaussian_filter(array, sigma_mm / steps_mm(grid), mode="nearest"), array.dtype
    )


@dataclass(frozen=True, eq=False, slots=True)
class Texture:
    """Texture at the size that suits each sample, as in Blobworld; each shape of the grid.

    Parameters
    ----------
    grey : array of float
        Grey level averaged over that size.
    contrast : array of float
        Grey levels: twice the root of the summed eigenvalues of the second moment matrix.
    anisotropy : array of float, 0 to 1
        0 where gradients point every way, 1 where all lie along one line.
    polarity : array of float, 0 to 1
        1 where all gradients point one way (a border), 0 where they cancel (a line).
    """

    grey: FloatArray
    contrast: FloatArray
    anisotropy: FloatArray
    polarity: FloatArray


def texture(array: FloatArray, grid: Grid) -> Texture:
    """Contrast, anisotropy and polarity of an image's gradients.

    Parameters
    ----------
    array : array, shape of the grid
        Grey level.
    grid : Grid
        A picture or a volume; gradients are taken per mm, so its spacing does not matter.

    Returns
    -------
    Texture
        At each sample's own size: the first of `TEXTURE_SCALES_MM` at which polarity has
        settled, or else the last.

    Notes
    -----
    Carson, Belongie, Greenspan and Malik, IEEE PAMI 24 (2002) 1026, section 3. With the
    second moment matrix M of the gradients g in a Gaussian window and its main direction n
    and eigenvalues l1 >= l2 (>= l3): contrast 2 sqrt(l1 + l2 + l3), times the size to make it
    grey levels, and anisotropy 1 - l_last / l1.
    Polarity is ``|mean(g n)| / mean(|g n|)`` over the window, where in the denominator each
    sample keeps its own n: theirs takes that of the window's middle, which needs a loop over
    windows, and differs only where directions vary within one.
    """
    axes = [axis for axis in range(array.ndim) if array.shape[axis] > 1]
    step = steps_mm(grid)
    gradients = np.stack([np.gradient(array, step[axis], axis=axis) for axis in axes])
    chosen = _texture_at(array, gradients, grid, TEXTURE_SCALES_MM[0])
    settled = np.zeros(array.shape, bool)
    for scale in TEXTURE_SCALES_MM[1:]:
        larger = _texture_at(array, gradients, grid, scale)
        still = np.abs(larger.polarity - chosen.polarity) < _SETTLED
        pairs = ((getattr(chosen, name), getattr(larger, name)) for name in Texture.__slots__)
        chosen = Texture(*(np.where(settled, before, now) for before, now in pairs))
        settled |= still
    return chosen


def _texture_at(array: FloatArray, gradients: FloatArray, grid: Grid, scale: float) -> Texture:
    """Texture of all samples at one size in mm."""
    count = len(gradients)
    moments = np.empty((*array.shape, count, count))
    for i in range(count):
        for j in range(i, count):
            moments[..., i, j] = smoothed(gradients[i] * gradients[j], grid, scale)
            moments[..., j, i] = moments[..., i, j]
    values, vectors = np.linalg.eigh(moments)
    values = np.maximum(values, 0.0)
    main = np.maximum(values[..., -1], 1e-12)
    mean = np.stack([smoothed(one, grid, scale) for one in gradients], axis=-1)
    one_way = np.abs(np.sum(mean * vectors[..., -1], axis=-1))
    own_way = np.abs(np.sum(np.moveaxis(gradients, 0, -1) * vectors[..., -1], axis=-1))
    either_way = np.maximum(smoothed(own_way, grid, scale), 1e-6)
    return Texture(
        grey=smoothed(array, grid, scale),
        contrast=2.0 * scale * np.sqrt(values.sum(axis=-1)),
        anisotropy=1.0 - values[..., 0] / main,
        polarity=np.minimum(one_way / either_way, 1.0),
    )


def positions(mask: NDArray[np.bool_], grid: Grid) -> FloatArray:
    """Places in mm of a mask's samples around their middle, shape (samples, axes).

    A picture has two axes, a volume three.
    """
    index = np.argwhere(mask)[:, [axis for axis in range(3) if grid.shape[axis] > 1]]
    spacing = [grid.spacing[axis] for axis in range(3) if grid.shape[axis] > 1]
    places = index * np.array(spacing)
    return np.asarray(places - places.mean(axis=0))
