"""The columns of images.csv and lesions.csv, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields

from calcimetry.files.results import Result
from calcimetry.model import Lesion, bone_name

#: Columns are only ever appended; a manifest's further columns follow.
IMAGE_COLUMNS = (
    *("image", "patient", "status", "reason", "lesion_count", "area_mm2", "ellipse_area_mm2"),
    *("volume_mm3", "mass_mg", "seconds", "area_mm2_low", "area_mm2_high"),
    *("pixel_spacing_mm", "method"),
)
LESION_COLUMNS = (
    *("image", "lesion", "side", "digit", "bone", "area_mm2", "pixel_area_mm2", "long_axis_mm"),
    *("short_axis_mm", "ellipse_area_mm2", "volume_mm3", "ellipsoid_volume_mm3"),
    *("feret_diameter_max_mm", "perimeter_mm", "solidity", "mean_hu", "density_mg_cm3", "mass_mg"),
    *("dual_energy_ratio", "material", "aspect", "depth_mm", "touches_bone", "slice", "row"),
    *("column", "area_mm2_low", "area_mm2_high"),
)
_ONE_SLICE = "a picture shows one slice and has no depth"
_ONE_ENERGY = "a picture holds one energy"
_LONE_FINGER = "a lone finger picture does not say which finger it shows, or from which side"
#: Why these columns stay empty for every picture; a lesion's own reasons stand beside it.
EMPTY_COLUMNS: Mapping[str, str] = {
    "volume_mm3": _ONE_SLICE,
    "ellipsoid_volume_mm3": _ONE_SLICE,
    "feret_diameter_max_mm": _ONE_SLICE,
    "depth_mm": _ONE_SLICE,
    "mass_mg": "the grey levels of a windowed picture are clipped, and it has no depth",
    "dual_energy_ratio": _ONE_ENERGY,
    "material": _ONE_ENERGY,
    "side": _LONE_FINGER,
    "digit": _LONE_FINGER,
    "aspect": _LONE_FINGER,
}


def further_columns(results: Iterable[Result]) -> dict[str, str]:
    """Names of the manifests' further columns, and what each is called in images.csv."""
    names = dict.fromkeys(name for result in results for name in result.columns)
    return {
        name: f"manifest_{name}" if name in IMAGE_COLUMNS else name
        for name in names
        if name != "patient"
    }


def image_row(result: Result, further: Mapping[str, str]) -> dict[str, object]:
    """One row of images.csv; `further` is what `further_columns` gives."""
    interval = result.area_interval
    return {
        "image": result.image,
        "patient": result.columns.get("patient", ""),
        "status": result.status,
        "reason": result.told_reason,
        "lesion_count": len(result.lesions) if result.measured else None,
        "area_mm2": result.area_mm2,
        "ellipse_area_mm2": result.ellipse_area_mm2,
        "seconds": result.seconds,
        "area_mm2_low": interval.low if interval else None,
        "area_mm2_high": interval.high if interval else None,
        "pixel_spacing_mm": result.pixel_spacing_mm,
        "method": result.method,
        **{title: result.columns.get(name, "") for name, title in further.items()},
    }


def lesion_row(image: str, lesion: Lesion) -> dict[str, object]:
    """One row of lesions.csv."""
    same_name = {f.name for f in fields(lesion)} & set(LESION_COLUMNS) - {"bone"}
    slice_, row, column = lesion.centre
    return {
        **{name: getattr(lesion, name) for name in same_name},
        "image": image,
        "lesion": lesion.number,
        "bone": bone_name(lesion.bone) if lesion.bone else "",
        "area_mm2_low": lesion.area_interval.low,
        "area_mm2_high": lesion.area_interval.high,
        "slice": slice_,
        "row": row,
        "column": column,
    }
