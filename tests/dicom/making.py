"""DICOM objects made on the fly: small CT series of a known volume, whole or broken on purpose."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
    generate_uid,
)

SHAPE = (5, 8, 6)
SPACING = (0.8, 0.5, 0.4)
FRAME_OF_REFERENCE = "1.2.826.0.1.3680043.8.498.7"
STUDY = "1.2.826.0.1.3680043.8.498.8"


def volume(shape: tuple[int, int, int] = SHAPE) -> NDArray[np.int16]:
    """HU that differ along every axis, from air to bone."""
    slices, rows, columns = np.indices(shape)
    return (-1000 + 300 * slices + 20 * rows + 3 * columns).astype(np.int16)


def ct_slice(hu: NDArray[Any], position: Iterable[float], number: int, **changes: Any) -> Dataset:
    """One CT image; `changes` are attributes to set, or to delete where None."""
    stored = (hu.astype(np.int32) + 1024).astype(np.uint16)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = generate_uid()
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.Modality = "CT"
    ds.SeriesDescription = "hand"
    ds.PatientName = "DOE^JANE"
    ds.PatientID = "P-4711"
    ds.StudyInstanceUID = STUDY
    ds.SeriesInstanceUID = STUDY + ".1"
    ds.SeriesNumber = 1
    ds.AcquisitionNumber = 1
    ds.InstanceNumber = number
    ds.FrameOfReferenceUID = FRAME_OF_REFERENCE
    ds.ImagePositionPatient = [float(value) for value in position]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing = list(SPACING[1:])
    ds.KVP = 120
    ds.ConvolutionKernel = "Br40"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 0
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, -1024, "HU"
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OW"
    return changed(ds, changes)


def changed(ds: Dataset, changes: Mapping[str, Any]) -> Dataset:
    """Set attributes of a data set, or delete those whose value is None."""
    for keyword, value in changes.items():
        if value is None:
            del ds[keyword]
        else:
            setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", "")
    ds.file_meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "")
    return ds


def series(
    hu: NDArray[Any] | None = None,
    *,
    number: int = 1,
    step: tuple[float, float, float] = (0.0, 0.0, SPACING[0]),
    origin: tuple[float, float, float] = (-10.0, 20.0, 30.0),
    **changes: Any,
) -> list[Dataset]:
    """A regular CT series in one study, one data set per slice."""
    array = volume() if hu is None else hu
    changes = {"SeriesNumber": number, "SeriesInstanceUID": f"{STUDY}.{number}"} | changes
    return [
        ct_slice(plane, np.array(origin) + index * np.array(step), index + 1, **changes)
        for index, plane in enumerate(array)
    ]


def save(ds: Dataset, path: Path) -> Path:
    """Write one data set as a DICOM file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path


def save_all(folder: Path, datasets: Iterable[Dataset], prefix: str = "") -> Path:
    """Write data sets as ``0000.dcm`` and so on."""
    for index, ds in enumerate(datasets):
        save(ds, folder / f"{prefix}{index:04d}.dcm")
    return folder


def save_directory(folder: Path, names: Iterable[list[str]]) -> Path:
    """A DICOMDIR that lists files by the parts of their names."""
    ds = ct_slice(volume()[0], (0, 0, 0), 1, SOPClassUID=MediaStorageDirectoryStorage)
    ds.DirectoryRecordSequence = []
    for name in names:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom minds names such as ".."
            record.ReferencedFileID = name
            ds.DirectoryRecordSequence.append(record)
    return save(ds, folder / "DICOMDIR")


def dual_energy(**changes: Any) -> tuple[list[Dataset], list[Dataset]]:
    """Two series of one grid at 80 and Sn150 kV, numbered 2 and 3."""
    low = series(number=2, KVP=80, SeriesDescription="DE 80 kV hand", **changes)
    high = series(volume() // 2, number=3, KVP=150, SeriesDescription="DE Sn150 kV hand", **changes)
    return low, high


def enhanced(hu: NDArray[Any] | None = None, **changes: Any) -> Dataset:
    """The same volume as one enhanced multi-frame CT object."""
    array = volume() if hu is None else hu
    ds = ct_slice(array[0], (0, 0, 0), 1)
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "RescaleSlope",
        "RescaleIntercept",
        "RescaleType",
        "KVP",
        "ConvolutionKernel",
        "AcquisitionNumber",
    ):
        del ds[keyword]
    ds.SOPClassUID = EnhancedCTImageStorage
    ds.NumberOfFrames = len(array)
    shared = Dataset()
    shared.PixelMeasuresSequence = [_item(PixelSpacing=list(SPACING[1:]))]
    shared.PlaneOrientationSequence = [_item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    shared.PixelValueTransformationSequence = [
        _item(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")
    ]
    shared.CTImageFrameTypeSequence = [_item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])]
    shared.CTReconstructionSequence = [_item(ConvolutionKernel="Br40")]
    shared.CTXRayDetailsSequence = [_item(KVP=120)]
    shared.FrameAnatomySequence = [_item(FrameLaterality="L")]
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for index in range(len(array)):
        frame = Dataset()
        frame.FrameContentSequence = [_item(FrameAcquisitionNumber=1)]
        position = [-10.0, 20.0, 30.0 + index * SPACING[0]]
        frame.PlanePositionSequence = [_item(ImagePositionPatient=position)]
        frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    ds.PixelData = (array.astype(np.int32) + 1024).astype(np.uint16).tobytes()
    ds["PixelData"].VR = "OW"
    return changed(ds, changes)


def _item(**values: Any) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds
