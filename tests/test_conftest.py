"""The rule that CI skips nothing is itself tested: a broken rule would pass in silence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = {
    "passes": "def test_it(): pass\n",
    "mark": "import pytest\n@pytest.mark.skip\ndef test_it(): pass\n",
    "call": "import pytest\ndef test_it(): pytest.skip('why')\n",
    "expected_failure": "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n",
    "no_reference_data": "def test_it(shared): pass\n",
    "whole_file": "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass\n",
}


def run_pytest(
    folder: Path, ci: str, *options: str, tests: dict[str, str] = TESTS, **changed: str
) -> tuple[int, dict[str, int]]:
    """Exit status of pytest over tests, and its count of each outcome."""
    (folder / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text())
    for name, text in tests.items():
        (folder / f"test_{name}.py").write_text(text)
    environment = {
        **os.environ,
        "CI": ci,
        "CALCIMETRY_SHARED": str(folder / "nowhere"),
        "CALCIMETRY_NOT_TESTED": "",
        **changed,
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "."]
    done = subprocess.run(
        [*command, "--continue-on-collection-errors"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stdout.strip().splitlines()[-1]
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|skipped|error)", last)}
    return done.returncode, counts


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two processes"])
def test_every_kind_of_skip_fails_in_ci(options, tmp_path):
    status, counts = run_pytest(tmp_path, "true", *options)
    assert status == 1
    # pytest calls it an error where a test fails before its own lines run.
    assert counts == {"passed": 1, "failed": 2, "error": 3}


def test_a_skip_is_a_skip_at_the_desk(tmp_path):
    status, counts = run_pytest(tmp_path, "")
    assert status == 0
    assert counts == {"passed": 1, "skipped": 4}


def test_ci_excuses_only_what_needs_a_program_that_it_could_not_install(tmp_path):
    skip = "import pytest\ndef test_it(): pytest.skip('it (Debian: {}) is not installed')\n"
    tests = {
        "missing": skip.format("orthanc, orthanc-dicomweb"),
        "there": skip.format("dcmtk"),
        "other": "import pytest\ndef test_it(): pytest.skip('orthanc')\n",
    }
    _, counts = run_pytest(tmp_path, "true", tests=tests, CALCIMETRY_NOT_TESTED="orthanc-dicomweb")
    assert counts == {"skipped": 1, "failed": 2}
