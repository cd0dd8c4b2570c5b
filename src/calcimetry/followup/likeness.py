"""How alike two visits were scanned and measured, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

from calcimetry.followup.visit import Visit

#: Spacings that differ by less than this part are the same.
_SAME_SPACING = 0.05


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two visits do not share.

    Parameters
    ----------
    warnings : tuple of str
        What differs; empty where nothing that is known does.
    mass_refused : str
        Why densities and masses cannot be compared; empty where they can.
    other_scan : bool
        Whether lesions may look larger or smaller for that alone.
    other_energies : bool
        Whether their mass may, too.
    """

    warnings: tuple[str, ...] = ()
    mass_refused: str = ""
    other_scan: bool = False
    other_energies: bool = False


def likeness_of(baseline: Visit, later: Visit) -> Likeness:
    """Compare how two visits were scanned, calibrated and measured.

    What a visit does not state is taken to be as at the other one.

    Parameters
    ----------
    baseline, later : Visit

    Returns
    -------
    Likeness
    """
    told = []
    before, after = (_spacing_mm(one) for one in (baseline, later))
    if abs(after - before) > _SAME_SPACING * before:
        told.append(f"samples of {before:.2f} mm first and {after:.2f} mm later")
    for name, what in (("kernel", "the kernel"), ("method", "the bone method or its weights")):
        first, last = getattr(baseline, name), getattr(later, name)
        if first and last and first != last:
            told.append(f"{what} ({first} first, {last} later)")
    other_energies, refused = _energies(baseline, later)
    settings = (_named(one.tube_settings) for one in (baseline, later))
    if other_energies:
        told.append("the tube settings ({} first, {} later)".format(*settings))
    warnings = []
    if told:
        warnings.append(
            f"The visits differ in {', '.join(told)}: what lesions seem to have changed by is "
            "less sure, and its intervals are wider."
        )
    if refused:
        warnings.append(f"Masses are not compared: {refused}.")
    return Likeness(tuple(warnings), refused, bool(told), other_energies)


def _spacing_mm(visit: Visit) -> float:
    """Edge of a cube of a voxel's volume."""
    return float(visit.bones.grid.voxel_mm3 ** (1.0 / 3.0))


def _energies(baseline: Visit, later: Visit) -> tuple[bool, str]:
    """Whether the tube settings differ, and why masses then cannot be compared."""
    first, last = (tuple(_plain(one) for one in visit.tube_settings) for visit in (baseline, later))
    other = bool(first and last and first != last and all(first) and all(last))
    if first and last and len(first) != len(last):
        names = {1: "a single energy", 2: "two energies"}
        return True, (
            f"the baseline has {names.get(len(first), len(first))}, the later visit "
            f"{names.get(len(last), len(last))}, of which the two take fat and muscle for "
            "different masses"
        )
    if baseline.calibration and later.calibration and baseline.calibration != later.calibration:
        both_rods = "nominal" not in (baseline.calibration, later.calibration)
        if not (both_rods and other):
            return other, (
                f"HU are calibrated in another way ({baseline.calibration} first, "
                f"{later.calibration} later); calibrate both visits by rods, each at its own "
                "settings, or neither"
            )
    return other, ""


def _plain(setting: str) -> str:
    return "".join(setting.lower().removesuffix("p").removesuffix("kv").split())


def _named(settings: tuple[str, ...]) -> str:
    return " and ".join(settings) or "not stated"
