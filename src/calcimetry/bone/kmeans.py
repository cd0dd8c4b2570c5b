"""Bone by k-means clustering of intensities: the simple method others are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.cluster import KMeans

from calcimetry.bone.chain import (
    BoolArray,
    Piece,
    in_series,
    main_axis,
    name_bones,
    positions_mm,
)
from calcimetry.bone.method import BoneEvidence
from calcimetry.errors import NotMeasurable
from calcimetry.model.anatomy import Digit, Phalanx
from calcimetry.model.hand import Hand
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation
from calcimetry.regions import connected_components

#: Clusters: air, soft tissue, spongy (or half filled) bone, dense bone.
CLUSTERS = 4
#: Where soft tissue and spongy bone start; air and dense bone start at the extremes.
START_HU = (40.0, 400.0)
#: Dense bone is at least so much brighter than soft tissue; otherwise there is none.
LEAST_CONTRAST_HU = 300.0


@dataclass(frozen=True, slots=True)
class KMeansSettings:
    """What counts as a bone. Lengths in mm, areas in mm2."""

    minimum_area_mm2: float = 10.0
    minimum_length_mm: float = 5.0
    #: Bones parted by a cut are longer: the waist of a distal phalanx is no joint.
    minimum_cut_length_mm: float = 8.0
    #: A part so large and filled so evenly with dense mineral has no marrow: no bone.
    solid_area_mm2: float = 40.0
    solid_share: float = 0.97
    #: Dense bone counts against a cut from this height between soft tissue and dense
    #: bone on: blur lifts a narrow joint space past half height, seldom past this.
    joint_level: float = 0.7
    #: A cut through a joint crosses at most this part of the dense bone that cuts
    #: within `joint_reach_mm` cross on either side: joints lie between bone ends.
    joint_share: float = 0.3
    joint_reach_mm: float = 3.0


class KMeansBone:
    """Bone = connected dense mineral of plausible size, holes filled, split at joints.

    Four clusters of intensity are air, soft tissue, spongy and dense bone
    (Lloyd's k-means, `sklearn.cluster.KMeans`). The border runs half way between
    soft tissue and dense bone, which is where blur leaves an edge. Marrow is
    filled in. Pieces of bone are cut at joints, straight across, where a cut
    crosses the least dense bone, and named by their order along the finger.

    The limits of the method, which sees intensities only: a calcification that
    touches bone becomes bone; two bones that a calcification bridges, or that
    overlap in the picture, stay one piece under one name; a bone whose cortex is
    thinner than the blur is lost in part; a bone that the image plane only grazes
    may be taken for a calcification, and the reverse; more than one finger in a
    picture is not foreseen.
    """

    name = "kmeans"
    version = name

    def __init__(self, settings: KMeansSettings | None = None) -> None:
        self.settings = settings or KMeansSettings()

    def segment(self, image: Image) -> BoneEvidence:
        """Find the bones of a picture.

        Parameters
        ----------
        image : Image
            A picture in HU, any orientation.

        Returns
        -------
        BoneEvidence
            `bone_fraction` is 0 or 1, `calcification_fraction` None.

        Raises
        ------
        NotMeasurable
            If the image is a volume.
        """
        if not image.is_picture:
            raise NotMeasurable(
                f"Finding bone in {image.name!r}: kmeans needs a picture of one slice, "
                f"found {image.grid.shape[0]} slices."
            )
        labels = np.zeros(image.grid.shape, dtype=np.uint16)
        meanings: dict[int, str] = {}
        levels = _cluster_centres(image.array)
        if levels is not None:
            air, soft, dense = levels
            spacing = image.grid.spacing[1:]
            height = (image.array[0] - soft) / (dense - soft)
            pieces = self._pieces(height, image)
            body = image.array[0] > (air + soft) / 2.0
            for bone, piece in name_bones(in_series(pieces, spacing), body, spacing):
                phalanx = Phalanx(Digit.UNKNOWN, bone)
                labels[0][piece.mask] = phalanx.label
                meanings[phalanx.label] = phalanx.name
        bones = Segmentation(labels, image.grid, meanings)
        return BoneEvidence(bones, bones.mask.astype(np.float32), None, self.name)

    def segment_hand(
        self,
        image: Image,
        bones: Segmentation,
        hands: Sequence[Hand],
        lumps: NDArray[np.uint16],
    ) -> BoneEvidence:
        """Refuse a volume.

        Raises
        ------
        NotMeasurable
            Always: the method knows pictures only.
        """
        del bones, hands, lumps
        raise NotMeasurable(
            f"Finding bone in {image.name!r}: kmeans measures pictures of one slice only. "
            "Measure volumes with the method unet."
        )

    def _pieces(self, height: NDArray[np.float32], image: Image) -> list[Piece]:
        """Candidate bones; `height` is 0 in soft tissue and 1 in dense bone."""
        dense = height > 0.5
        above = np.maximum(height - self.settings.joint_level, 0.0)
        filled = _filled(dense)
        components, count = connected_components(filled[None])
        pieces: list[Piece] = []
        for number in range(1, count + 1):
            whole = components[0] == number
            area = whole.sum() * image.grid.pixel_area_mm2
            if area < self.settings.minimum_area_mm2:
                continue
            solid = float(dense[whole].mean()) > self.settings.solid_share
            if solid and area > self.settings.solid_area_mm2:
                continue
            pieces += [
                self._piece(part, image)
                for part in self._cut_at_joints(whole, above, image)
                if self._plausible(part, image)
            ]
        return pieces

    def _piece(self, mask: BoolArray, image: Image) -> Piece:
        return Piece(mask, float(mask.sum()) * image.grid.pixel_area_mm2)

    def _plausible(self, mask: BoolArray, image: Image) -> bool:
        """Large and long enough for a phalanx."""
        if mask.sum() * image.grid.pixel_area_mm2 < self.settings.minimum_area_mm2:
            return False
        points = positions_mm(mask, image.grid.spacing[1:])
        return bool(np.ptp(points @ main_axis(points)) >= self.settings.minimum_length_mm)

    def _cut_at_joints(
        self, mask: BoolArray, above: NDArray[np.float32], image: Image
    ) -> list[BoolArray]:
        """Split a piece wherever a straight cut across it meets little dense bone."""
        spacing = image.grid.spacing[1:]
        points = positions_mm(mask, spacing)
        axis = main_axis(points)
        across = np.array([-axis[1], axis[0]])
        weight, width = above[mask], max(spacing)
        reach = max(1, round(self.settings.joint_reach_mm / width))
        best: tuple[float, BoolArray] | None = None
        for tilt in np.deg2rad(np.arange(-30.0, 31.0, 5.0)):
            place = points @ (np.cos(tilt) * axis + np.sin(tilt) * across)
            # Each pixel is shared by the two slabs it lies between: whole pixels in
            # slanting slabs would make thin cortex look like a row of beads.
            slab, part = np.divmod((place - place.min()) / width, 1.0)
            slab = slab.astype(np.intp)
            crossed = np.bincount(slab, weight * (1.0 - part), int(slab.max()) + 2)
            crossed += np.bincount(slab + 1, weight * part, len(crossed))
            beside = np.minimum(
                ndimage.maximum_filter1d(crossed, reach, origin=(reach - 1) // 2, mode="nearest"),
                ndimage.maximum_filter1d(crossed, reach, origin=-(reach // 2), mode="nearest"),
            )
            before = np.arange(len(crossed)) * width
            room = np.minimum(before, before[-1] - before) >= self.settings.minimum_cut_length_mm
            share = np.where(room, crossed / np.maximum(beside, 1e-6), np.inf)
            at = int(np.argmin(share))
            if best is None or share[at] < best[0]:
                best = (float(share[at]), slab >= at)
        if best is None or best[0] > self.settings.joint_share:
            return [mask]
        far = mask.copy()
        far[mask] = best[1]
        return [
            part
            for half in (far, mask & ~far)
            for part in self._cut_at_joints(_largest(half), above, image)
        ]


def _filled(dense: BoolArray) -> BoolArray:
    """Dense bone with its marrow, also where a border of the picture opens the cortex."""
    filled = np.zeros_like(dense)
    for rows, columns in (((1, 0), (0, 0)), ((0, 1), (0, 0)), ((0, 0), (1, 0)), ((0, 0), (0, 1))):
        # One border at a time is taken for a wall: soft tissue still reaches another one.
        walled = ndimage.binary_fill_holes(np.pad(dense, (rows, columns), constant_values=True))
        height, width = walled.shape
        filled |= walled[rows[0] : height - rows[1], columns[0] : width - columns[1]]
    return filled


def _largest(mask: BoolArray) -> BoolArray:
    """The largest connected part; a slanting cut leaves slivers."""
    labels, _ = connected_components(mask[None])
    return np.asarray(labels[0] == 1 + int(np.argmax(np.bincount(labels[labels > 0])[1:])))


def _cluster_centres(array: NDArray[np.float32]) -> tuple[float, float, float] | None:
    """HU of air, soft tissue and dense bone; None where nothing stands out as bone.

    Each whole HU is clustered once, weighted by how often it occurs, from a fixed
    start: the answer cannot depend on the picture's orientation or on chance, and
    comes at once.
    """
    values, counts = np.unique(np.rint(array), return_counts=True)
    if len(values) < CLUSTERS:
        return None
    start = np.array([values[0], *START_HU, values[-1]], dtype=np.float64)[:, None]
    model = KMeans(CLUSTERS, init=start, n_init=1)
    model.fit(values.astype(np.float64)[:, None], sample_weight=counts.astype(np.float64))
    air, soft, _, dense = sorted(model.cluster_centers_.ravel().tolist())
    return (air, soft, dense) if dense - soft >= LEAST_CONTRAST_HU else None
