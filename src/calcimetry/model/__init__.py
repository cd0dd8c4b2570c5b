"""Immutable values that every room shares; numpy only."""

from calcimetry.model.anatomy import Bone, Digit, Laterality, Phalanx, bone_name
from calcimetry.model.coverage import CoverageState, PhalanxCoverage
from calcimetry.model.geometry import Grid
from calcimetry.model.hand import Finger, Hand
from calcimetry.model.image import DualEnergyImage, Image
from calcimetry.model.lesion import Interval, Lesion
from calcimetry.model.report import Report
from calcimetry.model.segmentation import Segmentation

__all__ = [
    "Bone",
    "CoverageState",
    "Digit",
    "DualEnergyImage",
    "Finger",
    "Grid",
    "Hand",
    "Image",
    "Interval",
    "Laterality",
    "Lesion",
    "Phalanx",
    "PhalanxCoverage",
    "Report",
    "Segmentation",
    "bone_name",
]
