"""Borders of label maps for drawing."""

from __future__ import annotations

import numpy as np
import pytest

from calcimetry.render.contours import display_contours


def shoelace(border: np.ndarray) -> float:
    y, x = border.T
    return 0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


def test_nothing_has_no_border() -> None:
    assert display_contours(np.zeros((5, 5), dtype=bool)) == []


@pytest.mark.parametrize("refine", [1, 2, 4])
@pytest.mark.parametrize("place", [(0, 0), (0, 6), (8, 6), (4, 3)])
def test_one_pixel_keeps_its_place_and_about_its_size(place: tuple[int, int], refine: int) -> None:
    mask = np.zeros((9, 7), dtype=bool)
    mask[place] = True
    (border,) = display_contours(mask, refine)
    np.testing.assert_allclose(border[:-1].mean(axis=0), place, atol=1e-6)
    np.testing.assert_array_equal(border[0], border[-1])
    assert 0.4 < abs(shoelace(border)) < 1.1


def test_a_disc_keeps_its_area_and_loses_its_stairs() -> None:
    rows, columns = np.mgrid[:60, :60]
    mask = np.hypot(rows - 30, columns - 29) < 20
    (border,) = display_contours(mask)
    assert abs(shoelace(border)) == pytest.approx(mask.sum(), rel=0.01)
    length = np.linalg.norm(np.diff(border, axis=0), axis=1).sum()
    assert length == pytest.approx(2 * np.pi * 20, rel=0.03)  # with stairs: 8 x 20


def test_a_hole_is_a_border_that_turns_the_other_way() -> None:
    mask = np.zeros((20, 20), dtype=bool)
    mask[3:17, 3:17] = True
    mask[8:12, 8:12] = False
    outer, hole = sorted(display_contours(mask), key=len, reverse=True)
    assert shoelace(outer) * shoelace(hole) < 0


def test_separate_parts_have_a_border_each() -> None:
    mask = np.zeros((20, 20), dtype=bool)
    mask[2:5, 2:5] = mask[10:15, 10:15] = True
    assert len(display_contours(mask)) == 2
