"""The mineral of a volume by kind of bone, as a network tells it from far around.

Shape alone cannot part bones whose joints are closed, or tell a large deposit from a bone. A
network that sees the whole hand, coarsely, says of each place whether it belongs to a proximal,
middle or distal phalanx, a metacarpal, the wrist, a sesamoid or a deposit; neighbours at a joint
are of different kinds, which parts them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.blocks import WAYS
from calcimetry.bone.hand_view import KINDS, hand_view
from calcimetry.bone.marrow import border_hu, filled_bone, has_marrow
from calcimetry.bone.network import WEIGHTS, Network, ask_ways, load_network
from calcimetry.bone.working_view import AIR_HU, MINERAL_HU
from calcimetry.errors import ModelError
from calcimetry.model import Bone, Grid, Image, Segmentation, bone_name
from calcimetry.model.anatomy import CARPAL
from calcimetry.regions import connected_components
from calcimetry.resample import resample_image

FloatArray = NDArray[np.float32]

#: A place of which the network says less than this in all kinds together is of none.
_LEAST_SAID = 0.2
#: A piece of which the network says on the whole that so much is of no kind is of none, such as a
#: small deposit.
_NO_KIND = 0.45
#: A deposit that the network is so sure of on the whole, and that is so large, is no bone.
_SURE, _LEAST_DEPOSIT_MM3 = 0.7, 60.0
_DEPOSIT, _WRIST_KIND = KINDS.index("deposit"), KINDS.index("wrist")
#: Less is no wrist, but the base of a metacarpal: even two carpals have more.
_LEAST_WRIST_MM3 = 4000.0
#: Bones of the wrist are carpals among types of bone (`calcimetry.fingers.name`).
_TYPES = np.array([0, 1, 2, 3, 4, CARPAL, Bone.SESAMOID, 0, 0], np.uint16)


@dataclass(frozen=True, eq=False, slots=True)
class KindsOfBone:
    """What a network says of the mineral of a volume.

    Parameters
    ----------
    types : Segmentation
        1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal, 5 sesamoid, 60 carpal; mineral
        of none of them is 0.
    deposits : array of uint16, shape of the grid
        Numbers of large pieces that are deposits beyond doubt.
    """

    types: Segmentation
    deposits: NDArray[np.uint16]


def tell_kinds(image: Image) -> KindsOfBone:
    """Ask the network what kind of bone the mineral of a volume is.

    Parameters
    ----------
    image : Image
        A volume in HU of one or two hands or fingers, any orientation.

    Returns
    -------
    KindsOfBone

    Raises
    ------
    ModelError
        If the weights are missing, altered, or of other materials.
    """
    network = load_network(WEIGHTS / "kinds.onnx")
    if network.materials != KINDS:
        raise ModelError(
            f"Loading network weights: kinds.onnx tells {', '.join(network.materials)}; expected "
            f"{', '.join(KINDS)}."
        )
    border = border_hu(image)
    if border is None:
        none = np.zeros(image.grid.shape, np.uint16)
        return KindsOfBone(Segmentation(none, image.grid, {}), none)
    index = np.argwhere(filled_bone(image.array > border, image.grid.spacing))
    said = _said(image, index, network)
    wrist = said[1:].argmax(axis=0) + 1 == _WRIST_KIND
    if wrist.sum() * image.grid.voxel_mm3 < _LEAST_WRIST_MM3:
        said[_WRIST_KIND] = 0.0
    places = tuple(index.T)
    kinds = np.zeros(image.grid.shape, np.uint8)
    kinds[places] = np.where(
        said[1:].sum(axis=0) < _LEAST_SAID, len(KINDS), said[1:].argmax(axis=0) + 1
    )
    pieces = np.zeros(image.grid.shape, np.int32)
    for number in range(1, len(KINDS) + 1):
        parts, _ = connected_components(kinds == number)
        pieces[parts > 0] = parts[parts > 0] + pieces.max()
    of_none = _means(pieces[places], said[0]) > _NO_KIND
    kinds[of_none[pieces]] = 0
    sure = _means(pieces[places], said[_DEPOSIT]) >= _SURE
    return KindsOfBone(_types(kinds, image.grid), _deposits(pieces, kinds == _DEPOSIT, sure, image))


def _said(image: Image, index: NDArray[np.intp], network: Network) -> FloatArray:
    """The fraction of each kind at places of the image, shape (kinds, n)."""
    view = hand_view(image.array, image.grid)
    seen = resample_image(image.array, image.grid, view, fill=AIR_HU)
    seen = np.asarray(np.clip(seen, AIR_HU, MINERAL_HU), np.float32)
    mean = ask_ways(network, seen, WAYS)
    at = view.mm_to_index(image.grid.index_to_mm(index)).T
    read = [ndimage.map_coordinates(one, at, order=1, mode="nearest") for one in mean]
    return np.asarray(read, np.float32)


def _types(kinds: NDArray[np.uint8], grid: Grid) -> Segmentation:
    types = _TYPES[kinds]
    return Segmentation(types, grid, {int(n): bone_name(int(n)) for n in np.unique(types) if n})


def _means(pieces: NDArray[np.int32], said: FloatArray) -> NDArray[np.float64]:
    """Mean of what is said at the places of each piece, at the piece's number."""
    total = np.bincount(pieces, said)
    return np.asarray(total / np.maximum(np.bincount(pieces), 1))


def _deposits(
    pieces: NDArray[np.int32], deposit: NDArray[np.bool_], sure: NDArray[np.bool_], image: Image
) -> NDArray[np.uint16]:
    """Numbers of the large ones of pieces that are surely deposits, shape of the grid.

    One with marrow inside is a bone, perhaps with a deposit that the network thought of.
    """
    sizes = np.bincount(pieces[deposit], minlength=len(sure)) * image.grid.voxel_mm3
    chosen = sure & (sizes >= _LEAST_DEPOSIT_MM3)
    boxes = ndimage.find_objects(pieces)
    for number in np.flatnonzero(chosen):
        box = boxes[number - 1]
        chosen[number] = not has_marrow(pieces[box] == number, image.array[box], image.grid)
    return np.where(chosen, np.cumsum(chosen), 0).astype(np.uint16)[pieces]
