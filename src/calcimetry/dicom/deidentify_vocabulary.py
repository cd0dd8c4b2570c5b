"""The words that a text may keep, from a list that somebody can read through and judge."""

from __future__ import annotations

import tomllib
from importlib import resources

_TREE = tomllib.loads(
    (resources.files(__package__) / "deidentify_words.toml").read_text(encoding="utf-8")
)
#: In lower case: what a scan, a reconstruction, a place of the body or a result is called.
WORDS = frozenset(word for words in _TREE["words"].values() for word in words.split())
#: In upper case: DICOM's own terms.
TERMS = frozenset(_TREE["terms"]["dicom"].split())
#: Words with numbers, as regular expressions.
PHRASES = (
    r"(?:Sn|tin)[\s-]*\d{2,3}(?:\s*-?kVp?)?",  # energies
    r"\d{2,3}(?:\.\d)?\s*-?ke?Vp?",
    r"ke?V[\s_-]*\d{2,3}",
    r"[MF]_?0[.,]\d",
    r"mono[\s_+]*(?:plus)?[\s_]*\d{2,3}",
    r"ca.?supp(?:ression|ressed)?",
    r"\d{1,4}\s*-?(?:mAs?|ms)",
    r"\d{1,3}(?:[.,]\d{1,3})?\s*mm[23]?",  # sizes
    r"(?<!\d[.,])\d[.,]\d{1,4}(?![.,]\d)",
    r"\d{1,3}\s?%",
    r"FC\d{2}(?:-H)?|Y[A-D]|(?-i:[BDHIJQSTU][a-z]?)_?\d{2}[a-z]{0,2}(?:\\\d)?",  # kernels
    r"(?:VA|VB|VE|CT|SOM)\d{1,2}[A-Z]?(?:[_\s]SP\d{1,2})?",  # scanners and their software
    r"v?\d{1,2}\.\d{1,3}\.\d{1,3}",
    r"made_with=[0-9a-f]{12}",
    r"model=[uvp]net\s[0-9a-f]{12}",
    # results
    r"(?:lesion|segment|series|slice)s?[\s_#-]*\d{1,3}",
    r"(?:finger|digit|visit|part|label)[\s_#-]*\d",
)
