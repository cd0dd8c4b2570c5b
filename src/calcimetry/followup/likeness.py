"""How alike two visits were scanned and measured, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

from calcimetry.followup.visit import Visit

#: What a visit's calibration is called where nothing was measured.
NOMINAL = "nominal"
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
    other_gain : bool
        Whether the same mineral may be of another mass: the energies or the calibration differ.
    other_hu : bool
        Whether the same mineral may have other HU: the energies differ.
    """

    warnings: tuple[str, ...] = ()
    mass_refused: str = ""
    other_scan: bool = False
    other_gain: bool = False
    other_hu: bool = False


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
    other_energies = _other_energies(baseline, later)
    if other_energies:
        first, last = (_named(one.tube_settings) for one in (baseline, later))
        told.append(f"the tube settings ({first} first, {last} later)")
    refused = _mass_refused(baseline, later)
    known = {baseline.calibration, later.calibration} - {""}
    if len(known) > 1 and not refused:
        told.append(f"their calibrations by rods ({baseline.calibration}, {later.calibration})")
    warnings = []
    if told:
        warnings.append(
            f"The visits differ in {', '.join(told)}: what lesions seem to have changed by is "
            "less sure, and its intervals are wider."
        )
    if refused:
        warnings.append(f"Masses are not compared: {refused}.")
    other_gain = other_energies or len(known) > 1
    other_hu = other_energies or _other_count(baseline, later)
    return Likeness(tuple(warnings), refused, bool(told), other_gain, other_hu)


def _spacing_mm(visit: Visit) -> float:
    """Edge of a cube of a voxel's volume."""
    return float(visit.bones.grid.voxel_mm3 ** (1.0 / 3.0))


def _other_energies(baseline: Visit, later: Visit) -> bool:
    first, last = (tuple(map(_plain, one.tube_settings)) for one in (baseline, later))
    return bool(all(first) and all(last) and first and last and first != last)


def _other_count(baseline: Visit, later: Visit) -> bool:
    """Whether one visit has one energy and the other two."""
    counts = [len(one.tube_settings) for one in (baseline, later)]
    return all(counts) and counts[0] != counts[1]


def _mass_refused(baseline: Visit, later: Visit) -> str:
    """Why masses cannot be compared; empty where they can."""
    if _other_count(baseline, later):
        counts = [len(one.tube_settings) for one in (baseline, later)]
        names = ["a single energy" if count == 1 else "two energies" for count in counts]
        return (
            f"the baseline has {names[0]}, the later visit {names[1]}, and by one energy fat and "
            "muscle around a lesion count for other masses than by two"
        )
    known = {baseline.calibration, later.calibration} - {""}
    if len(known) > 1 and NOMINAL in known:
        return (
            f"HU are calibrated in another way ({baseline.calibration} first, "
            f"{later.calibration} later); calibrate both visits by rods, each at its own settings, "
            "or neither"
        )
    return ""


def _plain(setting: str) -> str:
    return "".join(setting.lower().removesuffix("p").removesuffix("kv").split())


def _named(settings: tuple[str, ...]) -> str:
    return " and ".join(settings) or "not stated"
