"""What a comparison's rows say of each method, and how sure one can be of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calcimetry.agreement.clustered import clustered_difference
from calcimetry.agreement.concordance import concordance
from calcimetry.errors import NotMeasurable
from calcimetry.model import Interval
from calcimetry.reproduction.rows import Row
from calcimetry.reproduction.scores import Score

#: The method that all others are compared with.
REFERENCE = "unet"
#: The same draws of patients for every difference, and in every run.
_SEED = 5
_NO_PATIENTS = (
    "the data do not say which patient each picture is of (column patient of manifest.csv), and "
    "pictures of one patient are no independent evidence"
)

#: What differences are taken of: a number of one answer, None where it has none.
QUANTITIES: Mapping[str, Callable[[Score], float | None]] = {
    "bone_dice": lambda score: score.bone_dice,
    "surface_mean_mm": lambda score: score.surface_mean_mm,
    "area_absolute_error_mm2": lambda score: (
        None if score.area_difference_mm2 is None else abs(score.area_difference_mm2)
    ),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A method minus the reference, over the pictures that both answered.

    `mean` is None where there is no such picture, `interval` where it cannot be told;
    `reason` then says why.
    """

    mean: float | None
    interval: Interval | None
    pictures: int
    patients: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class MethodSummary:
    """What one method gave over all pictures.

    Means are over the pictures it answered and that have the number; None where there is
    none. `bone_dice_of_all` counts a picture without an answer as 0. `area_bias_mm2` is the
    mean of measured minus true.
    """

    method: str
    pictures: int
    answered: int
    bone_dice: float | None
    bone_dice_worst: float | None
    bone_dice_of_all: float
    phalanx_dice: float | None
    proximal_dice: float | None
    middle_dice: float | None
    distal_dice: float | None
    metacarpal_dice: float | None
    surface_mean_mm: float | None
    surface_p95_mm: float | None
    area_bias_mm2: float | None
    area_absolute_error_mm2: float | None
    area_concordance: float | None
    #: Median of the pictures answered.
    seconds: float | None
    #: The most that its process ever held.
    memory_mib: float | None
    #: By name of the quantity (`QUANTITIES`).
    differences: Mapping[str, Difference]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rows of a comparison, and the summary of each method, in their order."""

    rows: tuple[Row, ...]
    methods: tuple[MethodSummary, ...]

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows without an answer."""
        return tuple(row for row in self.rows if row.score is None)


def compared(rows: Sequence[Row], methods: Sequence[str]) -> Comparison:
    """Summarise the rows of each method.

    Parameters
    ----------
    rows : sequence of Row
        One per picture and method.
    methods : sequence of str
        In the order of the summary.

    Returns
    -------
    Comparison
    """
    reference = _by_picture(rows, REFERENCE)
    return Comparison(
        tuple(rows), tuple(_summary(name, _by_picture(rows, name), reference) for name in methods)
    )


def _by_picture(rows: Iterable[Row], method: str) -> dict[str, Row]:
    return {row.image: row for row in rows if row.method == method}


def _summary(method: str, rows: Mapping[str, Row], reference: Mapping[str, Row]) -> MethodSummary:
    scores = [row.score for row in rows.values() if row.score is not None]
    dices = [score.bone_dice for score in scores]
    pairs = [
        (score.area_mm2, score.true_area_mm2) for score in scores if score.true_area_mm2 is not None
    ]
    memory = [row.memory_mib for row in rows.values() if row.memory_mib is not None]
    seconds = [row.seconds for row in rows.values() if row.score is not None]
    return MethodSummary(
        method=method,
        pictures=len(rows),
        answered=len(scores),
        bone_dice=_mean(dices),
        bone_dice_worst=min(dices, default=None),
        bone_dice_of_all=sum(dices) / max(len(rows), 1),
        phalanx_dice=_mean(score.phalanx_dice for score in scores),
        proximal_dice=_mean(score.proximal_dice for score in scores),
        middle_dice=_mean(score.middle_dice for score in scores),
        distal_dice=_mean(score.distal_dice for score in scores),
        metacarpal_dice=_mean(score.metacarpal_dice for score in scores),
        surface_mean_mm=_mean(score.surface_mean_mm for score in scores),
        surface_p95_mm=_mean(score.surface_p95_mm for score in scores),
        area_bias_mm2=_mean(score.area_difference_mm2 for score in scores),
        area_absolute_error_mm2=_mean(map(QUANTITIES["area_absolute_error_mm2"], scores)),
        area_concordance=_concordance(pairs),
        seconds=float(np.median(seconds)) if seconds else None,
        memory_mib=max(memory, default=None),
        differences={
            name: _difference(method, rows, reference, quantity)
            for name, quantity in QUANTITIES.items()
        },
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _concordance(pairs: Sequence[tuple[float, float]]) -> float | None:
    try:
        return concordance([measured for measured, _ in pairs], [true for _, true in pairs])
    except NotMeasurable:
        return None


def _difference(
    method: str,
    rows: Mapping[str, Row],
    reference: Mapping[str, Row],
    quantity: Callable[[Score], float | None],
) -> Difference:
    if method == REFERENCE:
        return Difference(None, None, 0, None, "it is what the others are compared with")
    if not reference:
        return Difference(None, None, 0, None, f"{REFERENCE} is not among the methods compared")
    own, other, patients = [], [], []
    for name, row in rows.items():
        first, second = _value(row, quantity), _value(reference.get(name), quantity)
        if first is not None and second is not None:
            own.append(first)
            other.append(second)
            patients.append(row.patient)
    if not own:
        return Difference(None, None, 0, None, "there is no picture for which both have a number")
    mean = float(np.mean(own) - np.mean(other))
    if not all(patients):
        return Difference(mean, None, len(own), None, _NO_PATIENTS)
    try:
        found = clustered_difference(own, other, patients, np.random.default_rng(_SEED))
    except NotMeasurable:
        why = "all pictures are of one patient: nothing tells how much patients differ"
        return Difference(mean, None, len(own), 1, why)
    return Difference(found.mean, found.interval, found.pairs, found.patients, "")


def _value(row: Row | None, quantity: Callable[[Score], float | None]) -> float | None:
    return None if row is None or row.score is None else quantity(row.score)
