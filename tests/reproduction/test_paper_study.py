from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

import calcimetry.bone
from calcimetry.errors import InputError, OutputError, SettingsError
from calcimetry.reproduction import paper_page, paper_study
from calcimetry.reproduction.paper_numbers import PAPER
from calcimetry.reproduction.paper_page import verdict
from calcimetry.reproduction.paper_set import TRAINED, own_set
from calcimetry.reproduction.paper_study import reproduce_paper
from calcimetry.reproduction.paper_table import COLUMNS
from calcimetry.study import agree
from tests.reproduction.paper import save_study


@pytest.fixture
def data(tmp_path):
    return save_study(tmp_path / "data")


@pytest.fixture
def plain(monkeypatch):
    """The study without what takes longest: figures, and many draws of patients."""
    blank = PIL.Image.new("RGB", (8, 8))
    monkeypatch.setattr(paper_page, "draw_methods", lambda *_: blank)
    monkeypatch.setattr(paper_page, "draw_agreement", lambda *_: {})
    monkeypatch.setattr(agree, "_charts", lambda _comparison: {})
    monkeypatch.setattr(paper_study, "CHOICES", paper_study.Choices(resamples=100))


def rows_of(out):
    with (out / "paper.csv").open(encoding="utf-8", newline="") as file:
        return {row["statistic"]: row for row in csv.DictReader(file)}


def test_the_whole_study(tmp_path, data, process, monkeypatch):
    monkeypatch.setattr(paper_study, "CHOICES", paper_study.Choices(resamples=100))
    stages = []
    result = reproduce_paper(tmp_path / "out", data, on_stage=stages.append)
    assert stages == ["pictures", "methods", "agreement", "page"]
    assert process.asked == {"unet": 8, "kmeans": 8}
    rows = rows_of(tmp_path / "out")
    assert tuple(rows["pictures"]) == COLUMNS
    counts = {name: (rows[name]["paper"], rows[name]["all"], rows[name]["whole"]) for name in rows}
    assert counts["pictures"] == ("31", "7", "5")
    assert counts["patients"] == ("13", "4", "3")
    assert counts["not_whole"] == ("7", "2", "0")
    assert counts["measured"] == ("24", "7", "5")
    assert counts["index_fingers"] == ("8", "2", "")
    one = rows["calcimetry_concordance"]
    assert (one["paper"], one["paper_low"], one["paper_high"]) == ("0.95", "0.91", "0.99")
    assert 0.0 < float(one["all_low"]) < float(one["all"]) < 1.0
    assert float(rows["calcimetry_truth_bias"]["all"]) == pytest.approx(-0.3 / 7)
    assert rows["calcimetry_bone_dice"]["all"] == "1"
    assert "trained_concordance" not in rows
    for name in ("figure-1_training", "figure-5a", "figure-5b", "figure-5c", "figure-5d"):
        assert (tmp_path / f"out/figures/{name}.svg").is_file()
    for name in ("figure-5", "figure-3_segmentation", "figure-4_cut-off"):
        with PIL.Image.open(tmp_path / f"out/figures/{name}.png") as picture:
            assert picture.size[0] > 600
    assert (tmp_path / "out/figures/largest-errors.png").is_file()
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "The source paper's study, repeated" in page.replace("&#39;", "'")
    assert "−1.7 mm² in its results" in page
    tree = json.loads((tmp_path / "out/paper.json").read_text(encoding="utf-8"))
    assert tree["verdict"] == verdict(result.study)
    assert tree["verdict"].startswith("On 7 pictures of 4 patients calcimetry measured 7")
    assert tree["areas_mm2"]["truth"]["finger-1.png"] == pytest.approx(1.54)
    assert (tmp_path / "out/agreement-whole/agreement.html").is_file()
    held_out = [one.name for one in own_set(data, paper_study.SEED).held_out]
    assert [one.name for one in result.study.pictures.held_out] == held_out


def test_the_same_call_goes_on(tmp_path, data, process, plain):
    process.interrupted_after = 5
    with pytest.raises(KeyboardInterrupt):
        reproduce_paper(tmp_path / "out", data)
    process.interrupted_after = None
    assert reproduce_paper(tmp_path / "out", data).resumed == 5


def test_without_readers_and_groups(tmp_path, process, plain):
    data = save_study(tmp_path / "data", readers=False, group=[], cut_off=[], finger=[])
    result = reproduce_paper(tmp_path / "out", data, quick=True)
    assert "This was a quick run" not in verdict(result.study)
    simulated = replace(result.study, pictures=replace(result.study.pictures, simulated=True))
    assert "This was a quick run" in verdict(simulated)
    assert result.study.whole is None
    assert not any(row.statistic.startswith("readers") for row in result.study.rows)
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "No readers.csv" in page
    assert "no column cut_off" in page


def test_without_anything_to_compare_with(tmp_path, process, plain):
    data = save_study(tmp_path / "data", readers=False)
    process.refused.update(("unet", n) for n in range(8))
    result = reproduce_paper(tmp_path / "out", data)
    assert result.study.every.reason == "No reader and no truth to compare with calcimetry's areas."
    assert "calcimetry measured 0" in verdict(result.study)


def test_too_few_pictures_to_agree_on(tmp_path, process, plain):
    data = save_study(tmp_path / "data", cut_off=["true"] * 3 + ["false"] * 8)
    result = reproduce_paper(tmp_path / "out", data)
    assert result.study.whole is not None
    assert "images that both read" in result.study.whole.reason
    assert result.study.every.pairs


def test_the_network_trained_here_is_one_more_rater(tmp_path, data, process, plain, monkeypatch):
    asked = []

    def train(run, images, names, held_out):
        asked.append((images, len(names), held_out))
        run.mkdir()
        header = "step,epoch,minutes,val_bone_dice,val_worst_dice"
        (run / "curve.csv").write_text(f"{header}\n100,50,1,0.9,0.8\n200,100,2,0.95,0.85\n")
        return Path(calcimetry.bone.__file__).parent / "weights/unet.onnx"

    monkeypatch.setattr(paper_study, "train_as_paper", train)
    reproduce_paper(tmp_path / "out", data, train=True)
    assert asked == [(data, 4, 1)]
    rows = rows_of(tmp_path / "out")
    assert TRAINED in rows["trained_concordance"]["meaning"]
    assert rows["trained_bone_dice"]["all"] == "1"


def test_wrong_words_are_told_before_any_work(tmp_path, data, process):
    with pytest.raises(SettingsError, match="--train goes with neither --quick nor another --seed"):
        reproduce_paper(tmp_path / "out", data, train=True, quick=True)
    with pytest.raises(InputError, match="lies within the pictures"):
        reproduce_paper(data / "out", data)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_other_settings(tmp_path, data, process):
    process.interrupted_after = 0
    with pytest.raises(KeyboardInterrupt):
        reproduce_paper(tmp_path / "out", data)
    with pytest.raises(OutputError, match="a study of other settings or another version"):
        reproduce_paper(tmp_path / "out", data, seed=3)


def test_the_limits_of_the_paper_centre_on_its_bias():
    for pair in ("readers", "calcimetry"):
        low, bias, high = (
            PAPER[f"{pair}_{n}"].value for n in ("lower_limit", "bias", "upper_limit")
        )
        assert bias == pytest.approx((low + high) / 2, abs=0.06)
