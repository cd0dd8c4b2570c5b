"""What the results of several images say of one patient, nothing counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from calcimetry.files.results import HandResult, Result
from calcimetry.measurement.burden import Burden, combined, total_burden
from calcimetry.model.report import Status

#: Columns that say whose an image is, when it was taken and what a picture shows.
PATIENT, VISIT, SIDE, FINGER = "patient", "visit", "side", "finger"


@dataclass(frozen=True, slots=True)
class PatientResult:
    """One visit of one patient: a row of patients.csv.

    `patient` and `visit` are study codes or pseudonyms, `visit` empty where nobody
    says. `counted` are the images whose lesions were added up, of `image_count` in all. `burden`
    is None where nothing was measured or the images cannot be added up; `reason`
    then says why.
    """

    patient: str
    visit: str
    status: Status
    reason: str
    image_count: int
    counted: tuple[str, ...]
    hands: tuple[str, ...]
    burden: Burden | None


@dataclass(frozen=True, slots=True)
class _Sum:
    """Parts that share no lesion, and what was said on the way; no parts: refused."""

    parts: tuple[Burden, ...] = ()
    counted: tuple[str, ...] = ()
    hands: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def patient_results(results: Iterable[Result]) -> tuple[PatientResult, ...]:
    """Add up the images of each patient and visit, in the order in which they are met.

    One image gives its total. Of several volumes each hand, or each finger where
    images show different ones, counts once, in the image that shows most of its
    fingers. Of several pictures each finger counts once, in the picture with the
    largest area. Pictures are not added to volumes. Where it cannot be told whether
    two images show the same thing, nothing is added up.

    Parameters
    ----------
    results : iterable of Result
        Of a results folder. Images of no known patient are left out.

    Returns
    -------
    tuple of PatientResult
    """
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if result.columns.get(PATIENT):
            key = (result.columns[PATIENT], result.columns.get(VISIT, ""))
            groups.setdefault(key, []).append(result)
    return tuple(_patient(*key, group) for key, group in groups.items())


def _patient(patient: str, visit: str, results: Sequence[Result]) -> PatientResult:
    measured = [one for one in results if one.measured]
    volumes = [one for one in measured if one.is_volume]
    pictures = [one for one in measured if not one.is_volume]
    reasons = [f"not measured: {one.image}" for one in results if not one.measured]
    found = _of_volumes(volumes) if volumes else _of_pictures(pictures)
    if volumes and pictures:
        reasons.append(
            f"{len(pictures)} pictures are not counted: areas of pictures and of volumes do not "
            "add up"
        )
    reasons += found.reasons
    status: Status = "failed" if not found.parts else "partial" if reasons else "complete"
    return PatientResult(
        patient=patient,
        visit=visit,
        status=status,
        reason="; ".join(reasons),
        image_count=len(results),
        counted=found.counted,
        hands=found.hands,
        burden=combined(found.parts) if found.parts else None,
    )


def _of_volumes(volumes: Sequence[Result]) -> _Sum:
    if len(volumes) == 1:
        (only,) = volumes
        return _Sum(
            (_burden(only),),
            (only.image,),
            _sides(only.hands),
            _told([(hand.name, hand.reason) for hand in only.hands]),
        )
    shown = [(result, hand) for result in volumes for hand in result.hands]
    untold = [result.image for result, hand in shown if hand.side is None or not hand.digits]
    untold += [result.image for result in volumes if not result.hands]
    if untold:
        names = ", ".join(dict.fromkeys(untold))
        reason = (
            f"{len(volumes)} volumes are not added up: which hand or finger {names} shows is not "
            "known, so that one might count twice"
        )
        return _Sum(reasons=(reason,))
    shown.sort(key=lambda pair: -len(pair[1].digits))  # stable: the earlier of equal ones
    chosen: list[tuple[Result, HandResult]] = []
    reasons: list[str] = []
    for result, hand in shown:
        same = [
            (other, taken)
            for other, taken in chosen
            if taken.side == hand.side and set(taken.digits) & set(hand.digits)
        ]
        if same:
            others = ", ".join(dict.fromkeys(other.image for other, _ in same))
            reasons.append(f"{hand.name} of {result.image} is not counted: {others} shows it")
        else:
            chosen.append((result, hand))
    reasons += _told([(f"{hand.name} of {one.image}", hand.reason) for one, hand in chosen])
    return _Sum(
        tuple(hand.burden for _, hand in chosen),
        tuple(dict.fromkeys(result.image for result, _ in chosen)),
        _sides([hand for _, hand in chosen]),
        tuple(reasons),
    )


def _burden(result: Result) -> Burden:
    """That of one image, with the intervals that its own settings gave it."""
    total = total_burden(result.lesions, result.is_volume, result.not_measured.get("mass_mg", ""))
    return replace(
        total, area_interval=result.area_interval, volume_interval=result.volume_interval
    )


def _of_pictures(pictures: Sequence[Result]) -> _Sum:
    if not pictures:
        return _Sum()
    by_finger: dict[tuple[str, str], list[Result]] = {}
    sides_told = all(one.columns.get(SIDE) for one in pictures)
    for one in pictures:
        finger = one.columns.get(FINGER, "").casefold()
        if not finger and len(pictures) > 1:
            reason = (
                f"{len(pictures)} pictures are not added up: {one.image} does not say which finger "
                f"it shows (column {FINGER} of the manifest), so that one might count twice"
            )
            return _Sum(reasons=(reason,))
        side = one.columns.get(SIDE, "").casefold() if sides_told else ""
        by_finger.setdefault((side, finger), []).append(one)
    chosen, reasons = [], []
    for (side, finger), same in by_finger.items():
        best = max(same, key=lambda one: one.area_mm2 or 0.0)
        chosen.append(best)
        if len(same) > 1:
            name = " ".join(filter(None, (side, finger)))
            reasons.append(
                f"{len(same)} pictures show the {name} finger: {best.image} counts, whose area is "
                "largest"
            )
    reasons += _told([(one.image, one.told_reason) for one in chosen])
    return _Sum(
        tuple(_burden(one) for one in chosen),
        tuple(one.image for one in chosen),
        tuple(sorted({side for side, _ in by_finger if side})),
        tuple(reasons),
    )


def _sides(hands: Sequence[HandResult]) -> tuple[str, ...]:
    return tuple(sorted({hand.side for hand in hands if hand.side}))


def _told(reasons: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{name}: {why}" for name, why in reasons if why)
