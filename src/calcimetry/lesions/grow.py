"""Region growing: from what stands out to where its signal falls to half of its core's mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.extend import extend_claimed
from calcimetry.lesions.ground import Box, Ground
from calcimetry.lesions.noise import SoftTissueNoise
from calcimetry.lesions.region import Growth, ShareOfCore, StoppingRule
from calcimetry.lesions.subtract import Remainder
from calcimetry.model.geometry import Grid, read_only_copy
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation
from calcimetry.regions import (
    ALL_NEIGHBOURS,
    connected_components,
    distance_to,
    join_close,
    longest_step_mm,
    sample_size,
    steps_mm,
    without_small,
)

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GrowthSettings:
    """When a bright place is a lesion, and where it ends."""

    #: Away from bone, a lesion starts where one sample exceeds what bone and dense soft
    #: tissue explain by this, and by so many times the noise of single samples nearby;
    seed_hu: float = 250.0
    seed_noise: float = 4.0
    #: or where the mean over a neighbourhood of this standard deviation does by this, and
    #: by as many times the noise that is left in such means;
    faint_seed_hu: float = 120.0
    faint_reach_mm: float = 0.8
    #: on bone too, where the bone method gives calcium at least `hint` of a pixel, by this
    #: and so many times that noise;
    hinted_seed_hu: float = 150.0
    hinted_seed_noise: float = 3.0
    hint: float = 0.3
    #: and anywhere where that method gives calcium this part of a pixel.
    claim_seed: float = 0.33
    #: Where it gives bone this part, brightness alone starts nothing: that is grazed bone.
    some_bone: float = 0.1
    #: It ends where its signal falls to this part of its core's mean, or the calcium
    #: claimed to this part of its height,
    stop_share: float = 0.5
    #: and at so many times the noise at the latest, which is taken for at most `stop_hu`:
    #: muscle stands out from fat by little less;
    stop_noise: float = 2.5
    stop_hu: float = 120.0
    #: and before the border at which it suddenly becomes so many times as large.
    leak_factor: float = 2.0
    #: Smaller ones are noise, in a picture
    minimum_area_mm2: float = 0.3
    #: and in a volume;
    minimum_volume_mm3: float = 0.4
    #: and so are ones of less signal in all: that much of faint mineral.
    minimum_signal_hu_mm2: float = 80.0
    minimum_signal_hu_mm3: float = 120.0
    #: Bone's border is known to this, so nothing nearer to bone than this, the blur
    #: and half a pixel (in a volume half a sample's diagonal) can start a lesion by its
    #: brightness alone.
    rim_mm: float = 0.2
    #: In a volume, what starts at less than this part of the brightest that it reaches
    #: starts on a flank: it is bone's border, which its mask has missed.
    flank_share: float = 0.6

    def least_size(self, grid: Grid) -> float:
        """Size of the smallest lesion: mm2 in a picture, mm3 in a volume."""
        return self.minimum_area_mm2 if grid.shape[0] == 1 else self.minimum_volume_mm3

    def least_signal(self, grid: Grid) -> float:
        """Least signal of a lesion: HU mm2 in a picture, HU mm3 in a volume."""
        return self.minimum_signal_hu_mm2 if grid.shape[0] == 1 else self.minimum_signal_hu_mm3


@dataclass(frozen=True, eq=False, slots=True)
class GrownLesions:
    """Lesions of one image.

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
    rule: StoppingRule | None = None,
) -> GrownLesions:
    """Grow a lesion from every place that the method claims, and every bright place besides.

    Parameters
    ----------
    image : Image
        A picture or a volume, for its grid.
    evidence : BoneEvidence
        Growing stops at bone.
    remainder : Remainder
        From `calcimetry.lesions.subtract.subtract_bone`.
    settings : GrowthSettings, optional
    rule : callable, optional
        Where a region stops, from its statistics; for comparing rules.

    Returns
    -------
    GrownLesions
        Parts nearer to each other than the image's blur are one lesion.

    Notes
    -----
    Where the bone method tells calcium from bone, its own fraction is followed from where it is
    sure to half of its height, and is the mineral fraction there: it alone can part a lesion from
    the bone it lies on; in a volume a lesion then takes what is as bright as its core
    (`calcimetry.lesions.extend`). What it has not claimed is grown from the remainder, well away
    from bone, wherever it stands out from the noise of soft tissue nearby, by itself or as a mean
    over a neighbourhood: brightest first, each seed takes the connected pixels above half of its
    own brightness, where a blurred edge lies, and then above half of the mean of the core of what
    it has taken, until that holds (`calcimetry.lesions.region`). The seed's brightness is that of
    its upper quarter, so that one noisy pixel does not set it. A lesion as small as the blur never
    shows its own brightness: it is worked out from the peak and the whole signal
    (`calcimetry.blur.shown_share`), so that the mineral fraction adds up to its size and not to
    that of its blur.
    """
    settings = settings or GrowthSettings()
    rule = rule or ShareOfCore(settings.stop_share)
    grid = image.grid
    ground = Ground(
        excess=remainder.excess_hu,
        bone=evidence.bones.mask,
        grid=grid,
        blur_sigma_mm=remainder.blur_sigma_mm,
        rim_mm=settings.rim_mm + remainder.blur_sigma_mm + _mask_error_mm(grid),
        labels=np.zeros(grid.shape, np.int32),
        fraction=np.zeros(grid.shape, np.float32),
    )
    noise = SoftTissueNoise.of(image, ground.bone, remainder, ground.rim_mm)
    single, claimed = noise.single(), evidence.calcification_fraction
    if claimed is not None:
        _grow_claimed(ground, claimed, settings)
        if not image.is_picture:
            extend_claimed(ground)
        # Picture and bone method agree on calcium, though neither is sure.
        agreed = single.at_least(settings.hinted_seed_noise, settings.hinted_seed_hu)
        agreed &= claimed >= settings.hint
        _keep_away(agreed, ground.labels > 0, grid, ground.border_mm)
        _grow_bright(ground, agreed, single.noise_hu, settings, rule)
    bright = single.at_least(settings.seed_noise, settings.seed_hu)
    faint = noise.averaged(settings.faint_reach_mm)
    wide = faint.at_least(settings.seed_noise, settings.faint_seed_hu)
    # What the mean reaches over from its neighbours is no seed.
    bright |= wide & (single.signal_hu >= settings.stop_share * faint.signal_hu)
    bright &= evidence.bone_fraction < settings.some_bone
    _keep_away(bright, ground.bone | (ground.labels > 0), grid, ground.rim_mm)
    _grow_bright(ground, bright, single.noise_hu, settings, rule)
    # Touching is closest of all: the diagonal of a sample joins also where blur is less.
    steps = steps_mm(grid)
    close_mm = max(remainder.blur_sigma_mm, float(np.linalg.norm(steps[np.isfinite(steps)])))
    joined = join_close(ground.labels, grid, close_mm)
    meanings = {n: f"calcification {n}" for n in range(1, int(joined.max()) + 1)}
    return GrownLesions(Segmentation(joined.astype(np.uint16), grid, meanings), ground.fraction)


def _mask_error_mm(grid: Grid) -> float:
    """How far off bone's border a mask of whole samples may be; in a volume the worst are met."""
    if grid.shape[0] == 1:
        return longest_step_mm(grid) / 2.0
    return float(np.linalg.norm(grid.spacing)) / 2.0


def _keep_away(seeds: BoolArray, taken: BoolArray, grid: Grid, distance_mm: float) -> None:
    """Strike out, in place, the seeds that are not farther than that from what is taken."""
    seeds[seeds] = distance_to(taken, grid, seeds, 2.0 * distance_mm) > distance_mm


def _seeds(mask: BoolArray) -> tuple[NDArray[np.int32], list[Box]]:
    """Number the connected parts of a mask from 1, and give the box around each."""
    numbered, _ = connected_components(mask)
    return numbered, ndimage.find_objects(numbered)


def _grow_claimed(ground: Ground, claimed: NDArray[np.float32], settings: GrowthSettings) -> None:
    """Lesions that the bone method itself tells from bone, on bone or off it."""
    numbered, boxes = _seeds(claimed >= settings.claim_seed)
    for number, start in enumerate(boxes, 1):
        seed = (numbered[start] == number) & (ground.labels[start] == 0)
        if not seed.any():
            continue
        stop = settings.stop_share * float(claimed[start][seed].max())
        growth = Growth(stop, stop, ground.core_samples, rounds=0)
        box, region = ground.grow(numbered, number, start, claimed, growth, ShareOfCore())
        grown = region.mask
        size = claimed[box][grown].sum() * sample_size(ground.grid)
        if size >= settings.least_size(ground.grid):
            ground.take(box, grown, claimed[box])


def _grow_bright(
    ground: Ground,
    seeds: BoolArray,
    noise_hu: NDArray[np.floating[Any]],
    settings: GrowthSettings,
    rule: StoppingRule,
) -> None:
    """Grow seeds, brightest first, to where their signal over soft tissue falls to half.

    What reaches the image's border is left out, unless it goes on a lesion there is:
    brightness alone cannot tell it from a bone cut too short to be recognised.
    """
    excess, grid = ground.excess, ground.grid
    numbered, boxes = _seeds(seeds)
    height = [excess[box][numbered[box] == number].max() for number, box in enumerate(boxes, 1)]
    for number in np.argsort(-np.array(height), kind="stable") + 1:
        start = boxes[number - 1]
        seed = (numbered[start] == number) & (ground.labels[start] == 0)
        if not seed.any():
            continue
        brightness = _upper_quarter(excess[start][seed])
        floor = min(settings.stop_noise * float(np.median(noise_hu[start][seed])), settings.stop_hu)
        growth = Growth(
            start_hu=max(settings.stop_share * brightness, floor),
            floor_hu=floor,
            core_samples=ground.core_samples,
            core_count=settings.least_size(grid) / sample_size(grid),
            leak_factor=settings.leak_factor,
        )
        box, region = ground.grow(numbered, int(number), start, excess, growth, rule)
        grown = region.mask
        if grid.shape[0] > 1 and brightness < settings.flank_share * float(
            excess[box][grown].max(initial=0.0)
        ):
            # So are all seeds that it reaches: they are no brighter.
            numbered[box][grown] = 0
            continue
        grown = without_small(_off_rim(ground, box, grown, seeds), grid, settings.least_size(grid))
        beside = ground.labels[box][ndimage.binary_dilation(grown, ALL_NEIGHBOURS)].any()
        signal = float(excess[box][grown].sum()) * sample_size(grid)
        if (
            not grown.any()
            or (ground.is_cut(box, grown) and not beside)
            or signal < settings.least_signal(grid)
        ):
            continue
        # The seed holds the brightest part of a lesion of uneven density, not its mean.
        shown = min(brightness, region.core.mean_hu) if region.core else brightness
        share = excess[box] / ground.own_brightness(box, grown, shown)
        ground.take(box, grown, np.clip(share, 0.0, 1.0))


def _upper_quarter(values: NDArray[np.float32]) -> float:
    """Mean of the brightest quarter of a seed, so that one noisy sample does not set it.

    The quarter is one of what reaches a third of its height: a seed's foot says nothing.
    """
    high = np.sort(values[values >= values.max() / 3.0])
    return float(high[-max(1, len(high) // 4) :].mean())


def _off_rim(ground: Ground, box: Box, grown: BoolArray, seeds: BoolArray) -> BoolArray:
    """Hold a lesion off the rims of bone and of lesions there are: it may reach, not follow them.

    What lies within a rim stays only as far from the rest as bone's rim is wide.
    """
    grid, rim_mm = ground.grid, ground.rim_mm
    firm = grown & seeds[box]
    firm[grown] |= distance_to(ground.bone[box], grid, grown, 2.0 * rim_mm) > rim_mm
    firm &= ground.fraction[box] == 0.0
    held = grown.copy()
    held[grown] = distance_to(firm, grid, grown, 2.0 * rim_mm) <= rim_mm
    return held
