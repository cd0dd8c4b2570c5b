"""Small pictures, and a stand-in for the measuring itself, for tests of all that is around it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import PIL.Image

from calcimetry.errors import NotMeasurable
from calcimetry.model import Image, Interval, Lesion, Report, Segmentation

SPACING = 0.4


def finger_levels(rows: int = 60, columns: int = 30) -> np.ndarray:
    """Grey levels of something like a finger: dark air, grey tissue, two bright spots."""
    levels = np.full((rows, columns), 10, np.uint8)
    levels[5:-5, 6:-6] = 80
    levels[10:30, 12:18] = 200
    levels[40:43, 9:12] = 240
    return levels


def save_picture(path: Path, levels: np.ndarray | None = None) -> Path:
    """Save grey levels as PNG or JPEG, by the path's ending; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(finger_levels() if levels is None else levels).save(path)
    return path


def save_manifest(folder: Path, *lines: str, header: str = "image,pixel_spacing_mm") -> Path:
    path = folder / "manifest.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def image_rows(out: Path) -> dict[str, dict[str, str]]:
    """Rows of a results folder's images.csv by their picture."""
    with (out / "images.csv").open(encoding="utf-8", newline="") as file:
        return {row["image"]: row for row in csv.DictReader(file)}


def lesion(number: int = 1, area: float = 1.44) -> Lesion:
    return Lesion(
        number=number,
        bone=2,
        area_mm2=area,
        area_interval=Interval(area - 0.4, area + 0.4),
        pixel_area_mm2=area,
        long_axis_mm=1.2,
        short_axis_mm=1.2,
        ellipse_area_mm2=1.13,
        perimeter_mm=4.8,
        solidity=1.0,
        touches_bone=False,
        centre=(0.0, 41.0, 10.0),
        long_axis_ends=((40.0, 10.0), (43.0, 10.0)),
        short_axis_ends=((41.0, 9.0), (41.0, 12.0)),
        ellipse_misfit=0.05,
        bone_contact_share=0.0,
        not_measured={"mean_hu": "the picture was windowed"},
    )


def fake_measure(image: Image, settings: object) -> Report:
    """One bone and one lesion at the places where `finger_levels` has them."""
    if np.ptp(image.array) < 1:
        raise NotMeasurable(f"Measuring {image.name!r}: the picture is blank.")
    bones = np.zeros(image.grid.shape, np.uint16)
    bones[0, 10:30, 12:18] = 2
    lesions = np.zeros(image.grid.shape, np.uint16)
    lesions[0, 40:43, 9:12] = 1
    return Report(
        image=image,
        bones=Segmentation(bones, image.grid, {2: "middle phalanx"}),
        lesion_map=Segmentation(lesions, image.grid, {1: "lesion 1"}),
        lesions=(lesion(),),
        status="partial",
        reason="no distal phalanx was found",
        warnings=("a warning",),
        area_mm2=1.44,
        area_interval=Interval(1.04, 1.84),
        ellipse_area_mm2=1.13,
        method="fake",
    )
