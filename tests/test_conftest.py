"""The rule that CI skips nothing is itself tested: a broken rule would pass in silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = {
    "mark": "import pytest\n@pytest.mark.skip\ndef test_it(): pass\n",
    "call": "import pytest\ndef test_it(): pytest.skip('why')\n",
    "whole file": "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass\n",
    "expected failure": "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n",
    "no reference data": "def test_it(shared): pass\n",
}


def run_pytest(folder: Path, test: str, ci: str, *options: str) -> int:
    (folder / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text())
    (folder / "test_it.py").write_text(test)
    environment = {**os.environ, "CI": ci, "CALCIMETRY_SHARED": str(folder / "nowhere")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *options,
        str(folder),
    ]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, check=False
    ).returncode


@pytest.mark.parametrize("kind", SKIPS)
def test_a_skip_fails_in_ci(kind, tmp_path):
    assert run_pytest(tmp_path, SKIPS[kind], "true") != 0


def test_a_skip_fails_in_ci_on_several_processes(tmp_path):
    both = SKIPS["mark"] + "def test_other(): pass\n"
    assert run_pytest(tmp_path, both, "true", "-n", "2") == 1


def test_a_skipped_file_fails_in_ci_on_several_processes(tmp_path):
    (tmp_path / "test_other.py").write_text("def test_other(): pass\n")
    assert run_pytest(tmp_path, SKIPS["whole file"], "true", "-n", "2") != 0


def test_a_skip_is_a_skip_at_the_desk(tmp_path):
    assert run_pytest(tmp_path, SKIPS["no reference data"], "") == 0


def test_tests_that_run_pass_in_ci(tmp_path):
    assert run_pytest(tmp_path, "def test_it(): pass\n", "true") == 0
