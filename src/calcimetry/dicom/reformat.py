"""The planes in which lesions were measured, as derived CT images.

A lesion's axes lie in a sagittal plane of its finger, which is no slice of the source: a
viewer can draw them only on an image of that plane.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pydicom.valuerep import DSfloat

from calcimetry.dicom import codes
from calcimetry.dicom.equipment import coded_item, created_in, decimals
from calcimetry.dicom.findings import MAKER, Context, Findings
from calcimetry.dicom.kinds import OWN_REFORMAT
from calcimetry.model import Grid, Image, Lesion
from calcimetry.resample import resample_image

#: Side in mm of what is shown around a lesion: a finger's width and two of its phalanges.
SHOWN_MM = 60.0
_AIR_HU = -1024.0
#: Directions of planes that differ by less are one.
_SAME_DIRECTION = 4


@dataclass(frozen=True, eq=False, slots=True)
class Reformat:
    """One derived CT image.

    `start` is the index (row, column) of its first pixel in the lesion's own plane.
    """

    lesion: int
    image: Dataset
    start: tuple[int, int]


def lesion_planes(
    context: Context, findings: Findings, first_series_number: int
) -> Iterator[Reformat]:
    """One image of each lesion's plane, with the finger around it.

    Parameters
    ----------
    context : Context
    findings : Findings
        With lesions measured in planes.
    first_series_number : int
        Planes of one direction, those of one finger, make a series; these are numbered
        from here on.

    Yields
    ------
    Reformat
        HU read linearly between voxels, air outside the volume, of a pair the mix of its
        energies. The pixels of the lesion's own plane are among its pixels.
    """
    planned = [(one, one.plane) for one in findings.lesions if one.plane is not None]
    if not planned:
        return
    side = _side([grid for _, grid in planned])
    directions: dict[tuple[float, ...], int] = {}
    for lesion, plane in planned:
        direction = tuple((plane.affine[:3, :3]).round(_SAME_DIRECTION).ravel().tolist())
        number = directions.setdefault(direction, len(directions))
        start = ((plane.shape[1] - side) // 2, (plane.shape[2] - side) // 2)
        affine = plane.affine.copy()
        affine[:3, 3] = plane.index_to_mm([0, *start])
        grid = Grid((1, side, side), affine)
        image = _ct(context, findings.image, lesion, grid)
        image.SeriesInstanceUID = context.uid("planes", "series", str(number))
        image.SeriesNumber = first_series_number + number
        yield Reformat(lesion.number, image, start)


def _side(planes: Sequence[Grid]) -> int:
    """Pixels along each side, the same for all so that a series is of one size."""
    shown = max(math.ceil(SHOWN_MM / min(plane.spacing[1:])) for plane in planes)
    return max(shown, *(max(plane.shape[1:]) for plane in planes))


def _ct(context: Context, volume: Image, lesion: Lesion, grid: Grid) -> Dataset:
    study = context.study
    hu = resample_image(volume.array, volume.grid, grid, fill=_AIR_HU)[0]
    ds = Dataset()
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = context.uid("planes", str(lesion.number))
    created_in(ds, context)
    ds.FrameOfReferenceUID = study.grid.frame_of_reference_uid
    ds.PositionReferenceIndicator = study.owner.PositionReferenceIndicator
    for keyword in (
        *("PatientPosition", "BodyPartExamined", "BurnedInAnnotation"),
        *("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"),
    ):
        if keyword in study.owner:
            ds[keyword] = study.owner[keyword]
    ds.PatientPosition = ds.get("PatientPosition", "")
    ds.Modality = "CT"
    ds.Manufacturer = ds.ManufacturerModelName = MAKER
    ds.SoftwareVersions = context.maker.version
    ds.SeriesDescription = "calcimetry lesion planes"
    ds.Laterality = "" if lesion.side is None else lesion.side[0].upper()
    ds.InstanceNumber = lesion.number
    ds.AcquisitionNumber = None
    ds.ImageType = ["DERIVED", "SECONDARY", "MPR", OWN_REFORMAT]
    ds.ImageComments = f"Lesion {lesion.number}"
    ds.DerivationDescription = "Plane of a finger in which a lesion was measured"
    ds.DerivationCodeSequence = [coded_item(codes.REFORMATTING)]
    ds.KVP = _kvp(study.settings)
    if study.kernel:
        ds.ConvolutionKernel = study.kernel[:16]
    ds.SliceThickness = DSfloat(grid.spacing[0], auto_format=True)
    rows, columns = (grid.affine[:3, axis] / grid.spacing[axis] for axis in (1, 2))
    ds.ImagePositionPatient = decimals(grid.affine[:3, 3])
    ds.ImageOrientationPatient = decimals((*columns, *rows))
    ds.PixelSpacing = decimals(grid.spacing[1:])
    _pixels(ds, hu)
    return ds


def _pixels(ds: Dataset, hu: np.ndarray) -> None:
    stored = np.clip(np.rint(hu), -32768, 32767).astype("<i2")
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = DSfloat(0), DSfloat(1), "HU"
    ds.WindowCenter, ds.WindowWidth = DSfloat(450), DSfloat(1500)
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OW"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


def _kvp(settings: tuple[str, ...]) -> DSfloat | None:
    """Tube voltage of a volume of one; a mix of two has none of its own."""
    volts = settings[0].removeprefix("Sn") if len(settings) == 1 else ""
    return DSfloat(volts) if volts.isdigit() else None
