"""What the picture of a finger shows: planes of it, with bones and lesions there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Finger, Grid, Lesion, Report
from calcimetry.model.hand import finger_of
from calcimetry.render.finger_planes import planes_to_show
from calcimetry.render.panel import GUTTER
from calcimetry.render.views import image_on, labels_on

#: Strips beside a panel without badges: they keep the names above the panels apart.
_NARROW = 28
#: Axes measured further than this from the plane shown get the outline they were measured on.
_BESIDE_MM = 1.0
#: A lesion's plane is a finger's where their normals meet at less than about 1 degree.
_SAME_NORMAL = 0.9998


@dataclass(frozen=True, slots=True)
class Side:
    """One sagittal plane of a finger: what it shows, arrays of shape (rows, columns)."""

    finger: Finger
    caption: str
    #: Of the finger, cut to the slice that is shown.
    plane: Grid
    hu: NDArray[np.float32]
    bones: NDArray[np.int32]
    #: Where the finger's bones lie before or behind the plane.
    shadow: NDArray[np.bool_]
    #: Lesions that the plane cuts, and whole shadows of those of the finger's lesions that no
    #: plane shown of it cuts.
    cut: Mapping[int, NDArray[np.bool_]]
    missed: Mapping[int, NDArray[np.bool_]]
    #: The finger's lesions that are seen here, and those that this plane shows best.
    lesions: tuple[Lesion, ...]
    best: tuple[Lesion, ...]
    #: Of the latter, those measured away from the plane: their sections there.
    beside: Mapping[int, NDArray[np.bool_]]

    @property
    def gutter(self) -> int:
        """Width of the strips left and right of it, in pixels of the sheet."""
        return GUTTER if self.lesions else _NARROW


def sides_of(report: Report, finger: Finger) -> list[Side]:
    """The one or two planes of a finger that its picture shows.

    Parameters
    ----------
    report : Report
        Of a volume.
    finger : Finger
        One of its fingers.

    Returns
    -------
    list of Side
        Each of the finger's lesions is among the `best` of one of them.
    """
    grid, source = finger.grid, report.image.grid
    bones, found = labels_on(report, grid)
    lesions = tuple(
        one
        for one in report.lesions
        if finger_of(report.hands, one.bone, source.index_to_mm(one.centre)) is finger
    )
    shown = planes_to_show(finger, bones, np.isin(found, [one.number for one in lesions]))
    shadow = np.asarray(np.isin(bones, finger.labels).any(axis=0))
    # Which plane cuts most of each lesion; where none does, the last, which then outlines it.
    area = np.array([[(found[p.number] == n.number).sum() for n in lesions] for p in shown])
    best = len(shown) - 1 - area[::-1].argmax(axis=0)
    sides = []
    for number, chosen in enumerate(shown):
        plane = _slice_of(grid, chosen.number)
        slice_ = found[chosen.number]
        own = [one for one, where in zip(lesions, best, strict=True) if where == number]
        cut = {int(n): slice_ == n for n in np.unique(slice_) if n}
        missed = [one.number for one in own if one.number not in cut]
        sides.append(
            Side(
                finger,
                chosen.caption,
                plane,
                image_on(report, plane)[0],
                bones[chosen.number],
                shadow,
                cut,
                {n: np.asarray((found == n).any(axis=0)) for n in missed},
                tuple(one for one in lesions if one.number in cut or one in own),
                tuple(own),
                _beside(grid, found, chosen.number, own),
            )
        )
    return sides


def _beside(
    grid: Grid, found: NDArray[np.int32], shown: int, lesions: Sequence[Lesion]
) -> dict[int, NDArray[np.bool_]]:
    """Sections of lesions in the slices that they were measured in, where not near `shown`."""
    sections = {}
    for lesion in lesions:
        if lesion.plane is None or not _parallel(grid, lesion.plane):
            continue
        number = round(float(grid.mm_to_index(lesion.plane.index_to_mm((0.0, 0.0, 0.0)))[0]))
        away_mm = abs(number - shown) * grid.spacing[0]
        if away_mm <= _BESIDE_MM or not 0 <= number < grid.shape[0]:
            continue
        section = np.asarray(found[number] == lesion.number)
        if section.any():
            sections[lesion.number] = section
    return sections


def _slice_of(grid: Grid, number: int) -> Grid:
    affine = grid.affine.copy()
    affine[:3, 3] += number * affine[:3, 0]
    return Grid((1, *grid.shape[1:]), affine, grid.frame_of_reference_uid)


def axes_on(plane: Grid, lesion: Lesion) -> list[NDArray[np.float64]]:
    """A lesion's axes as (row, column) of a plane; none where measured in a turned one.

    Parameters
    ----------
    plane : Grid
        Of one slice.
    lesion : Lesion

    Returns
    -------
    list of float arrays, shape (2, 2)
        The long axis, then the short one.
    """
    if lesion.plane is None or not _parallel(plane, lesion.plane):
        return []
    axes = []
    for ends in (lesion.long_axis_ends, lesion.short_axis_ends):
        places = lesion.plane.index_to_mm([(0.0, row, column) for row, column in ends])
        axes.append(plane.mm_to_index(places)[:, 1:])
    return axes


def _parallel(grid: Grid, plane: Grid) -> bool:
    return bool(abs(_normal(grid) @ _normal(plane)) >= _SAME_NORMAL)


def _normal(grid: Grid) -> NDArray[np.float64]:
    normal = np.cross(grid.affine[:3, 1], grid.affine[:3, 2])
    return np.asarray(normal / np.linalg.norm(normal))
