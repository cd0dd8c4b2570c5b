"""Measuring pictures and volumes one by one, keeping what is done."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from calcimetry import __version__
from calcimetry.bone import find_method
from calcimetry.dicom.findings import Tracking
from calcimetry.errors import CalcimetryError, InputError, OutputError
from calcimetry.files.inputs import printable
from calcimetry.files.naming import Task, plan, refuse_to_overwrite_inputs
from calcimetry.files.only_run import only_run
from calcimetry.files.raster import read_picture
from calcimetry.files.results import Contents, Result, merged
from calcimetry.files.results_folder import load_results, save_results
from calcimetry.files.whole import is_whole
from calcimetry.model import Report
from calcimetry.pipeline import measure
from calcimetry.settings import Settings
from calcimetry.study.dicom_files import is_dicom_result, refuse_without_study
from calcimetry.study.page import write_page
from calcimetry.study.result import StudyResult
from calcimetry.study.source_places import save_places
from calcimetry.study.sources import VolumeChoice, find_sources, read_volume
from calcimetry.study.unexpected import internal_error
from calcimetry.study.writing import measured_result, write_images

#: Tables and report.json are written anew at most this often, and always at the end.
SAVE_EVERY_S = 2.0
#: They are written whole, which takes longer the more there is: no more than one part in
#: so many of the time goes there.
SAVING_SHARE = 20
#: Called before each image and once after the last: images done, images in all, the name.
Progress = Callable[[int, int, str], None]
#: Called with what is done next, in words such as "reading".
OnStage = Callable[[str], None]


def measure_study(
    paths: Iterable[str | PathLike[str]],
    out_dir: str | PathLike[str],
    *,
    pixel_spacing_mm: float | None = None,
    volumes: VolumeChoice | None = None,
    settings: Settings | None = None,
    overwrite: bool = False,
    dicom: bool = False,
    tracking: Mapping[str, Mapping[int, Tracking]] | None = None,
    on_progress: Progress | None = None,
    on_stage: OnStage | None = None,
) -> StudyResult:
    """Measure pictures, volumes and folders of them, and write the results into one folder.

    Every input ends as a row of images.csv; one that fails says why and stops no
    other. The tables are kept up to date while the run goes on. Inputs that an
    earlier run measured with the same content, pixel spacing, settings, version and weights
    are not measured again. Results of other inputs in the folder stay, with their
    rows first and in their order; a new result takes the place of the same input's
    earlier one, except that a failure does not replace a measurement of the same
    content. Two inputs of one name are told apart by a number: `ring-2`.

    Parameters
    ----------
    paths : iterable of path-like
        DICOM, NIfTI, JPEG and PNG files, zips of DICOM, and folders of them all
        (`calcimetry.study.sources.find_sources`).
    out_dir : path-like
        The results folder; made if needed.
    pixel_spacing_mm : float, optional
        Pixel spacing in mm of the pictures that no manifest gives one.
    volumes : VolumeChoice, optional
        What the user says of volumes: two NIfTI files to pair, the DICOM series to
        choose, the side of the hand.
    settings : Settings, optional
        How to measure; the defaults where None.
    overwrite : bool
        Measure again what an earlier run has measured.
    dicom : bool
        Write the results of DICOM series as DICOM objects too (`dicom_files` lists them), also
        of those that an earlier run measured. Other inputs are refused: their rows say so.
    tracking : mapping of str to mapping of int to Tracking, optional
        What lesions are called in other studies too, by image and lesion, for `dicom`.
    on_progress : callable, optional
        Called with (done, total, name) before each picture or volume, and once at the end.
    on_stage : callable, optional
        Called with what is done next, such as ``"looking for images"`` or ``"naming fingers"``:
        a volume takes long enough to be asked what it is at.

    Returns
    -------
    StudyResult

    Raises
    ------
    InputError
        If no path is given.
    OutputError
        If the folder cannot be written, or another run is writing there; earlier
        results stay.
    KeyboardInterrupt
        If interrupted, after the results so far were written.
    """
    settings = Settings() if settings is None else settings
    volumes = VolumeChoice() if volumes is None else volumes
    paths = list(paths)
    if not paths and volumes.pair is None:
        raise InputError("Measuring: no file or folder was named.")
    folder = Path(out_dir)
    tell = on_stage or (lambda _stage: None)
    with only_run(folder):
        earlier = load_results(folder)
        tell("looking for images")
        inputs = find_sources(paths, volumes)
        run = _Run(folder, settings, pixel_spacing_mm, earlier, dict(inputs.passed_over), tell)
        tasks = plan(inputs.found, earlier.results)
        if dicom:
            tasks = refuse_without_study(tasks)
            from calcimetry.study.dicom_results import DicomWriter  # noqa: PLC0415 (loads much)

            run.dicom = DicomWriter(folder, run.how, tracking or {}).added
        refuse_to_overwrite_inputs(folder, tasks)
        save_places(folder, tasks, [Path(path) for path in paths], volumes)
        run.measure_all(tasks, overwrite, on_progress)
    return StudyResult(folder, tuple(run.results), run.resumed, run.contents())


class _Run:
    """One run over a list of tasks, and what it has so far."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        pixel_spacing_mm: float | None,
        earlier: Contents,
        passed_over: dict[str, str],
        tell_stage: OnStage,
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.pixel_spacing_mm = pixel_spacing_mm
        self.earlier = earlier
        self.passed_over = passed_over
        self.tell_stage = tell_stage
        self.results: list[Result] = []
        self.resumed = 0
        self.how: dict[str, Any] = {
            "version": __version__,
            "method": find_method(settings.method, settings.model).version,
            # The model by its name alone, for a path tells of the machine; the method holds its
            # fingerprint.
            "settings": {**settings.to_dict(), "model": Path(settings.model).name},
        }
        how = json.dumps(self.how, sort_keys=True)
        self.made_with = hashlib.sha256(how.encode()).hexdigest()[:12]
        self.dicom: Callable[[Task, Result], Result] = lambda _task, result: result

    def contents(self) -> Contents:
        """Everything the results folder holds by now."""
        results = merged(self.earlier.results, self.results)
        used = {self.made_with, *(result.made_with for result in results)}
        names = {result.image for result in results}
        passed_over = {**self.earlier.passed_over, **self.passed_over}
        made_with = {**self.earlier.made_with, self.made_with: self.how}
        return Contents(
            results,
            {name: how for name, how in made_with.items() if name in used},
            {name: why for name, why in passed_over.items() if name not in names},
        )

    def measure_all(
        self, tasks: tuple[Task, ...], overwrite: bool, on_progress: Progress | None
    ) -> None:
        """Measure each task that needs it, keeping the folder up to date."""
        tell = on_progress or (lambda _done, _total, _name: None)
        # Found out now, not after the first was measured: the folder cannot be written.
        next_save = self._save()
        try:
            for number, task in enumerate(tasks):
                tell(number, len(tasks), task.image)
                self.results.append(self._resumed(task, overwrite) or self._measured(task))
                self.results[-1] = self.dicom(task, self.results[-1])
                if time.monotonic() > next_save:
                    next_save = self._save()
            tell(len(tasks), len(tasks), "")
        except KeyboardInterrupt:
            for task in tasks[len(self.results) :]:
                self.results.append(
                    self._failed(task, "not reached: the run was interrupted; run it again")
                )
            self._finish()
            raise
        except OutputError:
            with suppress(OutputError):  # the first one is told; this saves what still fits
                save_results(self.folder, self.contents())
            raise
        self._finish()

    def _save(self) -> float:
        """Write the tables, and tell when that should be done again."""
        start = time.monotonic()
        save_results(self.folder, self.contents())
        now = time.monotonic()
        return now + max(SAVE_EVERY_S, SAVING_SHARE * (now - start))

    def _finish(self) -> None:
        self.tell_stage("writing the report")
        contents = self.contents()
        save_results(self.folder, contents)
        write_page(self.folder, contents, self.made_with)
        kept = {file for result in contents.results for file in result.files}
        for result in self.earlier.results:
            for file in set(result.files) - kept:
                with suppress(OSError):
                    (self.folder / file).unlink()

    def _spacing(self, task: Task) -> float | None:
        if task.source.load is not None:
            return None
        own = task.source.pixel_spacing_mm
        return self.pixel_spacing_mm if own is None else own

    def _resumed(self, task: Task, overwrite: bool) -> Result | None:
        """The earlier result of a task where it still holds."""
        old = task.earlier
        if overwrite or old is None or task.problem or not old.measured:
            return None
        same = (
            old.sha256 == task.sha256
            and old.made_with == self.made_with
            and old.pixel_spacing_mm == self._spacing(task)
            and old.stated == task.source.stated
            and all(is_whole(self.folder / f) for f in old.files if not is_dicom_result(f))
        )
        if not same:
            return None
        self.resumed += 1
        return replace(
            old, key=task.key, columns=task.source.columns or old.columns, later_failure=""
        )

    def _failed(self, task: Task, reason: str) -> Result:
        return Result(
            task.image,
            task.stem,
            task.key,
            "failed",
            reason=printable(" ".join(reason.split())),
            sha256=task.sha256,
            made_with=self.made_with,
            warnings=task.notes,
            columns=task.source.columns,
            stated=task.source.stated,
        )

    def _measured(self, task: Task) -> Result:
        """Measure one image and write its files; whatever goes wrong inside is its reason."""
        if task.problem:
            return self._failed(task, task.problem)
        start = time.perf_counter()
        tried = self._failed(task, "")
        try:
            tried, report = self._report(task, tried)
            self.tell_stage("drawing")
            files = write_images(self.folder, task.stem, report)
            result = measured_result(tried, report, files, self.settings)
        except OutputError:
            raise
        except CalcimetryError as error:
            return self._failed(task, str(error))
        except Exception as error:  # noqa: BLE001 - one image never stops the others
            return self._failed(task, internal_error(error))
        return replace(result, seconds=round(time.perf_counter() - start, 3))

    def _report(self, task: Task, tried: Result) -> tuple[Result, Report]:
        """Read and measure one image; what reading told comes into the result."""
        self.tell_stage("reading")
        if task.source.load is not None:
            reading = read_volume(task.source, task.image)
            told = (*tried.warnings, *reading.warnings)
            tube, kernel = reading.tube_settings, task.source.kernel
            tried = replace(tried, warnings=told, tube_settings=tube, kernel=kernel)
            return tried, measure(reading.image, self.settings, reading.laterality, self.tell_stage)
        window = self.settings.picture
        picture = read_picture(
            task.source.path, self._spacing(task), window.window_hu, window.level_hu
        )
        self.tell_stage("measuring")
        tried = replace(tried, pixel_spacing_mm=self._spacing(task))
        return tried, measure(replace(picture, name=task.image), self.settings)
