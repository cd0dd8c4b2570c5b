from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import calcimetry.bone
from calcimetry.bone import METHODS
from calcimetry.cli.main import app
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


def test_one_reason_is_told_once(tmp_path, data, process):
    process.refused.update({("kmeans", 1), ("kmeans", 3)})
    result = call(data, "--out", tmp_path / "out", "--quiet")
    assert result.stderr == "calcimetry: 2 pictures: no answer by kmeans: no bone was found\n"


def test_a_network_of_ones_own(tmp_path, data, process):
    weights = Path(calcimetry.bone.__file__).parent / "weights/unet.onnx"
    options = ("--method", "unet", "--model", f"mine={weights}")
    result = call(data, "--out", tmp_path / "out", *options)
    assert result.exit_code == 0, result.stderr
    assert "unet is not told apart from mine" in result.stdout


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("runs/model.onnx",), "--model must be NAME=ONNX"),
        (("=runs/model.onnx",), "--model must be NAME=ONNX"),
        (("a=x.onnx", "a=y.onnx"), "two models are called 'a'"),
        (("a=x.onnx",), "x.onnx is missing"),
    ],
)
def test_models_that_cannot_be_used(tmp_path, data, texts, told):
    options = [word for text in texts for word in ("--model", text)]
    result = call(data, "--out", tmp_path / "out", *options)
    assert result.exit_code == 2
    assert told in result.stderr


def test_an_unknown_method(tmp_path, data):
    result = call(data, "--out", tmp_path / "out", "--method", "magic")
    assert result.exit_code == 2
    assert f"no method 'magic'; expected some of {', '.join(METHODS)}" in result.stderr
