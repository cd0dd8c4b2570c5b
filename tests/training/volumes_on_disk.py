"""Small volumes with masks as NIfTI, and masks as DICOM SEG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, SegmentationStorage, generate_uid

from calcimetry.files.nifti import write_ct_nifti, write_label_nifti
from calcimetry.model import Grid, Image, Segmentation
from tests import hands
from tests.dicom import making


def fingers(digits=(2, 3), spacing=1.5) -> tuple[np.ndarray, Grid]:
    """Label map of a right hand's fingers, and its grid."""
    labels, grid = hands.draw(hands.sticks(digits=digits), spacing)
    return labels, grid


def hounsfield(labels: np.ndarray) -> np.ndarray:
    return np.where(labels > 0, 900.0, -1000.0)


def save_ct(path: Path, hu: np.ndarray, grid: Grid) -> Path:
    write_ct_nifti(path, Image(hu, grid))
    return path


def save_labels(path: Path, labels: np.ndarray, grid: Grid) -> Path:
    write_label_nifti(path, Segmentation(labels, grid, {int(n): "x" for n in np.unique(labels)}))
    return path


def save_seg(path: Path, masks: dict[str, np.ndarray], ct: list[Dataset], **changes) -> Path:
    """A binary SEG with one segment per mask, each of the shape of the CT series."""
    first = ct[0]
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = SegmentationStorage
    ds.SOPInstanceUID = generate_uid()
    ds.Modality = "SEG"
    ds.PatientName, ds.PatientID = "DOE^JANE", "P-4711"
    ds.StudyInstanceUID = first.StudyInstanceUID
    ds.SeriesInstanceUID = generate_uid()
    ds.FrameOfReferenceUID = first.FrameOfReferenceUID
    ds.Rows, ds.Columns = first.Rows, first.Columns
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = ds.PixelRepresentation = 0
    ds.SegmentationType = "BINARY"
    ds.SegmentSequence = Sequence(
        [_item(SegmentNumber=n, SegmentLabel=label) for n, label in enumerate(masks, start=1)]
    )
    ds.ReferencedSeriesSequence = [_item(SeriesInstanceUID=first.SeriesInstanceUID)]
    shared = _item(
        PlaneOrientationSequence=[
            _item(ImageOrientationPatient=list(first.ImageOrientationPatient))
        ],
        PixelMeasuresSequence=[_item(PixelSpacing=list(first.PixelSpacing))],
    )
    ds.SharedFunctionalGroupsSequence = [shared]
    planes = [
        (number, one, mask[place])
        for number, mask in enumerate(masks.values(), start=1)
        for place, one in enumerate(ct)
    ]
    ds.PerFrameFunctionalGroupsSequence = [
        _item(
            SegmentIdentificationSequence=[_item(ReferencedSegmentNumber=number)],
            PlanePositionSequence=[_item(ImagePositionPatient=list(one.ImagePositionPatient))],
        )
        for number, one, _ in planes
    ]
    ds.NumberOfFrames = len(planes)
    bits = np.packbits(np.array([plane for *_, plane in planes], bool).ravel(), bitorder="little")
    data = bits.tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW"
    return making.save(making.changed(ds, changes), path)


def _item(**values) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds
