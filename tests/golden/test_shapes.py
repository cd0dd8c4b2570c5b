"""Sizes against closed forms: pi/4 a b for ellipses and a b for rectangles.

Coverage is exact to a twelfth of a pixel; a blur of 0.7 pixel, less than any
scanner's, stands for the point spread that real pictures have.
"""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.measurement.size import measure_lesions
from calcimetry.model import Grid, Image, Lesion, Segmentation
from tests.drawing import ellipse, pixel_coverage, rectangle

ANGLES = [0.0, 0.3, np.pi / 4, 1.2, np.pi / 2]
SPACINGS = [(0.2, 0.2), (0.4, 0.4), (0.5, 0.5), (0.3, 0.5)]


def measured(fraction: np.ndarray, spacing: tuple[float, float]) -> Lesion:
    affine = np.zeros((4, 4))
    affine[2, 0] = affine[3, 3] = 1.0
    affine[1, 1], affine[0, 2] = spacing
    grid = Grid((1, *fraction.shape), affine)
    lesion_map = Segmentation(fraction[None] >= 0.5, grid, {1: "calcification 1"})
    bones = Segmentation(np.zeros(grid.shape), grid, {})
    (lesion,) = measure_lesions(Image(fraction, grid), bones, lesion_map, fraction[None])
    return lesion


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize(("long", "short"), [(6.0, 6.0), (8.0, 5.0), (12.0, 4.0)])
def test_ellipse(long, short, angle, spacing):
    shape = ellipse(long, short, angle, centre=(0.13, -0.07))
    fraction = pixel_coverage((80, 80), spacing, shape)
    assert measured(fraction, spacing).area_mm2 == pytest.approx(np.pi / 4 * long * short, rel=0.01)
    lesion = measured(ndimage.gaussian_filter(fraction, 0.7), spacing)
    pixel = max(spacing)
    assert lesion.area_mm2 == pytest.approx(np.pi / 4 * long * short, rel=0.01)
    assert lesion.pixel_area_mm2 == pytest.approx(lesion.area_mm2, rel=0.05)
    # At a curved end half height lies inside, by sigma**2 x curvature / 2 to first order;
    # the pixel's own width adds a twelfth of its square to sigma**2.
    variance = (0.7**2 + 1 / 12) * pixel**2
    for axis_mm, along, across in (
        (lesion.long_axis_mm, long, short),
        (lesion.short_axis_mm, short, long),
    ):
        inset = variance * 2 * along / across**2
        slack = 0.0 if spacing[0] == spacing[1] else inset
        assert axis_mm == pytest.approx(along - inset, abs=0.1 * pixel + slack)
    assert lesion.ellipse_area_mm2 == pytest.approx(
        np.pi / 4 * lesion.long_axis_mm * lesion.short_axis_mm
    )
    assert lesion.solidity > 0.98


@pytest.mark.parametrize("spacing_mm", [0.2, 0.4, 0.8])
def test_disc_axes_to_a_tenth_of_a_pixel(spacing_mm):
    radius_mm = 12.3 * spacing_mm
    fraction = pixel_coverage((40, 40), (spacing_mm,) * 2, ellipse(2 * radius_mm, 2 * radius_mm))
    lesion = measured(ndimage.gaussian_filter(fraction, 0.7), (spacing_mm, spacing_mm))
    assert lesion.long_axis_mm == pytest.approx(2 * radius_mm, abs=0.1 * spacing_mm)
    assert lesion.short_axis_mm == pytest.approx(2 * radius_mm, abs=0.1 * spacing_mm)
    assert lesion.perimeter_mm == pytest.approx(2 * np.pi * radius_mm, rel=0.01)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("angle", ANGLES)
def test_rotated_rectangle(angle, spacing):
    fraction = pixel_coverage((80, 80), spacing, rectangle(10.0, 4.0, angle, centre=(0.05, 0.11)))
    lesion = measured(fraction, spacing)
    assert lesion.area_mm2 == pytest.approx(40.0, rel=0.01)
    # The diagonal, less what pixels round off two corners.
    diagonal = np.hypot(10.0, 4.0)
    assert diagonal - 0.8 * max(spacing) < lesion.long_axis_mm < diagonal + 0.1 * max(spacing)
    # Perpendicular to the diagonal, the longest chord runs between the long sides.
    assert lesion.short_axis_mm == pytest.approx(4.0 * diagonal / 10.0, abs=0.35 * max(spacing))
    assert lesion.perimeter_mm == pytest.approx(28.0, rel=0.03)
