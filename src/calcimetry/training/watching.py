"""What a training shows while it runs: time left, the curve, held-out pictures."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from pathlib import Path

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, TQDMProgressBar
from numpy.typing import NDArray
from PIL import Image as Picture

from calcimetry.bone.working_view import AIR_HU, MINERAL_HU
from calcimetry.model.anatomy import CARPAL, Bone
from calcimetry.render import palette
from calcimetry.render.marks import draw_bones, draw_lesions
from calcimetry.render.panel import Panel
from calcimetry.render.sheet import Sheet
from calcimetry.training.batches import Bank, as_tensors
from calcimetry.training.network import MaterialNetwork, bone_channels

#: Held-out pictures drawn at each validation.
_DRAWN = 6
_SCALE = 2  # screen pixels of one pixel
_CAPTION = 24
#: Bones are drawn as in overlays of measurements; one that has no name as a proximal phalanx.
_LABELS = {
    "bone": Bone.PROXIMAL_PHALANX,
    "proximal": Bone.PROXIMAL_PHALANX,
    "middle": Bone.MIDDLE_PHALANX,
    "distal": Bone.DISTAL_PHALANX,
    "metacarpal": Bone.METACARPAL,
    "sesamoid": Bone.SESAMOID,
    "wrist": CARPAL,
}


class StepsBar(TQDMProgressBar):
    """A progress bar over all steps, so that it can tell the time left."""

    @property
    def total_train_batches(self) -> int:
        """The number of steps that the recipe asks for."""
        return self.trainer.max_steps


class Curve(Callback):
    """Adds a row to ``curve.csv`` at each validation; a resumed run goes on below."""

    def __init__(self, path: Path, steps_per_epoch: int) -> None:
        self.path = path
        self.steps_per_epoch = steps_per_epoch
        self._began = time.monotonic()
        self._minutes_before = _last_minutes(path)

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Write the row."""
        del pl_module
        if not trainer.is_global_zero:
            return
        minutes = self._minutes_before + (time.monotonic() - self._began) / 60.0
        row: dict[str, object] = {"step": trainer.global_step}
        if self.steps_per_epoch:
            row["epoch"] = trainer.global_step // self.steps_per_epoch
        row["minutes"] = round(minutes, 2)
        values = sorted(trainer.callback_metrics.items())
        row |= {key: round(float(value), 4) for key, value in values if key.startswith("val_")}
        fresh = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            if fresh:
                writer.writeheader()
            writer.writerow(row)


def _last_minutes(path: Path) -> float:
    """Minutes that an interrupted run had taken at its last validation."""
    if not path.exists():
        return 0.0
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return float(rows[-1]["minutes"]) if rows else 0.0


class Overlays(Callback):
    """Draws held-out pictures with true and found bone and deposits at each validation."""

    def __init__(self, folder: Path, bank: Bank) -> None:
        self.folder = folder
        self.bank = bank

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Write ``step-<number>.png``."""
        if trainer.is_global_zero and isinstance(pl_module, MaterialNetwork):
            self.folder.mkdir(parents=True, exist_ok=True)
            picture = draw_held_out(pl_module, self.bank)
            picture.save(self.folder / f"step-{trainer.global_step:06d}.png")


def draw_held_out(network: MaterialNetwork, bank: Bank) -> Picture.Image:
    """Held-out pictures side by side, with true borders above and those found below."""
    chosen = np.unique(np.linspace(0, len(bank[0]) - 1, _DRAWN).astype(np.int64))
    hu, fractions = as_tensors(bank, chosen)
    with torch.no_grad():
        found = network(hu.to(network.device)).softmax(dim=1).cpu().numpy()
    if hu.ndim > 4:  # of a block, its middle sagittal plane
        middle = hu.shape[2] // 2
        hu, fractions, found = (one[:, :, middle] for one in (hu, fractions, found))
    rows, columns = hu.shape[2:]
    width, height = columns * _SCALE, rows * _SCALE
    sheet = Sheet((width * len(chosen), 2 * (height + _CAPTION)), palette.BACKGROUND)
    for line, (caption, parts) in enumerate((("true", fractions.numpy()), ("found", found))):
        top = line * (height + _CAPTION) + _CAPTION
        sheet.text((4, top - 6), caption, 14, palette.TEXT)
        for i, picture in enumerate(hu[:, 0].numpy()):
            grey = np.uint8(255 * (picture - AIR_HU) / (MINERAL_HU - AIR_HU))
            panel = Panel((i * width, top), (width, height), (rows, columns))
            sheet.picture(Picture.fromarray(grey), panel.at, panel.size)
            label_map, deposits = _labels(parts[i], network.materials)
            draw_bones(sheet, panel, label_map)
            draw_lesions(sheet, panel, {1: deposits})
    return sheet.finished()


def _labels(
    parts: NDArray[np.float32], materials: Sequence[str]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Bones by their labels where they fill half a pixel, and deposits that do."""
    bones = bone_channels(materials)
    bone = parts[bones]
    labels = np.array([_LABELS[materials[i]] for i in bones], np.uint8)
    label_map = np.where(bone.sum(axis=0) >= 0.5, labels[bone.argmax(axis=0)], 0)
    if "deposit" not in materials:
        return label_map, np.zeros(label_map.shape, bool)
    return label_map, parts[materials.index("deposit")] >= 0.5
