"""A volume's fingers one by one: what is seen of each, and the totals of its lesions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from calcimetry.files.results import FingerResult
from calcimetry.measurement.burden import total_burden
from calcimetry.model import Finger, Lesion, PhalanxCoverage, Report
from calcimetry.model.hand import finger_of
from calcimetry.settings import Settings


def finger_results(report: Report, settings: Settings | None = None) -> tuple[FingerResult, ...]:
    """One result per finger, hand by hand and the thumb first.

    A lesion counts for the finger whose bone, metacarpal included, is nearest to it;
    one nearest to a carpal or the forearm counts for none, but in the image's totals.

    Parameters
    ----------
    report : Report
        Of a volume; a picture has no fingers.
    settings : Settings, optional
        Those it was measured with: totals have their intervals from them.

    Returns
    -------
    tuple of FingerResult
        Status "partial" where a phalanx is not seen whole, or the digit or side
        could not be told, with the reason.
    """
    settings = settings or Settings()
    owners = [
        finger_of(report.hands, one.bone, report.image.grid.index_to_mm(one.centre))
        for one in report.lesions
    ]
    return tuple(
        _result(
            report,
            finger,
            [one for one, owner in zip(report.lesions, owners, strict=True) if owner is finger],
            settings,
        )
        for hand in report.hands
        for finger in hand.fingers
    )


def _result(
    report: Report, finger: Finger, lesions: Sequence[Lesion], settings: Settings
) -> FingerResult:
    coverage = [
        one
        for one in dict.fromkeys(report.coverage)
        if (one.phalanx.digit, one.phalanx.laterality) == (finger.digit, finger.laterality)
    ]
    reason = "; ".join(filter(None, (finger.reason, *(one.reason for one in coverage))))
    burden = total_burden(
        lesions, True, report.uncalibrated, settings.area_error, settings.volume_error
    )
    side = finger.laterality
    return FingerResult(
        name=finger.name,
        side=None if side is None else side.name.lower(),
        digit=int(finger.digit),
        status="partial" if reason else "complete",
        reason=reason,
        coverage=states(coverage),
        visible_share=visible_shares(coverage),
        **{one.name: getattr(burden, one.name) for one in fields(burden)},
    )


def states(coverage: Sequence[PhalanxCoverage]) -> dict[str, str]:
    """What was found of each phalanx of one finger, by the column's name."""
    return {one.phalanx.bone.name.lower(): one.state for one in coverage}


def visible_shares(coverage: Sequence[PhalanxCoverage]) -> dict[str, float]:
    """How much is seen of each phalanx of one finger, by the column's name."""
    return {
        f"visible_share_{one.phalanx.bone.name.lower().removesuffix('_phalanx')}": one.visible_share
        for one in coverage
    }
