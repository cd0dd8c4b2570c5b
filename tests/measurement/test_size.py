from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.measurement.size import AreaErrorModel, measure_lesions, total_area
from calcimetry.model import Grid, Image, Segmentation
from tests.drawing import ellipse, pixel_coverage

SIZES = (
    "area_mm2",
    "pixel_area_mm2",
    "long_axis_mm",
    "short_axis_mm",
    "ellipse_area_mm2",
    "perimeter_mm",
    "solidity",
    "ellipse_misfit",
)
WINDOW = (-300.0, 1200.0)


def segmentation(labels: np.ndarray, grid: Grid) -> Segmentation:
    return Segmentation(labels, grid, {n: str(n) for n in range(1, 10)})


def measured(labels, fraction, spacing_mm=0.4, bones=None, clipped_hu=WINDOW):
    grid = Grid.picture(labels.shape, spacing_mm)
    bones = np.zeros(labels.shape, dtype=int) if bones is None else bones
    return measure_lesions(
        Image(np.zeros(labels.shape), grid, clipped_hu=clipped_hu),
        segmentation(bones, grid),
        segmentation(labels, grid),
        fraction[None].astype(np.float32),
    )


def test_no_lesion_gives_nothing():
    assert measured(np.zeros((5, 5), dtype=int), np.zeros((5, 5))) == ()
    assert total_area(()) == (0.0, None)


def test_each_pixel_counts_by_what_mineral_fills_even_past_the_lesions_own_pixels():
    labels = np.zeros((5, 9), dtype=int)
    labels[2, 2], labels[2, 6] = 1, 2
    fraction = np.zeros((5, 9))
    fraction[2, 2], fraction[2, 3], fraction[2, 6], fraction[1, 6] = 1.0, 0.25, 0.8, 0.3
    first, second = measured(labels, fraction)
    assert first.area_mm2 == pytest.approx(1.25 * 0.16)
    assert second.area_mm2 == pytest.approx(1.1 * 0.16)
    assert first.pixel_area_mm2 == second.pixel_area_mm2 == pytest.approx(0.16)
    assert first.centre == pytest.approx((0.0, 2.0, 2.2))


def test_a_lesion_without_mineral_is_measured_by_its_pixels():
    labels = np.zeros((4, 4), dtype=int)
    labels[1:3, 1:3] = 1
    (lesion,) = measured(labels, np.zeros((4, 4)))
    assert lesion.area_mm2 == lesion.pixel_area_mm2 == pytest.approx(0.64)


@pytest.mark.parametrize(
    ("spacing_mm", "gap", "touches"),
    [(0.2, 2, True), (0.2, 3, False), (0.4, 1, True), (0.4, 2, False), (0.8, 1, True)],
)
def test_bone_within_half_a_millimetre_or_a_pixel_is_touched(spacing_mm, gap, touches):
    labels, bones = np.zeros((5, 12), dtype=int), np.zeros((5, 12), dtype=int)
    labels[2, 3] = 1
    bones[:, 3 + gap], bones[:, 11] = 2, 1
    (lesion,) = measured(labels, labels == 1, spacing_mm, bones)
    assert lesion.touches_bone is touches
    assert lesion.bone == 2


def test_without_bone_none_is_near():
    labels = np.zeros((3, 3), dtype=int)
    labels[1, 1] = 1
    (lesion,) = measured(labels, labels == 1)
    assert lesion.bone == 0
    assert lesion.touches_bone is False


def test_a_windowed_picture_gives_no_density_and_says_why():
    labels = np.zeros((3, 3), dtype=int)
    labels[1, 1] = 1
    (lesion,) = measured(labels, labels == 1)
    for name in ("mean_hu", "density_mg_cm3", "mass_mg"):
        assert getattr(lesion, name) is None
        assert "above 1200 HU" in lesion.not_measured[name]
    assert lesion.volume_mm3 is None
    assert "thickness" in lesion.not_measured["volume_mm3"]
    (lesion,) = measured(labels, labels == 1, clipped_hu=None)
    assert "calibrated" in lesion.not_measured["mass_mg"]


def test_intervals_hold_the_area_and_their_halves_add_in_quadrature():
    labels = np.zeros((20, 20), dtype=int)
    labels[2:6, 2:6], labels[10:16, 10:16] = 1, 2
    lesions = measured(labels, labels > 0)
    for lesion in lesions:
        assert 0.0 <= lesion.area_interval.low < lesion.area_mm2 < lesion.area_interval.high
    above = [lesion.area_interval.high - lesion.area_mm2 for lesion in lesions]
    below = [lesion.area_mm2 - lesion.area_interval.low for lesion in lesions]
    model = replace(AreaErrorModel(), false_size=0.3, missed_size=0.7)
    total, interval = total_area(lesions, model)
    assert total == pytest.approx(52 * 0.16)
    assert interval.high - total == pytest.approx(np.hypot(0.7, np.hypot(*above)))
    assert total - interval.low == pytest.approx(np.hypot(0.3, np.hypot(*below)))


@pytest.mark.parametrize(("gap", "share"), [(1, 0.0), (2, 0.0), (0, 0.25)])
def test_contact_with_bone_is_the_part_of_the_outline_that_lies_at_it(gap, share):
    labels, bones = np.zeros((40, 40), dtype=int), np.zeros((40, 40), dtype=int)
    labels[10:30, 10:30] = 1
    # Bone one pixel and the reach of half a millimetre away is no longer at the outline.
    bones[10:30, 30 + (0 if gap == 0 else 3 + gap)] = 2
    (lesion,) = measured(labels, labels == 1, 0.2, bones)
    # Where the outline turns its corners, up to the reach of the sides beside it is near too.
    assert lesion.bone_contact_share == pytest.approx(share, abs=0.08)
    assert (lesion.bone_contact_share > 0) is (gap == 0)


def test_an_ellipse_fits_its_axes_and_an_elbow_does_not():
    elbow = np.zeros((30, 30), dtype=int)
    elbow[2:28, 2:6] = elbow[24:28, 2:28] = 1
    (bent,) = measured(elbow, elbow)
    disc = pixel_coverage((30, 30), (0.4, 0.4), ellipse(8.0, 8.0))
    (full,) = measured((disc >= 0.5).astype(int), disc)
    assert full.ellipse_misfit < 0.05
    assert bent.ellipse_misfit > 0.5


def test_in_a_large_picture_each_lesion_is_measured_as_in_its_own():
    disc = pixel_coverage((24, 30), (0.4, 0.4), ellipse(5.0, 3.0, 0.4))
    fraction = np.zeros((90, 80))
    fraction[50:74, 40:70] = disc
    (alone,) = measured((disc >= 0.5).astype(int), disc)
    (placed,) = measured((fraction >= 0.5).astype(int), fraction)
    for name in SIZES:
        assert getattr(placed, name) == pytest.approx(getattr(alone, name), rel=1e-9)
    assert placed.centre == pytest.approx(np.add(alone.centre, (0, 50, 40)))
    np.testing.assert_allclose(placed.long_axis_ends, np.add(alone.long_axis_ends, (50, 40)))


def test_a_volume_is_refused():
    grid = Grid((2, 3, 3), np.eye(4))
    empty = segmentation(np.zeros(grid.shape), grid)
    with pytest.raises(NotMeasurable, match="found 2 slices"):
        measure_lesions(
            Image(np.zeros(grid.shape), grid), empty, empty, np.zeros(grid.shape, np.float32)
        )


def test_maps_on_another_grid_are_refused():
    grid, other = Grid.picture((3, 3), 0.4), Grid.picture((3, 3), 0.5)
    empty, image = segmentation(np.zeros((3, 3)), grid), Image(np.zeros((3, 3)), grid)
    moved = segmentation(np.zeros((3, 3)), other)
    fraction = np.zeros(grid.shape, np.float32)
    for arguments in (
        (moved, empty, fraction),
        (empty, moved, fraction),
        (empty, empty, fraction[0]),
    ):
        with pytest.raises(InputError, match="the image's own grid"):
            measure_lesions(image, *arguments)


@settings(max_examples=30, deadline=None)
@given(
    long=st.floats(1.0, 7.0),
    ratio=st.floats(0.3, 1.0),
    angle=st.floats(0.0, 3.1),
    turns=st.integers(0, 3),
    mirror=st.booleans(),
    spacing_mm=st.sampled_from([0.2, 0.4, 0.7]),
)
def test_turning_or_mirroring_the_picture_changes_no_size(
    *, long, ratio, angle, turns, mirror, spacing_mm
):
    fraction = pixel_coverage(
        (41, 47), (spacing_mm,) * 2, ellipse(long, long * ratio, angle, (0.11, 0.3)), oversample=5
    )
    fraction[3, 3] = 1.0
    labels = (fraction >= 0.5).astype(int)
    labels[3, 3] = 2

    def turned(array: np.ndarray) -> np.ndarray:
        array = np.rot90(array, turns)
        return array[:, ::-1] if mirror else array

    before = {lesion.number: lesion for lesion in measured(labels, fraction, spacing_mm)}
    after = {
        lesion.number: lesion for lesion in measured(turned(labels), turned(fraction), spacing_mm)
    }
    assert before.keys() == after.keys()
    for number, lesion in before.items():
        for name in SIZES:
            assert getattr(after[number], name) == pytest.approx(getattr(lesion, name), rel=1e-6)
