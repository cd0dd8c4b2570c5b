"""Bones by a network that was trained on pictures of fingers: U-Net, V-Net or P-Net.

The network gives, for every pixel, the part that each phalanx, the metacarpal and
calcium deposits fill (soft targets instead of labels, so that blurred borders and thin
deposits keep their area). The finger's view is shown as it is and with the other end up, and
the two answers are averaged: which way up a finger came then changes nothing. A network
that was asked for bone alone tells no deposits. Bones that it does not name are parted at
joints and named by their order, as those of the clustering methods are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.cluster_rule import body_of
from calcimetry.bone.islands import settle_islands
from calcimetry.bone.method import BoneEvidence, require_picture
from calcimetry.bone.names import name_bones, part_metacarpal
from calcimetry.bone.network import WEIGHTS, Network, load_network, stated_fingerprint
from calcimetry.bone.picture_bones import PieceSettings, phalanges
from calcimetry.bone.picture_sesamoids import settle_sesamoids
from calcimetry.bone.planes import segment_fingers
from calcimetry.bone.working_view import AIR_HU, SIDES, show_to_network, working_grid
from calcimetry.errors import ModelError, NotMeasurable
from calcimetry.model import Grid, Hand, Image, Segmentation, bone_name
from calcimetry.regions import wider
from calcimetry.resample import box_around, resample_image

#: What a network's channels may stand for: its bones by name, bone as one, or bone alone.
NAMED = ("other", "proximal", "middle", "distal", "metacarpal", "sesamoid", "deposit")
#: As NAMED was until 2026-11-29; a sesamoid then counted as metacarpal.
WITHOUT_SESAMOIDS = ("other", "proximal", "middle", "distal", "metacarpal", "deposit")
NAMELESS = ("other", "bone", "deposit")
BONE_ONLY = ("other", "bone")
#: So small a part of a pixel says nothing; so many pixels around more than that are read.
_NOTHING, _AROUND = 1e-5, 3.0
#: A network's bones hold their marrow, so those filled evenly are bones all the same.
_WITH_MARROW = PieceSettings(solid_share=1.0)


class PictureNetwork:
    """A trained network as a bone method.

    Parameters
    ----------
    name : {"unet", "vnet", "pnet"}
        The method's name.
    weights : pathlib.Path, optional
        An ONNX file with its JSON beside it, as `calcimetry train` leaves them, for pictures and
        volumes; the shipped one of that name where not given, and for volumes the one called
        ``<name>-volumes`` if there is one.

    Raises
    ------
    ModelError
        When `segment` finds the weights missing, altered, or of other materials.
    """

    def __init__(self, name: str, weights: Path | None = None) -> None:
        self.name = name
        self.weights = weights or WEIGHTS / f"{name}.onnx"
        own = WEIGHTS / f"{name}-volumes.onnx"
        self.volume_weights = own if weights is None and own.is_file() else self.weights

    @property
    def version(self) -> str:
        """The name and the fingerprint of the weights, of both where there are two; reads none."""
        both = dict.fromkeys((self.weights, self.volume_weights))
        return f"{self.name} {' / '.join(stated_fingerprint(path) for path in both)}"

    def segment(self, image: Image) -> BoneEvidence:
        """Find the bones of a picture.

        Raises
        ------
        NotMeasurable
            If the image is a volume, which is segmented by its fingers (`segment_hand`), or
            shows air alone; or the network knows volumes alone.
        """
        require_picture(image)
        network, made_by = self._network(self.weights)
        if network.dimensions != 2:
            raise NotMeasurable(
                f"Finding bone in {image.name!r}: the network {self.weights.name} was trained on "
                f"blocks of {network.dimensions} dimensions and measures volumes only. Measure "
                "pictures with one that was trained on pictures, such as the default."
            )
        fractions = _answer(network, image.array[0], image.grid)
        if network.materials == NAMED:
            fractions = settle_sesamoids(fractions, image.grid)
        if network.materials != BONE_ONLY:
            fractions = settle_islands(fractions)
        if network.materials in (NAMELESS, BONE_ONLY):
            bone, *deposit = fractions
            bones = phalanges(bone >= 0.5, bone, body_of(image.array)[0], image.grid, _WITH_MARROW)
            return BoneEvidence(bones, bone[None], np.array(deposit) if deposit else None, made_by)
        parts = fractions[:-1]
        bones = _named(parts, image.grid)
        bone = np.clip(parts.sum(axis=0), 0.0, 1.0)
        return BoneEvidence(bones, bone[None], fractions[-1:], made_by)

    def segment_hand(
        self,
        image: Image,
        bones: Segmentation,
        hands: Sequence[Hand],
        lumps: NDArray[np.uint16],
    ) -> BoneEvidence:
        """Part bone and deposit in the fingers of a volume (`planes`, `blocks`).

        Raises
        ------
        NotMeasurable
            If the network was asked for bone alone: in a volume it must tell deposits too.
        """
        network, made_by = self._network(self.volume_weights)
        if network.materials == BONE_ONLY:
            raise NotMeasurable(
                f"Finding bone in {image.name!r}: the network {self.weights.name} tells bone "
                "alone and measures pictures of one slice only. Measure volumes with one that was "
                "trained to tell deposits too, such as the default."
            )
        return segment_fingers(image, bones, hands, lumps, network, made_by)

    def _network(self, weights: Path) -> tuple[Network, str]:
        """The network of a file, and what evidence names as its method."""
        network = load_network(weights)
        known = (NAMED, WITHOUT_SESAMOIDS, NAMELESS, BONE_ONLY)
        if network.materials not in known:
            raise ModelError(
                f"Loading network weights: {weights.name} tells {', '.join(network.materials)}; "
                f"expected {'; or '.join(', '.join(one) for one in known)}."
            )
        return network, f"{self.name} {stated_fingerprint(weights)}"


def _answer(network: Network, picture: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """What fills each pixel of a picture but "other", (materials - 1, rows, columns)."""
    view = working_grid(picture, grid)
    seen = show_to_network(picture, grid, view)
    as_it_is, other_end_up = _ask(network, [seen, np.rot90(seen, 2)])
    both = (as_it_is + np.rot90(other_end_up, 2, axes=(1, 2))) / 2.0
    return np.stack([_carried_back(part, view, grid) for part in both[1:]])


def _carried_back(part: NDArray[np.float32], view: Grid, grid: Grid) -> NDArray[np.float32]:
    """One material's part of each pixel of the view, at the picture's own pixels.

    Each material fills a corner of the view: only the pixels around that are read.
    """
    carried = np.zeros(grid.shape, np.float32)
    for filled in ndimage.find_objects((part > _NOTHING).astype(np.uint8)):  # one or none
        rows, columns = wider(filled, (1.0, 1.0), _AROUND)
        held = part[rows, columns][None]
        affine = view.affine.copy()
        affine[:3, 3] = view.index_to_mm((0, rows.start, columns.start))
        corner = Grid(held.shape, affine)
        box, around = box_around(corner, grid)
        carried[box] = np.clip(resample_image(held, corner, around), 0.0, 1.0)
    return np.asarray(carried[0])


def _ask(network: Network, seen: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Fractions (views, materials, rows, columns) of views, shown with air after their ends."""
    rows, columns = seen[0].shape
    air = ((0, 0), (0, 0), (0, -rows % SIDES), (0, -columns % SIDES))
    shown = np.pad(np.stack(seen)[:, None], air, constant_values=AIR_HU)
    return np.asarray(network(shown)[:, :, :rows, :columns])


def _named(parts: NDArray[np.float32], grid: Grid) -> Segmentation:
    """Bones by name, from the fractions (4 or 5, rows, columns) that each fills."""
    label_map = name_bones(parts, grid.pixel_area_mm2)
    label_map = part_metacarpal(label_map, grid.spacing[1:])[None]
    labels = [int(n) for n in np.unique(label_map) if n]
    return Segmentation(label_map, grid, {n: bone_name(n) for n in labels})
