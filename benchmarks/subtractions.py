"""Ways to take bone away, side by side on the same bones found: docs/decisions/0010-subtraction.md.

    python benchmarks/subtractions.py [--data ../shared/data/fingers] [--pictures 100]

Each way starts from the bones and deposits that the default network finds. "Cut" counts what is
bright outside the bones' mask, "grown" outside the mask grown by a margin; "cleaned" grows
lesions from what is bright beyond the reach of blur and lets them run back to the bone;
"bone's signal" takes away what bone explains and does without the network's deposits;
"network" takes the network's deposits alone; "both" joins the two; "settled" besides
settles what the network half believes, which is what calcimetry does.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from fingers import read_cases
from judging import Case, Result, compare, print_table, summary
from reference import FINGERS
from rich.progress import track
from scipy import ndimage
from simulated import simulate

import calcimetry as cm
from calcimetry.bone import find_method
from calcimetry.bone.method import BoneEvidence
from calcimetry.errors import NotMeasurable
from calcimetry.lesions.grow import GrowthSettings, grow_lesions
from calcimetry.lesions.reclaim import reclaim_solid
from calcimetry.lesions.settle import settle_claims
from calcimetry.lesions.subtract import Remainder, subtract_bone
from calcimetry.measurement.size import measure_lesions, total_area
from calcimetry.regions import distance_to, without_small

#: What counts as mineral where a mask is cut out, and the smallest piece counted.
BRIGHT_HU = 250.0
#: More than any image holds: nothing starts by its brightness.
NEVER_HU = 1e6

Found = tuple[np.ndarray, float]
Way = Callable[[cm.Image, BoneEvidence], Found]


def cut(image: cm.Image, evidence: BoneEvidence, margin_mm: float = 0.0) -> Found:
    """Everything bright outside the mask, grown by a margin: label map and area in mm2."""
    bone, grid = evidence.bones.mask, image.grid
    if margin_mm:
        everywhere = np.ones(grid.shape, bool)
        away = distance_to(bone, grid, everywhere, margin_mm).reshape(grid.shape)
        bone = away <= margin_mm
    bright = (image.array >= BRIGHT_HU) & ~bone
    bright = without_small(bright, grid, GrowthSettings().minimum_area_mm2)
    lesions, _ = ndimage.label(bright[0], np.ones((3, 3)))
    return lesions, float(bright.sum()) * grid.pixel_area_mm2


def grown(
    image: cm.Image,
    evidence: BoneEvidence,
    remainder: Remainder,
    settings: GrowthSettings | None = None,
) -> Found:
    """Lesions grown in a remainder."""
    lesions = grow_lesions(image, evidence, remainder, settings)
    measured = measure_lesions(image, evidence.bones, lesions.lesion_map, lesions.mineral_fraction)
    return lesions.lesion_map.label_map[0], total_area(measured)[0]


def cleaned(image: cm.Image, evidence: BoneEvidence) -> Found:
    """By distance and edge: the blurred rim is not modelled, but nothing starts in it."""
    alone = without_claims(evidence)
    taken = subtract_bone(image, alone)
    rise = np.where(evidence.bones.mask, 0.0, np.maximum(image.array - taken.soft_tissue_hu, 0.0))
    raw = Remainder(rise, taken.soft_tissue_hu, taken.blur_sigma_mm, taken.dense_tissue_hu)
    return grown(image, alone, raw)


def signal_alone(image: cm.Image, evidence: BoneEvidence) -> Found:
    """What bone explains is taken away; the network's deposits are not looked at."""
    alone = without_claims(evidence)
    return grown(image, alone, subtract_bone(image, alone))


def network_alone(image: cm.Image, evidence: BoneEvidence) -> Found:
    """The network's deposits, and nothing that it has not claimed."""
    settings = replace(GrowthSettings(), seed_hu=NEVER_HU, hinted_seed_hu=NEVER_HU)
    return grown(image, evidence, subtract_bone(image, evidence), settings)


def both(image: cm.Image, evidence: BoneEvidence) -> Found:
    """The network's deposits, and what else bone does not explain."""
    return grown(image, evidence, subtract_bone(image, evidence))


def settled(image: cm.Image, evidence: BoneEvidence) -> Found:
    """As `both`, after what the network half believes is settled."""
    return both(image, settle_claims(evidence))


def without_claims(evidence: BoneEvidence) -> BoneEvidence:
    """The same bones from a method that tells no deposits."""
    return BoneEvidence(evidence.bones, evidence.bone_fraction, None, evidence.method)


WAYS: dict[str, Way] = {
    "cut": cut,
    "grown 0.4 mm": lambda image, evidence: cut(image, evidence, 0.4),
    "grown 0.8 mm": lambda image, evidence: cut(image, evidence, 0.8),
    "cleaned": cleaned,
    "bone's signal": signal_alone,
    "network": network_alone,
    "both": both,
    "settled": settled,
}


def judge_all(cases: list[Case]) -> dict[str, list[Result]]:
    """Every way on every picture; one without bones counts as nothing found."""
    results: dict[str, list[Result]] = {name: [] for name in WAYS}
    method = find_method("unet", "")
    for case in track(cases, "Subtracting"):
        nothing = np.zeros_like(case.bones)
        try:
            evidence = reclaim_solid(case.image, method.segment(case.image))
        except NotMeasurable:
            evidence = None
        for name, way in WAYS.items():
            lesions, area = (nothing, 0.0) if evidence is None else way(case.image, evidence)
            bones = nothing if evidence is None else evidence.bones.label_map[0]
            results[name].append(compare(case, bones, lesions, area, None))
    return results


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FINGERS)
    parser.add_argument("--pictures", type=int, default=100)
    options = parser.parse_args()
    for title, cases in (
        (f"real bones: {options.data.name}", read_cases(options.data)),
        (f"{options.pictures} simulated fingers", simulate(options.pictures)),
    ):
        found = judge_all(cases)
        print_table(title, {name: summary(results) for name, results in found.items()})


if __name__ == "__main__":
    main()
