"""Bone by clusters: the frame that every clustering method fills with its own clusters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calcimetry.bone.cluster_rule import FindClusters, body_of, mineral_clusters
from calcimetry.bone.finger_clusters import segment_fingers
from calcimetry.bone.method import BoneEvidence, require_picture
from calcimetry.bone.picture_bones import PieceSettings, phalanges
from calcimetry.model.geometry import Grid
from calcimetry.model.hand import Hand
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation
from calcimetry.resample import grid_with_spacing, resample_image

#: Finer pixels tell clusters nothing more and cost time: they are averaged to the second size.
_FINEST_MM, _WORKING_MM = 0.3, 0.4


class ClusteringMethod:
    """Bone = the mineral clusters, holes filled, split at joints, of plausible size.

    Parameters
    ----------
    name : str
        Of the method.
    find : callable
        Sorts the samples of an image (`calcimetry.bone.cluster_rule.FindClusters`).
    pieces : PieceSettings, optional
        What counts as a bone in a picture.

    Notes
    -----
    Bone and calcification are the same mineral and fall into the same clusters: a
    calcification that touches bone becomes bone, and `calcification_fraction` stays None.
    """

    def __init__(self, name: str, find: FindClusters, pieces: PieceSettings | None = None) -> None:
        self.name = name
        self.find = find
        self.pieces = pieces or PieceSettings()

    @property
    def version(self) -> str:
        """The name: there are no weights."""
        return self.name

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
            If the image is a volume, or shows air alone.
        """
        require_picture(image)
        hu, grid = image.array, image.grid
        bones = Segmentation(np.zeros(grid.shape, np.uint16), grid, {})
        found = mineral_clusters(*_working_picture(hu, grid), self.find)
        if found is not None:
            mineral = found.mineral(hu, grid)[0]
            bones = phalanges(mineral, found.height(hu)[0], body_of(hu)[0], grid, self.pieces)
        return BoneEvidence(bones, bones.mask.astype(np.float32), None, self.version)

    def segment_hand(
        self,
        image: Image,
        bones: Segmentation,
        hands: Sequence[Hand],
        lumps: NDArray[np.uint16],
    ) -> BoneEvidence:
        """Cluster each finger of a volume by itself (`calcimetry.bone.finger_clusters`)."""
        return segment_fingers(image, bones, hands, lumps, self.find, self.version)


def _working_picture(hu: NDArray[np.float32], grid: Grid) -> tuple[NDArray[np.float32], Grid]:
    """What is clustered: the picture itself, or a coarser one."""
    # A spacing is computed from an affine, so that 0.3 mm may lack its last bit.
    if min(grid.spacing[1:]) > _FINEST_MM - 1e-6:
        return hu, grid
    coarse = grid_with_spacing(grid, _WORKING_MM)
    # The last row and column may reach past the picture, where nothing is known: air.
    return resample_image(hu, grid, coarse, fill=float(hu.min())), coarse
