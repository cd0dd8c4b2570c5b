"""The documents that are contracts say what the program does: no more and no less."""

import re

import pytest
import typer

from calcimetry.cli.main import app
from calcimetry.files.columns import (
    EMPTY_COLUMNS,
    FINGER_COLUMNS,
    HAND_COLUMNS,
    IMAGE_COLUMNS,
    LESION_COLUMNS,
    PATIENT_COLUMNS,
    SCORE_COLUMNS,
)
from calcimetry.files.followup_columns import (
    ALIGNMENT_COLUMNS,
    FOLLOWUP_COLUMNS,
    FOLLOWUP_FINGER_COLUMNS,
    FOLLOWUP_PATIENT_COLUMNS,
)

#: Columns of the tables of a follow-up; what is defined of the volume holds for mass and area.
FOLLOWED = {
    *FOLLOWUP_COLUMNS,
    *FOLLOWUP_FINGER_COLUMNS,
    *FOLLOWUP_PATIENT_COLUMNS,
    *ALIGNMENT_COLUMNS,
}
#: Options of every command, explained once for all.
COMMON = {"--help", "-h", "--version"}


def commands(group, before=""):
    """Every command by its words, those within a group too."""
    found = {}
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        found |= commands(command, f"{before}{name} ") if inner else {f"{before}{name}": command}
    return found


COMMANDS = commands(typer.main.get_command(app))


@pytest.fixture(scope="session")
def measurements(root) -> str:
    return (root / "docs/measurements.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def command_line(root) -> str:
    return (root / "docs/reference/command-line.md").read_text(encoding="utf-8")


def section(document: str, title: str) -> str:
    """Text under a heading of the second level."""
    found = re.search(rf"(?ms)^## {re.escape(title)}$(.*?)(?=^## |\Z)", document)
    assert found, f"there is no section {title!r}"
    return found[1]


def headings(document: str) -> set[str]:
    """Names that a heading of the third level defines."""
    lines = re.findall(r"^### (.*)$", document, re.MULTILINE)
    return {name.strip() for line in lines for name in line.split(",")}


@pytest.mark.parametrize(
    "column",
    sorted(
        {
            *IMAGE_COLUMNS,
            *FINGER_COLUMNS,
            *HAND_COLUMNS,
            *PATIENT_COLUMNS,
            *SCORE_COLUMNS,
            *LESION_COLUMNS,
        }
    ),
)
def test_each_column_is_defined(column, measurements):
    in_table = f"| `{column}` |" in section(measurements, "What a picture cannot give")
    assert in_table or column in headings(measurements)


@pytest.mark.parametrize("column", sorted(FOLLOWED))
def test_each_column_of_a_follow_up_is_defined(column, measurements):
    of_volume = re.sub(r"^(mass|area)_(mg|mm2)_", "volume_mm3_", column)
    of_volume = re.sub(r"^(mass|area)_(?=change|detect|categ|rule)", "volume_", of_volume)
    assert {column, of_volume} & headings(measurements)


def test_columns_said_to_stay_empty_are_those_that_do(measurements):
    table = section(measurements, "What a picture cannot give")
    said = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    # A lesion says for itself why it has no HU and no density.
    assert said == set(EMPTY_COLUMNS) | {"mean_hu", "density_mg_cm3"}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_explained_with_exactly_its_options(name, command_line):
    text = section(command_line, f"calcimetry {name}")
    said = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))
    real = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    real |= {option for parameter in COMMANDS[name].params for option in parameter.secondary_opts}
    assert said - COMMON == {option for option in real if option.startswith("-")} - COMMON


def test_no_command_is_explained_that_is_gone(command_line):
    said = re.findall(r"^## calcimetry (\S.*)$", command_line, re.MULTILINE)
    assert sorted(said) == sorted(COMMANDS)
