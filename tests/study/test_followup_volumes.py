from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from calcimetry.errors import InputError
from calcimetry.files.results_folder import load_results
from calcimetry.followup.compare import FollowUpSettings
from calcimetry.study.followup_series import SavedVisit, sort_series
from calcimetry.study.followup_visits import load_visit
from calcimetry.study.followup_volumes import compare_volumes
from tests.study import followup_cases
from tests.visits import true_visits

DAYS = (date(2024, 12, 31), date(2025, 3, 1), date(2026, 1, 1))


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """A series of three visits, and what was loaded of each."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("volumes")
        folders = followup_cases.save_results(folder, true_visits(), patch)
    saved = [
        SavedVisit(number, folder, load_results(folder), f"v{number}")
        for number, folder in enumerate(folders, start=1)
    ]
    (series,) = sort_series(saved).series
    return series, [
        load_visit(one, result, with_image=False)
        for one, (_, result) in zip(saved, series.visits, strict=True)
    ]


def compare(visits, dates, stated=(0, None, None), count=3):
    series, loaded = visits
    dated = [
        replace(one, visit=replace(one.visit, date=day))
        for one, day in zip(loaded[:count], dates, strict=False)
    ]
    row = replace(series, visits=series.visits[:count])
    stages = []
    return compare_volumes(row, dated, stated[:count], FollowUpSettings(), {}, stages.append)


def test_days_are_told_and_no_date(visits):
    found = compare(visits, DAYS, count=2)
    assert found.days == {1: 0, 2: 60}
    assert {row["days"] for row in found.lesion_rows} == {60}
    # "2024" alone may stand among the digits of a number by chance.
    for day in DAYS:
        assert not re.search(f"{day.year}[-, ]+0?{day.month}\\b|{day:%Y%m%d}", repr(found.record))
    assert list(found.figures) == ["figures/finger_timeline.svg", "figures/finger_timeline.png"]


def test_days_that_the_user_states_count_where_files_say_none(visits):
    assert compare(visits, (None, None), (0, 91), count=2).days == {1: 0, 2: 91}


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        (DAYS[::-1], "found visit 2 306 days before the baseline"),
        ((DAYS[0], DAYS[2], DAYS[1]), "found visit 3 306 days before visit 2"),
    ],
)
def test_visits_that_are_not_in_their_order(visits, dates, told):
    with pytest.raises(InputError, match=told):
        compare(visits, dates)


def test_what_was_scanned_otherwise_is_told_and_makes_nothing_partial(visits):
    series, loaded = visits
    other = [loaded[0], replace(loaded[1], visit=replace(loaded[1].visit, method="other 1"))]
    row = replace(series, visits=series.visits[:2])
    found = compare_volumes(row, other, (0, None), FollowUpSettings(), {}, lambda _: None)
    (lines,) = found.section.lines
    assert "differ in" in lines.warnings[0]
    assert found.parts[2].likeness.other_scan
    assert found.parts[2].reasons == ()
