"""What a radiographic score of calcinosis asks of each place of a hand, from CT.

Chung et al. (Arthritis Care Res 2015;67:425-430, doi:10.1002/acr.22434) score calcinosis on
radiographs of the hand by its area coverage, its density and its anatomic location. Their
abstract names these three factors, but neither how each is graded nor how they are combined;
the weights could not be verified, so no score is computed here: only what it is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from calcimetry.model import Hand, Lesion, Report
from calcimetry.resample import resample_image

#: What is denser than this is tissue, not air.
TISSUE_HU = -300.0
_AIR_HU = -1024.0
#: Labels have 16 bits: this many values.
_LABELS = 1 << 16


@dataclass(frozen=True, slots=True)
class SiteFactors:
    """Calcification around one bone as seen from the back of the hand.

    Parameters
    ----------
    bone : int
        Label of the bone: the anatomic location.
    tissue_area_mm2 : float
        Of all tissue nearer to this bone than to any other, bone included.
    projected_area_mm2 : float
        Of it, what lies before or behind calcification.
    mean_thickness_mm : float or None
        How much calcification one looks through there, on average; None without any.
    """

    bone: int
    tissue_area_mm2: float
    projected_area_mm2: float
    mean_thickness_mm: float | None

    @property
    def area_coverage_percent(self) -> float:
        """Part of the tissue's area that calcification covers."""
        return 100.0 * self.projected_area_mm2 / self.tissue_area_mm2


def score_factors(report: Report, hand: Hand, lesions: Sequence[Lesion]) -> tuple[SiteFactors, ...]:
    """Look through a hand as a radiograph does, and divide it among its bones.

    Each pixel of the hand's grid, seen along its slices, belongs to the bone that
    is nearest in the plane; where bones lie behind each other, to the front one.

    Parameters
    ----------
    report : Report
        Of a volume.
    hand : Hand
        One of its hands.
    lesions : sequence of Lesion
        Those to count.

    Returns
    -------
    tuple of SiteFactors
        One per bone of the hand that is seen, by ascending label.
    """
    grid, source = hand.grid, report.image.grid
    hu = resample_image(report.image.array, source, grid, order=1, fill=_AIR_HU)
    both = report.bones.label_map * np.uint32(_LABELS) + report.lesion_map.label_map
    bones, found = np.divmod(resample_image(both, source, grid, order=0), _LABELS)
    calcium = np.isin(found, [one.number for one in lesions])
    front = np.take_along_axis(bones, (bones > 0).argmax(axis=0)[None], axis=0)[0]
    if not front.any():
        return ()
    slice_mm, row_mm, column_mm = grid.spacing
    nearest = ndimage.distance_transform_edt(
        front == 0, sampling=(row_mm, column_mm), return_distances=False, return_indices=True
    )
    site = front[tuple(nearest)]
    tissue = (hu > TISSUE_HU).any(axis=0)
    thickness_mm = calcium.sum(axis=0) * slice_mm
    pixel_mm2 = row_mm * column_mm
    factors = []
    for label in np.unique(front[front > 0]).tolist():
        own = tissue & (site == label)
        covered = own & (thickness_mm > 0)
        factors.append(
            SiteFactors(
                bone=int(label),
                tissue_area_mm2=float(own.sum() * pixel_mm2),
                projected_area_mm2=float(covered.sum() * pixel_mm2),
                mean_thickness_mm=float(thickness_mm[covered].mean()) if covered.any() else None,
            )
        )
    return tuple(one for one in factors if one.tissue_area_mm2 > 0)
