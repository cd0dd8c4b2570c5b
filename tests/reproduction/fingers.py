"""A folder of tiny fingers with their truth, and a stand-in for methods that look for bone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import ClassVar

import numpy as np
import PIL.Image
from skimage.segmentation import expand_labels

from calcimetry.model import Image, Report, Segmentation, bone_name
from calcimetry.reproduction.own_process import Answer

SHAPE = (60, 30)
SPACING = 0.4
BONE_HU, LESION_HU = 600.0, 1000.0


def true_bones() -> np.ndarray:
    bones = np.zeros(SHAPE, np.uint8)
    for label, start in ((3, 6), (2, 18), (1, 36)):
        bones[start : start + 10, 11:19] = label
    return bones


def true_lesions(size: int = 3) -> np.ndarray:
    lesions = np.zeros(SHAPE, np.uint8)
    lesions[50 : 50 + size, 5 : 5 + size] = 1
    return lesions


def save_fingers(folder: Path, patients: tuple[str, ...], header: str = "patient") -> Path:
    """One finger per patient, called finger-0.png and so on; lesions grow with the number."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"image,pixel_spacing_mm,{header}"]
    for number, patient in enumerate(patients):
        lesions = true_lesions(2 + number)
        grey = np.full(SHAPE, 60, np.uint8)
        grey[true_bones() > 0] = 153
        grey[lesions > 0] = 221
        stem = f"finger-{number}"
        for name, array in (("", grey), ("_bones", true_bones()), ("_lesions", lesions)):
            PIL.Image.fromarray(array).save(folder / f"{stem}{name}.png")
        lines.append(f"{stem}.png,{SPACING},{patient}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def report_of(image: Image, grown: int = 0) -> Report:
    """Bones of a finger, `grown` pixels too wide, and its lesion exactly."""
    bright = image.array[0] > 300.0
    lesion = image.array[0] > 900.0
    bones = np.where(bright & ~lesion, true_bones(), 0)
    if grown:
        bones = np.where(lesion, 0, expand_labels(bones, grown))
    labels = {int(n): bone_name(int(n)) for n in np.unique(bones) if n}
    area = float(lesion.sum()) * image.grid.pixel_area_mm2
    return Report(
        image=image,
        bones=Segmentation(bones, image.grid, labels),
        lesion_map=Segmentation(lesion, image.grid, {1: "calcification 1"}),
        lesions=(),
        status="complete",
        reason="",
        warnings=(),
        area_mm2=area + grown,
        area_interval=None,
        ellipse_area_mm2=area,
        method="fake",
    )


class FakeProcess:
    """In place of `OwnProcess`: unet is exact, every other method one pixel too wide.

    `refused` holds (method, place among its pictures) without an answer; `asked` counts.
    """

    asked: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[set[tuple[str, int]]] = set()
    interrupted_after: int | None = None

    def __init__(self, settings) -> None:
        self.method = settings.method

    def __enter__(self):
        return self

    def __exit__(self, *_error) -> None:
        pass

    def measure(self, image: Image) -> Answer:
        kind = type(self)
        place = kind.asked[self.method]
        if kind.interrupted_after is not None and kind.asked.total() >= kind.interrupted_after:
            raise KeyboardInterrupt
        kind.asked[self.method] += 1
        if (self.method, place) in kind.refused:
            return Answer(None, "no bone\nwas found", 0.1, 99.0)
        return Answer(report_of(image, 0 if self.method == "unet" else 1), "", 0.25, 100.0 + place)
