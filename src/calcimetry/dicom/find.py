"""The front door: from paths to volumes that can be measured, and why the rest is left."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from os import PathLike

from calcimetry.dicom.found import Found, Left, Scan, Volume
from calcimetry.dicom.scan import scan
from calcimetry.dicom.select import Chosen, choose
from calcimetry.dicom.series import Candidate, Series, candidates_of, group_series
from calcimetry.errors import SettingsError
from calcimetry.model import Laterality

#: Slices further apart than this, in mm, hide small calcifications.
THICK_MM = 1.5


def find_series(
    paths: Iterable[str | PathLike[str]],
    *,
    series: str | None = None,
    low_kev: float | None = None,
    high_kev: float | None = None,
) -> Found:
    """Find the CT volumes that files, folders, DICOMDIRs and zips hold.

    Only headers are read; `Volume.load` reads the pixels. Of each study every region that
    was scanned is given once, as a pair of two energies where there is one
    (`calcimetry.dicom.select` states the rules).

    Parameters
    ----------
    paths : iterable of path-like
    series : str, optional
        Measure only these series: SeriesNumbers, SeriesInstanceUIDs or names of volumes,
        separated by commas; two energies so named still make a pair.
    low_kev, high_kev : float, optional
        The virtual monoenergetic images to pair.

    Returns
    -------
    Found

    Raises
    ------
    SettingsError
        If `series` names none that is there.
    """
    scanned = scan(paths)
    every = group_series(scanned.instances)
    wanted = _wanted(every, series)
    studies: dict[tuple[str, str], list[Series]] = defaultdict(list)
    for one in every:
        if one.uid in wanted:
            studies[one.study].append(one)
    volumes: list[Volume] = []
    left = [
        Left(one.own_label, "not among the series that were asked for", failed=False)
        for one in every
        if one.uid not in wanted
    ]
    of_other_kinds: list[Left] = []
    for members in studies.values():
        found, rest = _measurable(members, low_kev, high_kev)
        volumes += found
        if found or any(item.failed for item in rest):
            left += rest
        elif any(one.is_ct for one in members):
            left += _failed(rest)
        else:
            of_other_kinds += rest
    left += scanned.all_left()
    if not volumes and not any(item.failed for item in left):
        of_other_kinds = _failed(of_other_kinds)
    return Found(tuple(volumes), (*left, *of_other_kinds), tuple(scanned.other_files))


def _failed(left: Sequence[Left]) -> list[Left]:
    return [replace(item, failed=True) for item in left]


def _wanted(every: Sequence[Series], series: str | None) -> set[str]:
    """UIDs of the series that were asked for, which are all where none was."""
    if series is None:
        return {one.uid for one in every}
    names = {name.strip() for name in series.split(",")}
    wanted = {one.uid for one in every if names & {one.uid, str(one.number), one.name}}
    if every and not wanted:
        there = ", ".join(sorted({str(one.number) for one in every if one.number is not None}))
        raise SettingsError(
            f"Choosing series: none is {series!r}; the series numbers there are {there or 'none'}. "
            "`calcimetry inspect` lists them."
        )
    return wanted


def _measurable(
    members: Sequence[Series], low_kev: float | None, high_kev: float | None
) -> tuple[list[Volume], list[Left]]:
    """Volumes of one study, and what of it is left."""
    candidates: list[Candidate] = []
    left: list[Left] = []
    for one in members:
        found, rest = candidates_of(one)
        candidates += found
        left += rest
    if not candidates:
        return [], left
    chosen, rest = choose(candidates, low_kev, high_kev)
    return [_volume(one) for one in chosen], [*left, *rest]


def _volume(chosen: Chosen) -> Volume:
    first = chosen.option[0]
    laterality, notes = _laterality(chosen)
    warnings = [*chosen.warnings, *notes]
    if first.stack.grid.spacing[0] > THICK_MM:
        warnings.append(
            f"its slices are {first.stack.grid.spacing[0]:.2g} mm apart: small calcifications "
            "may be missed"
        )
    part = f"-{first.part + 1}" if first.part else ""
    return Volume(
        name=first.series.name + part,
        description=_description(chosen.option),
        patient=first.series.study[0],
        study=first.series.study[1],
        laterality=laterality,
        warnings=tuple(warnings),
        sha256=_digest(chosen.option),
        scans=tuple(
            Scan(
                one.series.label,
                one.series.name,
                one.energy.text,
                one.kernel.replace("\\", " "),
                # The grids of a pair are the same to within rounding; from here on exactly.
                replace(one.stack, grid=first.stack.grid),
            )
            for one in chosen.option
        ),
        acquired=first.stack.slices[0].instance.acquired,
    )


def _description(option: Sequence[Candidate]) -> str:
    grid = option[0].stack.grid
    named = " + ".join(
        one.series.short + (f" '{one.series.description}'" if one.series.description else "")
        for one in option
    )
    shape = " x ".join(map(str, grid.shape))
    spacing = " x ".join(f"{value:.3g}" for value in grid.spacing)
    return f"{named}: {shape}, {spacing} mm"


def _laterality(chosen: Chosen) -> tuple[Laterality | None, tuple[str, ...]]:
    stated = {piece.frame.laterality for one in chosen.option for piece in one.stack.slices} - {
        "",
        "U",
    }
    if stated <= {"R", "L"} and len(stated) == 1:
        return Laterality(stated.pop()), ()
    if len(stated) > 1:
        return None, ("its slices state different sides",)
    return None, ()


def _digest(option: Sequence[Candidate]) -> str:
    """What slices a volume holds: their UIDs, frames and file sizes."""
    held = sorted(
        f"{piece.instance.sop_uid} {piece.number} {piece.instance.size}"
        for one in option
        for piece in one.stack.slices
    )
    return hashlib.sha256("\n".join(held).encode()).hexdigest()
