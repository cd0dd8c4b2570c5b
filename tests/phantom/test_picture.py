"""The simulator's promises: known truth, the same from the same seed."""

import math

import numpy as np
import pytest
from scipy import ndimage

import calcimetry.phantom.picture as picture_module
from calcimetry.model import Bone
from calcimetry.phantom.anatomy import Solid, draw_finger
from calcimetry.phantom.deposits import Deposit, draw_deposit
from calcimetry.phantom.picture import DEPOSIT, MATERIALS, finger_picture
from calcimetry.phantom.placement import DepositMix, place_deposits
from calcimetry.phantom.scanner import Scanner
from calcimetry.phantom.view import View

QUIET = Scanner(0.3, 0.0, 0.0, 0.0, 1.0, jpeg_quality=None)


@pytest.fixture(scope="module")
def pictures():
    return [finger_picture(np.random.default_rng((3, i)), upright=i % 3 > 0) for i in range(9)]


def test_fractions_fill_every_pixel(pictures):
    for picture in pictures:
        assert picture.fractions.shape == (len(MATERIALS), *picture.view.shape)
        assert picture.fractions.min() >= 0.0
        np.testing.assert_allclose(picture.fractions.sum(axis=0), 1.0, atol=1e-5)


def test_true_areas_add_up_to_the_deposit_fraction(pictures):
    for picture in pictures:
        pixel = picture.view.spacing_mm**2
        total = float(picture.fractions[DEPOSIT].sum()) * pixel
        # Overlapping deposits share a pixel's mineral, so the sum may exceed the union.
        assert sum(one.area_mm2 for one in picture.lesions) == pytest.approx(
            total, rel=0.05, abs=0.3
        )


def test_most_pictures_hold_lesions_and_some_none():
    counts = [len(finger_picture(np.random.default_rng((4, i))).lesions) for i in range(30)]
    assert 0 in counts
    assert sum(count > 0 for count in counts) > 15


def test_a_mix_says_how_many_deposits_there_are_and_how_many_lie_on_bone():
    def lesions(mix):
        drawn = [finger_picture(np.random.default_rng((4, i)), mix=mix) for i in range(12)]
        return [one for picture in drawn for one in picture.lesions]

    assert not lesions(DepositMix(none=1.0))
    on_bone = lesions(DepositMix(none=0.0, further=3.0, on_bone=1.0))
    elsewhere = lesions(DepositMix(none=0.0, further=3.0, on_bone=0.0))
    assert len(on_bone) > 12
    assert len(elsewhere) > 12
    touching = [np.mean([one.touches_bone for one in those]) for those in (on_bone, elsewhere)]
    assert touching[0] > 0.7
    assert touching[1] < 0.4


def test_some_knuckles_have_a_sesamoid_a_small_bone_beside_the_metacarpal():
    shown = 0
    for i in range(24):
        picture = finger_picture(np.random.default_rng((7, i)), mix=DepositMix(none=1.0))
        sesamoid = picture.bone_map == Bone.SESAMOID
        shown += bool(sesamoid.any())
        metacarpal = picture.bone_map == Bone.METACARPAL
        if sesamoid.any() and metacarpal.any():
            gap = ndimage.distance_transform_edt(~metacarpal)[sesamoid].min()
            assert gap * picture.image.grid.spacing[1] < 8.0
    assert 1 <= shown <= 12


def test_deposits_lie_at_the_tip_too():
    solids = draw_finger(np.random.default_rng(3))[1]
    tip = solids[-1].tip
    view = View((200, 120), 0.5, 0.0, False, float(tip[2]) - 30.0, float(tip[0]), 0.0, 0.0, 1.0)
    points = view.points()
    inside = np.ones(view.shape, bool)
    bone = np.zeros(points.shape[:-1], np.float32)
    near = []
    for i in range(60):
        mix = DepositMix(none=0.0, further=4.0, on_bone=0.0)
        placed = place_deposits(np.random.default_rng(i), points, bone, inside, tip, 0.5, mix)
        near += [np.linalg.norm((one.centres[0] - tip)[[0, 2]]) < 4.0 for one in placed]
    # In a field without bone they are spread evenly else: 4 mm around the tip are 1% of it.
    assert np.mean(near) > 0.08


def test_a_view_of_the_palm_shows_the_metacarpal():
    drawn = [
        finger_picture(np.random.default_rng((6, i)), upright=False, palm=True) for i in range(10)
    ]
    parts = [picture.fractions[1:DEPOSIT].sum(axis=(1, 2)) for picture in drawn]
    mostly = [part.argmax() + 1 == Bone.METACARPAL for part in parts]
    assert sum(mostly) >= 5


def test_lesion_map_numbers_are_those_of_the_lesions(pictures):
    for picture in pictures:
        numbers = set(np.unique(picture.lesion_map).tolist()) - {0}
        assert numbers <= {one.number for one in picture.lesions}


def test_the_same_seed_gives_the_same_picture():
    first, second = (finger_picture(np.random.default_rng(11)) for _ in range(2))
    assert first.image == second.image
    np.testing.assert_array_equal(first.fractions, second.fractions)
    assert first.lesions == second.lesions
    third = finger_picture(np.random.default_rng(12))
    assert third.image != first.image


def test_bone_is_brighter_than_flesh_and_flesh_than_air(pictures):
    for picture in pictures:
        hu, bone = picture.image.array[0], picture.bone_map > 0
        if bone.sum() > 200:
            assert np.median(hu[bone]) > 300
        assert hu.min() >= -300.0
        assert hu.max() <= 1200.0


def test_bones_of_a_straight_finger_lie_in_order_from_base_to_tip():
    view = View((300, 150), 0.4, 0.0, False, 48.0, -2.0, 0.0, 0.0, 0.5)
    seen = 0
    for i in range(8):
        picture = finger_picture(np.random.default_rng((5, i)), view=view, scanner=QUIET)
        rows = [np.argwhere(picture.bone_map == n)[:, 0] for n in (3, 2, 1)]
        if all(len(one) > 40 for one in rows):
            seen += 1
            middles = [one.mean() for one in rows]
            assert middles == sorted(middles), "the tip is towards the first row"
    assert seen >= 4


def test_mirroring_a_view_mirrors_its_truth():
    here = View((120, 100), 0.6, 0.0, False, 48.0, -2.0, 0.0, 0.0, 0.5)
    there = View((120, 100), 0.6, 0.0, True, 48.0, -2.0, 0.0, 0.0, 0.5)
    a, b = (
        finger_picture(np.random.default_rng(21), view=view, scanner=QUIET).bone_map
        for view in (here, there)
    )
    np.testing.assert_array_equal(a, b[:, ::-1])


def test_bone_sizes_are_those_published():
    lengths = {bone: [] for bone in Bone}
    for i in range(120):
        digit, solids = draw_finger(np.random.default_rng((6, i)))
        if digit.name == "INDEX":
            for solid in solids:
                lengths[solid.bone].append(solid.length)
    # Index finger: 41.2 [37.4-44.9] and 24.8 [22.1-27.6] mm (docs/explanation/simulator.md).
    assert np.mean(lengths[Bone.PROXIMAL_PHALANX]) == pytest.approx(41.2, abs=2.5)
    assert np.mean(lengths[Bone.MIDDLE_PHALANX]) == pytest.approx(24.8, abs=2.0)


def test_a_cylinder_of_bone_has_its_radius():
    solid = Solid(
        Bone.PROXIMAL_PHALANX,
        40.0,
        *(np.full(7, 5.0),) * 3,
        bow=0.0,
        squareness=2.0,
        head_round=0.0,
        base_hollow=0.0,
        groove=0.0,
        origin=np.zeros(3),
        axes=np.eye(3),
        cortex_shaft=1.0,
        cortex_end=0.5,
    )
    points = np.array([[4.0, 0, 20.0], [5.0, 0, 20.0], [0, 6.0, 20.0]])
    distance, station = solid.distance(points)
    np.testing.assert_allclose(distance, [-1.0, 0.0, 1.0], atol=0.15)
    np.testing.assert_allclose(station, 0.5)


def test_a_ball_deposit_has_its_area():
    ball = Deposit(
        "stone",
        np.zeros((1, 3)),
        np.full((1, 3), 2.0),
        np.eye(3),
        0.0,
        np.zeros((1, 4)),
        300.0,
        0.0,
    )
    step = 0.1
    x, z = np.meshgrid(np.arange(-4, 4, step), np.arange(-4, 4, step))
    points = np.stack([x, np.zeros_like(x), z], axis=-1)
    fraction = np.clip(0.5 - ball.distance(points) / step, 0, 1)
    assert fraction.sum() * step**2 == pytest.approx(math.pi * 4.0, rel=0.01)


def test_joints_that_fit_snugly_are_as_wide_as_was_drawn(monkeypatch):
    monkeypatch.setattr(picture_module, "_SNUG", 1.0)
    monkeypatch.setattr(picture_module, "_GAP_MM", (1.2, 1.2))
    wide = []
    for i in range(12):
        drawn = finger_picture(np.random.default_rng((4, i)))
        one, other = (drawn.bone_map == bone for bone in (1, 2))
        if abs(drawn.view.plane_y) < 1.0 and one.any() and other.any():
            away = ndimage.distance_transform_edt(~one) * drawn.view.spacing_mm
            wide.append(away[other].min())
    # Between the middles of pixels, of which one more lies beside each border.
    assert len(wide) > 4
    assert 1.0 < np.median(wide) < 1.9
    assert max(wide) < 2.5


def test_a_square_deposit_is_a_box():
    half = np.array([[3.0, 1.0, 0.5]])
    box = Deposit(
        "plate", np.zeros((1, 3)), half, np.eye(3), 0.0, np.zeros((1, 4)), 300.0, 0.0, 50.0
    )
    # Its middle, beside each of its faces, and a corner that an ellipsoid would not fill.
    beside = np.array([[0, 0, 0], [3.2, 0, 0], [0, 0.9, 0], [0, 0, 0.7], [2.9, 0.9, 0.4]], float)
    assert box.distance(beside)[0] < -1.0
    np.testing.assert_allclose(box.distance(beside)[1:4], [0.2, -0.1, 0.2], atol=0.02)
    assert box.distance(beside)[4] < 0.0


def test_some_plates_are_sheets_of_even_thickness():
    rng = np.random.default_rng(9)
    drawn = [draw_deposit(rng, np.zeros(3), 2.0, np.array([0.0, 0.0, 1.0])) for _ in range(200)]
    square = [one for one in drawn if one.squareness > 2.0]
    assert {one.shape for one in square} == {"plate"}
    assert 10 < len(square) < sum(one.shape == "plate" for one in drawn)


def test_deposits_lie_in_the_place_of_bone_that_the_plane_missed():
    spacing, shape = 0.5, (120, 40)
    rows, columns = np.indices(shape) * spacing
    points = np.stack([columns, np.zeros(shape), rows], axis=-1)[None]
    none, inside = np.zeros((1, *shape)), np.ones(shape, bool)
    in_middle = np.zeros(shape)
    in_middle[40:80, 15:25] = 1.0
    far, mix = np.array([10.0, 0.0, 200.0]), DepositMix(none=0.0, further=2.0, on_bone=0.0)

    def within(middle):
        rng = np.random.default_rng(6)
        found = [
            one.centres[0][[2, 0]] / spacing
            for _ in range(60)
            for one in place_deposits(rng, points, none, inside, far, spacing, mix, middle)
        ]
        at = np.rint(found).astype(int)
        return float((in_middle[at[:, 0], at[:, 1]] > 0).mean())

    assert within(None) < 0.2
    assert 0.45 < within(in_middle) < 0.75


def test_deposits_are_drawn_near_their_size():
    rng = np.random.default_rng(8)
    for _ in range(20):
        one = draw_deposit(rng, np.zeros(3), 2.0, np.array([0.0, 0.0, 1.0]))
        assert one.half_axes.min() > 0.0
        assert one.half_axes.max() < 12.0
        assert 100.0 < one.density < 1400.0


def test_blur_lowers_a_point_and_keeps_its_sum():
    clean = np.zeros((41, 41))
    clean[20, 20] = 1000.0
    blurred = QUIET.acquire(clean, 0.3, np.random.default_rng(0))
    assert blurred.max() < 250.0
    assert blurred.sum() == pytest.approx(1000.0, rel=1e-3)


def test_export_windows_to_eight_bits():
    grey = QUIET.export(np.array([[-1000.0, -300.0, 450.0, 1200.0, 3000.0]]))
    assert grey.tolist() == [[0, 0, 128, 255, 255]]
    np.testing.assert_allclose(QUIET.grey_to_hu(grey)[0, 2], 450.0, atol=3.0)


def test_fingers_of_pictures_are_those_that_trained_the_shipped_network():
    # Pinned: bones of volumes have sizes of their own, and a change of theirs must not
    # reach what pictures draw for a seed.
    digit, solids = draw_finger(np.random.default_rng(20))
    lengths = [round(solid.length, 6) for solid in solids]
    breadths = [round(float(solid.half_breadth[3]), 6) for solid in solids]
    assert (int(digit), lengths, breadths) == (
        3,
        [79.848906, 52.77354, 33.544969, 21.923125],
        [4.833193, 5.158024, 6.592331, 2.946543],
    )
