"""What all tests share: where the reference data lies, and that CI skips nothing."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent

# No deadline: a busy machine is no bug. The desk looks briefly at new examples each time; CI looks
# longer, at the same ones each time, so that a failure belongs to the change that is tested.
hypothesis.settings.register_profile("desk", deadline=None, max_examples=30)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None)


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


hypothesis.settings.load_profile("ci" if in_ci() else "desk")


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and in_ci():
        report.outcome = "failed"
        report.__dict__.pop("wasxfail", None)  # else pytest takes the failure for the expected one
        report.longrepr = f"{report.nodeid} was skipped, and in CI nothing may skip."


# Wrappers, because they alone run before pytest counts the report.
@pytest.hookimpl(wrapper=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> Generator[None, None, None]:
    fail_if_skipped(report)
    yield


@pytest.hookimpl(wrapper=True)
def pytest_collectreport(report: pytest.CollectReport) -> Generator[None, None, None]:
    fail_if_skipped(report)
    yield


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
