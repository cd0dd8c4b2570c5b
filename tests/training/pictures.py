"""Small pictures with masks on disk, right ones and wrong ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image

from calcimetry.model import Grid, Image
from calcimetry.training.picture import TrainingPicture

SIZE = (40, 24)


def bones(values=(1, 2, 3)) -> np.ndarray:
    """One block per value, from the bottom up."""
    mask = np.zeros(SIZE, np.uint8)
    for place, value in enumerate(values):
        mask[30 - 9 * place : 37 - 9 * place, 8:16] = value
    return mask


def lesions() -> np.ndarray:
    """Two lesions, one on the first bone."""
    mask = np.zeros(SIZE, np.uint8)
    mask[32:34, 14:18], mask[2:4, 2:4] = 1, 2
    return mask


def save(path: Path, array: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(array).save(path)
    return path


def save_pair(folder: Path, stem: str, mask: np.ndarray | None = None, place: str = ".") -> Path:
    """A picture and its bone mask in one of the places where it is looked for."""
    mask = bones() if mask is None else mask
    grey = np.where(mask > 0, 200, 70).astype(np.uint8)
    save(folder / place / f"{stem}_bones.png", mask)
    return save(folder / f"{stem}.png", grey)


def manifest(folder: Path, *lines: str, columns: str = "image,pixel_spacing_mm") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.csv").write_text("\n".join((columns, *lines)), "utf-8")


def training_pictures(*patients: str) -> list[TrainingPicture]:
    """One tiny picture for each name of a patient."""
    image = Image(np.zeros((2, 3)), Grid.picture((2, 3), 0.4))
    return [
        TrainingPicture(f"{n}.png", patient, image, np.ones((2, 3), int))
        for n, patient in enumerate(patients)
    ]
