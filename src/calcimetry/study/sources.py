"""Everything that a study is to measure: pictures, NIfTI volumes, pairs of them, DICOM series."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from os import PathLike
from pathlib import Path

import numpy as np

from calcimetry.dicom.find import find_series
from calcimetry.dicom.found import Found, Volume
from calcimetry.errors import InputError
from calcimetry.files.inputs import (
    Input,
    Inputs,
    file_sha256,
    find_inputs,
    path_key,
    printable,
)
from calcimetry.files.nifti import read_nifti_with_warnings
from calcimetry.model import DualEnergyImage, Image, Laterality

#: Two files of one grid may differ by so much in where they put a voxel, in voxels.
_SAME_PLACE = 0.01
#: Voxels brighter than this at either energy hold mineral.
_MINERAL_HU = 300.0
_LOCKED = "the folder cannot be read"


@dataclass(frozen=True, slots=True)
class EnergyPair:
    """Two NIfTI files of one hand, of a lower and a higher energy, on one grid.

    `low_setting` and `high_setting` are the tube settings as people write them,
    such as ``80`` and ``Sn150`` (kV); empty where they are not known. `columns` are
    further columns of images.csv.
    """

    low: Path
    high: Path
    low_setting: str = ""
    high_setting: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VolumeChoice:
    """What the user says of volumes, because the files do not or hold too much.

    Parameters
    ----------
    pair : EnergyPair or None
        Two files to measure as one image.
    series : str or None
        The one DICOM series to measure, by UID, number or hash.
    low_kev, high_kev : float or None
        Which two of several monoenergetic DICOM series to pair, in keV.
    laterality : Laterality or None
        Which hand it is, where the files do not say.
    """

    pair: EnergyPair | None = None
    series: str | None = None
    low_kev: float | None = None
    high_kev: float | None = None
    laterality: Laterality | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A volume as it was read: its side as the files or the user state it, and warnings."""

    image: Image | DualEnergyImage
    laterality: Laterality | None
    warnings: tuple[str, ...] = field(default=())

    @property
    def tube_settings(self) -> tuple[str, ...]:
        """Tube setting or energy of each image, the lower first; empty where none is stated."""
        images = self.image.energies if isinstance(self.image, DualEnergyImage) else (self.image,)
        stated = tuple(one.setting for one in images)
        return stated if any(stated) else ()


@dataclass(frozen=True, slots=True)
class LoadDicom:
    """Reads a DICOM volume when called; what is read elsewhere belongs to no study."""

    volume: Volume

    def __call__(self) -> tuple[Image | DualEnergyImage, tuple[str, ...]]:
        """The image, and the warnings of its series."""
        return self.volume.load(), self.volume.warnings


def find_sources(paths: Iterable[str | PathLike[str]], choice: VolumeChoice) -> Inputs:
    """List what files and folders hold, whatever its kind.

    DICOM is known by its content, everything else by its name.

    Parameters
    ----------
    paths : iterable of path-like
        What the user named.
    choice : VolumeChoice
        What the user says of volumes.

    Returns
    -------
    Inputs
        The pair first, then DICOM, then the files in the order of `paths`. Where
        there is nothing at all to measure, each path is an `Input` with a problem.
    """
    named = [Path(path) for path in paths]
    found, files = look_through(named, choice)
    passed_over = dict(files.passed_over)
    passed_over.update((left.what, left.reason) for left in found.left if not left.failed)
    pair = [_pair_input(choice.pair)] if choice.pair else []
    inputs = [*pair, *_dicom_inputs(found), *files.found]
    if not inputs:
        inputs = [Input(path, printable(path.name), problem=_nothing_in(found)) for path in named]
    return Inputs(tuple(_stated(one, choice.laterality) for one in inputs), passed_over)


def look_through(
    paths: Iterable[str | PathLike[str]], choice: VolumeChoice
) -> tuple[Found, Inputs]:
    """What files and folders hold: DICOM, and the other files.

    Parameters
    ----------
    paths : iterable of path-like
        What the user named.
    choice : VolumeChoice
        Which DICOM series to take.

    Returns
    -------
    dicom : Found
        Volumes, and what is no volume.
    files : Inputs
        Pictures and NIfTI files, and whatever cannot be looked at.
    """
    named = [Path(path) for path in paths]
    # Not Path.exists, which raises where a parent is locked.
    found = find_series(
        [path for path in named if os.path.exists(path)],  # noqa: PTH110
        series=choice.series,
        low_kev=choice.low_kev,
        high_kev=choice.high_kev,
    )
    files = find_inputs(named, {os.path.realpath(path) for path in found.other_files})
    # A locked folder is told by the search for files, too.
    left = tuple(one for one in found.left if not one.reason.startswith(_LOCKED))
    return replace(found, left=left), files


def read_volume(source: Input, name: str) -> Reading:
    """Read the volume of an input that has one, called `name` from here on.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if source.load is None:
        raise InputError(f"Reading {name}: it is no volume.")
    image, warnings = source.load()
    side = source.stated.get("side")
    laterality = source.laterality or (Laterality[side.upper()] if side else None)
    if isinstance(image, DualEnergyImage):
        image = replace(
            image, low=replace(image.low, name=name), high=replace(image.high, name=name)
        )
    else:
        image = replace(image, name=name)
    return Reading(image, laterality, warnings)


def read_pair(pair: EnergyPair) -> tuple[DualEnergyImage, tuple[str, ...]]:
    """Read two NIfTI files as one image of two energies.

    Returns
    -------
    image : DualEnergyImage
        On the grid of the lower energy.
    warnings : tuple of str
        Those of both files; and one where mineral is brighter at the higher energy,
        which physics forbids.

    Raises
    ------
    InputError
        If either cannot be read or the two do not lie on one grid.
    """
    (low, told_low), (high, told_high) = map(read_nifti_with_warnings, (pair.low, pair.high))
    if low.grid.shape != high.grid.shape or _apart(low, high) > _SAME_PLACE:
        raise InputError(
            f"Pairing {low.name} and {high.name}: two energies must lie on one grid, found "
            f"{_described(low)} and {_described(high)}, or different places. Export both with "
            "the same slices and field of view."
        )
    image = DualEnergyImage(low, replace(high, grid=low.grid), pair.low_setting, pair.high_setting)
    warnings = (*told_low, *told_high)
    mineral = np.maximum(low.array, high.array) > _MINERAL_HU
    if mineral.any() and low.array[mineral].mean() < high.array[mineral].mean():
        warnings += (
            f"Mineral is brighter in {high.name} than in {low.name}: are --low and --high swapped?",
        )
    return image, warnings


def _apart(low: Image, high: Image) -> float:
    """How far, in voxels, the two put a corner from each other."""
    shape = low.grid.shape
    corners = np.array([(s, r, c) for s in (0, 1) for r in (0, 1) for c in (0, 1)])
    corners = corners * (np.array(shape) - 1)
    there = low.grid.mm_to_index(high.grid.index_to_mm(corners))
    return float(np.abs(there - corners).max())


def _described(image: Image) -> str:
    voxels = " x ".join(map(str, image.grid.shape))
    return f"{voxels} voxels of {' x '.join(f'{mm:.4g}' for mm in image.grid.spacing)} mm"


def _pair_input(pair: EnergyPair) -> Input:
    places, contents = zip(
        *((path_key(path), file_sha256(path)) for path in (pair.low, pair.high)), strict=True
    )
    problem = ""
    if places[0] == places[1] or contents[0] == contents[1] != "":
        problem = (
            "--low and --high are the same image: name the series of the lower and that of the "
            "higher energy"
        )
    settings = {"low": pair.low_setting, "high": pair.high_setting}
    return Input(
        pair.low,
        printable(pair.low.name),
        columns=pair.columns,
        problem=problem,
        load=partial(read_pair, pair),
        place="+".join(places),
        sha256=hashlib.sha256("+".join(contents).encode()).hexdigest() if all(contents) else "",
        stated={name: setting for name, setting in settings.items() if setting},
    )


def _dicom_inputs(found: Found) -> Iterator[Input]:
    for volume in found.volumes:
        yield Input(
            Path(volume.name),
            volume.name,
            columns={"patient": volume.patient, "visit": volume.study},
            load=LoadDicom(volume),
            place=f"dicom-{volume.name}",
            sha256=volume.sha256,
            laterality=volume.laterality,
            acquired=volume.acquired,
            kernel=" + ".join(dict.fromkeys(one.kernel for one in volume.scans if one.kernel)),
        )
    for left in found.left:
        if left.failed:
            name = printable(left.what)
            yield Input(Path(name), name, problem=left.reason, place=f"dicom-{name}")


def _stated(source: Input, laterality: Laterality | None) -> Input:
    """Add the side that the user states, to a volume whose files do not say."""
    if laterality is None or source.load is None or source.laterality is not None:
        return source
    return replace(source, stated={**source.stated, "side": laterality.name.lower()})


def _nothing_in(found: Found) -> str:
    first = next((f"; {left.what}: {left.reason}" for left in found.left), "")
    return f"nothing in it can be measured: {len(found.left)} series passed over{first}"
