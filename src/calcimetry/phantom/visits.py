"""The scans of one finger of a simulated patient, from visit to visit."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.phantom.cohort import PlannedFinger, Stream
from calcimetry.phantom.deposits import Deposit
from calcimetry.phantom.hand import draw_hand
from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.scan_settings import ScanMode
from calcimetry.phantom.volume import HandVolume, lattice_around, simulate

#: More deposits are never tried in one finger.
_MOST_DEPOSITS = 64
#: A finger has one, and this many more on average.
_MORE_DEPOSITS = 1.5


def scan_finger(
    finger: PlannedFinger,
    visit: int = 0,
    attempt: int = 0,
    spacing_mm: float = 0.6,
    mode: ScanMode | None = None,
) -> HandVolume:
    """Simulate the scan of one finger at one visit.

    Parameters
    ----------
    finger : PlannedFinger
    visit : int
        From 0. Anatomy, tissue, pose and the places of deposits are the same at every
        visit; their size and the noise are not.
    attempt : int
        Another one gives other deposits and tissue, for where the first do not suit.
    spacing_mm : float
        Of the isotropic samples.
    mode : ScanMode, optional
        How it is scanned; in the image at 80 and Sn150 kV where not given.

    Returns
    -------
    HandVolume
        The field `deposit` of a lesion tells it again at other visits.
    """
    # The same hand at every attempt; what differs from finger to finger comes after it.
    hand_rng = finger.stream(Stream.HAND)
    hand = HandSettings().settled(hand_rng)
    drawn = draw_hand(hand_rng, hand)
    rng = finger.stream(Stream.FINGER, attempt)
    kept = (1, 2, 3, 4, 5) if rng.random() < 0.5 else (1, 2, 3, 5)
    parts = [part for part in drawn if part.label // 10 == finger.digit and part.label % 10 in kept]
    factors = volume_factors(finger, visit)

    def change(deposits: list[Deposit]) -> list[Deposit]:
        return [grown(one, float(f)) for one, f in zip(deposits, factors, strict=False)]

    return simulate(
        rng,
        parts,
        lattice_around(parts, spacing_mm),
        finger.laterality,
        f"{finger.patient}-{finger.name}",
        replace(hand, deposits=1 + int(rng.poisson(_MORE_DEPOSITS))),
        change,
        finger.stream(Stream.SCAN, visit),
        mode,
    )


def volume_factors(finger: PlannedFinger, visit: int) -> NDArray[np.floating[Any]]:
    """By how much the volume of each deposit has changed since the first visit.

    Parameters
    ----------
    finger : PlannedFinger
    visit : int
        From 0, where all are 1.

    Returns
    -------
    array, shape (64,)
        By the deposit's number, from 0.
    """
    growth = finger.cohort.growth
    years = visit * finger.cohort.months / 12.0
    patient = finger.stream(Stream.PATIENT_GROWTH).normal(0.0, growth.patient_sd)
    lesions = finger.stream(Stream.LESION_GROWTH).normal(0.0, growth.lesion_sd, _MOST_DEPOSITS)
    return np.asarray(np.exp(years * (growth.mean + patient + lesions)))


def grown(deposit: Deposit, factor: float) -> Deposit:
    """A deposit of the same shape with `factor` times its volume, about its first centre."""
    scale = math.cbrt(factor)
    first = deposit.centres[0]
    return replace(
        deposit,
        centres=first + (deposit.centres - first) * scale,
        half_axes=deposit.half_axes * scale,
        roughness_mm=deposit.roughness_mm * scale,
    )
