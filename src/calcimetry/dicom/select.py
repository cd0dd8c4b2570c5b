"""Which stacks of a study are measured, and why the others are not.

The rules, in this order, for each region that was scanned:

1. a pair of two energies before one volume alone, and tube voltages before virtual
   monoenergetic images (unless keV were asked for);
2. original slices before derived ones and reformats;
3. thinner slices; 4. finer pixels; 5. the softer kernel;
6. more of the body; 7. for one monoenergetic volume alone the one nearest to 70 keV, for a
   pair the ones nearest to 50 and 100 keV; 8. the lower series number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from calcimetry.dicom.found import Left
from calcimetry.dicom.series import Candidate
from calcimetry.model import Grid

#: Two tube voltages closer than this, in kV, are no two energies.
MIN_KV_APART = 30.0
#: Monoenergetic images up to the first can be a pair's low energy, from the second its high.
LOWEST_KEV_HIGH, HIGHEST_KEV_LOW = 90.0, 70.0
BEST_KEV_LOW, BEST_KEV_HIGH, BEST_KEV_ALONE = 50.0, 100.0, 70.0
#: Volumes sharing more of the smaller one than this show the same region.
SAME_REGION = 0.5
#: Corners of two grids nearer than this, in mm, are the same.
SAME_PLACE_MM = 0.01

Option = tuple[Candidate, ...]
_BETTER = (
    "as a pair of two energies",
    "at the tube's own voltages",
    "from original slices",
    "with thinner slices",
    "with finer pixels",
    "with a softer kernel",
    "with more slices or a larger field",
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One or two stacks that are measured together, lower energy first, and what to know."""

    option: Option
    warnings: tuple[str, ...]


def choose(
    candidates: Sequence[Candidate], low_kev: float | None = None, high_kev: float | None = None
) -> tuple[tuple[Chosen, ...], tuple[Left, ...]]:
    """Choose what is measured among the stacks of one study.

    Parameters
    ----------
    candidates : sequence of Candidate
    low_kev, high_kev : float, optional
        The monoenergetic images to pair; they then come before tube voltages.

    Returns
    -------
    chosen : tuple of Chosen
        At most one for each region.
    left : tuple of Left
        One for each stack that is not measured.
    """
    asked = (low_kev, high_kev)
    pairs = [
        pair
        for pair in permutations(candidates, 2)
        if two_energies(*pair, asked) and not obstacle(*pair)
    ]
    options: list[Option] = [*pairs, *((candidate,) for candidate in candidates)]
    options.sort(key=lambda option: _rank(option, asked))
    chosen: list[Option] = []
    for option in options:
        if not any(
            same_region(one, other) for taken in chosen for one in option for other in taken
        ):
            chosen.append(option)
    used = {id(candidate) for option in chosen for candidate in option}
    left = tuple(
        Left(candidate.series.own_label, _why_left(candidate, chosen, asked), failed=False)
        for candidate in candidates
        if id(candidate) not in used
    )
    return tuple(Chosen(option, _warnings(option, candidates, asked)) for option in chosen), left


def two_energies(
    low: Candidate, high: Candidate, asked: tuple[float | None, float | None] = (None, None)
) -> bool:
    """Whether two stacks show two energies that belong together, the lower one first."""
    first, second = low.energy, high.energy
    if first.kind != second.kind or not (first.value and second.value):
        return False
    if first.kind == "tube":
        return asked == (None, None) and second.value - first.value >= MIN_KV_APART
    if first.kind == "mono":
        low_fits = first.value == asked[0] if asked[0] else first.value <= HIGHEST_KEV_LOW
        high_fits = second.value == asked[1] if asked[1] else second.value >= LOWEST_KEV_HIGH
        return low_fits and high_fits and first.value < second.value
    return False


def obstacle(low: Candidate, high: Candidate) -> str:
    """Why two energies cannot be one pair; empty where they can."""
    one, other = low.stack.grid, high.stack.grid
    if one.frame_of_reference_uid is None or other.frame_of_reference_uid is None:
        return "they state no frame of reference"
    if one.frame_of_reference_uid != other.frame_of_reference_uid:
        return "their frames of reference differ"
    if low.kernel != high.kernel:
        return f"their kernels differ ({_kernel(low)} and {_kernel(high)})"
    if one.shape != other.shape:
        return f"their grids differ ({_shape(one)} and {_shape(other)})"
    if float(np.abs(_corners(one) - _corners(other)).max()) > SAME_PLACE_MM:
        return "their slices lie at different places"
    return ""


def same_region(one: Candidate, other: Candidate) -> bool:
    """Whether two stacks show the same part of the same scan."""
    a, b = one.stack.grid, other.stack.grid
    if a.frame_of_reference_uid != b.frame_of_reference_uid:
        return False
    a_low, a_high = _bounds(a)
    b_low, b_high = _bounds(b)
    shared = np.maximum(np.minimum(a_high, b_high) - np.maximum(a_low, b_low), 0.0).prod()
    smaller = min((a_high - a_low).prod(), (b_high - b_low).prod())
    return bool(shared > SAME_REGION * smaller)


def _rank(option: Option, asked: tuple[float | None, float | None]) -> tuple[float, ...]:
    """The smaller the better; the first seven are those that `_BETTER` names."""
    first = option[0]
    grid = first.stack.grid
    low, high = _bounds(grid)
    kev = 0.0
    if first.energy.kind == "mono":
        best = BEST_KEV_LOW if len(option) == 2 else BEST_KEV_ALONE
        kev = abs(first.energy.value - best)
    if len(option) == 2 and first.energy.kind == "mono":
        kev += abs(option[1].energy.value - BEST_KEV_HIGH)
    return (
        -len(option),
        float((first.energy.kind == "mono") != any(asked)),
        float(not all(candidate.original for candidate in option)),
        round(grid.spacing[0], 2),
        round(grid.pixel_area_mm2**0.5, 2),
        first.sharpness,
        -round(float((high - low).prod()) / 1000.0),
        kev,
        *(candidate.series.number or 0 for candidate in option),
        *(candidate.part for candidate in option),
    )


def _why_left(
    candidate: Candidate, chosen: Sequence[Option], asked: tuple[float | None, float | None]
) -> str:
    taken = next(
        (option for option in chosen if any(same_region(candidate, one) for one in option)),
        chosen[0],
    )
    named = " and ".join(one.series.short for one in taken)
    mine, best = _rank((candidate,), asked), _rank(taken, asked)
    better = next(
        (what for what, a, b in zip(_BETTER, best, mine, strict=False) if a < b),
        "the first of its equals",
    )
    kind = candidate.energy.text
    shows = f"{kind}; " if candidate.energy.kind != "tube" else ""
    return f"{shows}the same region is measured from {named}, {better}"


def _warnings(
    option: Option, candidates: Iterable[Candidate], asked: tuple[float | None, float | None]
) -> tuple[str, ...]:
    first = option[0]
    notes = [note for one in option for note in one.stack.notes]
    if any(piece.instance.lossy for one in option for piece in one.stack.slices):
        notes.append("its slices were compressed with loss")
    if len(option) == 1:
        if any(asked):
            notes.append("no pair of the keV that were asked for is there")
        notes += [
            f"{_kev_or_kv(low, high)} are both there but not paired: {obstacle(low, high)}"
            for low, high in (
                pair for other in candidates for pair in ((first, other), (other, first))
            )
            if low is not high and two_energies(low, high, asked)
        ]
    return tuple(dict.fromkeys(notes))


def _kev_or_kv(low: Candidate, high: Candidate) -> str:
    unit = " kV" if low.energy.kind == "tube" else ""
    return f"{low.energy.text}{unit} and {high.energy.text}{unit}"


def _kernel(candidate: Candidate) -> str:
    return candidate.kernel.split("\\", maxsplit=1)[0][:16] or "not stated"


def _shape(grid: Grid) -> str:
    return " x ".join(map(str, grid.shape))


def _corners(grid: Grid) -> np.ndarray:
    last = np.array(grid.shape) - 1
    return grid.index_to_mm(np.array([[0, 0, 0], last, [last[0], 0, 0], [0, last[1], 0]]))


def _bounds(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner of a grid's outer edges, in mm along the patient's axes."""
    ends = np.stack([np.full(3, -0.5), np.array(grid.shape) - 0.5])
    index = np.stack(np.meshgrid(*ends.T, indexing="ij"), axis=-1).reshape(-1, 3)
    points = grid.index_to_mm(index)
    return points.min(axis=0), points.max(axis=0)
