import numpy as np
import pytest

from calcimetry.coverage.phalanges import expected_phalanges, phalanx_coverage
from calcimetry.model import Digit, Grid, Laterality, Segmentation
from tests.coverage.fingers import far_end_mm, hand, lesion, named, nothing, picture

DIGITS = [(digit, None) for digit in list(Digit)[1:]]


def of(bones: Segmentation, lesions: Segmentation | None = None):
    return phalanx_coverage(bones, nothing(bones) if lesions is None else lesions)


def states(coverage):
    return [one.state for one in coverage]


def test_the_thumb_has_no_middle_phalanx_to_miss():
    assert [phalanx.label for phalanx in expected_phalanges(Digit.THUMB)] == [11, 13]


@pytest.mark.parametrize("turns", range(4))
def test_three_whole_phalanges_are_complete_any_way_round(turns):
    bones = picture()
    turned = np.rot90(bones.label_map[0], turns)
    grid = Grid.picture(turned.shape, 0.5)
    coverage = of(named(turned, grid))
    assert states(coverage) == ["complete"] * 3
    assert [one.reason for one in coverage] == [""] * 3
    assert [one.visible_share for one in coverage] == [1.0] * 3
    assert [one.phalanx.label for one in coverage] == [1, 2, 3]


def test_a_phalanx_at_the_border_is_cut_and_as_much_as_is_seen_is_told():
    whole = picture()
    shown = named(whole.label_map[0, 56:], Grid.picture((164, 60), 0.5))
    proximal, middle, distal = of(shown)
    assert proximal.state == "cut by the field of view"
    assert proximal.reason == "the picture's border cuts the proximal phalanx"
    assert proximal.visible_share == pytest.approx(0.5, abs=0.06)
    assert (middle.state, distal.state) == ("complete", "complete")


def test_a_phalanx_beyond_the_border_is_out_of_view():
    whole = picture()
    rows = round((far_end_mm(2) + 0.5) / 0.5)
    shown = named(whole.label_map[0, :rows], Grid.picture((rows, 60), 0.5))
    *_, distal = of(shown)
    assert distal.state == "cut by the field of view"
    assert distal.reason == "the distal phalanx lies outside the picture"
    assert distal.visible_share == 0.0


def test_a_phalanx_that_is_missing_is_not_found():
    proximal, middle, distal = of(picture({3: 0.0}))
    assert (proximal.state, middle.state) == ("complete", "complete")
    assert (distal.state, distal.visible_share) == ("not found", 0.0)
    assert distal.reason == "no distal phalanx was found"


def test_a_middle_phalanx_that_is_too_short_is_off_the_plane():
    _, middle, _ = of(picture({2: 12.0}))
    assert middle.state == "off-plane"
    assert middle.visible_share == pytest.approx(0.5, abs=0.07)
    assert "the plane grazes bone: only 4" in middle.reason or "only 5" in middle.reason


def test_an_interrupted_phalanx_is_off_the_plane():
    bones = picture()
    labels = bones.label_map[0].copy()
    middle = np.flatnonzero((labels == 1).any(axis=1))
    labels[middle[20:-20]] = 0
    proximal, *_ = of(named(labels, bones.grid))
    assert proximal.state == "off-plane"
    assert proximal.visible_share == pytest.approx(0.5, abs=0.07)
    interrupted = named(labels, bones.grid)
    proximal, *_ = of(interrupted, lesion(interrupted, (20.0, 36.0)))
    assert proximal.state == "obscured by lesion or artefact"


def test_a_phalanx_a_quarter_shorter_than_expected_counts_as_whole():
    assert states(of(picture({1: 32.0})))[0] == "complete"
    assert states(of(picture({1: 26.0})))[0] == "off-plane"


def test_a_lesion_where_the_rest_should_be_obscures_a_phalanx():
    bones = picture({2: 12.0})
    hidden = lesion(bones, (far_end_mm(2) - 12.0, far_end_mm(2)))
    proximal, middle, distal = of(bones, hidden)
    assert middle.state == "obscured by lesion or artefact"
    assert middle.reason == "a lesion lies where the rest of the middle phalanx should be"
    assert middle.visible_share == pytest.approx(0.5, abs=0.07)
    assert (proximal.state, distal.state) == ("complete", "complete")


@pytest.mark.parametrize("label", [1, 2, 3])
def test_a_lesion_in_its_place_obscures_a_phalanx_that_is_missing(label):
    bones = picture({label: 0.0})
    far = far_end_mm(label)
    found = of(bones, lesion(bones, (far - 20.0, far)))[label - 1]
    assert found.state == "obscured by lesion or artefact"
    assert found.reason == f"a lesion lies where the {found.phalanx.name} should be"
    elsewhere = of(bones, lesion(bones, (95.0, 105.0)))[label - 1]
    assert elsewhere.state == "not found"


def test_a_tip_that_tapers_on_its_joint_is_resorbed():
    bones = picture({3: 8.0})
    labels = bones.label_map[0].copy()
    rows = np.flatnonzero((labels == 3).any(axis=1))
    for place, row in enumerate(rows):
        half = round(6 - 4 * place / len(rows))
        labels[row] = 0
        labels[row, 30 - half : 30 + half] = 3
    *_, distal = of(named(labels, bones.grid))
    assert distal.state == "resorbed"
    assert "resorbed (acro-osteolysis), or the plane leaves it" in distal.reason
    *_, blunt = of(bones)
    assert blunt.state == "off-plane"


def test_a_hand_of_published_lengths_is_complete():
    coverage = phalanx_coverage(hand(), nothing(hand()), DIGITS)
    assert len(coverage) == 14
    assert states(coverage) == ["complete"] * 14


def test_a_short_tip_of_a_volume_is_resorbed_and_another_bone_found_in_part():
    bones = hand({33: 0.5, 42: 0.5})
    found = {one.phalanx.label: one for one in phalanx_coverage(bones, nothing(bones), DIGITS)}
    assert found[33].state == "resorbed"
    assert found[33].visible_share == pytest.approx(0.5, abs=0.05)
    assert found[33].reason.endswith("is there: resorbed (acro-osteolysis)")
    assert found[42].state == "not found"
    assert "of the expected length of the ring middle phalanx was found" in found[42].reason
    assert sum(one.state != "complete" for one in found.values()) == 2


def test_metal_obscures_as_a_lesion_does():
    bones = hand({22: 0.5})
    metal = np.zeros(bones.grid.shape, bool)
    rows = np.flatnonzero((bones.label_map == 23).any(axis=(1, 2)))
    metal[rows[0] - 16 : rows[0] - 1] = True
    found = {
        one.phalanx.label: one for one in phalanx_coverage(bones, nothing(bones), DIGITS, metal)
    }
    assert found[22].state == "obscured by lesion or artefact"
    assert found[22].reason.startswith("metal lies where the rest of the index middle phalanx")


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("place", [0, 1, -2, -1])
def test_a_volume_cuts_what_comes_within_a_sample_of_any_side(axis, place):
    whole = hand(digits=(Digit.INDEX,)).label_map
    labels = np.where(whole, whole + 100, 0).astype(int)
    where = np.flatnonzero((labels == 123).any(axis=tuple(k for k in range(3) if k != axis)))
    first, last = where[0] - max(place, 0), where[-1] + 1 + max(-1 - place, 0)
    kept = slice(first, None) if place >= 0 else slice(None, last)
    labels = labels.swapaxes(0, axis)[kept].swapaxes(0, axis)
    left = named(labels, Grid(labels.shape, np.eye(4)))
    found = phalanx_coverage(left, nothing(left), [(Digit.INDEX, Laterality.LEFT)])
    assert found[2].state == "cut by the field of view"
    assert found[2].reason == "the volume's border cuts the left index distal phalanx"


def test_fingers_that_cannot_be_told_apart_are_not_held_against_lengths():
    bones = hand({21: 0.2}, digits=(Digit.INDEX, Digit.RING))
    unknown = named(bones.label_map % 10, bones.grid)
    two = phalanx_coverage(unknown, nothing(unknown), [(Digit.UNKNOWN, None)] * 2)
    assert states(two) == ["complete"] * 3
    cut = unknown.label_map.astype(int)
    cut[cut == 3] = 0
    shown = named(cut[6:], Grid((98, 40, 20), np.eye(4)))
    two = phalanx_coverage(shown, nothing(shown), [(Digit.UNKNOWN, None)] * 2)
    assert states(two) == ["cut by the field of view", "complete", "not found"]


def test_nothing_found_is_told_of_each_phalanx():
    bones = picture({1: 0.0, 2: 0.0, 3: 0.0})
    assert states(of(bones)) == ["not found"] * 3
