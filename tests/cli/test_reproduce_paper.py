from __future__ import annotations

import pytest
from typer.testing import CliRunner

from calcimetry.cli import train
from calcimetry.cli.main import app
from tests.reproduction.conftest import drawing_process, process
from tests.reproduction.paper import save_study
from tests.reproduction.test_paper_study import plain

__all__ = ["drawing_process", "plain", "process"]


@pytest.fixture
def images(tmp_path):
    return save_study(tmp_path / "data")


def call(*arguments):
    return CliRunner().invoke(app, ["reproduce-paper", *map(str, arguments)])


def test_all_measured(tmp_path, images, process, plain):
    result = call("--out", tmp_path / "out", "--images", images)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert "0.91 (0.85 to 0.98)" in result.stdout
    assert "Lin's CCC of IMO with AW is" in result.stdout
    assert f"Results: {tmp_path / 'out' / 'index.html'}" in result.stdout
    again = call("--out", tmp_path / "out", "--images", images)
    assert "(16 answers are an earlier run's)" in again.stdout


def test_some_not_measured(tmp_path, images, process, plain):
    process.refused.add(("unet", 1))
    result = call("--out", tmp_path / "out", "--images", images, "--quiet")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "calcimetry: finger-1.png: no answer by unet: no bone was found\n"


def test_nothing_done(tmp_path):
    result = call("--out", tmp_path / "out", "--images", tmp_path / "none")
    assert result.exit_code == 2
    assert "is no folder" in result.stderr


def test_training_needs_its_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "find_spec", lambda _name: None)
    result = call("--out", tmp_path / "out", "--train")
    assert result.exit_code == 2
    assert "Training needs the extra 'train'" in result.stderr
