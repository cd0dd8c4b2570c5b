"""What all tests share: where the reference data lies, and that CI skips nothing."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent

# No deadline: a busy machine is no bug. In CI the examples are the same each time, so that a
# failure belongs to the change that is tested.
hypothesis.settings.register_profile("desk", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None)


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


hypothesis.settings.load_profile("ci" if in_ci() else "desk")


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and in_ci():
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and in CI nothing may skip."


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    fail_if_skipped(report)


@pytest.hookimpl(tryfirst=True)
def pytest_collectreport(report: pytest.CollectReport) -> None:
    fail_if_skipped(report)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data with known truth."""
    folder = Path(os.environ.get("CALCIMETRY_SHARED", ROOT.parent / "shared"))
    if not (folder / "data" / "fingers" / "truth.csv").is_file():
        pytest.skip(f"no reference data in {folder}; name its folder in CALCIMETRY_SHARED")
    return folder
