"""Names of lesions that stay the same from visit to visit."""

from __future__ import annotations

import uuid

from calcimetry.model.anatomy import bone_name

#: DICOM's root of UIDs made from UUIDs (PS3.5 B.2).
_UUID_ROOT = "2.25."


def tracking_id(bone: int, number: int, visit: str) -> str:
    """Plain name of a lesion: where it lies, and its number at the visit that saw it first.

    Parameters
    ----------
    bone : int
        Label of the nearest bone; 0 where there is none.
    number : int
        Of the lesion.
    visit : str
        Name of the visit that saw it first.

    Examples
    --------
    >>> tracking_id(43, 2, "2024")
    'ring distal phalanx, lesion 2 of 2024'
    """
    where = f"{bone_name(bone)}, " if bone else ""
    return f"{where}lesion {number} of {visit}"


def tracking_uid(key: str, number: int) -> str:
    """UID of a lesion, made from the image that showed it first and its number there.

    The same lesion of the same image has the same UID whenever it is worked out again.

    Parameters
    ----------
    key : str
        What tells the image from every other.
    number : int
        Of the lesion.

    Examples
    --------
    >>> tracking_uid("baseline", 1).startswith("2.25.")
    True
    """
    return f"{_UUID_ROOT}{uuid.uuid5(uuid.NAMESPACE_OID, f'calcimetry:{key}:{number}').int}"
