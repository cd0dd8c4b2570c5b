"""Which X-rays a series was taken with, or what was computed from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from calcimetry.dicom.instance import Frame

Kind = Literal["tube", "mono", "mixed"]

_KEV = re.compile(r"(\d{2,3}(?:\.\d)?)\s*-?keV", re.IGNORECASE)
_KV = re.compile(r"(Sn\s*-?|tin\s*-?)?(?<!\d)(\d{2,3})\s*-?kVp?(?![a-z])", re.IGNORECASE)
_TIN_NUMBER = re.compile(r"(?<![a-z])(?:Sn|tin)\s*-?(\d{2,3})(?!\d)", re.IGNORECASE)
_TIN_ALONE = re.compile(r"(?<![a-z])(?:tin|sn)(?![a-z\d])", re.IGNORECASE)
_MIXED = re.compile(
    r"(?<![a-z])(?:mix(?:ed)?|blend(?:ed)?|average|optimum contrast|[MF]_?0[.,]\d)(?![a-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Energy:
    """The energy that a series shows.

    `kind` is ``tube`` for the image of one tube voltage, ``mono`` for a virtual
    monoenergetic image and ``mixed`` for two voltages added up. `value` is kV, keV, or 0
    where it is not stated.
    """

    kind: Kind
    value: float
    tin: bool = False

    @property
    def text(self) -> str:
        """As people write it: ``80``, ``Sn150``, ``50 keV``, ``mixed``; empty where not stated.

        Examples
        --------
        >>> Energy("tube", 150.0, tin=True).text
        'Sn150'
        """
        if self.kind == "mixed":
            return "mixed"
        if not self.value:
            return ""
        if self.kind == "mono":
            return f"{self.value:g} keV"
        return f"{'Sn' if self.tin else ''}{self.value:g}"


def energy_of(words: str, frame: Frame) -> Energy:
    """The energy of a series, from its attributes and, where they are silent, its description.

    Parameters
    ----------
    words : str
        The description as the scanner wrote it.
    frame : Frame
        Header of one of its slices.

    Returns
    -------
    Energy

    Examples
    --------
    >>> energy_of("DE hand 0.6 Br40 B Sn150kV", Frame(kvp=150.0)).text
    'Sn150'
    >>> energy_of("Mono+ 50 keV hand", Frame(kvp=80.0)).text
    '50 keV'
    """
    text = f"{words} {' '.join(frame.image_type)}"
    kev = _KEV.search(text)
    if kev:
        return Energy("mono", float(kev[1]))
    if _MIXED.search(words):  # as an image type MIXED says something else
        return Energy("mixed", 0.0)
    stated = {float(found[2]): bool(found[1]) for found in _KV.finditer(text)}
    kvp = frame.kvp or (next(iter(stated)) if len(stated) == 1 else 0.0)
    tin = (
        stated.get(kvp, False)
        or any(float(found[1]) == kvp for found in _TIN_NUMBER.finditer(text))
        or bool(_TIN_ALONE.search(words))
        or "TIN" in re.split(r"[\W_]+", frame.filters)
    )
    return Energy("tube", kvp, tin)
