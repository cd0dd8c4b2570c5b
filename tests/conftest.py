"""What all tests share: where the reference data lies, and that CI skips nothing."""

from __future__ import annotations

import os
import re
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


def excused(report: pytest.TestReport | pytest.CollectReport) -> bool:
    """Whether a test was skipped for want of a program that `.ci/peers` could not install.

    It has named those programs already, by their packages; so does the reason of each such skip:
    "Orthanc (Debian: orthanc) is not installed".
    """
    packages = set(os.environ.get("CALCIMETRY_NOT_TESTED", "").split())
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    named = re.search(r"\(Debian: ([a-z0-9, -]+)\)", reason)
    return named is not None and not packages.isdisjoint(named[1].split(", "))


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and in_ci() and not excused(report):
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
