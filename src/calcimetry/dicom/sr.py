"""The measurements as a DICOM structured report: TID 1500 in a Comprehensive 3D SR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from highdicom.sr import (
    AlgorithmIdentification,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    SourceImageForMeasurementGroup,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as known
from pydicom.sr.coding import Code

from calcimetry.dicom import codes
from calcimetry.dicom.equipment import created_in, stand_in
from calcimetry.dicom.findings import MAKER, Context, Findings, SiteFindings
from calcimetry.dicom.reformat import Reformat
from calcimetry.dicom.sr_items import coded, count, measured, not_measured
from calcimetry.model import Laterality, Lesion

#: Totals of fingers and hands.
_TOTALS = ("area_mm2", "ellipse_area_mm2", "volume_mm3", "mass_mg")


def report_object(
    context: Context,
    findings: Findings,
    evidence: Sequence[Dataset],
    reformats: Mapping[int, Reformat],
    series_number: int,
) -> Dataset:
    """All numbers of one volume as a structured report.

    Parameters
    ----------
    context : Context
    findings : Findings
    evidence : sequence of Dataset
        The other results, which the report names beside the source series.
    reformats : mapping of int to Reformat
        By the lesion's number.
    series_number : int

    Returns
    -------
    Dataset
        One measurement group per lesion, finger and hand. What could not be measured is a
        code, *Measurement failure*, with the reason beside it.
    """
    algorithm = _algorithm(context)
    groups = [
        *(_lesion(context, one, algorithm, reformats.get(one.number)) for one in findings.lesions),
        *(
            _site(context, place, one, algorithm)
            for place, one in enumerate(findings.sites, start=1)
        ),
        _volume(context, findings, algorithm),
    ]
    made = _document(context, groups, evidence, series_number)
    made.CompletionFlag = "COMPLETE" if findings.status == "complete" else "PARTIAL"
    if made.CompletionFlag == "PARTIAL":
        made.CompletionFlagDescription = _short(findings.reason)
    return made


def failure_object(context: Context, reason: str, series_number: int) -> Dataset:
    """A structured report which says that a volume could not be measured, and why.

    Parameters
    ----------
    context : Context
    reason : str
        In words, without anything that tells of the patient.
    series_number : int

    Returns
    -------
    Dataset
    """
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(context, "Volume", "volume"),
        finding_type=codes.BURDEN,
        finding_sites=[FindingSite(codes.HAND)],
        algorithm_id=_algorithm(context),
        qualitative_evaluations=[
            coded(codes.QUANTITIES[name][0], codes.MEASUREMENT_FAILURE, reason)
            for name in ("volume_mm3", "mass_mg")
        ],
    )
    made = _document(context, [group], (), series_number)
    made.CompletionFlag = "PARTIAL"
    made.CompletionFlagDescription = _short(reason)
    return made


def _document(
    context: Context,
    groups: Sequence[MeasurementsAndQualitativeEvaluations],
    evidence: Sequence[Dataset],
    series_number: int,
) -> Dataset:
    study = context.study
    observer = ObserverContext(
        observer_type=known.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=context.uid("observer"),
            name=MAKER,
            manufacturer_name=MAKER,
            model_name=f"{MAKER} {context.maker.version}",
            serial_number=context.maker.made_with,
        ),
    )
    # highdicom copies and searches the content several times over, which for 300 lesions takes
    # longer than all else: it gets one group, and the others join that afterwards.
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer),
        procedure_reported=codes.CT_PROCEDURE,
        imaging_measurements=groups[-1:],
        title=known.DCM.ImagingMeasurementReport,
    )
    made = Comprehensive3DSR(
        evidence=[
            *(
                stand_in(study, series.uid, frame)
                for series in study.series
                for frame in series.instances
            ),
            *evidence,
        ],
        content=content,
        series_instance_uid=context.uid("report", "series"),
        series_number=series_number,
        sop_instance_uid=context.uid("report"),
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=MAKER,
        software_versions=context.maker.version,
        device_serial_number=context.maker.made_with,
        series_description="calcimetry measurements",
        specific_character_set="ISO_IR 192",
    )
    made.ContentSequence[-1].ContentSequence = [item for group in groups for item in group]
    created_in(made, context)
    return made


def _lesion(
    context: Context,
    lesion: Lesion,
    algorithm: AlgorithmIdentification,
    reformat: Reformat | None,
) -> MeasurementsAndQualitativeEvaluations:
    tracking = context.tracking_of(lesion.number)
    names = tuple(codes.QUANTITIES)
    images = []
    if reformat is not None:
        images.append(
            SourceImageForMeasurementGroup(
                reformat.image.SOPClassUID, reformat.image.SOPInstanceUID
            )
        )
    side = None if lesion.side is None else Laterality[lesion.side.upper()]
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(tracking.uid, tracking.identifier),
        finding_category=codes.MORPHOLOGICALLY_ABNORMAL,
        finding_type=(codes.URATE_DEPOSIT if lesion.is_urate else codes.PATHOLOGIC_CALCIFICATION),
        finding_sites=[
            FindingSite(_place_of(lesion), laterality=codes.side_code(side)),
        ],
        algorithm_id=algorithm,
        measurements=measured(lesion, names, reformat),
        qualitative_evaluations=[*_qualities(lesion), *not_measured(lesion, names)],
        source_images=images or None,
    )


def _place_of(lesion: Lesion) -> Code:
    """The finger, or the hand for what lies nearest to the wrist or the forearm."""
    if lesion.digit is None and lesion.bone:
        return codes.region_code(lesion.bone)
    return codes.site_code(lesion.digit)


def _qualities(lesion: Lesion) -> list[QualitativeEvaluation]:
    found = []
    if lesion.bone:
        found.append(coded(codes.NEAREST_BONE, codes.bone_code(lesion.bone)))
    if lesion.aspect is not None:
        found.append(coded(codes.ASPECT, codes.ASPECTS[lesion.aspect]))
    found.append(coded(codes.TOUCHES_BONE, codes.YES if lesion.touches_bone else codes.NO))
    if lesion.material is not None:
        found.append(coded(codes.MATERIAL, codes.MATERIALS[lesion.material]))
    return found


def _site(
    context: Context, place: int, site: SiteFindings, algorithm: AlgorithmIdentification
) -> MeasurementsAndQualitativeEvaluations:
    seen = [
        coded(codes.coverage_name(phalanx), codes.COVERAGES[state])
        for phalanx, state in site.coverage.items()
    ]
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(context, site.name.capitalize(), "site", str(place)),
        finding_category=codes.ANATOMICAL_STRUCTURE,
        finding_type=codes.BURDEN,
        finding_sites=[
            FindingSite(codes.site_code(site.digit), laterality=codes.side_code(site.side))
        ],
        algorithm_id=algorithm,
        measurements=[
            count(codes.LESION_COUNT, site.burden.lesion_count),
            count(codes.URATE_COUNT, site.burden.urate_count),
            *measured(site.burden, _TOTALS),
        ],
        qualitative_evaluations=[
            coded(codes.STATUS, codes.STATUSES[site.status], site.reason),
            *seen,
            *not_measured(site.burden, _TOTALS),
        ],
    )


def _volume(
    context: Context, findings: Findings, algorithm: AlgorithmIdentification
) -> MeasurementsAndQualitativeEvaluations:
    """What is said of the whole volume: whether all of it was measured, and what to know."""
    warnings = [
        coded(codes.STATUS, codes.WARNING, text) for text in dict.fromkeys(findings.warnings)
    ]
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(context, "Volume", "volume"),
        finding_category=codes.ANATOMICAL_STRUCTURE,
        finding_type=codes.BURDEN,
        finding_sites=[FindingSite(codes.HAND)],
        algorithm_id=algorithm,
        measurements=[count(codes.LESION_COUNT, sum(not one.is_urate for one in findings.lesions))],
        qualitative_evaluations=[
            coded(codes.STATUS, codes.STATUSES[findings.status], findings.reason),
            *warnings,
        ],
    )


def _tracking(context: Context, name: str, *words: str) -> TrackingIdentifier:
    return TrackingIdentifier(context.key.uid("tracking", *words), name)


def _algorithm(context: Context) -> AlgorithmIdentification:
    maker = context.maker
    return AlgorithmIdentification(
        name=MAKER,
        version=maker.version,
        parameters=[
            f"model={maker.method}",
            f"made_with={maker.made_with}",
            "uncertainty=half widths of 95% intervals",
        ],
        family=codes.ARTIFICIAL_INTELLIGENCE,
        manufacturer=MAKER,
    )


def _short(text: str) -> str:
    """A text that fits 64 characters."""
    return text if len(text) <= 64 else f"{text[:61]}..."
