"""The surface of a lesion of a volume: its area, its three axes, and what lies near it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, cKDTree
from skimage.measure import marching_cubes

from calcimetry.measurement.nearest import BoneSamples
from calcimetry.model.geometry import Grid
from calcimetry.model.image import Image
from calcimetry.outline import farthest_pairs

FloatArray = NDArray[np.float64]

#: Half way from air to soft tissue: the skin.
SKIN_HU = -500.0
#: Fewer points of skin than this are specks of noise in the air.
_FEWEST_SKIN_POINTS = 100


@dataclass(frozen=True, slots=True)
class OrthogonalAxes:
    """Three diameters of a body at right angles, in mm, the longest first.

    `first_mm` is the largest distance between two of its points, `second_mm` its largest
    extent at right angles to that, `third_mm` its extent at right angles to both.
    """

    first_mm: float
    second_mm: float
    third_mm: float

    @property
    def ellipsoid_mm3(self) -> float:
        """Volume of the ellipsoid of these axes, by the clinical rule: 0.52 x their product.

        >>> OrthogonalAxes(4.0, 3.0, 2.0).ellipsoid_mm3
        12.48
        """
        return 0.52 * self.first_mm * self.second_mm * self.third_mm


@dataclass(frozen=True, eq=False, slots=True)
class Surface:
    """A closed surface of triangles.

    Parameters
    ----------
    corners_mm : array, shape (n, 3)
    triangles : array of int, shape (m, 3)
        Three corners each.
    """

    corners_mm: FloatArray
    triangles: NDArray[np.intp]

    @classmethod
    def of(cls, fraction: NDArray[np.floating], grid: Grid) -> Surface:
        """The surface on which a fraction is half of its maximum.

        Parameters
        ----------
        fraction : array, shape of the grid
            Not all 0; beyond its array it is 0.
        grid : Grid

        Returns
        -------
        Surface
            Marching cubes (Lewiner et al., Journal of Graphics Tools 2003).
        """
        padded = np.pad(np.asarray(fraction, np.float64), 1)
        corners, triangles, _, _ = marching_cubes(padded, level=float(padded.max()) / 2.0)
        return cls(grid.index_to_mm(corners - 1.0), triangles)

    def _areas_mm2(self) -> FloatArray:
        first, second, third = (self.corners_mm[self.triangles[:, n]] for n in range(3))
        return np.asarray(np.linalg.norm(np.cross(second - first, third - first), axis=1) / 2.0)

    @property
    def area_mm2(self) -> float:
        """Area of all triangles."""
        return float(self._areas_mm2().sum())

    def near_bone_mm2(self, bones: BoneSamples, reach_mm: float) -> float:
        """Area of the triangles whose middle lies so near to a sample of bone.

        Parameters
        ----------
        bones : BoneSamples
        reach_mm : float

        Returns
        -------
        float
        """
        middles = self.corners_mm[self.triangles].mean(axis=1)
        return float(self._areas_mm2()[bones.within(middles, reach_mm)].sum())

    def axes(self) -> OrthogonalAxes:
        """Three diameters, as `orthogonal_axes` gives them."""
        return orthogonal_axes(self.corners_mm)

    def depth_mm(self, skin: cKDTree) -> float:
        """Least distance from the surface to one of the points of the skin."""
        distance, _ = skin.query(self.corners_mm)
        return float(distance.min())


def orthogonal_axes(points_mm: FloatArray) -> OrthogonalAxes:
    """The three diameters at right angles that callipers read off a body.

    Parameters
    ----------
    points_mm : array, shape (n, 3)
        Of its surface; not all in one plane.

    Returns
    -------
    OrthogonalAxes
        Exact for the points' convex hull. Where several diameters are equally long, the
        one with the largest second and then the largest third axis counts, so that sizes do
        not depend on how the image is turned.

    Notes
    -----
    The axes L, I and S of Krumbein (Journal of Sedimentary Petrology 1941) as hull and
    callipers give them; of an ellipsoid they are its own.
    """
    hull = points_mm[ConvexHull(points_mm).vertices]
    found: list[tuple[float, float, float]] = []
    for start, end in farthest_pairs(hull):
        # Seen along the first axis the body is a plane figure.
        plane = np.linalg.svd((end - start)[None])[2][1:]
        shade = hull @ plane.T
        shade = shade[ConvexHull(shade).vertices]
        for first, second in farthest_pairs(shade):
            long, wide = (float(np.linalg.norm(b - a)) for a, b in ((start, end), (first, second)))
            way = (second - first) / wide
            found.append((long, wide, float(np.ptp(shade @ [-way[1], way[0]]))))
    # Rounded, so that the last digit of the first does not decide.
    return OrthogonalAxes(*max(found, key=lambda three: [round(one, 9) for one in three]))


def skin_points(image: Image) -> cKDTree | None:
    """Where the image passes from air to soft tissue, as points in mm.

    Parameters
    ----------
    image : Image
        A volume in HU that shows air.

    Returns
    -------
    cKDTree or None
        Of the points on the lines between neighbouring samples at which HU, linearly
        interpolated, is `SKIN_HU`: they lie no farther apart than the samples. None where
        there is no skin to be seen.
    """
    hu, places = image.array, []
    inside = hu > SKIN_HU
    for axis in range(3):
        before = [slice(None)] * 3
        after = [slice(None)] * 3
        before[axis], after[axis] = slice(None, -1), slice(1, None)
        crossing = np.argwhere(inside[tuple(before)] != inside[tuple(after)])
        step = np.eye(3, dtype=np.intp)[axis]
        low, high = hu[tuple(crossing.T)], hu[tuple((crossing + step).T)]
        places.append(crossing + ((SKIN_HU - low) / (high - low))[:, None] * step)
    points = np.concatenate(places)
    if len(points) < _FEWEST_SKIN_POINTS:
        return None
    return cKDTree(image.grid.index_to_mm(points), balanced_tree=False, compact_nodes=False)
