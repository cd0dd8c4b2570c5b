"""One lesion and what lies around it: soft tissue, the halo of bone, air."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.model.image import LOW_SHARE

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Darker than this (HU) is air, for its blurred edge lies half way to soft tissue.
_AIR_HU = -480.0
#: Samples that air darkens by more than this part are not read.
_AIRY = 0.25
#: Samples that bone fills by this part or more are not read.
_BONY = 0.5
#: Bone seen this far from a lesion (mm) tells how bright its halo is.
_NEAR_LESION_MM = 0.75
#: Rounds of the robust fit, and where it begins to count less (standard deviations).
_ROUNDS, _HUBER = 6, 1.5
#: Soft tissue is averaged over a Gaussian of this standard deviation (mm), with a prior of
#: this weight that it is like all around.
_NEARBY_MM, _PRIOR = 1.5, 0.1
#: Soft tissue keeps its brightness over about so much (mm3): fat here, muscle there.
_TISSUE_PATCH_MM3 = 10.0
#: A normal deviate's standard deviation over its median absolute deviation.
_SD_PER_MAD = 1.4826
#: Noise is at least this (HU), for rounded numbers have that much.
_LEAST_NOISE_HU = 1.0
#: Fewer samples of soft tissue than this say nothing; usual tissue stands in.
_FEWEST_TISSUE = 20
_USUAL_TISSUE_HU, _USUAL_TISSUE_SD_HU, _USUAL_NOISE_HU = 40.0, 60.0, 20.0
#: Neighbouring samples' noise goes together, so slopes vary so much more.
_NOISE_TOGETHER = 2.0


@dataclass(frozen=True, eq=False, slots=True)
class Neighbourhood:
    """What the samples around one lesion say, per energy.

    Parameters
    ----------
    excess_hu : array, shape (energies, n)
        Over soft tissue, bone's halo and air taken away, of the samples within reach of the
        lesion's blur and outside bone; unclipped, so that noise averages out.
    beyond_hu : array, shape (energies, m)
        The same of the soft tissue beyond.
    drawn_hu : array, shape (energies, k)
        The same of the lesion's own samples, in the order of its mask.
    voxel_mm3 : float
        Of one sample.
    recovered : float
        Part of the lesion's signal that lies in the samples of `excess_hu`.
    bone_hu_mm3 : array, shape (energies,)
        Bone's halo within reach, which was taken away.
    tissue_hu : array, shape (energies,)
        Local soft tissue.
    noise_hu : array, shape (energies,)
        Standard deviation of the noise of one sample.
    tissue_sd_hu : array, shape (energies,)
        Of soft tissue itself.
    mean_hu, peak_hu : tuple of float
        Of the lesion; `mean_hu` is None where mineral fills no sample by half.
    peak_mixed_hu : float
        Of the energies' mix.
    """

    excess_hu: FloatArray
    beyond_hu: FloatArray
    drawn_hu: FloatArray
    voxel_mm3: float
    recovered: float
    bone_hu_mm3: FloatArray
    tissue_hu: FloatArray
    noise_hu: FloatArray
    tissue_sd_hu: FloatArray
    mean_hu: tuple[float, ...] | None
    peak_hu: tuple[float, ...]
    peak_mixed_hu: float

    @classmethod
    def of(
        cls,
        number: int,
        hu: Sequence[FloatArray],
        labels: NDArray[np.uint16],
        mineral: FloatArray,
        bone: FloatArray,
        spacing: FloatArray,
        sigma_mm: float,
        reach_mm: tuple[float, float],
        tissue: FloatArray,
    ) -> Neighbourhood:
        """Read what lies around lesion `number` of a box.

        Parameters
        ----------
        number : int
        hu : sequence of array
            One per energy.
        labels, mineral, bone : array, shape of the box
            Lesion numbers, and the part of each sample that lesions and bone fill.
        spacing : array, shape (3,)
            In mm.
        sigma_mm : float
            Blur.
        reach_mm : (float, float)
            How far signal is added up, and how much farther soft tissue is looked up.
        tissue : array, shape (energies,)
            In which proportion soft tissue varies at each energy; 1 at the last.
        """
        own = labels == number
        # What is drawn as lesion is no bone, whoever drew it; a border sample may be both.
        both = (labels > 0) & (bone >= _BONY)
        bone = np.where(both, np.minimum(bone, 1.0 - mineral), bone)
        away = ndimage.distance_transform_edt(~own, sampling=spacing)
        others = (labels > 0) & ~own
        others_away = (
            ndimage.distance_transform_edt(~others, sampling=spacing)
            if others.any()
            else np.full(own.shape, np.inf)
        )
        sigma = sigma_mm / spacing
        air = (np.minimum.reduce(list(hu)) < _AIR_HU).astype(np.float64)
        airy = ndimage.gaussian_filter(air, sigma, mode="nearest")
        halo = ndimage.gaussian_filter(bone, sigma, mode="nearest")
        read = (bone < _BONY) & (airy < _AIRY)
        reached = read & (away <= reach_mm[0])
        within = reached & (away <= others_away)
        beyond = read & (away > reach_mm[0]) & (away <= sum(reach_mm))
        beyond &= others_away > reach_mm[0]
        fits = [_fit(one, beyond, halo, airy) for one in hu]
        left = np.stack([one - model for one, (model, _) in zip(hu, fits, strict=True)])
        left -= _nearby(left, beyond, spacing)
        noise, tissue_sd = _spread(left[:, beyond], tissue)
        mixed = hu[0] if len(hu) == 1 else LOW_SHARE * hu[0] + (1.0 - LOW_SHARE) * hu[1]
        voxel = float(np.prod(spacing))
        filled = own & (np.where(own, mineral, 0.0) >= 0.5)
        return cls(
            excess_hu=left[:, within],
            beyond_hu=left[:, beyond],
            drawn_hu=left[:, own],
            voxel_mm3=voxel,
            recovered=_recovered(own, mineral, reached, bone, away, spacing, sigma),
            bone_hu_mm3=np.array([(c[1] * halo[within]).sum() * voxel for _, c in fits]),
            tissue_hu=np.array([c[0] for _, c in fits]),
            noise_hu=noise,
            tissue_sd_hu=tissue_sd,
            mean_hu=tuple(float(one[filled].mean()) for one in hu) if filled.any() else None,
            peak_hu=tuple(float(one[own].max()) for one in hu),
            peak_mixed_hu=float(mixed[own].max()),
        )

    @property
    def signal_hu_mm3(self) -> FloatArray:
        """Excess, summed over all that is read, of each energy."""
        return np.asarray(self.excess_hu.sum(axis=1) * self.voxel_mm3)

    @property
    def samples(self) -> tuple[int, int]:
        """How many samples are added up, and how many of soft tissue lie beyond; 1 at least."""
        return max(self.excess_hu.shape[1], 1), max(self.beyond_hu.shape[1], 1)

    @property
    def patches(self) -> float:
        """Part of soft tissue's variance that is left in the lesion's mean over that beyond."""
        return sum(1.0 / (1.0 + n * self.voxel_mm3 / _TISSUE_PATCH_MM3) for n in self.samples)

    def slope(self, calcium_ratio: float) -> tuple[float | None, float | None]:
        """Slope of the excess, low over high energy, and its standard error.

        `calcium_ratio` is the slope that calcium would have.

        Errors lie in both, so the line is that of Deming (Statistical adjustment of data,
        1943), with the noise of either energy; None with one energy or without signal.
        """
        if len(self.excess_hu) < 2:
            return None, None
        y, x = self.excess_hu
        xx, yy, xy = float(x @ x), float(y @ y), float(x @ y)
        noise_low, noise_high = (float(one) ** 2 for one in self.noise_hu)
        ratio = noise_low / noise_high
        true_xx = xx - len(x) * noise_high
        if xy <= 0.0 or true_xx <= 0.0:
            return None, None
        half = yy - ratio * xx
        slope = (half + math.sqrt(half**2 + 4.0 * ratio * xy**2)) / (2.0 * xy)
        error = math.sqrt(_NOISE_TOGETHER * (noise_low + slope**2 * noise_high) / true_xx)
        # Soft tissue unlike that beyond draws the slope towards its own, from calcium's if it is
        # calcium; fat all around a lesion and none beyond is common enough to count in full.
        tissue_low, tissue_high = (float(one) for one in self.tissue_sd_hu)
        drawn = max(abs(tissue_low - true * tissue_high) for true in (slope, calcium_ratio))
        off = drawn * float(x.sum()) / true_xx
        return slope, math.hypot(error, off)


def _fit(
    hu: FloatArray, beyond: BoolArray, halo: FloatArray, airy: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Soft tissue with bone's halo and air's shade, everywhere, and its coefficients.

    Least squares over the samples beyond the lesion, those far off the line counting less
    (Huber, Robust Statistics, 1981).
    """
    design = np.stack([np.ones_like(hu), halo, airy], axis=-1)
    # Without bone or air in view there is nothing to fit, and nothing to take away.
    used = np.array([True, *(float(one[beyond].max(initial=0.0)) > 0.1 for one in (halo, airy))])
    coefficients = np.zeros(3)
    if beyond.sum() < _FEWEST_TISSUE:
        coefficients[0] = _USUAL_TISSUE_HU
        return design @ coefficients, coefficients
    x, y = design[beyond][:, used], hu[beyond]
    weight = np.ones(len(y))
    for _ in range(_ROUNDS):
        root = np.sqrt(weight)
        solved = np.linalg.lstsq(x * root[:, None], y * root)[0]
        off = np.abs(y - x @ solved)
        scale = max(_SD_PER_MAD * float(np.median(off)), _LEAST_NOISE_HU)
        weight = np.minimum(1.0, _HUBER * scale / np.maximum(off, 1e-9))
    coefficients[used] = solved
    coefficients[1] = max(coefficients[1], 0.0)
    return design @ coefficients, coefficients


def _nearby(left_hu: FloatArray, beyond: BoolArray, spacing: FloatArray) -> FloatArray:
    """What soft tissue close by is brighter than all of it, shape of `left_hu`.

    Normalised convolution (Knutsson and Westin, CVPR 1993) over the samples `beyond`.
    """
    sigma = _NEARBY_MM / spacing
    known = ndimage.gaussian_filter(beyond.astype(np.float64), sigma, mode="constant")
    return np.stack(
        [
            ndimage.gaussian_filter(np.where(beyond, one, 0.0), sigma, mode="constant")
            / (known + _PRIOR)
            for one in left_hu
        ]
    )


def _spread(left_hu: FloatArray, tissue: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Noise, and soft tissue's own spread, at each energy from what is left beyond a lesion.

    Tissue varies in a known proportion, noise at either energy for itself: the difference in
    which tissue cancels holds noise alone. One energy cannot tell, and all counts as both.
    """
    if left_hu.shape[1] < _FEWEST_TISSUE:
        return np.full(len(tissue), _USUAL_NOISE_HU), _USUAL_TISSUE_SD_HU * tissue
    variance = np.array([_variance(one) for one in left_hu])
    if len(tissue) == 1:
        sd = np.maximum(np.sqrt(variance), _LEAST_NOISE_HU)
        return sd, sd
    apart = _variance(left_hu[0] - tissue[0] * left_hu[1])
    shared = (variance[0] + tissue[0] ** 2 * variance[1] - apart) / (2.0 * tissue[0] ** 2)
    # Neither energy is free of noise.
    shared = float(np.clip(shared, 0.0, 0.98 * min(variance[0] / tissue[0] ** 2, variance[1])))
    noise = np.sqrt(np.maximum(variance - shared * tissue**2, _LEAST_NOISE_HU**2))
    return noise, math.sqrt(shared) * tissue


def _variance(values: FloatArray) -> float:
    """Robust: of a normal distribution of this median absolute deviation."""
    return (_SD_PER_MAD * float(np.median(np.abs(values - np.median(values))))) ** 2


def _recovered(
    own: BoolArray,
    mineral: FloatArray,
    reached: BoolArray,
    bone: FloatArray,
    away: FloatArray,
    spacing: FloatArray,
    sigma: FloatArray,
) -> float:
    """Part of a lesion's signal that its blur leaves in the samples `reached`.

    What goes to a neighbouring lesion counts as left, for about as much comes from there.
    """
    # A border drawn a little short of bone must not look like a gap.
    to_bone = (
        ndimage.distance_transform_edt(bone < _BONY, sampling=spacing)
        if (bone >= _BONY).any()
        else np.full(own.shape, np.inf)
    )
    shape = np.where(own, np.maximum(mineral, 0.5), 0.0)
    gap = ~own & (away <= _NEAR_LESION_MM) & (to_bone <= _NEAR_LESION_MM)
    shape[gap] = 1.0
    shape = np.minimum(shape, 1.0 - bone)
    if not shape.any():
        return 1.0
    spread = ndimage.gaussian_filter(shape, sigma, mode="constant")
    return max(float(spread[reached].sum() / shape.sum()), 0.2)
