"""The files that a DICOMDIR lists."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from pydicom import dcmread
from pydicom.multival import MultiValue

from calcimetry.dicom.source import printable
from calcimetry.errors import UnreadableFile


def listed_files(path: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The files that a DICOMDIR lists and that lie below its folder, and those that do not.

    Parameters
    ----------
    path : Path
        The DICOMDIR.

    Returns
    -------
    found : tuple of Path
    missing : tuple of str
        Names as listed, parts joined by slashes.

    Raises
    ------
    UnreadableFile
        If it cannot be parsed or lists nothing.

    Notes
    -----
    Names are looked up among the files that are there, in any case of letters, since discs
    are mounted in either. So a list that leads out of the folder finds nothing.
    """
    listed = _references(path)
    folder = path.parent
    there = {
        Path(where, name).relative_to(folder).as_posix().casefold(): Path(where, name)
        for where, _, names in os.walk(folder)
        for name in names
    }
    found = [there[name.casefold()] for name in listed if name.casefold() in there]
    return tuple(found), tuple(name for name in listed if name.casefold() not in there)


def _references(path: Path) -> list[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            records = dcmread(path, specific_tags=["DirectoryRecordSequence"])
            listed = [
                record.ReferencedFileID
                for record in records.get("DirectoryRecordSequence", ())
                if "ReferencedFileID" in record
            ]
    except Exception as error:
        # Damaged bytes make a parser raise anything.
        raise UnreadableFile(
            f"Reading {printable(path.name)}: it is damaged ({type(error).__name__}). Name its "
            "folder instead."
        ) from error
    if not listed:
        raise UnreadableFile(
            f"Reading {printable(path.name)}: it lists no files. Name its folder instead."
        )
    return [
        "/".join(map(str, name)) if isinstance(name, (MultiValue, list)) else str(name)
        for name in listed
    ]
