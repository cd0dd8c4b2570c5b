"""How well coverage and the guard do on images of known truth, for docs/results.md.

    python benchmarks/coverage.py [--pictures 120] [--hands 8] [--bad 20]

Coverage: how many pictures that graze bone are flagged, and how many whole ones wrongly, on the
true bones and on those that the default method finds. The guard: how many good images are
refused or warned of, and how many bad ones are caught.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from bad_images import PICTURES, volumes
from fingers import read_cases
from judging import print_table
from numpy.typing import NDArray
from reference import FINGERS

import calcimetry as cm
from calcimetry.coverage.phalanges import phalanx_coverage
from calcimetry.errors import CalcimetryError, NotMeasurable
from calcimetry.fingers.locate import locate_hands
from calcimetry.model import Bone, Digit, Laterality, Report, Segmentation, bone_name
from calcimetry.phantom.anatomy import draw_finger, resorb
from calcimetry.phantom.hand_settings import PLAIN_HAND, HandSettings
from calcimetry.phantom.picture import FingerPicture, finger_picture
from calcimetry.phantom.truth import true_bones
from calcimetry.phantom.volume import finger_volume, hand_volume
from calcimetry.plausible.picture import picture_doubts, refuse_unusable, ring_mask
from calcimetry.plausible.volume import metal_mask, refuse_unusable_volume, volume_doubts

#: A phalanx counts as whole where the picture shows so much of its length.
WHOLE = 0.85
SEEDS = (2026, 12)
PHALANGES = ("grazed phalanx", "whole phalanx", "resorbed phalanx")
DOUBTS = ("beside bone", "window's end", "less than its cortex", "bare on both", "double")


@dataclass(frozen=True)
class Shown:
    """What a simulated picture truly shows of one phalanx."""

    share: float
    cut: bool
    resorbed: bool


def truth_of(seed: tuple[int, ...], made: FingerPicture) -> dict[Bone, Shown]:
    """Part of each phalanx's length that the picture shows, in steps of about 1 mm."""
    with patch("calcimetry.phantom.anatomy.resorb", wraps=resorb) as resorbing:
        _, solids = draw_finger(np.random.default_rng(seed))  # what the picture drew first
    points = made.view.points(1)[0]
    found = {}
    for solid in solids:
        mask = made.bone_map == solid.bone
        place = ((points - solid.origin) @ solid.axes.T)[..., 2][mask] / solid.length
        steps = max(4, round(solid.length))
        seen = np.unique(np.clip((place * steps).astype(int), 0, steps - 1))
        cut = bool(mask[[0, -1]].any() or mask[:, [0, -1]].any())
        tip = solid.bone is Bone.DISTAL_PHALANX
        found[solid.bone] = Shown(len(seen) / steps, cut, tip and resorbing.called)
    return found


def segmentation(labels: NDArray[np.generic], grid: cm.Grid) -> Segmentation:
    """A label map of a picture's bones or lesions."""
    names = {int(n): bone_name(int(n)) if n < 5 else f"lesion {n}" for n in np.unique(labels) if n}
    return Segmentation(labels, grid, names)


def tell_coverage(pictures: int) -> None:
    """Print how grazed and whole simulated pictures are flagged."""
    columns: dict[str, dict[str, str]] = {}
    cases = []
    for number in range(pictures):
        seed = (*SEEDS, number)
        made = finger_picture(np.random.default_rng(seed))
        try:
            report: Report | None = cm.measure(made.image)
        except CalcimetryError as error:
            print(error)
            report = None
        cases.append((made, truth_of(seed, made), report))
    for name in ("true bones", "default method"):
        counts: Counter[str] = Counter()
        for made, truth, report in cases:
            grid = made.image.grid
            if name == "true bones":
                lesions = segmentation(made.lesion_map, grid)
                coverage = phalanx_coverage(segmentation(made.bone_map, grid), lesions)
            elif report is None:
                continue
            else:
                coverage = report.coverage
            asked = {bone: one for bone, one in truth.items() if bone != Bone.METACARPAL}
            grazing = any(one.share < WHOLE and not one.cut for one in asked.values())
            cut = any(one.cut for one in asked.values())
            resorbed = any(one.resorbed for one in asked.values())
            kind = "grazing" if grazing else "cut only" if cut else "whole"
            kind = "resorbed tip" if resorbed else kind
            partial = any(one.state != "complete" for one in coverage)
            counts[kind] += 1
            counts[f"{kind}, flagged"] += partial
            for one in coverage:
                shown = asked[one.phalanx.bone]
                if shown.cut:
                    continue
                kind = "grazed phalanx" if shown.share < WHOLE else "whole phalanx"
                kind = "resorbed phalanx" if shown.resorbed else kind
                counts[kind] += 1
                counts[f"{kind}, flagged"] += one.state != "complete"
                counts[f"{kind}: {one.state}"] += 1
        columns[name] = {
            kind: f"{counts[f'{kind}, flagged']} of {counts[kind]}"
            for kind in ("grazing", "whole", "cut only", "resorbed tip", *PHALANGES)
        }
        states = {key: str(n) for key, n in sorted(counts.items()) if ": " in key}
        columns[name] |= states
    rows = list(dict.fromkeys(row for column in columns.values() for row in column))
    print_table(
        f"{pictures} simulated pictures: how many are flagged",
        {name: {row: column.get(row, "0") for row in rows} for name, column in columns.items()},
    )
    good = [report for _, _, report in cases if report is not None]
    told = [word for one in good for word in DOUBTS if any(word in w for w in one.warnings)]
    print(f"refused {len(cases) - len(good)}, warned of {Counter(told)} of {len(cases)} pictures")


def tell_reference(folder: Path) -> None:
    """Print what is said of the reference pictures."""
    for case in read_cases(folder):
        report = cm.measure(case.image)
        states = ", ".join(f"{one.state} {one.visible_share:.2f}" for one in report.coverage)
        print(f"{case.name:10} {'complete' if case.complete else 'grazing':8} {states}")
        print("".join(f"           warning: {one}\n" for one in report.warnings), end="")


def tell_hands(hands: int) -> None:
    """Print what is said of the phalanges of simulated hands, and of good and bad volumes."""
    counts: Counter[tuple[str, str]] = Counter()
    guard: dict[str, Counter[str]] = {}
    for number in range(hands):
        rng = np.random.default_rng((*SEEDS, 1, number))
        grades = tuple(int(g) for g in rng.integers(0, 5, 5))
        settings = HandSettings(cut_share=0.0, acro_osteolysis=grades, metals=0, ring=False)
        made = hand_volume(rng, 0.8, settings)
        bones = true_bones(made)
        nothing = Segmentation(np.zeros(bones.grid.shape, np.uint16), bones.grid, {})
        digits: list[tuple[Digit, Laterality | None]] = [
            (digit, made.laterality) for digit in list(Digit)[1:]
        ]
        for one in phalanx_coverage(bones, nothing, digits):
            digit = one.phalanx.digit
            tip = one.phalanx.bone is Bone.DISTAL_PHALANX
            counts[f"grade {grades[digit - 1]} tip" if tip else "other phalanx", one.state] += 1
        note(guard, "hands", made.image.mixed)
    for number in range(2 * hands):
        rng = np.random.default_rng((*SEEDS, 2, number))
        note(guard, "fingers", finger_volume(rng, 0.6, PLAIN_HAND).image.mixed)
        metal = finger_volume(rng, 0.6, replace(PLAIN_HAND, ring=True, metals=1))
        if metal.distractors:
            note(guard, "with metal", metal.image.mixed)
        good = finger_volume(np.random.default_rng((*SEEDS, 2, number)), 0.6, PLAIN_HAND)
        for name, image in volumes(good.image.mixed, number):
            note(guard, name, image)
    for (kind, state), count in sorted(counts.items()):
        print(f"{kind:15} {state:30} {count}")
    for name, ends in guard.items():
        print(f"{name:32} {dict(ends)}")


def note(guard: dict[str, Counter[str]], name: str, image: cm.Image) -> None:
    """Ask the guard of volumes, and remember what it says."""
    try:
        refuse_unusable_volume(image)
        locate_hands(image)  # it refuses what holds no air or no bone wrapped in flesh
        doubts = volume_doubts(image, metal_mask(image))
    except NotMeasurable:
        guard.setdefault(name, Counter())["refused"] += 1
        return
    told = [word for word in ("metal", "double") if any(word in one for one in doubts)]
    guard.setdefault(name, Counter())[f"warned of {', '.join(told)}" if told else "nothing"] += 1


def tell_bad(number: int) -> None:
    """Print what becomes of bad pictures."""
    for name, make in PICTURES.items():
        ends: Counter[str] = Counter()
        for seed in range(number):
            image = make(seed)
            if image is None:
                continue
            try:
                report = cm.measure(image)
            except NotMeasurable as error:
                bone = "Finding bone" in str(error)
                ends["no bone found" if bone else "refused"] += 1
                continue
            told = [word for word in DOUBTS if any(word in one for one in report.warnings)]
            ends[f"warned: {', '.join(told)}" if told else "nothing"] += 1
        print(f"{name:28} {dict(ends)}")


def tell_times() -> None:
    """Print what the steps take."""
    made = finger_picture(np.random.default_rng((*SEEDS, 3)))
    report = cm.measure(made.image)
    hand = hand_volume(np.random.default_rng((*SEEDS, 4)), 0.6)
    bones, image = true_bones(hand), hand.image.mixed
    nothing = Segmentation(np.zeros(bones.grid.shape, np.uint16), bones.grid, {})
    digits = [(digit, hand.laterality) for digit in list(Digit)[1:]]
    steps = {
        "picture: refusing": lambda: refuse_unusable(made.image),
        "picture: doubts": lambda: picture_doubts(
            made.image, report.bones, ring_mask(made.image, report.bones)
        ),
        "picture: coverage": lambda: phalanx_coverage(report.bones, report.lesion_map),
        "hand: refusing": lambda: refuse_unusable_volume(image),
        "hand: doubts": lambda: volume_doubts(image, metal_mask(image)),
        "hand: coverage": lambda: phalanx_coverage(bones, nothing, digits),
    }
    print(f"picture {made.image.grid.shape[1:]}, hand {image.grid.shape}, CPU time")
    for name, step in steps.items():
        step()
        start = time.process_time()
        for _ in range(5):
            step()
        print(f"{name:20} {1000 * (time.process_time() - start) / 5:.1f} ms")


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FINGERS)
    parser.add_argument("--pictures", type=int, default=120)
    parser.add_argument("--hands", type=int, default=8)
    parser.add_argument("--bad", type=int, default=20)
    options = parser.parse_args()
    tell_times()
    if options.data.is_dir():
        tell_reference(options.data)
    for tell, number in (
        (tell_coverage, options.pictures),
        (tell_hands, options.hands),
        (tell_bad, options.bad),
    ):
        if number:
            tell(number)


if __name__ == "__main__":
    main()
