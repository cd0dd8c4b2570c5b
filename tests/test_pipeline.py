from dataclasses import replace

import numpy as np
import pytest

from calcimetry import pipeline
from calcimetry.errors import NotMeasurable
from calcimetry.measurement.size import measure_lesions, total_area
from calcimetry.model import Grid, Image, Segmentation
from calcimetry.pipeline import measure
from calcimetry.plausible.scale import length_warning
from calcimetry.settings import Settings
from tests.drawing import BONES, ellipse, finger, rectangle

KMEANS = Settings(method="kmeans")
DEPOSITS = (
    (ellipse(4.0, 3.0, 0.5, centre=(-10.0, 7.0)), 700.0),
    (ellipse(2.4, 2.4, centre=(20.0, -8.0)), 500.0),
)


def picture(array, spacing_mm=0.4, **more) -> Image:
    return Image(array, Grid.picture(np.shape(array), spacing_mm), name="finger.jpg", **more)


@pytest.mark.parametrize("spacing_mm", [0.2, 0.4, 0.8])
@pytest.mark.parametrize("blur_mm", [0.25, 0.45])
def test_deposits_are_measured_and_nothing_else_is(spacing_mm, blur_mm):
    report = measure(finger(spacing_mm, deposits=DEPOSITS, blur_mm=blur_mm)[0], KMEANS)
    assert report.status == "complete"
    assert report.reason == ""
    first, second = sorted(report.lesions, key=lambda lesion: -lesion.area_mm2)
    assert first.area_mm2 == pytest.approx(np.pi * 3.0, rel=0.07)
    assert second.area_mm2 == pytest.approx(np.pi * 1.44, rel=0.2)
    assert first.long_axis_mm == pytest.approx(4.0, abs=0.35)
    assert first.short_axis_mm == pytest.approx(3.0, abs=0.35)
    assert (first.bone, second.bone) == (2, 1)
    assert report.area_mm2 == pytest.approx(first.area_mm2 + second.area_mm2)
    assert report.ellipse_area_mm2 == pytest.approx(
        first.ellipse_area_mm2 + second.ellipse_area_mm2
    )
    assert report.area_interval.low < np.pi * 4.44 < report.area_interval.high
    assert report.not_measured == {}
    assert report.method == "kmeans"


def test_a_healthy_finger_has_no_lesion():
    report = measure(finger()[0], KMEANS)
    assert report.lesions == ()
    assert report.area_mm2 == 0.0
    assert report.area_interval is None
    assert report.not_measured == {
        "area_interval": "no lesion was found; what may have been missed has no interval"
    }
    assert report.status == "complete"


def test_a_ring_is_left_out_and_told_and_a_deposit_farther_off_is_measured():
    bars = tuple((rectangle(5.0, 2.0, centre=(18.0, side * 12.0)), 3000.0) for side in (-1, 1))
    report = measure(finger(deposits=(*bars, DEPOSITS[0]))[0], KMEANS)
    (lesion,) = report.lesions
    assert lesion.area_mm2 == pytest.approx(np.pi * 3.0, rel=0.1)
    assert any("as a metal ring's do: they and what" in text for text in report.warnings)
    one_bar = measure(finger(deposits=(bars[0], DEPOSITS[0]))[0], KMEANS)
    assert len(one_bar.lesions) == 2


def test_a_missing_phalanx_makes_the_result_partial():
    report = measure(finger(bones=BONES[:2])[0], KMEANS)
    assert report.status == "partial"
    assert report.reason == "no proximal phalanx was found"


def test_a_phalanx_at_the_border_makes_the_result_partial():
    image, _ = finger()
    cut = image.array[0, :210]
    report = measure(picture(cut, clipped_hu=image.clipped_hu), KMEANS)
    assert report.status == "partial"
    assert "border cuts the proximal phalanx" in report.reason


def test_a_spacing_that_was_not_tested_is_a_warning():
    for spacing_mm in (0.1, 1.0):
        assert measure(finger(spacing_mm)[0], KMEANS).warnings == ()
    (warning,) = measure(finger(1.2)[0], KMEANS).warnings
    assert warning == ("The pixel spacing is 1.2 mm: accuracy was only tested from 0.1 to 1.0 mm.")


def test_a_pixel_spacing_that_makes_bones_too_long_is_a_warning():
    image, _ = finger(0.4)
    scaled = picture(image.array[0], 1.0, clipped_hu=image.clipped_hu)
    (warning,) = measure(scaled, KMEANS).warnings
    assert "where 15 to 80 mm is expected: check the pixel spacing (1 mm)" in warning


@pytest.mark.parametrize("missing", [(), ("no distal phalanx was found",)])
def test_bones_too_short_are_a_warning_where_none_is_missing(missing):
    labels = np.zeros((60, 20), int)
    labels[5:55, 8:12] = 1
    bones = Segmentation(labels, Grid.picture(labels.shape, 0.1), {1: "proximal phalanx"})
    assert ("is 5 mm long" in length_warning(bones, missing)) is (missing == ())


def noise(low, high):
    return np.random.default_rng(0).uniform(low, high, (100, 60))


def bar():
    array = np.full((100, 60), -300.0)
    array[20:80, 25:35] = 1200.0
    return array


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((50, 50), -300.0), "blank, every pixel holds -300 HU"),
        (np.full((50, 50), 1200.0), "blank, every pixel holds 1200 HU"),
        (np.zeros((1, 1)), "blank"),
        (noise(-300.0, 1200.0), "this is noise"),
        (900.0 - finger()[0].array[0], "Is the grey scale inverted"),
        (bar(), "at least 50 mm2 of soft tissue, found"),
        (finger(bones=())[0].array[0], "no phalanx was found"),
    ],
    ids=["black", "white", "one pixel", "noise", "inverted", "no soft tissue", "no bone"],
)
def test_what_is_no_finger_is_refused_with_its_reason(array, message):
    with pytest.raises(NotMeasurable, match=message) as caught:
        measure(picture(array), KMEANS)
    assert "finger.jpg" in str(caught.value)


def test_another_unit_is_refused():
    with pytest.raises(NotMeasurable, match="expected intensities in HU, found 'mg/cm3'"):
        measure(picture(finger()[0].array[0], unit="mg/cm3"), KMEANS)


def test_urate_is_measured_but_in_no_total(monkeypatch):
    def with_urate(*given):
        calcium, gout = measure_lesions(*given)
        return calcium, replace(gout, material="urate")

    monkeypatch.setattr(pipeline, "measure_lesions", with_urate)
    report = measure(finger(deposits=DEPOSITS)[0], KMEANS)
    calcium, _ = report.lesions
    assert report.lesion_count == 1
    assert report.area_mm2 == calcium.area_mm2
    assert report.area_interval == total_area([calcium])[1]
    assert report.ellipse_area_mm2 == calcium.ellipse_area_mm2
