"""What results say of one volume: label maps, lesions, burdens, and what made them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal

from pydicom.config import IGNORE
from pydicom.uid import UID

from calcimetry.dicom.source_study import SourceStudy
from calcimetry.dicom.uids import ResultKey
from calcimetry.errors import InputError
from calcimetry.measurement.burden import Burden
from calcimetry.model import Image, Laterality, Lesion, Segmentation

Rgb = tuple[int, int, int]
MAKER = "calcimetry"


@dataclass(frozen=True, slots=True)
class Tracking:
    """What a lesion is called in every study that shows it.

    Parameters
    ----------
    identifier : str
        For people.
    uid : str
        The same in all studies.

    Raises
    ------
    InputError
        If `uid` is no UID, or `identifier` is empty.
    """

    identifier: str
    uid: str

    def __post_init__(self) -> None:
        if not UID(self.uid, IGNORE).is_valid:
            raise InputError(
                f"Naming a lesion {self.identifier!r}: expected a UID of at most 64 digits and "
                "dots, found something else."
            )
        if not self.identifier:
            raise InputError("Naming a lesion: expected an identifier, found none.")


@dataclass(frozen=True, slots=True)
class SiteFindings:
    """The burden of one finger or one hand.

    `digit` is None for a hand. `coverage` says of each phalanx of a finger whether it is
    seen whole, by its plain name.
    """

    name: str
    side: Laterality | None
    digit: int | None
    status: Literal["complete", "partial"]
    reason: str
    burden: Burden
    coverage: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Findings:
    """What was found in one volume; `reason` says what could not be measured.

    `bone_colours` are in sRGB and `bone_sides` say of which hand it is, by label number;
    `pictures` are PNG files' contents with nothing in them
    that tells of the patient; `image` is the volume that was measured, of a pair the mix of
    its energies.
    """

    image: Image
    bones: Segmentation
    lesion_map: Segmentation
    lesions: tuple[Lesion, ...]
    sites: tuple[SiteFindings, ...]
    status: Literal["complete", "partial"]
    reason: str
    warnings: tuple[str, ...]
    bone_colours: Mapping[int, Rgb]
    bone_sides: Mapping[int, Laterality | None]
    lesion_colour: Rgb
    pictures: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Maker:
    """What made results, and when.

    Parameters
    ----------
    version : str
        Of calcimetry.
    method : str
        Name of the bone method and fingerprint of its weights.
    made_with : str
        What tells version, weights and settings from others; report.json lists the
        settings by it.
    created : datetime
        With its time zone.
    """

    version: str
    method: str
    made_with: str
    created: datetime


@dataclass(frozen=True, eq=False, slots=True)
class Context:
    """What every result object of one volume needs."""

    study: SourceStudy
    key: ResultKey
    maker: Maker
    tracking: Mapping[int, Tracking] = field(default_factory=dict)

    def uid(self, *words: str) -> str:
        """UID of the object that these words name.

        Other tracking names make other objects: an archive keeps the first that it gets of a UID.
        """
        return self.key.uid(*words, tracking_digest(self.tracking))

    def tracking_of(self, number: int) -> Tracking:
        """What a lesion is tracked by: what was given, or a name of its own."""
        given = self.tracking.get(number)
        return given or Tracking(f"Lesion {number}", self.key.lesion_uid(number))


def tracking_digest(tracking: Mapping[int, Tracking]) -> str:
    """What tells tracking names from others; empty for none.

    >>> tracking_digest({})
    ''
    """
    if not tracking:
        return ""
    told = {str(number): [one.identifier, one.uid] for number, one in sorted(tracking.items())}
    return sha256(json.dumps(told).encode()).hexdigest()[:16]
