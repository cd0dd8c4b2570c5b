"""What an image shows of one phalanx: a finding with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calcimetry.errors import InputError
from calcimetry.model.anatomy import Phalanx

CoverageState = Literal[
    "complete",
    "cut by the field of view",
    "off-plane",
    "obscured by lesion or artefact",
    "resorbed",
    "not found",
]


@dataclass(frozen=True, slots=True)
class PhalanxCoverage:
    """How much of one phalanx an image shows.

    Parameters
    ----------
    phalanx : Phalanx
        Which one.
    state : str
        What was found of it.
    visible_share : float
        Length seen over the length expected, 0 to 1: 1 where it is complete, 0 where nothing
        of it was found.
    reason : str
        Why it is not complete, in plain English; empty where it is.

    Raises
    ------
    InputError
        If the share is not from 0 to 1, or a reason is missing where one is due.
    """

    phalanx: Phalanx
    state: CoverageState
    visible_share: float
    reason: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.visible_share <= 1.0:
            raise InputError(
                f"Saying what is seen of the {self.phalanx.name}: expected a share from 0 to 1, "
                f"found {self.visible_share}."
            )
        if (self.state == "complete") is bool(self.reason):
            raise InputError(
                f"Saying what is seen of the {self.phalanx.name}: expected a reason unless it is "
                f"complete, found {self.reason!r} for {self.state!r}."
            )
