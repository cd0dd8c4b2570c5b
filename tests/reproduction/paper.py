"""A folder of tiny fingers in the shape of the paper's study, and their radiologists."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.reproduction.fingers import SPACING, save_fingers

#: Pictures of the independent set, and those to train on after them.
TEST, TRAIN = 7, 4


def save_study(folder: Path, *, readers: bool = True, **columns: list[str]) -> Path:
    """Seven pictures of four patients to test, four of one to train; two of seven are cut off."""
    patients = ("A", "A", "B", "B", "C", "C", "D", "T", "T", "T", "T")
    save_fingers(folder, patients)
    own = {
        "group": ["test"] * TEST + ["train"] * TRAIN,
        "cut_off": ["true", *["false"] * 5, "true", *["false"] * TRAIN],
        "finger": ["index", "ring", "ring", "little", "index", "ring", "middle", *["ring"] * TRAIN],
        "true_area_mm2": [
            f"{0.16 * (2 + n) ** 2 + 0.1 * (n % 2):.2f}" for n in range(TEST + TRAIN)
        ],
        **columns,
    }
    own = {name: values for name, values in own.items() if values}
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image", "pixel_spacing_mm", "patient", *own])
        for number, patient in enumerate(patients):
            told = [values[number] for values in own.values()]
            table.writerow([f"finger-{number}.png", SPACING, patient, *told])
    if readers:
        lines = ["image,reader,lesion,long_axis_mm,short_axis_mm"]
        for number in range(TEST):
            size = 0.4 * (2 + number)
            lines.append(f"finger-{number}.png,IMO,1,{size * 1.2},{size}")
            lines.append(
                f"finger-{number}.png,AW,1,{size * 1.1},{size * 1.05 + 0.1 * (-1) ** number}"
            )
        (folder / "readers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
