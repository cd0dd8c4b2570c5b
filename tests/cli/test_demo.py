from __future__ import annotations

import pytest
from typer.testing import CliRunner

from calcimetry.cli.main import app
from calcimetry.study import demo, run
from calcimetry.study.demo import write_demo_pictures
from tests.fakes import fake_measure, finger_levels, save_manifest, save_picture


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    folder = tmp_path / "pictures"
    save_picture(folder / "ring.png")
    save_picture(folder / "thumb.png", finger_levels() + 3)
    save_manifest(folder, "ring.png,0.4", "thumb.png,0.4")

    monkeypatch.setattr(demo, "write_demo_pictures", lambda _: folder)
    monkeypatch.setattr(run, "measure", fake_measure)


def test_prints_lesions_totals_and_files(tmp_path):
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["demo", "--out", str(out)])
    assert result.exit_code == 0
    for told in ("ring.png", "thumb.png", "middle phalanx", "1.44", "1.04 to 1.84", "partial"):
        assert told in result.stdout
    for name in ("report.html", "images.csv", "overlays/ring.png"):
        assert str(out / name) in result.stdout
        assert (out / name).is_file()


def test_writes_into_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["demo"]).exit_code == 0
    assert (tmp_path / "calcimetry-demo" / "report.html").is_file()


def test_the_demo_pictures_are_the_same_every_time(tmp_path):
    first, second = (write_demo_pictures(tmp_path / name) for name in ("a", "b"))
    names = sorted(path.name for path in first.iterdir())
    assert names == ["bent.png", "crooked.png", "manifest.csv", "straight.png", "tip-down.png"]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
