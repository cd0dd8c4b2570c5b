import numpy as np
import pytest

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.measurement.volume import measure_volume_lesions
from calcimetry.model import Grid, Image, Laterality, Segmentation
from calcimetry.regions import sample_size
from tests.simple_hand import hand_of, index_finger
from tests.solids import ball, coverage, ellipsoid, rod, volume_grid

GRID = volume_grid((30, 40, 40), (0.6, 0.5, 0.5), tilt=(0.3, 0.2))
SHAFT = coverage(GRID, rod(8.0)) >= 0.5


def measured(fraction, labels=None, bone=SHAFT, bone_label=1, hands=(), grid=GRID, **image):
    labels = (fraction >= 0.5).astype(int) if labels is None else labels
    meanings = {n: str(n) for n in range(1, 70)}
    return measure_volume_lesions(
        Image(np.full(grid.shape, 500.0), grid, **image),
        Segmentation(np.where(bone, bone_label, 0), grid, meanings),
        Segmentation(labels, grid, meanings),
        fraction.astype(np.float32),
        hands,
    )


def measured_in(hu, fraction, grid, **image):
    bones = Segmentation(np.zeros(grid.shape), grid, {})
    lesion_map = Segmentation(fraction >= 0.5, grid, {1: "one"})
    return measure_volume_lesions(
        Image(hu, grid, **image), bones, lesion_map, fraction.astype(np.float32)
    )


@pytest.fixture(scope="module")
def volar():
    return coverage(GRID, ellipsoid((3.0, 4.0, 7.0), (0.5, 6.5, -1.0)))


def test_no_lesion_gives_nothing():
    assert measured(np.zeros(GRID.shape)) == ()


def test_a_lesion_is_measured_in_its_fingers_sagittal_plane(volar):
    (lesion,) = measured(volar, hands=(hand_of(index_finger()),))
    assert lesion.volume_mm3 == pytest.approx(np.pi / 6 * 3 * 4 * 7, rel=0.02)
    # A cut a few samples thick through a curved body is a little smaller than its largest.
    assert lesion.area_mm2 == pytest.approx(np.pi / 4 * 4 * 7, rel=0.06)
    assert lesion.pixel_area_mm2 == pytest.approx(lesion.area_mm2, rel=0.1)
    assert lesion.long_axis_mm == pytest.approx(7.0, abs=0.35)
    assert lesion.short_axis_mm == pytest.approx(4.0, abs=0.25)
    assert lesion.solidity > 0.95
    # The long axis lies along the finger, in space.
    ends = lesion.plane.index_to_mm([(0.0, *end) for end in lesion.long_axis_ends])
    assert abs(ends[1] - ends[0])[2] == pytest.approx(lesion.long_axis_mm, abs=0.4)
    np.testing.assert_allclose(ends.mean(axis=0), (0.5, 6.5, -1.0), atol=0.3)
    np.testing.assert_allclose(GRID.index_to_mm(lesion.centre), (0.5, 6.5, -1.0), atol=0.1)


def test_place_and_side_are_told(volar):
    (lesion,) = measured(volar, hands=(hand_of(index_finger()),))
    assert (lesion.bone, lesion.side, lesion.digit, lesion.aspect) == (1, "right", 2, "volar")
    assert lesion.mean_hu == pytest.approx(500.0)
    assert set(lesion.not_measured) == {"density_mg_cm3", "mass_mg", "depth_mm"}
    assert lesion.not_measured["depth_mm"] == "no skin is in view"
    left = index_finger(Laterality.LEFT)
    (lesion,) = measured(volar, hands=(hand_of(left, laterality=Laterality.LEFT),))
    assert lesion.side == "left"


def test_what_could_not_be_told_has_the_fingers_reason(volar):
    finger = index_finger(None, reason="a lone finger shows no side")
    (lesion,) = measured(volar, hands=(hand_of(finger, laterality=None),))
    assert (lesion.side, lesion.aspect) == (None, None)
    assert lesion.not_measured["side"] == lesion.not_measured["aspect"] == finger.reason


@pytest.mark.parametrize("side", [Laterality.RIGHT, Laterality.LEFT])
def test_the_plane_lies_so_far_towards_the_thumb_from_the_middle_of_the_bone(side):
    fraction = coverage(GRID, ball(4.0, (-2.0, 6.5, 0.0)))
    (lesion,) = measured(fraction, hands=(hand_of(index_finger(side), laterality=side),))
    # A right thumb is on the side of -x. Planes lie 0.25 mm apart.
    towards = 2.0 if side is Laterality.RIGHT else -2.0
    assert lesion.plane_offset_mm == pytest.approx(towards, abs=0.3)


def test_axes_surface_and_ellipsoid_of_an_ellipsoid(volar):
    (lesion,) = measured(volar)
    axes = (lesion.feret_diameter_max_mm, lesion.second_axis_mm, lesion.third_axis_mm)
    assert axes == pytest.approx((7.0, 4.0, 3.0), abs=0.25)
    assert lesion.ellipsoid_volume_mm3 == pytest.approx(0.52 * np.prod(axes))
    assert lesion.ellipsoid_volume_mm3 == pytest.approx(lesion.volume_mm3, rel=0.08)
    assert lesion.surface_mm2 == pytest.approx(65.9, rel=0.04)  # Knud Thomsen's formula
    assert lesion.ellipse_misfit < 0.05


def test_contact_with_bone_is_an_area_and_a_share_of_the_surface():
    grid = volume_grid((40, 40, 40), (0.3, 0.3, 0.3))
    index = np.indices(grid.shape)
    fraction = ((abs(index - 19.5) < 8).all(axis=0)).astype(float)
    (away,) = measured(fraction, bone=index[0] < 8, grid=grid)
    (lesion,) = measured(fraction, bone=index[0] < 12, grid=grid)
    assert (away.bone_contact_mm2, away.bone_contact_share) == (0.0, 0.0)
    # One face of a cube of 4.8 mm, and about half a sample of the faces beside it.
    assert lesion.bone_contact_mm2 == pytest.approx(4.8**2, rel=0.25)
    assert lesion.bone_contact_share == lesion.bone_contact_mm2 / lesion.surface_mm2


def test_depth_is_the_least_distance_of_two_surfaces():
    grid = volume_grid((50, 60, 60), (0.5, 0.4, 0.4), tilt=(0.2, 0.1))
    body, deposit = coverage(grid, ball(18.0)), coverage(grid, ball(3.0, (0.0, 5.0, 0.0)))
    (lesion,) = measured_in(-1000.0 + 1040.0 * body, deposit, grid)
    assert lesion.depth_mm == pytest.approx(9.0 - 6.5, abs=0.15)
    assert "depth_mm" not in lesion.not_measured


def test_a_windowed_volume_gives_no_depth():
    grid = volume_grid((20, 20, 20), (0.5, 0.5, 0.5))
    (lesion,) = measured_in(
        np.zeros(grid.shape), coverage(grid, ball(3.0)), grid, clipped_hu=(-300.0, 1200.0)
    )
    assert lesion.depth_mm is None
    assert "windowed at -300 HU" in lesion.not_measured["depth_mm"]


def test_near_the_wrist_the_hands_plane_is_taken(volar):
    (lesion,) = measured(volar, bone_label=60, hands=(hand_of(index_finger()),))
    assert lesion.bone == 60
    assert lesion.area_mm2 == pytest.approx(np.pi / 4 * 4 * 7, rel=0.06)
    assert (lesion.side, lesion.digit, lesion.aspect) == ("right", None, None)
    assert lesion.not_measured["digit"] == "the nearest bone is no finger's"


def test_without_a_hand_the_largest_plane_of_the_array_is_taken():
    grid = volume_grid((24, 30, 26), (0.6, 0.5, 0.5))
    fraction = coverage(grid, ellipsoid((4.0, 7.0, 5.0)))
    (lesion,) = measured(fraction, bone=np.zeros(grid.shape, bool), grid=grid)
    assert lesion.area_mm2 == pytest.approx(np.pi / 4 * 7 * 5, rel=0.06)
    assert lesion.bone == 0
    assert lesion.touches_bone is False
    assert lesion.not_measured["side"] == "no hand was recognised"


def test_each_sample_counts_by_what_mineral_fills_and_for_the_nearest_lesion():
    labels, fraction = np.zeros(GRID.shape, dtype=int), np.zeros(GRID.shape)
    labels[5, 5, 5], labels[5, 5, 11] = 1, 3
    fraction[5, 5, 5], fraction[5, 5, 6], fraction[5, 5, 11], fraction[5, 4, 11] = 1, 0.25, 0.8, 0.3
    first, second = measured(fraction, labels)
    sample = sample_size(GRID)
    assert (first.number, second.number) == (1, 3)
    assert first.volume_mm3 == pytest.approx(1.25 * sample)
    assert second.volume_mm3 == pytest.approx(1.1 * sample)
    for lesion in (first, second):
        interval = lesion.volume_interval
        assert 0.0 <= interval.low < lesion.volume_mm3 < interval.high


@pytest.mark.parametrize(("gap", "touches"), [(1, True), (2, False)])
def test_bone_within_one_sample_is_touched(gap, touches):
    grid = volume_grid((9, 9, 9), (0.6, 0.6, 0.6))
    labels, bone = np.zeros(grid.shape, dtype=int), np.zeros(grid.shape, bool)
    labels[4, 4, 4] = 1
    bone[4 + gap] = True
    (lesion,) = measured(labels == 1, labels, bone, grid=grid)
    assert lesion.touches_bone is touches


def test_a_windowed_volume_gives_no_mean_hu(volar):
    (lesion,) = measured(volar, clipped_hu=(-300.0, 1200.0))
    assert lesion.mean_hu is None
    assert "windowed" in lesion.not_measured["mean_hu"]
    assert "calibration" in lesion.not_measured["mass_mg"]


def test_a_picture_is_refused():
    grid = Grid.picture((4, 4), 0.4)
    empty = Segmentation(np.zeros(grid.shape), grid, {})
    with pytest.raises(NotMeasurable, match="found a picture of one slice"):
        measure_volume_lesions(Image(np.zeros(grid.shape), grid), empty, empty, empty.label_map)


def test_maps_of_another_grid_are_refused():
    image, fraction = Image(np.zeros(GRID.shape), GRID), np.zeros(GRID.shape, np.float32)
    own = Segmentation(fraction, GRID, {})
    other = Segmentation(fraction, GRID.flipped(0), {})
    for maps in ((other, own, fraction), (own, other, fraction), (own, own, fraction[1:])):
        with pytest.raises(InputError, match="the image's own grid"):
            measure_volume_lesions(image, *maps)


def test_two_lesions_of_one_ball_each_keep_their_half():
    fraction = coverage(GRID, ball(6.0, (0.0, 8.0, 0.0)))
    labels = np.where(fraction >= 0.5, 1, 0)
    upper = GRID.index_to_mm(np.indices(GRID.shape).transpose(1, 2, 3, 0))[..., 2] > 0
    labels[(labels == 1) & upper] = 2
    lesions = measured(fraction, labels)
    assert sum(lesion.volume_mm3 for lesion in lesions) == pytest.approx(
        fraction.sum() * sample_size(GRID), rel=1e-5
    )
