"""Visits of a simulated finger, measured by the stand-in that knows the truth."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import PIL.Image
import pytest

from calcimetry.model import Report
from calcimetry.study import measure_study, run, writing
from tests.visits import measuring, save_volume


def stand_in(patch: pytest.MonkeyPatch, reports: Sequence[Report]) -> None:
    """Measure these volumes by their truth, and draw nothing of them."""
    patch.setattr(run, "measure", measuring(reports))
    small = PIL.Image.new("L", (30, 60))
    for name in ("draw_overlay", "draw_hands", "draw_fingers"):
        patch.setattr(writing, name, lambda *_: small)


def save_visits(folder: Path, reports: Sequence[Report]) -> list[Path]:
    """A NIfTI file for each visit, each in a folder of its own."""
    return [
        save_volume(folder / f"visit-{number}", report)
        for number, report in enumerate(reports, start=1)
    ]


def save_results(folder: Path, reports: Sequence[Report], patch: pytest.MonkeyPatch) -> list[Path]:
    """A results folder for each visit."""
    stand_in(patch, reports)
    found = []
    for number, path in enumerate(save_visits(folder / "in", reports), start=1):
        found.append(folder / f"results-{number}")
        measure_study([path], found[-1])
    return found


def table(path: Path) -> list[Mapping[str, str]]:
    """Rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
