"""Pieces of the structured report: numbers with their intervals, and what could not be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from highdicom.sr import (
    CoordinatesForMeasurement,
    GraphicTypeValues,
    Measurement,
    MeasurementProperties,
    NumContentItem,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForRegion,
    TextContentItem,
)
from pydicom.sr.coding import Code

from calcimetry.dicom import codes
from calcimetry.dicom.reformat import Reformat
from calcimetry.measurement.burden import Burden
from calcimetry.model import Interval, Lesion

#: What a number's interval is called beside it.
_INTERVALS = {
    "area_mm2": "area_interval",
    "volume_mm3": "volume_interval",
    "mass_mg": "mass_interval",
    "density_mg_cm3": "density_interval",
}


def measured(
    owner: Lesion | Burden, names: Sequence[str], reformat: Reformat | None = None
) -> list[Measurement]:
    """The quantities that a lesion or a burden has, each with its 95% interval.

    Parameters
    ----------
    owner : Lesion or Burden
    names : sequence of str
        Keys of `calcimetry.dicom.codes.QUANTITIES`; what is None is left out.
    reformat : Reformat, optional
        The image of the lesion's plane, on which its axes are drawn.

    Returns
    -------
    list of Measurement
    """
    found = []
    for name in names:
        value = getattr(owner, name)
        if value is None:
            continue
        concept, unit = codes.QUANTITIES[name]
        interval = getattr(owner, _INTERVALS.get(name, ""), None)
        one = Measurement(
            name=concept,
            value=float(value),
            unit=codes.UNITS[unit],
            properties=None if interval is None else uncertainty(value, interval, unit),
            referenced_coordinates=_axis(owner, name, reformat),
        )
        why = owner.not_measured.get(_INTERVALS.get(name, ""), "")
        if interval is None and why:
            add_comment(one, f"No interval: {why}")
        found.append(one)
    return found


def not_measured(owner: Lesion | Burden, names: Sequence[str]) -> list[QualitativeEvaluation]:
    """What a lesion or a burden lacks: the quantity is said to have failed, and a text says why."""
    found = []
    for name in names:
        why = owner.not_measured.get(name, "")
        if getattr(owner, name) is None and why:
            found.append(coded(codes.QUANTITIES[name][0], codes.MEASUREMENT_FAILURE, why))
    return found


def uncertainty(value: float, interval: Interval, unit: str) -> MeasurementProperties:
    """The two half widths of a 95% interval, in the value's own unit (TID 310).

    Examples
    --------
    >>> upper, lower = uncertainty(10.0, Interval(8.0, 13.0), "mm2")
    >>> upper.value, lower.value
    (3.0, 2.0)
    """
    properties = MeasurementProperties()
    for concept, width in (
        (codes.UPPER_UNCERTAINTY, interval.high - value),
        (codes.LOWER_UNCERTAINTY, value - interval.low),
    ):
        properties.append(
            NumContentItem(
                name=concept,
                value=float(width),
                unit=codes.UNITS[unit],
                relationship_type=RelationshipTypeValues.HAS_PROPERTIES,
            )
        )
    return properties


def count(concept: Code, number: int) -> Measurement:
    """A number of things."""
    return Measurement(name=concept, value=int(number), unit=codes.UNITS["{counts}"])


def coded(name: Code, value: Code, comment: str = "") -> QualitativeEvaluation:
    """A coded statement, with a comment in words where there is one."""
    one = QualitativeEvaluation(name=name, value=value)
    if comment:
        add_comment(one, comment)
    return one


def add_comment(item: Measurement | QualitativeEvaluation, text: str) -> None:
    """Say something in words of a number or a code."""
    content = item[0].get("ContentSequence", [])
    item[0].ContentSequence = [
        *content,
        TextContentItem(
            name=codes.COMMENT,
            value=text,
            relationship_type=RelationshipTypeValues.HAS_PROPERTIES,
        ),
    ]


def _axis(
    owner: Lesion | Burden, name: str, reformat: Reformat | None
) -> list[CoordinatesForMeasurement] | None:
    """The two ends of an axis on the image of its plane; None for what is no axis."""
    if reformat is None or not isinstance(owner, Lesion) or name not in _ENDS:
        return None
    # DICOM counts from the outer corner of the first pixel, whose centre is (0.5, 0.5)
    # (PS3.3 section C.18.6), and columns come first.
    ends = np.array(getattr(owner, _ENDS[name])) - reformat.start + 0.5
    return [
        CoordinatesForMeasurement(
            graphic_type=GraphicTypeValues.POLYLINE,
            graphic_data=ends[:, ::-1],
            source_image=SourceImageForRegion(
                referenced_sop_class_uid=reformat.image.SOPClassUID,
                referenced_sop_instance_uid=reformat.image.SOPInstanceUID,
            ),
        )
    ]


_ENDS: Mapping[str, str] = {
    "long_axis_mm": "long_axis_ends",
    "short_axis_mm": "short_axis_ends",
}
