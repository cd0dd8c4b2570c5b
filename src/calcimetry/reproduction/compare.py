"""Every bone method on the same pictures, through the whole pipeline."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from calcimetry import __version__
from calcimetry.bone import METHODS
from calcimetry.errors import InputError, SettingsError
from calcimetry.files.inputs import stem_of
from calcimetry.files.only_run import only_run
from calcimetry.files.raster import write_label_png
from calcimetry.files.whole import is_whole
from calcimetry.model import Report
from calcimetry.reproduction.comparison_report import write_comparison
from calcimetry.reproduction.known_pictures import KnownPicture, read_known_pictures
from calcimetry.reproduction.own_process import Answer, OwnProcess
from calcimetry.reproduction.rows import Row, load_rows, save_rows
from calcimetry.reproduction.scores import Score, score
from calcimetry.reproduction.summary import Comparison, compared
from calcimetry.settings import Settings

#: Called before each answer and once after the last: done, in all, what is done.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Compared:
    """What a run gave: the comparison, its folder, and how many rows an earlier run had made."""

    folder: Path
    comparison: Comparison
    resumed: int


def compare_methods(
    data: Path,
    out: Path,
    methods: Sequence[str] = (),
    *,
    overwrite: bool = False,
    on_progress: Progress | None = None,
) -> Compared:
    """Run bone methods on the same pictures, and write how each compares with the truth.

    Each method runs in a process of its own, one after the other. A picture for which a
    method has no answer is a row with the reason. Rows are kept as they come: the same
    call goes on where an interrupted one stopped. As with all that starts processes, a
    script calls this under ``if __name__ == "__main__":``.

    Parameters
    ----------
    data : Path
        Pictures and their truth (`calcimetry.reproduction.known_pictures`).
    out : Path
        The results folder: new, empty, or that of an earlier comparison. Gets scores.csv,
        summary.csv, methods.png, summary.png, index.html, segmentations/ and scores.json.
    methods : sequence of str
        Keys of `calcimetry.bone.METHODS`, in the order of the tables; all where empty.
    overwrite : bool
        Ask again what an earlier run has answers to.
    on_progress : callable, optional
        Called with (done, total, what) before each answer, and once at the end.

    Returns
    -------
    Compared

    Raises
    ------
    SettingsError
        If a method is unknown; before anything is done.
    InputError
        If the data cannot be used; before anything is done.
    OutputError
        If the folder cannot be written.
    KeyboardInterrupt
        If interrupted; the rows so far are kept.
    """
    chosen = _checked(methods)
    known = read_known_pictures(data)
    if _within(out, data):
        raise InputError(
            f"Comparing methods: the results folder {out} lies within the data, where its label "
            "maps would be taken for pictures. Choose another --out folder."
        )
    with only_run(out):
        run = _Run(out, known, chosen, overwrite, on_progress or (lambda _d, _t, _what: None))
        comparison = compared(run.all_rows(), chosen)
        write_comparison(out, comparison, known)
    return Compared(out, comparison, run.resumed)


class _Run:
    """One run over methods and pictures, and the rows that the folder holds by now."""

    def __init__(
        self,
        folder: Path,
        known: Sequence[KnownPicture],
        methods: Sequence[str],
        overwrite: bool,
        tell: Progress,
    ) -> None:
        self.folder, self.known, self.methods = folder, known, methods
        self.overwrite, self.tell = overwrite, tell
        self.kept = load_rows(folder)
        self.resumed = 0
        # Found out now, not after the first answer: the folder cannot be written.
        self._save()

    def all_rows(self) -> tuple[Row, ...]:
        """One row per method and picture, in their order, asking for those not yet there."""
        rows: list[Row] = []
        total = len(self.methods) * len(self.known)
        for method in self.methods:
            settings = Settings(method=method)
            version = METHODS[method]().version
            with OwnProcess(settings) as process:
                for known in self.known:
                    self.tell(len(rows), total, f"{method}: {known.name}")
                    key = _fingerprint(known, settings, version)
                    row = self._earlier(key)
                    if row is None:
                        answer = process.measure(known.image)
                        row = self._answered(known, method, version, key, answer)
                        self.kept[key] = row
                        self._save()
                    rows.append(row)
        self.tell(total, total, "drawing")
        return tuple(rows)

    def _earlier(self, key: str) -> Row | None:
        """The row of an earlier run where it was answered and its label maps are whole."""
        row = self.kept.get(key)
        if self.overwrite or row is None or row.score is None:
            return None
        if not all(is_whole(self.folder / file) for file in row.files):
            return None
        self.resumed += 1
        return row

    def _answered(
        self, known: KnownPicture, method: str, version: str, key: str, answer: Answer
    ) -> Row:
        scored: Score | None = None
        reason = answer.reason
        files: tuple[str, ...] = ()
        if answer.report is not None:
            try:
                scored = score(known, answer.report)
                files = tuple(self._label_maps(known, method, answer.report))
            except InputError as error:
                reason = str(error)
        return Row(
            image=known.name,
            patient=known.patient,
            method=method,
            method_version=version,
            reason=" ".join(reason.split()),
            score=scored,
            true_area_from=known.area_from,
            seconds=round(answer.seconds, 4),
            memory_mib=None if answer.memory_mib is None else round(answer.memory_mib, 1),
            fingerprint=key,
            files=files,
        )

    def _label_maps(self, known: KnownPicture, method: str, report: Report) -> Iterator[str]:
        """Write the label maps of an answer, and give their names."""
        for kind, segmentation in (("bones", report.bones), ("lesions", report.lesion_map)):
            name = f"segmentations/{method}/{stem_of(known.name)}_{kind}.png"
            write_label_png(self.folder / name, segmentation)
            yield name

    def _save(self) -> None:
        made_on = {
            "calcimetry": __version__,
            "system": platform.system(),
            "machine": platform.machine(),
            "processors": os.cpu_count(),
        }
        save_rows(self.folder, self.kept, made_on)


def _checked(methods: Sequence[str]) -> tuple[str, ...]:
    """The methods to compare, each once."""
    for method in methods:
        if method not in METHODS:
            raise SettingsError(
                f"Comparing methods: there is no method {method!r}; expected some of "
                f"{', '.join(METHODS)}."
            )
    return tuple(dict.fromkeys(methods)) or tuple(METHODS)


def _within(out: Path, data: Path) -> bool:
    return out.resolve().is_relative_to(data.resolve())


def _fingerprint(known: KnownPicture, settings: Settings, method_version: str) -> str:
    """Short hash of all that a row depends on."""
    told = {
        "calcimetry": __version__,
        "method": method_version,
        "settings": settings.to_dict(),
        "image": [known.name, known.patient, list(known.image.grid.spacing)],
        "truth": [known.has_names, known.true_area_mm2, known.area_from],
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    digest.update(known.image.array.tobytes())
    digest.update(known.bones.tobytes())
    return digest.hexdigest()[:24]
