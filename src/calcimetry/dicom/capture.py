"""The report's pictures as secondary captures, for viewers that show nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import PIL.Image
from highdicom.sc import SCImage
from pydicom.dataset import Dataset

from calcimetry.dicom.equipment import created_in
from calcimetry.dicom.findings import MAKER, Context


def picture_objects(
    context: Context, pictures: tuple[bytes, ...], series_number: int
) -> Iterator[Dataset]:
    """PNG pictures as one series of secondary captures.

    They are not compressed: not every receiver unpacks, and the encoder that highdicom
    prefers for run lengths (GDCM's) ends the whole program on some pictures.

    Parameters
    ----------
    context : Context
    pictures : tuple of bytes
        PNG files' contents, which nowhere show whose they are: BurnedInAnnotation is NO.
    series_number : int

    Yields
    ------
    Dataset
        8 bit RGB, explicit little endian.
    """
    owner = context.study.owner
    for number, content in enumerate(pictures, start=1):
        with PIL.Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            array = np.asarray(picture.convert("RGB"))
        made = SCImage(
            pixel_array=array,
            photometric_interpretation="RGB",
            bits_allocated=8,
            coordinate_system="PATIENT",
            # A sheet of several views has no one direction; DICOM asks for two (type 2C).
            patient_orientation=("L", "F"),
            study_instance_uid=owner.StudyInstanceUID,
            series_instance_uid=context.uid("pictures", "series"),
            series_number=series_number,
            sop_instance_uid=context.uid("pictures", str(number)),
            instance_number=number,
            manufacturer=MAKER,
            manufacturer_model_name=MAKER,
            software_versions=context.maker.version,
            series_description="calcimetry report",
        )
        made["PatientOrientation"].value = None
        made.ConversionType = "WSD"
        made.Laterality = ""
        made.BurnedInAnnotation = "NO"
        made.SecondaryCaptureDeviceManufacturer = MAKER
        created_in(made, context)
        made.DateOfSecondaryCapture = made.ContentDate
        made.TimeOfSecondaryCapture = made.ContentTime
        yield made
