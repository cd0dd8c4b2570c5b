"""Draw the bones of bent simulated fingers as each method outlines them.

    python benchmarks/figure_bone_methods.py [--out FILE] [--number 8 14]

File by default docs/images/bone-methods.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from judging import dice

from calcimetry.bone import METHODS, find_method
from calcimetry.errors import NotMeasurable
from calcimetry.phantom.picture import finger_picture
from calcimetry.render.method_sheet import Finding, MethodRow, draw_methods

SEED = 37


def row(number: int) -> MethodRow:
    """One simulated finger, its true bones, and what every method says of them."""
    picture = finger_picture(np.random.default_rng((SEED, number)), name=f"phantom {number}")
    findings = [Finding("truth", picture.bone_map)]
    for name in METHODS:
        try:
            found = find_method(name, "").segment(picture.image).bones.label_map[0]
        except NotMeasurable as error:
            findings.append(Finding(name, note=str(error)))
            continue
        overlap = dice(found > 0, picture.bone_map > 0)
        findings.append(Finding(name, found, caption=f"Dice {overlap:.3f}"))
    return MethodRow(picture.image.name, picture.image, tuple(findings))


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images/bone-methods.png"))
    parser.add_argument("--number", type=int, nargs="+", default=[8, 14])
    options = parser.parse_args()
    rows = [row(number) for number in options.number]
    draw_methods(rows, "Bones of simulated fingers, as each method outlines them").save(options.out)


if __name__ == "__main__":
    main()
