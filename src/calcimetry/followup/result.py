"""What comparing two visits gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calcimetry.followup.visit import Visit
from calcimetry.model.geometry import read_only_copy
from calcimetry.model.lesion import Interval

FloatArray = NDArray[np.float64]

#: What became of a lesion.
Kind = Literal[
    "persisted",
    "appeared",
    "disappeared",
    "merged",
    "split",
    "regrouped",
    "not compared",
    "seen once",
]
#: What a change means.
Category = Literal["progression", "stable", "improvement", "below detection"]
#: What can change.
Quantity = Literal["volume_mm3", "area_mm2", "mass_mg"]
QUANTITIES: tuple[Quantity, ...] = ("volume_mm3", "area_mm2", "mass_mg")


@dataclass(frozen=True, eq=False, slots=True)
class BoneAlignment:
    """One bone of the later visit laid onto the baseline's.

    Parameters
    ----------
    bone : int
        Its label at the baseline.
    turn : array, shape (3, 3)
    shift_mm : array, shape (3,)
        ``baseline = later @ turn.T + shift_mm``, LPS mm.
    residual_mm : float
        Root mean square distance between the two surfaces where they lie together.
    together_share : float
        How much of the smaller surface does, 0 to 1.
    accepted : bool
        Whether lesions are carried by it.
    reason : str
        Why not; empty where it is.
    later_bone : int
        What the later visit calls the bone: the same, or 0 for that, unless a visit could not tell
        its side or gave the bone another name.
    """

    bone: int
    turn: FloatArray
    shift_mm: FloatArray
    residual_mm: float
    together_share: float
    accepted: bool
    reason: str = ""
    later_bone: int = 0

    def __post_init__(self) -> None:
        for name in ("turn", "shift_mm"):
            object.__setattr__(self, name, read_only_copy(getattr(self, name), np.float64))
        object.__setattr__(self, "later_bone", self.later_bone or self.bone)

    def to_baseline(self, points_mm: ArrayLike) -> FloatArray:
        """Where points (..., 3) of the later visit lie at the baseline."""
        return np.asarray(np.asarray(points_mm, np.float64) @ self.turn.T + self.shift_mm)

    def to_later(self, points_mm: ArrayLike) -> FloatArray:
        """Where points (..., 3) of the baseline lie at the later visit."""
        return np.asarray((np.asarray(points_mm, np.float64) - self.shift_mm) @ self.turn)

    def __reduce__(self) -> tuple[Any, ...]:
        return BoneAlignment, tuple(getattr(self, name) for name in self.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Change:
    """How one quantity changed; docs/measurements.md defines each number.

    `first` and `last` are the sizes that are compared: those of each visit, or, where lesions
    were measured together, the same sum shared out as the region of both visits says.

    A number is None where it does not exist, such as the relative change of what was not there.
    """

    quantity: Quantity
    first: float
    last: float
    absolute: float
    absolute_interval: Interval | None
    relative_percent: float | None
    relative_interval: Interval | None
    #: Minimal detectable change: increases beyond the first and decreases beyond the
    #: second (positive) are more than error, with 95% confidence; in percent of `first`.
    detectable_increase_percent: float | None
    detectable_decrease_percent: float | None
    category: Category
    #: What the published rule of 25% says, whatever the error.
    rule_25: Category


@dataclass(frozen=True, slots=True)
class SameAxes:
    """Calliper readings of a lesion along the baseline's own directions, at both visits, in mm.

    The directions are those of the baseline's long and short axis, carried by the nearest
    bone. Each reading is the longest chord of the outline in that direction, in the plane of
    the baseline's section in which the lesion's area is largest; both visits are read off the
    label map in one way. `turned_deg` is the angle between the long axis measured afresh at the
    later visit and that direction, 0 to 90.
    """

    long_first_mm: float
    long_last_mm: float
    short_first_mm: float
    short_last_mm: float
    turned_deg: float | None


def main_change(changes: Mapping[str, Change]) -> Change | None:
    """The change that decides what became of a lesion or a total.

    Parameters
    ----------
    changes : mapping of str to Change
        By quantity.

    Returns
    -------
    Change or None
        Of volume and mass the one that is known better, whose detectable change is the least:
        mostly that of mass, which hardly hangs on where a border is drawn. Volume for what was
        there at one visit alone, area where there is no volume; None where there is neither.
    """
    known = [changes[name] for name in ("volume_mm3", "mass_mg") if name in changes]
    if not known:
        return changes.get("area_mm2")
    if any(one.detectable_increase_percent is None for one in known):
        return known[0]
    return min(known, key=lambda one: one.detectable_increase_percent or 0.0)


@dataclass(frozen=True, eq=False, slots=True)
class LesionChange:
    """One lesion, or several that merged or split, at both visits.

    Parameters
    ----------
    tracking_id, tracking_uid : str
        Name and UID of the lesion that stay the same at every visit, for the structured
        report (DCM 112039, 112040).
    kind : str
        What became of it.
    baseline, later : tuple of int
        Its lesion numbers at each visit; empty where it has none.
    bone : int
        Label of the bone that it lies at: the baseline's, or where it has none the later
        visit's.
    score : float
        How sure the match is, 0 to 1; 1 for what the user paired.
    overlap : float
        Part of the smaller of the two that both fill after alignment, 0 to 1.
    gap_mm : float or None
        Least distance between the two after alignment; None for a lesion of one visit.
    shift_mm : float or None
        Distance between their centres after alignment.
    by_user : bool
        Paired by the user.
    changes : mapping of str to Change
        By quantity.
    axes : SameAxes or None
    reason : str
        Why it was not compared; empty where it was.
    not_measured : mapping of str to str
        Why a quantity is not among `changes`, or there are no axes, by its name.
    together : mapping of str to float
        Later over first size of the quantities that were measured in one region at both visits.
    """

    tracking_id: str
    tracking_uid: str
    kind: Kind
    baseline: tuple[int, ...]
    later: tuple[int, ...]
    bone: int
    score: float
    overlap: float
    gap_mm: float | None
    shift_mm: float | None
    by_user: bool = False
    changes: Mapping[str, Change] = field(default_factory=dict)
    axes: SameAxes | None = None
    reason: str = ""
    not_measured: Mapping[str, str] = field(default_factory=dict)
    together: Mapping[Quantity, float] = field(default_factory=dict)

    @property
    def category(self) -> Category | None:
        """What the change means that is known best (`main_change`); None where there is none."""
        change = main_change(self.changes)
        return change.category if change else None


@dataclass(frozen=True, eq=False, slots=True)
class FollowUp:
    """Two visits compared.

    Parameters
    ----------
    baseline, later : Visit
    alignments : tuple of BoneAlignment
        Of every bone that both show, by label.
    lesions : tuple of LesionChange
        Every lesion of both visits, in exactly one of them; those of urate too.
    totals : mapping of str to Change
        By quantity, over the calcium lesions that were compared.
    fingers : mapping of (str or None, int) to mapping of str to Change
        The same by side and digit (0 for what is no finger's, such as at a carpal).
    warnings : tuple of str
        What makes the comparison less sure, and which lesions were not compared.
    not_measured : mapping of str to str
        Why a quantity has no total, by its name.
    """

    baseline: Visit
    later: Visit
    alignments: tuple[BoneAlignment, ...]
    lesions: tuple[LesionChange, ...]
    totals: Mapping[str, Change]
    fingers: Mapping[tuple[str | None, int], Mapping[str, Change]]
    warnings: tuple[str, ...] = ()
    not_measured: Mapping[str, str] = field(default_factory=dict)
