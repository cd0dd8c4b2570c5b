"""Sesamoids too small for a network to know: told from deposits by the place that they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.leave_out import without
from calcimetry.model import Bone, Digit, Finger, Hand, Phalanx, Segmentation
from calcimetry.model.anatomy import LEFT_HAND_OFFSET
from calcimetry.model.image import Image
from calcimetry.regions import distance_to

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class _Site:
    """A joint with sesamoids: the bones before and after it, and how many people have there."""

    digit: Digit
    before: Bone
    after: Bone
    most: int


#: Where people have them: two at the thumb's knuckle nearly all, one at its last joint and at the
#: knuckles of index and little finger about half or more (Yammine, Clin Anat 2014;27:1291).
_SITES = (
    _Site(Digit.THUMB, Bone.METACARPAL, Bone.PROXIMAL_PHALANX, 2),
    _Site(Digit.THUMB, Bone.PROXIMAL_PHALANX, Bone.DISTAL_PHALANX, 1),
    _Site(Digit.INDEX, Bone.METACARPAL, Bone.PROXIMAL_PHALANX, 1),
    _Site(Digit.LITTLE, Bone.METACARPAL, Bone.PROXIMAL_PHALANX, 1),
)
#: The larger ones are found before anything grows (`calcimetry.rough_hand`).
_MOST_MM3 = 110.0
#: What touches a sesamoid that is known and is no larger is a part of it that was not recognised.
_PIECE_MM3 = 20.0
#: Bone, however small, is so bright in the mean in spite of its blurred border; faint ones are
#: deposits.
_LEAST_HU = 400.0
#: Its middle lies so far towards the palm from the middle of the joint, and at most so far along
#: the finger and to either side, in mm; and further towards the palm than to the side.
_PALMAR_MM, _ALONG_MM, _ASIDE_MM = (3.0, 15.0), 9.0, 9.0
#: A joint is where its two bones come closest, to within so much of that, and at most so far.
_JOINT_MM, _GAP_MM = 1.5, 8.0


def without_sesamoids(
    image: Image, bones: Segmentation, grown: GrownLesions, hands: Sequence[Hand]
) -> tuple[GrownLesions, int]:
    """Leave out small bright things in the places of sesamoids that are still free, or on one.

    Parameters
    ----------
    image : Image
        A volume in HU.
    bones : Segmentation
        Its bones, with the sesamoids that are known.
    grown : GrownLesions
        On the image's grid.
    hands : sequence of Hand
        Digits without a name have no such place.

    Returns
    -------
    grown : GrownLesions
        The rest, numbered from 1 without gaps.
    sesamoids : int
        How many were left out.

    Notes
    -----
    By looks a sesamoid of a few mm3 and a deposit are one. No more than people have are taken at
    each joint, those that are known already among them, the largest first. Pieces of sesamoids
    that are known are no further ones.
    """
    lesions = grown.lesion_map
    sizes = np.bincount(lesions.label_map.ravel()) * lesions.grid.voxel_mm3
    small = {
        number: lesions.grid.index_to_mm(np.argwhere(lesions.label_map == number).mean(axis=0))
        for number in lesions.labels
        if sizes[number] <= _MOST_MM3
        and float(image.array[lesions.label_map == number].mean()) >= _LEAST_HU
    }
    if not small:
        return grown, 0
    taken = _pieces(bones, lesions, [n for n in small if sizes[n] <= _PIECE_MM3])
    for finger in (one for hand in hands for one in hand.fingers if not one.reason):
        sites = [site for site in _SITES if site.digit is finger.digit]
        known = _sesamoids(bones, finger) if sites else []
        for site in sites:
            joint = _joint(bones, finger, site)
            if joint is None:
                continue
            room = site.most - sum(_lies_there(one, joint, finger) for one in known)
            here = [n for n, at in small.items() if _lies_there(at, joint, finger)]
            largest_first = sorted(set(here) - set(taken), key=lambda n: -sizes[n])
            taken += largest_first[: max(room, 0)]
    return without(grown, sorted(taken)), len(taken)


def _pieces(bones: Segmentation, lesions: Segmentation, numbers: Sequence[int]) -> list[int]:
    """Those of some lesions that touch a known sesamoid."""
    known = [label for label in bones.labels if _is_sesamoid(label)]
    beside = ndimage.binary_dilation(np.isin(bones.label_map, known))
    return sorted(set(np.unique(lesions.label_map[beside]).tolist()) & set(numbers))


def _is_sesamoid(label: int) -> bool:
    digit, bone = divmod(label % LEFT_HAND_OFFSET, 10)
    return digit <= Digit.LITTLE and bone == Bone.SESAMOID


def _sesamoids(bones: Segmentation, finger: Finger) -> list[Array]:
    """Middles of a finger's known sesamoids, in mm."""
    # They are not among the labels of the finger's own, which are its long bones.
    label = Phalanx(finger.digit, Bone.SESAMOID, finger.laterality).label
    parts, count = ndimage.label(bones.label_map == label)
    middles = ndimage.center_of_mass(parts > 0, parts, range(1, count + 1))
    return [bones.grid.index_to_mm(np.array(one)) for one in middles]


def _joint(bones: Segmentation, finger: Finger, site: _Site) -> Array | None:
    """The middle of a joint in mm; None where its bones are not there, or far apart."""
    ends = []
    for bone in (site.before, site.after):
        labels = [label for label in finger.labels if label % 10 == bone]
        ends.append(np.isin(bones.label_map, labels))
    if not all(end.any() for end in ends):
        return None
    away = distance_to(ends[1], bones.grid, ends[0], _GAP_MM)
    if not np.isfinite(away).any():
        return None
    near = np.argwhere(ends[0])[away <= away.min() + _JOINT_MM]
    return np.asarray(bones.grid.index_to_mm(near.mean(axis=0)))


def _lies_there(place: Array, joint: Array, finger: Finger) -> bool:
    """Whether a place (mm) is where a sesamoid of a joint lies."""
    axes = finger.grid.affine[:3, :3] / np.linalg.norm(finger.grid.affine[:3, :3], axis=0)
    aside, along, palmar = (place - joint) @ axes
    return bool(
        _PALMAR_MM[0] <= palmar <= _PALMAR_MM[1]
        and abs(along) <= _ALONG_MM
        and abs(aside) <= min(_ASIDE_MM, max(palmar, _PALMAR_MM[0]))
    )
