"""Bones of a volume, finger by finger, by a network that knows pictures, or blocks.

Each straightened finger is shown to the network plane by plane, once in sagittal
planes, once in coronal ones and, if the network has learnt from such, once in planes across
it, with its neighbours taken out. A plane that grazes a bone shows its cortex as a solid
patch, which the network takes for a deposit; in the other sets of planes the same place is
the border of a bone. A deposit is one in all. So the geometric mean of the answers is taken
for deposits, and their mean for all mineral together. Where they agree on a deposit it reaches
as far as all but the least of them say: a deposit on bone often looks like one in two sets of
planes of three. A network of three dimensions is shown the whole finger at once
(`calcimetry.bone.blocks`), as it is and flipped, and its answers are joined in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.blocks import WAYS, ask_block
from calcimetry.bone.finger_view import Box, FloatArray, read_back, show_finger
from calcimetry.bone.marrow import filled_bone
from calcimetry.bone.method import BoneEvidence
from calcimetry.bone.network import Network
from calcimetry.bone.working_view import AIR_HU, MINERAL_HU, SIDES, SPACING_MM
from calcimetry.model import Grid, Hand, Image, Segmentation
from calcimetry.model.anatomy import LEFT_HAND_OFFSET, WRIST_BONES
from calcimetry.regions import ALL_NEIGHBOURS, connected_components

#: Distance of the planes that the network is shown.
_PLANES_MM = 1.0
#: Planes without anything this bright hold no bone and no deposit.
_BRIGHT_HU = 200.0
#: Fingers resampled at once; the network has threads of its own.
_AT_ONCE = 2
#: Planes shown at once.
_BATCH = 8
#: A finger's grid as it is (sagittal planes), and with its axes in another order: coronal planes,
#: and sections across it.
_PLANES = ((0, 1, 2), (2, 1, 0))
_SECTIONS = (1, 0, 2)
#: What the answers agree on gives a deposit this part of a sample somewhere; it reaches as far as
#: all but the least of them give it this part, unless that is so many times what all give it.
_AGREED, _REACHED, _LEAKED = 0.5, 0.25, 3.0
#: A place is surrounded by bone where bone fills so much of what lies within about this.
_SURROUNDED_MM, _SURROUNDED_SHARE = 1.0, 0.45
#: Labels of lumps, beyond those of all bones; and how much around a lump is shown.
_LUMPS = 1000
_LUMP_MARGIN_MM = 8.0
#: So near to a bone of the wrist the network, which has not learnt those, takes the bases of
#: metacarpals for deposits: nothing is told from bone there, and this far from it no set of planes
#: is outvoted. What lies there with so great a part of it goes on from there.
_NEAR_WRIST_MM, _UNANIMOUS_MM, _GOES_ON = 4.0, 10.0, 0.25
#: Blur of the border of bones that no finger's grid is laid along: no network draws them.
_OTHERS_BLUR_MM = 0.4


def segment_fingers(
    image: Image,
    bones: Segmentation,
    hands: Sequence[Hand],
    lumps: NDArray[np.uint16],
    network: Network,
    version: str,
) -> BoneEvidence:
    """Part bone and deposit in every finger of a volume.

    Parameters
    ----------
    image : Image
        A volume in HU.
    bones : Segmentation
        The named bones, roughly, calcification that touches them included.
    hands : sequence of Hand
        Whose fingers' grids to look along.
    lumps : array of uint16, shape of the grid
        Numbers of mineral that hangs on a bone without being one. Each is shown to the network
        by itself, and none of it is bone.
    network : Network
        For pictures or blocks: fractions of background, bone (perhaps several) and deposit.
    version : str
        What the evidence names as its method.

    Returns
    -------
    BoneEvidence
        Named bones, on the image's grid. Those of no finger (wrist, sesamoids, bones without a
        name) stay as they were given, what they enclose filled as in all bones.
    """
    regions = np.where(lumps > 0, lumps + np.uint16(_LUMPS), bones.label_map)
    nearest = _nearest_label(regions, image.grid)
    looks = [(f.grid, np.isin(nearest, f.labels)) for hand in hands for f in hand.fingers]
    looks += [
        (_around(lumps == n, image.grid, looks[0][0]), nearest == n + _LUMPS)
        for n in np.unique(lumps[lumps > 0]).tolist()
        if looks
    ]
    mineral = np.zeros(image.grid.shape, np.float32)
    deposit, reached = np.zeros((2, *image.grid.shape), np.float32)
    shown = np.clip(image.array, AIR_HU, MINERAL_HU)
    planes = (*_PLANES, _SECTIONS) if network.sections else _PLANES
    ask, ways = (_ask, planes) if network.dimensions == 2 else (ask_block, WAYS)
    asked = [(own, grid, way) for grid, own in looks for way in ways]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        # In order, so that the answer does not depend on which thread is first.
        answers = pool.map(
            lambda one: ask(shown, image.grid, one[0], one[1], one[2], network), asked
        )
        by_look = list(zip(*[answers] * len(ways), strict=True))
    for (_, own), views in zip(looks, by_look, strict=True):
        box = views[0][0]  # the same one for all sets of planes and ways round
        here = own[box]
        deposits = np.stack([one[here] for _, _, one in views])
        bones_too = np.stack([one[here] for _, one, _ in views]) + deposits
        deposit[box][here] = np.prod(deposits, axis=0) ** (1.0 / len(views))
        if len(views) > 2:  # of two, neither is outvoted
            most = np.sort(deposits, axis=0)[1:]
            reached[box][here] = np.prod(most, axis=0) ** (1.0 / len(most))
        mineral[box][here] = bones_too.mean(axis=0)
    to_wrist = _to_wrist_mm(bones)
    reached = np.where(to_wrist <= _UNANIMOUS_MM, deposit, np.minimum(reached, mineral))
    deposit = _as_far_as_most_say(deposit, reached)
    bone = np.clip(mineral - deposit, 0.0, 1.0)
    named = {label for hand in hands for finger in hand.fingers for label in finger.labels}
    others = np.isin(bones.label_map, [n for n in bones.labels if n not in named])
    if others.any():
        sigma = _OTHERS_BLUR_MM / np.array(image.grid.spacing)
        bone = np.maximum(bone, ndimage.gaussian_filter(others.astype(np.float32), sigma))
    of_lumps = nearest > _LUMPS
    deposit[of_lumps] = mineral[of_lumps]
    bone[of_lumps] = 0.0
    # A deposit that bone surrounds is bone: dense trabeculae, or a slip of the network.
    sigma = _SURROUNDED_MM / np.array(image.grid.spacing)
    share = ndimage.gaussian_filter((bone >= 0.5).astype(np.float32), sigma)
    no_deposit = (share > _SURROUNDED_SHARE) | (_near_wrist(to_wrist, deposit) & ~of_lumps)
    bone[no_deposit] = np.minimum(bone + deposit, 1.0)[no_deposit]
    deposit[no_deposit] = 0.0
    found = _named(bone >= 0.5, nearest, bones)
    marrow = _marrow(found)
    bone[marrow > 0], deposit[marrow > 0] = 1.0, 0.0
    found = Segmentation(np.where(marrow > 0, marrow, found.label_map), found.grid, found.meanings)
    # Bone fades within a sample of its border; a little of it further off is doubt, not bone.
    bone[~ndimage.binary_dilation(found.mask, ALL_NEIGHBOURS)] = 0.0
    return BoneEvidence(found, bone, np.minimum(deposit, 1.0 - bone), version)


def _as_far_as_most_say(agreed: FloatArray, reached: FloatArray) -> FloatArray:
    """`reached` in and beside its parts that hold a deposit by `agreed`, `agreed` elsewhere."""
    parts, count = connected_components(reached >= _REACHED)
    holds = np.bincount(parts[agreed >= _AGREED], minlength=count + 1) > 0
    all_say = np.bincount(parts[agreed >= _REACHED], minlength=count + 1)
    holds &= np.bincount(parts.ravel()) <= _LEAKED * all_say
    holds[0] = False
    deposits = ndimage.binary_dilation(holds[parts], ALL_NEIGHBOURS)
    return np.where(deposits, np.maximum(agreed, reached), agreed)


def _nearest_label(labels: NDArray[np.uint16], grid: Grid) -> NDArray[np.uint16]:
    """The nearest label of every sample, shape of the grid."""
    index = ndimage.distance_transform_edt(
        labels == 0, sampling=grid.spacing, return_distances=False, return_indices=True
    )
    return np.asarray(labels[tuple(index)], np.uint16)


def _to_wrist_mm(bones: Segmentation) -> NDArray[np.float64]:
    """How far the nearest bone of the wrist is, shape of the grid; infinite without any."""
    wrist = np.isin(bones.label_map % LEFT_HAND_OFFSET, list(WRIST_BONES))
    if not wrist.any():
        return np.full(wrist.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(~wrist, sampling=bones.grid.spacing))


def _near_wrist(to_wrist_mm: NDArray[np.float64], deposit: FloatArray) -> NDArray[np.bool_]:
    """Where nothing is told from bone: near the wrist, and what goes on from there."""
    near = to_wrist_mm <= _NEAR_WRIST_MM
    parts, count = connected_components(deposit >= _REACHED)
    inside = np.bincount(parts[near], minlength=count + 1)
    goes_on = inside >= _GOES_ON * np.bincount(parts.ravel(), minlength=count + 1)
    goes_on[0] = False
    return np.asarray(near | goes_on[parts])


def _around(mask: NDArray[np.bool_], grid: Grid, along: Grid) -> Grid:
    """A cube around a mask with the directions and spacing of another grid."""
    index = np.argwhere(mask)
    places = along.mm_to_index(grid.index_to_mm(index))
    margin = _LUMP_MARGIN_MM / np.array(along.spacing)
    low, high = places.min(axis=0) - margin, places.max(axis=0) + margin
    affine = along.affine.copy()
    affine[:3, 3] = along.index_to_mm(low)
    a, b, c = (int(n) + 1 for n in np.ceil(high - low))
    return Grid((a, b, c), affine)


def _ask(
    shown: FloatArray,
    grid: Grid,
    own: NDArray[np.bool_],
    along: Grid,
    order: tuple[int, int, int],
    network: Network,
) -> tuple[Box, FloatArray, FloatArray]:
    """A box around a finger, and the fractions of bone and of deposit of its samples."""
    view = _view(along, order)
    seen = show_finger(shown, grid, own, view)
    bone, deposit = np.zeros_like(seen), np.zeros_like(seen)
    planes = np.flatnonzero((seen > _BRIGHT_HU).any(axis=(1, 2)))
    for start in range(0, len(planes), _BATCH):
        some = planes[start : start + _BATCH]
        answer = network(seen[some][:, None])
        bone[some], deposit[some] = answer[:, 1:-1].sum(axis=1), answer[:, -1]
    return read_back((bone, deposit), view, shown, grid, own, along)


def _view(grid: Grid, order: tuple[int, int, int]) -> Grid:
    """A finger's grid with its axes in another order, and the network's pixels."""
    wanted = np.array([_PLANES_MM, SPACING_MM, SPACING_MM])
    old = np.array([grid.spacing[axis] for axis in order])
    size = np.ceil(np.array([grid.shape[axis] for axis in order]) * old / wanted)
    size[1:] = np.ceil(size[1:] / SIDES) * SIDES
    affine = grid.affine[:, [*order, 3]].copy()
    affine[:3, :3] *= wanted / old
    return Grid((int(size[0]), int(size[1]), int(size[2])), affine)


def _marrow(found: Segmentation) -> NDArray[np.uint16]:
    """What each bone encloses and is no bone yet, by that bone's label."""
    marrow = np.zeros(found.label_map.shape, np.uint16)
    for label, box in enumerate(ndimage.find_objects(found.label_map), 1):
        if box is not None:
            own = filled_bone(found.label_map[box] == label, found.grid.spacing)
            marrow[box][own & (found.label_map[box] == 0)] = label
    return marrow


def _named(
    bone: NDArray[np.bool_], nearest: NDArray[np.uint16], rough: Segmentation
) -> Segmentation:
    """The found bones, each sample with the nearest rough bone's label; strays are none."""
    parts, count = connected_components(bone)
    touching = np.zeros(count + 1, bool)
    touching[np.unique(parts[rough.mask])] = True
    touching[0] = False
    names = np.where(touching[parts] & (nearest < _LUMPS), nearest, 0)
    return Segmentation(names, rough.grid, rough.meanings)
