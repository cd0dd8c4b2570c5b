"""Names that stay the same."""

from calcimetry.followup.tracking import tracking_id, tracking_uid


def test_ids_say_where_and_which():
    assert tracking_id(143, 2, "day 1") == "left ring distal phalanx, lesion 2 of day 1"
    assert tracking_id(0, 2, "day 1") == "lesion 2 of day 1"


def test_uids_are_the_same_again_and_of_one_lesion():
    one = tracking_uid("a", 1)
    assert one == tracking_uid("a", 1)
    assert len({one, tracking_uid("a", 2), tracking_uid("b", 1), tracking_uid("a1", 1)}) == 4
    # PS3.5: at most 64 characters of figures and points, no part with a leading 0.
    assert len(one) <= 64
    assert all(part.isdigit() and str(int(part)) == part for part in one.split("."))
