"""What all result objects state alike: whose they are, what made them, what they refer to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.valuerep import DSfloat

from calcimetry.dicom import codes
from calcimetry.dicom.findings import MAKER, Context
from calcimetry.dicom.source_study import OWNER, SourceFrame, SourceStudy

#: Of the owner's attributes, those that are not about patient or study.
_NOT_OWNERS = (
    *("FrameOfReferenceUID", "PositionReferenceIndicator", "SpecificCharacterSet"),
    *("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"),
    *("PatientPosition", "BodyPartExamined", "BurnedInAnnotation"),
)


def created_in(made: Dataset, context: Context) -> None:
    """Give an object the study's patient and the time at which it was made."""
    owner = context.study.owner
    created = _in_zone(context.maker.created, str(owner.get("TimezoneOffsetFromUTC", "")))
    for element in owner:
        if element.keyword not in _NOT_OWNERS:
            made[element.tag] = element
    made.SpecificCharacterSet = "ISO_IR 192"
    day, time = created.strftime("%Y%m%d"), created.strftime("%H%M%S")
    made.InstanceCreationDate, made.InstanceCreationTime = day, time
    for kind in ("Content", "Series"):
        setattr(made, f"{kind}Date", day)
        setattr(made, f"{kind}Time", time)
    for contributor in made.get("ContributingEquipmentSequence", ()):  # highdicom names itself
        contributor.ContributionDateTime = day + time
    scheme = Dataset()
    scheme.CodingSchemeDesignator = codes.PRIVATE_SCHEME
    scheme.CodingSchemeName = "calcimetry"
    scheme.CodingSchemeResponsibleOrganization = MAKER
    made.CodingSchemeIdentificationSequence = [scheme]


def _in_zone(moment: datetime, offset: str) -> datetime:
    """A moment in the time zone of the study, which all times in an object share."""
    found = re.fullmatch(r"([+-])(\d{2})(\d{2})", offset)
    if found is None:
        return moment
    minutes = int(found[2]) * 60 + int(found[3])
    shift = timedelta(minutes=minutes if found[1] == "+" else -minutes)
    return moment.astimezone(timezone(shift)) if abs(shift) < timedelta(days=1) else moment


def coded_item(code: Code) -> Dataset:
    """A code as the item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = code.value, code.scheme_designator
    item.CodeMeaning = code.meaning
    return item


def decimals(values: Iterable[float]) -> list[DSfloat]:
    """Numbers as decimal strings, which have at most 16 characters.

    >>> decimals([0.1, -9.999999999999998])
    ['0.1', '-10.0']
    """
    # A source's own numbers, which fit, stay as they are; others keep a millionth of a micrometre.
    return [
        DSfloat(text if len(text := repr(value + 0.0)) <= 16 else repr(round(value, 9) + 0.0))
        for value in map(float, values)
    ]


def frame_reference(frame: SourceFrame) -> Dataset:
    """Reference to an object, and to the frame in it where it has several."""
    item = Dataset()
    item.ReferencedSOPClassUID = frame.sop_class
    item.ReferencedSOPInstanceUID = frame.sop_uid
    if frame.number is not None:
        item.ReferencedFrameNumber = frame.number
    return item


def series_references(study: SourceStudy) -> list[Dataset]:
    """The series that were measured, each with its instances (PS3.3 section C.12.2)."""
    items = []
    for series in study.series:
        item = Dataset()
        item.SeriesInstanceUID = series.uid
        item.ReferencedInstanceSequence = [
            frame_reference(replace(frame, number=None)) for frame in series.instances
        ]
        items.append(item)
    return items


def stand_in(study: SourceStudy, series_uid: str, frame: SourceFrame) -> Dataset:
    """A source instance as far as other objects refer to it, without its pixels.

    It names nobody: `created_in` gives an object its patient, and does so without judging
    values, as highdicom would.
    """
    ds = Dataset()
    for keyword in OWNER:
        setattr(ds, keyword, "")
    ds.StudyInstanceUID = study.owner.StudyInstanceUID
    ds.FrameOfReferenceUID = study.grid.frame_of_reference_uid
    ds.SOPClassUID, ds.SOPInstanceUID = frame.sop_class, frame.sop_uid
    ds.SeriesInstanceUID = series_uid
    ds.Modality = "CT"
    return ds
