"""Many simulated patients: which fingers of whom, how many pictures, and what changes in time.

By default shaped like the source paper: 40 pictures of 3 patients to train on, and 31 of 13
other patients to test with, 8 of index fingers and 23 of others, 7 of them cut off by the
field of view. All show calcification.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from calcimetry.errors import SettingsError
from calcimetry.model import Digit, Laterality

#: Fingers that the paper looked at.
LESSER_DIGITS = (Digit.INDEX, Digit.MIDDLE, Digit.RING, Digit.LITTLE)
_MOST_PATIENTS, _MOST_IMAGES, _MOST_VISITS = 999, 40, 20


class Stream(IntEnum):
    """What random numbers are for; no two purposes share them."""

    PLAN = 0
    HAND = 1
    FINGER = 2
    SCAN = 3
    PATIENT_GROWTH = 4
    LESION_GROWTH = 5
    EXPORT = 6
    READING = 7
    POSE = 8


@dataclass(frozen=True, slots=True)
class Group:
    """Patients that belong together, such as those a program is tested on.

    Parameters
    ----------
    name : str
        Also how its patients are numbered: ``test-01``.
    patients, images : int
        How many; images are dealt out evenly.
    index_images : int or None
        How many of the images show index fingers; None leaves it to chance.
    cut_off : int
        How many images show no whole finger.

    Raises
    ------
    SettingsError
        If a number is impossible.
    """

    name: str
    patients: int
    images: int
    index_images: int | None = None
    cut_off: int = 0

    def __post_init__(self) -> None:
        index = 0 if self.index_images is None else self.index_images
        fits = (
            1 <= self.patients <= _MOST_PATIENTS
            and self.patients <= self.images <= _MOST_IMAGES * self.patients
            and 0 <= index <= self.images
            and 0 <= self.cut_off <= self.images
        )
        if not fits:
            raise SettingsError(
                f"Planning patients of group {self.name!r}: expected 1 to {_MOST_PATIENTS} "
                f"patients, 1 to {_MOST_IMAGES} images of each, and no more index fingers or cut "
                f"images than images; found {self.patients} patients, {self.images} images, "
                f"{index} of index fingers, {self.cut_off} cut off."
            )


#: The source paper's two sets.
PAPER_GROUPS = (Group("train", 3, 40), Group("test", 13, 31, index_images=8, cut_off=7))


@dataclass(frozen=True, slots=True)
class Growth:
    """How deposits change from visit to visit, in volume.

    A deposit's volume after t years is ``exp(t * (mean + p + d))`` times what it was, with p
    drawn once per patient and d once per deposit.

    Parameters
    ----------
    mean : float
        The default, log 1.128, is the published median change of a radiographic score in a
        year (Valenzuela 2022).
    patient_sd, lesion_sd : float
        Standard deviations of p and d; with the defaults about one deposit in three shrinks.

    Raises
    ------
    SettingsError
        If a spread is negative or anything is not finite.
    """

    mean: float = 0.12
    patient_sd: float = 0.2
    lesion_sd: float = 0.2

    def __post_init__(self) -> None:
        values = (self.mean, self.patient_sd, self.lesion_sd)
        if not all(map(math.isfinite, values)) or min(values[1:]) < 0:
            raise SettingsError(
                "Planning growth: expected finite numbers and spreads of 0 or more, found mean "
                f"{self.mean}, patient_sd {self.patient_sd}, lesion_sd {self.lesion_sd}."
            )


@dataclass(frozen=True, slots=True)
class Cohort:
    """What to simulate.

    Parameters
    ----------
    seed : int
        Decides everything that chance decides.
    groups : tuple of Group
    visits : int
        Of every patient.
    months : float
        Between two visits.
    growth : Growth

    Raises
    ------
    SettingsError
        If a number is impossible.
    """

    seed: int
    groups: tuple[Group, ...] = PAPER_GROUPS
    visits: int = 1
    months: float = 12.0
    growth: Growth = Growth()

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise SettingsError(
                f"Planning a cohort: the seed must be 0 or more, found {self.seed}."
            )
        if not (1 <= self.visits <= _MOST_VISITS and 0 < self.months <= 240):
            raise SettingsError(
                f"Planning a cohort: expected 1 to {_MOST_VISITS} visits, more than 0 and at most "
                f"240 months apart; found {self.visits} visits, {self.months:g} months apart."
            )


@dataclass(frozen=True, slots=True)
class PlannedFinger:
    """One finger of one patient, and the pictures wanted of it.

    `cut_off` has one value per picture: whether it shows no whole finger.
    """

    cohort: Cohort
    group: str
    patient: str
    #: Places of group and patient in the cohort, from 0: what the chance depends on.
    place: tuple[int, int]
    digit: Digit
    laterality: Laterality
    cut_off: tuple[bool, ...]

    @property
    def name(self) -> str:
        """Such as ``left-ring``."""
        return f"{self.laterality.name}-{self.digit.name}".lower()

    def stream(self, purpose: Stream, *more: int) -> np.random.Generator:
        """The random numbers for one purpose: the patient's, or this finger's own."""
        side = 1 if self.laterality is Laterality.LEFT else 2
        shared = purpose in (Stream.HAND, Stream.PATIENT_GROWTH)
        finger = [] if shared else [int(self.digit), side]
        return np.random.default_rng([self.cohort.seed, purpose, *self.place, *finger, *more])


def plan_cohort(cohort: Cohort) -> tuple[PlannedFinger, ...]:
    """Deal the images of a cohort out to patients and their fingers.

    Parameters
    ----------
    cohort : Cohort

    Returns
    -------
    tuple of PlannedFinger
        Patient by patient. The same cohort gives the same plan.

    Examples
    --------
    >>> plan = plan_cohort(Cohort(seed=1))
    >>> sum(len(finger.cut_off) for finger in plan), len({finger.patient for finger in plan})
    (71, 16)
    """
    fingers: list[PlannedFinger] = []
    for number, group in enumerate(cohort.groups):
        rng = np.random.default_rng([cohort.seed, Stream.PLAN, number])
        digits = _digits(rng, group)
        cut = rng.permutation(np.arange(group.images) < group.cut_off)
        dealt = np.array_split(np.arange(group.images), group.patients)
        for patient, own in enumerate(dealt):
            left_first = bool(rng.random() < 0.5)
            pictures: dict[tuple[Digit, Laterality], list[bool]] = {}
            for digit in LESSER_DIGITS:
                same = [place for place in own if digits[place] is digit]
                for turn, place in enumerate(same):
                    left = (turn % 2 == 0) == left_first
                    side = Laterality.LEFT if left else Laterality.RIGHT
                    pictures.setdefault((digit, side), []).append(bool(cut[place]))
            fingers += [
                PlannedFinger(
                    cohort,
                    group.name,
                    f"{group.name}-{patient + 1:02d}",
                    (number, patient),
                    digit,
                    side,
                    tuple(wanted),
                )
                for (digit, side), wanted in pictures.items()
            ]
    return tuple(fingers)


def _digits(rng: np.random.Generator, group: Group) -> list[Digit]:
    """The digit of each image of a group, in random order."""
    if group.index_images is None:
        chosen = rng.integers(0, len(LESSER_DIGITS), group.images)
    else:
        others = rng.integers(1, len(LESSER_DIGITS), group.images - group.index_images)
        chosen = rng.permutation(np.concatenate([np.zeros(group.index_images, int), others]))
    return [LESSER_DIGITS[place] for place in chosen]
