"""How bright the rods of a calibration scan are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.errors import InputError
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation
from calcimetry.regions import FACES

#: Radius (mm) of the ball that is read in the middle of a rod whose own is not known, and the
#: part of a known radius.
_CORE_MM, _CORE_SHARE = 2.0, 0.6
#: A core of fewer samples says nothing.
_FEWEST_SAMPLES = 8
#: From side to side a rod's core may differ by this much (HU), or this part of the brightest
#: rod, and by this many standard errors of its noise.
_UNEVEN_HU, _UNEVEN_PART, _NOISE_ERRORS = 30.0, 0.05, 3.0
#: Nothing of a phantom's inside is darker.
_AIR_HU = -500.0


@dataclass(frozen=True, slots=True)
class KnownRod:
    """A rod as its table describes it: a centre in mm, LPS, or a label of a label map.

    `radius_mm` is None where it is not known.
    """

    name: str
    density_mg_cm3: float
    centre_mm: tuple[float, float, float] | None = None
    label: int | None = None
    radius_mm: float | None = None


@dataclass(frozen=True, slots=True)
class RodReading:
    """One rod as it was read: mean and standard deviation in HU per energy, place and extent."""

    name: str
    density_mg_cm3: float
    mean_hu: tuple[float, ...]
    sd_hu: tuple[float, ...]
    centre_mm: tuple[float, float, float]
    core_mm: float


def read_rods(
    images: Sequence[Image], rods: Sequence[KnownRod], labels: Segmentation | None = None
) -> tuple[RodReading, ...]:
    """Mean HU in the core of each rod.

    Parameters
    ----------
    images : sequence of Image
        One per energy, in HU, on one grid.
    rods : sequence of KnownRod
    labels : Segmentation, optional
        Label map on the same grid, for rods that are given by their label.

    Returns
    -------
    tuple of RodReading
        In the order of `rods`. A rod with a centre is read in a ball around it, of 0.6 of its
        radius or 2 mm; one with a label in its samples that are no border of it.

    Raises
    ------
    InputError
        If an image is windowed, a rod has no place, lies outside the scan, is too thin for its
        samples, or what is there is not even, as inside a rod it is.
    """
    for image in images:
        if image.clipped_hu is not None:
            raise InputError(
                f"Reading rods in {image.name!r}: expected HU, found a windowed image of "
                f"{image.clipped_hu[0]:g} to {image.clipped_hu[1]:g} HU."
            )
    found = [_core(images[0], rod, labels) for rod in rods]
    means = [[float(one.array[index].mean(dtype=np.float64)) for one in images] for index in found]
    brightest = max((max(values) for values in means), default=0.0)
    readings = []
    for rod, index, values in zip(rods, found, means, strict=True):
        _refuse_uneven(images, rod, index, max(_UNEVEN_HU, _UNEVEN_PART * brightest))
        place = images[0].grid.index_to_mm(np.stack(index, axis=-1))
        centre = place.mean(axis=0)
        away = np.linalg.norm(place - centre, axis=1)
        readings.append(
            RodReading(
                rod.name,
                rod.density_mg_cm3,
                tuple(values),
                tuple(float(one.array[index].std(dtype=np.float64)) for one in images),
                (float(centre[0]), float(centre[1]), float(centre[2])),
                float(away.max()),
            )
        )
    return tuple(readings)


_Index = tuple[NDArray[np.intp], ...]


def _core(image: Image, rod: KnownRod, labels: Segmentation | None) -> _Index:
    """Index of the samples in the middle of a rod."""
    doing = f"Reading rod {rod.name} in {image.name!r}"
    if rod.centre_mm is None:
        if labels is None or rod.label is None:
            raise InputError(
                f"{doing}: expected a centre in mm, or a label and a label map; found neither."
            )
        own = labels.label_map == rod.label
        if not own.any():
            raise InputError(f"{doing}: not found, the label map has no label {rod.label}.")
        index = np.nonzero(ndimage.binary_erosion(own, FACES, border_value=1))
        radius = 0.0
    else:
        centre = np.array(rod.centre_mm)
        at = image.grid.mm_to_index(centre)
        if not ((at > -0.5) & (at < np.array(image.grid.shape) - 0.5)).all():
            raise InputError(
                f"{doing}: its centre at {_told(centre)} mm lies outside the scan. Centres are in "
                "LPS: x to the left, y to the back, z to the head."
            )
        radius = _CORE_MM if rod.radius_mm is None else _CORE_SHARE * rod.radius_mm
        reach = np.ceil(radius / np.array(image.grid.spacing)).astype(int) + 1
        first = np.maximum(np.floor(at).astype(int) - reach, 0)
        last = np.minimum(np.ceil(at).astype(int) + reach, np.array(image.grid.shape) - 1)
        box = np.stack(
            np.meshgrid(*(np.arange(a, b + 1) for a, b in zip(first, last, strict=True))), axis=-1
        ).reshape(-1, 3)
        near = np.linalg.norm(image.grid.index_to_mm(box) - centre, axis=1) <= radius
        index = tuple(box[near].T)
    if len(index[0]) < _FEWEST_SAMPLES:
        raise InputError(
            f"{doing}: expected {_FEWEST_SAMPLES} samples or more inside it, found "
            f"{len(index[0])}. The rod is too thin for samples of "
            f"{' x '.join(f'{mm:.3g}' for mm in image.grid.spacing)} mm, or its label is."
        )
    return index


def _refuse_uneven(
    images: Sequence[Image], rod: KnownRod, index: _Index, allowed_hu: float
) -> None:
    """Refuse a core that is brighter on one side: its border, or something else, is in it."""
    place = images[0].grid.index_to_mm(np.stack(index, axis=-1))
    away = place - place.mean(axis=0)
    design = np.column_stack([np.ones(len(away)), away])
    across = 2.0 * float(np.linalg.norm(away, axis=1).max())
    for image in images:
        hu = image.array[index].astype(np.float64)
        slope = np.linalg.lstsq(design, hu)[0]
        left = float(np.std(hu - design @ slope))
        uneven = across * float(np.linalg.norm(slope[1:]))
        noise = _NOISE_ERRORS * left * across / float(np.sqrt((away**2).sum() / 3.0))
        if hu.mean() < _AIR_HU or uneven > allowed_hu + noise:
            raise InputError(
                f"Reading rod {rod.name} in {image.name!r}: not found. Expected it to be even "
                f"inside, found {hu.mean():.0f} HU with {uneven:.0f} HU between its sides, at "
                f"{_told(place.mean(axis=0))} mm. Check its place."
            )


def _told(place_mm: NDArray[np.float64]) -> str:
    return ", ".join(f"{mm:.1f}" for mm in place_mm)
