"""The columns of images.csv, fingers.csv, hands.csv, patients.csv and lesions.csv, and rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields

from calcimetry.files.patients import PatientResult
from calcimetry.files.results import FingerResult, HandResult, Result
from calcimetry.measurement.burden import Burden
from calcimetry.measurement.score import SiteFactors
from calcimetry.model import Interval, Lesion, Phalanx, bone_name
from calcimetry.model.anatomy import LEFT_HAND_OFFSET, WRIST_BONES

#: Columns that say which phalanges are seen whole, and how much of each is seen.
COVERAGE_COLUMNS = ("proximal_phalanx", "middle_phalanx", "distal_phalanx")
VISIBLE_COLUMNS = ("visible_share_proximal", "visible_share_middle", "visible_share_distal")
#: Columns are only ever appended; a manifest's further columns follow.
IMAGE_COLUMNS = (
    *("image", "patient", "status", "reason", "lesion_count", "area_mm2", "ellipse_area_mm2"),
    *("volume_mm3", "mass_mg", "seconds", "area_mm2_low", "area_mm2_high"),
    *("pixel_spacing_mm", "method", "volume_mm3_low", "volume_mm3_high"),
    *("spacing_slice_mm", "spacing_row_mm", "spacing_column_mm"),
    *("mass_mg_low", "mass_mg_high", "urate_count"),
    *COVERAGE_COLUMNS,
    *VISIBLE_COLUMNS,
)
FINGER_COLUMNS = (
    *("image", "patient", "side", "digit", "status", "reason", *COVERAGE_COLUMNS),
    *("lesion_count", "area_mm2", "ellipse_area_mm2", "volume_mm3", "mass_mg"),
    *("area_mm2_low", "area_mm2_high", "volume_mm3_low", "volume_mm3_high"),
    *("mass_mg_low", "mass_mg_high", "urate_count"),
    *VISIBLE_COLUMNS,
)
#: What hands.csv and patients.csv say of the lesions that they add up.
_BURDEN_COLUMNS = (
    *("lesion_count", "area_mm2", "area_mm2_low", "area_mm2_high", "ellipse_area_mm2"),
    *("volume_mm3", "volume_mm3_low", "volume_mm3_high"),
    *("mass_mg", "mass_mg_low", "mass_mg_high", "urate_count"),
)
HAND_COLUMNS = ("image", "patient", "side", "status", "reason", "fingers", *_BURDEN_COLUMNS)
PATIENT_COLUMNS = (
    *("patient", "visit", "status", "reason", "image_count", "images", "hands"),
    *_BURDEN_COLUMNS,
)
SCORE_COLUMNS = (
    *("image", "patient", "side", "digit", "bone", "tissue_area_mm2", "projected_area_mm2"),
    *("area_coverage_percent", "mean_thickness_mm"),
)
LESION_COLUMNS = (
    *("image", "lesion", "side", "digit", "bone", "area_mm2", "pixel_area_mm2", "long_axis_mm"),
    *("short_axis_mm", "ellipse_area_mm2", "volume_mm3", "ellipsoid_volume_mm3"),
    *("feret_diameter_max_mm", "perimeter_mm", "solidity", "mean_hu", "density_mg_cm3", "mass_mg"),
    *("dual_energy_ratio", "material", "aspect", "depth_mm", "touches_bone", "slice", "row"),
    *("column", "area_mm2_low", "area_mm2_high", "volume_mm3_low", "volume_mm3_high"),
    *("ellipse_misfit", "bone_contact_share", "bone_contact_mm2", "surface_mm2"),
    *("second_axis_mm", "third_axis_mm", "plane_offset_mm"),
    *("mass_mg_low", "mass_mg_high", "density_mg_cm3_low", "density_mg_cm3_high", "peak_hu"),
    *("mean_hu_low_energy", "mean_hu_high_energy", "peak_hu_low_energy", "peak_hu_high_energy"),
    *("effective_atomic_number", "material_probability", "density_method", "calibration"),
)
_ONE_SLICE = "a picture shows one slice and has no depth"
_ONE_ENERGY = "a picture holds one energy"
_GREY = "the grey levels of a windowed picture are clipped, and it has no depth"
_LONE_FINGER = "a lone finger picture does not say which finger it shows, or from which side"
#: Why these columns stay empty for every picture; a lesion's own reasons stand beside it.
EMPTY_COLUMNS: Mapping[str, str] = {
    "volume_mm3": _ONE_SLICE,
    "volume_mm3_low": _ONE_SLICE,
    "volume_mm3_high": _ONE_SLICE,
    "spacing_slice_mm": _ONE_SLICE,
    "spacing_row_mm": "the spacing of a picture stands in pixel_spacing_mm",
    "spacing_column_mm": "the spacing of a picture stands in pixel_spacing_mm",
    "ellipsoid_volume_mm3": _ONE_SLICE,
    "feret_diameter_max_mm": _ONE_SLICE,
    "depth_mm": _ONE_SLICE,
    "bone_contact_mm2": _ONE_SLICE,
    "surface_mm2": _ONE_SLICE,
    "second_axis_mm": _ONE_SLICE,
    "third_axis_mm": _ONE_SLICE,
    "plane_offset_mm": _ONE_SLICE,
    **dict.fromkeys(("mass_mg", "mass_mg_low", "mass_mg_high"), _GREY),
    **dict.fromkeys(("density_mg_cm3_low", "density_mg_cm3_high", "peak_hu"), _GREY),
    **dict.fromkeys(("density_method", "calibration"), _GREY),
    **dict.fromkeys(("dual_energy_ratio", "effective_atomic_number"), _ONE_ENERGY),
    **dict.fromkeys(("material", "material_probability", "urate_count"), _ONE_ENERGY),
    **dict.fromkeys(("mean_hu_low_energy", "mean_hu_high_energy"), _ONE_ENERGY),
    **dict.fromkeys(("peak_hu_low_energy", "peak_hu_high_energy"), _ONE_ENERGY),
    "side": _LONE_FINGER,
    "digit": _LONE_FINGER,
    "aspect": _LONE_FINGER,
}
_BESIDE = "the reason stands beside the image or the lesion, under not_measured"
#: The same for volumes.
EMPTY_COLUMNS_OF_VOLUMES: Mapping[str, str] = {
    "pixel_spacing_mm": "the three spacings of a volume stand in spacing_slice_mm and after it",
    **dict.fromkeys((*COVERAGE_COLUMNS, *VISIBLE_COLUMNS), "stands in fingers.csv for each finger"),
    "middle_phalanx": "stands in fingers.csv for each finger; the thumb has none",
    "visible_share_middle": "stands in fingers.csv for each finger; the thumb has none",
    **dict.fromkeys(("mass_mg", "mass_mg_low", "mass_mg_high", "density_mg_cm3"), _BESIDE),
    **dict.fromkeys(("density_mg_cm3_low", "density_mg_cm3_high", "peak_hu"), _BESIDE),
    **dict.fromkeys(("mean_hu_low_energy", "mean_hu_high_energy"), _BESIDE),
    **dict.fromkeys(("peak_hu_low_energy", "peak_hu_high_energy"), _BESIDE),
    **dict.fromkeys(("dual_energy_ratio", "effective_atomic_number", "material"), _BESIDE),
    **dict.fromkeys(("material_probability", "density_method", "calibration"), _BESIDE),
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
    slice_mm, row_mm, column_mm = result.spacing_mm or (None, None, None)
    return {
        "image": result.image,
        "patient": result.columns.get("patient", ""),
        "status": result.status,
        "reason": result.told_reason,
        "lesion_count": result.lesion_count if result.measured else None,
        "area_mm2": result.area_mm2,
        "ellipse_area_mm2": result.ellipse_area_mm2,
        "volume_mm3": result.volume_mm3,
        "mass_mg": result.mass_mg,
        "seconds": result.seconds,
        "pixel_spacing_mm": result.pixel_spacing_mm,
        "method": result.method,
        "spacing_slice_mm": slice_mm,
        "spacing_row_mm": row_mm,
        "spacing_column_mm": column_mm,
        **result.coverage,
        **result.visible_share,
        **_ends("area_mm2", result.area_interval),
        **_ends("volume_mm3", result.volume_interval),
        **_ends("mass_mg", result.mass_interval),
        "urate_count": result.urate_count if result.is_volume else None,
        **{title: result.columns.get(name, "") for name, title in further.items()},
    }


def finger_row(result: Result, finger: FingerResult) -> dict[str, object]:
    """One row of fingers.csv."""
    return {
        "image": result.image,
        "patient": result.columns.get("patient", ""),
        "side": finger.side,
        "digit": finger.digit,
        "status": finger.status,
        "reason": finger.reason,
        **finger.coverage,
        **finger.visible_share,
        "lesion_count": finger.lesion_count,
        "area_mm2": finger.area_mm2,
        "ellipse_area_mm2": finger.ellipse_area_mm2,
        "volume_mm3": finger.volume_mm3,
        "mass_mg": finger.mass_mg,
        **_ends("area_mm2", finger.area_interval),
        **_ends("volume_mm3", finger.volume_interval),
        **_ends("mass_mg", finger.mass_interval),
        "urate_count": finger.urate_count,
    }


def hand_row(result: Result, hand: HandResult) -> dict[str, object]:
    """One row of hands.csv."""
    return {
        "image": result.image,
        "patient": result.columns.get("patient", ""),
        "side": hand.side,
        "status": hand.status,
        "reason": hand.reason,
        "fingers": " ".join(map(str, hand.digits)),
        **_burden_cells(hand.burden),
    }


def score_row(result: Result, hand: HandResult, site: SiteFactors) -> dict[str, object]:
    """One row of scores.csv."""
    wrist = site.bone % LEFT_HAND_OFFSET in WRIST_BONES
    digit = None if wrist else int(Phalanx.from_label(site.bone).digit)
    return {
        "image": result.image,
        "patient": result.columns.get("patient", ""),
        "side": hand.side,
        "digit": digit,
        "bone": bone_name(site.bone),
        "tissue_area_mm2": site.tissue_area_mm2,
        "projected_area_mm2": site.projected_area_mm2,
        "area_coverage_percent": site.area_coverage_percent,
        "mean_thickness_mm": site.mean_thickness_mm,
    }


def patient_row(patient: PatientResult) -> dict[str, object]:
    """One row of patients.csv."""
    return {
        "patient": patient.patient,
        "visit": patient.visit,
        "status": patient.status,
        "reason": patient.reason,
        "image_count": patient.image_count,
        "images": "; ".join(patient.counted),
        "hands": " ".join(patient.hands),
        **(_burden_cells(patient.burden) if patient.burden else {}),
    }


def _burden_cells(burden: Burden) -> dict[str, object]:
    return {
        "lesion_count": burden.lesion_count,
        "area_mm2": burden.area_mm2,
        "ellipse_area_mm2": burden.ellipse_area_mm2,
        "volume_mm3": burden.volume_mm3,
        "mass_mg": burden.mass_mg,
        # Pictures alone have no volume: theirs cannot be told from urate.
        "urate_count": None if burden.volume_mm3 is None else burden.urate_count,
        **_ends("area_mm2", burden.area_interval),
        **_ends("volume_mm3", burden.volume_interval),
        **_ends("mass_mg", burden.mass_interval),
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
        **_ends("area_mm2", lesion.area_interval),
        **_ends("volume_mm3", lesion.volume_interval),
        **_ends("mass_mg", lesion.mass_interval),
        **_ends("density_mg_cm3", lesion.density_interval),
        "slice": slice_,
        "row": row,
        "column": column,
    }


def _ends(quantity: str, interval: Interval | None) -> dict[str, object]:
    return {
        f"{quantity}_low": interval.low if interval else None,
        f"{quantity}_high": interval.high if interval else None,
    }
