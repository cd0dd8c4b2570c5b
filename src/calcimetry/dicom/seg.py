"""Bones and lesions as DICOM Segmentation objects on the source's own slices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.color import CIELabColor
from highdicom.seg import SegmentAlgorithmTypeValues, SegmentationTypeValues, SegmentDescription
from highdicom.seg import Segmentation as SegmentationObject
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import CTImageStorage
from pydicom.valuerep import DSfloat

from calcimetry.dicom import codes
from calcimetry.dicom.equipment import (
    coded_item,
    created_in,
    decimals,
    frame_reference,
    series_references,
    stand_in,
)
from calcimetry.dicom.findings import MAKER, Context, Findings, Rgb
from calcimetry.dicom.source_study import SourceStudy
from calcimetry.model import Laterality, Lesion, Segmentation

#: Longest SegmentLabel.
_LONGEST = 64


def bones_object(context: Context, findings: Findings, series_number: int) -> Dataset | None:
    """Bones as a DICOM SEG, a segment each, in the order of their label numbers.

    Parameters
    ----------
    context : Context
        Whose study it is and what made it.
    findings : Findings
        With `bones` on the grid of the study's slices.
    series_number : int
        Of the series that the object makes up.

    Returns
    -------
    Dataset or None
        None where no bone was found: a SEG has at least one segment.
    """
    bones = findings.bones
    segments = [
        _segment(
            context,
            number,
            _named(findings.bone_sides.get(label), bones.meanings[label]),
            (codes.ANATOMICAL_STRUCTURE, codes.bone_code(label)),
            codes.region_code(label),
            findings.bone_sides.get(label),
            findings.bone_colours[label],
        )
        for number, label in enumerate(bones.labels, start=1)
    ]
    return _object(context, bones, segments, "bones", series_number)


def lesions_object(context: Context, findings: Findings, series_number: int) -> Dataset | None:
    """Lesions as a DICOM SEG, a segment each with its tracking UID; parameters as of bones.

    Returns
    -------
    Dataset or None
        None where no lesion was found.
    """
    by_number = {one.number: one for one in findings.lesions}
    segments = [
        _lesion_segment(context, number, by_number[label], findings.lesion_colour)
        for number, label in enumerate(findings.lesion_map.labels, start=1)
    ]
    return _object(context, findings.lesion_map, segments, "lesions", series_number)


def _lesion_segment(
    context: Context, number: int, lesion: Lesion, colour: Rgb
) -> SegmentDescription:
    tracking = context.tracking_of(lesion.number)
    kind = codes.URATE_DEPOSIT if lesion.is_urate else codes.PATHOLOGIC_CALCIFICATION
    side = None if lesion.side is None else Laterality[lesion.side.upper()]
    segment = _segment(
        context,
        number,
        f"Lesion {lesion.number}",
        (codes.MORPHOLOGICALLY_ABNORMAL, kind),
        codes.site_code(lesion.digit),
        side,
        colour,
    )
    segment.TrackingID, segment.TrackingUID = tracking.identifier, tracking.uid
    return segment


def _segment(
    context: Context,
    number: int,
    label: str,
    meaning: tuple[Code, Code],
    region: Code,
    side: Laterality | None,
    colour: Rgb,
) -> SegmentDescription:
    category, kind = meaning
    segment = SegmentDescription(
        segment_number=number,
        segment_label=label[:_LONGEST],
        segmented_property_category=category,
        segmented_property_type=kind,
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=_algorithm(context),
        anatomic_regions=[region],
        display_color=CIELabColor.from_rgb(*colour),
    )
    side_code = codes.side_code(side)
    if side_code is not None:
        segment.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [
            coded_item(side_code)
        ]
        segment.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [coded_item(side_code)]
    return segment


def _named(side: Laterality | None, meaning: str) -> str:
    """A bone's name with its side, which the name of a right or unknown one leaves out."""
    word = "" if side is None else side.name.lower()
    return meaning if not word or meaning.startswith(word) else f"{word} {meaning}"


def _algorithm(context: Context) -> AlgorithmIdentificationSequence:
    maker = context.maker
    return AlgorithmIdentificationSequence(
        name=MAKER,
        family=codes.ARTIFICIAL_INTELLIGENCE,
        version=maker.version,
        source=MAKER,
        parameters={"model": maker.method, "made_with": maker.made_with},
    )


def _object(
    context: Context,
    marked: Segmentation,
    segments: Sequence[SegmentDescription],
    kind: str,
    series_number: int,
) -> Dataset | None:
    if not segments:
        return None
    study, maker = context.study, context.maker
    numbers = np.zeros(max(marked.labels) + 1, np.uint16)
    numbers[list(marked.labels)] = np.arange(1, len(segments) + 1)
    # Planes without any segment have no frame; leaving them out saves looking for each segment.
    planes = np.flatnonzero(marked.label_map.any(axis=(1, 2)))
    array: NDArray[np.uint16] = numbers[marked.label_map[planes]]
    made = SegmentationObject(
        source_images=[_stand_in(study, int(plane)) for plane in planes],
        pixel_array=array if len(segments) > 1 else array.astype(np.uint8),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=segments,
        series_instance_uid=context.uid(kind, "series"),
        series_number=series_number,
        sop_instance_uid=context.uid(kind),
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=MAKER,
        software_versions=maker.version,
        device_serial_number=maker.made_with,
        content_description=f"Finger {kind}",
        content_label=kind.upper(),
        series_description=f"calcimetry {kind}",
        specific_character_set="ISO_IR 192",
    )
    made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices = _across(
        study
    )
    created_in(made, context)
    for keyword in ("Compression", "CompressionRatio", "CompressionMethod"):
        if f"LossyImage{keyword}" in study.owner:
            made[f"LossyImage{keyword}"] = study.owner[f"LossyImage{keyword}"]
    _refer(made, study)
    organisation = context.uid(kind, "dimensions")
    for item in (*made.DimensionOrganizationSequence, *made.DimensionIndexSequence):
        item.DimensionOrganizationUID = organisation
    return made


def _across(study: SourceStudy) -> DSfloat:
    """Distance of neighbouring slices along their normal; leaning stacks step another way."""
    step, rows, columns = study.grid.affine[:3, :3].T
    normal = np.cross(columns, rows)
    return DSfloat(float(abs(step @ normal) / np.linalg.norm(normal)), auto_format=True)


def _stand_in(study: SourceStudy, plane: int) -> Dataset:
    """One slice as a CT image without pixels; of several frames in one object, too.

    What highdicom makes refers to it by a UID of its own, which `_refer` replaces.
    """
    series = study.series[0]
    frame = series.frames[plane]
    ds = stand_in(study, series.uid, frame)
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"2.25.{plane + 1}"
    ds.InstanceNumber = plane + 1
    ds.Rows, ds.Columns = study.grid.shape[1:]
    ds.ImagePositionPatient = decimals(frame.position)
    ds.ImageOrientationPatient = decimals(study.orientation)
    ds.PixelSpacing = decimals(study.pixel_spacing)
    ds.SliceThickness = _across(study)
    return ds


def _refer(made: Dataset, study: SourceStudy) -> None:
    """Each frame to the slices that it was drawn on: both energies' of a pair."""
    positions = np.array([frame.position for frame in study.series[0].frames])
    for group in made.PerFrameFunctionalGroupsSequence:
        place = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
        plane = int(np.argmin(np.abs(positions - place).sum(axis=1)))
        images = []
        for series in study.series:
            item = frame_reference(series.frames[plane])
            item.PurposeOfReferenceCodeSequence = [coded_item(codes.SOURCE_IMAGE)]
            item.SpatialLocationsPreserved = "YES"
            images.append(item)
        group.DerivationImageSequence[0].SourceImageSequence = images
    made.ReferencedSeriesSequence = series_references(study)
