from __future__ import annotations

import csv
import json
import os

import numpy as np
import PIL.Image
import pytest

from calcimetry.errors import InputError, OutputError, SettingsError
from calcimetry.reproduction import comparison_report
from calcimetry.reproduction.compare import compare_methods
from calcimetry.reproduction.rows import SCORE_COLUMNS
from calcimetry.reproduction.summary_table import SUMMARY_COLUMNS
from tests.reproduction.fingers import save_fingers, true_bones


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_method_on_every_picture(tmp_path, data, drawing_process):
    out = tmp_path / "out"
    result = compare_methods(data, out)
    assert result.resumed == 0
    assert drawing_process.asked == {"unet": 5, "kmeans": 5}
    rows = table(out / "scores.csv")
    assert tuple(rows[0]) == SCORE_COLUMNS
    assert [row["method"] for row in rows] == ["unet"] * 5 + ["kmeans"] * 5
    assert {row["bone_dice"] for row in rows[:5]} == {"1"}
    assert all(0.7 < float(row["bone_dice"]) < 0.9 for row in rows[5:])
    unet, kmeans = table(out / "summary.csv")
    assert tuple(unet) == SUMMARY_COLUMNS
    assert kmeans["bone_dice_difference_patients"] == "3"
    assert float(kmeans["bone_dice_difference_high"]) < 0.0
    assert float(kmeans["area_bias_mm2"]) == pytest.approx(1.0)
    assert (unet["memory_mib"], unet["seconds"]) == ("104", "0.25")
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "unet is better than kmeans" in page
    assert page.count("data:image/png;base64,") == 2
    for name in ("methods.png", "summary.png"):
        with PIL.Image.open(out / name) as picture:
            assert picture.size[0] > 600
    assert json.loads((out / "scores.json").read_text())["made_on"]["processors"] == os.cpu_count()


def test_label_maps_are_kept(tmp_path, data, process):
    compare_methods(data, tmp_path / "out", ["unet"])
    with PIL.Image.open(tmp_path / "out/segmentations/unet/finger-0_bones.png") as bones:
        assert np.array_equal(np.asarray(bones), true_bones())
    assert (tmp_path / "out/segmentations/unet/finger-4_lesions.png").is_file()


def test_no_answer_is_a_row_with_its_reason(tmp_path, data, process):
    process.refused.update({("kmeans", 1), ("kmeans", 3)})
    result = compare_methods(data, tmp_path / "out")
    assert [row.image for row in result.comparison.failed] == ["finger-1.png", "finger-3.png"]
    (failed, *_) = [row for row in table(tmp_path / "out/scores.csv") if row["status"] == "failed"]
    assert (failed["reason"], failed["bone_dice"]) == ("no bone was found", "")
    kmeans = table(tmp_path / "out/summary.csv")[1]
    assert (kmeans["pictures"], kmeans["answered"]) == ("5", "3")
    assert kmeans["bone_dice_difference_pictures"] == "3"
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "Without an answer: 2" in page
    assert "3 of 5" in page


def test_an_answer_that_cannot_be_scored_says_why(tmp_path, process):
    data = save_fingers(tmp_path / "data", ("A",))
    PIL.Image.fromarray(np.full((60, 30), 2, np.uint8)).save(data / "finger-0_bones.png")
    (row,) = compare_methods(data, tmp_path / "out", ["unet"]).comparison.rows
    assert row.score is None
    assert "a region has none, it holds 1800 of 1800 pixels" in row.reason


def test_the_same_command_goes_on(tmp_path, data, process):
    process.interrupted_after = 7
    with pytest.raises(KeyboardInterrupt):
        compare_methods(data, tmp_path / "out")
    process.interrupted_after = None
    result = compare_methods(data, tmp_path / "out")
    assert result.resumed == 7
    assert process.asked == {"unet": 5, "kmeans": 5}
    assert len(result.comparison.rows) == 10
    assert compare_methods(data, tmp_path / "out").resumed == 10


def test_what_changed_or_failed_or_was_removed_is_asked_again(tmp_path, data, process):
    process.refused.add(("unet", 2))
    compare_methods(data, tmp_path / "out", ["unet"])
    process.refused.clear()
    process.asked.clear()
    (tmp_path / "out/segmentations/unet/finger-0_bones.png").unlink()
    PIL.Image.fromarray(true_bones() * 60).save(data / "finger-1_bones.png")  # the same bones
    PIL.Image.fromarray((true_bones() > 1).astype(np.uint8)).save(data / "finger-3_bones.png")
    result = compare_methods(data, tmp_path / "out", ["unet"])
    assert process.asked["unet"] == 3
    assert not result.comparison.failed


def test_methods_added_later_keep_the_earlier_answers(tmp_path, data, process):
    compare_methods(data, tmp_path / "out", ["unet"])
    compare_methods(data, tmp_path / "out", ["kmeans"])
    assert [one["method"] for one in table(tmp_path / "out/summary.csv")] == ["kmeans"]
    assert compare_methods(data, tmp_path / "out").resumed == 10


def test_overwrite_asks_again(tmp_path, data, process):
    compare_methods(data, tmp_path / "out", ["unet"])
    assert compare_methods(data, tmp_path / "out", ["unet"], overwrite=True).resumed == 0
    assert process.asked["unet"] == 10


def test_progress_is_told(tmp_path, data, process):
    told = []
    compare_methods(data, tmp_path / "out", ["unet"], on_progress=lambda *what: told.append(what))
    assert told[0] == (0, 5, "unet: finger-0.png")
    assert told[-1] == (5, 5, "drawing")


def test_a_method_named_twice_runs_once(tmp_path, data, process):
    result = compare_methods(data, tmp_path / "out", ["unet", "unet"])
    assert len(result.comparison.rows) == 5


@pytest.mark.parametrize(
    ("patients", "shown"), [(("A",), [0]), (("A", "B", "C"), [0, 1, 2]), (tuple("ABCDEFGHI"), 5)]
)
def test_pictures_are_drawn_from_the_easiest_to_the_hardest(
    tmp_path, process, monkeypatch, patients, shown
):
    drawn = []

    def draw(rows, _title):
        drawn.extend(rows)
        return PIL.Image.new("RGB", (10, 10))

    monkeypatch.setattr(comparison_report, "draw_methods", draw)
    # The first three get no answer, so they are the hardest.
    process.refused.update({("unet", 0), ("unet", 1), ("unet", 2)})
    data = save_fingers(tmp_path / "data", patients)
    compare_methods(data, tmp_path / "out", ["unet"])
    names = [row.name for row in drawn]
    if shown == 5:
        assert names == [f"finger-{n}.png ({'ABCDEFGHI'[n]})" for n in (3, 5, 7, 0, 2)]
    else:
        assert names == [f"finger-{n}.png ({'ABC'[n]})" for n in shown]
        assert drawn[0].findings[2].note == "no answer: no bone was found"


def test_wrong_words_are_told_before_any_work(tmp_path, data, process):
    with pytest.raises(SettingsError, match="no method 'magic'; expected some of unet, kmeans"):
        compare_methods(data, tmp_path / "out", ["unet", "magic"])
    with pytest.raises(InputError, match="is no folder"):
        compare_methods(tmp_path / "none", tmp_path / "out")
    with pytest.raises(InputError, match="lies within the data"):
        compare_methods(data, data / "out")
    assert not (tmp_path / "out").exists()
    assert not process.asked


def test_a_folder_that_cannot_be_written_is_told_before_any_work(tmp_path, data, process):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="this is a file"):
        compare_methods(data, tmp_path / "file")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.doc").touch()
    with pytest.raises(OutputError, match="expected a new or empty folder"):
        compare_methods(data, tmp_path / "out")
    assert not process.asked
