"""The names that users may rely on: adding one is a decision, losing one breaks them."""

import re
import subprocess
import sys

import pytest

import calcimetry

PUBLIC = [
    "DualEnergyImage",
    "Finger",
    "Grid",
    "Hand",
    "Image",
    "Interval",
    "Laterality",
    "Lesion",
    "Report",
    "Segmentation",
    "Settings",
    "__version__",
    "errors",
    "measure",
    "read",
]


def test_public_names_are_these():
    assert calcimetry.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_name_exists_is_listed_and_explained(name):
    value = getattr(calcimetry, name)
    assert name in dir(calcimetry)
    assert value.__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'mesure'"):
        calcimetry.mesure  # noqa: B018 - looking it up is the test


def test_version_is_a_release_number():
    assert re.fullmatch(r"\d+\.\d+\.\d+", calcimetry.__version__)


def test_importing_is_light():
    # numpy is the only thing from outside; a network, plots and clustering are loaded when used.
    code = "import sys; import calcimetry; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {module.partition(".")[0] for module in answer.stdout.split()}
    heavy = {"PIL", "jinja2", "matplotlib", "onnxruntime", "pandas", "rich", "scipy", "skimage"}
    heavy |= {"sklearn", "torch", "typer"}
    assert "numpy" in loaded
    assert not loaded & heavy


def test_the_command_line_starts_without_what_only_measuring_needs():
    code = "import sys; import calcimetry.cli.main; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {module.partition(".")[0] for module in answer.stdout.split()}
    assert not loaded & {"PIL", "jinja2", "matplotlib", "onnxruntime", "scipy", "skimage"}
    assert not loaded & {"sklearn", "torch"}
