"""Whether pixel spacing and the length of bones go together."""

from __future__ import annotations

from collections.abc import Sequence

from calcimetry.coverage.extent import longest_bone_mm
from calcimetry.model.geometry import Grid
from calcimetry.model.segmentation import Segmentation

#: Accuracy was tested at pixel spacings between these; files.raster reads somewhat beyond.
TESTED_SPACING_MM = (0.1, 1.0)
#: The longest bone of a whole finger is its proximal phalanx, 25 to 60 mm; with some room.
LONGEST_BONE_MM = (15.0, 80.0)


def spacing_warning(grid: Grid) -> str:
    """Tell of a pixel spacing that was not tested; empty where it was."""
    low, high = TESTED_SPACING_MM
    spacing = grid.spacing[1:]
    # A grid's spacing is computed from its affine, so 0.1 mm may lack its last bit.
    if low * (1 - 1e-6) <= min(spacing) and max(spacing) <= high * (1 + 1e-6):
        return ""
    found = " x ".join(f"{mm:.3g}" for mm in dict.fromkeys(spacing))
    return f"The pixel spacing is {found} mm: accuracy was only tested from {low} to {high} mm."


def length_warning(bones: Segmentation, missing: Sequence[str]) -> str:
    """Tell of a longest bone that is too long, or too short though none is missing."""
    low, high = LONGEST_BONE_MM
    found = longest_bone_mm(bones)
    if found <= high and (found >= low or missing):
        return ""
    return (
        f"The longest bone found is {found:.0f} mm long, where {low:g} to {high:g} mm is "
        f"expected: check the pixel spacing ({bones.grid.spacing[1]:g} mm) and the outlines of "
        "the bones."
    )
