"""The model card that a training leaves beside its network."""

from __future__ import annotations

import csv
from importlib.metadata import version
from pathlib import Path

import lightning
import monai
import torch

from calcimetry.bone.hand_view import HAND_SPACING_MM, KINDS
from calcimetry.bone.working_view import BLOCK_SPACING_MM
from calcimetry.training.calibration import Calibration
from calcimetry.training.recipe import Recipe

_MEANINGS = {
    "val_bone_dice": "bone Dice, mean of pictures",
    "val_worst_dice": "bone Dice, worst picture",
    "val_names_right": "part of the bone found that bears the right name",
    "val_area_error_mm2": "mean absolute error of a picture's area (mm2)",
    "val_area_ccc": "Lin's concordance of a picture's area with truth",
    "val_volume_error_mm3": "mean absolute error of a block's volume (mm3)",
    "val_volume_ccc": "Lin's concordance of a block's volume with truth",
    "val_loss": "loss",
}


def write_model_card(
    path: Path, recipe: Recipe, data: str, curve: Path, calibration: Calibration
) -> None:
    """Write what the network is, what it learnt from, and how it did on held-out pictures."""
    plan = recipe.training
    length = f"{plan.steps} steps" if plan.steps else f"{plan.epochs} epochs"
    start = recipe.network.start or "chance"
    counted = "deposits" if "deposit" in recipe.materials else "bone"
    if recipe.network.dimensions == 2:
        size, seen = "Area", "pictures"
        taken = "(n, 1, rows, columns), multiples of 16, pixels of 0.4 mm"
    else:
        size, seen = "Volume", "blocks"
        whole = recipe.materials == KINDS
        side, multiple = (HAND_SPACING_MM, 16) if whole else (BLOCK_SPACING_MM, 8)
        taken = f"(n, 1, slices, rows, columns), multiples of {multiple}, samples of {side:g} mm"
    training = f"{length} of {plan.batch_size} {seen}, AdamW, one cycle to {plan.learning_rate:g}"
    versions = f"torch {torch.__version__}, MONAI {monai.__version__}, "
    versions += f"Lightning {lightning.__version__}"
    lines = [
        f"# Model card: {recipe.network.kind}",
        "",
        "**Research use only.** Not a medical device.",
        "",
        "| | |",
        "|---|---|",
        f"| input | HU, {taken}, -300 to 1200 HU |",
        f"| output | fractions of each pixel: {', '.join(recipe.materials)} |",
        f"| learnt from | {data} |",
        f"| network | {recipe.network.kind}, channels {recipe.network.features}, from {start} |",
        f"| training | {training}, weight decay {plan.weight_decay:g} |",
        f"| seed | {recipe.seed} |",
        f"| made with | calcimetry {version('calcimetry')}, {versions} |",
        "",
        f"## Measured on held-out {seen}",
        "",
        f"{size} is that of {counted}. These {seen} are of the same kind as those learnt from,",
        "so they do not say how the network does on others.",
        "",
        *_table(curve),
        "",
        "## Calibration",
        "",
        f"Temperature {calibration.temperature:g}. Expected calibration error of bone fractions:",
        f"{calibration.error_before:.4f} without and {calibration.error_after:.4f} with it.",
        "Only the bone fractions were calibrated, not the intervals of areas and volumes.",
        "",
    ]
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines), encoding="utf-8")
    part.replace(path)


def _table(curve: Path) -> list[str]:
    """The last rows of the curve as a table."""
    with curve.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in _MEANINGS if name in rows[0]]
    when = "epoch" if "epoch" in rows[0] else "step"
    heads = [when, "minutes", *(_MEANINGS[name] for name in names)]
    return [
        "| " + " | ".join(heads) + " |",
        "|---" * len(heads) + "|",
        *(
            "| " + " | ".join(row[key] for key in (when, "minutes", *names)) + " |"
            for row in rows[-10:]
        ),
    ]
