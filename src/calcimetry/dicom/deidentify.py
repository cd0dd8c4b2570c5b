"""One DICOM data set without its patient: PS3.15's Basic Profile with the options of a profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pydicom.datadict import keyword_dict
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

from calcimetry.dicom.deidentify_clean import FALLBACKS, WHOLE, cleaned, is_number, is_public
from calcimetry.dicom.deidentify_codes import (
    CODE_VALUE,
    CODE_VALUES,
    MEANING,
    REPLACED_CODE,
    SCHEME,
    cleaned_code,
    is_code,
)
from calcimetry.dicom.deidentify_dates import is_time, shifted_date, shifted_date_time
from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.dicom.deidentify_pseudonyms import Pseudonyms
from calcimetry.dicom.deidentify_table import DATES, PIXELS, Action, action_of, basic_profile
from calcimetry.dicom.deidentify_texts import (
    decoded,
    identity_of,
    items_of,
    kind_of,
    patient_id_of,
    texts,
)
from calcimetry.dicom.deidentify_words import holds_identity

_TEXTS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
#: Values that mean nothing, for attributes that must have one.
_DUMMIES = {
    "DA": "19000101",
    "DT": "19000101000000",
    "TM": "000000",
    "AS": "000Y",
    "DS": "0",
    "IS": "0",
    "UR": "removed:",
    **dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"), "REMOVED"),
    **dict.fromkeys(("OB", "OW", "OD", "OF", "OL", "OV", "UN"), b"\0\0"),
    **dict.fromkeys(("US", "SS", "UL", "SL", "UV", "SV"), 0),
    **dict.fromkeys(("FL", "FD"), 0.0),
}
#: Options as PS3.16 CID 7050 codes them, by the profile's setting.
_OPTIONS = {
    "clean_descriptors": ("113105", "Clean Descriptors Option"),
    "shift_dates": (
        "113107",
        "Retain Longitudinal Temporal Information Modified Dates Option",
    ),
    "retain_patient_characteristics": ("113108", "Retain Patient Characteristics Option"),
    "retain_device": ("113109", "Retain Device Identity Option"),
}
_ALWAYS = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113104", "Clean Structured Content Option"),
)
_TRACKING_IDENTIFIER = "112039"
_OF_CODES = frozenset({*CODE_VALUES, SCHEME, MEANING})

Counts = Counter[tuple[int, Action]]


@dataclass(frozen=True, eq=False, slots=True)
class Deidentified:
    """A data set without its patient, and what was done.

    Parameters
    ----------
    dataset : Dataset
        With file meta information of its own; what is not named in `actions` is new.
    patient : str
        The pseudonym.
    actions : mapping
        How often each action was taken, by (tag, action); private attributes under their tag.
    """

    dataset: Dataset
    patient: str
    actions: Mapping[tuple[int, Action], int]


def deidentify(
    ds: Dataset, profile: Profile, pseudonyms: Pseudonyms, *, version: str = ""
) -> Deidentified:
    """Make a copy of a data set that says nothing of its patient.

    What must not be de-identified at all is told by `calcimetry.dicom.deidentify_refusal`
    before. Values that stay are not decoded, so they and the pixels are the same bytes.

    Parameters
    ----------
    ds : Dataset
        As read, with its file meta information; it is not changed.
    profile : Profile
    pseudonyms : Pseudonyms
    version : str
        Of calcimetry, to be stated in the file.

    Returns
    -------
    Deidentified

    References
    ----------
    DICOM PS3.15 2026c, annex E: Attribute Confidentiality Profiles.
    """
    patient_id = patient_id_of(ds)
    patient = pseudonyms.patient(patient_id)
    cleaner = _Cleaner(
        profile,
        pseudonyms,
        patient,
        pseudonyms.shift_days(patient_id),
        identity_of(ds),
        Counter(),
        is_report="ContentSequence" in ds,
    )
    made = cleaner.cleaned(ds, is_item=False)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ds.file_meta.TransferSyntaxUID
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    _state(made, profile, patient, version)
    return Deidentified(made, patient, dict(cleaner.counts))


def _state(made: Dataset, profile: Profile, patient: str, version: str) -> None:
    """Say that and how it was done (PS3.15 section E.1.1, step 6)."""
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = [f"calcimetry {version}".strip(), "DICOM PS3.15 2026c"]
    options = [code for name, code in _OPTIONS.items() if getattr(profile, name)]
    made.DeidentificationMethodCodeSequence = [_code(*code) for code in (*_ALWAYS, *options)]
    made.LongitudinalTemporalInformationModified = "MODIFIED" if profile.shift_dates else "REMOVED"
    trial = profile.trial
    if trial:
        made.ClinicalTrialSponsorName = trial.sponsor
        made.ClinicalTrialProtocolID = trial.protocol_id
        made.ClinicalTrialProtocolName = trial.protocol_name
        made.ClinicalTrialSiteID = trial.site_id
        made.ClinicalTrialSiteName = trial.site_name
        made.ClinicalTrialSubjectID = patient


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


@dataclass(frozen=True, slots=True)
class _Cleaner:
    profile: Profile
    pseudonyms: Pseudonyms
    patient: str
    days: int
    identity: frozenset[str]
    counts: Counts
    is_report: bool

    def cleaned(self, ds: Dataset, is_item: bool = True) -> Dataset:
        made = Dataset()
        made.set_original_encoding(*ds.original_encoding)
        coded = is_code(ds)
        for tag in ds.keys():  # noqa: SIM118 - iterating a data set decodes its values
            if coded and tag in _OF_CODES:
                continue
            kind = kind_of(ds, tag)
            # Nobody looks at pixels within items: they are icons and photographs.
            unusable = not kind or (is_item and tag in PIXELS)
            action = (
                Action.REMOVE if unusable else action_of(tag, kind, self.profile, self.is_report)
            )
            action = getattr(self, f"_{action.name.lower()}")(ds, made, tag, kind)
            self.counts[int(tag), action] += 1
        if coded:
            self._code(ds, made)
        return made

    def _code(self, ds: Dataset, made: Dataset) -> None:
        code = cleaned_code(ds, self.identity)
        for tag, kind, text in zip(
            (CODE_VALUE, SCHEME, MEANING), ("SH", "SH", "LO"), code, strict=True
        ):
            _put(made, tag, kind, text)
        action = Action.REPLACE if code == REPLACED_CODE else Action.KEEP
        self.counts[CODE_VALUE, action] += 1

    def _keep(self, ds: Dataset, made: Dataset, tag: int, kind: str) -> Action:
        if kind in _TEXTS and any(holds_identity(one, self.identity) for one in decoded(ds, tag)):
            return self._nothing_left(ds, made, tag, kind)
        if kind in ("DS", "IS") and not all(map(is_number, texts(ds, tag))):
            return Action.REMOVE
        made[tag] = ds.get_item(tag)
        return Action.KEEP

    def _clean(self, ds: Dataset, made: Dataset, tag: int, kind: str) -> Action:
        values = texts(ds, tag)
        if kind not in _TEXTS | {"AS"} or not any(values):
            return self._keep(ds, made, tag, kind)
        kept = cleaned(tag, kind, values, self.identity)
        if kept == values:
            made[tag] = ds.get_item(tag)
            return Action.KEEP
        if not kept:
            return self._nothing_left(ds, made, tag, kind)
        _put(made, tag, kind, kept if len(kept) > 1 else kept[0])
        return Action.CLEAN

    def _nothing_left(self, ds: Dataset, made: Dataset, tag: int, kind: str) -> Action:
        if tag in WHOLE and (tag == keyword_dict["TrackingID"] or _is_tracking(ds)):
            # What is tracked stays linked, whatever it is called.
            _put(made, tag, kind, f"id-{self.pseudonyms.name('tracking', texts(ds, tag)[0])}")
            return Action.UID
        if tag in FALLBACKS:
            _put(made, tag, kind, FALLBACKS[tag])
            return Action.REPLACE if FALLBACKS[tag] else Action.EMPTY
        if tag not in basic_profile():
            return Action.REMOVE
        strict = Profile(shift_dates=self.profile.shift_dates)
        action = action_of(tag, kind, strict, self.is_report)
        done: Action = getattr(self, f"_{action.name.lower()}")(ds, made, tag, kind)
        return done

    def _items(self, ds: Dataset, made: Dataset, tag: int, kind: str) -> Action:
        _put(made, tag, kind, Sequence([self.cleaned(item) for item in items_of(ds, tag)]))
        return Action.ITEMS

    def _uid(self, ds: Dataset, made: Dataset, tag: int, kind: str) -> Action:
        values = texts(ds, tag)
        if all(is_public(one) or not one for one in values):
            made[tag] = ds.get_item(tag)
            return Action.KEEP
        hashed = [one if is_public(one) else self.pseudonyms.uid(one) for one in values]
        _put(made, tag, kind, hashed if len(hashed) > 1 else hashed[0])
        return Action.UID

    def _shift(self, ds: Dataset, made: Dataset, tag: int, kind: str) -> Action:
        values = texts(ds, tag)
        if kind == "TM":
            moved = [one if is_time(one) else "" for one in values]
        else:
            shift = shifted_date if kind == "DA" else shifted_date_time
            moved = [shift(one, self.days) for one in values]
        if any(values) and not all(moved):
            # A date that is none may be a name. Where one is asked for, an empty one is told.
            _put(made, tag, kind, "")
            return Action.EMPTY
        _put(made, tag, kind, moved if len(moved) > 1 else "".join(moved))
        return Action.KEEP if kind == "TM" else Action.SHIFT  # days move, not the time of day

    def _pseudonym(self, _ds: Dataset, made: Dataset, tag: int, kind: str) -> Action:
        _put(made, tag, kind, self.patient)
        return Action.PSEUDONYM

    def _replace(self, ds: Dataset, made: Dataset, tag: int, kind: str) -> Action:
        if kind in _TEXTS and not any(texts(ds, tag)):
            return self._empty(ds, made, tag, kind)
        _put(made, tag, kind, _DUMMIES[kind])
        return Action.REPLACE

    def _empty(self, _ds: Dataset, made: Dataset, tag: int, kind: str) -> Action:
        nothing = "" if kind in _TEXTS | DATES else None
        _put(made, tag, kind, Sequence() if kind == "SQ" else nothing)
        return Action.EMPTY

    def _remove(self, _ds: Dataset, _made: Dataset, _tag: int, _kind: str) -> Action:
        return Action.REMOVE


def _is_tracking(item: Dataset) -> bool:
    """Whether an item of a report is called Tracking Identifier."""
    names = items_of(item, keyword_dict["ConceptNameCodeSequence"]) if _named(item) else ()
    code = keyword_dict["CodeValue"]
    return any(code in name and _TRACKING_IDENTIFIER in texts(name, code) for name in names)


def _named(item: Dataset) -> bool:
    return "ConceptNameCodeSequence" in item


def _put(made: Dataset, tag: int, kind: str, value: object) -> None:
    made[tag] = DataElement(tag, kind, value)
