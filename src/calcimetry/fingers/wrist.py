"""Bones of the wrist and of the forearm, told from those of fingers by shape and place."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from calcimetry.fingers.bones import SingleBone
from calcimetry.fingers.chain import Chain
from calcimetry.fingers.posture import Posture, posture_of
from calcimetry.fingers.rod import FloatArray
from calcimetry.model.anatomy import CARPAL, RADIUS, ULNA

#: Carpals are round: no longer than this times their width, and at least so large.
ROUND, LEAST_CARPAL_MM3 = 1.6, 250.0
#: Among them bones up to this many times as long as wide are carpals too.
STUBBY = 2.2
#: They lie so close together, and at least so many of them; a resorbed fingertip lies alone.
CARPAL_GAP_MM, FEWEST_CARPALS = 3.0, 3
#: No round bone of a finger is so large: several carpals in one.
SEVERAL_CARPALS_MM3 = 3000.0
#: A digit with at least so many bones shows where the hand starts.
WHOLE_DIGIT = 3
#: Carpals of one wrist have the next one's middle within this.
ONE_WRIST_MM = 30.0
#: No deposit is taken for a bone of the forearm below this.
LEAST_FOREARM_MM3 = 2000.0
#: What lies so far behind the start of the nearest digit is no bone of a finger.
BEHIND_MM = 2.0
#: Radius and ulna of one arm lie so close.
FOREARM_GAP_MM = 15.0


def part_carpals(bones: list[SingleBone]) -> tuple[list[SingleBone], list[SingleBone]]:
    """Sort out carpals: round bones, several of them close together.

    Parameters
    ----------
    bones : list of SingleBone

    Returns
    -------
    others, carpals : list of SingleBone
    """
    rounds = [
        bone
        for bone in bones
        if bone.volume_mm3 >= LEAST_CARPAL_MM3 and bone.rod.length_mm < ROUND * bone.rod.width_mm
    ]
    close = np.zeros((len(rounds), len(rounds)), bool)
    trees = [cKDTree(bone.points) for bone in rounds]
    for a, b in itertools.combinations(range(len(rounds)), 2):
        close[a, b] = trees[a].query(rounds[b].points)[0].min() <= CARPAL_GAP_MM
    _, group = connected_components(close, directed=False)
    sizes = np.bincount(group, minlength=1)
    sure = [
        bone
        for bone, number in zip(rounds, group, strict=True)
        if sizes[number] >= FEWEST_CARPALS or bone.volume_mm3 >= SEVERAL_CARPALS_MM3
    ]
    carpals = _with_neighbours(sure, bones) if len(sure) >= FEWEST_CARPALS else sure
    return [bone for bone in bones if bone not in carpals], carpals


def _with_neighbours(carpals: list[SingleBone], bones: list[SingleBone]) -> list[SingleBone]:
    """Carpals and the stubby bones among them: of other bones only long ones reach so far."""
    found = list(carpals)
    trees = [cKDTree(bone.points) for bone in carpals]
    for bone in bones:
        stubby = bone.rod.length_mm < STUBBY * bone.rod.width_mm
        if stubby and bone not in found and _touches(bone, trees):
            found.append(bone)
    return found


def part_forearm(
    chains: list[Chain], carpals: list[SingleBone]
) -> tuple[list[Chain], list[tuple[int, SingleBone]]]:
    """Sort out bones behind the hand.

    Parameters
    ----------
    chains : list of Chain
        Digits, and bones that joined none.
    carpals : list of SingleBone

    Returns
    -------
    digits : list of Chain
    wrist : list of (int, SingleBone)
        With label numbers: 60 carpal, 61 radius, 62 ulna. Of two long bones side by side the
        smaller one is the ulna.

    Notes
    -----
    What lies beyond the carpals, seen from the bulk of the bones, is the forearm. Where no
    carpals are in view, it is a lone bone behind the start of a whole digit.
    """
    # Where the volume ends across a forearm, what is left of it is round like a carpal.
    forearm = [b for b in carpals if b.at_border and b.volume_mm3 >= LEAST_FOREARM_MM3]
    wrist = [(CARPAL, bone) for bone in carpals if bone not in forearm]
    whole = [posture_of(c.best) for c in chains if len(c.best.bones) >= WHOLE_DIGIT]
    beyond = _beyond(chains, [bone for _, bone in wrist])
    digits: list[Chain] = []
    for chain in chains:
        bones = [bone for _, bone in chain.best.bones]
        alone = len(bones) == 1 and bones[0].volume_mm3 >= LEAST_FOREARM_MM3
        if chain in beyond or (alone and whole and not wrist and _lies_behind(bones[0], whole)):
            forearm += bones
        else:
            digits.append(chain)
    wrist += [(ULNA if _beside_larger(bone, forearm) else RADIUS, bone) for bone in forearm]
    return digits, wrist


def _beyond(chains: list[Chain], carpals: list[SingleBone]) -> list[Chain]:
    """Chains that lie beyond the carpals, large enough for bones of the forearm."""
    if len(carpals) < FEWEST_CARPALS or not chains:
        return []
    middles = np.array([bone.rod.centre for bone in carpals])
    # Of two hands side by side each has its own carpals.
    groups = fcluster(linkage(middles, "single"), ONE_WRIST_MM, criterion="distance")
    wrists = np.array([middles[groups == group].mean(axis=0) for group in np.unique(groups)])
    points = [np.concatenate([bone.points for _, bone in chain.best.bones]) for chain in chains]
    centres = np.array([own.mean(axis=0) for own in points])
    volumes = np.array([chain.volume_mm3 for chain in chains])
    nearest = np.linalg.norm(centres[:, None] - wrists[None], axis=2).argmin(axis=1)
    found = []
    for number, (chain, own) in enumerate(zip(chains, points, strict=True)):
        same, wrist = nearest == nearest[number], wrists[nearest[number]]
        bulk = np.average(centres[same], axis=0, weights=volumes[same]) - wrist
        behind = np.percentile((own - wrist) @ bulk, 90) < 0.0
        if behind and chain.volume_mm3 >= LEAST_FOREARM_MM3:
            found.append(chain)
    return found


def _touches(bone: SingleBone, trees: list[cKDTree]) -> bool:
    return any(tree.query(bone.points)[0].min() <= CARPAL_GAP_MM for tree in trees)


def _beside_larger(bone: SingleBone, others: list[SingleBone]) -> bool:
    tree = cKDTree(bone.points)
    return any(
        other.volume_mm3 > bone.volume_mm3 and tree.query(other.points)[0].min() <= FOREARM_GAP_MM
        for other in others
    )


def _lies_behind(bone: SingleBone, digits: list[Posture]) -> bool:
    """True where all of a bone lies behind the start of the digit nearest to it."""
    nearest = min(digits, key=lambda digit: float(np.linalg.norm(digit.base - bone.rod.centre)))
    offsets: FloatArray = (bone.points - nearest.base) @ nearest.root
    return bool(np.percentile(offsets, 90) < -BEHIND_MM)
