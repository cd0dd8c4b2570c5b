from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from calcimetry.agreement.compared import Choices
from calcimetry.errors import NotMeasurable, OutputError, SettingsError
from calcimetry.files.reading_tables import Layout
from calcimetry.study.agree import COLUMNS, agree
from tests.agreement.raters import readings

FEW = Choices(resamples=200)


@pytest.fixture
def table(tmp_path) -> Path:
    given = readings(raters=3, missing=(2, 5))
    path = tmp_path / "areas.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("image", "patient", *(f"{name}_mm2" for name in given.values)))
        for place, image in enumerate(given.images):
            values = (row[place] for row in given.values.values())
            rows.writerow((image, given.subjects[place], *values))
    return path


def layout(*names, subject="patient"):
    return Layout({name: f"{name}_mm2" for name in names}, subject=subject)


def test_two_raters(table, tmp_path):
    result = agree([table], layout("anna", "ben"), tmp_path / "out", FEW)
    files = {path.relative_to(result.folder).as_posix() for path in result.folder.rglob("*.*")}
    assert files == {
        "agreement.csv",
        "agreement.json",
        "agreement.txt",
        "agreement.html",
        *(
            f"figures/pair-1_{name}.{kind}"
            for name in ("identity", "bland-altman", "mountain")
            for kind in ("svg", "png")
        ),
    }
    with (result.folder / "agreement.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert {row["images"] for row in rows} == {"31"}
    assert {row["patients"] for row in rows} == {"13"}
    said = (result.folder / "agreement.txt").read_text(encoding="utf-8")
    assert said == "".join(f"{line}\n" for line in result.sentences)


def test_three_raters(table, tmp_path):
    result = agree([table], layout("anna", "ben", "cora"), tmp_path / "out", FEW)
    content = json.loads((result.folder / "agreement.json").read_text(encoding="utf-8"))
    assert content["left_out"][0] == {"image": "image-2", "without": ["cora"], "remark": ""}
    assert content["settings"]["raters"] == "anna (anna_mm2), ben (ben_mm2), cora (cora_mm2)"
    assert content["statistics"][0]["statistic"] == "concordance"
    assert (result.folder / "figures/raters.svg").exists()
    html = (result.folder / "agreement.html").read_text(encoding="utf-8")
    assert html.count("<section id=") == 3 + 1 + 1 + 1
    assert "image-5" in html


def test_the_same_seed_gives_the_same_numbers(table, tmp_path):
    kept = []
    for name in ("one", "two"):
        result = agree([table], layout("anna", "ben"), tmp_path / name, FEW, seed=4)
        kept.append((result.folder / "agreement.csv").read_bytes())
    assert kept[0] == kept[1]


def test_logarithms_without_patients(table, tmp_path):
    choices = Choices(log=True)
    result = agree([table], layout("anna", "ben", subject=""), tmp_path / "out", choices)
    content = json.loads((result.folder / "agreement.json").read_text(encoding="utf-8"))
    assert content["settings"]["scale"] == "logarithms"
    assert "seed" not in content["settings"]
    assert content["notes"]
    html = (result.folder / "agreement.html").read_text(encoding="utf-8")
    assert "add --subject patient" in html


def test_a_pair_that_fails_stands_in_every_file(tmp_path):
    table = tmp_path / "t.csv"
    rows = "".join(f"{n},{n},{n * 1.1 + n % 3},3\n" for n in range(1, 9))
    table.write_text(f"image,a,b,c\n{rows}", encoding="utf-8")
    names = Layout({"a": "a", "b": "b", "c": "c"})
    result = agree([table], names, tmp_path / "out", FEW)
    assert set(result.comparison.failed) == {("a", "c"), ("b", "c")}
    for name in ("agreement.csv", "agreement.txt", "agreement.json", "agreement.html"):
        text = (result.folder / name).read_text(encoding="utf-8")
        assert "all 8 values of c are the same" in text


def test_identical_raters_have_one_figure(tmp_path):
    table = tmp_path / "t.csv"
    rows = "".join(f"{n},{n},{n}\n" for n in range(1, 9))
    table.write_text(f"image,a,b\n{rows}", encoding="utf-8")
    result = agree([table], Layout({"a": "a", "b": "b"}), tmp_path / "out", FEW)
    assert [path.name for path in (result.folder / "figures").glob("*.svg")] == [
        "pair-1_identity.svg"
    ]


def test_refused(table, tmp_path):
    with pytest.raises(SettingsError, match=r"two raters or more, .* found anna and 1"):
        agree([table], layout("anna"), tmp_path / "out", FEW)
    with pytest.raises(
        SettingsError, match="a seed of 0 or more are needed, found anna, ben and -1"
    ):
        agree([table], layout("anna", "ben"), tmp_path / "out", FEW, seed=-1)
    few = tmp_path / "few.csv"
    few.write_text("image,a,b\nx,1,2\n", encoding="utf-8")
    with pytest.raises(NotMeasurable, match="at least 5 images that both read are needed, found 1"):
        agree([few], Layout({"a": "a", "b": "b"}), tmp_path / "out", FEW)
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        agree([table], layout("anna", "ben"), tmp_path / "file", FEW)
