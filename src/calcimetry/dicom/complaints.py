"""What GDCM's JPEG decoder says only on the process's standard error."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from calcimetry.errors import UnreadableFile

_STDERR = 2
_OF_DAMAGE = b"Corrupt JPEG data"


@contextmanager
def refuse_complaints(name: str) -> Iterator[None]:
    """Turn the decoder's complaint of damaged data into an error.

    libjpeg, which GDCM has inside, meets damaged data with a line on standard error and
    goes on with made-up pixels; no call of GDCM tells of it. So standard error is caught
    while one frame is decoded. What others wrote there meanwhile is passed on.

    Parameters
    ----------
    name : str
        The file, for the message.

    Raises
    ------
    UnreadableFile
        If the decoder complained.
    """
    try:
        saved = os.dup(_STDERR)
    except OSError:  # a program without a standard error, as a service may be
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(saved, _STDERR)
            os.close(saved)
        caught.seek(0)
        said = caught.read()
    if _OF_DAMAGE in said:
        raise UnreadableFile(
            f"Reading {name}: its compressed pixels are damaged. Export or copy it again."
        )
    if said:
        os.write(_STDERR, said)
