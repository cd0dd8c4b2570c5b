"""What became of each patient: all hands, or all fingers of pictures, together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from calcimetry.files.followup_columns import PatientChange
from calcimetry.followup.change import change_of
from calcimetry.followup.compare import FollowUpSettings
from calcimetry.followup.likeness import Likeness
from calcimetry.followup.result import QUANTITIES, Change
from calcimetry.study.followup_result import Part, SeriesResult
from calcimetry.study.followup_series import Unpaired, sides_of


def patient_changes(
    results: Sequence[SeriesResult], unpaired: Iterable[Unpaired], settings: FollowUpSettings
) -> tuple[PatientChange, ...]:
    """Add up what was compared of each patient by each later visit.

    Parameters
    ----------
    results : sequence of SeriesResult
        Those that failed, too. Of nobody known each stands for itself.
    unpaired : iterable of Unpaired
        Images that were not compared; those of a patient make its row partial.
    settings : FollowUpSettings
    """
    groups: dict[tuple[str, str], list[SeriesResult]] = {}
    for one in results:
        own = one.series.patient
        groups.setdefault((own, "" if own else one.series.baseline.image), []).append(one)
    left = list(unpaired)
    rows: list[PatientChange] = []
    for (patient, _), group in groups.items():
        missing = [
            f"not compared: {one.image}" for one in left if patient and one.patient == patient
        ]
        visits = sorted({number for one in group for number, _ in one.series.visits[1:]})
        rows += [_patient(patient, visit, group, missing, settings) for visit in visits]
    return tuple(rows)


def _patient(
    patient: str,
    visit: int,
    group: Sequence[SeriesResult],
    missing: Sequence[str],
    settings: FollowUpSettings,
) -> PatientChange:
    shown = [one for one in group if visit in dict(one.series.visits)]
    parts = [one.parts[visit] for one in shown if visit in one.parts]
    reasons = [*missing, *(one.reason for one in group if one.reason)]
    reasons += [
        f"no image of {one.series.name} at visit {visit}" for one in group if one not in shown
    ]
    reasons += [reason for part in parts for reason in part.reasons]
    remarks = [part.remark for part in parts if part.remark]
    kinds: Counter[str] = Counter()
    categories: Counter[str] = Counter()
    for part in parts:
        kinds.update(part.kinds)
        categories.update(part.categories)
    days = next((one.days[visit] for one in shown if visit in one.days), None)
    changes, untold = _changes(parts, settings)
    return PatientChange(
        patient=patient,
        visit_first=shown[0].series.visits[0][0] if shown else 1,
        visit_last=visit,
        days=days,
        status="failed" if not changes else "partial" if reasons else "complete",
        reason="; ".join(dict.fromkeys([*reasons, *untold, *remarks])),
        images_first=tuple(one.series.baseline.image for one in shown),
        images_last=tuple(dict(one.series.visits)[visit].image for one in shown),
        hands=tuple(sorted({side for one in shown for side in sides_of(one.series.baseline)})),
        kinds=kinds if parts and kinds else None,
        categories=categories if parts and kinds else None,
        changes=changes,
    )


def _changes(
    parts: Sequence[Part], settings: FollowUpSettings
) -> tuple[Mapping[str, Change], list[str]]:
    """Changes of all parts together, and why a quantity has none."""
    if len(parts) == 1:
        return parts[0].totals, []
    first = [one for part in parts for one in part.first]
    last = [one for part in parts for one in part.last]
    likeness = Likeness(
        mass_refused=next(
            (one.likeness.mass_refused for one in parts if one.likeness.mass_refused), ""
        ),
        other_scan=any(one.likeness.other_scan for one in parts),
        other_gain=any(one.likeness.other_gain for one in parts),
    )
    changes: dict[str, Change] = {}
    untold: list[str] = []
    # What no part has, such as the volume of pictures, needs no reason.
    for quantity in (one for one in QUANTITIES if any(one in part.totals for part in parts)):
        found = change_of(first, last, quantity, likeness, settings.change)
        if isinstance(found, Change):
            changes[quantity] = found
        else:
            untold.append(f"{quantity}: {found}")
    return changes, untold
