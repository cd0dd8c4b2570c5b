"""One plain sentence: which method found bone best, and how sure one can be."""

from __future__ import annotations

from collections.abc import Sequence

from calcimetry.reproduction.summary import REFERENCE, Comparison, MethodSummary

_MEASURE = "bone_dice"


def verdict(comparison: Comparison) -> str:
    """Say what a comparison found.

    A difference counts as one where its 95% interval leaves out 0. Methods are ranked by
    their mean Dice of bone over all pictures, one without an answer counting as 0.

    Parameters
    ----------
    comparison : Comparison
        At least one method.

    Returns
    -------
    str
        One sentence.
    """
    methods = comparison.methods
    pictures = methods[0].pictures
    shown = "1 picture" if pictures == 1 else f"{pictures} pictures"
    if not any(method.answered for method in methods):
        return f"No method found bone in any of {shown}."
    best = max(methods, key=lambda method: method.bone_dice_of_all)
    others = [method for method in methods if method is not best]
    found = f"On {shown}, {best.method} found bone best (mean Dice {best.bone_dice_of_all:.3f}"
    if others:
        rest = sorted(others, key=lambda method: -method.bone_dice_of_all)
        found += "; " + ", ".join(_rank(one) for one in rest)
    return f"{found}){_sureness(methods)}."


def _rank(method: MethodSummary) -> str:
    if not method.answered:
        return f"{method.method} without any answer"
    return f"{method.method} {method.bone_dice_of_all:.3f}"


def _sureness(methods: Sequence[MethodSummary]) -> str:
    """How far the differences from the reference can be trusted."""
    differences = {m.method: m.differences[_MEASURE] for m in methods if m.method != REFERENCE}
    if not differences:
        return ""
    with_interval = {name: one for name, one in differences.items() if one.interval is not None}
    if not with_interval:
        reason = next(iter(differences.values())).reason
        return f"; how sure that is cannot be said, because {reason}"
    groups: dict[str, list[str]] = {}
    for name, one in with_interval.items():
        assert one.interval is not None  # noqa: S101 - told to the type checker
        groups.setdefault(_group(one.interval.low, one.interval.high), []).append(name)
    patients = max(one.patients or 0 for one in with_interval.values())
    told = "; ".join(f"{words} {_listed(names)}" for words, names in groups.items())
    few = ", too few to be sure of" if patients < 10 else ""
    return f"; by 95% intervals over {patients} patients{few}, {REFERENCE} is {told}"


def _group(low: float, high: float) -> str:
    if high < 0.0:
        return "better than"
    return "worse than" if low > 0.0 else "not told apart from"


def _listed(names: Sequence[str]) -> str:
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last
