"""Connected components and their sizes in physical units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components as graph_components
from scipy.spatial import cKDTree

from calcimetry.model.geometry import Grid

BoolArray = NDArray[np.bool_]
LabelArray = NDArray[np.int32]

#: Touching by face, edge or corner: 26-connected, which in one slice is 8-connected.
ALL_NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)
#: Touching by a face.
FACES = ndimage.generate_binary_structure(3, 1)


def connected_components(mask: NDArray[Any]) -> tuple[LabelArray, int]:
    """Number the parts of a mask that hang together.

    Parameters
    ----------
    mask : array of bool, shape (slices, rows, columns)
        Parts touch by face, edge or corner: 26-connected in a volume, which is
        8-connected in a picture.

    Returns
    -------
    labels : array of int32, shape of `mask`
        0 outside, 1 to `count` in the parts.
    count : int
        Number of parts.

    Examples
    --------
    >>> connected_components(np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0]]]))[1]
    2
    """
    labels, count = ndimage.label(mask, structure=ALL_NEIGHBOURS)
    return np.asarray(labels, dtype=np.int32), int(count)


def sample_size(grid: Grid) -> float:
    """Size of one sample: mm2 in a picture, mm3 in a volume."""
    return grid.pixel_area_mm2 if grid.shape[0] == 1 else grid.voxel_mm3


def steps_mm(grid: Grid) -> NDArray[np.float64]:
    """Distance in mm between neighbours along (slice, row, column), as filters need it.

    Infinity across a picture's one slice: whatever is divided by it reaches no further.

    >>> steps_mm(Grid.picture((4, 4), 0.5)).tolist()
    [inf, 0.5, 0.5]
    """
    steps = np.array(grid.spacing)
    if grid.shape[0] == 1:
        steps[0] = np.inf
    return steps


def longest_step_mm(grid: Grid) -> float:
    """Longest distance in mm between neighbours; a picture's nominal slice does not count."""
    steps = steps_mm(grid)
    return float(steps[np.isfinite(steps)].max())


def distance_to(
    mask: BoolArray, grid: Grid, where: BoolArray, reach_mm: float = np.inf
) -> NDArray[np.float64]:
    """How far some samples lie from the nearest sample of a mask.

    Parameters
    ----------
    mask : array of bool, shape of the grid
    grid : Grid
        Gives the distances, between the samples' centres.
    where : array of bool, shape of the grid
        Which samples are asked for: for few of them this is far quicker than a
        distance transform of the whole array.
    reach_mm : float
        Nothing farther is looked for.

    Returns
    -------
    array of float, shape (number of samples asked for,)
        In mm, in the order of ``array[where]``; infinity where nothing is in reach.

    Examples
    --------
    >>> row = np.array([[[True, False, False, False]]])
    >>> distance_to(row, Grid.picture((1, 4), 0.5), ~row, reach_mm=1.0).tolist()
    [0.5, 1.0, inf]
    """
    # Within a mask its border alone is looked up: outside nothing else is nearest.
    border = mask & ~ndimage.binary_erosion(mask, structure=FACES, border_value=1)
    distance = np.where(mask, 0.0, np.inf)
    asked = where & ~mask
    if np.isfinite(reach_mm):
        # So many samples along each axis lie in reach, in a sheared grid too.
        samples = reach_mm * np.linalg.norm(np.linalg.inv(grid.affine[:3, :3]), axis=1)
        window = 2 * np.ceil(samples).astype(int) + 1
        asked &= ndimage.maximum_filter(mask, tuple(window), mode="constant")
    if border.any() and asked.any():
        turn = grid.affine[:3, :3].T
        tree = cKDTree(np.argwhere(border) @ turn)
        # A hair further, lest rounding drops what lies exactly at the reach.
        distance[asked], _ = tree.query(
            np.argwhere(asked) @ turn, distance_upper_bound=reach_mm * (1.0 + 1e-9)
        )
    return np.asarray(distance[where])


def components_near(
    labels: NDArray[np.integer], mask: BoolArray, grid: Grid, reach_mm: float
) -> BoolArray:
    """Whether each label, at its own position, comes so near to a mask; False for the background.

    >>> row = np.array([[[1, 0, 0, 2, 2, 0]]])
    >>> components_near(row, np.eye(1, 6, 5, dtype=bool)[None], Grid.picture((1, 6), 0.5), 0.5)
    array([False, False,  True])
    """
    asked = labels > 0
    near = np.isfinite(distance_to(mask, grid, asked, reach_mm))
    return np.bincount(labels[asked], near, minlength=int(labels.max()) + 1) > 0


def wider(box: tuple[slice, ...], spacing: tuple[float, ...], reach_mm: float) -> tuple[slice, ...]:
    """A box with so much more on every side; what lies past an array's end it does not hold.

    >>> wider((slice(1, 3), slice(5, 6)), (1.0, 0.5), 1.2)
    (slice(0, 5, None), slice(2, 9, None))
    """
    room = np.ceil(reach_mm / np.array(spacing)).astype(int).tolist()
    return tuple(
        slice(max(part.start - more, 0), part.stop + more)
        for part, more in zip(box, room, strict=True)
    )


def component_sizes(labels: LabelArray, grid: Grid) -> NDArray[np.float64]:
    """Size of every label, at the label's own position (0 is the background).

    mm2 in a picture, mm3 in a volume.
    """
    return np.asarray(np.bincount(labels.ravel()) * sample_size(grid), dtype=np.float64)


def without_small(mask: BoolArray, grid: Grid, minimum: float) -> BoolArray:
    """Keep the connected parts of at least `minimum` mm2 (picture) or mm3 (volume).

    Parameters
    ----------
    mask : array of bool, shape of the grid
    grid : Grid
        Gives the size of one sample.
    minimum : float
        Smallest size that stays.

    Returns
    -------
    array of bool, shape of the grid
    """
    labels, _ = connected_components(mask)
    # A hair of tolerance: 4 pixels of 0.25 mm2 are 1 mm2, whatever the last bit says.
    keep = component_sizes(labels, grid) >= minimum * (1.0 - 1e-9)
    keep[0] = False
    return np.asarray(keep[labels])


def join_close(labels: LabelArray, grid: Grid, distance_mm: float) -> LabelArray:
    """Give parts that lie close together one number.

    Parameters
    ----------
    labels : array of int, shape of the grid
        0 is background.
    grid : Grid
        Gives the distances.
    distance_mm : float
        Parts are joined, also in chains, where the centres of their nearest
        samples are at most this far apart.

    Returns
    -------
    array of int32, shape of the grid
        Numbered from 1 without gaps, in the order of the smallest old number.
    """
    index = np.argwhere(labels > 0)
    if len(index) == 0:
        return np.zeros(grid.shape, dtype=np.int32)
    own = labels[tuple(index.T)].astype(np.intp)
    pairs = cKDTree(grid.index_to_mm(index)).query_pairs(
        distance_mm * (1.0 + 1e-9), output_type="ndarray"
    )
    size = int(own.max()) + 1
    links = coo_array(
        (np.ones(len(pairs), dtype=bool), (own[pairs[:, 0]], own[pairs[:, 1]])), shape=(size, size)
    )
    _, group = graph_components(links, directed=False)
    present, first = np.unique(group[np.unique(own)], return_index=True)
    number = np.zeros(int(group.max()) + 1, dtype=np.int32)
    number[present[np.argsort(first)]] = np.arange(1, len(present) + 1)
    lookup = number[group]
    lookup[0] = 0
    return np.asarray(lookup[labels], dtype=np.int32)


def reaches_border(box: Sequence[slice], shape: Sequence[int]) -> bool:
    """Whether what lies in a box reaches the image's border; a picture has none before or behind.

    Parameters
    ----------
    box : sequence of slice
        One for each axis, as `scipy.ndimage.find_objects` gives it.
    shape : sequence of int
        Of the image's array.
    """
    return any(
        side > 1 and (part.start == 0 or part.stop == side)
        for part, side in zip(box, shape, strict=True)
    )
