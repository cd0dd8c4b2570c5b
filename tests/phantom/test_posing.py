"""A finger held another way: its joints bend, and its bones and deposits stay what they are."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from calcimetry.phantom.deposits import draw_deposit
from calcimetry.phantom.hand import draw_hand
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.posing import MOST_JOINT_DEG, at_rest, draw_posing


@pytest.fixture(scope="module")
def thumb():
    settings = replace(PLAIN_HAND, osteophytes=20, erosions=20)
    parts = draw_hand(np.random.default_rng(3), settings)
    found = [part for part in parts if part.label // 10 == 1]
    assert any(not part.is_long for part in found)  # sesamoids
    assert any(part.pits for part in found)
    assert any(part.spurs for part in found)
    return found


def bends(parts):
    axes = [part.shape.axes[2] for part in parts if part.is_long]
    return np.rad2deg([np.arccos(np.clip(a @ b, -1, 1)) for a, b in itertools.pairwise(axes)])


def test_joints_bend_and_bones_keep_their_shape(thumb):
    posing = draw_posing(np.random.default_rng(1), thumb)
    moved = posing.parts()
    change = np.abs(bends(moved) - bends(thumb))
    assert change.max() > 1.0
    assert change.max() <= MOST_JOINT_DEG + 1e-6
    rng = np.random.default_rng(2)
    for part, other, motion in zip(thumb, moved, posing.motions, strict=True):
        points = part.ends[0] + rng.normal(0.0, 4.0, (50, 3))
        for before, after in zip(
            part.shape.distance(points), other.shape.distance(motion.point(points)), strict=True
        ):
            np.testing.assert_allclose(after, before, atol=1e-9)
        for ball, new in zip(part.pits + part.spurs, other.pits + other.spurs, strict=True):
            np.testing.assert_allclose(new[:3], motion.point(np.array(ball[:3])))
            assert new[3] == ball[3]


def test_neighbouring_bones_stay_together(thumb):
    moved = draw_posing(np.random.default_rng(1), thumb).parts()
    for parts in (thumb, moved):
        long = [part for part in parts if part.is_long]
        gaps = [np.linalg.norm(b.ends[0] - a.ends[1]) for a, b in itertools.pairwise(long)]
        assert max(gaps) < 6.0


def test_a_deposit_goes_with_the_bone_it_lies_on(thumb):
    posing = draw_posing(np.random.default_rng(1), thumb)
    last = next(i for i, part in enumerate(thumb) if part.label == 13)
    place = thumb[last].ends[1] - 3.0 * thumb[last].shape.axes[0]
    deposit = draw_deposit(np.random.default_rng(2), place, 2.0, np.array([0.0, 0.0, 1.0]))
    moved = posing.deposit(deposit)
    points = place + np.random.default_rng(3).normal(0.0, 2.0, (50, 3))
    expected = deposit.distance(points)
    np.testing.assert_allclose(
        moved.distance(posing.motions[last].point(points)), expected, atol=1e-9
    )


def test_at_rest_nothing_moves(thumb):
    for part, other in zip(thumb, at_rest(thumb).parts(), strict=True):
        np.testing.assert_array_equal(part.ends, other.ends)


def test_fused_joints_do_not_bend(thumb):
    stiff = [
        replace(part, fused_to=before.name) if part.is_long else part
        for before, part in zip([thumb[0], *thumb], thumb, strict=False)
    ]
    np.testing.assert_allclose(
        bends(draw_posing(np.random.default_rng(1), stiff).parts()), bends(stiff), atol=1e-6
    )
