"""How far mineral stands out from the noise and the texture of the soft tissue around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.lesions.subtract import Remainder
from calcimetry.model.image import Image
from calcimetry.regions import steps_mm

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.floating[Any]]

#: Noise is read from soft tissue within this of each place,
_REACH_MM = 6.0
#: which counts as much as this share of the image's own noise does,
_PRIOR = 0.05
#: and is never less than this: grey levels of a picture are 6 HU apart.
_LEAST_HU = 4.0
#: What differs more from soft tissue nearby is edge, vessel or mineral; what is darker is air.
_SPREAD_HU, _AIR_HU = 150.0, -150.0


@dataclass(frozen=True, eq=False, slots=True)
class StandOut:
    """Signal of mineral, and the noise that it has to stand out from, shape of the grid, in HU."""

    signal_hu: FloatArray
    noise_hu: FloatArray

    def at_least(self, times: float, floor_hu: float) -> BoolArray:
        """Where the signal is at least so many times the noise, and at least `floor_hu`."""
        return np.asarray(self.signal_hu >= np.maximum(times * self.noise_hu, floor_hu))


@dataclass(frozen=True, eq=False, slots=True)
class SoftTissueNoise:
    """Soft tissue of one image, from which its noise is read at any scale.

    Parameters
    ----------
    residual_hu : array of float32, shape of the grid
        HU over the local mean of soft tissue.
    mineral_hu : array of float32, shape of the grid
        HU that neither bone nor even the densest soft tissue explains.
    clear : array of bool, shape of the grid
        Soft tissue that is out of reach of bone's halo.
    seen : array of bool, shape of the grid
        What is neither bone nor air.
    steps : array of float, shape (3,)
        Distance in mm between neighbours; infinity across a picture's one slice.
    """

    residual_hu: FloatArray
    mineral_hu: FloatArray
    clear: BoolArray
    seen: BoolArray
    steps: NDArray[np.float64]

    @classmethod
    def of(
        cls, image: Image, bone: BoolArray, remainder: Remainder, clear_mm: float
    ) -> SoftTissueNoise:
        """Soft tissue of an image, farther than `clear_mm` from bone.

        Parameters
        ----------
        image : Image
            In HU.
        bone : array of bool, shape of the grid
        remainder : Remainder
            Of the same image.
        clear_mm : float
            In mm, along each axis; where no soft tissue is so far from bone, all of it counts.
        """
        steps = steps_mm(image.grid)
        residual = image.array - remainder.soft_tissue_hu
        seen = (image.array > _AIR_HU) & ~bone
        soft = seen & (np.abs(residual) < _SPREAD_HU)
        window = tuple(2 * int(np.ceil(clear_mm / step)) + 1 for step in steps)
        clear = soft & ~ndimage.maximum_filter(bone, window, mode="constant")
        clear = clear if clear.any() else soft
        return cls(residual, remainder.mineral_hu, clear, seen, steps)

    def single(self) -> StandOut:
        """Mineral and noise of single samples."""
        return StandOut(self.mineral_hu, self._local(self.residual_hu))

    def averaged(self, scale_mm: float) -> StandOut:
        """Mineral and noise once averaged over a neighbourhood.

        Parameters
        ----------
        scale_mm : float
            Standard deviation of the Gaussian that averages. Bone and air take no part, so
            that mineral next to them is not diluted.

        Returns
        -------
        StandOut
            The noise is that of soft tissue averaged in the same way: what is left of the
            scanner's noise, grainy as it is, and the patches of fat and muscle.
        """
        signal = self._average(self.mineral_hu, self.seen, scale_mm)
        residual = self._average(self.residual_hu, self.clear, scale_mm)
        return StandOut(signal, self._local(residual))

    def _average(self, values: FloatArray, where: BoolArray, scale_mm: float) -> FloatArray:
        sigma = scale_mm / self.steps
        weight = ndimage.gaussian_filter(where.astype(np.float32), sigma, mode="constant")
        total = ndimage.gaussian_filter(
            np.where(where, values, 0.0).astype(np.float32), sigma, mode="constant"
        )
        return np.asarray(np.divide(total, weight, out=np.zeros_like(total), where=where))

    def _local(self, residual: FloatArray) -> FloatArray:
        """Root mean square of what soft tissue nearby differs by, towards that of all of it."""
        if not self.clear.any():
            return np.full(residual.shape, _LEAST_HU, np.float32)
        window = tuple(2 * int(np.ceil(_REACH_MM / step)) + 1 for step in self.steps)
        square = np.where(self.clear, np.square(residual, dtype=np.float32), 0.0)
        everywhere = float(square.sum(dtype=np.float64) / self.clear.sum())
        weight = ndimage.uniform_filter(self.clear.astype(np.float32), window, mode="constant")
        total = ndimage.uniform_filter(square, window, mode="constant")
        variance = (total + _PRIOR * everywhere) / (weight + _PRIOR)
        return np.asarray(np.sqrt(np.maximum(variance, _LEAST_HU**2)))
