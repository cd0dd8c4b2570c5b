"""The truth of simulated images as JSON and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from calcimetry import __version__
from calcimetry.model import Lesion, Report, bone_name
from calcimetry.phantom.reformat import FingerReformat
from calcimetry.phantom.truth import TruePlane, true_planes
from calcimetry.phantom.volume import HandVolume

#: Arrays larger than this are images or maps, which have files of their own.
_MOST_VALUES = 64
#: Of all numbers that are told.
_DECIMALS = 6
#: What the truth of a volume tells of its lesions in words of its own.
_NOT_FACTS = ("image", "lesions")
#: Columns of the table of pictures; the first two are those that `measure` needs.
PICTURE_COLUMNS = (
    "image",
    "pixel_spacing_mm",
    "patient",
    "group",
    "visit",
    "side",
    "finger",
    "plane_mm",
    "slab_mm",
    "jpeg_quality",
    "cut_off",
    "true_lesions",
    "true_area_mm2",
    "true_ellipse_area_mm2",
)


def truth_of(volume: HandVolume, report: Report, told: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that is true of a simulated volume, ready for JSON.

    Parameters
    ----------
    volume : HandVolume
    report : Report
        Of the same volume, from `calcimetry.phantom.truth.true_report`.
    told : mapping
        How it was asked for: kind, seed, output.

    Returns
    -------
    dict
        `lesions` has one entry per deposit, `bones` one per bone; further facts of the
        volume stand under their own names.
    """
    planes = true_planes(volume, report)
    measured = {lesion.number: lesion for lesion in report.lesions}
    truth = {
        "made_by": f"calcimetry {__version__}",
        "research_use_only": True,
        **told,
        "grid": {
            "shape": list(report.image.grid.shape),
            "spacing_mm": list(report.image.grid.spacing),
            "affine_lps_mm": report.image.grid.affine.tolist(),
        },
        **_facts(volume),
        "bones": _bones(report),
        "total_volume_mm3": sum(one.volume_mm3 for one in volume.lesions),
        "lesions": [
            _lesion(plain(one), measured.get(one.number), planes.get(one.number, ()), report)
            for one in volume.lesions
        ],
    }
    return {name: rounded(value) for name, value in truth.items()}


def picture_row(name: str, picture: FingerReformat, more: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the table of pictures, by `PICTURE_COLUMNS`."""
    report = picture.report
    side = picture.finger.laterality
    row = {
        "image": name,
        "pixel_spacing_mm": report.image.grid.spacing[1],
        "side": None if side is None else side.name.lower(),
        "finger": picture.finger.digit.name.lower(),
        "plane_mm": picture.slab.offset_mm,
        "slab_mm": picture.slab.thickness_mm,
        "true_lesions": report.lesion_count,
        "true_area_mm2": report.area_mm2,
        "true_ellipse_area_mm2": report.ellipse_area_mm2,
        **more,
    }
    return {column: rounded(value) for column, value in row.items()}


def picture_lesions(picture: FingerReformat) -> list[dict[str, Any]]:
    """The lesions of one picture, with the numbers that they have in the volume."""
    rows = [
        {
            "number": one.number,
            "area_mm2": one.area_mm2,
            "long_axis_mm": one.long_axis_mm,
            "short_axis_mm": one.short_axis_mm,
            "ellipse_area_mm2": one.ellipse_area_mm2,
            "nearest_bone": bone_name(one.bone) if one.bone else None,
            "touches_bone": one.touches_bone,
        }
        for one in picture.report.lesions
    ]
    return [{name: rounded(value) for name, value in row.items()} for row in rows]


def lesion_rows(truth: Mapping[str, Any]) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Columns and lines of a table of lesions: what `truth_of` tells, without the planes."""
    rows = [
        {name: value for name, value in one.items() if not isinstance(value, (list, dict))}
        for one in truth["lesions"]
    ]
    columns = dict.fromkeys(name for row in rows for name in row)
    return tuple(columns) or ("number",), rows


def plain(value: Any) -> Any:
    """A value in JSON's own types: dataclasses, enumerations and small arrays taken apart.

    >>> from calcimetry.model import Laterality
    >>> plain({"side": Laterality.LEFT, "mm": (np.float64(0.5), 2)})
    {'side': 'left', 'mm': [0.5, 2]}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [plain(one) for one in value]
    return value


def rounded(value: Any) -> Any:
    """JSON's own types with all numbers rounded to 6 decimals.

    What lies beyond them differs from machine to machine, and truth may not.

    >>> rounded({"mm": [0.1 + 0.2, -1e-12], "name": "stone"})
    {'mm': [0.3, 0.0], 'name': 'stone'}
    """
    if isinstance(value, float):
        return round(value, _DECIMALS) + 0.0  # no -0.0
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return value


def _facts(volume: HandVolume) -> dict[str, Any]:
    """All that a volume knows besides its images, maps and lesions."""
    values = {one.name: getattr(volume, one.name) for one in fields(volume)}
    return {
        name: plain(value)
        for name, value in values.items()
        if name not in _NOT_FACTS
        and not (isinstance(value, np.ndarray) and value.size > _MOST_VALUES)
    }


def _bones(report: Report) -> list[dict[str, Any]]:
    labels, counts = np.unique(report.bones.label_map, return_counts=True)
    sample_mm3 = abs(float(np.linalg.det(report.image.grid.affine[:3, :3])))
    return [
        {"label": int(label), "name": bone_name(int(label)), "volume_mm3": int(n) * sample_mm3}
        for label, n in zip(labels, counts, strict=True)
        if label
    ]


def _lesion(
    made: dict[str, Any],
    lesion: Lesion | None,
    planes: tuple[TruePlane, ...],
    report: Report,
) -> dict[str, Any]:
    """One deposit as it was made and as a perfect measurement would find it."""
    if lesion is None:
        return {**made, "in_label_map": False, "planes": []}
    place = report.image.grid.index_to_mm(lesion.centre)
    return {
        **made,
        "in_label_map": True,
        "side": lesion.side,
        "digit": lesion.digit,
        "nearest_bone": bone_name(lesion.bone) if lesion.bone else None,
        "aspect": lesion.aspect,
        "centre_x_mm": float(place[0]),
        "centre_y_mm": float(place[1]),
        "centre_z_mm": float(place[2]),
        "area_mm2": lesion.area_mm2,
        "long_axis_mm": lesion.long_axis_mm,
        "short_axis_mm": lesion.short_axis_mm,
        "ellipse_area_mm2": lesion.ellipse_area_mm2,
        "planes": plain(planes),
    }
