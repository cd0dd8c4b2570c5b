"""What looking for CT gives: volumes to measure, and everything else with the reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from calcimetry.dicom.pixels import load_stack
from calcimetry.dicom.stack import Stack
from calcimetry.model import DualEnergyImage, Grid, Image, Laterality

#: Called with (slices done, slices in all).
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Left:
    """Something that is not measured.

    Parameters
    ----------
    what : str
        Such as ``series 4 'DE 80 kV hand' (288 slices)``.
    reason : str
        Why not, as a clause without a full stop at its end.
    failed : bool
        True where its owner would expect it to be measured: it counts as a failed input.
        False where it is merely passed over, as localizers and reports are.
    """

    what: str
    reason: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """One series of a volume: its slices, and what it shows.

    `uid_hash` is the start of the SHA-256 of its SeriesInstanceUID.
    """

    label: str
    uid_hash: str
    setting: str
    kernel: str
    stack: Stack = field(repr=False)


@dataclass(frozen=True, slots=True)
class Volume:
    """One CT volume that can be measured, or a pair of one energy each.

    Nothing in it names the patient. `patient` and `study` are pseudonyms: whoever has the
    original numbers can compute them again, so they are NOT anonymisation.

    Parameters
    ----------
    name : str
        First 12 hexadecimal digits of the SHA-256 of the SeriesInstanceUID (of a pair: of
        the low energy), with ``-2`` and so on where one series holds several volumes.
    description : str
        Series, slices and spacing in words. Series descriptions that hold part of the
        patient's name or number are left out.
    patient, study : str
        First 8 hexadecimal digits of the SHA-256 of PatientID and its issuer, and of the
        StudyInstanceUID.
    laterality : Laterality or None
        As ImageLaterality or Laterality states it; nothing else is asked.
    warnings : tuple of str
        What should be known beside the results.
    sha256 : str
        Digest of which slices it holds and of their files' sizes, not of their content: it
        changes when files are added, removed or replaced by others.
    scans : tuple of Scan
        One, or two of a pair: the lower energy first.
    acquired : date or None
        Day of the scan, to order visits by; never shown.
    """

    name: str
    description: str
    patient: str
    study: str
    laterality: Laterality | None
    warnings: tuple[str, ...]
    sha256: str
    scans: tuple[Scan, ...]
    acquired: date | None = field(default=None, repr=False)

    @property
    def grid(self) -> Grid:
        """Where its voxels lie; both scans of a pair share it."""
        return self.scans[0].stack.grid

    @property
    def low_setting(self) -> str:
        """Such as ``80`` (kV) or ``50 keV``, of the single or lower energy; empty if not stated."""
        return self.scans[0].setting

    @property
    def high_setting(self) -> str:
        """Of the higher energy of a pair; empty otherwise."""
        return self.scans[1].setting if len(self.scans) > 1 else ""

    def load(self, on_progress: Progress | None = None) -> Image | DualEnergyImage:
        """Read and decode the slices.

        Parameters
        ----------
        on_progress : callable, optional
            Called with (slices done, slices in all).

        Returns
        -------
        Image or DualEnergyImage
            In HU, named `name`; the pair shares one grid.

        Raises
        ------
        UnreadableFile
            If a slice cannot be read or decoded.
        """
        grid = self.grid
        total = len(self.scans) * grid.shape[0]
        images = []
        for number, scan in enumerate(self.scans):
            before = number * grid.shape[0]

            def tell(done: int, before: int = before) -> None:
                if on_progress is not None:
                    on_progress(before + done, total)

            images.append(Image(load_stack(scan.stack, tell), grid, "HU", None, self.name))
        if len(images) == 1:
            return replace(images[0], setting=self.low_setting)
        return DualEnergyImage(images[0], images[1], self.low_setting, self.high_setting)


@dataclass(frozen=True, slots=True)
class Found:
    """What paths hold.

    `other_files` are no DICOM at all (pictures, NIfTI, text), or missing: the caller's.
    """

    volumes: tuple[Volume, ...]
    left: tuple[Left, ...]
    other_files: tuple[Path, ...]


def short_hash(text: str, digits: int) -> str:
    """The first hexadecimal digits of a text's SHA-256.

    Examples
    --------
    >>> short_hash("1.2.3", 12)
    'c47f5b18b8a4'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
