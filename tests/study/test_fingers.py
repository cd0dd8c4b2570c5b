"""What is seen of fingers, and their totals."""

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.files.patients import patient_results
from calcimetry.files.results import Result
from calcimetry.measurement.size import AreaErrorModel
from calcimetry.measurement.volume_error import VolumeErrorModel
from calcimetry.model import (
    Bone,
    Digit,
    Grid,
    Image,
    Interval,
    Laterality,
    Phalanx,
    PhalanxCoverage,
)
from calcimetry.settings import Settings
from calcimetry.study.fingers import finger_results, states, visible_shares
from calcimetry.study.page import _finger_line
from calcimetry.study.writing import measured_result
from tests.volumes import SHAPE, fake_measure_volume, hand_hu


def finding(digit, bone, state, share, reason=""):
    return PhalanxCoverage(Phalanx(digit, bone, Laterality.RIGHT), state, share, reason)


THUMB = (
    finding(Digit.THUMB, Bone.PROXIMAL_PHALANX, "complete", 1.0),
    finding(Digit.THUMB, Bone.DISTAL_PHALANX, "resorbed", 0.4, "only 40% is there"),
)
INDEX = (finding(Digit.INDEX, Bone.PROXIMAL_PHALANX, "complete", 1.0),)


def test_each_finger_has_what_was_found_of_its_own_phalanges():
    hu = hand_hu()
    report = fake_measure_volume(
        Image(hu, Grid(hu.shape, [[0, 0, 0.8, 0], [0, 0.9, 0, 0], [1.0, 0, 0, 0], [0, 0, 0, 1]]))
    )
    thumb, index = finger_results(replace(report, coverage=(*THUMB, *INDEX)))
    assert thumb.coverage == {"proximal_phalanx": "complete", "distal_phalanx": "resorbed"}
    assert thumb.visible_share == {"visible_share_proximal": 1.0, "visible_share_distal": 0.4}
    assert (thumb.status, thumb.reason) == ("partial", "only 40% is there")
    assert (index.status, index.reason) == ("complete", "")
    assert _finger_line(thumb).coverage == {
        "proximal phalanx": "complete",
        "distal phalanx": "resorbed, 40% seen",
    }


def test_states_and_shares_are_named_as_columns():
    assert states(INDEX) == {"proximal_phalanx": "complete"}
    assert visible_shares(INDEX) == {"visible_share_proximal": 1.0}


@pytest.fixture
def report():
    """Lesion 1 lies on the index, 2 on the thumb, 3 on the index; each weighs its number in mg."""
    made = fake_measure_volume(Image(hand_hu(), Grid(SHAPE, np.eye(4))))
    lesions = tuple(
        replace(
            one,
            mass_mg=float(one.number),
            mass_interval=Interval(0.8 * one.number, 1.2 * one.number),
            mass_shared_mg=0.1 * one.number,
        )
        for one in made.lesions
    )
    return replace(made, lesions=lesions, mass_mg=6.0)


def test_mass_adds_up_per_finger(report):
    thumb, index = finger_results(report)
    assert (thumb.mass_mg, index.mass_mg) == (2.0, 4.0)
    own = (0.2**2 - 0.1**2) + (0.6**2 - 0.3**2)
    assert index.mass_interval.high - 4.0 == pytest.approx((own + 0.4**2) ** 0.5)


def test_totals_of_fingers_hands_and_patients_have_the_intervals_of_the_runs_settings(report):
    sure = Settings(
        area_error=replace(AreaErrorModel.exact(), missed_size=4.0),
        volume_error=replace(VolumeErrorModel.exact(), missed_size=500.0),
    )
    exact = [
        replace(
            one,
            area_interval=Interval(one.area_mm2, one.area_mm2),
            volume_interval=Interval(one.volume_mm3, one.volume_mm3),
        )
        for one in report.lesions
    ]
    total = sum(one.volume_mm3 for one in exact)
    report = replace(
        report,
        lesions=tuple(exact),
        area_interval=Interval(report.area_mm2, report.area_mm2 + 4.0),
        volume_mm3=total,
        volume_interval=Interval(total, total + 500.0),
    )
    tried = Result("hand", "hand", "key", "complete", columns={"patient": "P01"})
    result = measured_result(tried, report, (), sure)
    (patient,) = patient_results([result])
    hand = result.hands[0].burden
    for one in (*result.fingers, hand, patient.burden):
        assert one.area_interval.high == pytest.approx(one.area_mm2 + 4.0)
        assert one.volume_interval.high == pytest.approx(one.volume_mm3 + 500.0)


def test_urate_counts_for_itself_alone(report):
    urate = replace(report.lesions[0], material="urate", mass_mg=None, mass_interval=None)
    changed = replace(report, lesions=(urate, *report.lesions[1:]))
    _, before = finger_results(report)
    _, index = finger_results(changed)
    assert (index.lesion_count, index.urate_count, index.mass_mg) == (1, 1, 3.0)
    assert index.volume_mm3 == pytest.approx(before.volume_mm3 - urate.volume_mm3)
    assert index.area_mm2 == pytest.approx(before.area_mm2 - urate.area_mm2)
    assert changed.lesion_count == 2


def test_without_a_calibration_no_finger_has_a_mass(report):
    fingers = finger_results(replace(report, mass_mg=None, uncalibrated="no tube voltage"))
    assert all(one.mass_mg is None for one in fingers)
    assert all(one.not_measured["mass_mg"] == "no tube voltage" for one in fingers)


def test_an_image_says_why_it_has_no_mass(report):
    lost = replace(report.lesions[0], mass_mg=None, not_measured={"mass_mg": "no tube voltage"})
    changed = replace(report, lesions=(lost,), mass_mg=None)
    assert changed.not_measured["mass_mg"] == "no tube voltage"
    empty = replace(report, lesions=(), mass_mg=0.0)
    assert "no lesion was found" in empty.not_measured["mass_interval"]
