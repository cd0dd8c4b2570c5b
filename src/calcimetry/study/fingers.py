"""A volume's fingers one by one: what is seen of each, and the totals of its lesions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from calcimetry.coverage import phalanx_coverage
from calcimetry.files.results import FingerResult
from calcimetry.measurement.lesion_density import total_mass
from calcimetry.measurement.size import total_area
from calcimetry.measurement.volume_error import total_volume
from calcimetry.model import Finger, Lesion, Report
from calcimetry.model.hand import finger_of


def finger_results(report: Report) -> tuple[FingerResult, ...]:
    """One result per finger, hand by hand and the thumb first.

    A lesion counts for the finger whose bone, metacarpal included, is nearest to it;
    one nearest to a carpal or the forearm counts for none, but in the image's totals.

    Parameters
    ----------
    report : Report
        Of a volume; a picture has no fingers.

    Returns
    -------
    tuple of FingerResult
        Status "partial" where a phalanx is not seen whole, or the digit or side
        could not be told, with the reason.
    """
    owners = [
        finger_of(report.hands, one.bone, report.image.grid.index_to_mm(one.centre))
        for one in report.lesions
    ]
    return tuple(
        _result(
            report,
            finger,
            [one for one, owner in zip(report.lesions, owners, strict=True) if owner is finger],
        )
        for hand in report.hands
        for finger in hand.fingers
    )


def _result(report: Report, finger: Finger, lesions: Sequence[Lesion]) -> FingerResult:
    coverage = phalanx_coverage(report.bones, finger.digit, finger.laterality)
    reason = "; ".join(filter(None, (finger.reason, *(one.reason for one in coverage))))
    calcium = [lesion for lesion in lesions if lesion.is_calcium]
    area, area_interval = total_area(calcium)
    volume, volume_interval = total_volume(calcium)
    # Where the whole has no mass, nothing was calibrated, not even that of no lesion.
    mass, mass_interval = (
        (None, None) if report.mass_mg is None else total_mass(calcium, report.mass_shared_error)
    )
    side = finger.laterality
    return FingerResult(
        name=finger.name,
        side=None if side is None else side.name.lower(),
        digit=int(finger.digit),
        status="partial" if reason else "complete",
        reason=reason,
        coverage={one.phalanx.bone.name.lower(): one.state for one in coverage},
        lesion_count=len(calcium),
        area_mm2=area,
        area_interval=area_interval,
        ellipse_area_mm2=math.fsum(lesion.ellipse_area_mm2 for lesion in calcium),
        volume_mm3=volume,
        volume_interval=volume_interval,
        mass_mg=mass,
        mass_interval=mass_interval,
        urate_count=len(lesions) - len(calcium),
    )
