import numpy as np
import pytest

from calcimetry.measurement.section import (
    all_sections,
    frames_of_array,
    largest_section,
    sagittal_frame,
    sagittal_frame_of_hand,
)
from calcimetry.model import Grid
from tests.simple_hand import X, Y, Z, hand_of, index_finger
from tests.solids import ball, coverage, ellipsoid, volume_grid

GRID = volume_grid((26, 28, 30), (0.6, 0.5, 0.5), tilt=(0.4, 0.3))


def section_of(solid, frame, grid=GRID):
    fraction = coverage(grid, solid)
    return largest_section(fraction, fraction >= 0.5, grid, frame)


@pytest.mark.parametrize(
    ("frame", "area"),
    [
        (np.stack([X, Y, Z], axis=1), np.pi / 4 * 6.0 * 8.0),
        (np.stack([Y, Z, X], axis=1), np.pi / 4 * 4.0 * 8.0),
        (np.stack([Z, X, Y], axis=1), np.pi / 4 * 4.0 * 6.0),
    ],
)
def test_area_is_that_of_the_largest_cut_in_the_frames_direction(frame, area):
    section = section_of(ellipsoid((4.0, 6.0, 8.0)), frame)
    assert section.area_mm2 == pytest.approx(area, rel=0.03)
    assert section.own.sum() * section.grid.pixel_area_mm2 == pytest.approx(area, rel=0.06)


def test_the_plane_lies_in_space_where_the_lesion_is_thickest():
    centre = (2.3, -1.4, 1.7)
    frame = sagittal_frame(index_finger().grid)
    section = section_of(ball(5.0, centre), frame)
    rows, columns = np.nonzero(section.fraction >= 0.5)
    points = section.grid.index_to_mm(np.stack([np.zeros(len(rows)), rows, columns], axis=1))
    np.testing.assert_allclose(points.mean(axis=0), centre, atol=0.1)
    assert section.grid.shape == (1, *section.fraction.shape)
    assert section.grid.spacing == pytest.approx((0.25, 0.25, 0.25))
    directions = section.grid.affine[:3, :3] / 0.25
    np.testing.assert_allclose(directions, np.stack([X, -Z, Y], axis=1), atol=1e-12)


def test_pixels_are_finer_than_the_volume():
    fine = volume_grid((20, 20, 20), (0.3, 0.2, 0.25))
    section = section_of(ball(3.0), np.eye(3), fine)
    assert section.grid.spacing == pytest.approx((0.1, 0.1, 0.1))
    assert section.area_mm2 == pytest.approx(np.pi / 4 * 9.0, rel=0.04)


def test_little_is_shown_besides_the_lesion():
    section = section_of(ball(4.0), np.eye(3))
    assert max(section.fraction.shape) * 0.25 < 4.0 + 2 * 0.6 + 2 * 3 * 0.25
    assert section.fraction[[0, -1]].max() == 0.0
    assert section.fraction[:, [0, -1]].max() == 0.0


def test_one_sample_alone_has_a_section():
    grid = Grid((1, 1, 1), np.diag([0.6, 0.6, 0.6, 1.0]))
    section = largest_section(np.ones((1, 1, 1)), np.ones((1, 1, 1), bool), grid, np.eye(3))
    assert section.area_mm2 == pytest.approx(0.36)


def test_a_hands_planes_run_from_fingers_to_wrist_and_from_back_to_palm():
    frame = sagittal_frame_of_hand(hand_of().grid)
    np.testing.assert_allclose(frame, np.stack([-X, -Z, Y], axis=1), atol=1e-12)


def test_frames_of_a_sheared_array_are_square_and_keep_its_planes():
    affine = GRID.affine.copy()
    affine[:3, 0] += 0.2 * affine[:3, 1]
    for normal, frame in enumerate(frames_of_array(Grid(GRID.shape, affine))):
        np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-12)
        for axis in {0, 1, 2} - {normal}:
            assert frame[:, 0] @ affine[:3, axis] == pytest.approx(0.0, abs=1e-12)


def test_all_sections_add_up_and_the_largest_is_among_them():
    axis = np.arange(-10, 11)
    inside = sum(place**2 for place in np.meshgrid(axis, axis, axis, indexing="ij")) <= 49
    grid = Grid(inside.shape, np.diag([0.5, 0.5, 0.5, 1.0]))
    frame = np.eye(3)
    sections = all_sections(inside.astype(float), inside, grid, frame)
    largest = largest_section(inside.astype(float), inside, grid, frame)
    areas = [section.area_mm2 for section in sections]
    assert max(areas) == largest.area_mm2
    step = sections[1].grid.affine[0, 3] - sections[0].grid.affine[0, 3]
    assert step == pytest.approx(0.25)
    assert step * sum(areas) == pytest.approx(inside.sum() * 0.125, rel=0.02)
