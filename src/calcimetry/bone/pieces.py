"""The mineral of a volume, parted into single bones by its shape alone.

It is good enough to tell where each finger lies, not where calcification ends and bone begins.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse.csgraph import connected_components as graph_components
from skimage.segmentation import watershed

from calcimetry.bone.marrow import border_hu, filled_bone, has_marrow
from calcimetry.model import Bone, Image, Segmentation, bone_name
from calcimetry.model.anatomy import LEFT_HAND_OFFSET, WRIST_BONES
from calcimetry.regions import connected_components

BoolArray = NDArray[np.bool_]
Box = tuple[slice, ...]

#: Touching bones come apart as the threshold rises by these factors and the mask shrinks by
#: these depths in mm; the gentlest step that parts them is taken.
_FACTORS = (1.0, 1.33, 1.67, 2.0)
#: Thresholds looked at at once.
_AT_ONCE = 2
_DEPTHS_MM = (0.0, 0.7, 1.3, 2.0)
_MM_PER_FACTOR_STEP = 0.35
#: A part is a bone of its own if at least so much is left of it when it comes apart.
_LEAST_CORE_MM3 = 25.0
#: Two parts were cut through bone if they touch over so much of the smaller one's cross-section
#: and the brighter quarter of their border stands out so far from what lies around it, beside
#: the border's own brightness: cortex runs across a cut (measured: 0.28 to 0.48), a joint is
#: darker than the two bones' ends (up to 0.26).
_CUT_SHARE, _CUT_RELIEF = 0.3, 0.27
#: A part that touches another over more than all of its cross-section is a crust of it.
_CRUST_SHARE = 2.0
#: Standard deviations in mm of the Gaussians whose difference shows what is brighter than around.
_RELIEF_MM = (0.35, 1.0)
#: A piece this much smaller than the bone it was named with is no part of it.
_LUMP_SHARE = 0.4
#: Pieces below this are no bones of a finger.
_LEAST_PIECE_MM3 = 15.0
#: Usual volumes in mm3 above which a bone is a middle, a proximal phalanx, a metacarpal.
_USUAL_MM3 = (
    (2500.0, Bone.METACARPAL),
    (1000.0, Bone.PROXIMAL_PHALANX),
    (450.0, Bone.MIDDLE_PHALANX),
)


@dataclass(frozen=True, eq=False, slots=True)
class RoughBones:
    """The mineral of a volume, parted.

    Parameters
    ----------
    kinds : Segmentation
        Kinds of bone (1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal), guessed by size.
    pieces : array of int32, shape of the grid
        A number from 1 for each piece.
    deposits, bone : arrays of uint16 and bool, shape of the grid, optional
        What something else than shape says is no bone, numbered, and what it says is bone.
    """

    kinds: Segmentation
    pieces: NDArray[np.int32]
    deposits: NDArray[np.uint16] | None = None
    bone: BoolArray | None = None

    def lumps(self, image: Image, bones: Segmentation) -> NDArray[np.uint16]:
        """Pieces that were named with a bone but hang on it only, numbered, shape of the grid.

        Of the pieces under one name the largest is the bone. Another one that is far smaller
        was parted from it at a neck, not by a cut through bone, and is no bone of its own,
        unless it is large and has marrow inside. A known deposit is one too, known bone none.
        """
        none = np.zeros(self.pieces.shape, np.uint16)
        lumps = none if self.deposits is None else self.deposits.copy()
        pieces = self.pieces if self.bone is None else np.where(self.bone, 0, self.pieces)
        for label in bones.labels:
            own = label % LEFT_HAND_OFFSET
            if own in WRIST_BONES or own % 10 == Bone.SESAMOID:
                continue
            here = bones.label_map == label
            sizes = np.bincount(pieces[here])
            hanging = (sizes > 0) & (sizes < _LUMP_SHARE * sizes.max())
            hanging[0] = False
            for small in np.flatnonzero(hanging):
                lump = here & (pieces == small)
                (box,) = ndimage.find_objects(lump.astype(np.uint8))
                if not has_marrow(lump[box], image.array[box], image.grid):
                    lumps[lump] = lumps.max() + 1
        return lumps

    def unnamed_bones(self, image: Image, bones: Segmentation) -> NDArray[np.uint16]:
        """Pieces that look like bone but have no name, shape of the grid.

        Parameters
        ----------
        image : Image
            That the pieces come from.
        bones : Segmentation
            Named bones on the same grid.

        Returns
        -------
        array of uint16
            The guessed kind (1 to 4) of each such piece, 0 elsewhere. Bone is a large piece
            whose inside, marrow, is darker than its outside; a deposit is not.
        """
        found = np.zeros(self.pieces.shape, np.uint16)
        free = np.where(bones.mask, 0, self.pieces)
        for number, box in enumerate(ndimage.find_objects(free), 1):
            if box is None:
                continue
            mask = free[box] == number
            if has_marrow(mask, image.array[box], image.grid):
                found[box][mask] = self.kinds.label_map[box][mask]
        return found


def split_bones(image: Image, left_out: BoolArray | None = None) -> RoughBones:
    """Part the mineral of a volume into single bones, and guess the kind of each by its size.

    Parameters
    ----------
    image : Image
        A volume in HU of one or two hands, any orientation.
    left_out : array of bool, shape of the grid, optional
        What is known already, and is of no piece.

    Returns
    -------
    RoughBones
        Kinds are guesses: `calcimetry.fingers.name` names bones by how they lie, and needs
        kinds only where that leaves a choice. Calcification is in it too.

    Notes
    -----
    Mineral is what exceeds a third of dense cortex, with its marrow filled in plane by plane
    along all three axes, but not the thin gap of a joint that a plane happens to enclose.
    Touching bones are parted where rising thresholds and erosion, gentlest first, leave parts
    that are each large enough to be a bone; the parts then grow back to the border by a
    watershed.
    """
    label_map = np.zeros(image.grid.shape, np.uint16)
    pieces = np.zeros(image.grid.shape, np.int32)
    border = border_hu(image)
    if border is not None:
        pieces = _parted(image, border, left_out)
        label_map = _kinds(pieces, image)[pieces]
    labels = [int(n) for n in np.unique(label_map) if n]
    kinds = Segmentation(label_map, image.grid, {n: bone_name(n) for n in labels})
    return RoughBones(kinds, pieces)


def _parted(image: Image, border_hu: float, left_out: BoolArray | None = None) -> NDArray[np.int32]:
    """Numbers of single pieces from 1, shape of the grid."""
    voxel = image.grid.voxel_mm3
    spacing = image.grid.spacing
    mineral = filled_bone(image.array > border_hu, spacing)
    if left_out is not None:
        mineral &= ~left_out
    whole, count = connected_components(mineral)
    sizes = np.bincount(whole.ravel(), minlength=count + 1) * voxel
    pieces = np.zeros(whole.shape, np.int32)
    for number, box in enumerate(ndimage.find_objects(whole), 1):
        if sizes[number] < _LEAST_PIECE_MM3:
            continue
        mask = whole[box] == number
        found = _Parting.of(mask, image.array[box], border_hu, image.grid.spacing).parts()
        pieces[box][mask] = found[mask] + pieces.max()
    return pieces


@dataclass(frozen=True, slots=True)
class _Parting:
    """One connected piece of mineral in its box, and how deep each sample lies at each step."""

    mask: BoolArray
    hu: NDArray[np.float32]
    #: Gentlest first: depth in mm inside a raised threshold, and the depth to shrink to.
    steps: tuple[tuple[NDArray[np.float32], float], ...]
    spacing: tuple[float, float, float]
    least: float

    @classmethod
    def of(
        cls,
        mask: BoolArray,
        hu: NDArray[np.float32],
        border_hu: float,
        spacing: tuple[float, float, float],
    ) -> _Parting:
        def depth_at(factor: float) -> NDArray[np.float32]:
            bright = filled_bone(mask & (hu > factor * border_hu), spacing)
            padded = np.pad(bright, 1)
            depth = ndimage.distance_transform_edt(padded, sampling=spacing)[1:-1, 1:-1, 1:-1]
            return np.asarray(depth, np.float32)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            depths = list(pool.map(depth_at, _FACTORS))
        order = sorted(
            (depth_mm + _MM_PER_FACTOR_STEP * i, i, depth_mm)
            for i in range(len(_FACTORS))
            for depth_mm in _DEPTHS_MM
        )
        steps = tuple((depths[i], depth_mm) for _, i, depth_mm in order)
        return cls(mask, hu, steps, spacing, _LEAST_CORE_MM3 / float(np.prod(spacing)))

    def parts(self) -> NDArray[np.int32]:
        """Numbers of the parts from 1, shape of the box; 0 outside the piece."""
        cores = np.zeros(self.mask.shape, np.int32)
        everything = tuple(slice(0, side) for side in self.mask.shape)
        count = self._part(self.mask, everything, 0, cores, 0)
        if count < 2:
            return self.mask.astype(np.int32)
        parts = np.asarray(watershed(-self.steps[0][0], cores, mask=self.mask), np.int32)
        return _without_cuts(parts, self.hu, self.spacing)

    def _part(
        self, region: BoolArray, box: Box, first: int, cores: NDArray[np.int32], count: int
    ) -> int:
        """Write the cores of a region of a box, numbered after `count`; gives the last number."""
        for number, (depth, depth_mm) in enumerate(self.steps[first:], first):
            labels, found = connected_components(region & (depth[box] > depth_mm))
            if not found:
                break
            sizes = np.bincount(labels.ravel())[1:]
            large = np.flatnonzero(sizes >= self.least) + 1
            if len(large) > 1:
                inner = ndimage.find_objects(labels)
                for one in large:
                    here = inner[one - 1]
                    place = tuple(
                        slice(outer.start + part.start, outer.start + part.stop)
                        for outer, part in zip(box, here, strict=True)
                    )
                    count = self._part(labels[here] == one, place, number + 1, cores, count)
                return count
        cores[box][region] = count + 1
        return count + 1


def _without_cuts(
    parts: NDArray[np.int32], hu: NDArray[np.float32], spacing: tuple[float, float, float]
) -> NDArray[np.int32]:
    """Join again what was cut through bone: a joint is darker than what it joins."""
    fine, coarse = (ndimage.gaussian_filter(hu, s / np.array(spacing)) for s in _RELIEF_MM)
    above = fine - coarse
    count = int(parts.max())
    pairs, areas, levels, reliefs = [], [], [], []
    for axis in range(3):
        moved, level, relief = (np.moveaxis(a, axis, 0) for a in (parts, hu, above))
        one, other = moved[:-1], moved[1:]
        here = (one != other) & (one > 0) & (other > 0)
        low, high = np.minimum(one[here], other[here]), np.maximum(one[here], other[here])
        pairs.append(low.astype(np.int64) * (count + 1) + high)
        areas.append(np.full(len(low), float(np.prod(spacing)) / spacing[axis]))
        levels.append((level[:-1] + level[1:])[here])
        reliefs.append((relief[:-1] + relief[1:])[here])
    pair, area, bright, relief = (np.concatenate(a) for a in (pairs, areas, levels, reliefs))
    # The cross-section of a piece as compact as a ball or a cube.
    section = (np.bincount(parts.ravel(), minlength=count + 1) * np.prod(spacing)) ** (2.0 / 3.0)
    cut = np.zeros((count + 1, count + 1), bool)
    for number in np.unique(pair):
        first, second = divmod(int(number), count + 1)
        own = pair == number
        share = area[own].sum() / min(section[first], section[second])
        stands_out = np.percentile(relief[own], 75) > _CUT_RELIEF * bright[own].mean()
        cut[first, second] = share > _CRUST_SHARE or (share > _CUT_SHARE and stands_out)
    _, whole = graph_components(cut, directed=False)
    lookup = whole.astype(np.int32) + 1
    lookup[0] = 0
    _, result = np.unique(lookup[parts], return_inverse=True)
    result = result.reshape(parts.shape)
    return np.asarray(result if (parts == 0).any() else result + 1, np.int32)


def _kinds(pieces: NDArray[np.int32], image: Image) -> NDArray[np.uint16]:
    """Kind of bone of each piece by its volume, at the piece's own number."""
    volumes = np.bincount(pieces.ravel()) * image.grid.voxel_mm3
    kinds = np.full(len(volumes), Bone.DISTAL_PHALANX, np.uint16)
    for least, kind in reversed(_USUAL_MM3):
        kinds[volumes > least] = kind
    kinds[0] = 0
    return kinds
