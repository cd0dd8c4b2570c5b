"""Visits in, tables, figures and a page out: once for all tests, since it takes seconds."""

from __future__ import annotations

import json
import re
import shutil

import PIL.Image
import pytest

from calcimetry.errors import InputError, NotMeasurable, OutputError, SettingsError, UnreadableFile
from calcimetry.files.followup_columns import (
    ALIGNMENT_COLUMNS,
    FOLLOWUP_COLUMNS,
    FOLLOWUP_FINGER_COLUMNS,
    FOLLOWUP_PATIENT_COLUMNS,
)
from calcimetry.files.results_folder import load_results, save_results
from calcimetry.study import measure_study, run, writing
from calcimetry.study.followup import follow_up
from calcimetry.study.followup_choice import FollowUpChoice
from tests.fakes import SPACING, fake_measure, save_picture
from tests.study import followup_cases
from tests.study.followup_cases import table
from tests.visits import true_visits, without


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """Three visits, the first measured before, the others now."""
    folder = tmp_path_factory.mktemp("followed")
    told = []
    with pytest.MonkeyPatch.context() as patch:
        followup_cases.stand_in(patch, true_visits())
        paths = followup_cases.save_visits(folder, true_visits())
        measure_study([paths[0]], folder / "results-1")
        result = follow_up(
            [folder / "results-1", paths[1], paths[2].parent],
            folder / "out",
            choice=FollowUpChoice(days=(182, 365)),
            on_progress=lambda *how: told.append(how),
            on_stage=told.append,
        )
    return result, folder, told


@pytest.fixture(scope="module")
def measured_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measured")
    with pytest.MonkeyPatch.context() as patch:
        followup_cases.save_results(folder, true_visits()[:2], patch)
    return folder


@pytest.fixture
def results(tmp_path, measured_once):
    """Results folders of two visits, with their volumes in a folder beside them."""
    shutil.copytree(measured_once, tmp_path, dirs_exist_ok=True)
    found = [tmp_path / f"results-{number}" for number in (1, 2)]
    for folder in found:
        places = folder / "sources.json"
        places.write_text(places.read_text().replace(str(measured_once), str(tmp_path)))
    return found


def edit(folder, change):
    """Rewrite what a results folder's report.json says."""
    path = folder / "report.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_everything_is_written(followed):
    result, folder, _ = followed
    found = {path.relative_to(folder / "out").as_posix() for path in result.folder.rglob("*")}
    assert {
        "alignments.csv",
        "followup.csv",
        "followup.html",
        "followup.json",
        "followup_fingers.csv",
        "followup_patients.csv",
        "figures/finger_timeline.svg",
        "figures/finger_timeline.png",
        "figures/finger_visits.png",
        "figures/finger_fingers.png",
        "visits/2/report.json",
        "visits/3/report.json",
    } <= found
    assert not [name for name in found if ".tmp" in name]
    assert result.page.is_file()
    assert result.left_out == ()


def test_each_lesion_has_a_row_by_each_later_visit(followed):
    _, folder, _ = followed
    rows = table(folder / "out" / "followup.csv")
    assert tuple(rows[0]) == FOLLOWUP_COLUMNS
    assert [(row["visit_first"], row["visit_last"], row["days"]) for row in rows[:2]] == [
        ("1", "2", "182"),
        ("1", "3", "365"),
    ]
    kept = [row for row in rows if row["match"] == "persisted" and row["visit_first"] == "1"]
    assert len(kept) == 8
    for row in kept:
        first, last = float(row["volume_mm3_first"]), float(row["volume_mm3_last"])
        assert float(row["volume_mm3_change"]) == pytest.approx(last - first, abs=1e-3)
        low, high = (float(row[f"volume_change_percent_{end}"]) for end in ("low", "high"))
        assert low < float(row["volume_change_percent"]) < high
        assert row["category"] == row[f"{row['category_by']}_category"]
        assert float(row["same_long_axis_mm_first"]) > 0
        assert row["measured_together"] == "true"


def test_a_lesion_that_appeared_is_followed_from_where_it_appeared(followed):
    _, folder, _ = followed
    rows = table(folder / "out" / "followup.csv")
    new = [row for row in rows if row["lesions_first"] == "" or row["visit_first"] == "2"]
    assert [(row["visit_first"], row["visit_last"], row["match"]) for row in new] == [
        ("1", "2", "appeared"),
        ("2", "3", "persisted"),
    ]
    assert new[1]["days"] == "183"
    assert len({row["tracking_uid"] for row in new}) == len({row["track"] for row in new}) == 1


def test_totals_and_alignments_have_their_tables(followed):
    _, folder, _ = followed
    patients = table(folder / "out" / "followup_patients.csv")
    assert tuple(patients[0]) == FOLLOWUP_PATIENT_COLUMNS
    assert [(row["visit_last"], row["status"], row["persisted_count"]) for row in patients] == [
        ("2", "complete", "4"),
        ("3", "complete", "5"),
    ]
    truth = [sum(one.volume_mm3 for one in report.lesions) for report in true_visits()]
    # Measured together: the sum stays, but for a place that one visit alone drew.
    first, last = (float(patients[1][f"volume_mm3_{end}"]) for end in ("first", "last"))
    assert first + last == pytest.approx(truth[0] + truth[2], rel=0.01)
    assert last == pytest.approx(truth[2], rel=0.05)
    fingers = table(folder / "out" / "followup_fingers.csv")
    assert tuple(fingers[0]) == FOLLOWUP_FINGER_COLUMNS
    assert fingers[0]["volume_mm3_first"] == patients[0]["volume_mm3_first"]
    alignments = table(folder / "out" / "alignments.csv")
    assert tuple(alignments[0]) == ALIGNMENT_COLUMNS
    assert {row["accepted"] for row in alignments} == {"true"}
    assert all(0 < float(row["residual_mm"]) < 1 for row in alignments)


def test_the_json_holds_it_all_and_no_date_or_place(followed):
    _, folder, _ = followed
    text = (folder / "out" / "followup.json").read_text()
    content = json.loads(text)
    (series,) = content["series"]
    assert [visit["days"] for visit in series["visits"]] == [0, 182, 365]
    assert len(series["comparisons"]) == 2
    assert len(series["tracks"]) == 5
    assert series["tracks"][0]["lesions"].keys() == {"1", "2", "3"}
    assert series["tracks"][0]["steps"][0]["changes"]["volume_mm3"]["first"] > 0
    assert str(folder) not in text


def test_the_page_shows_it_and_fetches_nothing(followed):
    _, folder, _ = followed
    page = (folder / "out" / "followup.html").read_text()
    assert page.count('<img src="data:image') == 3
    assert not re.search(r"https?://", re.sub(r"data:[^\"]*", "", page))
    assert "Visit 3, after 365 days" in page
    assert str(folder) not in page


def test_the_pictures_can_be_opened(followed):
    _, folder, _ = followed
    for name in ("timeline", "visits", "fingers"):
        with PIL.Image.open(folder / "out" / "figures" / f"finger_{name}.png") as picture:
            picture.load()
            assert min(picture.size) > 300


def test_progress_is_told(followed):
    _, _, told = followed
    assert ("reading visit 3") in told
    assert ("comparing visit 2") in told
    assert "drawing" in told[told.index("comparing visit 3") :]
    assert told[-2:] == [(1, 1, ""), "writing"]


def test_the_users_pairs_win_and_images_may_be_left_out(results, tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("baseline,later\n1,0\n0,1\n")
    for path in (tmp_path / "in").rglob("*.nii.gz"):
        path.unlink()
    choice = FollowUpChoice(pairs=pairs, with_images=False)
    result = follow_up(results, tmp_path / "out", choice=choice)
    rows = table(tmp_path / "out" / "followup.csv")
    by_user = [(row["match"], row["days"]) for row in rows if row["by_user"] == "true"]
    assert by_user == [("disappeared", ""), ("appeared", "")]
    assert result.page.is_file()
    assert not list((tmp_path / "out" / "figures").glob("*_visits.png"))


def test_an_image_that_is_gone_is_named(results, tmp_path):
    (tmp_path / "in" / "visit-2" / "finger.nii.gz").unlink()
    with pytest.raises(InputError, match=r"finger.nii.gz of results-2: it is gone .*--images"):
        follow_up(results, tmp_path / "out")
    assert not (tmp_path / "out" / "followup.csv").exists()


def test_damaged_results_are_named(results, tmp_path):
    (results[1] / "report.json").write_text("{")
    with pytest.raises(UnreadableFile, match=r"results-2.report.json: it is damaged"):
        follow_up(results, tmp_path / "out")
    (results[1] / "report.json").unlink()
    with pytest.raises(UnreadableFile, match=r"results-2.report.json: No such file"):
        follow_up(results, tmp_path / "out")


@pytest.mark.parametrize("end", ["bones", "lesions"])
def test_damaged_label_maps_are_named(results, tmp_path, end):
    path = results[1] / "segmentations" / f"finger_{end}.nii.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(
        UnreadableFile, match=r"finger.nii.gz of results-2: its results are damaged"
    ):
        follow_up(results, tmp_path / "out")


def test_results_of_a_newer_version_are_named(results, tmp_path):
    edit(results[0], lambda content: content.update(format=2))
    with pytest.raises(InputError, match="newer version of calcimetry"):
        follow_up(results, tmp_path / "out")


def test_another_patient_is_named_unless_the_user_says_it_is_the_same(results, tmp_path):
    for folder, name in zip(results, ("P1", "P2"), strict=True):
        edit(
            folder, lambda content, name=name: content["images"][0]["columns"].update(patient=name)
        )
    with pytest.raises(InputError, match="visits of one patient, found 'P1' and 'P2'"):
        follow_up(results, tmp_path / "out")
    choice = FollowUpChoice(same_patient=True, with_images=False)
    assert follow_up(results, tmp_path / "out", choice=choice).compared


def test_another_side_is_named(results, tmp_path):
    def other_side(content):
        (hand,) = content["images"][0]["hands"]
        hand["side"] = "left" if hand["side"] == "right" else "right"

    edit(results[1], other_side)
    with pytest.raises(InputError, match="expected the same hand"):
        follow_up(results, tmp_path / "out")


def test_no_lesion_at_any_visit(tmp_path, monkeypatch):
    numbers = [one.number for one in true_visits()[0].lesions]
    bare = without(true_visits()[0], *numbers)
    results = followup_cases.save_results(tmp_path, [bare, bare], monkeypatch)
    with pytest.raises(NotMeasurable, match="no lesion was found at any visit"):
        follow_up(results, tmp_path / "out")


def test_volumes_and_pictures_do_not_mix(results, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "measure", fake_measure)
    monkeypatch.setattr(writing, "draw_overlay", lambda _: PIL.Image.new("L", (9, 9)))
    picture = save_picture(tmp_path / "a.png")
    choice = FollowUpChoice(pixel_spacing_mm=SPACING)
    with pytest.raises(InputError, match=r"volumes at the baseline \(results-1\) and pictures at"):
        follow_up([results[0], picture], tmp_path / "out", choice=choice)


def test_a_series_that_fails_spares_the_others(results, tmp_path):
    """Two hands each: the second one's map is damaged."""
    for folder in results:
        other = json.loads((folder / "report.json").read_text())["images"][0]
        other |= {"image": "other.nii.gz", "stem": "other", "key": "other", "files": []}
        edit(folder, lambda content, other=other: content["images"].append(other))
    result = follow_up(results, tmp_path / "out", choice=FollowUpChoice(with_images=False))
    assert len(result.compared) == 1
    assert "other.nii.gz of results-1: its results are damaged" in result.left_out[0]
    content = json.loads((tmp_path / "out" / "followup.json").read_text())
    assert [bool(one["reason"]) for one in content["series"]] == [False, True]


def test_what_cannot_be_measured_is_told(results, tmp_path):
    failed = save_picture(tmp_path / "more" / "torn.png")
    failed.write_bytes(failed.read_bytes()[:50])
    contents = load_results(results[1])
    measure_study([failed], tmp_path / "torn", pixel_spacing_mm=SPACING)
    torn = load_results(tmp_path / "torn").results
    save_results(results[1], type(contents)((*contents.results, *torn), contents.made_with))
    result = follow_up(results, tmp_path / "out", choice=FollowUpChoice(with_images=False))
    assert re.match(r"torn.png of visit 2: .*incomplete", result.left_out[0])


def test_the_output_may_be_no_visit(results):
    with pytest.raises(OutputError, match="one of the visits"):
        follow_up(results, results[1])


@pytest.mark.parametrize(
    ("visits", "told"),
    [(1, "at least one later visit are needed, found 1"), (0, "found 0")],
)
def test_too_few_visits(tmp_path, visits, told):
    with pytest.raises(InputError, match=told):
        follow_up([tmp_path][:visits], tmp_path / "out")


def test_a_visit_that_is_not_there_or_twice(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(InputError, match="there is no file or folder"):
        follow_up([tmp_path / "a", tmp_path / "b"], tmp_path / "out")
    with pytest.raises(InputError, match="visits 1 and 2 are the same"):
        follow_up([tmp_path / "a", tmp_path / "a"], tmp_path / "out")


@pytest.mark.parametrize(
    ("days", "told"),
    [((1, 2), "the days of 1 later visits, found 2"), ((-3,), "visit 2 on day -3")],
)
def test_days_must_fit_the_visits(tmp_path, days, told):
    for name in "ab":
        (tmp_path / name).mkdir()
    with pytest.raises(SettingsError, match=told):
        follow_up(
            [tmp_path / "a", tmp_path / "b"], tmp_path / "out", choice=FollowUpChoice(days=days)
        )


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("baseline,later,image\n1,1,no.nii\n", "names image 'no.nii'"),
        ("baseline,later,visit\n1,1,3\n", "names visit 3, found 2 visits"),
        ("baseline,later\n99,1\n", "99"),
    ],
)
def test_pairs_that_are_about_nothing(results, tmp_path, lines, told):
    (tmp_path / "pairs.csv").write_text(lines)
    choice = FollowUpChoice(pairs=tmp_path / "pairs.csv", with_images=False)
    with pytest.raises(InputError, match=told):
        follow_up(results, tmp_path / "out", choice=choice)


def test_nothing_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "measure", fake_measure)
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes.txt").write_text("nothing")
    with pytest.raises(InputError, match=r"nothing was measured at the baseline \(a\)"):
        follow_up([tmp_path / "a", tmp_path / "b"], tmp_path / "out")
