"""Bones of the wrist and of the forearm, told from those of fingers by shape and place."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from calcimetry.fingers.bones import SingleBone
from calcimetry.fingers.chain import Chain
from calcimetry.fingers.posture import Posture, posture_of
from calcimetry.fingers.rod import FloatArray

CARPAL, RADIUS, ULNA = 60, 61, 62
#: Carpals are round: no longer than this times their width, and at least so large.
ROUND, LEAST_CARPAL_MM3 = 1.6, 250.0
#: They lie so close together, and at least so many of them; a resorbed fingertip lies alone.
CARPAL_GAP_MM, FEWEST_CARPALS = 3.0, 3
#: No round bone of a finger is so large: several carpals in one.
SEVERAL_CARPALS_MM3 = 3000.0
#: A digit with at least so many bones shows where the hand starts.
WHOLE_DIGIT = 3
#: No deposit is taken for a bone of the forearm below this.
LEAST_FOREARM_MM3 = 3000.0
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
    carpals = [
        bone
        for bone, number in zip(rounds, group, strict=True)
        if sizes[number] >= FEWEST_CARPALS or bone.volume_mm3 >= SEVERAL_CARPALS_MM3
    ]
    return [bone for bone in bones if bone not in carpals], carpals


def part_forearm(
    chains: list[Chain], carpals: list[SingleBone]
) -> tuple[list[Chain], list[tuple[int, SingleBone]]]:
    """Sort out lone bones that lie behind the start of a whole digit.

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
    """
    whole = [posture_of(c.best) for c in chains if len(c.best.bones) >= WHOLE_DIGIT]
    trees = [cKDTree(bone.points) for bone in carpals]
    digits, wrist, forearm = [], [(CARPAL, bone) for bone in carpals], []
    for chain in chains:
        bone = chain.best.bones[0][1]
        behind = len(chain.best.bones) == 1 and whole and _lies_behind(bone, whole)
        if behind and bone.volume_mm3 >= LEAST_FOREARM_MM3:
            forearm.append(bone)
        elif behind and bone.volume_mm3 >= LEAST_CARPAL_MM3 and _touches(bone, trees):
            wrist.append((CARPAL, bone))
        else:
            digits.append(chain)
    wrist += [(ULNA if _beside_larger(bone, forearm) else RADIUS, bone) for bone in forearm]
    return digits, wrist


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
