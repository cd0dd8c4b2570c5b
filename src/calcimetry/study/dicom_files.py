"""Where the DICOM objects of results lie, and which inputs cannot have any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from calcimetry.files.naming import Task
from calcimetry.files.results import Result
from calcimetry.study.sources import LoadDicom

#: Folder of the results folder that holds them.
FOLDER = "dicom"
NO_STUDY = (
    "it belongs to no DICOM study that DICOM results could refer to. Measure it without --dicom, "
    "or name the study that it comes from"
)


def dicom_files(folder: Path, result: Result) -> tuple[Path, ...]:
    """The DICOM objects of one result of a results folder.

    Parameters
    ----------
    folder : Path
        The results folder.
    result : Result
        One of its results.

    Returns
    -------
    tuple of Path
        The report last; empty where none were asked for or made. All of a folder's are the
        files ending in ``.dcm`` below it.
    """
    return tuple(folder / file for file in result.files if is_dicom_result(file))


def is_dicom_result(file: str) -> bool:
    """Whether a result file is one of the DICOM objects, by its path in the results folder.

    >>> is_dicom_result("dicom/0a1b/report.dcm"), is_dicom_result("overlays/0a1b.png")
    (True, False)
    """
    return PurePosixPath(file).parts[0] == FOLDER


def refuse_without_study(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Tasks of which those that are no DICOM cannot be tried, for that reason."""
    return tuple(
        task
        if task.problem or isinstance(task.source.load, LoadDicom)
        else replace(task, problem=f"{task.image}: {NO_STUDY}")
        for task in tasks
    )
