"""Lesions of two visits measured in one region, so that borders drawn otherwise do no harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.followup.carry import Carried
from calcimetry.followup.result import BoneAlignment, Quantity
from calcimetry.followup.visit import Visit
from calcimetry.measurement.neighbourhood import Neighbourhood
from calcimetry.model.image import Image

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.intp]
#: Carries points (..., 3) of one visit to where they lie at the other.
_Carry = Callable[[FloatArray], FloatArray]

#: A lesion's plateau is this quantile of the excess over tissue of the samples that visits drew.
_PLATEAU = 0.8
#: A lower plateau (HU) is noise.
_LEAST_HU = 80.0
#: Of the plateau: where a sample begins to count for volume, and where it counts in full.
_NOTHING, _FULL = 0.2, 0.6
#: Of the plateau: fainter samples are tissue and hold no mineral.
_FAINT = 0.25
#: Darker than this (HU) is air, as where skin bulged over a large lesion at one visit alone.
_AIR_HU = -200.0
#: Usual blur of a reconstruction, for the halo of bone (standard deviation, mm).
_BLUR_MM = 0.35
#: Soft tissue is looked up from so far beyond the region, over so much more (mm).
_TISSUE_MM = (1.6, 2.5)
#: Where less of the region can be seen at both visits, it cannot be measured there (part).
_LEAST_IN_VIEW = 0.99


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """One visit's part of a match.

    Parameters
    ----------
    visit : Visit
        With its image.
    image : Image
        Of the visit, in HU.
    lesions : sequence of Carried
        The match's lesions at this visit.
    """

    visit: Visit
    image: Image
    lesions: Sequence[Carried]


@dataclass(frozen=True, eq=False, slots=True)
class _Read:
    """What one visit shows in the region: excess over tissue (HU) of its samples.

    `drawn` tells those that the visit itself drew as lesion.
    """

    excess_hu: FloatArray
    drawn: BoolArray
    voxel_mm3: float

    def volume_mm3(self, plateau_hu: float) -> float:
        """That mineral fills, by a ramp around the middle of the blurred border."""
        part = (self.excess_hu / plateau_hu - _NOTHING) / (_FULL - _NOTHING)
        return float(np.clip(part, 0.0, 1.0).sum()) * self.voxel_mm3

    def signal_hu_mm3(self, plateau_hu: float) -> float:
        """Excess, summed: in proportion to the mass of mineral."""
        shown = self.excess_hu > _FAINT * plateau_hu
        return float(self.excess_hu[shown].sum()) * self.voxel_mm3


def ratios_together(first: Side, last: Side, carrier: BoneAlignment) -> dict[Quantity, float]:
    """Later over first size of some lesions, measured in one region at both visits.

    Parameters
    ----------
    first, last : Side
        The baseline's and the later visit's, scanned at the same energies.
    carrier : BoneAlignment
        Of the bone that carries the lesions.

    Returns
    -------
    dict of str to float
        Of volume and mass, above 0; empty where the region lies out of view of a visit, or
        one shows nothing in it. One visit may have drawn no lesion: its place is measured.

    Notes
    -----
    The region is all that either visit drew as these lesions, carried by the bone and without
    what is bone or another lesion at either. Within it each visit's HU over its own soft tissue
    are compared with one level, the plateau that the lesions reach at the two visits together:
    what differs between the two measurements of each visit for itself, the border and the level,
    is the same here.
    """
    reads = [
        _read(first, last, carrier.to_later, carrier.to_baseline),
        _read(last, first, carrier.to_baseline, carrier.to_later),
    ]
    if any(one is None for one in reads):
        return {}
    shown = [one for one in reads if one is not None]
    plateau = float(np.quantile(np.concatenate([r.excess_hu[r.drawn] for r in shown]), _PLATEAU))
    if plateau < _LEAST_HU:
        return {}
    volumes = [one.volume_mm3(plateau) for one in shown]
    signals = [one.signal_hu_mm3(plateau) for one in shown]
    if min(*volumes, *signals) <= 0.0:
        return {}
    return {"volume_mm3": volumes[1] / volumes[0], "mass_mg": signals[1] / signals[0]}


def _read(own: Side, other: Side, to_other: _Carry, to_own: _Carry) -> _Read | None:
    """What one visit shows in the region of both; None where it cannot see all of it."""
    visit, grid = own.visit, own.visit.lesion_map.grid
    points = np.concatenate(
        [*(one.points_mm for one in own.lesions), *(to_own(one.points_mm) for one in other.lesions)]
    )
    index = grid.mm_to_index(points)
    inside = ((index >= -0.5) & (index <= np.array(grid.shape) - 0.5)).all(axis=1)
    if inside.mean() < _LEAST_IN_VIEW:
        return None
    spacing = np.array(grid.spacing)
    margin = np.ceil((sum(_TISSUE_MM) + _BLUR_MM) / spacing) + 1
    start = np.maximum(np.floor(index.min(axis=0) - margin), 0).astype(int)
    stop = np.minimum(np.ceil(index.max(axis=0) + margin) + 1, grid.shape).astype(int)
    box = tuple(slice(low, high) for low, high in zip(start, stop, strict=True))
    samples = np.moveaxis(np.indices(tuple(stop - start)), 0, -1) + start
    there = to_other(grid.index_to_mm(samples))
    labels = visit.lesion_map.label_map[box]
    labels_there = _looked_up(other.visit.lesion_map.label_map, other, there)
    drawn = np.isin(labels, [one.number for one in own.lesions])
    drawn_there = np.isin(labels_there, [one.number for one in other.lesions])
    others = ((labels > 0) & ~drawn) | ((labels_there > 0) & ~drawn_there)
    region = (drawn | drawn_there) & ~others
    if not region.any():
        return None
    bone = visit.bones.label_map[box] > 0
    bone |= _looked_up(other.visit.bones.label_map, other, there) > 0
    # What one visit calls a lesion and the other bone counts, at both.
    bone &= ~region
    shown_hu = own.image.array[box].astype(np.float64)
    place = Neighbourhood.of(
        1,
        [shown_hu],
        np.where(region, 1, np.where(others, 2, 0)).astype(np.uint16),
        region.astype(np.float64),
        bone.astype(np.float64),
        spacing,
        _BLUR_MM,
        _TISSUE_MM,
        np.ones(1),
    )
    excess = np.where(shown_hu[region] < _AIR_HU, 0.0, place.drawn_hu[0])
    return _Read(excess, drawn[region], grid.voxel_mm3)


def _looked_up(label_map: NDArray[np.integer[Any]], side: Side, points_mm: FloatArray) -> IntArray:
    """Labels of a visit's map nearest to these points; 0 outside."""
    index = np.moveaxis(side.visit.lesion_map.grid.mm_to_index(points_mm), -1, 0)
    return np.asarray(
        ndimage.map_coordinates(label_map, index, order=0, mode="constant", cval=0), dtype=np.intp
    )
