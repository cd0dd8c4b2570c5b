"""One lesion of a volume, cut out in its own box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.measurement.surface import Surface
from calcimetry.model.geometry import Grid
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Deposit:
    """One lesion in its own box.

    Parameters
    ----------
    number : int
        In the label map.
    grid : Grid
        Of the box.
    fraction : array, shape of the box
        Part of each sample that this lesion's mineral fills; not all 0.
    own : array of bool, shape of the box
        Its samples in the label map.
    hu : array, shape of the box
        The image there.
    clipped_hu : (float, float) or None
        As of the image.
    """

    number: int
    grid: Grid
    fraction: FloatArray
    own: NDArray[np.bool_]
    hu: NDArray[np.float32]
    clipped_hu: tuple[float, float] | None

    @classmethod
    def of(
        cls,
        number: int,
        box: tuple[slice, slice, slice],
        image: Image,
        lesion_map: Segmentation,
        nearest: NDArray[np.uint16],
        mineral_fraction: NDArray[np.float32],
    ) -> Deposit:
        """Cut lesion `number` out of arrays in the image's shape.

        `nearest` holds the number of the lesion that each sample with mineral counts for.
        """
        own = lesion_map.label_map[box] == number
        fraction = np.where(nearest[box] == number, mineral_fraction[box], 0.0).astype(np.float64)
        if not fraction.any():
            # A lesion that the growth drew but gave no mineral still has its samples.
            fraction = own.astype(np.float64)
        start = (box[0].start, box[1].start, box[2].start)
        affine = image.grid.affine.copy()
        affine[:3, 3] = image.grid.index_to_mm(start)
        shape = (own.shape[0], own.shape[1], own.shape[2])
        grid = Grid(shape, affine, image.grid.frame_of_reference_uid)
        return cls(number, grid, fraction, own, image.array[box], image.clipped_hu)

    @property
    def volume_mm3(self) -> float:
        """Volume of its mineral."""
        return float(self.fraction.sum()) * self.grid.voxel_mm3

    def surface(self) -> Surface:
        """The surface on which the fraction is half of its maximum."""
        return Surface.of(self.fraction, self.grid)

    @property
    def centre_mm(self) -> FloatArray:
        """Centre of mass in LPS millimetres, shape (3,)."""
        index = np.indices(self.own.shape).reshape(3, -1) @ self.fraction.ravel()
        return self.grid.index_to_mm(index / self.fraction.sum())

    def mean_hu(self) -> tuple[float | None, dict[str, str]]:
        """Mean over the samples that mineral fills at least half, or why there is none."""
        if self.clipped_hu is not None:
            low, high = self.clipped_hu
            cause = f"the image was windowed and holds nothing below {low:g} or above {high:g} HU"
            return None, {"mean_hu": cause}
        filled = self.fraction >= 0.5
        if not filled.any():
            return None, {"mean_hu": "mineral fills no sample to one half"}
        return float(self.hu[filled].mean(dtype=np.float64)), {}
