"""Studies of every kind, and what is said to have been found in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from calcimetry.dicom.find import find_series
from calcimetry.dicom.findings import Context, Findings, Maker, SiteFindings, Tracking
from calcimetry.dicom.results import result_objects
from calcimetry.dicom.source_study import read_source_study
from calcimetry.dicom.uids import ResultKey
from calcimetry.measurement.burden import total_burden
from calcimetry.model import (
    DualEnergyImage,
    Grid,
    Interval,
    Laterality,
    Lesion,
    Segmentation,
    bone_name,
)
from tests.dicom import making

SHAPE = (12, 24, 20)
CREATED = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
#: Bones of one case by label: slices, rows, columns.
BONES = {
    21: (slice(1, 4), slice(2, 6), slice(2, 8)),
    23: (slice(5, 9), slice(2, 6), slice(2, 8)),
    61: (slice(9, 12), slice(10, 14), slice(1, 5)),
}
LEFT_BONES = {121: (slice(1, 4), slice(2, 6), slice(12, 18))}
#: Places of single lesions: index of the first sample of each.
ONE = ((6, 15, 10),)


def hu() -> np.ndarray:
    return making.volume(SHAPE) // 10


def axial(**changes) -> list[Dataset]:
    return making.series(hu(), **changes)


def sagittal() -> list[Dataset]:
    return making.series(hu(), step=(0.8, 0.0, 0.0), ImageOrientationPatient=[0, 1, 0, 0, 0, -1])


def tilted() -> list[Dataset]:
    return making.series(hu(), step=(0.0, 0.25, 0.8))


def enhanced() -> list[Dataset]:
    """One multi-frame object whose frames lie in no order of place."""
    ds = making.enhanced(hu())
    frames = ds.PerFrameFunctionalGroupsSequence
    order = np.random.default_rng(1).permutation(SHAPE[0])
    pixels = np.frombuffer(ds.PixelData, np.uint16).reshape(SHAPE)[order]
    ds.PerFrameFunctionalGroupsSequence = [frames[int(number)] for number in order]
    ds.PixelData = pixels.tobytes()
    return [ds]


def two_energies() -> list[Dataset]:
    low = making.series(hu(), number=2, KVP=80, SeriesDescription="DE 80 kV hand")
    high = making.series(hu() // 2, number=3, KVP=150, SeriesDescription="DE Sn150 kV hand")
    return [*low, *high]


def bare() -> list[Dataset]:
    """What a series can lack and still be measured."""
    lacking = ("FrameOfReferenceUID", "PatientName", "PatientID", "SeriesDescription")
    return axial(
        **dict.fromkeys((*lacking, "KVP", "ConvolutionKernel", "AcquisitionNumber")), Modality="CT"
    )


def many_places(count: int = 300) -> tuple[tuple[int, int, int], ...]:
    """Single samples, no two of them neighbours."""
    places = np.indices((6, 12, 10)).reshape(3, -1).T * 2
    return tuple((int(s), int(r), int(c)) for s, r, c in places[:count])


def lesion(number: int, place: tuple[int, int, int], grid: Grid, left: bool = False) -> Lesion:
    """A lesion of two samples along a row, with the numbers of its place."""
    centre = (float(place[0]), float(place[1]), place[2] + 0.5)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = (0.3, 0, 0), (0, 0, -0.3), (0, 0.3, 0)
    affine[:3, 3] = grid.index_to_mm(centre) - affine[:3, :3] @ [0, 5, 4]
    size = 1.0 + number / 10
    return Lesion(
        number=number,
        bone=123 if left else 23,
        area_mm2=2.0 * size,
        area_interval=Interval(1.5 * size, 3.0 * size),
        pixel_area_mm2=2.0,
        long_axis_mm=2.4,
        short_axis_mm=1.2,
        ellipse_area_mm2=2.26,
        perimeter_mm=5.5,
        solidity=0.9,
        touches_bone=number == 1,
        centre=centre,
        long_axis_ends=((1.0, 4.0), (9.0, 4.0)),
        short_axis_ends=((5.0, 2.0), (5.0, 6.0)),
        volume_mm3=0.32 * size,
        volume_interval=Interval(0.2 * size, 0.5 * size),
        ellipsoid_volume_mm3=0.4,
        mass_mg=0.3 if number % 2 else None,
        mass_interval=Interval(0.2, 0.4) if number % 2 else None,
        plane=Grid((1, 11, 9), affine),
        side="left" if left else "right",
        digit=2,
        aspect="volar",
        not_measured={} if number % 2 else {"mass_mg": "no tube setting is stated"},
    )


def findings(
    image, places: Sequence[tuple[int, int, int]] = ONE, both: bool = False, pictures=()
) -> Findings:
    """Bones at `BONES`, lesions at `places`; with `both`, bones and lesions of a left hand too."""
    mixed = image.mixed if isinstance(image, DualEnergyImage) else image
    grid = mixed.grid
    placed = {**BONES, **(LEFT_BONES if both else {})}
    bones, marked = np.zeros(grid.shape, np.uint16), np.zeros(grid.shape, np.uint16)
    for label, where in placed.items():
        bones[where] = label
    lesions = []
    for number, place in enumerate(places, start=1):
        marked[place[0], place[1], place[2] : place[2] + 2] = number
        lesions.append(lesion(number, place, grid, left=both and number % 2 == 0))
    sides = [Laterality.RIGHT, Laterality.LEFT] if both else [Laterality.RIGHT]
    sites = []
    for side in sides:
        own = [one for one in lesions if one.side == side.name.lower()]
        burden = total_burden(own, is_volume=True)
        name = side.name.lower()
        seen = {"proximal_phalanx": "complete", "distal_phalanx": "resorbed"}
        sites += [
            SiteFindings(f"{name} hand", side, None, "partial", "not found: ring", burden),
            SiteFindings(f"{name} index finger", side, 2, "partial", "resorbed", burden, seen),
        ]
    return Findings(
        image=mixed,
        bones=Segmentation(bones, grid, {label: bone_name(label) for label in placed}),
        lesion_map=Segmentation(marked, grid, {one.number: "lesion" for one in lesions}),
        lesions=tuple(lesions),
        sites=tuple(sites),
        status="partial",
        reason="not found: ring",
        warnings=("its slices lean",),
        bone_colours=dict.fromkeys(placed, (86, 180, 233)),
        bone_sides={n: Laterality.LEFT if n > 99 else Laterality.RIGHT for n in placed},
        lesion_colour=(255, 119, 31),
        pictures=pictures,
    )


def context(volume, tracking: dict[int, Tracking] | None = None) -> Context:
    maker = Maker("0.1.0", "unet 0ac7fc94e164", "0123456789ab", CREATED)
    return Context(
        read_source_study(volume), ResultKey(volume.sha256, "made with"), maker, tracking or {}
    )


def volume_of(folder: Path, datasets: Sequence[Dataset]):
    """The one volume of a study written into a folder."""
    making.save_all(folder, datasets)
    (volume,) = find_series([folder]).volumes
    return volume


def written(folder: Path, datasets: Sequence[Dataset], **how) -> tuple[Findings, dict[str, Path]]:
    """Results of a study as files below a folder, by their names."""
    volume = volume_of(folder / "study", datasets)
    found = findings(volume.load(), **how)
    files = {}
    (folder / "results").mkdir()
    for name, content in result_objects(context(volume), found):
        files[name] = folder / "results" / f"{name}.dcm"
        files[name].write_bytes(content)
    return found, files


#: Name of a case: its study, and what was found in it.
CASES = {
    "one lesion": (axial, {}),
    "no lesion": (axial, {"places": ()}),
    "300 lesions": (axial, {"places": many_places()}),
    "two hands": (axial, {"places": ((2, 15, 3), (6, 15, 13)), "both": True}),
    "sagittal slices": (sagittal, {}),
    "tilted gantry": (tilted, {}),
    "enhanced multi-frame": (enhanced, {}),
    "two energies": (two_energies, {}),
    "few attributes": (bare, {}),
}
