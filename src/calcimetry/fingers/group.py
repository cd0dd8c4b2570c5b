"""Which digits belong to one hand."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import cKDTree
from scipy.spatial.distance import squareform

from calcimetry.fingers.chain import THUMB, Chain, Naming
from calcimetry.fingers.rod import FloatArray
from calcimetry.model.anatomy import Bone

#: Largest gap in mm between neighbouring digits of one hand: between their metacarpals, or
#: between any of their bones where a metacarpal is out of view.
METACARPAL_GAP_MM, ANY_GAP_MM = 25.0, 45.0
MOST_DIGITS = 5
#: Parts of fingers with less of the bone that a usual finger of the hand has do not count.
DIGIT_SHARE = 0.4
#: A chain is a thumb beyond doubt where that fits better by so much (a logarithm).
CERTAIN_THUMB = 2.0
#: A thumb's proximal phalanx is at most so long beside the longest of the fingers, or its phalanges
#: together beside a finger's (published means: 0.71 and 0.60, a little finger's 0.76; Buryanov and
#: Kotiuk, Int J Morphol 2010;28:755). Longer ones are those of a finger whose bones did not come
#: apart, which has as few of them as a thumb.
THUMB_PROXIMAL_SHARE, THUMB_PHALANGES_SHARE = 0.9, 0.68
#: Bones that a digit starts with; without any of them a chain is only the end of a finger.
ROOTS = (Bone.PROXIMAL_PHALANX, Bone.METACARPAL)


def group_hands(chains: list[Chain]) -> list[list[Chain]]:
    """Sort digits into hands.

    Parameters
    ----------
    chains : list of Chain

    Returns
    -------
    list of list of Chain
        The hand with the most bone first.

    Notes
    -----
    Digits of a hand lie close at their roots; mere ends of fingers go to the nearest hand. A
    group with more than five digits, or with
    two that can only be thumbs, is two hands that lie close: it is parted where the gap
    between roots is widest.
    """
    rooted = [chain for chain in chains if is_rooted(chain)] or chains
    if not rooted:
        return []
    groups = _part(list(range(len(rooted))), _gaps(rooted), 1.0, rooted)
    hands = [[rooted[n] for n in group] for group in groups]
    hands.sort(key=lambda hand: -sum(chain.volume_mm3 for chain in hand))
    trees = [cKDTree(np.concatenate([_points(chain) for chain in hand])) for hand in hands]
    for chain in chains:
        if chain not in rooted:
            distances = [tree.query(_points(chain))[0].min() for tree in trees]
            hands[int(np.argmin(distances))].append(chain)
    return hands


def _points(chain: Chain) -> FloatArray:
    return np.concatenate([bone.points for _, bone in chain.as_finger.bones])


def _gaps(chains: list[Chain]) -> FloatArray:
    """Distances between digits, 1 where they are as far apart as a hand allows."""
    roots = [chain.as_finger.bones[-1] for chain in chains]
    rooted = [name is Bone.METACARPAL for name, _ in roots]
    root_trees = [cKDTree(bone.points) for _, bone in roots]
    trees = [cKDTree(_points(chain)) for chain in chains]
    gaps = np.zeros((len(chains), len(chains)))
    for a, b in itertools.combinations(range(len(chains)), 2):
        if rooted[a] and rooted[b]:
            distance, _ = root_trees[a].query(roots[b][1].points)
            gaps[a, b] = distance.min() / METACARPAL_GAP_MM
        else:
            distance, _ = trees[a].query(_points(chains[b]))
            gaps[a, b] = distance.min() / ANY_GAP_MM
    return np.asarray(gaps + gaps.T)


def _part(
    members: list[int], gaps: FloatArray, limit: float, chains: list[Chain]
) -> list[list[int]]:
    """Groups of digits linked by gaps up to `limit`, the crowded ones parted further."""
    if len(members) == 1:
        return [members]
    tree = linkage(squareform(gaps[np.ix_(members, members)]), method="single")
    numbers = fcluster(tree, limit, criterion="distance")
    groups = [
        [member for member, number in zip(members, numbers, strict=True) if number == group]
        for group in np.unique(numbers)
    ]
    if len(groups) == 1 and not _crowded([chains[n] for n in members]):
        return groups
    if len(groups) == 1:
        # Just below the widest gap: at least two groups, and smaller ones next time.
        return _part(members, gaps, float(tree[:, 2].max()) * (1.0 - 1e-9), chains)
    return [part for group in groups for part in _part(group, gaps, limit, chains)]


def _crowded(chains: list[Chain]) -> bool:
    """True for more digits, or more thumbs, than a hand has."""
    volumes = np.array([chain.volume_mm3 for chain in chains])
    whole = int((volumes > DIGIT_SHARE * np.median(volumes)).sum())
    thumbs = [one for one in chains if is_certain_thumb(one) and may_be_thumb(one, chains)]
    return whole > MOST_DIGITS or len(thumbs) > 1


def is_rooted(chain: Chain) -> bool:
    """True for a digit of which a metacarpal or a proximal phalanx is in view."""
    return chain.as_finger.bones[-1][0] in ROOTS


def is_certain_thumb(chain: Chain) -> bool:
    """True for a chain that reads as a whole thumb, and badly as a finger."""
    thumb = chain.as_thumb
    return (
        thumb is not None
        and len(thumb.bones) == len(THUMB)
        and thumb.score - chain.as_finger.score > CERTAIN_THUMB
    )


def may_be_thumb(chain: Chain, chains: list[Chain]) -> bool:
    """False for a chain that has a thumb's three bones, and too long phalanges for one.

    A thumb with two has long ones too, where it is its phalanges that did not come apart. One whose
    border between them lies too far out has a long proximal phalanx, but not more of both.
    """
    if chain.as_thumb is None:
        return False
    own = chain.as_thumb.get(Bone.PROXIMAL_PHALANX)
    if own is None or len(chain.as_thumb.bones) < len(THUMB):
        return True
    others = [one.as_finger for one in chains if one is not chain]
    fingers = [one.get(Bone.PROXIMAL_PHALANX) for one in others]
    whole = [bone.rod.length_mm for bone in fingers if bone is not None and not bone.at_border]
    if len(whole) < 2:  # one alone may be cut short by disease
        return True
    return own.rod.length_mm <= THUMB_PROXIMAL_SHARE * max(whole) or _phalanges_mm(
        chain.as_thumb
    ) <= THUMB_PHALANGES_SHARE * max(map(_phalanges_mm, others))


def _phalanges_mm(naming: Naming) -> float:
    """Length of a digit's phalanges together."""
    return sum(bone.rod.length_mm for name, bone in naming.bones if name is not Bone.METACARPAL)
