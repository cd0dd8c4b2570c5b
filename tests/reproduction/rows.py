"""Made-up rows of a comparison."""

from __future__ import annotations

from calcimetry.reproduction.rows import Row
from calcimetry.reproduction.scores import Score


def row(image: str, method: str, dice: float | None = 0.9, patient: str = "", **changes) -> Row:
    """A row whose Dice is as given; without an answer where that is None."""
    area, true_area = changes.get("area", 2.0), changes.get("true_area", 1.5)
    score = None
    if dice is not None:
        score = Score(
            bone_dice=dice,
            proximal_dice=dice,
            middle_dice=None,
            distal_dice=dice,
            metacarpal_dice=None,
            phalanx_dice=dice,
            surface_mean_mm=1.0 - dice,
            surface_p95_mm=2.0 - dice,
            lesion_count=1,
            area_mm2=area,
            true_area_mm2=true_area,
            area_difference_mm2=None if true_area is None else area - true_area,
        )
    return Row(
        image=image,
        patient=patient,
        method=method,
        method_version=f"{method} 1",
        reason="" if score else "no bone was found",
        score=score,
        true_area_from="label map",
        seconds=changes.get("seconds", 0.5),
        memory_mib=changes.get("memory", 100.0),
        fingerprint=f"{image}-{method}",
        files=(),
    )
