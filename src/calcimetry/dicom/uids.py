"""UIDs of results: the same source, weights, settings and kind of object give the same ones."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from pydicom.uid import generate_uid


@dataclass(frozen=True, slots=True)
class ResultKey:
    """What the UIDs of one volume's results are made of.

    Parameters
    ----------
    source : str
        Digest of the source's instances (`calcimetry.dicom.found.Volume.sha256`).
    made_with : str
        What tells version, weights and settings from others.
    stated : str
        What the user said that the files do not, such as the side.

    Examples
    --------
    >>> key = ResultKey("abc", "0123")
    >>> key.uid("report") == ResultKey("abc", "0123").uid("report")
    True
    >>> key.uid("report") == ResultKey("abc", "4567").uid("report")
    False
    """

    source: str
    made_with: str
    stated: str = ""

    def uid(self, *words: str) -> str:
        """UID of the object that these words name, such as ``"bones", "series"``.

        A hash (SHA-512) under pydicom's root, as `pydicom.uid.generate_uid` makes it.
        """
        own = (self.source, self.made_with, self.stated)
        return str(generate_uid(entropy_srcs=["calcimetry result", *own, *words]))

    def lesion_uid(self, number: int) -> str:
        """Tracking UID of a lesion that was first seen in this volume.

        It hangs on the slices and the lesion's number alone, so that whoever follows the lesion
        up can work it out from saved results: a UUID (RFC 4122, version 5) under DICOM's root for
        them (PS3.5 section B.2).

        Examples
        --------
        >>> ResultKey("baseline", "0123").lesion_uid(1)
        '2.25.310511183878411610531453209836960736869'
        """
        made_of = f"calcimetry:{self.source}:{number}"
        return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, made_of).int}"
