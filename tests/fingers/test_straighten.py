"""Grids along fingers: what they hold and which way they look."""

import numpy as np
import pytest

from calcimetry.fingers.name import name_fingers
from calcimetry.fingers.straighten import FINGER_MARGIN_MM, HAND_MARGIN_MM
from calcimetry.model import Grid, Segmentation
from calcimetry.resample import resample_image
from tests.hands import draw, moved, rotation, sticks, types

TURN = rotation(25, -60, 110)
#: The drawn hand's own axes: to the thumb, to the fingertips, out of the palm.
RADIAL, DISTAL, PALMAR = TURN.T


@pytest.fixture(scope="module", params=[8.0, 50.0], ids=["straight", "bent"])
def named(request):
    labels, grid = draw(sticks(request.param))
    return labels, moved(grid, TURN), name_fingers(types(labels, moved(grid, TURN))).hands[0]


def axes(grid):
    return (grid.affine[:3, :3] / grid.spacing).T


def is_rigid(grid):
    return np.allclose(axes(grid) @ axes(grid).T, np.eye(3)) and np.ptp(grid.spacing) < 1e-9


def test_grids_are_isotropic_at_right_angles_and_not_mirrored(named):
    _, _, hand = named
    for grid in (hand.grid, *(finger.grid for finger in hand.fingers)):
        assert is_rigid(grid)
        slices, rows, columns = axes(grid)
        assert np.cross(columns, rows) @ slices == pytest.approx(1.0)
    assert [finger.grid.spacing[0] for finger in hand.fingers] == pytest.approx([0.4] * 5)
    assert hand.grid.spacing[0] == pytest.approx(0.6)


def test_each_finger_lies_in_its_grid_with_the_margin(named):
    labels, grid, hand = named
    for finger in hand.fingers:
        bones = grid.index_to_mm(np.argwhere(np.isin(labels, finger.labels)))
        index = finger.grid.mm_to_index(bones) * finger.grid.spacing
        size = (np.array(finger.grid.shape) - 1) * finger.grid.spacing
        # Sample centres thin out at the surface: half a sample of the image short at most.
        assert index.min() >= FINGER_MARGIN_MM - 1.0
        assert (size - index).min() >= FINGER_MARGIN_MM - 1.0


def test_rows_run_from_the_tip_to_the_wrist_and_columns_to_the_palm(named):
    _, _, hand = named
    for finger in hand.fingers[1:]:
        _, rows, columns = axes(finger.grid)
        assert rows @ -DISTAL > 0.7
        assert columns @ PALMAR > 0.7


def test_a_finger_seen_from_its_side_holds_all_its_bones_in_one_plane(named):
    labels, grid, hand = named
    for finger in hand.fingers:
        view = resample_image(labels.astype(np.uint16), grid, finger.grid, order=0)
        middle = view[view.shape[0] // 2]
        assert set(finger.labels) <= set(np.unique(middle))
        tips = [np.argwhere(middle == label)[:, 0].mean() for label in finger.labels]
        assert tips == sorted(tips)


def test_the_flexion_plane_of_a_bent_finger_is_that_of_its_bones():
    labels, grid = draw(sticks(50.0, digits=(2, 3, 4, 5)))
    hand = name_fingers(types(labels, grid)).hands[0]
    for finger, lean in zip(hand.fingers, (6.0, 2.0, -4.0, -9.0), strict=True):
        across = axes(finger.grid)[0]
        hinge = np.array([np.cos(np.radians(lean)), -np.sin(np.radians(lean)), 0.0])
        assert np.degrees(np.arccos(abs(across @ hinge))) < 4.0


def test_the_hand_is_seen_from_its_back_fingers_up_right_thumb_left(named):
    _, _, hand = named
    slices, rows, columns = axes(hand.grid)
    assert slices @ PALMAR > 0.95
    assert rows @ -DISTAL > 0.95
    assert columns @ -RADIAL > 0.95


def test_a_left_thumb_is_on_the_right():
    labels, grid = draw(sticks())
    hand = name_fingers(types(labels, moved(grid, np.eye(3), mirror=True))).hands[0]
    slices, _, columns = axes(hand.grid)
    assert slices @ [0, 0, 1] > 0.95
    assert columns @ [-1, 0, 0] > 0.95


def test_all_bones_of_the_hand_lie_in_its_grid(named):
    labels, grid, hand = named
    index = hand.grid.mm_to_index(grid.index_to_mm(np.argwhere(labels > 0))) * hand.grid.spacing
    assert index.min() >= HAND_MARGIN_MM - 1.5
    assert ((np.array(hand.grid.shape) - 1) * hand.grid.spacing - index).min() >= (
        HAND_MARGIN_MM - 1.5
    )


def test_a_straight_rod_does_not_say_which_side_is_palmar():
    labels, grid = draw(sticks(0.0, digits=(3,)))
    finger = name_fingers(types(labels, grid)).hands[0].fingers[0]
    assert "which of its sides is palmar cannot be told" in finger.reason
    assert is_rigid(finger.grid)


def test_a_fine_image_gets_a_finer_grid_and_keeps_its_frame_of_reference():
    labels, grid = draw([s for s in sticks(20.0, (5,)) if s.label != 54], spacing=0.35)
    kinds = types(labels, grid)
    named = name_fingers(
        Segmentation(kinds.label_map, Grid(grid.shape, grid.affine, "1.2.3"), kinds.meanings)
    )
    finger = named.hands[0].fingers[0]
    assert finger.grid.spacing[0] == pytest.approx(0.35)
    assert (
        finger.grid.frame_of_reference_uid == named.hands[0].grid.frame_of_reference_uid == "1.2.3"
    )
