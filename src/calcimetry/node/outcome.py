"""What became of a study, by what its child process left and said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from calcimetry.node.child import Ended
from calcimetry.node.measuring import Way
from calcimetry.store.results import NewResult, ResultObject, ResultStatus

#: Exit statuses of ``calcimetry measure``.
_STATUS = {0: ResultStatus.COMPLETE, 1: ResultStatus.PARTIAL, 2: ResultStatus.FAILED}
#: Longest reason that is kept.
_LONGEST = 1000
#: How the lines begin that `calcimetry` writes to stderr.
_OWN = "calcimetry: "
#: Written once every input has been looked at.
_VERDICT = "images.csv"
_TAGS = ["SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no result; `final` where another attempt would end in the same way."""

    reason: str
    final: bool = False


def outcome(ended: Ended, out: Path, way: Way, folder: str) -> NewResult | Failure:
    """A result, or why there is none.

    Parameters
    ----------
    ended : Ended
        How the child process ended.
    out : Path
        Folder that it wrote into.
    way : Way
        How it measured.
    folder : str
        Where the result will lie, relative to the spool folder.

    Returns
    -------
    NewResult or Failure
        A result wherever it came to its end and left DICOM objects, of which one may say
        that nothing could be measured, and why.
    """
    if ended.too_long:
        return Failure("measuring took longer than worker.seconds allows")
    if ended.code < 0:
        return Failure(_said(ended) or f"measuring was ended by signal {-ended.code}")
    status = _STATUS.get(ended.code)
    if status is None:
        return Failure(_said(ended) or f"measuring ended with exit status {ended.code}")
    objects = _objects(out, folder)
    if isinstance(objects, Failure):
        return objects
    if not objects:
        told = _said(ended) or "measuring left no DICOM object"
        # Looked at and refused: that is an answer, and the next attempt would give the same.
        return Failure(told, final=(out / _VERDICT).is_file())
    reason = "" if status == ResultStatus.COMPLETE else _said(ended)
    return NewResult(folder, status, reason, way.version, way.method, way.settings, objects)


def _said(ended: Ended) -> str:
    """What calcimetry itself said: warnings of libraries may repeat what headers hold."""
    lines = [line.strip() for line in ended.said.splitlines()]
    own = (line.removeprefix(_OWN) for line in lines if line.startswith(_OWN))
    return "; ".join(own)[:_LONGEST]


def _objects(out: Path, folder: str) -> tuple[ResultObject, ...] | Failure:
    objects = []
    for path in sorted(out.rglob("*.dcm")):
        place = path.relative_to(out).as_posix()
        try:
            found = dcmread(path, stop_before_pixels=True, specific_tags=_TAGS)
            syntax = str(found.file_meta.TransferSyntaxUID)
            uids = (str(found[tag].value) for tag in _TAGS)
            series, instance, sop_class = uids
        except (InvalidDicomError, KeyError, AttributeError) as error:
            return Failure(f"measuring left {place}, which is no DICOM ({type(error).__name__})")
        objects.append(ResultObject(series, instance, sop_class, syntax, f"{folder}/{place}"))
    return tuple(objects)
