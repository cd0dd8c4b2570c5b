import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import pdist

from calcimetry.errors import InputError
from calcimetry.outline import measure_shape, outer_outlines
from tests.drawing import ellipse, pixel_coverage


def test_outlines_close_even_at_the_border():
    for curve in outer_outlines(np.ones((3, 5))):
        assert np.array_equal(curve[0], curve[-1])
        assert curve.min(axis=0).tolist() == [-0.5, -0.5]
        assert curve.max(axis=0).tolist() == [2.5, 4.5]


def test_holes_are_no_outer_outlines():
    ring = np.ones((7, 7))
    ring[3, 3] = 0.0
    assert len(outer_outlines(ring)) == 1


def test_pixels_that_touch_by_a_corner_share_an_outline():
    assert len(outer_outlines(np.eye(2))) == 1


def test_long_axis_is_the_largest_distance_of_any_two_outline_points():
    rng = np.random.default_rng(5)
    blob = rng.random((12, 9))
    shape = measure_shape(blob, (0.4, 0.7))
    points = np.concatenate(outer_outlines(blob)) * (0.4, 0.7)
    assert shape.long_axis.length_mm == pytest.approx(pdist(points).max())


def test_axes_are_perpendicular_and_their_ends_lie_that_far_apart():
    spacing = np.array((0.3, 0.5))
    shape = measure_shape(np.random.default_rng(1).random((10, 14)), (0.3, 0.5))
    vectors = [np.subtract(*axis.ends) * spacing for axis in (shape.long_axis, shape.short_axis)]
    assert np.linalg.norm(vectors[0]) == pytest.approx(shape.long_axis.length_mm)
    assert np.linalg.norm(vectors[1]) == pytest.approx(shape.short_axis.length_mm)
    assert vectors[0] @ vectors[1] == pytest.approx(0.0, abs=1e-9)


def test_short_axis_is_the_longest_perpendicular_chord_of_all():
    rng = np.random.default_rng(8)
    blob = ndimage.gaussian_filter(rng.random((30, 30)), 3.0)
    blob = np.where(blob > np.median(blob), 1.0, 0.0)
    shape = measure_shape(blob, (0.4, 0.4))
    start, end = (np.array(point) * 0.4 for point in shape.long_axis.ends)
    along = (end - start) / np.linalg.norm(end - start)
    edges = [curve * 0.4 for curve in outer_outlines(blob)]
    places = np.concatenate([curve @ along for curve in edges])
    longest = 0.0
    for place in np.linspace(places.min(), places.max(), 2000):
        heights = []
        for curve in edges:
            t, h = curve @ along, curve @ [-along[1], along[0]]
            crossing = np.flatnonzero((t[:-1] - place) * (t[1:] - place) < 0)
            part = (place - t[crossing]) / (t[crossing + 1] - t[crossing])
            heights += (h[crossing] + part * (h[crossing + 1] - h[crossing])).tolist()
        longest = max(longest, max(heights, default=0.0) - min(heights, default=0.0))
    assert longest <= shape.short_axis.length_mm + 1e-9
    assert longest == pytest.approx(shape.short_axis.length_mm, rel=0.01)


def sizes_all_ways_round(fraction):
    shapes = [
        measure_shape(np.rot90(array, turns), (0.4, 0.4))
        for array in (fraction, fraction[:, ::-1])
        for turns in range(4)
    ]
    return np.array([(one.long_axis.length_mm, one.short_axis.length_mm) for one in shapes])


def test_of_equal_diameters_the_one_with_the_longest_perpendicular_chord_is_the_long_axis():
    disc = pixel_coverage((41, 47), (0.4, 0.4), ellipse(6.65625, 6.65625, centre=(0.11, 0.3)), 5)
    # Another diameter of the same length has a chord of 6.593 mm.
    np.testing.assert_allclose(sizes_all_ways_round(disc)[:, 1], 6.59952067, rtol=1e-8)


def test_a_chord_through_corners_of_two_parts_does_not_hang_on_rounding():
    parts = np.array([[0, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 1]])
    np.testing.assert_allclose(sizes_all_ways_round(parts)[:, 1], 0.89442719, rtol=1e-8)


def test_sizes_do_not_depend_on_how_the_picture_is_turned():
    rng = np.random.default_rng(0)
    for number in range(60):
        blob = np.zeros((10, 10), bool)
        blob[1:-1, 1:-1] = rng.random((8, 8)) > 0.5
        blob |= blob.T if number % 2 else blob[::-1, ::-1]  # symmetry makes ties
        sizes = sizes_all_ways_round(blob.astype(float))
        np.testing.assert_allclose(sizes, np.broadcast_to(sizes[0], sizes.shape), rtol=1e-9)


def test_solidity_tells_a_bent_shape_from_a_full_one():
    elbow = np.zeros((12, 12))
    elbow[:, :2] = elbow[-2:, :] = 1.0
    assert measure_shape(elbow, (1.0, 1.0)).solidity < 0.7
    assert measure_shape(np.ones((12, 12)), (1.0, 1.0)).solidity > 0.99


def test_a_single_pixel_has_axes_of_one_pixel():
    pixel = np.zeros((3, 3))
    pixel[1, 1] = 1.0
    shape = measure_shape(pixel, (0.4, 0.4))
    assert shape.long_axis.length_mm == pytest.approx(0.4)
    assert shape.short_axis.length_mm == pytest.approx(0.4)
    assert shape.solidity == pytest.approx(1.0)


def test_parts_share_axes_and_add_their_perimeters():
    one = np.zeros((3, 9))
    one[1, 1] = 1.0
    two = one.copy()
    two[1, 7] = 1.0
    first, both = measure_shape(one, (1.0, 1.0)), measure_shape(two, (1.0, 1.0))
    assert both.long_axis.length_mm == pytest.approx(7.0)
    assert both.perimeter_mm == pytest.approx(2 * first.perimeter_mm)


def test_nothing_above_the_level_is_refused():
    with pytest.raises(InputError, match="nowhere exceeds"):
        measure_shape(np.full((4, 4), 0.2), (1.0, 1.0))


def test_an_ellipse_fits_its_own_axes_and_a_square_does_not():
    drawn = pixel_coverage((60, 80), (0.1, 0.1), ellipse(6.0, 3.0, 0.3))
    assert measure_shape(drawn, (0.1, 0.1)).ellipse_misfit < 0.02
    # The ellipse of a square's diagonals is the circle around it: 1 - 2 / pi is left over.
    square = np.zeros((204, 204))
    square[2:-2, 2:-2] = 1.0
    assert measure_shape(square, (1.0, 1.0)).ellipse_misfit == pytest.approx(
        1.0 - 2.0 / np.pi, abs=0.01
    )


def test_a_part_within_anothers_hole_is_counted_once():
    ring = np.ones((15, 15))
    ring[3:12, 3:12] = 0.0
    filled = ring.copy()
    filled[6:9, 6:9] = 1.0
    assert len(outer_outlines(filled)) == 2
    misfits = [measure_shape(array, (1.0, 1.0)).ellipse_misfit for array in (ring, filled)]
    assert misfits[0] == pytest.approx(misfits[1])
