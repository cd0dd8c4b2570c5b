"""Simulated hands at two visits whose truth is known, and what measuring them gives.

Between the visits deposits stay, grow, shrink, appear, go, merge or split; joints bend, the hand
lies in the scanner another way, noise and spacing are others. Bones, tissue and scanner stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

import calcimetry as cm
from calcimetry.bone.method import BoneEvidence
from calcimetry.followup.visit import Visit
from calcimetry.lesions.grow import grow_lesions
from calcimetry.lesions.subtract import subtract_bone
from calcimetry.measurement.calibration_choice import calibration_or_reason
from calcimetry.measurement.density import Surroundings
from calcimetry.measurement.lesion_density import with_density
from calcimetry.measurement.volume import measure_volume_lesions
from calcimetry.model import DualEnergyImage, Laterality, Lesion, Segmentation
from calcimetry.model.anatomy import CARPAL
from calcimetry.phantom.deposits import Deposit
from calcimetry.phantom.hand import draw_hand
from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.lattice import Lattice
from calcimetry.phantom.parts import Part
from calcimetry.phantom.pose import about
from calcimetry.phantom.posing import Motion, Posing, at_rest, draw_posing
from calcimetry.phantom.truth import hands_of, true_bones, true_report
from calcimetry.phantom.visits import grown
from calcimetry.phantom.volume import HandVolume, lattice_around, simulate

Floats = NDArray[np.float64]

#: What becomes of deposits, and of how many.
FATES = ("unchanged", "changed", "new", "gone", "merged", "split")
SHARES = (0.40, 0.32, 0.08, 0.08, 0.06, 0.06)
#: Factors on the volume of those that change: log-uniform.
FACTORS = (0.4, 2.5)
#: The later visit's samples; the first one's are the first of these. mm.
SPACINGS_MM = (0.6, 0.6, 0.7, 0.8)
#: A hand lies in the scanner turned by so much: standard deviation.
TURN_SD_DEG = 12.0
#: Volumes of deposits that are drawn anew, log-uniform, mm3: the simulator's own are often huge.
VOLUMES_MM3 = (2.0, 400.0)
#: Gone is shrunk to this part of its volume, which fills no sample.
NOTHING = 1e-6
#: The volumes hold calcinosis alone.
CLEAN = {
    "tophi": 0,
    "vessels": 0,
    "calluses": 0,
    "foreign_bodies": 0,
    "metals": 0,
    "ring": False,
    "cut_share": 0.0,
}


@dataclass(frozen=True, eq=False)
class Scanned:
    """One visit of a simulated hand: the volume, and how its samples lay in the hand's frame."""

    volume: HandVolume
    lattice: Lattice
    posing: Posing
    deposits: dict[int, Deposit]

    def at_rest(self, points_mm: Floats, deposit: int) -> Floats:
        """Points of this visit (LPS mm) where they lay on the hand as it was drawn."""
        index = self.volume.image.grid.mm_to_index(points_mm)
        place = self.lattice.origin + index @ self.lattice.steps
        motion = self.motion(deposit)
        return np.asarray((place - motion.shift) @ motion.turn.T)

    def motion(self, deposit: int) -> Motion:
        """That of the bone that carries a deposit."""
        centre = self.deposits[deposit].centres[0]
        away = [part.from_middle_line(centre) for part in self.posing.rest]
        return self.posing.motions[int(np.argmin(away))]


@dataclass(frozen=True, eq=False)
class Pair:
    """Both visits, and the fate and the factor of each deposit by its number."""

    first: Scanned
    last: Scanned
    fates: dict[int, str]
    factors: dict[int, float]


def simulated_pair(seed: int, number: int, whole_hand: bool) -> Pair:
    """Hand or finger `number` of a seed at two visits."""
    plan = np.random.default_rng((seed, number))
    settings = replace(
        HandSettings(**CLEAN).settled(plan),
        deposits=int(plan.integers(6, 13)) if whole_hand else int(plan.integers(2, 5)),
    )
    parts = draw_hand(plan, settings)
    if not whole_hand:
        digit = int(plan.integers(2, 6))
        parts = [part for part in parts if part.label // 10 == digit and part.label < CARPAL]
    fates = [str(one) for one in plan.choice(FATES, 64, p=SHARES)]
    factors = np.exp(plan.uniform(*np.log(FACTORS), 64))
    sizes = np.exp(plan.uniform(*np.log(VOLUMES_MM3), 64))
    body = int(plan.integers(2**32))
    side = Laterality.LEFT if plan.random() < 0.5 else Laterality.RIGHT
    scans = [
        _scan(visit, plan, (parts, settings, side, body), (fates, factors, sizes))
        for visit in (0, 1)
    ]
    known = range(1, len(fates) + 1)
    return Pair(
        scans[0],
        scans[1],
        dict(zip(known, fates, strict=True)),
        {n: float(f) for n, f in zip(known, factors, strict=True)},
    )


def _scan(
    visit: int,
    plan: np.random.Generator,
    hand: tuple[list[Part], HandSettings, Laterality, int],
    course: tuple[list[str], Floats, Floats],
) -> Scanned:
    parts, settings, side, body = hand
    posing = _posed(plan, parts) if visit else at_rest(parts)
    spacing = float(plan.choice(SPACINGS_MM)) if visit else SPACINGS_MM[0]
    way = plan.normal(0.0, 1.0, 3)
    turn = about(way / np.linalg.norm(way), float(np.deg2rad(plan.normal(0.0, TURN_SD_DEG))))
    lattice = lattice_around(posing.parts(), spacing, axes=turn)
    origin = lattice.origin + plan.uniform(-0.5, 0.5, 3) * spacing
    lattice = replace(lattice, origin=origin)
    known: dict[int, Deposit] = {}

    def change(deposits: list[Deposit]) -> list[Deposit]:
        changed = [
            course_of(one, visit, fate, float(factor), float(size))
            for one, fate, factor, size in zip(deposits, *course, strict=False)
        ]
        known.update(enumerate(changed, 1))
        return changed

    volume = simulate(
        np.random.default_rng(body),
        parts,
        lattice,
        side,
        settings=settings,
        change=change,
        scan_rng=np.random.default_rng(int(plan.integers(2**32))),
        posing=posing,
    )
    return Scanned(volume, lattice, posing, known)


def _posed(plan: np.random.Generator, parts: list[Part]) -> Posing:
    """Every digit bent a little more or less; the wrist stays."""
    motions = list(at_rest(parts).motions)
    for digit in range(1, 6):
        own = [n for n, p in enumerate(parts) if p.label < CARPAL and p.label // 10 == digit]
        if own:
            moved = draw_posing(plan, [parts[n] for n in own])
            for n, motion in zip(own, moved.motions, strict=True):
                motions[n] = motion
    return Posing(tuple(parts), tuple(motions))


def course_of(deposit: Deposit, visit: int, fate: str, factor: float, size: float) -> Deposit:
    """A deposit of about `size` mm3 at one visit."""
    volume = float(4.0 / 3.0 * np.pi * np.prod(deposit.half_axes, axis=1).sum())
    deposit = grown(deposit, size / volume)
    if fate in ("merged", "split"):
        apart = (visit == 0) == (fate == "merged")
        return _two_lobes(deposit, size, apart)
    if (fate == "new" and visit == 0) or (fate == "gone" and visit == 1):
        return grown(deposit, NOTHING)
    return grown(deposit, factor) if fate == "changed" and visit else deposit


def _two_lobes(deposit: Deposit, size: float, apart: bool) -> Deposit:
    """Two balls along the deposit's first axis: 2.5 mm apart, or grown into each other."""
    radius = float(np.clip(np.cbrt(size * 0.375 / np.pi), 1.0, 2.5))
    reach = radius + 1.25
    radius = radius if apart else reach + 0.3
    centre = deposit.centres[0]
    return replace(
        deposit,
        centres=centre + np.array([[-reach], [reach]]) * deposit.axes[0],
        half_axes=np.full((2, 3), radius),
        roughness_mm=0.0,
    )


def measured_with_true_bones(scan: Scanned, name: str) -> Visit:
    """Lesions grown and measured as by the pipeline, but on the true bones."""
    volume = scan.volume
    bones = true_bones(volume)
    fraction = np.clip(volume.bone_fraction, 0.0, 1.0)
    return grown_on(volume.image, bones, fraction, volume.laterality, name)


def grown_on(
    images: DualEnergyImage,
    bones: Segmentation,
    bone_fraction: NDArray[np.float32],
    laterality: Laterality,
    name: str,
) -> Visit:
    """A visit whose bones are known, and whose lesions are grown and measured on them."""
    image = images.mixed
    evidence = BoneEvidence(bones, bone_fraction, None, "truth")
    remainder = subtract_bone(image, evidence)
    found = grow_lesions(image, evidence, remainder)
    lesions = measure_volume_lesions(
        image, bones, found.lesion_map, found.mineral_fraction, hands_of(bones, laterality)
    )
    calibration, _ = calibration_or_reason(None, images.energies)
    around = Surroundings(
        evidence.bone_fraction, found.lesion_map, found.mineral_fraction, remainder.blur_sigma_mm
    )
    lesions = with_density(lesions, images.energies, around, calibration)
    return visit_of(images, name, (bones, found.lesion_map, lesions), "truth")


def measured_by_pipeline(scan: Scanned, name: str) -> Visit:
    """The whole pipeline's measurement."""
    report = cm.measure(scan.volume.image)
    found = (report.bones, report.lesion_map, report.lesions)
    return visit_of(scan.volume.image, name, found, report.method)


def true_visit(scan: Scanned, name: str) -> Visit:
    """A perfect measurement, of label maps alone."""
    report = true_report(scan.volume)
    found = (report.bones, report.lesion_map, report.lesions)
    return replace(visit_of(scan.volume.image, name, found, "truth"), image=None)


def visit_of(
    images: DualEnergyImage,
    name: str,
    found: tuple[Segmentation, Segmentation, tuple[Lesion, ...]],
    method: str,
) -> Visit:
    """A visit of bones, lesion map and lesions."""
    return Visit(
        name,
        *found,
        tube_settings=(images.low_setting, images.high_setting),
        calibration="nominal",
        method=method,
        image=images.mixed,
    )
