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
from calcimetry.phantom.parts import Part
from calcimetry.phantom.pose import about
from calcimetry.phantom.posing import Posing, at_rest, draw_posing
from calcimetry.phantom.scan_settings import ScanMode
from calcimetry.phantom.volume import HandVolume, lattice_around, simulate

Array = NDArray[np.floating[Any]]

#: More deposits are never tried in one finger.
_MOST_DEPOSITS = 64
#: From visit to visit a hand lies in the scanner turned by so much, as a standard deviation.
_TURN_SD_DEG = 8.0
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
        From 0. Anatomy, distractors and the places of deposits beside bone are the same at every
        visit; the deposits' size, the noise and the grain of tissue are not, and neither, after
        the first, is how the finger is held and lies in the scanner.
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
    posing, turn, shift = _held(finger, visit, parts)
    lattice = lattice_around(posing.parts(), spacing_mm, axes=turn)
    lattice = replace(lattice, origin=lattice.origin + shift * spacing_mm)

    def change(deposits: list[Deposit]) -> list[Deposit]:
        return [grown(one, float(f)) for one, f in zip(deposits, factors, strict=False)]

    return simulate(
        rng,
        parts,
        lattice,
        finger.laterality,
        f"{finger.patient}-{finger.name}",
        replace(hand, deposits=1 + int(rng.poisson(_MORE_DEPOSITS))),
        change,
        finger.stream(Stream.SCAN, visit),
        mode,
        posing,
    )


def _held(finger: PlannedFinger, visit: int, parts: list[Part]) -> tuple[Posing, Array, Array]:
    """How a finger is held at a visit, the grid's axes, and its shift in samples."""
    if visit == 0:
        return at_rest(parts), np.eye(3), np.zeros(3)
    rng = finger.stream(Stream.POSE, visit)
    posing = draw_posing(rng, parts)
    way = rng.normal(0.0, 1.0, 3)
    angle = float(np.deg2rad(rng.normal(0.0, _TURN_SD_DEG)))
    return posing, about(way / np.linalg.norm(way), angle), rng.uniform(-0.5, 0.5, 3)


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
