"""The pictures of the paper's study: those held out of training, and the independent set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calcimetry.errors import InputError
from calcimetry.files.inputs import find_inputs
from calcimetry.files.reading_tables import Layout, read_readings
from calcimetry.files.spreadsheet import read_spreadsheet
from calcimetry.phantom.cohort import PAPER_GROUPS, Cohort, Group
from calcimetry.reproduction.known_pictures import KnownPicture, read_known_pictures
from calcimetry.study.cohorts import write_cohort
from calcimetry.study.phantom_output import PhantomOutput

#: Raters that are not radiologists.
CALCIMETRY, TRAINED, TRUTH = "calcimetry", "calcimetry, trained here", "truth"
_TAKEN = {CALCIMETRY, TRAINED, TRUTH, "image", "patient", "reason", "unit"}
#: Table of the radiologists' axes in a folder of the user's own.
READERS = "readers.csv"
#: A shorter study, to see how it goes.
QUICK_GROUPS = (Group("train", 1, 3), Group("test", 8, 12, index_images=3, cut_off=3))
#: One picture of so many is held out of training: the paper kept 10 of 40.
_HELD_OUT_OF = 4
_DOING = "Reproducing the paper"

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False, slots=True)
class PaperSet:
    """What the study is done on.

    Parameters
    ----------
    test : tuple of KnownPicture
        The independent set; at least one.
    held_out : tuple of KnownPicture
        Of the pictures to train on, those kept to test with; may be empty.
    training : tuple of str
        Names of the others, to train on.
    folder : Path
        That holds all of them.
    whole : frozenset of str or None
        Names of the pictures of `test` that show all phalanges; None where nobody says.
    index_fingers : int or None
        How many pictures of `test` show index fingers; None where nobody says.
    readings : mapping
        Total area in mm2 by reader and picture.
    simulated : bool
        Whether the simulator made all of it.
    """

    test: tuple[KnownPicture, ...]
    held_out: tuple[KnownPicture, ...]
    training: tuple[str, ...]
    folder: Path
    whole: frozenset[str] | None
    index_fingers: int | None
    readings: Mapping[str, Mapping[str, float]]
    simulated: bool

    @property
    def patients(self) -> int | None:
        """Of the independent set; None where a picture has none."""
        names = {one.patient for one in self.test}
        return None if "" in names else len(names)


def simulated_set(
    folder: Path,
    seed: int,
    groups: tuple[Group, ...] = PAPER_GROUPS,
    on_progress: Progress | None = None,
) -> PaperSet:
    """Simulate patients shaped like the paper's, or go on where an earlier run stopped.

    Parameters
    ----------
    folder : Path
        For the pictures, their truth and the simulated radiologists' readings.
    seed : int
        Decides everything.
    groups : tuple of Group
        Patients of groups called train and test.
    on_progress : callable, optional
        Called with (scans done, of how many, whose).

    Raises
    ------
    SettingsError
        If the seed is negative.
    OutputError
        If the folder holds something else or cannot be written.
    """
    written = write_cohort(Cohort(seed, groups), folder, PhantomOutput(format="jpeg"), on_progress)
    table = folder / "truth" / "readings.csv"
    return _read(written.images, table, seed, simulated=True)


def own_set(folder: Path, seed: int) -> PaperSet:
    """Read a folder of pictures and masks.

    Parameters
    ----------
    folder : Path
        As `calcimetry.reproduction.known_pictures.read_known_pictures` takes it. Its manifest
        may have the columns ``group`` (train or test; without it all are test), ``cut_off``
        (true or false) and ``finger``; a readers.csv holds the radiologists' axes.
    seed : int
        Decides which pictures to train on are held out.

    Raises
    ------
    InputError
        If a picture, its truth or a table cannot be used, or no picture is of the test group.
    """
    table = folder / READERS
    return _read(folder, table if table.is_file() else None, seed, simulated=False)


def _read(folder: Path, table: Path | None, seed: int, simulated: bool) -> PaperSet:
    known = read_known_pictures(folder)
    told = {one.image: one.columns for one in find_inputs([folder]).found}
    train: list[KnownPicture] = []
    test: list[KnownPicture] = []
    for one in known:
        group = told.get(one.name, {}).get("group", "test")
        if group not in ("train", "test"):
            raise InputError(
                f"{_DOING}: group of {one.name} must be train or test, found {group!r}."
            )
        (train if group == "train" else test).append(one)
    if not test:
        raise InputError(
            f"{_DOING}: no picture of {folder.name} is of the group test, which is measured. Write "
            "test into the column group of its manifest.csv, or leave the column out."
        )
    # As the recipe paper.toml parts them.
    kept = set(np.random.default_rng(seed).permutation(len(train))[: len(train) // _HELD_OUT_OF])
    columns = [told.get(one.name, {}) for one in test]
    fingers = [one.get("finger", "") for one in columns]
    readings = {} if table is None else _readings(table, test)
    if simulated:
        # Both simulated radiologists read all pictures; where they saw nothing no row stands.
        readings = {
            reader: {one.name: areas.get(one.name, 0.0) for one in test}
            for reader, areas in readings.items()
        }
    return PaperSet(
        tuple(test),
        tuple(one for place, one in enumerate(train) if place in kept),
        tuple(one.name for place, one in enumerate(train) if place not in kept),
        folder,
        _whole({one.name: row.get("cut_off", "") for one, row in zip(test, columns, strict=True)}),
        sum(finger == "index" for finger in fingers) if all(fingers) else None,
        readings,
        simulated,
    )


def _whole(cut_off: Mapping[str, str]) -> frozenset[str] | None:
    if not any(cut_off.values()):
        return None
    for name, text in cut_off.items():
        if text not in ("true", "false"):
            raise InputError(
                f"{_DOING}: cut_off of {name} must be true or false, found {text!r}. It says "
                "whether a phalanx is not, or not wholly, in the picture."
            )
    return frozenset(name for name, text in cut_off.items() if text == "false")


def _readings(table: Path, test: list[KnownPicture]) -> dict[str, dict[str, float]]:
    """Total areas by reader and picture, of ellipses."""
    names = dict.fromkeys(read_spreadsheet(table).text("reader"))
    own = _TAKEN & set(names)
    if own:
        raise InputError(
            f"{_DOING}: {table.name} has a reader called {min(own)!r}, as a result or a "
            "column is. Use another name."
        )
    found = read_readings([table], Layout({name: name for name in names}))
    wanted = {one.name for one in test}
    if not wanted & set(found.images):
        raise InputError(
            f"{_DOING}: {table.name} names no picture of the group test; it has "
            f"{found.images[0]!r}, the folder {min(wanted)!r}."
        )
    return {
        reader: {
            image: value
            for image, value in zip(found.images, values, strict=True)
            if value is not None and image in wanted
        }
        for reader, values in found.values.items()
    }
