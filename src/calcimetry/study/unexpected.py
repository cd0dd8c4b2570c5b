"""What is said of an error that nobody expected."""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb

from calcimetry import __version__


def internal_error(error: Exception, *, quoted: bool = True) -> str:
    """Where it happened and what it was, in one line without paths of the user's.

    Parameters
    ----------
    error : Exception
        As it was caught.
    quoted : bool
        False where its own words may hold what a header says of the patient.
    """
    place = extract_tb(error.__traceback__)[-1]
    text = getattr(error, "strerror", None) or error  # an OSError's own text holds a whole path
    words = f": {text}" if quoted else ""
    return (
        f"internal error ({type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
        f"{words}); please report it together with the version, {__version__}"
    )
