"""One input of a de-identification after the other: read, judged, cleaned and written."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pydicom import dcmread, dcmwrite
from pydicom.config import IGNORE
from pydicom.dataset import Dataset
from pydicom.uid import UID, MediaStorageDirectoryStorage

from calcimetry import __version__
from calcimetry.dicom.deidentify import deidentify
from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.dicom.deidentify_pseudonyms import Pseudonyms
from calcimetry.dicom.deidentify_refusal import CT, refusal_of
from calcimetry.dicom.deidentify_texts import patient_id_of
from calcimetry.dicom.found import Left
from calcimetry.dicom.instance import Instance
from calcimetry.dicom.painted import holds_hidden_bits, is_painted
from calcimetry.dicom.part10 import is_dicom, open_data_set
from calcimetry.dicom.pixels import DECODERS, UNCOMPRESSED, stored_frames
from calcimetry.dicom.source import Reader
from calcimetry.errors import InputError, OutputError
from calcimetry.files.tables import write_bytes
from calcimetry.study.crosswalk import Crosswalk
from calcimetry.study.deidentified import FileRow

#: Names of so few letters stand in other words too.
_SHORT = 3


class DeidentificationRun:
    """One run: what is known of earlier files, and the rows so far.

    Parameters
    ----------
    folder : Path
        Where to write.
    profile : Profile
    names : Pseudonyms
    earlier : iterable of FileRow
        Of earlier runs with the same key and profile.
    crosswalk : Crosswalk
    """

    def __init__(
        self,
        folder: Path,
        profile: Profile,
        names: Pseudonyms,
        earlier: Iterable[FileRow],
        crosswalk: Crosswalk,
    ) -> None:
        self.folder, self.profile, self.names = folder, profile, names
        self.crosswalk = crosswalk
        self.rows: list[FileRow] = []
        self.resumed = 0
        self._earlier = {row.content: row for row in earlier if row.status == "written"}
        #: Content and number of the input of every file that this run has written or found.
        self._taken: dict[str, FileRow] = {}
        self._reader = Reader()

    def known(self) -> list[FileRow]:
        """The rows so far, and those of an earlier run that this one has not come to."""
        met = {row.content for row in self.rows}
        return [*self.rows, *(row for row in self._earlier.values() if row.content not in met)]

    def take(self, one: Instance | Left) -> None:
        """Deal with one input: an object, or something that is none with the reason."""
        number = len(self.rows) + 1
        if isinstance(one, Instance):
            row, ds = self._object(number, one)
            name = str(one.source.path / one.source.member)
        else:
            name, reason = one.what, _nameless(one.reason, one.what)
            row, ds = FileRow(number, "refused" if one.failed else "passed over", reason), None
        self.rows.append(row)
        self.crosswalk.add(row, name, ds, self.names)

    def _object(self, number: int, instance: Instance) -> tuple[FileRow, Dataset | None]:
        try:
            with self._reader.open(instance.source) as stream:
                data = stream.read()
        except (InputError, OSError) as error:
            return FileRow(number, "refused", _nameless(str(error), instance.source.name)), None
        content = self.names.name("content", hashlib.sha256(data).digest(), 32)
        kind = UID(instance.sop_class, IGNORE).name
        kind = kind if kind != instance.sop_class else "private or unknown"
        row = FileRow(number, "written", "", content, "", kind)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of values that break rules; they are checked
                return self._written(row, _parsed(data, instance), instance)
        except InputError as error:
            reason = _nameless(str(error), instance.source.name)
        except OutputError:
            raise
        except Exception as error:  # noqa: BLE001
            # Damaged bytes make a parser raise anything, with values in its words.
            reason = f"it is damaged ({type(error).__name__})"
        return FileRow(number, "refused", reason, content, "", kind), None

    def _written(self, row: FileRow, ds: Dataset, instance: Instance) -> tuple[FileRow, Dataset]:
        old = self._earlier.get(row.content)
        there = old is not None and (self.folder / old.file).is_file()
        reason = "" if there else refusal_of(ds, self.profile) or self._of_pixels(instance)
        if reason:
            listing = instance.sop_class == MediaStorageDirectoryStorage
            return replace(row, status="passed over" if listing else "refused", reason=reason), ds
        file = self._file(ds)
        before = self._taken.get(file)
        if before is not None and before.content == row.content:
            reason = f"the same file as input {before.number}"
            return replace(row, status="passed over", reason=reason), ds
        if before is not None:
            reason = f"another object of the same SOPInstanceUID as input {before.number}"
            return replace(row, status="refused", reason=reason), ds
        if old is not None and there and old.file == file:
            made = replace(row, file=file, actions=old.actions)
            self.resumed += 1
        else:
            done = deidentify(ds, self.profile, self.names, version=__version__)
            stream = io.BytesIO()
            dcmwrite(stream, done.dataset, enforce_file_format=True)
            write_bytes(self.folder / file, stream.getvalue())
            made = replace(row, file=file, actions=done.actions)
        self._taken[file] = made
        return made, ds

    def _file(self, ds: Dataset) -> str:
        patient = self.names.patient(patient_id_of(ds))
        study = self.names.name("study", str(ds.StudyInstanceUID))
        series = self.names.name("series", str(ds.SeriesInstanceUID))
        return f"{patient}/{study}/{series}/{self.names.name('object', str(ds.SOPInstanceUID))}.dcm"

    def _of_pixels(self, instance: Instance) -> str:
        """Why the pixels of CT must not be passed on; empty where they may."""
        if instance.sop_class not in CT:
            return ""
        if instance.problem or not instance.frames:
            return instance.problem or "it ends before its pixels"
        if instance.transfer_syntax not in UNCOMPRESSED | set(DECODERS):
            return "its pixels cannot be unpacked here, so nobody has looked at them"
        wanted = list(range(len(instance.frames)))
        for _, stored in stored_frames(self._reader, instance, wanted):
            if is_painted(stored):
                return "words or a frame seem to be painted into its pixels"
            if instance.pixels and holds_hidden_bits(stored, instance.pixels.bits_stored):
                return "its pixels' unused bits hold something, as overlays once did"
        return ""


def _parsed(data: bytes, instance: Instance) -> Dataset:
    stream = io.BytesIO(data)
    if is_dicom(stream):  # refuses deflated data that unpack to more than is safe
        open_data_set(stream, len(data), instance.source.name)
    return dcmread(io.BytesIO(data))


def _nameless(reason: str, name: str) -> str:
    """A reason without the name of its file, which may be a patient's."""
    reason = reason.removeprefix(f"Reading {name}: ").removesuffix(".")
    return reason.replace(name, "it") if len(name) > _SHORT else reason
