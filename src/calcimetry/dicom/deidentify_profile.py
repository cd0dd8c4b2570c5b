"""What a trial asks of de-identification: a frozen profile, read from a TOML file."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, get_args

from calcimetry.errors import SettingsError

UnknownPrivate = Literal["refuse", "remove"]
_PREFIX = re.compile(r"[A-Za-z0-9_-]{0,16}")
#: Longest value of a DICOM long string (LO).
_LONGEST = 64
#: Ten years: further, and shifted dates would lie before there was CT.
MOST_SHIFT_DAYS = 3660
_DOING = "Reading a de-identification profile"


@dataclass(frozen=True, slots=True)
class Trial:
    """What the trial itself is called in the files; it is written as it stands.

    Parameters
    ----------
    sponsor, protocol_id, protocol_name, site_id, site_name : str
        Values of the Clinical Trial Subject module; none of them is written where all are empty.

    Raises
    ------
    SettingsError
        If a value does not fit DICOM, or only some of sponsor and protocol_id are given.
    """

    sponsor: str = ""
    protocol_id: str = ""
    protocol_name: str = ""
    site_id: str = ""
    site_name: str = ""

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            fits = value.isascii() and value.isprintable() and "\\" not in value
            if not fits or len(value) > _LONGEST or value != value.strip():
                raise SettingsError(
                    f"{_DOING}: trial.{name} must be up to {_LONGEST} ASCII characters without a "
                    f"backslash, found {len(value)} characters that are not."
                )
        if any(dataclasses.asdict(self).values()) and not (self.sponsor and self.protocol_id):
            raise SettingsError(
                f"{_DOING}: DICOM asks for trial.sponsor and trial.protocol_id where a trial is "
                "named at all. Give both, or leave [trial] out."
            )

    def __bool__(self) -> bool:
        return bool(self.sponsor)


@dataclass(frozen=True, slots=True)
class Profile:
    """How studies are de-identified: PS3.15's Basic Profile, and which of its options.

    Parameters
    ----------
    key_file : str
        The file that holds the key, relative to the profile. There is no default key.
    subject_prefix : str
        What pseudonyms of patients start with.
    numbering : str
        Who gave out the patients' numbers. The same PatientID under the same numbering is the
        same patient, so sites that number their patients themselves need a name each.
    shift_dates : bool
        Keep dates, moved by as many days for all of one patient's files (Retain Longitudinal
        Temporal Information Modified Dates Option); else they are removed.
    max_shift_days : int
        Dates move into the past by 1 to this many days.
    clean_descriptors : bool
        Keep the technical words of descriptions (Clean Descriptors Option); else these are removed.
    retain_device : bool
        Keep which scanner it was (Retain Device Identity Option).
    retain_patient_characteristics : bool
        Keep sex, age (90 and above as 90), size, weight, smoking and pregnancy (Retain Patient
        Characteristics Option).
    unknown_private : {"refuse", "remove"}
        What happens to a file with private attributes of a maker that is not known. Private
        attributes never stay, whoever made them.
    private_creators : tuple of str
        Further makers whose private attributes are known and removed.
    trial : Trial

    Raises
    ------
    SettingsError
        If a value cannot be used.

    Examples
    --------
    >>> Profile.from_dict({"subject_prefix": "SSC-", "shift_dates": True}).shift_dates
    True
    """

    key_file: str = ""
    subject_prefix: str = ""
    numbering: str = ""
    shift_dates: bool = False
    max_shift_days: int = 365
    clean_descriptors: bool = False
    retain_device: bool = False
    retain_patient_characteristics: bool = False
    unknown_private: UnknownPrivate = "refuse"
    private_creators: tuple[str, ...] = ()
    trial: Trial = field(default_factory=Trial)

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.subject_prefix):
            raise SettingsError(
                f"{_DOING}: subject_prefix must be up to 16 letters, digits, '-' and '_', found "
                f"{self.subject_prefix!r}: it becomes part of file names."
            )
        if not 1 <= self.max_shift_days <= MOST_SHIFT_DAYS:
            raise SettingsError(
                f"{_DOING}: max_shift_days must lie between 1 and {MOST_SHIFT_DAYS} days, found "
                f"{self.max_shift_days} days."
            )
        if self.unknown_private not in get_args(UnknownPrivate):
            raise SettingsError(
                f"{_DOING}: unknown_private must be 'refuse' or 'remove', found "
                f"{self.unknown_private!r}."
            )

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a profile; what it leaves out keeps its default.

        A `key_file` is given back as a path beside the profile.

        Raises
        ------
        SettingsError
            If the file cannot be read, is not TOML, names an unknown setting, or gives a
            value of the wrong kind.
        """
        path = Path(path)
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(
                f"Reading the profile {path.name}: {error.strerror or error}."
            ) from error
        except ValueError as error:
            raise SettingsError(
                f"Reading the profile {path.name}: not a TOML file ({error})."
            ) from error
        profile = cls.from_dict(tree, path.name)
        if not profile.key_file:
            return profile
        return dataclasses.replace(profile, key_file=str(path.parent / profile.key_file))

    @classmethod
    def from_dict(cls, tree: dict[str, Any], where: str = "the given values") -> Self:
        """Build a profile from plain values, as TOML holds them.

        Raises
        ------
        SettingsError
            As `from_toml`.
        """
        return typing.cast("Self", _build(cls, tree, where, ""))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for reports: without the key file, whose place is nobody's business."""
        record = dataclasses.asdict(self)
        del record["key_file"]
        return record


def _build(kind: type[Any], tree: dict[str, Any], where: str, prefix: str) -> Any:
    types = typing.get_type_hints(kind)
    values = {}
    for name, value in tree.items():
        if name not in types:
            near = difflib.get_close_matches(name, types, n=1, cutoff=0.0)[0]
            raise SettingsError(
                f"Reading the profile {where}: there is no setting {prefix + name!r}; the nearest "
                f"is {prefix + near!r}."
            )
        values[name] = _value(types[name], value, where, prefix + name)
    return kind(**values)


def _value(kind: Any, value: Any, where: str, name: str) -> Any:
    if kind is Trial:
        if isinstance(value, dict):
            return _build(Trial, value, where, f"{name}.")
        wanted = "a table"
    elif kind == tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        wanted = "a list of texts"
    else:
        plain = str if kind == UnknownPrivate else kind
        if isinstance(value, plain) and isinstance(value, bool) == (plain is bool):
            return value
        wanted = {str: "text", int: "a whole number", bool: "true or false"}[plain]
    raise SettingsError(f"Reading the profile {where}: {name!r} must be {wanted}, found {value!r}.")
