"""How one method's answer for one picture compares with the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from skimage.measure import find_contours

from calcimetry.errors import InputError
from calcimetry.model import Bone, Report
from calcimetry.reproduction.known_pictures import KnownPicture

#: Bones that have a column of their own, by the number that stands for them.
NAMED_BONES = {
    "proximal_dice": Bone.PROXIMAL_PHALANX,
    "middle_dice": Bone.MIDDLE_PHALANX,
    "distal_dice": Bone.DISTAL_PHALANX,
    "metacarpal_dice": Bone.METACARPAL,
}
_PHALANGES = ("proximal_dice", "middle_dice", "distal_dice")
#: Outlines are followed in steps of this part of a pixel.
_STEP_PX = 0.25


@dataclass(frozen=True, slots=True)
class Score:
    """One answer against the truth; None where the truth does not tell.

    Lengths in mm, areas in mm2. `area_difference_mm2` is measured minus true.
    """

    bone_dice: float
    proximal_dice: float | None
    middle_dice: float | None
    distal_dice: float | None
    metacarpal_dice: float | None
    #: Mean over the phalanges that the truth shows.
    phalanx_dice: float | None
    surface_mean_mm: float
    surface_p95_mm: float
    lesion_count: int
    area_mm2: float
    true_area_mm2: float | None
    area_difference_mm2: float | None


def score(known: KnownPicture, report: Report) -> Score:
    """Compare what the pipeline made of a picture with the truth.

    Parameters
    ----------
    known : KnownPicture
        The picture and its truth.
    report : Report
        What was measured on it.

    Returns
    -------
    Score
        The Dice of a bone that the truth does not show, or where its bones have no names,
        is None.
    """
    labels = report.bones.label_map[0] % 10
    by_name = {
        name: dice(labels == number, known.bones == number)
        if known.has_names and (known.bones == number).any()
        else None
        for name, number in NAMED_BONES.items()
    }
    seen = [value for name in _PHALANGES if (value := by_name[name]) is not None]
    _, *spacing = report.image.grid.spacing
    found, true = report.bones.mask[0], known.bones > 0
    distances = surface_distances(found, true, (spacing[0], spacing[1]))
    area, true_area = report.area_mm2, known.true_area_mm2
    return Score(
        bone_dice=dice(found, true),
        **by_name,
        phalanx_dice=float(np.mean(seen)) if seen else None,
        surface_mean_mm=distances.mean_mm,
        surface_p95_mm=distances.p95_mm,
        lesion_count=report.lesion_count,
        area_mm2=area,
        true_area_mm2=true_area,
        area_difference_mm2=None if true_area is None else area - true_area,
    )


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Overlap of two masks, ``2 |a and b| / (|a| + |b|)``, 1 where both are empty.

    Dice LR. Measures of the amount of ecologic association between species. Ecology
    1945;26:297-302.

    Examples
    --------
    >>> dice(np.array([True, True, False]), np.array([False, True, False]))
    0.6666666666666666
    """
    total = int(a.sum()) + int(b.sum())
    return 2.0 * int((a & b).sum()) / total if total else 1.0


@dataclass(frozen=True, slots=True)
class SurfaceDistances:
    """How far two outlines lie from each other, in mm."""

    mean_mm: float
    p95_mm: float


def surface_distances(
    a: NDArray[np.bool_], b: NDArray[np.bool_], spacing: tuple[float, float]
) -> SurfaceDistances:
    """Distances between the outlines of two masks.

    Outlines run midway between the pixels within and those without, around holes too;
    where a region is cut off by the picture's edge it has none. Points every quarter of a
    pixel along each look for the nearest point of the other.

    Parameters
    ----------
    a, b : bool array, shape (rows, columns)
        Neither empty.
    spacing : (float, float)
        Row and column spacing in mm.

    Returns
    -------
    SurfaceDistances
        The mean over the points of both, and the greater of the two 95th percentiles (the
        robust Hausdorff distance: Huttenlocher DP et al. IEEE PAMI 1993;15:850-863).

    Raises
    ------
    InputError
        If either has no outline: it is empty, or fills the picture.

    Examples
    --------
    >>> a = np.zeros((20, 40), bool)
    >>> a[5:15, 10:30] = True
    >>> surface_distances(a, a, (0.5, 0.5))
    SurfaceDistances(mean_mm=0.0, p95_mm=0.0)
    """
    first, second = _outline_points(a, spacing), _outline_points(b, spacing)
    there, _ = cKDTree(second).query(first)
    back, _ = cKDTree(first).query(second)
    return SurfaceDistances(
        float(np.concatenate([there, back]).mean()),
        float(max(np.percentile(there, 95), np.percentile(back, 95))),
    )


def _outline_points(mask: NDArray[np.bool_], spacing: tuple[float, float]) -> NDArray[np.float64]:
    """Points along all outlines of a mask, shape (n, 2), in mm."""
    points = [_along(curve) * spacing for curve in find_contours(mask.astype(np.float64), 0.5)]
    if not points:
        raise InputError(
            f"Measuring distances between outlines: a region has none, it holds {int(mask.sum())} "
            f"of {mask.size} pixels."
        )
    return np.concatenate(points)


def _along(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evenly spaced points on a curve of shape (points, 2)."""
    length = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1)))
    at = np.linspace(0.0, length[-1], max(2, round(length[-1] / _STEP_PX) + 1))
    return np.stack([np.interp(at, length, curve[:, axis]) for axis in (0, 1)], axis=1)
