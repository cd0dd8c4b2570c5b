"""The command as it is typed; what it does is tested in tests/study."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from calcimetry.cli.main import app
from tests.study import followup_cases
from tests.visits import true_visits

RUNNER = CliRunner()


def typed(*words):
    return RUNNER.invoke(app, ["followup", *map(str, words)])


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cli")
        return followup_cases.save_results(folder, true_visits()[:2], patch)


def test_it_compares_and_says_what_it_found(results, tmp_path):
    out = tmp_path / "out"
    ended = typed(*results, "--days", "182", "--without-images", "--out", out)
    assert ended.exit_code == 0, ended.output
    assert "1 hand or finger compared; lesions: " in ended.output
    assert f"Results: {out / 'followup.html'}" in ended.output
    assert "days" in (out / "followup.csv").read_text()
    mine = tmp_path / "mine.toml"
    mine.write_text("[followup.matching]\nreach_mm = 3\n")
    again = ("--without-images", "--quiet", "--settings", mine, "--out", out)
    assert typed(*results, *again).output == ""
    saved = json.loads((out / "followup.json").read_text())
    assert saved["settings"]["matching"]["reach_mm"] == 3.0


def test_what_is_wrong_is_one_line(results, tmp_path):
    ended = typed(results[0], results[0], "--out", tmp_path / "out")
    assert ended.exit_code == 2
    assert ended.output.startswith("calcimetry: Following up: visits 1 and 2 are the same")
    assert ended.output.count("\n") == 1


@pytest.mark.parametrize("days", ["soon", "1,x", "1.5"])
def test_days_are_whole_numbers(results, tmp_path, days):
    ended = typed(*results, "--days", days, "--out", tmp_path / "out")
    assert ended.exit_code == 2
    assert "--days must be whole numbers" in ended.output


def test_help_has_an_example():
    assert "calcimetry followup results-2024 results-2025 --out change" in typed("--help").output
