"""How sharp a reconstruction kernel is, from its maker's name for it."""

from __future__ import annotations

import re

#: Of a kernel that says nothing: between the soft and the sharp ones.
UNKNOWN = 45.0
#: Siemens and United Imaging name kernels with a number that grows with sharpness
#: (B30f, Br40d, Qr36, Hr64); Canon's FC numbers come in groups.
_NUMBERED = re.compile(r"^(?!FC)[A-Z][a-z]{0,2}\s?_?(\d{2})[a-z]*\b")
_CANON = re.compile(r"^FC(\d{2})")
_CANON_SHARP_FROM, _CANON_SOFT, _CANON_SHARP = 30, 35.0, 65.0
#: GE and Philips, placed on the same scale.
_NAMED = {
    "SOFT": 25.0,
    "STANDARD": 35.0,
    "A": 25.0,
    "B": 35.0,
    "C": 50.0,
    "D": 60.0,
    "E": 70.0,
    "YA": 50.0,
    "YB": 60.0,
    "YC": 65.0,
    "YD": 70.0,
    "CHST": 45.0,
    "DETAIL": 50.0,
    "LUNG": 60.0,
    "BONE": 60.0,
    "BONEPLUS": 65.0,
    "EDGE": 75.0,
}


def sharpness_of(kernel: str) -> float:
    r"""Where a kernel stands between soft (about 20) and sharp (about 80).

    The scale is that of Siemens' kernel numbers; other makers' names are placed on it by
    the use they are meant for. It only ranks the kernels of one study.

    Parameters
    ----------
    kernel : str
        ConvolutionKernel; of several values the first counts.

    Returns
    -------
    float

    Examples
    --------
    >>> sharpness_of("Br40d\\3"), sharpness_of("BONE"), sharpness_of("")
    (40.0, 60.0, 45.0)
    """
    first = kernel.split("\\", maxsplit=1)[0].strip()
    numbered = _NUMBERED.match(first)
    if numbered:
        return float(numbered[1])
    canon = _CANON.match(first)
    if canon:
        return _CANON_SHARP if int(canon[1]) >= _CANON_SHARP_FROM else _CANON_SOFT
    return _NAMED.get(first.upper(), UNKNOWN)
