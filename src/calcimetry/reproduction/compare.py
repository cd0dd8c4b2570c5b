"""Every bone method on the same pictures, through the whole pipeline."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from calcimetry import __version__
from calcimetry.errors import InputError
from calcimetry.files.inputs import stem_of
from calcimetry.files.only_run import only_run
from calcimetry.files.raster import write_label_png
from calcimetry.files.whole import is_whole
from calcimetry.model import Report
from calcimetry.reproduction.candidates import Candidate, find_candidates
from calcimetry.reproduction.comparison_report import write_comparison
from calcimetry.reproduction.known_pictures import KnownPicture, read_known_pictures
from calcimetry.reproduction.own_process import Answer, OwnProcess
from calcimetry.reproduction.rows import Row, load_rows, save_rows
from calcimetry.reproduction.scores import Score, score
from calcimetry.reproduction.summary import Comparison, compared

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
    models: Mapping[str, Path] | None = None,
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
    models : mapping of str to Path, optional
        Networks of the user's own, by the name to show each under.
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
        If a method is unknown, or a model is called as a method is; before anything is done.
    ModelError
        If a model cannot be used; before anything is done.
    InputError
        If the data cannot be used; before anything is done.
    OutputError
        If the folder cannot be written.
    KeyboardInterrupt
        If interrupted; the rows so far are kept.
    """
    chosen = find_candidates(methods, models)
    known = read_known_pictures(data)
    if _within(out, data):
        raise InputError(
            f"Comparing methods: the results folder {out} lies within the data, where its label "
            "maps would be taken for pictures. Choose another --out folder."
        )
    return compare_pictures(known, out, chosen, overwrite=overwrite, on_progress=on_progress)


def compare_pictures(
    known: Sequence[KnownPicture],
    out: Path,
    chosen: Sequence[Candidate],
    *,
    overwrite: bool = False,
    on_progress: Progress | None = None,
) -> Compared:
    """The same for pictures that are read already, and candidates that are found.

    Parameters
    ----------
    known : sequence of KnownPicture
        At least one, each of a name of its own.
    out : Path
        As `compare_methods` takes it.
    chosen : sequence of Candidate
        At least one.
    overwrite : bool
        Ask again what an earlier run has answers to.
    on_progress : callable, optional
        As `compare_methods` takes it.

    Returns
    -------
    Compared

    Raises
    ------
    OutputError
        If the folder cannot be written.
    KeyboardInterrupt
        If interrupted; the rows so far are kept.
    """
    with only_run(out):
        run = _Run(out, known, chosen, overwrite, on_progress or (lambda _d, _t, _what: None))
        comparison = compared(run.all_rows(), [one.name for one in chosen])
        write_comparison(out, comparison, known)
    return Compared(out, comparison, run.resumed)


class _Run:
    """One run over methods and pictures, and the rows that the folder holds by now."""

    def __init__(
        self,
        folder: Path,
        known: Sequence[KnownPicture],
        candidates: Sequence[Candidate],
        overwrite: bool,
        tell: Progress,
    ) -> None:
        self.folder, self.known, self.candidates = folder, known, candidates
        self.overwrite, self.tell = overwrite, tell
        self.kept = load_rows(folder)
        self.resumed = 0
        # Found out now, not after the first answer: the folder cannot be written.
        self._save()

    def all_rows(self) -> tuple[Row, ...]:
        """One row per method and picture, in their order, asking for those not yet there."""
        rows: list[Row] = []
        total = len(self.candidates) * len(self.known)
        for candidate in self.candidates:
            with OwnProcess(candidate.settings) as process:
                for known in self.known:
                    self.tell(len(rows), total, f"{candidate.name}: {known.name}")
                    key = _fingerprint(known, candidate)
                    row = self._earlier(key)
                    if row is None:
                        answer = process.measure(known.image)
                        row = self._answered(known, candidate, key, answer)
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

    def _answered(self, known: KnownPicture, candidate: Candidate, key: str, answer: Answer) -> Row:
        scored: Score | None = None
        reason = answer.reason
        files: tuple[str, ...] = ()
        if answer.report is not None:
            try:
                scored = score(known, answer.report)
                files = tuple(self._label_maps(known, candidate.name, answer.report))
            except InputError as error:
                reason = str(error)
        return Row(
            image=known.name,
            patient=known.patient,
            method=candidate.name,
            method_version=candidate.version,
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


def _within(out: Path, data: Path) -> bool:
    return out.resolve().is_relative_to(data.resolve())


def _fingerprint(known: KnownPicture, candidate: Candidate) -> str:
    """Short hash of all that a row depends on."""
    told = {
        "calcimetry": __version__,
        "method": [candidate.name, candidate.version],
        # Where a model lies does not matter: its version tells its content.
        "settings": {**candidate.settings.to_dict(), "model": ""},
        "image": [known.name, known.patient, list(known.image.grid.spacing)],
        "truth": [known.has_names, known.true_area_mm2, known.area_from],
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    digest.update(known.image.array.tobytes())
    digest.update(known.bones.tobytes())
    return digest.hexdigest()[:24]
