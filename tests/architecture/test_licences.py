"""Whoever installs calcimetry may use, change and pass on all that comes with it."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement

#: Licences that ask for no more than to be named and passed on, by their SPDX name and by the
#: other names that packages use.
PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "Apache 2.0",
    "Apache Software License",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "3-Clause BSD License",
    "CC0-1.0",
    "ISC",
    "ISC License",
    "ISC License (ISCL)",
    "MIT",
    "MIT License",
    "MIT-CMU",
    "PSF-2.0",
    "Python Software Foundation License",
    "Zlib",
}
#: Others, with what makes them fit to come along.
WITH_REASON = {
    "GPL-3.0-or-later WITH GCC-exception-3.1": (
        "the run-time libraries of GCC in wheels of numpy, scipy and scikit-learn: the exception "
        "frees every program that a compiler has linked to them"
    ),
    "MPL-2.0": (
        "tqdm, which dicom-anonymizer brings: it binds whoever changes its own files, and nobody "
        "who only uses them"
    ),
}


def refused(licence: str) -> list[str]:
    """Parts of what a package states that nobody has judged; all of it where it states nothing."""
    parts = [part.strip(" ()") for part in re.split(r"\b(?:AND|OR)\b", licence)]
    known = PERMISSIVE | set(WITH_REASON)
    if licence.strip() in known:
        return []
    return [part or "no licence stated" for part in parts if part not in known]


def stated(package: metadata.PackageMetadata) -> str:
    """The licence that a package states: as an expression, by classifiers, or in words."""
    fields = package.json
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in fields.get("classifier", [])
        if line.startswith("License :: ")
    ]
    return str(
        fields.get("license_expression") or " AND ".join(classifiers) or fields.get("license", "")
    )


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def direct(root) -> list[str]:
    """What pyproject.toml asks for."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [canonical(Requirement(line).name) for line in project["dependencies"]]


@pytest.fixture(scope="module")
def base(direct) -> dict[str, str]:
    """Licence of each package of the base install on this machine."""
    found: dict[str, str] = {}
    ahead = list(direct)
    while ahead:
        name = ahead.pop()
        if name not in found:
            package = metadata.distribution(name)
            found[name] = stated(package.metadata)
            needed = [Requirement(line) for line in package.requires or []]
            ahead += [
                canonical(one.name)
                for one in needed
                if one.marker is None or one.marker.evaluate({"extra": ""})
            ]
    return found


def test_no_package_of_the_base_install_asks_for_more_than_to_be_named(base):
    assert {name: refused(licence) for name, licence in base.items() if refused(licence)} == {}


def test_the_walk_reaches_what_packages_bring_along(base, direct):
    assert {"markupsafe", "markdown-it-py", "joblib", "protobuf", "packaging"} <= set(base)
    assert len(base) > len(direct) + 10


@pytest.mark.parametrize(
    "licence",
    [
        "GPL-3.0-only",
        "GPL-3.0-or-later",
        "AGPL-3.0-only",
        "MIT AND LGPL-2.1-or-later",
        "GNU General Public License v3 (GPLv3)",
        "Proprietary",
        "",
        "   ",
    ],
)
def test_what_nobody_has_judged_is_refused(licence):
    assert refused(licence)


@pytest.mark.parametrize(
    "licence",
    ["MIT", "(Apache-2.0 OR BSD-2-Clause)", "BSD-3-Clause AND Zlib", *WITH_REASON],
)
def test_what_was_judged_passes(licence):
    assert refused(licence) == []


def test_the_page_of_licences_names_each_direct_dependency(direct, root):
    page = (root / "docs/reference/licences.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([a-z][a-z0-9-]*) \|", page, re.MULTILINE) == ["package", *direct]
