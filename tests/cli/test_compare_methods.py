from __future__ import annotations

import pytest
from typer.testing import CliRunner

from calcimetry.cli.main import app
from calcimetry.reproduction import compare
from tests.reproduction.conftest import data, drawing_process, process

__all__ = ["data", "drawing_process", "process"]


def call(*arguments):
    return CliRunner().invoke(app, ["compare-methods", *map(str, arguments)])


def test_all_answered(tmp_path, data, process):
    result = call(data, "--out", tmp_path / "out", "--method", "unet", "--method", "kmeans")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert "5 of 5" in result.stdout
    assert "unet is better than kmeans" in result.stdout
    assert f"Results: {tmp_path / 'out' / 'index.html'}" in result.stdout
    again = call(data, "--out", tmp_path / "out", "--method", "unet")
    assert "(5 answers are an earlier run's)" in again.stdout


def test_some_not_answered(tmp_path, data, process):
    process.refused.add(("kmeans", 0))
    result = call(data, "--out", tmp_path / "out", "--quiet")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == ("calcimetry: finger-0.png: no answer by kmeans: no bone was found\n")


def test_none_answered(tmp_path, data, process):
    process.refused.update(("unet", n) for n in range(5))
    result = call(data, "--out", tmp_path / "out", "--method", "unet")
    assert result.exit_code == 2
    assert "No method found bone in any of 5 pictures." in result.stdout


def test_interrupted(tmp_path, data, process):
    process.interrupted_after = 2
    result = call(data, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "What was compared is kept in" in result.stderr


@pytest.mark.parametrize("method", ["magic"])
def test_an_unknown_method(tmp_path, data, method):
    result = call(data, "--out", tmp_path / "out", "--method", method)
    assert result.exit_code == 2
    assert f"no method '{method}'; expected some of {', '.join(compare.METHODS)}" in result.stderr
