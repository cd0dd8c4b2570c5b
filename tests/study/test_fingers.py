from dataclasses import replace

from calcimetry.model import Bone, Digit, Grid, Image, Laterality, Phalanx, PhalanxCoverage
from calcimetry.study.fingers import finger_results, states, visible_shares
from calcimetry.study.page import _finger_line
from tests.volumes import fake_measure_volume, hand_hu


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
