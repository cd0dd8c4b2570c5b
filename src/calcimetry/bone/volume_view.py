"""The volume network's own view: cubes of 0.7 mm along the hand's main axes.

Volumes come in any orientation and spacing. The network sees them all alike: the
longest axis of what is not air runs along the slices (either end up), in isotropic
steps, so that the same hand given flipped or with its axes in another order is shown
the same way. `calcimetry.resample` carries the volume there and the answer back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Grid, Image
from calcimetry.resample import resample_image

SPACING_MM = 0.7
#: What lies outside the volume, and the lowest value shown to the network: air.
AIR_HU = -300.0
#: The highest value shown: above, even the densest cortex.
MINERAL_HU = 1500.0

_FLESH_HU = -200.0  # anything brighter is the hand, or what it lies on
_MINERAL_HU = 300.0  # the hand's axis is that of its bones, which a table does not have
_FEWEST = 10  # samples that can have main axes
_MARGIN_MM = 4.0
_MULTIPLE = 32  # the network halves the size five times


def volume_grid(image: Image) -> Grid:
    """Choose the network's view of a volume.

    Parameters
    ----------
    image : Image
        A volume in HU.

    Returns
    -------
    Grid
        Isotropic samples of 0.7 mm over all that is not air, in a right-angled frame
        along the main axes of its mineral; sizes are multiples of 32. A volume
        without mineral or flesh is taken whole, along its own axes.
    """
    flesh = _points(image, _FLESH_HU)
    if len(flesh) < _FEWEST:
        flesh = _points(image, -np.inf)
    mineral = _points(image, _MINERAL_HU)
    axes = _main_axes(mineral if len(mineral) >= _FEWEST else flesh)
    seen = flesh @ axes.T
    low, high = seen.min(axis=0) - _MARGIN_MM, seen.max(axis=0) + _MARGIN_MM
    # The last bits of a sum depend on its order: they may not decide a size.
    size = np.ceil((high - low) / SPACING_MM / _MULTIPLE - 1e-6).astype(int) * _MULTIPLE
    middle = 0.5 * (low + high) - 0.5 * (size - 1) * SPACING_MM
    affine = np.eye(4)
    affine[:3, :3] = axes.T * SPACING_MM
    affine[:3, 3] = middle @ axes
    return Grid((int(size[0]), int(size[1]), int(size[2])), affine)


def show_to_network(image: Image, view: Grid) -> NDArray[np.float32]:
    """The volume in HU on the network's grid, cut to its window."""
    clipped = np.clip(image.array, AIR_HU, MINERAL_HU)
    seen = resample_image(clipped, image.grid, view, fill=AIR_HU)
    return np.asarray(seen, dtype=np.float32)


def _points(image: Image, above_hu: float) -> NDArray[np.float64]:
    """Places in mm, shape (n, 3), of all samples above a value."""
    return image.grid.index_to_mm(np.argwhere(image.array > above_hu))


def _main_axes(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows: unit vectors along which points spread most, second and least; right-handed.

    Each points to the side where the cloud's tail is longer, so that the answer does not
    depend on the order in which samples came.
    """
    centred = points - points.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, ::-1].T
    tails = ((centred @ axes.T) ** 3).sum(axis=0)
    axes = axes * np.where(tails < 0, -1.0, 1.0)[:, None]
    axes[2] = np.cross(axes[0], axes[1])
    return np.asarray(axes)
