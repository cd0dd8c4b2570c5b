"""The baseline's directions, read again."""

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.followup.axes import Shown, axis_directions, chords_mm, same_axes
from calcimetry.followup.result import BoneAlignment
from calcimetry.followup.rigid import turn_about
from calcimetry.followup.visit import boxes_of
from calcimetry.model import Grid, Segmentation
from tests.followup.lesions import lesion
from tests.solids import ball, ellipsoid, volume_grid

#: Long axis along z, short along y, sections across x.
AXES = (5.0, 6.0, 9.0)
PLANE = Grid((1, 30, 30), np.diag([0.3, 0.3, 0.3, 1.0]))
DIRECTIONS = np.eye(3)[:, [0, 2, 1]]


def drawn(inside, number=1, tilt=(0.0, 0.0), spacing=0.5) -> Segmentation:
    grid = volume_grid((32, 32, 40), (spacing,) * 3, tilt)
    index = np.stack(np.indices(grid.shape), axis=-1)
    return Segmentation(
        inside(grid.index_to_mm(index)) * number, grid, {number: f"calcification {number}"}
    )


def read(lesion_map, numbers, directions=DIRECTIONS):
    boxes = boxes_of(lesion_map)
    return chords_mm(lesion_map, {n: boxes[n] for n in numbers}, directions)


def shown(lesion_map, one) -> Shown:
    return Shown(lesion_map, [one], boxes_of(lesion_map))


def measured(number=1, **more):
    # Rows of the plane run along y and columns along z.
    ends = ((0.0, 0.0), (0.0, 30.0))
    return lesion(number, plane=PLANE, long_axis_ends=ends, **more)


def test_directions_are_those_of_the_section():
    found = axis_directions(measured())
    assert abs(found[:, 0] @ [1, 0, 0]) == pytest.approx(1.0)
    assert found[:, 1] == pytest.approx([0, 0, 1])
    assert abs(found[:, 2] @ [0, 1, 0]) == pytest.approx(1.0)
    assert found.T @ found == pytest.approx(np.eye(3))


def test_without_a_section_or_an_axis_there_are_none():
    assert axis_directions(lesion()) is None
    assert axis_directions(lesion(plane=PLANE, long_axis_ends=((1.0, 1.0), (1.0, 1.0)))) is None
    alignment = BoneAlignment(21, np.eye(3), np.zeros(3), 0.1, 1.0, True)
    both = shown(drawn(ellipsoid(AXES)), lesion())
    assert same_axes(both, both, alignment) is None


@pytest.mark.parametrize("tilt", [(0.0, 0.0), (0.4, 0.2)])
def test_chords_of_an_ellipsoid(tilt):
    long, short = read(drawn(ellipsoid(AXES), tilt=tilt), [1])
    assert long == pytest.approx(9.0, abs=0.35)
    assert short == pytest.approx(6.0, abs=0.35)


def test_chords_span_lesions_that_belong_together():
    two = drawn(ball(3.0, (0, 0, -4)))
    other = drawn(ball(3.0, (0, 0, 4)), 2)
    both = Segmentation(
        two.label_map + other.label_map, two.grid, {**two.meanings, **other.meanings}
    )
    assert read(both, [1, 2])[0] == pytest.approx(11.0, abs=0.4)
    assert read(both, [2])[0] == pytest.approx(3.0, abs=0.4)


def test_a_turned_lesion_is_read_along_the_same_axes():
    turn = turn_about(np.array([0.0, 0.6, 0.8]), 0.5)
    first = drawn(ellipsoid(AXES))

    def grown(points):
        return ellipsoid((5.0, 6.0, 11.0))(points @ turn)

    last = drawn(grown)
    alignment = BoneAlignment(21, turn.T, np.zeros(3), 0.1, 1.0, True)
    own = np.eye(4)
    own[:3, :3] = turn @ PLANE.affine[:3, :3]
    later = replace(measured(), plane=Grid(PLANE.shape, own))
    found = same_axes(shown(first, measured()), shown(last, later), alignment)
    assert found.long_first_mm == pytest.approx(9.0, abs=0.35)
    assert found.long_last_mm == pytest.approx(11.0, abs=0.5)
    assert found.short_first_mm == pytest.approx(6.0, abs=0.35)
    assert found.short_last_mm == pytest.approx(6.0, abs=0.35)
    assert found.turned_deg == pytest.approx(0.0, abs=0.1)
    askew = same_axes(shown(first, measured()), shown(last, lesion()), alignment)
    assert askew.turned_deg is None
