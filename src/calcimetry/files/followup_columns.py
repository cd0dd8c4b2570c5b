"""The columns of the tables of a follow-up, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from calcimetry.followup.course import Step, Track
from calcimetry.followup.result import (
    BoneAlignment,
    Category,
    Change,
    Kind,
    LesionChange,
    main_change,
)
from calcimetry.model import Interval, Lesion, bone_name

#: What can have become of a lesion, as followup_patients.csv counts it.
KINDS: tuple[Kind, ...] = (
    *("persisted", "appeared", "disappeared", "merged", "split", "regrouped", "not compared"),
)
#: Likewise, with a column that came later.
LATER_KINDS: tuple[Kind, ...] = ("seen once",)
#: And what a change means.
CATEGORIES: tuple[Category, ...] = ("progression", "stable", "improvement", "below detection")


def _change_columns(quantity: str) -> tuple[str, ...]:
    name = quantity.rpartition("_")[0]
    percent = f"{name}_change_percent"
    return (
        *(f"{quantity}_first", f"{quantity}_last", f"{quantity}_change"),
        *(f"{quantity}_change_low", f"{quantity}_change_high"),
        *(percent, f"{percent}_low", f"{percent}_high"),
        *(f"{name}_detectable_increase_percent", f"{name}_detectable_decrease_percent"),
        *(f"{name}_category", f"{name}_rule_25"),
    )


_VOLUME, _MASS, _AREA = map(_change_columns, ("volume_mm3", "mass_mg", "area_mm2"))
_COMPARED = ("patient", "name", "visit_first", "visit_last", "days", "image_first", "image_last")
#: Columns are only ever appended.
FOLLOWUP_COLUMNS = (
    *_COMPARED,
    *("track", "tracking_id", "tracking_uid", "side", "digit", "bone", "lesions_first"),
    *("lesions_last", "match", "score", "overlap", "gap_mm", "shift_mm", "by_user"),
    *("category", "rule_25", "reason"),
    *(*_VOLUME, *_MASS, *_AREA),
    *("long_axis_mm_first", "long_axis_mm_last", "short_axis_mm_first", "short_axis_mm_last"),
    *("same_long_axis_mm_first", "same_long_axis_mm_last"),
    *("same_short_axis_mm_first", "same_short_axis_mm_last", "axis_turned_deg", "material"),
    *("category_by", "measured_together"),
)
FOLLOWUP_FINGER_COLUMNS = (
    *(*_COMPARED, "side", "digit", *_VOLUME, *_MASS, *_AREA),
    *("category", "rule_25", "category_by"),
)
FOLLOWUP_PATIENT_COLUMNS = (
    *("patient", "visit_first", "visit_last", "days", "status", "reason", "images_first"),
    *("images_last", "hands", "category", "rule_25"),
    *(f"{kind.replace(' ', '_')}_count" for kind in KINDS),
    *(f"{category.replace(' ', '_')}_count" for category in CATEGORIES),
    *(*_VOLUME, *_MASS, *_AREA),
    "category_by",
    *(f"{kind.replace(' ', '_')}_count" for kind in LATER_KINDS),
)
ALIGNMENT_COLUMNS = (
    *("patient", "name", "visit_last", "image_first", "image_last", "bone"),
    *("residual_mm", "together_share", "accepted", "reason"),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """Which two images a row is about.

    `days` lie between the two, None where the files do not say when they were taken.
    """

    patient: str
    name: str
    visit_first: int
    visit_last: int
    days: int | None
    image_first: str
    image_last: str

    def cells(self) -> dict[str, object]:
        """What every row of the comparison begins with."""
        return {name: getattr(self, name) for name in _COMPARED}


@dataclass(frozen=True, slots=True)
class PatientChange:
    """What became of one patient by one later visit: a row of followup_patients.csv.

    `status` is ``complete``, ``partial`` where something was not compared, and ``failed``
    where nothing was; `reason` says which and why.
    """

    patient: str
    visit_first: int
    visit_last: int
    days: int | None
    status: str
    reason: str
    images_first: tuple[str, ...] = ()
    images_last: tuple[str, ...] = ()
    hands: tuple[str, ...] = ()
    kinds: Mapping[str, int] | None = None
    categories: Mapping[str, int] | None = None
    changes: Mapping[str, Change] | None = None


def lesion_change_row(
    compared: Compared, track: Track, step: Step, lesions: tuple[Sequence[Lesion], Sequence[Lesion]]
) -> dict[str, object]:
    """One row of followup.csv; `lesions` are those of the first and the last visit."""
    change = step.change
    first, last = lesions
    material = next((one.material for one in (*last, *first) if one.material), None)
    return {
        **compared.cells(),
        "track": track.number,
        "tracking_id": track.tracking_id,
        "tracking_uid": track.tracking_uid,
        "side": next((one.side for one in (*first, *last) if one.side), None),
        "digit": next((one.digit for one in (*first, *last) if one.digit), None),
        "bone": bone_name(change.bone) if change.bone else "",
        "lesions_first": " ".join(map(str, change.baseline)),
        "lesions_last": " ".join(map(str, change.later)),
        "match": change.kind,
        "score": change.score,
        "overlap": change.overlap,
        "gap_mm": change.gap_mm,
        "shift_mm": change.shift_mm,
        "by_user": change.by_user,
        **_verdict_cells(change.changes),
        "reason": _reasons(change),
        **change_cells(change.changes),
        **_axis_cells("first", first),
        **_axis_cells("last", last),
        **_same_axes_cells(step),
        "material": material,
        "measured_together": bool(change.together),
    }


def finger_change_row(
    compared: Compared, side: str | None, digit: int, changes: Mapping[str, Change]
) -> dict[str, object]:
    """One row of followup_fingers.csv; digit 0 is what no finger's bone is nearest to."""
    return {
        **compared.cells(),
        "side": side,
        "digit": digit or None,
        **_verdict_cells(changes),
        **change_cells(changes),
    }


def patient_change_row(patient: PatientChange) -> dict[str, object]:
    """One row of followup_patients.csv."""
    changes = patient.changes or {}
    return {
        "patient": patient.patient,
        "visit_first": patient.visit_first,
        "visit_last": patient.visit_last,
        "days": patient.days,
        "status": patient.status,
        "reason": patient.reason,
        "images_first": "; ".join(patient.images_first),
        "images_last": "; ".join(patient.images_last),
        "hands": " ".join(patient.hands),
        **_verdict_cells(changes),
        **_counts((*KINDS, *LATER_KINDS), patient.kinds),
        **_counts(CATEGORIES, patient.categories),
        **change_cells(changes),
    }


def alignment_row(compared: Compared, alignment: BoneAlignment) -> dict[str, object]:
    """One row of alignments.csv."""
    own = ("patient", "name", "visit_last", "image_first", "image_last")
    return {
        **{name: value for name, value in compared.cells().items() if name in own},
        "bone": bone_name(alignment.bone),
        "residual_mm": alignment.residual_mm,
        "together_share": alignment.together_share,
        "accepted": alignment.accepted,
        "reason": alignment.reason,
    }


def _verdict_cells(changes: Mapping[str, Change]) -> dict[str, object]:
    """What the change means that is known best, and which quantity's that is."""
    main = main_change(changes)
    if main is None:
        return {}
    by = main.quantity.rpartition("_")[0]
    return {"category": main.category, "rule_25": main.rule_25, "category_by": by}


def change_cells(changes: Mapping[str, Change]) -> dict[str, object]:
    """Cells of all quantities; those of one that was not compared are left out."""
    cells: dict[str, object] = {}
    for quantity, change in changes.items():
        name = quantity.rpartition("_")[0]
        cells |= {
            f"{quantity}_first": change.first,
            f"{quantity}_last": change.last,
            f"{quantity}_change": change.absolute,
            **_ends(f"{quantity}_change", change.absolute_interval),
            f"{name}_change_percent": change.relative_percent,
            **_ends(f"{name}_change_percent", change.relative_interval),
            f"{name}_detectable_increase_percent": change.detectable_increase_percent,
            f"{name}_detectable_decrease_percent": change.detectable_decrease_percent,
            f"{name}_category": change.category,
            f"{name}_rule_25": change.rule_25,
        }
    return cells


def _counts(names: Iterable[str], counts: Mapping[str, int] | None) -> dict[str, object]:
    if counts is None:
        return {}
    return {f"{name.replace(' ', '_')}_count": counts.get(name, 0) for name in names}


def _ends(name: str, interval: Interval | None) -> dict[str, object]:
    return {f"{name}_low": interval.low, f"{name}_high": interval.high} if interval else {}


def _axis_cells(which: str, lesions: Sequence[Lesion]) -> dict[str, object]:
    """Axes as they were measured at one visit, of its largest lesion where there are several."""
    largest = max(lesions, key=lambda one: one.area_mm2, default=None)
    if largest is None:
        return {}
    return {
        f"long_axis_mm_{which}": largest.long_axis_mm,
        f"short_axis_mm_{which}": largest.short_axis_mm,
    }


def _same_axes_cells(step: Step) -> dict[str, object]:
    axes = step.change.axes
    if axes is None:
        return {}
    return {
        "same_long_axis_mm_first": axes.long_first_mm,
        "same_long_axis_mm_last": axes.long_last_mm,
        "same_short_axis_mm_first": axes.short_first_mm,
        "same_short_axis_mm_last": axes.short_last_mm,
        "axis_turned_deg": axes.turned_deg,
    }


def _reasons(change: LesionChange) -> str:
    """Why something is empty; that what shows once has no same axes goes without saying."""
    told: dict[str, list[str]] = {}
    for quantity, why in change.not_measured.items():
        if quantity != "axes" or (change.baseline and change.later):
            told.setdefault(why, []).append(quantity)
    reasons = [f"{', '.join(what)}: {why}" for why, what in told.items()]
    return "; ".join(filter(None, [change.reason, *reasons]))
