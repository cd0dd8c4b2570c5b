"""What is not de-identified at all, and why: nobody could promise that the patient is gone."""

from __future__ import annotations

import re

from pydicom._private_dict import private_dictionaries
from pydicom.config import IGNORE
from pydicom.datadict import keyword_dict
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    Comprehensive3DSRStorage,
    ComprehensiveSRStorage,
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedSRStorage,
    LegacyConvertedEnhancedCTImageStorage,
    MediaStorageDirectoryStorage,
    SegmentationStorage,
    XRayRadiationDoseSRStorage,
)

from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.dicom.deidentify_texts import items_of, kind_of, texts

#: CT images, whose pixels are looked at.
CT = frozenset({CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage})
#: Label map segmentations have no name in pydicom 3.0 before its release 3.1.
_LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
ACCEPTED = CT | {
    SegmentationStorage,
    _LABEL_MAP,
    BasicTextSRStorage,
    EnhancedSRStorage,
    ComprehensiveSRStorage,
    Comprehensive3DSRStorage,
    XRayRadiationDoseSRStorage,
}
_NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
#: Words of an image type that tell of a screen or a page.
_SCREENS = frozenset(
    {"SCREEN", "SCREENSHOT", "SCREENSAVE", "REPORT", "PROTOCOL", "CAPTURE", "SUMMARY"}
)
#: Private creators are compared without case and surrounding blanks.
_KNOWN = frozenset(name.strip().casefold() for name in private_dictionaries)


def refusal_of(ds: Dataset, profile: Profile) -> str:
    """Why a data set must not be de-identified; empty where it may.

    Parameters
    ----------
    ds : Dataset
        As read.
    profile : Profile

    Returns
    -------
    str
        A clause without a full stop, which holds none of the data set's values.
    """
    return _of_other_kind(ds) or _with_identity_in_pixels(ds) or _of_unknown_private(ds, profile)


def _of_other_kind(ds: Dataset) -> str:
    missing = [name for name in _NEEDED if not _first(ds, name)]
    if missing:
        return f"it states no {missing[0]}, without which it cannot be linked"
    uid = UID(_first(ds, "SOPClassUID"), IGNORE)
    if uid == MediaStorageDirectoryStorage:
        return "a DICOMDIR: it lists patients by name; the files that it lists are read themselves"
    if uid not in ACCEPTED:
        return _named(uid)
    if not _first(ds, "PatientID"):
        return "it states no PatientID, so whose it is cannot be told"
    return ""


def _named(uid: UID) -> str:
    name = "" if uid.name == str(uid) else uid.name
    if not name:
        return "a private object, whose meaning only its maker knows"
    if "Encapsulated" in name:
        return "an encapsulated document: words on its pages cannot be removed"
    if "Secondary Capture" in name:
        return "a secondary capture: a picture of a screen, on which names may stand"
    return f"an object of a kind that is not de-identified here ({name})"


def _with_identity_in_pixels(ds: Dataset) -> str:
    if "PixelDataProviderURL" in ds:
        return "its pixels lie elsewhere, at an address"
    for keyword in ("BurnedInAnnotation", "RecognizableVisualFeatures"):
        if _first(ds, keyword) not in ("", "NO"):
            return f"it does not state {keyword} NO, so its pixels may show who it is"
    overlays = [tag for tag in ds.keys() if _is_overlay_position(tag)]  # noqa: SIM118
    if any(ds[tag].value for tag in overlays):
        return "an overlay lies in its pixels' unused bits"
    return _of_a_screen(ds) if _first(ds, "SOPClassUID") in CT else ""


def _is_overlay_position(tag: int) -> bool:
    """Whether an attribute is OverlayBitPosition (60xx,0102)."""
    return 0x6000 <= tag >> 16 < 0x6100 and tag & 0xFFFF == 0x0102


def _of_a_screen(ds: Dataset) -> str:
    image_type = " ".join(texts(ds, keyword_dict["ImageType"])) if "ImageType" in ds else ""
    classic = _first(ds, "SOPClassUID") == CTImageStorage
    if _SCREENS & set(re.split(r"[\W_]+", image_type.upper())):
        return "its ImageType says that it is a picture of a screen or a page"
    if _first(ds, "PhotometricInterpretation") not in ("", "MONOCHROME1", "MONOCHROME2"):
        return "its pixels are colour, not CT: a rendering or a picture of a screen"
    if classic and not _first(ds, "ImagePositionPatient"):
        return "it has no place in the patient: a picture of a screen or a page"
    return ""


def _of_unknown_private(ds: Dataset, profile: Profile) -> str:
    if profile.unknown_private == "remove":
        return ""
    known = _KNOWN | {name.strip().casefold() for name in profile.private_creators}
    group = _unknown_group(ds, known)
    if group is None:
        return ""
    return (
        f"it has private attributes of an unknown maker (group {group:04X}), who may have put the "
        "patient elsewhere too; look at one, then name the maker in private_creators"
    )


def _unknown_group(ds: Dataset, known: frozenset[str]) -> int | None:
    """First group of private attributes that no known maker has reserved."""
    blocks: dict[tuple[int, int], bool] = {}
    for tag in sorted(ds.keys()):
        if tag.is_private:
            if 0x10 <= tag.elem <= 0xFF:
                blocks[tag.group, tag.elem] = (texts(ds, tag) or [""])[0].casefold() in known
                block: tuple[int, int] | None = (tag.group, tag.elem)
            else:
                block = (tag.group, tag.elem >> 8) if tag.elem else None
            if block is not None and not blocks.get(block, False):
                return int(tag.group)
        elif kind_of(ds, tag) == "SQ":
            for item in items_of(ds, tag):
                found = _unknown_group(item, known)
                if found is not None:
                    return found
    return None


def _first(ds: Dataset, keyword: str) -> str:
    """First value of an attribute as text; empty where it is missing."""
    if keyword not in ds:
        return ""
    return (texts(ds, keyword_dict[keyword]) or [""])[0]
