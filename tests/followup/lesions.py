"""Lesions with sizes as a test wants them, and fingers at two visits."""

from __future__ import annotations

import numpy as np

from calcimetry.followup.visit import Visit
from calcimetry.model import Grid, Interval, Lesion, Segmentation, bone_name
from calcimetry.phantom.cohort import Cohort, Group, plan_cohort
from calcimetry.phantom.truth import true_report
from calcimetry.phantom.visits import scan_finger


def lesion(
    number: int = 1,
    volume_mm3: float = 50.0,
    bone: int = 21,
    error: float = 0.5,
    mass_mg: float | None = 20.0,
    **more,
) -> Lesion:
    """One lesion, as large as a ball where it matters; `error` is its intervals' half width."""
    radius = float(np.cbrt(0.75 * volume_mm3 / np.pi))
    area = np.pi * radius**2

    def around(size: float) -> Interval:
        return Interval(size * np.exp(-error), size * np.exp(error))

    values = {
        "number": number,
        "bone": bone,
        "area_mm2": area,
        "area_interval": around(area),
        "pixel_area_mm2": area,
        "long_axis_mm": 2 * radius,
        "short_axis_mm": 2 * radius,
        "ellipse_area_mm2": area,
        "perimeter_mm": 2 * np.pi * radius,
        "solidity": 1.0,
        "touches_bone": False,
        "centre": (0.0, 0.0, 0.0),
        "long_axis_ends": ((0.0, 0.0), (0.0, 1.0)),
        "short_axis_ends": ((0.0, 0.0), (1.0, 0.0)),
        "volume_mm3": volume_mm3,
        "volume_interval": around(volume_mm3),
        "surface_mm2": 4 * np.pi * radius**2,
        "side": "right",
        "digit": 2,
        "mass_mg": mass_mg,
        "mass_interval": None if mass_mg is None else around(mass_mg),
    }
    return Lesion(**{**values, **more})


def bones_of(labels, grid: Grid) -> Segmentation:
    return Segmentation(labels, grid, {int(n): bone_name(int(n)) for n in np.unique(labels) if n})


def block_visit(name: str = "first", label: int = 21, lesions: int = 0, **more) -> Visit:
    """A block for a bone and some single samples for lesions: for what asks for no shape."""
    labels = np.zeros((6, 6, 6), int)
    labels[1:3] = label
    found = np.zeros((6, 6, 6), int)
    for number in range(1, lesions + 1):
        found[4, number, 2] = number
    grid = Grid(labels.shape, np.eye(4))
    meanings = {number: f"calcification {number}" for number in range(1, lesions + 1)}
    own = tuple(lesion(number, bone=label) for number in range(1, lesions + 1))
    return Visit(name, bones_of(labels, grid), Segmentation(found, grid, meanings), own, **more)


def finger_visits(spacings: tuple[float, ...] = (0.8, 0.8), seed: int = 5) -> list[Visit]:
    """A simulated finger at visits without any error of measuring: joints and pose differ."""
    cohort = Cohort(seed, (Group("trial", 1, 1),), visits=len(spacings))
    (finger,) = plan_cohort(cohort)
    found = []
    for place, spacing in enumerate(spacings):
        report = true_report(scan_finger(finger, place, spacing_mm=spacing))
        found.append(Visit(f"visit {place}", report.bones, report.lesion_map, report.lesions))
    return found


def turned(segmentation: Segmentation, turn, shift) -> Segmentation:
    """The same samples elsewhere in space."""
    motion = np.eye(4)
    motion[:3, :3], motion[:3, 3] = turn, shift
    grid = Grid(segmentation.grid.shape, motion @ segmentation.grid.affine)
    return Segmentation(segmentation.label_map, grid, segmentation.meanings)
