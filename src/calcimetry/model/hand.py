"""Which hand and which fingers a volume shows, and how to look at each of them straight on."""

from __future__ import annotations

from dataclasses import dataclass

from calcimetry.model.anatomy import Digit, Laterality
from calcimetry.model.geometry import Grid


@dataclass(frozen=True, slots=True)
class Finger:
    """One digit of a volume.

    Parameters
    ----------
    digit : Digit
        UNKNOWN where it cannot be told; `reason` then says why.
    laterality : Laterality or None
        Of its hand; None where it cannot be told.
    grid : Grid
        The digit straightened: slices run across the finger (each is a sagittal
        plane, its flexion plane), rows from the tip to the wrist, columns from the
        back of the finger to its palmar side. A rigid, right-angled grid: bent
        joints stay bent.
    labels : tuple of int
        Labels of its bones in the report's segmentation.
    reason : str
        What could not be told and why; empty where all could.
    """

    digit: Digit
    laterality: Laterality | None
    grid: Grid
    labels: tuple[int, ...]
    reason: str = ""

    @property
    def name(self) -> str:
        """Plain English, such as ``left ring finger``.

        Returns
        -------
        str
            ``finger`` alone where neither side nor digit is known.
        """
        words = [] if self.laterality is None else [self.laterality.name.lower()]
        if self.digit is Digit.THUMB:
            return " ".join([*words, "thumb"])
        if self.digit is not Digit.UNKNOWN:
            words.append(self.digit.name.lower())
        return " ".join([*words, "finger"])


@dataclass(frozen=True, slots=True)
class Hand:
    """One hand of a volume, or the lone finger of one.

    Parameters
    ----------
    laterality : Laterality or None
        None where it cannot be told; `reason` then says why.
    fingers : tuple of Finger
        From the thumb to the little finger; unknown ones last.
    grid : Grid
        The hand laid flat: slices run from its back to its palm, rows from the
        fingertips to the wrist, columns across. Projecting along slices gives the
        view that people know from a radiograph.
    reason : str
        What could not be told and why; empty where all could.
    """

    laterality: Laterality | None
    fingers: tuple[Finger, ...]
    grid: Grid
    reason: str = ""

    @property
    def name(self) -> str:
        """``left hand``, ``right hand`` or ``hand``."""
        return "hand" if self.laterality is None else f"{self.laterality.name.lower()} hand"
