"""Measure calcium mass against a hand of known truth, and print the table of docs/results.md.

    python benchmarks/mass.py [--data ../shared/data/hand] [--masks-only] [--simulated 24]

The data are those of `benchmarks/hand.py`. Each mass is measured with the nominal calibration and
with one of rods: rods of 0 to 800 mg/cm3 in water, scanned at the data's own effective energies
with blur and noise, written as NIfTI and fitted as `calcimetry calibrate` does. To part the error
of weighing from that of finding, masses are measured twice: within the true outlines of bones and
lesions, and of what the program itself finds. `--simulated` weighs the deposits of so many
simulated fingers within their true outlines instead, the scanner's gains given.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
from hand import Hand, read_hand
from judging import print_table
from reference import HAND
from scipy import ndimage

import calcimetry as cm
from calcimetry.attenuation import MATERIALS, mass_attenuation
from calcimetry.blur import estimate_blur
from calcimetry.measurement.calibration import (
    Calibration,
    CalibrationLine,
    nominal_calibration,
)
from calcimetry.measurement.density import Mineral, Surroundings, measure_mineral
from calcimetry.measurement.material import material_of
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.volume import finger_volume
from calcimetry.settings import Settings
from calcimetry.study.calibrating import calibrate
from calcimetry.study.sources import EnergyPair, VolumeChoice

COUNTED_MM3 = 1.0
ROD_MG_CM3 = (0.0, 50.0, 100.0, 200.0, 400.0, 600.0, 800.0)
#: Of the rods' scan.
SPACING_MM, RADIUS_MM, BLUR_MM, NOISE_HU = 0.6, 4.0, 0.35, 15.0
SHAPE = (20, 150, 150)


def calibration_of_rods(
    kev: tuple[float, float], settings: tuple[str, str], folder: Path
) -> Calibration:
    """Scan rods at two single energies, and calibrate from the files."""
    rng = np.random.default_rng(1)
    rows, columns = (np.indices(SHAPE[1:]) - (SHAPE[1] - 1) / 2) * SPACING_MM
    water = (np.hypot(rows, columns) < 40.0) * 1.0
    mineral = np.zeros(SHAPE[1:])
    table = []
    for number, density in enumerate(ROD_MG_CM3):
        angle = 2.0 * np.pi * number / len(ROD_MG_CM3)
        x, y = 25.0 * np.cos(angle), 25.0 * np.sin(angle)
        mineral[np.hypot(columns - x, rows - y) < RADIUS_MM] = density
        table.append((f"R{number}", x, y, 0.0, RADIUS_MM, density))
    water -= mineral / MATERIALS["hydroxyapatite"].density_mg_cm3
    to_ras = np.diag([-SPACING_MM, -SPACING_MM, SPACING_MM, 1.0])
    to_ras[:3, 3] = -to_ras[:3, :3] @ ((np.array(SHAPE[::-1]) - 1) / 2)
    files = []
    for energy in kev:
        per_mass = mass_attenuation("hydroxyapatite", energy) / mass_attenuation("water", energy)
        hu = 1000.0 * (water - 1.0) + mineral * float(per_mass)
        blurred = ndimage.gaussian_filter(np.broadcast_to(hu, SHAPE), BLUR_MM / SPACING_MM)
        noisy = blurred + rng.normal(0.0, NOISE_HU, SHAPE)
        files.append(folder / f"{energy:g}.nii.gz")
        nibabel.save(nibabel.Nifti1Image(noisy.T.astype(np.int16), to_ras), files[-1])
    with (folder / "rods.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("rod", "x_mm", "y_mm", "z_mm", "radius_mm", "ha_mg_cm3"))
        writer.writerows(table)
    pair = VolumeChoice(pair=EnergyPair(files[0], files[1], *settings))
    return calibrate(None, folder / "rods.csv", folder / "calibration.json", volumes=pair)


def within_truth(hand: Hand, calibration: Calibration) -> dict[int, Mineral]:
    """Mass of each lesion, its true outline and those of the bones given."""
    names = {int(n): f"lesion {n}" for n in np.unique(hand.lesions) if n}
    around = Surroundings(
        (hand.bones > 0).astype(np.float32),
        cm.Segmentation(hand.lesions.astype(np.uint16), hand.image.grid, names),
        (hand.lesions > 0).astype(np.float32),
        estimate_blur(hand.image.mixed).sigma_mm,
    )
    found = measure_mineral(hand.image.energies, around, calibration)
    return {one.number: one for one in found}


def as_found(hand: Hand, report: cm.Report, masses: dict[int, float]) -> dict[int, float]:
    """Mass of each true lesion: of all that was found of it.

    One found lesion that covers several true ones is shared out by their true masses, so it is
    judged as their sum.
    """
    share: dict[int, float] = dict.fromkeys(masses, 0.0)
    for lesion in report.lesions:
        own = hand.lesions[report.lesion_map.label_map == lesion.number]
        hit = [int(n) for n in np.unique(own) if n]
        whole = sum(masses[n] for n in hit)
        for number in hit:
            share[number] += (lesion.mass_mg or 0.0) * masses[number] / whole
    return share


def column(found: dict[int, float], truth: dict[int, float]) -> dict[str, str]:
    """One column of the table: error of each lesion, and their middle."""
    errors = {n: 100.0 * (found.get(n, 0.0) / true - 1.0) for n, true in truth.items()}
    rows = {f"lesion {n}, {true:.2f} mg": f"{errors[n]:+.0f}%" for n, true in truth.items()}
    total = sum(found.get(n, 0.0) for n in truth)
    return rows | {
        "median error": f"{np.median(np.abs(list(errors.values()))):.1f}%",
        "total, measured / true (mg)": f"{total:.1f} / {sum(truth.values()):.1f}",
    }


def counted_words(words: Sequence[str]) -> str:
    """Each word with how often it stands there."""
    return ", ".join(f"{words.count(one)} {one}" for one in sorted(set(words)))


def simulated(number: int) -> dict[str, str]:
    """One column: deposits of 1 mm3 and more of simulated fingers, within their true outlines."""
    errors, held, materials = [], [], []
    for seed in range(number):
        made = finger_volume(np.random.default_rng((91, seed)), 0.6, PLAIN_HAND)
        gains = (made.acquisition.low_gain, made.acquisition.high_gain)
        lines = Calibration(tuple(CalibrationLine("", gain, slope_error=0.01) for gain in gains))
        names = {one.number: f"lesion {one.number}" for one in made.lesions}
        around = Surroundings(
            made.bone_fraction,
            cm.Segmentation(made.lesion_map.astype(np.uint16), made.image.grid, names),
            made.deposit_fraction,
            estimate_blur(made.image.mixed).sigma_mm,
        )
        true = {one.number: one for one in made.lesions if one.volume_mm3 >= COUNTED_MM3}
        for one in measure_mineral(made.image.energies, around, lines):
            if one.number not in true or one.mass_mg is None or one.mass_interval is None:
                continue
            mass = true[one.number].mass_mg
            errors.append(100.0 * (one.mass_mg / mass - 1.0))
            held.append(one.mass_interval.low <= mass <= one.mass_interval.high)
            materials.append(material_of(one.ratio, one.ratio_error, lines).material or "-")
    return {
        "deposits": str(len(errors)),
        "median error": f"{np.median(np.abs(errors)):.1f}%",
        "median bias": f"{np.median(errors):+.1f}%",
        "intervals that hold the truth": f"{100.0 * np.mean(held):.1f}%",
        "material": counted_words(materials),
    }


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=HAND)
    parser.add_argument("--masks-only", action="store_true", help="within true outlines only")
    parser.add_argument("--simulated", type=int, metavar="N", help="so many fingers instead")
    options = parser.parse_args()
    if options.simulated:
        column_of = {f"{options.simulated} fingers": simulated(options.simulated)}
        print_table("Mass of simulated deposits within their true outlines", column_of)
        return
    hand = read_hand(options.data)
    truth = json.loads((options.data / "truth.json").read_text())
    all_masses = {one["id"]: one["mass_mg"] for one in truth["lesions"]}
    counted = {
        one["id"]: one["mass_mg"] for one in truth["lesions"] if one["volume_mm3"] >= COUNTED_MM3
    }
    settings = (hand.image.low_setting, hand.image.high_setting)
    energies = (truth["effective_keV"]["low"], truth["effective_keV"]["high"])
    with tempfile.TemporaryDirectory() as folder:
        rods = calibration_of_rods(energies, settings, Path(folder))
    table: dict[str, dict[str, str]] = {}
    for name, calibration in (("nominal", nominal_calibration(settings)), ("rods", rods)):
        minerals = within_truth(hand, calibration)
        masses = {n: one.mass_mg or 0.0 for n, one in minerals.items()}
        guesses = [
            material_of(minerals[n].ratio, minerals[n].ratio_error, calibration).material or "-"
            for n in counted
        ]
        inside = sum(
            one.mass_interval is not None
            and one.mass_interval.low <= all_masses[n] <= one.mass_interval.high
            for n, one in minerals.items()
        )
        table[f"true outlines, {name}"] = column(masses, counted) | {
            "material": ", ".join(
                f"{guesses.count(one)} {one}" for one in sorted(set(guesses), key=str)
            ),
            "intervals that hold the truth": f"{inside} of {len(minerals)}",
        }
    if not options.masks_only:
        report = cm.measure(hand.image)
        for name, given in (("nominal", None), ("rods", rods)):
            if given is not None:
                report = cm.measure(hand.image, replace(Settings(), calibration=given))
            materials = [one.material or "-" for one in report.lesions]
            table[f"as found, {name}"] = column(as_found(hand, report, all_masses), counted) | {
                "material": counted_words(materials),
                "intervals that hold the truth": "-",
            }
    print_table("Mass of the lesions of the hand of known truth", table)


if __name__ == "__main__":
    main()
