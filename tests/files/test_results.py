from __future__ import annotations

from calcimetry.files.results import Result, merged


def result(image="a.jpg", status="complete", sha256="1", reason=""):
    return Result(image, image[:-4], image, status, reason=reason, sha256=sha256)


def test_new_results_replace_old_ones_in_place_and_others_follow():
    old = [result("a.jpg"), result("b.jpg")]
    new = [result("c.jpg"), result("a.jpg", "partial")]
    together = merged(old, new)
    assert [r.image for r in together] == ["a.jpg", "b.jpg", "c.jpg"]
    assert together[0].status == "partial"


def test_a_failure_does_not_replace_a_measurement_of_the_same_content():
    for sha256 in ("1", ""):  # empty where the file could not be read any more
        (kept,) = merged([result()], [result(status="failed", sha256=sha256, reason="no spacing")])
        assert kept.status == "complete"
        expected = "kept from an earlier run; the last one failed: no spacing"
        assert kept.told_reason == expected


def test_a_failure_replaces_a_measurement_of_other_content():
    (new,) = merged([result()], [result(status="failed", sha256="2", reason="truncated")])
    assert (new.status, new.told_reason) == ("failed", "truncated")
