"""Which name each input has in the results, and which earlier result is its own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from calcimetry.errors import OutputError
from calcimetry.files.inputs import Input, file_sha256, path_key, stem_of, without_ending
from calcimetry.files.results import Result

_FINGERS = "_fingers"


@dataclass(frozen=True, slots=True)
class Task:
    """One input with its name in the results.

    `image` and `stem` are used by no other input of the results folder. `earlier`
    is this input's own result of an earlier run. `problem` says why it cannot be
    tried; `notes` are told beside its result.
    """

    source: Input
    image: str
    stem: str
    key: str
    sha256: str
    earlier: Result | None
    problem: str
    notes: tuple[str, ...]


def plan(inputs: Iterable[Input], earlier: Iterable[Result]) -> tuple[Task, ...]:
    """Give every input its name, the same one at every run with the same results folder.

    An input is known again by its place, or, where the place is new, by the same
    name and content (the folder was moved). A name that another input has gets a
    number: `ring-2.jpg`. Names differing in case only count as the same, as some
    file systems see them. A file named a second time becomes a task with a problem.

    Parameters
    ----------
    inputs : iterable of Input
        In the order of measuring.
    earlier : iterable of Result
        What the results folder holds.

    Returns
    -------
    tuple of Task
        One per input.
    """
    known = {result.key: result for result in earlier}
    by_image = {result.image: result for result in known.values()}
    images = {result.image.casefold() for result in known.values()}
    stems = {name for result in known.values() for name in _names(result.stem, result.is_volume)}
    # The places given in this run; no input may take over the result of another one.
    places: dict[str, list[str]] = {}
    claimed: set[str] = set()
    contents: dict[str, str] = {}
    tasks: list[Task] = []
    for source in inputs:
        place = source.place or path_key(source.path)
        same_place = places.setdefault(place, [])
        key = f"{place}#{len(same_place) + 1}" if same_place else place
        sha256 = "" if source.problem else source.sha256 or file_sha256(source.path)
        old = known.get(key)
        if old is None and sha256:
            moved = by_image.get(source.image)
            if moved is not None and moved.sha256 == sha256:
                old = moved
        if old is not None and old.image in claimed:
            old = None
        if old is not None:
            image, stem = old.image, old.stem
        else:
            image = _free(source.image, images)
            stem = _free(stem_of(source.image), stems, source.load is not None)
        problem = source.problem
        if same_place and not problem:
            problem = f"the same file as {same_place[0]}, which is measured once"
        notes = []
        if old is None and (image, stem) != (source.image, stem_of(source.image)):
            notes.append(f"Another input is called {source.image}: this one's files are {stem}.")
        if sha256 in contents and not problem:
            notes.append(f"Its content is the same as that of {contents[sha256]}.")
        elif sha256:
            contents[sha256] = image
        same_place.append(image)
        claimed.add(image)
        tasks.append(Task(source, image, stem, key, sha256, old, problem, tuple(notes)))
    return tuple(tasks)


def result_files(stem: str, is_volume: bool) -> tuple[str, ...]:
    """Bones, lesions and overlays of an image: their paths relative to the results folder.

    >>> result_files("ring", is_volume=False)
    ('segmentations/ring_bones.png', 'segmentations/ring_lesions.png', 'overlays/ring.png')
    """
    labels, overlay = f"segmentations/{stem}", f"overlays/{stem}"
    if is_volume:
        maps = f"{labels}_bones.nii.gz", f"{labels}_lesions.nii.gz"
        return *maps, f"{overlay}.png", f"{overlay}{_FINGERS}.png"
    return f"{labels}_bones.png", f"{labels}_lesions.png", f"{overlay}.png"


def refuse_to_overwrite_inputs(folder: Path, tasks: Iterable[Task]) -> None:
    """Make sure that no result would be written over an image to measure.

    Raises
    ------
    OutputError
        If one would: the results folder holds images in overlays/ or segmentations/
        that no earlier run wrote.
    """
    tasks = tuple(tasks)
    inputs = {os.path.realpath(task.source.path) for task in tasks}
    place = os.path.realpath(folder)
    for task in tasks:
        for file in result_files(task.stem, task.source.load is not None):
            if os.path.join(place, file) in inputs:  # noqa: PTH118 - realpath gives text
                raise OutputError(
                    f"Writing to {folder}: {file} is an image to measure, and a result of "
                    f"{task.image} would take its place. Choose another --out folder."
                )


def _names(stem: str, is_volume: bool) -> tuple[str, ...]:
    """The names that a stem takes up: the picture of a volume's fingers has one of its own."""
    name = stem.casefold()
    return (name, name + _FINGERS) if is_volume else (name,)


def _free(name: str, taken: set[str], is_volume: bool = False) -> str:
    """The name itself, or with the first number that nobody has; marks it as taken."""
    start, ending = without_ending(name)
    if not ending:
        ending = PurePosixPath(name).suffix
        start = name.removesuffix(ending)
    free, number = name, 1
    while taken.intersection(_names(free, is_volume)):
        number += 1
        free = f"{start}-{number}{ending}"
    taken.update(_names(free, is_volume))
    return free
