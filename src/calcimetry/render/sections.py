"""What the report page shows of one input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from calcimetry.measurement.burden import Burden
from calcimetry.model import Interval, Lesion, Report
from calcimetry.model.report import Status
from calcimetry.render import wording


@dataclass(frozen=True, slots=True)
class Overlay:
    """One drawing of an input.

    `png` is held by the page; None where it is missing or only linked. `path` is that
    of the file relative to the page, with forward slashes. Where it is given but the
    picture is missing or damaged, the page says so. `shows` says in words what is
    to be seen. `linked` is the width and height of a picture that the page does not
    hold but shows from its file.
    """

    png: bytes | None = None
    path: str = ""
    shows: str = ""
    linked: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class BurdenLine:
    """One line of the table of burdens: a patient, a hand or a finger.

    `burden` is None where nothing could be added up, and `reason` then says why.
    """

    level: Literal["patient", "hand", "finger"]
    name: str
    status: Status
    reason: str
    burden: Burden | None


@dataclass(frozen=True, slots=True)
class FingerLine:
    """What is seen of one finger of a volume; `coverage` is by name of the phalanx."""

    name: str
    status: Status
    reason: str
    coverage: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ImageSection:
    """One input of a study, measured or not.

    `ImageSection.of` makes the section of a measured picture. One that failed
    has a name, status "failed" and a reason, and that is all.
    """

    name: str
    status: Status
    reason: str = ""
    lesions: tuple[Lesion, ...] = ()
    #: Totals; None where nothing could be measured.
    area_mm2: float | None = None
    area_interval: Interval | None = None
    ellipse_area_mm2: float | None = None
    #: Total of a volume; None for a picture.
    volume_mm3: float | None = None
    volume_interval: Interval | None = None
    fingers: tuple[FingerLine, ...] = ()
    #: Size of pixels or voxels in words.
    spacing: str = ""
    #: Names of the bones found.
    bones: tuple[str, ...] = ()
    #: Bone method and fingerprint of its weights.
    method: str = ""
    warnings: tuple[str, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    #: Further columns of the manifest, shown as given.
    details: Mapping[str, str] = field(default_factory=dict)
    #: Hydroxyapatite of a volume; None for a picture, and where HU are not calibrated.
    mass_mg: float | None = None
    mass_interval: Interval | None = None

    @classmethod
    def of(
        cls,
        report: Report,
        overlays: tuple[Overlay, ...] = (),
        details: Mapping[str, str] | None = None,
    ) -> ImageSection:
        """Section of a measured picture or volume, without its fingers."""
        return cls(
            name=report.image.name,
            status=report.status,
            reason=report.reason,
            lesions=report.lesions,
            area_mm2=report.area_mm2,
            area_interval=report.area_interval,
            ellipse_area_mm2=report.ellipse_area_mm2,
            volume_mm3=report.volume_mm3,
            volume_interval=report.volume_interval,
            spacing=wording.spacing_of(report.image),
            bones=wording.bones_of(report),
            method=report.method,
            warnings=report.warnings,
            overlays=overlays,
            details=details or {},
            mass_mg=report.mass_mg,
            mass_interval=report.mass_interval,
        )

    @property
    def lesion_count(self) -> int:
        """Number of lesions, without those of urate."""
        return sum(not one.is_urate for one in self.lesions)

    @property
    def is_volume(self) -> bool:
        """True for a measured volume."""
        return self.volume_mm3 is not None

    @property
    def not_measured(self) -> dict[str, list[str]]:
        """Quantities that no number is given for, by the reason why."""
        reasons: dict[str, list[str]] = {}
        for lesion in self.lesions:
            for quantity, reason in lesion.not_measured.items():
                quantities = reasons.setdefault(reason, [])
                if quantity not in quantities:
                    quantities.append(quantity)
        return reasons
