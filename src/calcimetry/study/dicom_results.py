"""Results as DICOM objects beside the tables: made once, and again where they are missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import nibabel as nib
import numpy as np
from pydicom import dcmread

from calcimetry.dicom.findings import (
    Context,
    Findings,
    Maker,
    SiteFindings,
    Tracking,
)
from calcimetry.dicom.found import Volume
from calcimetry.dicom.part10 import is_whole
from calcimetry.dicom.results import REPORT_NAME, failure_report, result_objects
from calcimetry.dicom.source_study import read_source_study
from calcimetry.dicom.uids import ResultKey
from calcimetry.errors import CalcimetryError, OutputError
from calcimetry.files.naming import Task, result_files
from calcimetry.files.results import FingerResult, HandResult, Result
from calcimetry.files.tables import write_bytes
from calcimetry.measurement.burden import Burden
from calcimetry.model import DualEnergyImage, Image, Laterality, Segmentation
from calcimetry.model.anatomy import LEFT_HAND_OFFSET
from calcimetry.model.report import Status
from calcimetry.render.palette import LESION, bone_colour
from calcimetry.study.dicom_files import FOLDER, is_dicom_result
from calcimetry.study.sources import LoadDicom
from calcimetry.study.unexpected import internal_error

#: How a warning begins that says why there are none.
_NOT_MADE = "No DICOM results: "


@dataclass(frozen=True, slots=True)
class DicomWriter:
    """Writes the DICOM objects of one run's results.

    Parameters
    ----------
    folder : Path
        The results folder.
    how : mapping of str
        Version, bone method with the fingerprint of its weights, and settings.
    tracking : mapping of str to mapping of int to Tracking
        What lesions are called in other studies too, by image and number.
    """

    folder: Path
    how: Mapping[str, Any]
    tracking: Mapping[str, Mapping[int, Tracking]] = field(default_factory=dict)

    def added(self, task: Task, result: Result) -> Result:
        """A result with its DICOM objects: those that are there, where they are its own, or new.

        Of a result that has none, a warning says why.

        Raises
        ------
        OutputError
            If a file cannot be written.
        """
        load = task.source.load
        if not isinstance(load, LoadDicom) or task.problem:
            return result
        before = result.files  # with objects where an earlier run's result still holds
        kept = tuple(file for file in before if not is_dicom_result(file))
        told = tuple(text for text in result.warnings if not text.startswith(_NOT_MADE))
        result = replace(result, files=kept, warnings=told)
        old = task.earlier
        if not result.measured and old is not None and old.measured and old.sha256 == task.sha256:
            return result  # the earlier measurement stays, and its objects with it
        try:
            context = self._context(load.volume, task, result)
            there = self._there(task, context, tuple(filter(is_dicom_result, before)))
            files = there or tuple(self._written(load.volume, context, task, result))
        except OutputError:
            raise
        except CalcimetryError as error:
            return replace(result, warnings=(*told, f"{_NOT_MADE}{error}"))
        except Exception as error:  # noqa: BLE001 - no header, however odd, costs a measurement
            why = internal_error(error, quoted=False)
            return replace(result, warnings=(*told, f"{_NOT_MADE}{why}"))
        return replace(result, files=(*kept, *files))

    def _context(self, volume: Volume, task: Task, result: Result) -> Context:
        tracking = self.tracking.get(task.image, {})
        stated = json.dumps(dict(task.source.stated), sort_keys=True)
        return Context(
            read_source_study(volume),
            ResultKey(
                volume.sha256,
                f"{self.how['version']!s} {result.made_with} {result.status == 'failed'}",
                stated,
            ),
            Maker(
                str(self.how["version"]),
                result.method or str(self.how["method"]),
                result.made_with,
                datetime.now(UTC).astimezone(),
            ),
            tracking,
        )

    def _there(self, task: Task, context: Context, files: tuple[str, ...]) -> tuple[str, ...]:
        """Files of an earlier run, where all of them are whole and the report is this result's."""
        report = self.folder / _file(task.stem, REPORT_NAME)
        if not files or not all(_is_whole(self.folder / file) for file in files):
            return ()
        with suppress(Exception):  # damaged in any way: it is made again
            found = dcmread(report, stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
            if found.SOPInstanceUID == context.uid("report"):
                return files
        return ()

    def _written(
        self, volume: Volume, context: Context, task: Task, result: Result
    ) -> Iterator[str]:
        if not result.measured:
            objects = iter([(REPORT_NAME, failure_report(context, result.reason))])
        else:
            objects = result_objects(context, self._findings(volume, task, result))
        for name, content in objects:
            file = _file(task.stem, name)
            write_bytes(self.folder / file, content)
            yield file

    def _findings(self, volume: Volume, task: Task, result: Result) -> Findings:
        image = volume.load()
        mixed = image.mixed if isinstance(image, DualEnergyImage) else image
        bones, lesions, *pictures = result_files(task.stem, is_volume=True)
        return Findings(
            image=mixed,
            bones=self._label_map(bones, mixed, result.bones),
            lesion_map=self._label_map(
                lesions, mixed, {one.number: f"lesion {one.number}" for one in result.lesions}
            ),
            lesions=result.lesions,
            sites=tuple(_sites(result)),
            status=_seen(result.status),
            reason=result.reason,
            warnings=result.warnings,
            bone_colours={label: bone_colour(label) for label in result.bones},
            bone_sides={label: _side_of(label, result) for label in result.bones},
            lesion_colour=LESION,
            pictures=tuple((self.folder / file).read_bytes() for file in pictures),
        )

    def _label_map(self, file: str, image: Image, meanings: Mapping[int, str]) -> Segmentation:
        """A label map as `measure` wrote it, whose voxels lie as in the volume's array."""
        stored = np.asarray(nib.load(self.folder / file).dataobj)  # type: ignore[attr-defined]
        return Segmentation(stored.T, image.grid, meanings)


def _file(stem: str, name: str) -> str:
    return f"{FOLDER}/{stem}/{name}.dcm"


def _is_whole(path: Path) -> bool:
    """Whether a DICOM file is there to its last byte."""
    try:
        with path.open("rb") as stream:
            return is_whole(stream, path.stat().st_size)
    except OSError:
        return False


def _sites(result: Result) -> Iterator[SiteFindings]:
    """Hands, each followed by its fingers."""
    fingers = iter(result.fingers)
    for hand in result.hands:
        yield _hand(hand)
        for _ in range(hand.finger_count):
            yield _finger(next(fingers))


def _hand(hand: HandResult) -> SiteFindings:
    return SiteFindings(
        hand.name, _side(hand.side), None, _seen(hand.status), hand.reason, hand.burden
    )


def _finger(finger: FingerResult) -> SiteFindings:
    burden = Burden(**{name: getattr(finger, name) for name in Burden.__dataclass_fields__})
    return SiteFindings(
        finger.name,
        _side(finger.side),
        finger.digit,
        _seen(finger.status),
        finger.reason,
        burden,
        finger.coverage,
    )


def _seen(status: Status) -> Literal["complete", "partial"]:
    return "complete" if status == "complete" else "partial"


def _side(name: str | None) -> Laterality | None:
    return None if name is None else Laterality[name.upper()]


def _side_of(label: int, result: Result) -> Laterality | None:
    """Side of a bone: a right hand's and an unknown one's have the same numbers."""
    if label >= LEFT_HAND_OFFSET:
        return Laterality.LEFT
    sides = {hand.side for hand in result.hands} - {"left"}
    return Laterality.RIGHT if sides == {"right"} else None
