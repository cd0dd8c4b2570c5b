"""Which calibration an image is measured with, and why it may be none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from calcimetry.errors import InputError
from calcimetry.measurement.calibration import Calibration, nominal_calibration
from calcimetry.model.image import Image


def calibration_for(given: Calibration | None, stated: tuple[str, ...]) -> tuple[Calibration, str]:
    """The calibration that an image of these tube settings is measured with.

    Parameters
    ----------
    given : Calibration or None
        Of rods; None for the nominal one.
    stated : tuple of str
        Tube setting of each energy of the image, low first; empty where not stated.

    Returns
    -------
    calibration : Calibration
        Of a given one of two energies, for an image of one, the line of its energy.
    warning : str
        Where the image does not say its tube settings, so that nobody can tell whether they
        are those of the rods.

    Raises
    ------
    InputError
        If the rods were scanned with other settings, or, without rods, the settings are not
        stated or not in the tables.
    """
    if given is None:
        return nominal_calibration(stated), ""
    told = f"{_named(given.settings)}, the image with {_named(stated)}"
    if len(stated) == 1 and len(given.lines) == 2:
        own = [line for line in given.lines if _same(line.setting, stated[0]) and stated[0]]
        if len(own) != 1:
            raise InputError(
                f"Calibrating HU: expected the tube setting of the rods, scanned with {told}."
            )
        return replace(given, lines=tuple(own)), ""
    if len(stated) != len(given.lines) or not all(map(_same, given.settings, stated)):
        raise InputError(
            f"Calibrating HU: expected the tube settings of the rods, scanned with {told}. "
            "Calibrate with a scan of rods at the image's own settings."
        )
    if not all(stated) or not all(given.settings):
        return given, (
            f"Whether the calibration fits cannot be told: the rods were scanned with {told}."
        )
    return given, ""


def calibration_or_reason(
    given: Calibration | None, energies: Sequence[Image], usual_setting: str = ""
) -> tuple[Calibration | str, tuple[str, ...]]:
    """As `calibration_for`, of the settings that images state.

    Parameters
    ----------
    given : Calibration or None
        Of rods.
    energies : sequence of Image
        One, or the lower and the higher.
    usual_setting : str
        Of a single image that does not state its own.

    Returns
    -------
    calibration : Calibration or str
        Or the reason why there is none.
    warnings : tuple of str
        Where a calibration was given that does not fit, or may not.
    """
    for one in energies:
        if one.clipped_hu is not None:
            low, high = one.clipped_hu
            cause = f"the image was windowed and holds nothing below {low:g} or above {high:g} HU"
            return cause, ()
    usual = usual_setting if len(energies) == 1 else ""
    try:
        found, told = calibration_for(given, tuple(one.setting or usual for one in energies))
    except InputError as error:
        return str(error), () if given is None else (f"No mass was measured. {error}",)
    return found, (told,) if told else ()


def _same(one: str, other: str) -> bool:
    """Whether two settings may be the same; an unstated one may be any."""
    first, second = (
        "".join(s.lower().removesuffix("p").removesuffix("kv").split()) for s in (one, other)
    )
    return first == second or not (first and second)


def _named(settings: tuple[str, ...]) -> str:
    return " and ".join(
        (f"{one} kV" if not one.endswith("V") else one) if one else "an unstated setting"
        for one in settings
    )
