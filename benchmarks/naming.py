"""Name the bones of healthy simulated hands, and print how many got their name.

    python benchmarks/naming.py [--hands 10] [--spacing 0.7] [--method unet]

The hands are those of ``healthy_hands.py``. A bone has its name if most of its samples
have it. Methods that are no networks (``--method kmeans``) part bones by shape alone.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
from healthy_hands import HEALTHY, SEED
from rich.progress import track

from calcimetry.fingers.locate import locate_hands
from calcimetry.model import Bone
from calcimetry.model.anatomy import CARPAL, LEFT_HAND_OFFSET
from calcimetry.phantom.truth import true_bones
from calcimetry.phantom.volume import hand_volume
from calcimetry.rough_hand import find_rough_hands


def judge(number: int, spacing_mm: float, method: str) -> tuple[int, int, float]:
    """Long bones with their name, all long bones, and seconds of processor time."""
    truth = hand_volume(np.random.default_rng((*SEED, number)), spacing_mm, settings=HEALTHY)
    image = truth.image.mixed
    found = np.zeros(image.grid.shape, np.uint16)
    began = time.process_time()
    for box in locate_hands(image):
        part = replace(image, array=image.array[box.slices], grid=box.grid)
        _, named = find_rough_hands(part, method)
        found[box.slices] = named.bones.label_map
    seconds = time.process_time() - began
    bones = true_bones(truth)
    right = []
    for label in bones.labels:
        own = label % LEFT_HAND_OFFSET
        if own < CARPAL and own % 10 <= Bone.METACARPAL:
            named_as = np.bincount(found[bones.label_map == label])
            right.append(int(named_as.argmax()) == label)
    return sum(right), len(right), seconds


def main() -> None:
    """Print one line for each hand, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hands", type=int, default=10)
    parser.add_argument("--spacing", type=float, default=0.7)
    parser.add_argument("--method", default="unet")
    options = parser.parse_args()
    rows = []
    for number in track(range(options.hands), "Naming hands"):
        rows.append(judge(number, options.spacing, options.method))
        right, every, seconds = rows[-1]
        print(f"hand {number}: {right} of {every} bones, {seconds:.0f} s of processor time")
    whole = sum(right == every for right, every, _ in rows)
    right, every, seconds = (sum(values) for values in zip(*rows, strict=True))
    print(f"{right} of {every} bones; all of them in {whole} of {len(rows)} hands; {seconds:.0f} s")


if __name__ == "__main__":
    main()
