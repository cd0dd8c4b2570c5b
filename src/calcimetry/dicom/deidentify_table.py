"""What happens to each attribute: PS3.15's table, its options, and what it does not list.

The table is that of DICOM PS3.15 section E.1 (2026c), as dicom-anonymizer holds it. It says which
attributes to touch and leaves all others, among them free text, as they are. Here an
attribute that it does not list stays only where its kind of value cannot name anybody or where
every word of it is known.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as ps3_15
from pydicom.datadict import dictionary_VR, keyword_dict

from calcimetry.dicom.deidentify_profile import Profile


class Action(StrEnum):
    """What is done to an attribute."""

    KEEP = "kept"
    #: What of it is technical stays.
    CLEAN = "cleaned"
    #: A sequence whose items are gone through.
    ITEMS = "items cleaned"
    UID = "hashed"
    SHIFT = "shifted"
    PSEUDONYM = "pseudonym"
    #: Given a value that means nothing.
    REPLACE = "replaced"
    EMPTY = "emptied"
    REMOVE = "removed"


def _tags(words: str) -> frozenset[int]:
    return frozenset(int(word, 16) for word in words.split())


def _named(words: str) -> frozenset[int]:
    return frozenset(keyword_dict[word] for word in words.split())


#: The patient, by the pseudonym.
PSEUDONYMS = _named("PatientName PatientID ClinicalTrialSubjectID")
#: Dates of birth have no option in the table: they never stay.
BIRTH = _named("PatientBirthDate PatientBirthTime")
#: Retain Device Identity Option.
DEVICE = _tags("""
    00181007 0018700A 00500020 3010002D 00181000 00181002 0016004E 0016004F 00160050 00160051
    0018100B 30100043 00400241 00400242 00181008 00181005 00181004 00400011 00400001 00400010
    00321020 00321021 300A0216 30080105 00081010 300A00B2 00181009 00189371 00189373 00189367
""")
#: Makers and models are in no table, and are kept whole with the device's identity.
MAKERS = _named("Manufacturer ManufacturerModelName SoftwareVersions")
#: Retain Patient Characteristics Option, without the texts that it lets be cleaned.
CHARACTERISTICS = _named(
    "PatientAge PatientSex PatientSexNeutered PatientSize PatientWeight PregnancyStatus "
    "SmokingStatus"
)
#: Clean Descriptors Option, as far as imaging of hands uses them.
DESCRIPTORS = _named("""
    StudyDescription SeriesDescription ProtocolName AcquisitionProtocolDescription
    AcquisitionDeviceProcessingDescription DerivationDescription PerformedProcedureStepDescription
    ScheduledProcedureStepDescription RequestedProcedureDescription RequestedSeriesDescription
    ContrastBolusAgent MultienergyAcquisitionDescription DecompositionDescription
    ContributionDescription AcquisitionFieldOfViewLabel ImageComments FrameComments
    AcquisitionComments ClinicalTrialSeriesDescription ClinicalTrialTimePointDescription
""")
#: Clean Structured Content Option, which is always used: reports are worth nothing without it.
STRUCTURED = _named("ContentSequence AcquisitionContextSequence VerifyingObserverSequence")
#: Texts in no table that what is accepted here needs, or `measure` reads.
WORDS = (
    _named("""
    CodingSchemeDesignator ConvolutionKernel FilterType RescaleType SegmentLabel
    SegmentDescription SegmentAlgorithmName TrackingID TextValue ContentDescription
    WindowCenterWidthExplanation LUTExplanation StackID DimensionDescriptionLabel AlgorithmName
    AlgorithmVersion PositionReferenceIndicator CodingSchemeName
    CodingSchemeResponsibleOrganization CodingSchemeVersion FrameLabel ContrastBolusRoute
    AcquisitionProtocolName
""")
    | MAKERS
)
PIXELS = _named("PixelData FloatPixelData DoubleFloatPixelData")
#: Values in bytes that are pixels, or turn pixels into others.
BULK = _named("""
    PixelData FloatPixelData DoubleFloatPixelData ExtendedOffsetTable ExtendedOffsetTableLengths
    LUTData RedPaletteColorLookupTableData GreenPaletteColorLookupTableData
    BluePaletteColorLookupTableData GraphicData
""")
#: Of "X unless D is required", those that our kinds of objects require.
_REQUIRED = _named("DeviceSerialNumber AcquisitionDateTime")
#: Of "Z/D", the one where a dummy would state what nobody knows: that contrast was given.
_EMPTIED = _named("ContrastBolusAgent")
#: Of "X/Z/D" sequences, the one that reports require, if empty.
_EMPTY_SEQUENCES = _named("ReferencedPerformedProcedureStepSequence")

_KINDS = (
    ("D", ps3_15.D_TAGS),
    ("Z", ps3_15.Z_TAGS),
    ("X", ps3_15.X_TAGS),
    ("U", ps3_15.U_TAGS),
    ("Z/D", ps3_15.Z_D_TAGS),
    ("X/Z", ps3_15.X_Z_TAGS),
    ("X/D", ps3_15.X_D_TAGS),
    ("X/Z/D", ps3_15.X_Z_D_TAGS),
    ("X/Z/U*", ps3_15.X_Z_U_STAR_TAGS),
)
DATES = frozenset({"DA", "DT", "TM"})
_NUMBERS = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT", "DS", "IS"})


@cache
def basic_profile() -> dict[int, str]:
    """The Basic Profile's code of every attribute that PS3.15 lists by one tag.

    Whole groups (curves, overlays, private ones) are not in it: `action_of` removes them.
    """
    return {tag[0] << 16 | tag[1]: code for code, tags in _KINDS for tag in tags if len(tag) == 2}


def action_of(tag: int, kind: str, profile: Profile, is_report: bool = False) -> Action:
    """What is done to an attribute.

    Parameters
    ----------
    tag : int
    kind : str
        Its value representation.
    profile : Profile
    is_report : bool
        Whether it stands in a structured report.

    Returns
    -------
    Action

    Examples
    --------
    >>> str(action_of(0x00080020, "DA", Profile(shift_dates=True)))  # StudyDate
    'shifted'
    >>> str(action_of(0x60003000, "OW", Profile()))  # an overlay
    'removed'
    """
    group, element = tag >> 16, tag & 0xFFFF
    whole_group = group % 2 == 1 or 0x5000 <= group < 0x5100 or 0x6000 <= group < 0x6100
    if whole_group or element == 0 or not _is_known(tag):
        return Action.REMOVE
    code = basic_profile().get(tag)
    if code is None:
        return _unlisted(tag, kind, profile)
    if tag in PSEUDONYMS:
        return Action.PSEUDONYM
    if profile.shift_dates and kind in DATES and tag not in BIRTH:
        return Action.SHIFT
    return _by_option(tag, profile) or _by_code(tag, kind, code, is_report)


def _is_known(tag: int) -> bool:
    try:
        dictionary_VR(tag)
    except KeyError:
        return False
    return True


def _by_option(tag: int, profile: Profile) -> Action | None:
    if tag in STRUCTURED:
        return Action.ITEMS
    if profile.retain_device and tag in DEVICE:
        return Action.KEEP
    if profile.retain_patient_characteristics and tag in CHARACTERISTICS:
        return Action.CLEAN
    if profile.clean_descriptors and tag in DESCRIPTORS:
        return Action.CLEAN
    return None


def _by_code(tag: int, kind: str, code: str, is_report: bool) -> Action:
    """The Basic Profile's own action; of several the first that every kind of object allows."""
    if code == "U" or (kind == "UI" and code not in ("X", "Z")):
        return Action.UID
    if kind == "SQ" and code not in ("X", "Z"):
        if code in ("D", "X/Z/U*"):
            return Action.ITEMS
        return Action.EMPTY if is_report and tag in _EMPTY_SEQUENCES else Action.REMOVE
    if (code in ("D", "Z/D") or tag in _REQUIRED) and tag not in _EMPTIED:
        return Action.REPLACE
    return Action.EMPTY if "Z" in code.split("/") and code != "X/Z/D" else Action.REMOVE


def _unlisted(tag: int, kind: str, profile: Profile) -> Action:
    if tag in MAKERS and profile.retain_device:
        return Action.KEEP
    by_kind = {
        "SQ": Action.ITEMS,
        "UI": Action.UID,
        "CS": Action.CLEAN,
        **dict.fromkeys(_NUMBERS, Action.KEEP),
        **dict.fromkeys(DATES, Action.SHIFT if profile.shift_dates else Action.REMOVE),
    }
    if tag in BULK:
        return Action.KEEP
    if tag in WORDS:
        return Action.CLEAN
    return by_kind.get(kind, Action.REMOVE)
