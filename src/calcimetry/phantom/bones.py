"""Long bones of a hand as volumes show them, with published lengths, breadths and volumes.

`calcimetry.phantom.anatomy.draw_bone` makes bones for pictures. Its ends are wide, which
in a plane matters little and in a volume makes bones 40% too large; the shipped network
was trained on it, so it stays as it is, and volumes draw theirs here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Bone, Digit
from calcimetry.phantom.anatomy import STATIONS, Solid

Array = NDArray[np.floating[Any]]

#: Standard deviation of the size of whole hands: half the difference of the sexes (4.3%)
#: and what is left within each (3.3%).
SIZE_SPREAD = 0.054
#: By so much does the rounding of a solid's edges lift its whole surface.
_ROUNDING_MM = 0.09


@dataclass(frozen=True, slots=True)
class LongBone:
    """Mean measures of one long bone.

    `base` and `shaft` are breadth x depth in mm at the base and half way; `spread` is
    the standard deviation of the length as a part of it; `fullness` scales how far base
    and head swell from the shaft, and was fitted so that volumes come out as published.
    """

    length: float
    spread: float
    base: tuple[float, float]
    shaft: tuple[float, float]
    fullness: float


# Phalanges 2 to 5: lengths, their spread (5th to 95th percentile over 3.29), proximal bases
# and all shafts from an open statistical shape model of 10 right hands. Metacarpal lengths:
# CT, n = 40. The rest chosen near anatomical handbooks.
BONES: dict[Digit, dict[Bone, LongBone]] = {
    Digit.THUMB: {
        Bone.METACARPAL: LongBone(46.2, 0.06, (14.5, 14.0), (11.0, 8.6), 0.5),
        Bone.PROXIMAL_PHALANX: LongBone(31.6, 0.06, (15.0, 12.0), (9.0, 7.0), 0.53),
        Bone.DISTAL_PHALANX: LongBone(21.7, 0.065, (10.7, 6.9), (6.4, 4.6), 0.45),
    },
    Digit.INDEX: {
        Bone.METACARPAL: LongBone(67.7, 0.058, (15.5, 15.0), (8.6, 8.8), 0.49),
        Bone.PROXIMAL_PHALANX: LongBone(41.2, 0.055, (16.2, 12.4), (9.3, 6.4), 0.75),
        Bone.MIDDLE_PHALANX: LongBone(24.8, 0.067, (12.0, 8.4), (8.0, 5.0), 1.0),
        Bone.DISTAL_PHALANX: LongBone(17.5, 0.069, (9.2, 5.8), (5.0, 3.8), 0.66),
    },
    Digit.MIDDLE: {
        Bone.METACARPAL: LongBone(66.1, 0.058, (13.5, 15.0), (8.6, 9.0), 0.6),
        Bone.PROXIMAL_PHALANX: LongBone(45.7, 0.052, (16.0, 13.1), (9.4, 7.0), 0.75),
        Bone.MIDDLE_PHALANX: LongBone(29.7, 0.054, (12.7, 8.9), (8.6, 5.4), 0.85),
        Bone.DISTAL_PHALANX: LongBone(18.7, 0.072, (10.0, 6.3), (5.5, 4.2), 0.71),
    },
    Digit.RING: {
        Bone.METACARPAL: LongBone(58.0, 0.058, (12.0, 13.0), (7.2, 7.6), 1.0),
        Bone.PROXIMAL_PHALANX: LongBone(42.3, 0.057, (14.5, 11.9), (8.7, 6.1), 0.7),
        Bone.MIDDLE_PHALANX: LongBone(28.2, 0.057, (11.7, 8.3), (8.0, 4.8), 0.65),
        Bone.DISTAL_PHALANX: LongBone(19.1, 0.068, (9.6, 5.9), (4.9, 3.6), 1.17),
    },
    Digit.LITTLE: {
        Bone.METACARPAL: LongBone(52.3, 0.058, (12.5, 11.5), (7.4, 7.2), 0.98),
        Bone.PROXIMAL_PHALANX: LongBone(33.7, 0.062, (14.1, 10.6), (7.9, 5.4), 0.89),
        Bone.MIDDLE_PHALANX: LongBone(19.8, 0.092, (10.3, 7.1), (7.0, 4.3), 1.0),
        Bone.DISTAL_PHALANX: LongBone(17.5, 0.078, (8.2, 5.0), (3.9, 3.3), 1.05),
    },
}

# At the stations: how far the outline lies from shaft (0) to base (1) on the near half, and
# its ratio to the shaft on the far half, for breadth and depth; then how far the section
# leans to the back of the hand.
_NEAR = np.array([0.90, 1.0, 0.42])
_FAR: dict[Bone, tuple[list[float], list[float], list[float]]] = {
    Bone.METACARPAL: (
        [1.14, 1.62, 1.36],
        [1.18, 1.62, 1.36],
        [0.0, 0.0, 0.0, 0.06, -0.03, -0.06, -0.08],
    ),
    Bone.PROXIMAL_PHALANX: (
        [1.04, 1.26, 1.12],
        [1.02, 1.30, 1.16],
        [-0.1, -0.08, 0.0, 0.07, 0.0, -0.12, -0.15],
    ),
    Bone.MIDDLE_PHALANX: (
        [1.04, 1.26, 1.12],
        [1.02, 1.28, 1.14],
        [-0.08, -0.05, 0.0, 0.04, 0.0, -0.1, -0.12],
    ),
    Bone.DISTAL_PHALANX: (
        [1.12, 1.48, 1.20],
        [0.92, 0.92, 0.70],
        [-0.05, 0.0, 0.03, 0.03, 0.0, 0.0, 0.0],
    ),
}


def draw_long_bone(
    rng: np.random.Generator, digit: Digit, bone: Bone, size: float, slender: float, cortex: float
) -> Solid:
    """One metacarpal or phalanx of random shape at the origin, not yet placed.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    digit, bone : Digit, Bone
        Which one; the thumb has no middle phalanx.
    size, slender : float
        Factors on all measures, and on breadth and depth alone.
    cortex : float
        Factor on the thickness of the cortex.
    """
    mean = BONES[digit][bone]
    own = float(np.sqrt(max(mean.spread**2 - SIZE_SPREAD**2, 0.01**2)))
    length = mean.length * size * rng.normal(1.0, own)
    wide = size * slender * rng.normal(1.0, 0.03)
    deep = size * slender * rng.normal(1.0, 0.04)
    far = _FAR[bone]
    breadth = _outline(rng, mean.base[0] / 2, mean.shaft[0] / 2, far[0], mean.fullness) * wide
    depth = _outline(rng, mean.base[1] / 2, mean.shaft[1] / 2, far[1], mean.fullness) * deep
    lean = np.array(far[2]) + rng.normal(0.0, 0.03)
    head = float(depth[-2])
    tuft = bone is Bone.DISTAL_PHALANX
    return Solid(
        bone=bone,
        length=length,
        half_breadth=breadth,
        half_dorsal=depth * (1.0 + lean),
        half_palmar=depth * (1.0 - lean),
        bow=rng.normal(0.0, 0.2) if tuft else rng.normal(0.025, 0.01) * length,
        squareness=rng.uniform(1.8, 2.3),
        head_round=rng.uniform(0.5, 0.75) * head,
        base_hollow=0.0,
        groove=0.0 if tuft or bone is Bone.METACARPAL else rng.uniform(0.2, 0.9) * size,
        origin=np.zeros(3),
        axes=np.eye(3),
        cortex_shaft=cortex * rng.uniform(0.8, 1.5) * mean.shaft[0] / 9.0 + 0.2,
        cortex_end=rng.uniform(0.3, 0.8) * min(cortex, 1.3),
    )


def _outline(
    rng: np.random.Generator, base: float, shaft: float, far: list[float], fullness: float
) -> Array:
    """Half size at the stations, each varied a little."""
    near = shaft + (base - shaft) * _NEAR * np.array([1.0, 1.0, fullness])
    head = shaft * (1.0 + fullness * (np.array(far) - 1.0))
    wobble = rng.normal(1.0, 0.03, STATIONS.size)
    return np.asarray(np.concatenate([near, [shaft], head]) * wobble - _ROUNDING_MM)
