"""How one digit lies: its line from the tip inwards, and which way it bends and bows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcimetry.fingers.bones import SingleBone
from calcimetry.fingers.chain import Naming
from calcimetry.fingers.rod import STRAY, FloatArray, lies_across
from calcimetry.model.anatomy import Bone

#: Bones whose shafts bow towards the back of the hand, enough to be seen.
BOWED = (Bone.PROXIMAL_PHALANX, Bone.METACARPAL)
#: A bow of so many mm, or a bend by this sine, counts as one piece of evidence.
CLEAR_BOW_MM, CLEAR_BEND = 0.5, 0.15
#: No digit gives more evidence than this, however far it bends.
MOST_EVIDENCE = 3.0


@dataclass(frozen=True, eq=False, slots=True)
class Posture:
    """One digit in space; points and vectors in mm.

    Parameters
    ----------
    naming : Naming
        Its bones.
    outer, inner : array, shape (bones, 3)
        The end of each bone nearer to the tip, and the one nearer to the wrist.
    """

    naming: Naming
    outer: FloatArray
    inner: FloatArray

    @property
    def line(self) -> FloatArray:
        """Ends and middles of the bones' axes from the tip inwards, shape (3 x bones, 3)."""
        middle = (self.outer + self.inner) / 2.0
        return np.stack([self.outer, middle, self.inner], axis=1).reshape(-1, 3)

    @property
    def directions(self) -> FloatArray:
        """Unit vector of each bone towards the tip, shape (bones, 3)."""
        ways = self.outer - self.inner
        return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True))

    @property
    def base(self) -> FloatArray:
        """The innermost point, shape (3,)."""
        return np.asarray(self.inner[-1])

    @property
    def root(self) -> FloatArray:
        """Direction of the innermost bone towards the tip: where the digit leaves the hand."""
        return np.asarray(self.directions[-1])

    @property
    def knuckle(self) -> FloatArray | None:
        """Where the finger leaves the palm (the metacarpophalangeal joint), shape (3,)."""
        for place, (name, _) in enumerate(self.naming.bones):
            if name is Bone.PROXIMAL_PHALANX:
                return np.asarray(self.inner[place])
            if name is Bone.METACARPAL:
                return np.asarray(self.outer[place])
        return None

    @property
    def palmar(self) -> FloatArray:
        """Towards the palmar side by this digit alone, shape (3,); its length is the evidence.

        Shafts bow towards the back, and joints bend towards the palm: 1 is as much as one
        clearly bowed bone says, 0 says nothing.
        """
        evidence = np.zeros(3)
        for name, bone in self.naming.bones:
            if name in BOWED:
                evidence -= bone.bow / CLEAR_BOW_MM
        turns = self.directions[:-1] - self.directions[1:]
        evidence += turns.sum(axis=0) / CLEAR_BEND
        along = self.outer[0] - self.inner[-1]
        along /= np.linalg.norm(along)
        evidence -= (evidence @ along) * along
        return np.asarray(evidence * min(1.0, MOST_EVIDENCE / max(_length(evidence), 1e-9)))


def posture_of(naming: Naming, outward: FloatArray | None = None) -> Posture:
    """Lay out the bones of a digit.

    Parameters
    ----------
    naming : Naming
        Bones from the tip inwards.
    outward : array, shape (3,), optional
        Roughly towards the tips; decides which end of a digit of one bone is which. Without
        it that is left open.
    """
    bones = [bone for _, bone in naming.bones]
    outer, inner = [], []
    for place, bone in enumerate(bones):
        if place + 1 < len(bones):
            way = bone.rod.centre - bones[place + 1].rod.centre
        elif place > 0:
            way = bones[place - 1].rod.centre - bone.rod.centre
        else:
            way = bone.rod.axis if outward is None else outward
        near, far = _ends(bone, way)
        outer.append(far)
        inner.append(near)
    return Posture(naming, np.array(outer), np.array(inner))


def _ends(bone: SingleBone, way: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where a bone starts and ends as one goes along `way`."""
    rod = bone.rod
    if lies_across(rod, way):
        ahead = way / _length(way)
        low, high = np.percentile((bone.points - rod.centre) @ ahead, [STRAY, 100.0 - STRAY])
        return rod.centre + low * ahead, rod.centre + high * ahead
    forwards = 1 if rod.axis @ way > 0 else -1
    return rod.end(-forwards), rod.end(forwards)


def _length(vector: FloatArray) -> float:
    return float(np.linalg.norm(vector))
