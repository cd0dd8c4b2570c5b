"""All result objects of one volume, in the order in which they refer to each other."""

from __future__ import annotations

import io
from collections.abc import Iterator

from pydicom import dcmwrite
from pydicom.dataset import Dataset

from calcimetry.dicom.capture import picture_objects
from calcimetry.dicom.findings import Context, Findings
from calcimetry.dicom.reformat import Reformat, lesion_planes
from calcimetry.dicom.seg import bones_object, lesions_object
from calcimetry.dicom.sr import failure_object, report_object
from calcimetry.errors import InputError

#: Series numbers of results: above those of scanners, and the same in each study.
BONES, LESIONS, REPORT, PICTURES, PLANES = 9701, 9702, 9703, 9704, 9710
#: The name that the report has; it is written last, so that all is there where it is.
REPORT_NAME = "report"


def result_objects(context: Context, findings: Findings) -> Iterator[tuple[str, bytes]]:
    """DICOM objects that hold what was found in one volume.

    Parameters
    ----------
    context : Context
        Whose study it is, and what made the results.
    findings : Findings
        On the grid of the study's slices.

    Yields
    ------
    name : str
        Of a file without its ending: ``bones``, ``lesions``, ``plane-0001`` (the lesion's
        number), ``picture-1`` and, last, ``report``. Without bones or lesions the first
        two are not there: a SEG has at least one segment.
    content : bytes
        A DICOM file, explicit little endian.

    Raises
    ------
    InputError
        If the findings do not lie on the slices of the study.
    """
    if findings.bones.grid.shape != context.study.grid.shape:
        raise InputError(
            f"Writing DICOM results: expected label maps of {context.study.grid.shape}, the "
            f"study's slices, found {findings.bones.grid.shape}. Measure the study again."
        )
    evidence: list[Dataset] = []
    reformats: dict[int, Reformat] = {}
    for name, made in (
        ("bones", bones_object(context, findings, BONES)),
        ("lesions", lesions_object(context, findings, LESIONS)),
    ):
        if made is not None:
            yield name, encoded(made)
            evidence.append(_without_pixels(made))
    for one in lesion_planes(context, findings, PLANES):
        yield f"plane-{one.lesion:04d}", encoded(one.image)
        reformats[one.lesion] = Reformat(one.lesion, _without_pixels(one.image), one.start)
        evidence.append(reformats[one.lesion].image)
    for number, made in enumerate(picture_objects(context, findings.pictures, PICTURES), start=1):
        yield f"picture-{number}", encoded(made)
        evidence.append(_without_pixels(made))
    yield (
        REPORT_NAME,
        encoded(report_object(context, findings, evidence, reformats, REPORT)),
    )


def failure_report(context: Context, reason: str) -> bytes:
    """The report of a volume that could not be measured, as a DICOM file.

    Parameters
    ----------
    context : Context
    reason : str
        In words, without anything that tells of the patient.
    """
    return encoded(failure_object(context, reason, REPORT))


def encoded(made: Dataset) -> bytes:
    """An object as the content of a DICOM file."""
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    buffer = io.BytesIO()
    dcmwrite(buffer, made, enforce_file_format=True)
    return buffer.getvalue()


def _without_pixels(made: Dataset) -> Dataset:
    """What a reference to an object needs of it, without the patient."""
    ds = Dataset()
    for keyword in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        ds[keyword] = made[keyword]
    for keyword in ("Modality", "Rows", "Columns"):
        ds[keyword] = made[keyword]
    return ds
