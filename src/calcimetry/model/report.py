"""What one image gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from calcimetry.model.coverage import PhalanxCoverage
from calcimetry.model.hand import Hand
from calcimetry.model.image import Image
from calcimetry.model.lesion import Interval, Lesion
from calcimetry.model.segmentation import Segmentation

Status = Literal["complete", "partial", "failed"]
#: Why the total of no lesion, 0, has no interval: 0 to 0 would claim certainty.
NO_LESION = "no lesion was found; what may have been missed has no interval"
#: Why a total has no mass where a lesion has none and does not say why.
NO_MASS = "no mass was measured"


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
    #: Total over lesions; the interval treats their errors as independent, and is None
    #: where there is no lesion.
    area_mm2: float
    area_interval: Interval | None
    ellipse_area_mm2: float
    #: Name of the bone method and fingerprint of its weights.
    method: str
    #: Hands and fingers of a volume; a picture has none.
    hands: tuple[Hand, ...] = ()
    #: Total over the lesions of a volume; None for a picture, or (the interval) without lesion.
    volume_mm3: float | None = None
    volume_interval: Interval | None = None
    #: What is seen of each phalanx that the image should show, finger by finger.
    coverage: tuple[PhalanxCoverage, ...] = ()
    #: Hydroxyapatite of all lesions of a volume; None where that of one could not be measured.
    mass_mg: float | None = None
    mass_interval: Interval | None = None
    #: Why the HU of a volume are not calibrated; empty where they are.
    uncalibrated: str = ""

    @property
    def lesion_count(self) -> int:
        """Number of lesions, without those of urate."""
        return sum(not one.is_urate for one in self.lesions)

    @property
    def not_measured(self) -> Mapping[str, str]:
        """Why a quantity of the whole image is None, by its name."""
        reasons = {}
        if self.area_interval is None:
            reasons["area_interval"] = NO_LESION
        if self.volume_mm3 is not None and self.volume_interval is None:
            reasons["volume_interval"] = NO_LESION
        if self.mass_mg is not None and self.mass_interval is None:
            reasons["mass_interval"] = NO_LESION
        if self.volume_mm3 is not None and self.mass_mg is None:
            own = (one.not_measured.get("mass_mg") for one in self.lesions if not one.is_urate)
            reasons["mass_mg"] = self.uncalibrated or next(filter(None, own), NO_MASS)
        return reasons
