"""CT series written as scanners write them: one CT image object per slice.

The attributes are those that the CT Image IOD asks for (DICOM PS3.3 section A.3) and the
few that dual-energy readers look at; none is private. `calcimetry.dicom.find` reads them
back.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import DSfloat

from calcimetry.errors import InputError, OutputError
from calcimetry.model import DualEnergyImage, Grid, Image, Laterality

#: Rows and columns that are further from a right angle (cosine) have no DICOM orientation.
_SQUARE = 1e-6
_SETTING = re.compile(r"(Sn)?(\d{2,3})")
_WHO = "calcimetry"


@dataclass(frozen=True, slots=True)
class CtStudy:
    """What the headers of one study say besides the image itself.

    Parameters
    ----------
    key : str
        All UIDs are derived from it: the same key gives the same ones.
    patient_id : str
        Never a real patient's: the patient's name is PHANTOM.
    date : dt.date
        Of the scan.
    laterality : Laterality or None
        Which hand it shows; None for what is no hand, such as calibration rods.
    kernel : str
        Reconstruction kernel.
    software : str
        Version of what made it.
    """

    key: str
    patient_id: str
    date: dt.date
    laterality: Laterality | None = None
    kernel: str = "GAUSSIAN"
    software: str = ""


def write_ct(
    folder: Path,
    image: Image | DualEnergyImage,
    study: CtStudy,
    on_slice: Callable[[int, int], None] | None = None,
) -> tuple[Path, ...]:
    """Write a volume as one CT series, or two energies as two series of one study.

    Both series have one frame of reference and the same positions. HU are rounded to
    whole numbers. A grid may lie anywhere and its slices may lean; DICOM keeps slices in
    no order of its own, so readers return them along the normal of rows and columns,
    which may be the other way round.

    Parameters
    ----------
    folder : Path
        Gets one folder per series, named after its tube setting.
    image : Image or DualEnergyImage
        In HU, of more than one slice. Its settings must be tube voltages such as ``80``
        or ``Sn150``; an `Image` alone is written as 120 kV.
    study : CtStudy
    on_slice : callable, optional
        Told how many slices are written, and of how many.

    Returns
    -------
    tuple of Path
        The folder of each series, lower energy first.

    Raises
    ------
    InputError
        If the image is not in HU, its rows and columns are not at right angles, or a
        setting is no tube voltage.
    OutputError
        If a file cannot be written.
    """
    series: tuple[tuple[Image, str], ...]
    if isinstance(image, DualEnergyImage):
        series = ((image.low, image.low_setting), (image.high, image.high_setting))
    else:
        series = ((image, "120"),)
    _refuse_unwritable(series[0][0])
    total = sum(one.grid.shape[0] for one, _ in series)
    written = 0
    folders = []
    for number, (one, setting) in enumerate(series, start=2):
        common = _series_header(one.grid, setting, number, study)
        place = folder / f"{setting}kV"
        stored = np.clip(np.rint(one.array), -32768, 32767).astype("<i2")
        for index, plane in enumerate(stored):
            ds = _slice(common, one.grid, plane, index, study.key)
            _save(ds, place / f"{index + 1:04d}.dcm")
            written += 1
            if on_slice is not None:
                on_slice(written, total)
        folders.append(place)
    return tuple(folders)


def _refuse_unwritable(image: Image) -> None:
    doing = f"Writing {image.name!r} as DICOM CT"
    if image.unit != "HU":
        raise InputError(f"{doing}: expected intensities in HU, found {image.unit!r}.")
    rows, columns = (image.grid.affine[:3, k] / image.grid.spacing[k] for k in (1, 2))
    if abs(float(rows @ columns)) > _SQUARE:
        raise InputError(
            f"{doing}: rows and columns must be at right angles, found a cosine of "
            f"{float(rows @ columns):.3g} between them. Resample it to a regular grid first."
        )


def _tube(setting: str) -> tuple[int, bool]:
    """Tube voltage in kV, and whether a tin filter hardens it.

    >>> _tube("Sn150")
    (150, True)
    """
    found = _SETTING.fullmatch(setting)
    if found is None:
        raise InputError(
            f"Writing DICOM CT: expected a tube setting in kV such as 80 or Sn150, found "
            f"{setting!r}."
        )
    return int(found[2]), bool(found[1])


def _uid(*words: str) -> str:
    """A UID under pydicom's root that depends on the words alone."""
    return str(generate_uid(entropy_srcs=[_WHO, *words]))


def _series_header(grid: Grid, setting: str, number: int, study: CtStudy) -> Dataset:
    """What all slices of a series share."""
    kvp, tin = _tube(setting)
    day = study.date.strftime("%Y%m%d")
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = CTImageStorage
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = day
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "120000"
    ds.AccessionNumber = ""
    ds.Modality = "CT"
    ds.Manufacturer = _WHO
    ds.ManufacturerModelName = "phantom"
    ds.SoftwareVersions = study.software or _WHO
    ds.ReferringPhysicianName = ""
    ds.StudyDescription = "Simulated CT, research use only"
    ds.SeriesDescription = f"Simulated DE {setting}kV"
    ds.PatientName = "PHANTOM"
    ds.PatientID = study.patient_id
    ds.PatientBirthDate = ""
    ds.PatientSex = ""
    ds.PatientComments = "Simulated. Not a patient."
    ds.PatientPosition = "HFP"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.KVP = DSfloat(kvp)
    ds.FilterType = "TIN" if tin else "NONE"
    ds.ConvolutionKernel = study.kernel
    ds.SliceThickness = _ds(grid.spacing[0])
    ds.StudyInstanceUID = _uid(study.key, "study")
    ds.SeriesInstanceUID = _uid(study.key, "series", setting)
    ds.StudyID = "1"
    ds.SeriesNumber = number
    ds.AcquisitionNumber = 1
    ds.FrameOfReferenceUID = grid.frame_of_reference_uid or _uid(study.key, "place")
    ds.PositionReferenceIndicator = ""
    if study.laterality is None:
        ds.Laterality = ""
    else:
        ds.BodyPartExamined = "HAND"
        ds.Laterality = study.laterality.value
    columns, rows = (grid.affine[:3, k] / grid.spacing[k] for k in (2, 1))
    ds.ImageOrientationPatient = [_ds(value) for value in (*columns, *rows)]
    ds.PixelSpacing = [_ds(grid.spacing[1]), _ds(grid.spacing[2])]
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = grid.shape[1:]
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 1
    ds.WindowCenter, ds.WindowWidth = DSfloat(450), DSfloat(1500)
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = DSfloat(0), DSfloat(1), "HU"
    return ds


def _slice(common: Dataset, grid: Grid, stored: NDArray[np.int16], index: int, key: str) -> Dataset:
    ds = Dataset(common)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.SOPInstanceUID = _uid(key, str(common.SeriesInstanceUID), str(index))
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.InstanceNumber = index + 1
    ds.ImagePositionPatient = [_ds(value) for value in grid.index_to_mm([index, 0, 0])]
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def _ds(value: float) -> DSfloat:
    """A decimal string, which has at most 16 characters."""
    return DSfloat(float(value) + 0.0, auto_format=True)


def _save(ds: Dataset, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ds.save_as(path, enforce_file_format=True)
    except OSError as error:
        raise OutputError(
            f"Writing {path}: {error.strerror or error}. Make room or choose another --out folder."
        ) from error
