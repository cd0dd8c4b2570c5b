"""The study that results belong to: whose it is, and which frames were measured, where."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

from pydicom import dcmread
from pydicom.config import IGNORE, RAISE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    JPEGLSNearLossless,
    generate_uid,
)

from calcimetry.dicom.found import Volume
from calcimetry.dicom.instance import Six, Triple
from calcimetry.dicom.source import Reader, Source
from calcimetry.dicom.stack import Slice
from calcimetry.errors import InputError, UnreadableFile
from calcimetry.model import Grid

#: Patient and study as they stand, and empty where the source does not say: results without
#: them would not be found, and DICOM asks for each (type 2).
OWNER = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber"),
    *("ReferringPhysicianName", "PositionReferenceIndicator"),
)
#: What is copied where the source has it.
_OPTIONAL = (
    *("IssuerOfPatientID", "OtherPatientIDs", "PatientAge", "PatientSize", "PatientWeight"),
    *("StudyDescription", "PatientIdentityRemoved", "DeidentificationMethod"),
    *("ClinicalTrialSponsorName", "ClinicalTrialProtocolID", "ClinicalTrialSubjectID"),
    *("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"),
    *("PatientPosition", "BodyPartExamined", "BurnedInAnnotation", "TimezoneOffsetFromUTC"),
)
#: These find the patient and the study again: kept even where DICOM would not allow the value.
_KEPT_AS_IS = ("PatientName", "PatientID", "IssuerOfPatientID", "StudyInstanceUID", "StudyID")
_SEXES = ("M", "F", "O", "")
#: DICOM's name of a lossy compression, by transfer syntax.
_METHODS = {
    JPEGLSNearLossless: "ISO_14495_1",
    JPEG2000: "ISO_15444_1",
    HTJ2K: "ISO_15444_15",
}


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One slice that was measured: its object, its frame in it from 1, and where it lies.

    `number` is None where the object has one frame; `position` in LPS mm.
    """

    sop_class: str
    sop_uid: str
    number: int | None
    position: Triple


@dataclass(frozen=True, slots=True)
class SourceSeries:
    """One series that was measured, its frames in the order of the grid's slices."""

    uid: str
    frames: tuple[SourceFrame, ...]

    @property
    def instances(self) -> tuple[SourceFrame, ...]:
        """The first frame of each object."""
        return tuple({frame.sop_uid: frame for frame in reversed(self.frames)}.values())[::-1]


@dataclass(frozen=True, eq=False, slots=True)
class SourceStudy:
    """Whose study it is, and the one or two series that were measured.

    Parameters
    ----------
    owner : Dataset
        Patient and study attributes, in Unicode; it holds the patient's identity.
    series : tuple of SourceSeries
        The lower energy of a pair first.
    grid : Grid
        Of the slices, with the frame of reference that all results share.
    orientation, pixel_spacing : tuple of float
        As the first slice states them.
    settings : tuple of str
        Tube setting of each series, such as ``80``; empty where not stated.
    kernel : str
        Reconstruction kernel of the first.
    """

    owner: Dataset
    series: tuple[SourceSeries, ...]
    grid: Grid
    orientation: Six
    pixel_spacing: tuple[float, float]
    settings: tuple[str, ...]
    kernel: str


def read_source_study(volume: Volume) -> SourceStudy:
    """Read whose a volume is, from the header of its first slice.

    What DICOM requires and the header lacks, or states in a way that DICOM does not allow,
    is empty. A study without a frame of reference gets one, made from its series' UID.

    Raises
    ------
    UnreadableFile
        If the header cannot be read any more.
    """
    first = volume.scans[0].stack.slices[0]
    stated = first.frame
    if stated.orientation is None or stated.spacing is None:  # a stack has none such
        raise InputError(f"Reading {volume.name}: it states no orientation or spacing.")
    _refuse_nameless(volume)
    header = _read(first.instance.source)
    owner = _owner(header, first)
    grid = volume.grid
    place = grid.frame_of_reference_uid or str(
        generate_uid(entropy_srcs=["calcimetry place", first.instance.series_uid])
    )
    owner.FrameOfReferenceUID = place
    return SourceStudy(
        owner,
        tuple(
            SourceSeries(
                scan.stack.slices[0].instance.series_uid,
                tuple(_frame(piece) for piece in scan.stack.slices),
            )
            for scan in volume.scans
        ),
        replace(grid, frame_of_reference_uid=place),
        stated.orientation,
        stated.spacing,
        tuple(scan.setting for scan in volume.scans),
        volume.scans[0].kernel,
    )


def _refuse_nameless(volume: Volume) -> None:
    """Results refer to objects by their UIDs."""
    nameless = sum(
        not (piece.instance.sop_uid and piece.instance.series_uid and piece.instance.study)
        for scan in volume.scans
        for piece in scan.stack.slices
    )
    if nameless:
        raise InputError(
            f"Referring to the study of {volume.name}: {nameless} of its slices state no UID of "
            "study, series or object, so that DICOM results cannot refer to them. Export the study "
            "again."
        )


def _read(source: Source) -> Dataset:
    tags = [tag for word in (*OWNER, *_OPTIONAL) if (tag := tag_for_keyword(word)) is not None]
    try:
        with warnings.catch_warnings(), Reader() as reader, reader.open(source) as stream:
            warnings.simplefilter("ignore")
            return dcmread(stream, stop_before_pixels=True, specific_tags=tags)
    except InputError:
        raise
    except Exception as error:
        # Not str() of the error, which may quote the header.
        raise UnreadableFile(
            f"Reading {source.name}: whose study it is cannot be read any more "
            f"({type(error).__name__}). Copy the study again."
        ) from error


def _owner(header: Dataset, first: Slice) -> Dataset:
    owner = Dataset()
    owner.SpecificCharacterSet = "ISO_IR 192"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword in OWNER:
            value = _allowed(header, keyword)
            setattr(owner, keyword, "" if value is None else value)
        for keyword in _OPTIONAL:
            value = _allowed(header, keyword)
            if value not in (None, ""):
                setattr(owner, keyword, value)
    if owner.PatientSex not in _SEXES:
        owner.PatientSex = ""
    if owner.get("BurnedInAnnotation", "NO") not in ("YES", "NO"):
        del owner.BurnedInAnnotation
    _complete_compression(owner, first)
    return owner


def _allowed(header: Dataset, keyword: str) -> object:
    """A value as the header states it; None where it is missing or not as DICOM has it."""
    try:
        value: object = header.get(keyword)
        if value is None or keyword in _KEPT_AS_IS:
            return value
        # pydicom judges each value by its kind: dates, times, codes, lengths.
        return DataElement(keyword, dictionary_VR(keyword), value, validation_mode=RAISE).value
    except Exception:  # noqa: BLE001 - a damaged value makes a parser raise anything
        return None


def _complete_compression(owner: Dataset, first: Slice) -> None:
    """Where pixels were once compressed with loss, how and how much (PS3.3 C.7.6.1.1.5)."""
    instance = first.instance
    if not (instance.lossy or instance.transfer_syntax in _METHODS):
        for keyword in ("Compression", "CompressionRatio", "CompressionMethod"):
            owner.pop(f"LossyImage{keyword}", None)
        return
    owner.LossyImageCompression = "01"
    place = instance.pixels
    if "LossyImageCompressionRatio" not in owner and place is not None:
        raw = place.rows * place.columns * place.frames * place.bits_allocated / 8
        owner.LossyImageCompressionRatio = f"{max(raw / max(place.length, 1), 1.0):.2f}"
    if "LossyImageCompressionMethod" not in owner:
        method = _METHODS.get(UID(instance.transfer_syntax, IGNORE))
        if method is not None:
            owner.LossyImageCompressionMethod = method


def _frame(piece: Slice) -> SourceFrame:
    if piece.frame.position is None:  # a stack has none such
        raise InputError(f"Reading {piece.instance.source.name}: a slice states no position.")
    several = len(piece.instance.frames) > 1
    return SourceFrame(
        piece.instance.sop_class,
        piece.instance.sop_uid,
        piece.number + 1 if several else None,
        piece.frame.position,
    )
