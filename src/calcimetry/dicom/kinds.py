"""What an object is, and why it is no CT volume where it is none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydicom.config import IGNORE
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    MediaStorageDirectoryStorage,
)

from calcimetry.dicom.instance import Instance
from calcimetry.dicom.pixels import DECODERS, UNCOMPRESSED
from calcimetry.dicom.source import printable

_CT = frozenset({CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage})
#: Beyond these a stored number times the slope plus the intercept is no HU.
_LARGEST_SLOPE, _LARGEST_INTERCEPT = 1e3, 1e6
_GREY = ("MONOCHROME1", "MONOCHROME2")
#: Rescale types that are HU; an empty one, and US (unspecified), are HU for CT.
_HU_TYPES = ("", "HU", "US")

#: What calcimetry's own reformats state last in their image type: they are results, no source.
OWN_REFORMAT = "CALCIMETRY"

#: What computed images call themselves, in their description or image type, and what that is.
#: Gout and bone marrow protocols give their name to the source images too, which then state
#: their tube voltage.
#: The last ones are DICOM's own words for multi-energy images (PS3.3 section C.8.15.3.1).
_MAPS = (
    (
        r"VNCa|virtual non.?ca|VirtualNonCa|calcium.?supp|ca.?supp",
        "virtual non-calcium",
    ),
    (r"VNC|virtual non.?contrast|virtual unenhanced|VUE", "virtual non-contrast"),
    (r"iodine|\bI map|iodine.?map", "an iodine map"),
    (r"calcium map|\bHAP\b|hydroxyapatite", "a calcium map"),
    (r"Z.?eff|effective.?Z|effective atomic|EFF_ATOMIC_NUM", "a map of atomic numbers"),
    (r"electron.?dens|\brho\b|ELECTRON_DENSITY", "a map of electron density"),
    (r"^(?!.*\d\s*kV).*(?:uric|urate|\bMSU\b)", "a map of urate"),
    (r"^(?!.*\d\s*kV).*bone.?marrow", "a map of bone marrow"),
    (r"colou?r|fused|fusion|overlay", "colour-coded"),
    (r"\bMIP\b|\bMinIP\b|MIN_IP|MAX_IP|\bVRT?\b|volume render|\bSSD\b|\b3D render", "a rendering"),
    (r"\bmat_\w+|material dens|material.?map", "a map of materials"),
    (r"scout|topogram|surview|\bscano|localizer", "a localizer"),
)
_MAPS_COMPILED = tuple((re.compile(words, re.IGNORECASE), what) for words, what in _MAPS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an object is no CT volume.

    `expected` is True where its owner would expect it to be measured, so that it must be
    told as a failure.
    """

    reason: str
    expected: bool


def refusal_of(instance: Instance) -> Refusal | None:
    """Why one object cannot be part of a CT volume; None where it can.

    Parameters
    ----------
    instance : Instance

    Returns
    -------
    Refusal or None
    """
    other = _other_object(instance)
    if other:
        return Refusal(other, expected=False)
    problem = instance.problem or ("" if instance.frames else "it ends before its pixels")
    if problem:
        return Refusal(f"'{instance.source.name}': {problem}", expected=True)
    if instance.photometric not in _GREY:
        what = instance.photometric or "not stated"
        return Refusal(f"its pixels are {what} (colour), not grey", expected=False)
    computed = _computed(instance)
    if computed:
        return Refusal(computed, expected=False)
    return _unreadable(instance)


def _other_object(instance: Instance) -> str:
    """What an object is that is no CT image; empty for one that is."""
    uid = UID(instance.sop_class, IGNORE)
    if uid in _CT:
        other = instance.modality not in ("", "CT")
        return f"its modality is {instance.modality}, not CT" if other else ""
    if uid == MediaStorageDirectoryStorage:
        return "a DICOMDIR: the files it lists are read themselves"
    if "Secondary Capture" in uid.name:
        return "a secondary capture: a picture of a screen, without HU or place"
    if uid.name != str(uid):
        return f"an object of another kind ({uid.name}), not CT images"
    return "a private object, whose meaning only its maker knows" if uid else "of no stated kind"


def _computed(instance: Instance) -> str:
    """What was computed from CT and is not CT values; empty for CT values."""
    frame = instance.frames[0]
    if all("LOCALIZER" in piece.image_type for piece in instance.frames):
        return "a localizer"
    if OWN_REFORMAT in frame.image_type:
        return "a plane that calcimetry reformatted for its results"
    text = f"{instance.words} {' '.join(frame.image_type)}"
    for pattern, what in _MAPS_COMPILED:
        if pattern.search(text):
            return what
    if frame.rescale_type not in _HU_TYPES:
        return f"its values are {frame.rescale_type[:16]}, not HU"
    return ""


def _unreadable(instance: Instance) -> Refusal | None:
    """Why a CT image cannot be read."""
    syntax = instance.transfer_syntax
    if syntax not in UNCOMPRESSED and syntax not in DECODERS:
        name = printable(UID(syntax, IGNORE).name)[:64]
        return Refusal(f"stored as {name}, which cannot be unpacked here", expected=True)
    for frame in instance.frames:
        slope, intercept = frame.slope, frame.intercept
        if (
            slope is None
            or intercept is None
            or not (0 < slope <= _LARGEST_SLOPE and abs(intercept) <= _LARGEST_INTERCEPT)
        ):
            return Refusal(
                "it states no usable RescaleSlope and RescaleIntercept, so its HU are not known",
                expected=True,
            )
    return None
