"""A volume's hands one by one: which fingers of each are seen, and the totals of its lesions."""

from __future__ import annotations

from collections.abc import Iterable

from calcimetry.files.results import FingerResult, HandResult
from calcimetry.measurement.burden import counted, total_burden
from calcimetry.measurement.score import score_factors
from calcimetry.model import Digit, Hand, Report
from calcimetry.model.hand import hand_of
from calcimetry.settings import Settings

#: Fingers of a whole hand, the thumb among them.
_DIGITS = tuple(int(digit) for digit in Digit if digit is not Digit.UNKNOWN)


def hand_results(
    report: Report, fingers: Iterable[FingerResult], settings: Settings | None = None
) -> tuple[HandResult, ...]:
    """One result per hand of a volume.

    A lesion counts for the hand whose bone, wrist and forearm included, is nearest to it.

    Parameters
    ----------
    report : Report
        Of a volume; a picture has no hands.
    fingers : iterable of FingerResult
        What `calcimetry.study.fingers.finger_results` gives.
    settings : Settings, optional
        Those it was measured with: totals have their intervals from them, and `score` says whether
        to add what a radiographic score asks of each place.

    Returns
    -------
    tuple of HandResult
        Status "partial" where a finger was not found or is partial itself, or the
        side could not be told, with the reason.
    """
    owners = [
        hand_of(report.hands, one.bone, report.image.grid.index_to_mm(one.centre))
        for one in report.lesions
    ]
    settings = settings or Settings()
    told = iter(fingers)
    results = []
    for hand in report.hands:
        own = [next(told) for _ in hand.fingers]
        lesions = [one for one, owner in zip(report.lesions, owners, strict=True) if owner is hand]
        reason = _reason(hand, own)
        side = hand.laterality
        results.append(
            HandResult(
                name=hand.name,
                side=None if side is None else side.name.lower(),
                digits=tuple(sorted({one.digit for one in own if one.digit})),
                finger_count=len(own),
                status="partial" if reason else "complete",
                reason=reason,
                burden=total_burden(
                    lesions, True, report.uncalibrated, settings.area_error, settings.volume_error
                ),
                sites=score_factors(report, hand, counted(lesions)) if settings.score else (),
            )
        )
    return tuple(results)


def _reason(hand: Hand, fingers: list[FingerResult]) -> str:
    """Why a hand is not seen whole, in the words of its fingers' names."""
    missing = [n for n in _DIGITS if n not in {one.digit for one in fingers}]
    unnamed = [one for one in fingers if not one.digit]
    reasons = [hand.reason]
    if missing and not unnamed:
        names = ", ".join(Digit(n).name.lower() for n in missing)
        reasons.append(f"not found: {names}")
    elif missing:
        reasons.append(f"{len(fingers)} of {len(_DIGITS)} fingers found, which one is not told")
    partial = [one.name for one in fingers if one.status != "complete" and one.digit]
    if partial:
        reasons.append(f"seen in part: {', '.join(partial)}")
    return "; ".join(filter(None, reasons))
