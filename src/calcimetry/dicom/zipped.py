"""What a zip holds, refused where opening it could do harm. Nothing is ever written to disk."""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath, PureWindowsPath

from calcimetry.errors import UnsupportedImage

#: Largest sum of the unpacked sizes: some 30,000 slices of 512 x 512.
MAX_TOTAL_BYTES = 16 << 30
#: Largest single member: an enhanced CT of 2,000 slices of 512 x 512.
MAX_MEMBER_BYTES = 1 << 30
#: Unpacked to packed. CT packs to about half, blank slices to a hundredth; a bomb to a thousandth.
MAX_RATIO = 200
MAX_MEMBERS = 200_000


def list_members(archive: zipfile.ZipFile, size: int, name: str) -> tuple[zipfile.ZipInfo, ...]:
    """The files inside a zip, after checking what they claim.

    Parameters
    ----------
    archive : ZipFile
    size : int
        Bytes of the zip itself.
    name : str
        The zip's name, for messages.

    Returns
    -------
    tuple of ZipInfo
        In the zip's order; folders left out. `why_not` tells which of them may be read.

    Raises
    ------
    UnsupportedImage
        If the zip claims more members, or unpacks to more, than is safe.

    Notes
    -----
    The sizes are those that the zip states. A member that holds more is cut off there by
    `zipfile`, so a zip that lies gains nothing.
    """
    members = tuple(info for info in archive.infolist() if not info.is_dir())
    total = sum(info.file_size for info in members)
    if len(members) > MAX_MEMBERS:
        raise UnsupportedImage(
            f"Reading {name}: a zip of at most {MAX_MEMBERS} files is opened, found "
            f"{len(members)}. Unpack it and name the folder."
        )
    if total > MAX_TOTAL_BYTES or total > MAX_RATIO * max(size, 1):
        raise UnsupportedImage(
            f"Reading {name}: unpacked it would be {total / 2**20:.0f} MB, "
            f"{total / max(size, 1):.0f} times its own size; at most {MAX_RATIO} times and "
            f"{MAX_TOTAL_BYTES >> 30} GB are opened, since such a zip can be a trap. Unpack it "
            "and name the folder."
        )
    return members


def why_not(info: zipfile.ZipInfo) -> str:
    """Why a member is not read; empty where it may be.

    Examples
    --------
    >>> why_not(zipfile.ZipInfo("../outside.dcm"))
    'its name leads out of the zip'
    >>> why_not(zipfile.ZipInfo("slices/1.dcm"))
    ''
    """
    path, windows = PurePosixPath(info.filename), PureWindowsPath(info.filename)
    if path.is_absolute() or windows.drive or windows.root or ".." in windows.parts:
        return "its name leads out of the zip"
    if info.flag_bits & 0x1:
        return "it is encrypted; unpack it with its password and name the folder"
    if path.suffix.lower() == ".zip":
        return "a zip inside a zip is not opened; unpack it and name the folder"
    if info.file_size > MAX_MEMBER_BYTES:
        return f"unpacked it is larger than {MAX_MEMBER_BYTES >> 30} GB"
    return ""
