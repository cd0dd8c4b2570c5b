"""What `measure` would do with the files that are no DICOM, for ``calcimetry inspect``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table

from calcimetry.dicom.found import Left
from calcimetry.errors import SpacingError
from calcimetry.files.inputs import Input, Inputs, without_ending
from calcimetry.files.raster import checked_spacing

#: Of more files than this that share a fate, the rest are told by their number.
_MANY = 12
_ITS_OWN = "the file's own"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture or NIfTI file that would be measured, at which pixel spacing, by whose word."""

    name: str
    kind: str
    spacing: str


@dataclass(frozen=True, slots=True)
class Files:
    """Files that would be measured, and those that would not, one by one."""

    images: tuple[Image, ...]
    left: tuple[Left, ...]

    @property
    def together(self) -> tuple[Left, ...]:
        """Those that would not, told together where they share their reason."""
        groups: dict[tuple[str, bool], list[str]] = {}
        for one in self.left:
            groups.setdefault((one.reason, one.failed), []).append(one.what)
        return tuple(
            Left(_named(names), reason, failed) for (reason, failed), names in groups.items()
        )


def judged(inputs: Inputs, pixel_spacing_mm: float | None) -> Files:
    """Say of each file what `measure` would do with it, without reading it.

    Parameters
    ----------
    inputs : Inputs
        What was found.
    pixel_spacing_mm : float or None
        Of pictures that no manifest gives one.
    """
    images, left = [], []
    for one in inputs.found:
        problem = one.problem or _problem(one, pixel_spacing_mm)
        if problem:
            left.append(Left(one.image, problem, failed=True))
        elif one.load is not None:
            images.append(Image(one.image, "NIfTI volume", _ITS_OWN))
        else:
            images.append(Image(one.image, "picture", _spacing(one, pixel_spacing_mm)))
    left += [Left(name, why, failed=False) for name, why in inputs.passed_over.items()]
    return Files(tuple(images), tuple(left))


def image_table(images: Iterable[Image]) -> Table:
    """A table of files that would be measured, those of one kind and spacing in one row."""
    table = Table(title="Pictures and NIfTI files that would be measured", title_justify="left")
    for column in ("kind", "pixel spacing", "files"):
        table.add_column(column, overflow="fold")
    rows: dict[tuple[str, str], list[str]] = {}
    for one in images:
        rows.setdefault((one.kind, one.spacing), []).append(one.name)
    for (kind, spacing), names in rows.items():
        table.add_row(kind, spacing, _named(names))
    return table


def _problem(one: Input, pixel_spacing_mm: float | None) -> str:
    """Why a file cannot be measured; empty where it can, as far as its name and place tell."""
    if not os.path.exists(one.path):  # noqa: PTH110 - Path.exists raises where a parent is locked
        return "there is no such file or folder"
    if not without_ending(one.path.name)[1]:
        return "not DICOM, nor named as NIfTI, JPEG or PNG"
    if one.load is not None:
        return ""
    try:
        checked_spacing(_spacing_mm(one, pixel_spacing_mm), one.path.name)
    except SpacingError as error:
        return str(error).removeprefix(f"Reading {one.path.name}: ").removesuffix(".")
    return ""


def _spacing_mm(one: Input, pixel_spacing_mm: float | None) -> float | None:
    return pixel_spacing_mm if one.pixel_spacing_mm is None else one.pixel_spacing_mm


def _spacing(one: Input, pixel_spacing_mm: float | None) -> str:
    source = "--pixel-spacing" if one.pixel_spacing_mm is None else "manifest.csv"
    return f"{_spacing_mm(one, pixel_spacing_mm):g} mm ({source})"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return ", ".join(names[:_MANY]) + more
