"""Two visits compared end to end."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.errors import InputError
from calcimetry.followup.align import AlignmentSettings
from calcimetry.followup.compare import FollowUpSettings, compare_visits
from calcimetry.followup.match import MatchSettings
from calcimetry.followup.rigid import turn_about
from calcimetry.followup.visit import Visit
from calcimetry.measurement.volume import measure_volume_lesions
from calcimetry.model import Image, Segmentation
from tests.followup.lesions import block_visit, bones_of, turned

TILT = turn_about(np.array([0.48, 0.6, 0.64]), np.deg2rad(20.0))


def with_lesions(visit: Visit, balls: list[tuple[float, float]], name: str, **more) -> Visit:
    """The finger with balls of a radius beside its proximal phalanx, along it by mm."""
    label = next(n for n in visit.bones.labels if n % 10 == 1)
    grid = visit.bones.grid
    points = grid.index_to_mm(np.stack(np.indices(grid.shape), axis=-1))
    own = points[visit.bones.label_map == label]
    axis = np.linalg.svd(own - own.mean(axis=0), full_matrices=False)[2][0]
    aside = np.linalg.svd(axis[None])[2][1]
    found = np.zeros(grid.shape, int)
    for number, (along, radius) in enumerate(balls, 1):
        centre = own.mean(axis=0) + along * axis + 11.0 * aside
        found[np.linalg.norm(points - centre, axis=-1) <= radius] = number
    meanings = {n: f"calcification {n}" for n in range(1, len(balls) + 1)}
    lesion_map = Segmentation(found, grid, meanings)
    lesions = measure_volume_lesions(
        Image(np.zeros(grid.shape), grid), visit.bones, lesion_map, (found > 0).astype(np.float32)
    )
    return replace(visit, lesion_map=lesion_map, lesions=lesions, name=name, key=name, **more)


def elsewhere(visit: Visit) -> Visit:
    """The same visit, lying otherwise in the scanner."""
    shift = np.array([5.0, -8.0, 3.0])
    return replace(
        visit,
        bones=turned(visit.bones, TILT, shift),
        lesion_map=turned(visit.lesion_map, TILT, shift),
    )


@pytest.fixture(scope="module")
def compared(finger):
    """One stays, one grows, two merge, one splits off nothing, one comes and one goes."""
    first = with_lesions(
        finger[0], [(-16.0, 1.6), (-10.0, 1.6), (-3.5, 1.5), (0.5, 1.5), (8.0, 1.8)], "first"
    )
    last = with_lesions(finger[0], [(-16.0, 1.6), (-10.0, 2.5), (-1.5, 3.2), (14.0, 1.8)], "last")
    return compare_visits(first, elsewhere(last))


def test_what_became_of_each(compared):
    assert [(one.kind, one.baseline, one.later) for one in compared.lesions] == [
        ("persisted", (1,), (1,)),
        ("persisted", (2,), (2,)),
        ("merged", (3, 4), (3,)),
        ("disappeared", (5,), ()),
        ("appeared", (), (4,)),
    ]
    still, grew, merged, went, came = compared.lesions
    assert still.category == "stable"
    assert still.overlap > 0.9
    assert still.gap_mm == 0.0
    assert still.shift_mm < 0.3
    assert [one.category for one in (grew, merged, came)] == ["progression"] * 3
    assert went.category == "improvement"
    assert went.gap_mm is None
    assert went.shift_mm is None
    assert {one.reason for one in compared.lesions} == {""}


def test_axes_of_what_shows_twice(compared):
    still, grew, merged, went, _ = compared.lesions
    assert still.axes.long_last_mm == pytest.approx(still.axes.long_first_mm, abs=0.3)
    assert grew.axes.long_last_mm - grew.axes.long_first_mm == pytest.approx(1.2, abs=0.4)
    assert merged.axes.long_first_mm > 5.0
    assert went.axes is None
    assert went.not_measured["axes"] == "the lesion shows at one visit alone"


def test_totals_are_those_of_all_lesions(compared):
    total = compared.totals["volume_mm3"]
    assert total.first == pytest.approx(sum(one.volume_mm3 for one in compared.baseline.lesions))
    assert total.last == pytest.approx(sum(one.volume_mm3 for one in compared.later.lesions))
    assert total.category == "progression"
    assert "mass_mg" not in compared.totals
    assert "calibration" in compared.not_measured["mass_mg"]
    # Without hands no lesion has a digit.
    assert list(compared.fingers) == [(None, 0)]
    assert compared.fingers[None, 0]["volume_mm3"].absolute == total.absolute


def test_tracking_identifiers_are_the_baselines(compared):
    first = compared.lesions[0]
    assert first.tracking_id.endswith("proximal phalanx, lesion 1 of first")
    assert len({one.tracking_uid for one in compared.lesions}) == len(compared.lesions)
    assert compared.lesions[-1].tracking_id.endswith("lesion 4 of last")


def test_the_users_pairs_override(finger):
    first = with_lesions(finger[0], [(-10.0, 1.6), (0.0, 1.6)], "first")
    found = compare_visits(first, first, pairs=[(1, 2), (2, 0)])
    assert [(one.kind, one.baseline, one.later, one.by_user) for one in found.lesions] == [
        ("persisted", (1,), (2,), True),
        ("disappeared", (2,), (), True),
        ("appeared", (), (1,), False),
    ]


def test_what_lies_out_of_view_is_not_compared(finger):
    first = with_lesions(finger[0], [(-14.0, 1.6), (14.0, 1.6)], "first")
    slices = [np.argwhere(first.lesion_map.label_map == n)[:, 0] for n in (1, 2)]
    # Slices run from the tip to the wrist: those of the lesion nearer to the wrist are cut off.
    stop = int(max(one.min() for one in slices))
    grid = replace(first.bones.grid, shape=(stop, *first.bones.grid.shape[1:]))
    kept = int(np.argmin([one.max() for one in slices])) + 1
    last = Visit(
        "last",
        bones_of(first.bones.label_map[:stop], grid),
        Segmentation(first.lesion_map.label_map[:stop], grid, first.lesion_map.meanings),
        (first.lesion(kept),),
    )
    found = compare_visits(first, last)
    by_number = {one.baseline: one for one in found.lesions}
    assert by_number[kept,].kind == "persisted"
    out = by_number[3 - kept,]
    assert (out.kind, out.category, out.changes) == ("not compared", None, {})
    assert out.reason == "its place lies outside the field of view of visit 'last'"
    assert any("1 lesion is not compared" in text for text in found.warnings)
    assert found.totals["volume_mm3"].category == "stable"


def test_refused_bones_carry_nothing(finger):
    first = with_lesions(finger[0], [(0.0, 1.6)], "first")
    strict = FollowUpSettings(alignment=AlignmentSettings(1e-6, 0.0))
    found = compare_visits(first, with_lesions(finger[1], [], "last"), strict)
    assert not any(one.accepted for one in found.alignments)
    (one,) = found.lesions
    assert one.reason == "no bone near it could be aligned with visit 'last'"
    assert any("carry no lesion" in text for text in found.warnings)
    last = with_lesions(finger[1], [(0.0, 1.6)], "last")
    paired = compare_visits(first, last, strict, pairs=[(1, 1)])
    assert paired.lesions[0].kind == "persisted"
    assert paired.lesions[0].not_measured["axes"] == "no bone near it could be aligned"


def test_a_missing_bone_leaves_its_lesions_to_its_neighbour_if_near(finger):
    first = with_lesions(finger[0], [(-14.0, 1.6), (0.0, 1.6), (17.0, 1.6)], "first")
    labels = np.array(first.bones.label_map)
    label = first.lesions[1].bone
    labels[labels == label] = 0
    last = replace(first, bones=bones_of(labels, first.bones.grid), name="last")
    found = compare_visits(first, last)
    assert label not in {one.bone for one in found.alignments}
    by_number = {one.baseline: one for one in found.lesions if one.baseline}
    assert by_number[3,].kind == "persisted"  # beside the next bone
    assert by_number[2,].kind == "not compared"  # more than 15 mm from any


def test_urate_is_followed_but_in_no_total(finger):
    first = with_lesions(finger[0], [(-8.0, 1.6), (8.0, 1.6)], "first")
    urate = replace(first, lesions=(first.lesion(1), replace(first.lesion(2), material="urate")))
    found = compare_visits(urate, urate)
    assert len(found.lesions) == 2
    assert found.totals["volume_mm3"].first == pytest.approx(first.lesion(1).volume_mm3)


def test_a_lesion_without_plane_has_no_axes(finger):
    first = with_lesions(finger[0], [(0.0, 1.6)], "first")
    bare = replace(first, lesions=(replace(first.lesion(1), plane=None),))
    found = compare_visits(bare, bare)
    assert found.lesions[0].not_measured["axes"] == "the baseline's lesion has no plane"


def test_settings_of_the_scan_are_told(finger):
    first = with_lesions(finger[0], [(0.0, 1.6)], "first", kernel="Br40")
    found = compare_visits(first, replace(first, kernel="Br60"))
    assert "the kernel (Br40 first, Br60 later)" in found.warnings[0]
    assert found.lesions[0].changes["volume_mm3"].detectable_increase_percent > (
        compare_visits(first, first).lesions[0].changes["volume_mm3"].detectable_increase_percent
    )


def test_no_lesion_at_all(finger):
    none = with_lesions(finger[0], [], "first")
    found = compare_visits(none, none)
    assert found.lesions == ()
    assert found.totals == {}
    assert found.not_measured["volume_mm3"] == "there was nothing at either visit"


def test_visits_of_two_patients_are_refused():
    with pytest.raises(InputError, match="one patient"):
        compare_visits(block_visit(patient="a"), block_visit(patient="b"))


def shown(visit: Visit, dark: set[int] = frozenset()) -> Visit:
    """With an image in which bones and lesions are bright, but for the `dark` ones."""
    seen = np.isin(visit.lesion_map.label_map, sorted(set(visit.lesion_map.labels) - dark))
    hu = np.where(visit.bones.label_map > 0, 1300.0, np.where(seen, 700.0, 40.0))
    noise = np.random.default_rng(1).normal(0.0, 10.0, hu.shape)
    return replace(visit, image=Image(ndimage.gaussian_filter(hu, 0.5) + noise, visit.bones.grid))


@pytest.fixture(scope="module")
def pictured(finger):
    """Lesions 1 and 2 stay, the second is drawn smaller later; 3 is not drawn later; 4 goes."""
    there = [(-16.0, 1.6), (-10.0, 2.2), (-2.0, 1.8), (8.0, 1.8)]
    full = with_lesions(finger[0], there, "first")
    first = shown(full)
    less = with_lesions(finger[0], [(-16.0, 1.6), (-10.0, 1.5)], "last")
    return first, replace(less, image=shown(full, {4}).image)


def test_borders_drawn_otherwise_are_no_change_where_images_are_at_hand(pictured):
    first, last = pictured
    _, two, *_ = compare_visits(first, last).lesions
    volume = two.changes["volume_mm3"]
    assert abs(volume.relative_percent) < 5.0
    assert two.category == "stable"
    assert two.together["volume_mm3"] == pytest.approx(volume.last / volume.first)
    both = first.lesion(2).volume_mm3 + last.lesion(2).volume_mm3
    assert volume.first + volume.last == pytest.approx(both)
    _, alone, *_ = compare_visits(replace(first, image=None), last).lesions
    assert alone.together == {}
    assert alone.changes["volume_mm3"].relative_percent < -50.0


def test_what_one_visit_did_not_draw_is_measured_in_its_place(pictured):
    found = compare_visits(*pictured)
    assert [(one.kind, one.baseline, one.later) for one in found.lesions] == [
        ("persisted", (1,), (1,)),
        ("persisted", (2,), (2,)),
        ("seen once", (3,), ()),
        ("disappeared", (4,), ()),
    ]
    three, four = found.lesions[2:]
    assert three.category == "stable"
    assert abs(three.changes["volume_mm3"].relative_percent) < 10.0
    assert "one visit alone drew it" in three.not_measured["area_mm2"]
    assert four.changes["volume_mm3"].last == 0.0
    total = found.totals["volume_mm3"]
    drawn = [one.volume_mm3 for one in found.baseline.lesions]
    assert total.first - total.last == pytest.approx(drawn[3], rel=0.2)
    # The other way round it came, and three is there all the same.
    back = compare_visits(*reversed(pictured))
    assert [one.kind for one in back.lesions] == [
        *("persisted", "persisted", "seen once", "appeared")
    ]


def test_the_users_none_is_none(pictured):
    found = compare_visits(*pictured, pairs=[(3, 0)])
    assert found.lesions[2].kind == "disappeared"
    strict = FollowUpSettings(matching=MatchSettings(seen_once=1.5))
    assert compare_visits(*pictured, strict).lesions[2].kind == "disappeared"


def test_other_energies_are_not_measured_together(pictured):
    first, last = pictured
    other = compare_visits(
        replace(first, tube_settings=("80", "Sn150")), replace(last, tube_settings=("120",))
    )
    assert [one.together for one in other.lesions] == [{}] * 4
    assert other.lesions[2].kind == "disappeared"


def test_other_rods_leave_volumes_measured_together(pictured):
    rods = compare_visits(*(replace(v, calibration=c) for v, c in zip(pictured, "ab", strict=True)))
    assert [sorted(one.together) for one in rods.lesions[:3]] == [["volume_mm3"]] * 3
