"""Results as what JSON knows, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from calcimetry.files.results import FingerResult, HandResult, Result
from calcimetry.measurement.burden import Burden
from calcimetry.measurement.score import SiteFactors
from calcimetry.model import Digit, Finger, Grid, Hand, Interval, Laterality, Lesion


def to_record(value: Any) -> Any:
    """Any of the values of a result as dictionaries, lists, text and numbers.

    A grid loses its Frame of Reference UID, which would lead back to the patient's
    study.
    """
    if isinstance(value, Grid):
        return {"shape": list(value.shape), "affine": value.affine.tolist()}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_record(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): to_record(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_record(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value.item() if isinstance(value, np.generic) else value


def result_from(record: Mapping[str, Any]) -> Result:
    """Read a result back; what an older version did not write keeps its default.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError, InputError
        If the record is none of a result.
    """
    spacing = record.get("spacing_mm")
    return Result(
        **{
            **record,
            **_intervals(record),
            "lesions": tuple(_lesion_from(lesion) for lesion in record["lesions"]),
            "fingers": tuple(
                FingerResult(**{**finger, **_intervals(finger)})
                for finger in record.get("fingers", ())
            ),
            "hands": tuple(_hand_from(hand) for hand in record.get("hands", ())),
            "warnings": tuple(record["warnings"]),
            "bones": {int(label): name for label, name in record["bones"].items()},
            "files": tuple(record["files"]),
            "spacing_mm": None if spacing is None else tuple(map(float, spacing)),
            "tube_settings": tuple(map(str, record.get("tube_settings", ()))),
            "anatomy": tuple(_anatomy_from(hand) for hand in record.get("anatomy", ())),
        }
    )


def _intervals(record: Mapping[str, Any]) -> dict[str, Interval | None]:
    found = {"area_interval": record["area_interval"]}
    found["volume_interval"] = record.get("volume_interval")
    found["mass_interval"] = record.get("mass_interval")
    return {name: Interval(**ends) if ends else None for name, ends in found.items()}


def _hand_from(record: Mapping[str, Any]) -> HandResult:
    burden = Burden(**{**record["burden"], **_intervals(record["burden"])})
    sites = tuple(SiteFactors(**site) for site in record.get("sites", ()))
    digits = tuple(record["digits"])
    return HandResult(**{**record, "digits": digits, "burden": burden, "sites": sites})


def _anatomy_from(record: Mapping[str, Any]) -> Hand:
    fingers = tuple(
        Finger(
            Digit(one["digit"]),
            _laterality_from(one["laterality"]),
            _grid_from(one["grid"]),
            tuple(map(int, one["labels"])),
            one["reason"],
        )
        for one in record["fingers"]
    )
    side = _laterality_from(record["laterality"])
    return Hand(side, fingers, _grid_from(record["grid"]), record["reason"])


def _laterality_from(code: str | None) -> Laterality | None:
    return None if code is None else Laterality(code)


def _grid_from(record: Mapping[str, Any]) -> Grid:
    return Grid(tuple(record["shape"]), record["affine"])


def _lesion_from(record: Mapping[str, Any]) -> Lesion:
    def ends(pair: list[list[float]]) -> tuple[tuple[float, float], tuple[float, float]]:
        (row_1, column_1), (row_2, column_2) = pair
        return (row_1, column_1), (row_2, column_2)

    slice_, row, column = record["centre"]
    plane, density = record.get("plane"), record.get("density_interval")
    return Lesion(
        **{
            **record,
            **_intervals(record),
            "density_interval": Interval(**density) if density else None,
            "centre": (slice_, row, column),
            "long_axis_ends": ends(record["long_axis_ends"]),
            "short_axis_ends": ends(record["short_axis_ends"]),
            "plane": None if plane is None else _grid_from(plane),
        }
    )
