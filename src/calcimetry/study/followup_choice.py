"""What the user says of visits, and what is refused of it before anything is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from calcimetry.errors import InputError, OutputError, SettingsError
from calcimetry.files.lesion_pairs import LesionPair
from calcimetry.settings import Settings
from calcimetry.study.followup_series import Sorted
from calcimetry.study.sources import VolumeChoice


@dataclass(frozen=True, slots=True)
class FollowUpChoice:
    """What the user says of the visits.

    Parameters
    ----------
    pairs : Path or None
        Table of which lesions are one (`calcimetry.files.lesion_pairs`).
    days : tuple of int
        Days from the baseline to each later visit, where the files do not say.
    images : tuple of Path
        Where measured volumes lie now, if not where they were measured.
    with_images : bool
        False to compare without the images: nothing is drawn of them.
    same_patient : bool
        It is one patient at every visit, whatever the files say.
    dicom : bool
        Write the DICOM results of each visit, which carry the tracking identifiers; every visit
        must then be a study of DICOM.
    pixel_spacing_mm, volumes, settings :
        For visits that are to be measured, as of `measure_study`; `settings.followup` says how
        they are compared.
    """

    pairs: Path | None = None
    days: tuple[int, ...] = ()
    images: tuple[Path, ...] = ()
    with_images: bool = True
    same_patient: bool = False
    dicom: bool = False
    pixel_spacing_mm: float | None = None
    volumes: VolumeChoice = field(default_factory=VolumeChoice)
    settings: Settings | None = None


def refuse_paths(paths: Sequence[Path], out: Path) -> None:
    """Refuse visits that are missing, too few or named twice.

    Raises
    ------
    InputError
        If they are.
    OutputError
        If the results would go into one of them.
    """
    if len(paths) < 2:
        raise InputError(
            f"Following up: a baseline and at least one later visit are needed, found {len(paths)}."
        )
    for path in paths:
        if not os.path.lexists(path):
            raise InputError(f"Following up: there is no file or folder {path}.")
    real = [os.path.realpath(path) for path in paths]
    for place, one in enumerate(real):
        if one in real[:place]:
            raise InputError(
                f"Following up: visits {real.index(one) + 1} and {place + 1} are the same, "
                f"{paths[place]}. Name each visit once."
            )
    if os.path.realpath(out) in real:
        raise OutputError(
            f"Writing to {out}: it is one of the visits. Choose another --out folder."
        )


def refuse_saved(paths: Sequence[Path], saved: Sequence[bool]) -> None:
    """Refuse saved results where DICOM objects are wanted: other folders are not written to.

    Raises
    ------
    SettingsError
        If one is.
    """
    for path, one in zip(paths, saved, strict=True):
        if one:
            raise SettingsError(
                f"Following up: --dicom writes objects beside visits that are measured here, but "
                f"{path.name} is a results folder. Name the study that it was measured from."
            )


def stated_days(choice: FollowUpChoice, visits: int) -> list[int | None]:
    """Days since the baseline of each visit, as the user says.

    Raises
    ------
    SettingsError
        If they are not one for each later visit, in order.
    """
    if not choice.days:
        return [0, *[None] * (visits - 1)]
    if len(choice.days) != visits - 1:
        raise SettingsError(
            f"Following up: expected the days of {visits - 1} later visits, found "
            f"{len(choice.days)}: {', '.join(map(str, choice.days))}."
        )
    days = (0, *choice.days)
    for place in range(1, len(days)):
        if days[place] < days[place - 1]:
            raise SettingsError(
                f"Following up: expected visits in their order, found visit {place + 1} on day "
                f"{days[place]} and the one before it on day {days[place - 1]}."
            )
    return list(days)


def refuse_strange_pairs(pairs: Sequence[LesionPair], found: Sorted, visits: int) -> None:
    """Refuse lines of the user's table that are about nothing here.

    Raises
    ------
    InputError
        If one names an image or a visit that there is not, none where there are several
        images, or lesions of pictures.
    """
    if pairs and not found.volumes:
        raise InputError(
            "Following up: lesions of pictures cannot be paired; their totals per finger are "
            "compared. Leave --pairs out."
        )
    images = [series.baseline.image for series in found.series]
    for one in pairs:
        if one.image and one.image not in images:
            raise InputError(
                f"Following up: --pairs names image {one.image!r}, expected one of the baseline's: "
                f"{', '.join(images)}."
            )
        if not one.image and len(images) > 1:
            raise InputError(
                f"Following up: {len(images)} images are compared, so --pairs needs a column "
                "'image' that says which of the baseline's each line is about."
            )
        if one.visit > visits:
            raise InputError(
                f"Following up: --pairs names visit {one.visit}, found {visits} visits."
            )
