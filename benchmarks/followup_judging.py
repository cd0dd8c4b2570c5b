"""How well changes of simulated lesions were told, and settings of change fitted to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from followup_records import Group, Record
from numpy.typing import NDArray
from scipy.optimize import minimize

from calcimetry.agreement.concordance import concordance
from calcimetry.errors import NotMeasurable
from calcimetry.followup.change import change_of
from calcimetry.followup.reading import alone, put_together
from calcimetry.followup.repeat_error import ChangeSettings
from calcimetry.followup.result import QUANTITIES, Change, Quantity, main_change

Floats = NDArray[np.float64]
#: Sizes that are reported apart, mm3.
SIZES = ((0.0, 5.0), (5.0, 20.0), (20.0, 100.0), (100.0, np.inf))
#: A change is to be called in so many cases.
POWER = 0.8
#: Steps of the logarithm of a true change that is tried.
TRIED = np.arange(0.0, 1.5, 0.01)
#: What errs in proportion to the change says nothing of small ones.
_SMALL_CHANGE = 0.7
#: Logarithms of ratios that are none.
_SAME = 0.05
#: A deposit of less has gone, which is no change of size.
_THERE_MM3 = 0.5
#: Of fewer lesions nothing is said.
_ENOUGH = 5


@dataclass(frozen=True, eq=False)
class Judged:
    """One match that shows deposits of its own, and its changes by quantity."""

    group: Group
    changes: dict[str, Change]
    other_scan: bool

    def true(self, quantity: str) -> tuple[float, float]:
        """True size first and last."""
        first, last = (
            getattr(one, quantity) for one in (self.group.true_first, self.group.true_last)
        )
        return first, last

    def unchanged(self, quantity: str) -> bool:
        """Whether a quantity truly stayed the same.

        The mass of a deposit that nothing was done to does not always: the simulator draws its
        texture anew, and the border of a cloudy one hangs on the samples' size.
        """
        first, last = self.true(quantity)
        return min(first, last) > 0.0 and abs(float(np.log(last / first))) < _SAME

    def logarithms(self, quantity: str) -> tuple[float, float] | None:
        """True and measured logarithm of the ratio; None where one visit shows nothing."""
        change = self.changes.get(quantity)
        sizes = self.true(quantity)
        if change is None or min(*sizes, change.first, change.last) <= 0.0:
            return None
        return float(np.log(sizes[1] / sizes[0])), float(np.log(change.last / change.first))


def judged(found: Sequence[Record], settings: ChangeSettings) -> list[Judged]:
    """Every match of deposits that no other match shows, with changes by these settings."""
    pairs = []
    for record in found:
        for group in record.groups:
            if not group.fates or group.mixed or group.kind == "not compared":
                continue
            readings = group.readings
            changes = {
                quantity: change
                for quantity in QUANTITIES
                if isinstance(
                    change := change_of(*readings, quantity, record.likeness, settings), Change
                )
            }
            pairs.append(Judged(group, changes, record.likeness.other_scan))
    return pairs


def called(change: Change | None) -> bool:
    """Whether a change was called."""
    return change is not None and change.category in ("progression", "improvement")


def share(values: Sequence[bool]) -> str:
    """In percent, and of how many."""
    return f"{np.mean(values):.1%} of {len(values)}" if len(values) else "-"


def rows_of(pairs: Sequence[Judged], quantity: Quantity) -> dict[str, str]:
    """Rows of the table about one quantity."""
    name = quantity.rpartition("_")[0]
    deltas = [
        (one.true(quantity)[1] - one.true(quantity)[0], one.changes[quantity].absolute)
        for one in pairs
        if quantity in one.changes
    ]
    ratios = [both for one in pairs if (both := one.logarithms(quantity))]
    covered = [
        interval.low <= 100.0 * np.expm1(both[0]) <= interval.high
        for one in pairs
        if (both := one.logarithms(quantity))
        and (interval := one.changes[quantity].relative_interval)
    ]
    still = [one for one in pairs if one.unchanged(quantity)]
    return {
        f"{name}: CCC of true and measured change": _concordance(deltas),
        f"{name}: CCC of logarithms of ratios": _concordance(ratios),
        f"{name}: 95% interval of relative change holds the truth": share(covered),
        f"{name}: unchanged lesions called changed": share(
            [called(one.changes.get(quantity)) for one in still]
        ),
        f"{name}: by the rule of 25%": share(
            [one.changes[quantity].rule_25 != "stable" for one in still if quantity in one.changes]
        ),
        **{
            f"{name}: smallest change called in 80%, {low:g} to {high:g} mm3": smallest_called(
                pairs, quantity, low, high
            )
            for low, high in SIZES
        },
    }


def main_rows(pairs: Sequence[Judged]) -> dict[str, str]:
    """Rows about what decides a lesion's category."""
    still = [
        one
        for one in pairs
        if (change := main_change(one.changes)) and one.unchanged(change.quantity)
    ]
    both = [one for one in still if one.group.first and one.group.last]
    return {
        "category: unchanged lesions called changed": share(
            [called(main_change(one.changes)) for one in still]
        ),
        "category: of them those seen at both visits": share(
            [called(main_change(one.changes)) for one in both]
        ),
        "category: of these with the same spacing": share(
            [called(main_change(one.changes)) for one in both if not one.other_scan]
        ),
    }


def _concordance(pairs: Sequence[tuple[float, float]]) -> str:
    if len(pairs) < _ENOUGH:
        return f"- ({len(pairs)})"
    try:
        return f"{concordance(*np.array(pairs).T):.3f} ({len(pairs)})"
    except NotMeasurable:
        return "-"


def smallest_called(pairs: Sequence[Judged], quantity: Quantity, low: float, high: float) -> str:
    """Smallest true growth or shrinkage that is called in 80% of lesions of a true volume."""
    errors, least = [], []
    for one in pairs:
        both = one.logarithms(quantity)
        if both is None or not low <= one.group.true_first.volume_mm3 < high:
            continue
        increase = one.changes[quantity].detectable_increase_percent
        if abs(both[0]) < _SMALL_CHANGE and increase is not None:
            errors.append(both[1] - both[0])
            least.append(np.log1p(increase / 100.0))
    if len(errors) < _ENOUGH:
        return f"- ({len(errors)})"
    for step in TRIED:
        up = np.mean(step + np.array(errors) > least)
        down = np.mean(-step + np.array(errors) < -np.array(least))
        if (up + down) / 2.0 >= POWER:
            return f"{np.expm1(step):.0%} ({len(errors)})"
    return f"over {np.expm1(TRIED[-1]):.0%} ({len(errors)})"


def fitted(found: Sequence[Record], quantity: Quantity, together: bool) -> tuple[str, int]:
    """Settings of one quantity's error, and of how many matches they were fitted.

    `together` fits that of what was measured in one region at both visits, otherwise that of what
    each visit measured alone.

    The half width of the 95% interval of a change is the 95% quantile of the error of its
    logarithm, by quantile regression with the pinball loss (Koenker and Bassett 1978).
    """
    rows = [
        row
        for record in found
        for group in record.groups
        if not group.mixed and group.fates and (row := _error_row(group, quantity, together))
    ]
    error, border, ratio = np.abs(np.array(rows)).T

    def loss(values: Floats) -> float:
        relative, boundary, proportional = values
        left = error - np.sqrt(
            2.0 * relative**2 + (boundary * border) ** 2 + (proportional * ratio) ** 2
        )
        return float(np.maximum(0.95 * left, -0.05 * left).mean())

    starts = [(r, b, 0.1) for r in (0.05, 0.2, 0.5) for b in (0.02, 0.1, 0.2)]
    best = min(
        (
            minimize(loss, start, method="Nelder-Mead", bounds=[(0.0, 2.0), (0.0, 1.0), (0.0, 0.5)])
            for start in starts
        ),
        key=lambda one: float(one.fun),
    )
    names = ("relative", "boundary_mm", "proportional")
    told = ", ".join(f"{n} = {v:.3f}" for n, v in zip(names, best.x, strict=True))
    quantiles = np.quantile(error, (0.5, 0.8, 0.95))
    return f"{told}; error 50, 80, 95%: {', '.join(f'{q:.3f}' for q in quantiles)}", len(rows)


def _error_row(
    group: Group, quantity: Quantity, together: bool
) -> tuple[float, float, float] | None:
    """Error of the logarithm of the ratio, border over size of both visits, true logarithm."""
    true_mm3 = (group.true_first.volume_mm3, group.true_last.volume_mm3)
    if not (group.first and group.last and min(true_mm3) >= _THERE_MM3):
        return None
    # What is true of an area is known of deposits that stayed the same alone.
    if quantity == "area_mm2" and set(group.fates) != {"unchanged"}:
        return None
    name = "mass_mg" if quantity == "mass_mg" else "volume_mm3"
    before, after = (getattr(one, name) for one in (group.true_first, group.true_last))
    if together and quantity not in group.together:
        return None
    sides = (
        put_together(group.first, group.last, group.together)
        if together
        else (alone(group.first), alone(group.last))
    )
    sizes = [sum(one.size(quantity) or 0.0 for one in side) for side in sides]
    if min(before, after, *sizes) <= 0.0:
        return None
    true = 0.0 if quantity == "area_mm2" else float(np.log(after / before))
    border, of = (
        ("perimeter_mm", "area_mm2") if quantity == "area_mm2" else ("surface_mm2", "volume_mm3")
    )
    slopes = [
        np.linalg.norm([getattr(one, border) for one in s]) / sum(getattr(one, of) for one in s)
        for s in (group.first, group.last)
    ]
    return float(np.log(sizes[1] / sizes[0])) - true, float(np.hypot(*slopes)), true
