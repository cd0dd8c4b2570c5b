"""All settings of a measurement, in one frozen tree."""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
import typing
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from calcimetry.bone import METHODS, NETWORKS
from calcimetry.errors import InputError, SettingsError
from calcimetry.followup.compare import FollowUpSettings
from calcimetry.lesions.grow import GrowthSettings
from calcimetry.lesions.reclaim import ReclaimSettings
from calcimetry.lesions.settle import SettleSettings, VolumeClaims
from calcimetry.lesions.subtract import SubtractionSettings
from calcimetry.measurement.calibration import Calibration
from calcimetry.measurement.density import DensitySettings
from calcimetry.measurement.size import AreaErrorModel
from calcimetry.measurement.volume_error import VolumeErrorModel


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """What black and white of a picture stand for: ``level_hu -+ window_hu / 2``.

    Raises
    ------
    SettingsError
        If the window is not positive and finite, or the level is not finite.
    """

    window_hu: float = 1500.0
    level_hu: float = 450.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.window_hu) and self.window_hu > 0):
            raise SettingsError(
                "Reading settings: picture.window_hu must be a positive number of HU, found "
                f"{self.window_hu:g} HU; 1500 is what most exports use."
            )
        if not math.isfinite(self.level_hu):
            raise SettingsError(
                "Reading settings: picture.level_hu must be a finite number of HU, found "
                f"{self.level_hu:g} HU; 450 is what most exports use."
            )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that changes a result, and how visits are compared.

    Parameters
    ----------
    method : str
        Bone method, a key of `calcimetry.bone.METHODS`.
    model : str
        An ONNX file with other weights for the method, if it is a network; empty for the
        shipped ones.
    score : bool
        Write what a radiographic score asks of each place of a hand
        (`calcimetry.measurement.score`).
    picture, reclaim, settle, volume_claims, subtraction, growth : dataclass
    area_error, volume_error, density : dataclass
        One group per step; each field's meaning stands beside the step's code.
    calibration : Calibration or None
        Of rods, as `calcimetry calibrate` writes it; None for the nominal one.
    followup : FollowUpSettings
        How visits are compared; changes no measurement.

    Raises
    ------
    SettingsError
        If the method is unknown, or takes no model.

    Examples
    --------
    >>> Settings.from_dict({"growth": {"seed_hu": 200}}).growth.seed_hu
    200.0
    """

    method: str = "unet"
    model: str = ""
    score: bool = False
    picture: PictureSettings = field(default_factory=PictureSettings)
    reclaim: ReclaimSettings = field(default_factory=ReclaimSettings)
    settle: SettleSettings = field(default_factory=SettleSettings)
    volume_claims: VolumeClaims = field(default_factory=VolumeClaims)
    subtraction: SubtractionSettings = field(default_factory=SubtractionSettings)
    growth: GrowthSettings = field(default_factory=GrowthSettings)
    area_error: AreaErrorModel = field(default_factory=AreaErrorModel)
    volume_error: VolumeErrorModel = field(default_factory=VolumeErrorModel)
    density: DensitySettings = field(default_factory=DensitySettings)
    calibration: Calibration | None = None
    followup: FollowUpSettings = field(default_factory=FollowUpSettings)

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise SettingsError(
                f"Reading settings: method must be one of {', '.join(METHODS)}, "
                f"found {self.method!r}."
            )
        if self.model and self.method not in NETWORKS:
            raise SettingsError(
                f"Reading settings: the method {self.method!r} has no weights, so it takes no "
                f"model; found {Path(self.model).name!r}. Methods that do: {', '.join(NETWORKS)}."
            )

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read settings from a TOML file; what it leaves out keeps its default.

        Raises
        ------
        SettingsError
            If the file cannot be read, is not TOML, names an unknown setting, or
            gives a value of the wrong kind.
        """
        path = Path(path)
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(
                f"Reading settings from {path.name}: {error.strerror or error}."
            ) from error
        except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
            raise SettingsError(
                f"Reading settings from {path.name}: not a TOML file ({error})."
            ) from error
        return cls.from_dict(tree, where=path.name)

    @classmethod
    def from_dict(cls, tree: dict[str, Any], where: str = "the given values") -> Self:
        """Build settings from nested dictionaries, as `to_dict` gives them.

        Raises
        ------
        SettingsError
            As `from_toml`.
        """
        return typing.cast("Self", _build(cls(), tree, where, prefix=""))

    def for_volumes(self) -> Self:
        """The same with what is asked of claims in volumes, for steps that know no volumes."""
        claims = self.volume_claims
        return dataclasses.replace(
            self,
            settle=dataclasses.replace(self.settle, claim=claims.claim),
            growth=dataclasses.replace(self.growth, claim_seed=claims.claim, hint=claims.hint),
        )

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionaries of plain values, for reports and TOML: what changes a measurement.

        `followup` is left out, so that other settings of a comparison make no measurement stale.
        """
        record = dataclasses.asdict(self)
        del record["followup"]
        record["calibration"] = self.calibration.to_dict() if self.calibration else None
        return record


def _build(start: Any, tree: dict[str, Any], where: str, prefix: str) -> Any:
    """A group of settings with those of `tree` in place of its own."""
    types = typing.get_type_hints(type(start))
    values: dict[str, Any] = {}
    for key, value in tree.items():
        name = prefix + key
        if key not in types:
            near = difflib.get_close_matches(key, types, n=1, cutoff=0.0)
            raise SettingsError(
                f"Reading settings from {where}: there is no setting {name!r}; "
                f"the nearest is {prefix + near[0]!r}."
            )
        values[key] = _value(types[key], getattr(start, key), value, where, name)
    return dataclasses.replace(start, **values)


def _value(kind: Any, start: Any, value: Any, where: str, name: str) -> Any:
    if kind == Calibration | None:
        if value is None or isinstance(value, Calibration):
            return value
        return _calibration(value, where, name)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if isinstance(value, dict):
            return _build(start, value, where, prefix=f"{name}.")
        wanted = "a table"
    elif kind is float:
        # In Python True is a number; in a settings file it is a mistake. A whole number of
        # TOML may be too large for a float.
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf:
            with suppress(OverflowError):
                return float(value)
        wanted = "a finite number"
    else:
        if isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
            return value
        wanted = {str: "text", int: "a whole number", bool: "true or false"}[kind]
    raise SettingsError(
        f"Reading settings from {where}: {name!r} must be {wanted}, found {value!r}."
    )


def _calibration(value: Any, where: str, name: str) -> Calibration:
    wanted = f"Reading settings from {where}: {name!r} must be what `calcimetry calibrate` writes"
    if not isinstance(value, dict):
        raise SettingsError(f"{wanted}, found {value!r}; name its file with --calibration.")
    try:
        return Calibration.from_dict(value)
    except InputError as error:
        raise SettingsError(f"{wanted}. {error}") from error
