"""Region growing: from a bright seed out to where its signal falls to half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.blur import shown_share
from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.subtract import Remainder
from calcimetry.model.geometry import Grid, read_only_copy
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation
from calcimetry.regions import connected_components, join_close, without_small

#: No deposit is denser than about 1200 mg/cm3 of hydroxyapatite, which shows this.
_BRIGHTEST_HU = 2200.0


@dataclass(frozen=True, slots=True)
class GrowthSettings:
    """When a bright place is a lesion, and where it ends."""

    #: Away from bone, a lesion starts where the picture exceeds what bone and dense
    #: soft tissue explain by this;
    seed_hu: float = 250.0
    #: on bone too, where the bone method gives calcium at least `hint` of a pixel, by this;
    hinted_seed_hu: float = 150.0
    hint: float = 0.05
    #: and anywhere where that method gives calcium this part of a pixel.
    claim_seed: float = 0.4
    #: It ends where its signal, or the calcium claimed, falls to this part of its height,
    stop_share: float = 0.5
    #: and in any case to this: muscle stands out from fat by little less.
    stop_hu: float = 120.0
    #: Smaller ones are noise,
    minimum_area_mm2: float = 0.3
    #: and so are ones of less signal in all: 0.3 mm2 of faint mineral.
    minimum_signal_hu_mm2: float = 80.0
    #: Bone's border is known to this, so nothing nearer to bone than this, the blur
    #: and half a pixel can start a lesion by its brightness alone.
    rim_mm: float = 0.2


@dataclass(frozen=True, eq=False, slots=True)
class GrownLesions:
    """Lesions of one picture.

    Parameters
    ----------
    lesion_map : Segmentation
        Lesions numbered from 1, in the order of their first pixel.
    mineral_fraction : array of float32, shape of the grid, 0 to 1
        Part of each pixel that lesion mineral fills. It reaches past the lesions'
        own pixels into the border that blur has drawn out.
    """

    lesion_map: Segmentation
    mineral_fraction: NDArray[np.float32]

    def __post_init__(self) -> None:
        fraction = read_only_copy(self.mineral_fraction, np.float32)
        object.__setattr__(self, "mineral_fraction", fraction)

    def __reduce__(self) -> tuple[Any, ...]:
        return GrownLesions, (self.lesion_map, np.array(self.mineral_fraction))


def grow_lesions(
    image: Image,
    evidence: BoneEvidence,
    remainder: Remainder,
    settings: GrowthSettings | None = None,
) -> GrownLesions:
    """Grow a lesion from every place that the method claims, and every bright place besides.

    Parameters
    ----------
    image : Image
        The picture, for its grid.
    evidence : BoneEvidence
        Growing stops at bone.
    remainder : Remainder
        From `calcimetry.lesions.subtract.subtract_bone`.
    settings : GrowthSettings, optional

    Returns
    -------
    GrownLesions
        Parts nearer to each other than the picture's blur are one lesion.

    Notes
    -----
    Where the bone method tells calcium from bone, its own fraction is followed from
    where it is sure to half of its height, and is the mineral fraction there: it
    alone can part a lesion from the bone it lies on. What it has not claimed is
    grown from the remainder, well away from bone: brightest first, each seed takes
    the connected pixels above half of its own brightness, where a blurred edge lies.
    The brightness is that of the seed's upper quarter, so that one noisy pixel does
    not set it. A lesion as small as the blur never shows its own brightness: it is
    worked out from the peak and the whole signal (`calcimetry.blur.shown_share`), so
    that the mineral fraction adds up to its area and not to that of its blur.
    """
    settings = settings or GrowthSettings()
    ground = _Ground(
        excess=remainder.excess_hu[0],
        mineral_hu=remainder.mineral_hu[0],
        bone=evidence.bones.mask[0],
        grid=image.grid,
        blur_sigma_mm=remainder.blur_sigma_mm,
        labels=np.zeros(image.grid.shape[1:], np.int32),
        fraction=np.zeros(image.grid.shape[1:], np.float32),
    )
    claimed = evidence.calcification_fraction
    if claimed is not None:
        _grow_claimed(ground, claimed[0], settings)
        _grow_bright(ground, _hinted_seeds(ground, claimed[0], settings), settings)
    _grow_bright(ground, _open_seeds(ground, settings), settings)
    # Touching is closest of all: the diagonal of a pixel joins also where blur is less.
    close_mm = max(remainder.blur_sigma_mm, float(np.hypot(*image.grid.spacing[1:])))
    joined = join_close(ground.labels[None], image.grid, close_mm)
    meanings = {n: f"calcification {n}" for n in range(1, int(joined.max()) + 1)}
    lesion_map = Segmentation(joined.astype(np.uint16), image.grid, meanings)
    return GrownLesions(lesion_map, ground.fraction[None])


@dataclass(frozen=True, slots=True)
class _Ground:
    """Where lesions grow, all of shape (rows, columns); `labels` and `fraction` fill up."""

    excess: NDArray[np.float32]
    mineral_hu: NDArray[np.float32]
    bone: NDArray[np.bool_]
    grid: Grid
    blur_sigma_mm: float
    labels: NDArray[np.int32]
    fraction: NDArray[np.float32]

    def take(self, grown: NDArray[np.bool_], share: NDArray[np.float32]) -> None:
        """Make a lesion of `grown`, its mineral `share` reaching into its blurred border."""
        self.labels[grown] = self.labels.max() + 1
        border = self.border(grown) & (self.labels == 0) & ~self.bone
        self.fraction[grown] = share[grown]
        self.fraction[border] = np.maximum(self.fraction, share)[border]

    def border(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Pixels outside a mask that its blur reaches, two standard deviations wide."""
        distance = _distance_mm(mask, self.grid)
        return (distance > 0) & (
            distance <= max(2.0 * self.blur_sigma_mm, *self.grid.spacing[1:]) + 1e-9
        )

    def own_brightness(self, grown: NDArray[np.bool_], shown_hu: float) -> float:
        """HU that a lesion would show over soft tissue if it were not blurred."""
        whole = grown | (self.border(grown) & (self.labels == 0) & ~self.bone)
        spread = float(self.excess[whole].sum() / self.excess[grown].max())
        share = shown_share(spread * self.grid.pixel_area_mm2, self.blur_sigma_mm)
        return max(shown_hu, min(shown_hu / share, _BRIGHTEST_HU))

    def rim_mm(self, settings: GrowthSettings) -> float:
        """How far from bone its border, blurred and cut into pixels, may still be seen."""
        return settings.rim_mm + self.blur_sigma_mm + max(self.grid.spacing[1:]) / 2.0


def _grow_claimed(ground: _Ground, claimed: NDArray[np.float32], settings: GrowthSettings) -> None:
    """Lesions that the bone method itself tells from bone, on bone or off it."""
    pixel = ground.grid.pixel_area_mm2
    seeds, count = connected_components((claimed >= settings.claim_seed)[None])
    for number in range(1, count + 1):
        seed = (seeds[0] == number) & (ground.labels == 0)
        if not seed.any():
            continue
        within = (claimed >= settings.stop_share * claimed[seed].max()) & (ground.labels == 0)
        grown = ndimage.binary_propagation(seed & within, np.ones((3, 3)), mask=within)
        if claimed[grown].sum() * pixel >= settings.minimum_area_mm2:
            ground.take(grown, claimed)


def _hinted_seeds(
    ground: _Ground, claimed: NDArray[np.float32], settings: GrowthSettings
) -> NDArray[np.bool_]:
    """Where picture and bone method agree on calcium, though neither is sure."""
    free = ~ground.border(ground.labels > 0) & (ground.labels == 0)
    agreed = (ground.mineral_hu >= settings.hinted_seed_hu) & (claimed >= settings.hint)
    return np.asarray(agreed & free)


def _open_seeds(ground: _Ground, settings: GrowthSettings) -> NDArray[np.bool_]:
    """Bright places well away from bone and from the lesions there are."""
    taken = ground.bone | (ground.labels > 0)
    away = _distance_mm(taken, ground.grid) > ground.rim_mm(settings)
    return np.asarray((ground.mineral_hu >= settings.seed_hu) & away)


def _grow_bright(ground: _Ground, seeds: NDArray[np.bool_], settings: GrowthSettings) -> None:
    """Grow seeds, brightest first, to where their signal over soft tissue falls to half.

    What reaches the picture's border is left out, unless it goes on a lesion there is:
    brightness alone cannot tell it from a bone cut too short to be recognised.
    """
    excess, grid = ground.excess, ground.grid
    rim_mm = ground.rim_mm(settings)
    away = _distance_mm(ground.bone, grid) > rim_mm
    numbered, count = connected_components(seeds[None])
    order = sorted(range(1, count + 1), key=lambda n: -float(excess[numbered[0] == n].max()))
    for number in order:
        seed = (numbered[0] == number) & (ground.labels == 0)
        if not seed.any():
            continue
        values = np.sort(excess[seed])
        brightness = float(values[-max(1, len(values) // 4) :].mean())
        stop = max(settings.stop_share * brightness, settings.stop_hu)
        within = (excess >= stop) & (ground.labels == 0)
        grown = ndimage.binary_propagation(seed & within, np.ones((3, 3)), mask=within)
        # A lesion may reach the bone, but not run along it.
        grown &= _distance_mm(grown & (seeds | away), grid) <= rim_mm
        grown = without_small(grown[None], grid, settings.minimum_area_mm2)[0]
        beside = ground.labels[ndimage.binary_dilation(grown, np.ones((3, 3)))].any()
        cut = (grown[[0, -1]].any() or grown[:, [0, -1]].any()) and not beside
        signal = float(excess[grown].sum()) * grid.pixel_area_mm2
        if cut or signal < settings.minimum_signal_hu_mm2:
            continue
        ground.take(grown, np.clip(excess / ground.own_brightness(grown, brightness), 0.0, 1.0))


def _distance_mm(mask: NDArray[np.bool_], grid: Grid) -> NDArray[np.float64]:
    """Distance to the nearest pixel of a mask; infinity where it is empty."""
    if not mask.any():
        return np.full(mask.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=grid.spacing[1:]))
