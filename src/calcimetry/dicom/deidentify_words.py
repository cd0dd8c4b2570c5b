"""Which words of a text may stay: technical ones, and nothing that is part of a patient's identity.

A list of words that must go is never complete; this is a list of those that may stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from calcimetry.dicom.deidentify_vocabulary import PHRASES, TERMS, WORDS

_ALLOWED = re.compile(
    r"(?<![^\W_])(?:"
    + "|".join(PHRASES)
    + "|"
    + "|".join(re.escape(word) for word in sorted(WORDS, key=lambda w: (-len(w), w)))
    + r")(?![^\W_])",
    re.IGNORECASE | re.ASCII,
)
_PARTS = re.compile(r"[\W_]+")
#: How names are spelt where umlauts are not at hand.
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
#: A part of a name or number shorter than this is too common to be looked for within words.
_WITHIN = 4


def technical_words(text: str, identity: frozenset[str] = frozenset()) -> str:
    """What may stay of a text: its technical words and numbers, in their order.

    Parameters
    ----------
    text : str
    identity : frozenset of str
        Parts of the patient's names and numbers (`parts`), which go even where they are
        technical words.

    Returns
    -------
    str
        Parted by single spaces; the text as it stood where all of it may stay.

    Examples
    --------
    >>> technical_words("DE Hand, Sn150kV 0.6 Br40 (Mrs. Miller 4711)")
    'DE Hand Sn150kV 0.6 Br40'
    >>> technical_words("Hand right", parts(["Hand^Anna"]))
    'right'
    """
    kept = [found[0] for found in _ALLOWED.finditer(text) if not _of_identity(found[0], identity)]
    joined = " ".join(kept)
    return text if _letters(joined) == _letters(text) and _harmless(text) else joined


def is_technical(text: str, identity: frozenset[str] = frozenset()) -> bool:
    """Whether all of a text may stay.

    Examples
    --------
    >>> is_technical("HAS OBS CONTEXT"), is_technical("DOE JANE")
    (True, False)
    """
    if not _letters(text) or _of_identity(text, identity):
        return False
    return technical_words(text, identity) == text or all(word in TERMS for word in text.split())


def parts(texts: Iterable[str]) -> frozenset[str]:
    """Parts of names and numbers that tell who somebody is, in lower case and without accents.

    Examples
    --------
    >>> sorted(parts(["Doe^Jane^^Dr", "P-4711"]))
    ['4711', 'doe', 'dr', 'jane', 'p4711']
    """
    found: set[str] = set()
    for text in texts:
        for spelt in (text, text.casefold().translate(_SPELT_OUT)):
            pieces = [piece for piece in _PARTS.split(_folded(spelt)) if piece]
            found.update(pieces, ["".join(pieces)] if "^" not in text else [])
    return frozenset(piece for piece in found if len(piece) > 1)


def holds_identity(text: str, identity: frozenset[str]) -> bool:
    """Whether a text holds a part of a name or number.

    Examples
    --------
    >>> holds_identity("CT of Jane", parts(["Doe^Jane"]))
    True
    """
    return _of_identity(text, identity)


def _of_identity(text: str, identity: frozenset[str]) -> bool:
    folded = _folded(text)
    own = {*_PARTS.split(folded), "".join(_PARTS.split(folded))}
    return bool(own & identity) or any(len(part) >= _WITHIN and part in folded for part in identity)


def _folded(text: str) -> str:
    """In lower case and without accents, so that spellings of one name are the same."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _harmless(text: str) -> bool:
    """Whether nothing but plain signs stands between the letters."""
    return text.isascii() and text.isprintable()
