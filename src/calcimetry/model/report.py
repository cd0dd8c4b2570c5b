"""What one image gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calcimetry.model.image import Image
from calcimetry.model.lesion import Interval, Lesion
from calcimetry.model.segmentation import Segmentation

Status = Literal["complete", "partial", "failed"]


@dataclass(frozen=True, slots=True)
class Report:
    """The measured lesions of one image, and all that explains them.

    `status` is "partial" where part of what an image should show could not be
    measured, and `reason` says which part; "failed" never gets this far: the
    pipeline raises instead, and a study turns the error into a row.
    """

    image: Image
    bones: Segmentation
    lesion_map: Segmentation
    lesions: tuple[Lesion, ...]
    status: Status
    reason: str
    warnings: tuple[str, ...]
    #: Total over lesions; the interval treats their errors as independent.
    area_mm2: float
    area_interval: Interval
    ellipse_area_mm2: float
    #: Name of the bone method and fingerprint of its weights.
    method: str

    @property
    def lesion_count(self) -> int:
        """Number of lesions."""
        return len(self.lesions)
