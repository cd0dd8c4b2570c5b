"""What each ingredient of the U-Net's training buys, on simulated and on real bones.

    python benchmarks/ablation.py [--out runs/ablation] [--steps 800] [--only "one scanner"]

Small networks (half the channels of the shipped one) are trained for the same number of
steps on 1500 simulated pictures each, with one ingredient left out at a time, and judged on
the same 100 simulated pictures and on the real bones of ../shared/data/fingers. Needs the
extra ``train``, and about four minutes a variant on one core. Far fewer steps tell nothing: weights
are averaged over hundreds (after 120 the mean Dice was 0.25). A variant that is finished is not
trained again. Differences of a few thousandths are chance: each variant is trained once.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from fingers import read_cases, tilted
from judging import Case, dice, judge
from numpy.typing import NDArray
from reference import FINGERS
from rich.console import Console
from rich.table import Table

from calcimetry.agreement.concordance import concordance
from calcimetry.bone.picture_network import PictureNetwork
from calcimetry.phantom.anatomy import draw_finger
from calcimetry.phantom.picture import FingerPicture, finger_picture
from calcimetry.phantom.placement import DepositMix
from calcimetry.phantom.scanner import draw_scanner
from calcimetry.phantom.view import draw_view
from calcimetry.settings import Settings
from calcimetry.training.bank import FRAMES, sampled
from calcimetry.training.batches import Bank
from calcimetry.training.data import TrainingSet
from calcimetry.training.export import export
from calcimetry.training.recipe import DataRecipe, NetworkRecipe, Recipe, TrainingRecipe
from calcimetry.training.train import fit

SEED = 4711
WHOLE, PARTS, JUDGED = 1200, 300, 100
#: The deposits of the shipped recipe.
MIX = DepositMix(none=0.15, further=1.6, on_bone=0.55)
Draw = Callable[[np.random.Generator, bool], FingerPicture]


def any_picture(rng: np.random.Generator, upright: bool) -> FingerPicture:
    """As the shipped network learnt from."""
    return finger_picture(rng, upright=upright, mix=MIX)


def usual_deposits(rng: np.random.Generator, upright: bool) -> FingerPicture:
    """Fewer deposits, and fewer of them on bone."""
    return finger_picture(rng, upright=upright)


def one_scanner(rng: np.random.Generator, upright: bool) -> FingerPicture:
    """Blur, noise, window and compression of one scanner for all."""
    scanner = draw_scanner(np.random.default_rng(1))
    return finger_picture(rng, scanner=scanner, upright=upright, mix=MIX)


def middle_plane(rng: np.random.Generator, upright: bool) -> FingerPicture:
    """Planes through the middle of the bones only, none tilted, none grazing."""
    _, solids = draw_finger(rng)
    view = replace(draw_view(rng, solids, upright=upright), plane_y=0.0, plane_tilt=0.0)
    return finger_picture(rng, view=view, upright=upright, mix=MIX)


def make_sample(draw: Draw, kind: str, number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """One picture of a kind and its fractions."""
    rng = np.random.default_rng((SEED, list(FRAMES).index(kind), number))
    return sampled(draw(rng, kind == "upright"), kind)


def make_bank(draw: Draw, kind: str, first: int, count: int, folder: Path) -> Bank:
    """Pictures `first` to `first + count` of a kind, from a file where they were made before."""
    file = folder / f"{draw.__name__}-{kind}-{first}.npz"
    if not file.exists():
        with ProcessPoolExecutor() as pool:
            numbers = range(first, first + count)
            made = list(pool.map(partial(make_sample, draw, kind), numbers, chunksize=16))
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, grey=np.stack([g for g, _ in made]), parts=np.stack([p for _, p in made]))
    with np.load(file) as held:
        return held["grey"], held["parts"]


def hard(bank: Bank) -> Bank:
    """In or out instead of fractions."""
    grey, parts = bank
    return grey, np.where(parts >= 128, 255, 0).astype(np.uint8)


def training_sets(folder: Path) -> dict[str, Callable[[], tuple[TrainingSet, bool]]]:
    """The pictures of each variant, and whether batches are varied by chance."""

    def made(
        draw: Draw = any_picture,
        *,
        parts: bool = True,
        vary: bool = True,
        labels: Callable[[Bank], Bank] = lambda bank: bank,
        share: float = 1.0,
    ) -> tuple[TrainingSet, bool]:
        counts = {"upright": round(WHOLE * share), "square": round(PARTS * share)}
        if not parts:
            counts = {"upright": counts["upright"] + counts["square"]}
        banks = [labels(make_bank(draw, kind, 0, n, folder)) for kind, n in counts.items()]
        judged = make_bank(usual_deposits, "upright", 10_000, JUDGED, folder)
        return TrainingSet(tuple(banks), judged, ""), vary

    return {
        "all": made,
        "deposits on bone": partial(made, usual_deposits),
        "one scanner": partial(made, one_scanner),
        "middle planes only": partial(made, middle_plane),
        "whole fingers only": partial(made, parts=False),
        "batches not varied": partial(made, vary=False),
        "in or out, no fractions": partial(made, labels=hard),
    }


def recipe(steps: int, vary: bool) -> Recipe:
    """The shipped recipe in small."""
    return Recipe(
        SEED,
        DataRecipe(upright=WHOLE, square=PARTS, validation=JUDGED, vary=vary),
        NetworkRecipe("unet", [8, 16, 32, 64, 96, 8]),
        TrainingRecipe(8, 2.5e-3, 1e-4, steps=steps, validate_every=steps, precision="bf16-mixed"),
    )


def real_dice(model: Path, cases: list[Case]) -> list[float]:
    """Bone Dice of each complete real picture."""
    method = PictureNetwork("unet", model)
    found = [method.segment(case.image).bones.mask[0] for case in cases]
    return [dice(mask, case.bones > 0) for mask, case in zip(found, cases, strict=True)]


def real_lesions(model: Path, cases: list[Case]) -> list[str]:
    """Of all real pictures: concordance of the total area, lesions found, false ones."""
    results = [judge(case, Settings(model=str(model))) for case in cases]
    true = np.array([one.case.true_area_mm2 for one in results])
    found, counted = (sum(getattr(one, name) for one in results) for name in ("found", "counted"))
    agreed = concordance(np.array([one.area_mm2 for one in results]), true)
    return [f"{agreed:.2f}", f"{found} of {counted}", str(sum(one.false for one in results))]


def main() -> None:
    """Train each variant and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FINGERS)
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--only", nargs="+", default=None, metavar="VARIANT")
    options = parser.parse_args()
    cases = read_cases(options.data)
    complete = [case for case in cases if case.complete]
    grazing = [case for case in cases if not case.complete]
    heads = ("simulated: mean", "worst", "names", "real: mean", "worst", "turned 35", "grazing")
    heads += ("real: CCC of area", "found", "false")
    table = Table("left out", *heads, title=f"bone Dice after {options.steps} steps")
    for name, made in training_sets(options.out / "pictures").items():
        if options.only and name not in options.only:
            continue
        run = options.out / name.replace(" ", "-").replace(",", "")
        training_set, vary = made()
        asked = recipe(options.steps, vary)
        if not (run / "model.onnx").exists():
            run.mkdir(parents=True, exist_ok=True)
            export(fit(asked, run, training_set, None), run / "model.onnx", asked)
        with (run / "curve.csv").open(newline="") as file:
            last = list(csv.DictReader(file))[-1]
        real = real_dice(run / "model.onnx", complete)
        turned = real_dice(run / "model.onnx", [tilted(case) for case in complete])
        values = [float(last[f"val_{k}"]) for k in ("bone_dice", "worst_dice", "names_right")]
        values += [float(np.mean(real)), min(real), float(np.mean(turned))]
        values += [float(np.mean(real_dice(run / "model.onnx", grazing)))]
        lesions = real_lesions(run / "model.onnx", cases)
        table.add_row(name, *(f"{value:.3f}" for value in values), *lesions)
        Console(width=160).print(table)


if __name__ == "__main__":
    main()
