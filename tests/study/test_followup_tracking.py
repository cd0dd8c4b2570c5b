from __future__ import annotations

from pathlib import Path

import pytest

from calcimetry.dicom.findings import Tracking
from calcimetry.errors import SettingsError
from calcimetry.files.results import Contents, Result
from calcimetry.render.followup_page import FollowUpSection
from calcimetry.study import followup
from calcimetry.study.followup_choice import FollowUpChoice, refuse_saved
from calcimetry.study.followup_result import SeriesResult
from calcimetry.study.followup_series import SavedVisit, Series
from calcimetry.study.followup_tracking import tracking_of

RECORD = {
    "visits": [{"visit": 1, "image": "a"}, {"visit": 3, "image": "b"}],
    "tracks": [
        {"tracking_id": "one", "tracking_uid": "2.25.1", "lesions": {"1": [1, 2], "3": [4]}},
        {"tracking_id": "two", "tracking_uid": "2.25.2", "lesions": {"3": [4, 5]}},
    ],
}
ONE, TWO = Tracking("one", "2.25.1"), Tracking("two", "2.25.2")


def series(record):
    result = Result("a", "a", "k", "complete")
    return SeriesResult(
        Series("P", "hand", ((1, result),)), FollowUpSection("hand", "P"), record=record
    )


def test_a_lesion_has_one_name_at_every_visit():
    results = [series(RECORD), series({})]
    assert tracking_of(results, 1) == {"a": {1: ONE, 2: ONE}}
    assert tracking_of(results, 3) == {"b": {4: ONE, 5: TWO}}
    assert tracking_of(results[1:], 1) == {}


def test_dicom_is_written_of_visits_that_were_measured_here(monkeypatch):
    asked = []
    monkeypatch.setattr(
        followup, "measure_study", lambda paths, folder, **how: asked.append((paths, folder, how))
    )
    visits = [SavedVisit(n, Path(f"visits/{n}"), Contents(), f"v{n}") for n in (1, 3)]
    paths = [Path("ct-1"), Path("ct-3")]
    stages = []
    followup._write_dicom(
        paths, visits, [series(RECORD)], FollowUpChoice(), lambda *_: None, stages.append
    )
    assert [(paths, folder) for paths, folder, _ in asked] == [
        ([Path("ct-1")], Path("visits/1")),
        ([Path("ct-3")], Path("visits/3")),
    ]
    assert [how["tracking"] for _, _, how in asked] == [
        {"a": {1: ONE, 2: ONE}},
        {"b": {4: ONE, 5: TWO}},
    ]
    assert all(how["dicom"] for _, _, how in asked)
    assert stages == ["DICOM of visit 1", "DICOM of visit 3"]


def test_saved_results_are_not_written_to():
    refuse_saved([Path("a")], [False])
    with pytest.raises(SettingsError, match="but b is a results folder"):
        refuse_saved([Path("a"), Path("x/b")], [False, True])
