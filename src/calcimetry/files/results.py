"""How one input ended, and how the results of several runs come together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from calcimetry.measurement.burden import Burden, counted
from calcimetry.measurement.score import SiteFactors
from calcimetry.model import Hand, Interval, Lesion
from calcimetry.model.report import Status


@dataclass(frozen=True, slots=True)
class FingerResult:
    """One finger of a volume: its row of fingers.csv.

    `name` is plain English, `digit` 0 and `side` None where they cannot be told.
    `coverage` says of each phalanx that the finger should have whether it is seen
    whole, by the column's name. The totals are those of the lesions whose nearest
    bone is the finger's.
    """

    name: str
    side: str | None
    digit: int
    status: Status
    reason: str
    coverage: Mapping[str, str]
    lesion_count: int
    area_mm2: float
    area_interval: Interval | None
    ellipse_area_mm2: float
    volume_mm3: float | None
    volume_interval: Interval | None
    mass_mg: float | None = None
    mass_interval: Interval | None = None
    #: Half width of the part of the mass's interval that all lesions share.
    mass_shared_mg: float = 0.0
    #: Lesions of urate, which none of the totals holds.
    urate_count: int = 0
    #: Why a total is None, by its name.
    not_measured: Mapping[str, str] = field(default_factory=dict)
    #: Part of each phalanx's expected length that is seen, by the column's name.
    visible_share: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HandResult:
    """One hand of a volume, or the lone finger of one: its row of hands.csv.

    `side` is None where it cannot be told, `digits` are those that were found, 1
    the thumb to 5 the little finger; `finger_count` is how many of the image's fingers are its,
    one hand's after the other's. The burden is that of all lesions of the hand, those nearest
    to the wrist or the forearm included.
    """

    name: str
    side: str | None
    digits: tuple[int, ...]
    finger_count: int
    status: Status
    reason: str
    burden: Burden
    #: What a radiographic score asks of each place, where that was wanted.
    sites: tuple[SiteFactors, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """How one input ended: its row of images.csv, its lesions, and what tells it from others.

    The totals are None where `status` is "failed". `key` identifies the input's
    place, `sha256` its content, `made_with` the version and settings; together
    with the pixel spacing and what was `stated` they decide whether it must be
    measured again.
    """

    image: str
    stem: str
    key: str
    status: Status
    reason: str = ""
    #: Why a later attempt on the same content failed; this measurement was kept.
    later_failure: str = ""
    sha256: str = ""
    made_with: str = ""
    method: str = ""
    pixel_spacing_mm: float | None = None
    area_mm2: float | None = None
    area_interval: Interval | None = None
    ellipse_area_mm2: float | None = None
    seconds: float | None = None
    lesions: tuple[Lesion, ...] = ()
    warnings: tuple[str, ...] = ()
    #: Names of the bones found, by their label number in the segmentation.
    bones: Mapping[int, str] = field(default_factory=dict)
    #: Result files, relative to the folder.
    files: tuple[str, ...] = ()
    #: Why a total of a measured picture is None, by its name.
    not_measured: Mapping[str, str] = field(default_factory=dict)
    #: The manifest's further columns.
    columns: Mapping[str, str] = field(default_factory=dict)
    #: Total of a volume; None for a picture.
    volume_mm3: float | None = None
    volume_interval: Interval | None = None
    #: Spacing of a volume's voxels along (slice, row, column); None for a picture.
    spacing_mm: tuple[float, float, float] | None = None
    #: Fingers of a volume, the thumb first.
    fingers: tuple[FingerResult, ...] = ()
    hands: tuple[HandResult, ...] = ()
    #: What a volume's files do not say and the user did, such as the side of the hand.
    stated: Mapping[str, str] = field(default_factory=dict)
    #: What is seen of each phalanx of a picture, and how much, by the columns' names; those of a
    #: volume stand with its fingers.
    coverage: Mapping[str, str] = field(default_factory=dict)
    visible_share: Mapping[str, float] = field(default_factory=dict)
    #: Total of a volume; None for a picture, and where HU are not calibrated.
    mass_mg: float | None = None
    mass_interval: Interval | None = None
    #: Hands and fingers of a volume, with the grids that each is looked at straight on.
    anatomy: tuple[Hand, ...] = ()
    #: Of a volume: tube setting or energy of each image, the lower first, where its files say so,
    #: and how it was reconstructed.
    tube_settings: tuple[str, ...] = ()
    kernel: str = ""

    @property
    def is_volume(self) -> bool:
        """True for a measured volume, False for a picture and for what failed."""
        return self.spacing_mm is not None

    @property
    def measured(self) -> bool:
        """True where there is something to read: complete or partial."""
        return self.status != "failed"

    @property
    def lesion_count(self) -> int:
        """Number of lesions, without those of urate."""
        return len(counted(self.lesions))

    @property
    def urate_count(self) -> int:
        """Number of lesions of urate."""
        return len(self.lesions) - self.lesion_count

    @property
    def told_reason(self) -> str:
        """The reason as tables and pages show it, with that of a later failure."""
        later = self.later_failure
        kept = f"kept from an earlier run; the last one failed: {later}" if later else ""
        return "; ".join(filter(None, (self.reason, kept)))


@dataclass(frozen=True, slots=True)
class Contents:
    """All of a results folder: results in order, and what is said once for all of them."""

    results: tuple[Result, ...] = ()
    #: Version and settings by the `made_with` of the results.
    made_with: Mapping[str, Any] = field(default_factory=dict)
    #: Files of the named folders that were not measured, with the reason.
    passed_over: Mapping[str, str] = field(default_factory=dict)


def merged(earlier: Iterable[Result], new: Iterable[Result]) -> tuple[Result, ...]:
    """Earlier results in their order, each replaced where there is a new one, then the others.

    An attempt that failed does not replace a measurement of the same content: the
    measurement stays, and `later_failure` says so.
    """
    table = {result.image: result for result in earlier}
    for result in new:
        old = table.get(result.image)
        if old is not None and old.measured and not result.measured and _same_content(old, result):
            table[result.image] = replace(old, later_failure=result.reason)
        else:
            table[result.image] = result
    return tuple(table.values())


def _same_content(old: Result, new: Result) -> bool:
    return new.sha256 in ("", old.sha256)
