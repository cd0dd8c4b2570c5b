"""Objects that scans are tested with."""

import numpy as np

from calcimetry.attenuation import MATERIALS
from calcimetry.model import Grid


def axial(size, spacing, slices=1, thickness=1.0):
    corner = -(size - 1) / 2 * spacing
    affine = np.array(
        [[0, 0, spacing, corner], [0, spacing, 0, corner], [thickness, 0, 0, 0], [0, 0, 0, 1.0]]
    )
    return Grid((slices, size, size), affine)


def from_centre(size, spacing, centre=(0.0, 0.0)):
    """Distance in mm from a point (x, y) of an axial slice."""
    at = (np.arange(size) - (size - 1) / 2) * spacing
    return np.hypot(at[None, :] - centre[0], at[:, None] - centre[1])


def disc(size, spacing, centre, radius, points=8):
    fine = from_centre(size * points, spacing / points, centre) <= radius
    return fine.reshape(size, points, size, points).mean(axis=(1, 3))


def rod_in_water(size, spacing, material, density, rod_radius, water_radius):
    rod = density * disc(size, spacing, (0, 0), rod_radius)
    water = 1000.0 * disc(size, spacing, (0, 0), water_radius)
    water -= rod * 1000.0 / MATERIALS[material].density_mg_cm3
    return {"water": water[None], material: rod[None]}


def fingers(size, spacing, places):
    """Round fingers with a ring of cortex, marrow, fat and a deposit of 400 mg/cm3."""
    names = ("soft_tissue", "fat", "yellow_marrow", "cortical_bone", "hydroxyapatite")
    out = {name: np.zeros((1, size, size)) for name in names}
    for x in places:
        one = {
            name: disc(size, spacing, (x + dx, y), radius)
            for name, dx, y, radius in (
                ("whole", 0.0, 0.0, 9.0),
                ("bone", 0.0, 1.0, 5.0),
                ("marrow", 0.0, 1.0, 3.2),
                ("deposit", 0.0, -6.0, 1.5),
                ("fat", 5.5, -3.0, 1.5),
            )
        }
        flesh = one["whole"] - one["bone"] - one["fat"] - 400.0 / 3160.0 * one["deposit"]
        out["soft_tissue"] += 1060.0 * np.clip(flesh, 0.0, None)
        out["fat"] += 950.0 * one["fat"]
        out["yellow_marrow"] += 980.0 * one["marrow"]
        out["cortical_bone"] += 1920.0 * (one["bone"] - one["marrow"])
        out["hydroxyapatite"] += 400.0 * one["deposit"]
    return out
