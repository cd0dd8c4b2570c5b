"""What became of simulated lesions, and what the program made of it: one record per pair of visits.

A record holds everything that settings of change need, so that other settings need no new
measurement. It is pickled into a folder named after seed, kind and way of measuring; a run that
was broken off goes on where it stopped.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from followup_cases import (
    Pair,
    Scanned,
    measured_by_pipeline,
    measured_with_true_bones,
    simulated_pair,
    true_visit,
)
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from calcimetry.errors import CalcimetryError
from calcimetry.followup.compare import compare_visits
from calcimetry.followup.likeness import Likeness, likeness_of
from calcimetry.followup.reading import Reading, put_together
from calcimetry.followup.result import BoneAlignment, FollowUp, Quantity
from calcimetry.followup.visit import Visit, boxes_of, points_of
from calcimetry.model import Lesion

Floats = NDArray[np.float64]

WAYS: dict[str, Callable[[Scanned, str], Visit]] = {
    "truth": true_visit,
    "true-bones": measured_with_true_bones,
    "pipeline": measured_by_pipeline,
}
#: Parts of two lesions so near on the hand as it was drawn are the same part of one deposit.
_SAME_MM = 1.0


@dataclass(frozen=True, eq=False)
class Group:
    """One match: the lesions of both visits, and the deposits that they truly are.

    `right` says of each lesion, the baseline's first, whether its partners are all that share
    a deposit with it there, and no others. `mixed` where lesions of another match show the
    same deposits, so that no true volume is theirs alone.
    """

    kind: str
    first: tuple[Lesion, ...]
    last: tuple[Lesion, ...]
    fates: tuple[str, ...]
    right: tuple[bool, ...]
    mixed: bool
    true_first: Lesionlike
    true_last: Lesionlike
    score: float
    same_axes: tuple[float, float, float, float] | None
    #: Later over first size of what was measured in one region at both visits, by quantity.
    together: Mapping[Quantity, float]

    @property
    def readings(self) -> tuple[tuple[Reading, ...], tuple[Reading, ...]]:
        """Both visits' sizes as they are compared; urate is no calcium."""
        first, last = put_together(self.first, self.last, self.together)
        return (
            tuple(one for one in first if not one.lesion.is_urate),
            tuple(one for one in last if not one.lesion.is_urate),
        )


@dataclass(frozen=True)
class Lesionlike:
    """True sizes of some deposits together."""

    volume_mm3: float
    mass_mg: float


@dataclass(frozen=True, eq=False)
class Record:
    """One hand at two visits."""

    groups: tuple[Group, ...]
    likeness: Likeness
    #: Of each bone: label, residual, how far its points truly lie from where they were put (mm).
    bones: tuple[tuple[int, float, bool, float], ...]
    #: True volumes of the deposits that neither visit's lesions show, at both visits.
    missed: tuple[tuple[float, float], ...]
    seconds_measuring: float
    seconds_comparing: float


def records(seed: int, count: int, whole_hand: bool, way: str, folder: Path) -> list[Record]:
    """Those of the first `count` pairs that could be measured, read or made."""
    kind = "hands" if whole_hand else "fingers"
    own = folder / f"{kind}-{seed}-{way}"
    own.mkdir(parents=True, exist_ok=True)
    found: list[Record] = []
    for number in range(count):
        path = own / f"{number:04d}.pickle"
        if not path.exists():
            record = _record(seed, number, whole_hand, way)
            part = path.with_suffix(".part")
            part.write_bytes(pickle.dumps(record))
            part.rename(path)
        one = pickle.loads(path.read_bytes())  # noqa: S301  (written above)
        if one is not None:
            found.append(one)
    return found


def _record(seed: int, number: int, whole_hand: bool, way: str) -> Record | None:
    pair = simulated_pair(seed, number, whole_hand)
    start = time.process_time()
    try:
        visits = [
            WAYS[way](scan, name) for scan, name in ((pair.first, "first"), (pair.last, "last"))
        ]
        measured = time.process_time()
        found = compare_visits(*visits)
    except CalcimetryError as error:
        print(f"{number}: {error}")
        return None
    took = time.process_time() - measured
    return judged(pair, found, measured - start, took)


def judged(pair: Pair, found: FollowUp, measuring: float, comparing: float) -> Record:
    """Compare what was found with what is true."""
    scans = (pair.first, pair.last)
    shown = [
        {one.number: _deposits(scan, visit, one.number) for one in visit.lesions}
        for scan, visit in zip(scans, (found.baseline, found.later), strict=True)
    ]
    true_pairs = _true_pairs(pair, found, shown)
    groups = []
    for change in found.lesions:
        sides = (change.baseline, change.later)
        deposits = {n for side, own in zip(sides, shown, strict=True) for i in side for n in own[i]}
        others = {
            n
            for side, own in zip(sides, shown, strict=True)
            for i, numbers in own.items()
            if i not in side
            for n in numbers
        }
        right = [
            {j for i, j in true_pairs if i == one} == set(change.later) for one in change.baseline
        ] + [{i for i, j in true_pairs if j == one} == set(change.baseline) for one in change.later]
        axes = change.axes
        groups.append(
            Group(
                change.kind,
                tuple(found.baseline.lesion(n) for n in change.baseline),
                tuple(found.later.lesion(n) for n in change.later),
                tuple(sorted({pair.fates[n] for n in deposits})),
                tuple(right),
                bool(deposits & others),
                _true(pair.first, deposits),
                _true(pair.last, deposits),
                change.score,
                axes
                and (
                    axes.long_first_mm,
                    axes.long_last_mm,
                    axes.short_first_mm,
                    axes.short_last_mm,
                ),
                change.together,
            )
        )
    seen = {n for own in shown for numbers in own.values() for n in numbers}
    sizes = [{one.deposit: one.volume_mm3 for one in scan.volume.lesions} for scan in scans]
    missed = sorted((set(sizes[0]) | set(sizes[1])) - seen)
    return Record(
        tuple(groups),
        likeness_of(found.baseline, found.later),
        tuple(
            (one.bone, one.residual_mm, one.accepted, _error_mm(pair, found.later, one))
            for one in found.alignments
        ),
        tuple((sizes[0].get(n, 0.0), sizes[1].get(n, 0.0)) for n in missed),
        measuring,
        comparing,
    )


def _deposits(scan: Scanned, visit: Visit, number: int) -> set[int]:
    """The deposits that a lesion shows."""
    by_number = {one.number: one.deposit for one in scan.volume.lesions}
    mask = visit.lesion_map.label_map == number
    return {by_number[int(n)] for n in np.unique(scan.volume.lesion_map[mask]) if n}


def _true_pairs(
    pair: Pair, found: FollowUp, shown: list[dict[int, set[int]]]
) -> set[tuple[int, int]]:
    """Lesions of both visits that show the same part of the same deposit."""
    pairs = set()
    for i, first in shown[0].items():
        for j, last in shown[1].items():
            for deposit in first & last:
                before, after = (
                    scan.at_rest(points_of(visit.lesion_map, number, boxes[number]), deposit)
                    for scan, visit, number, boxes in (
                        (pair.first, found.baseline, i, boxes_of(found.baseline.lesion_map)),
                        (pair.last, found.later, j, boxes_of(found.later.lesion_map)),
                    )
                )
                if cKDTree(before).query(after)[0].min() <= _SAME_MM:
                    pairs.add((i, j))
    return pairs


def _true(scan: Scanned, deposits: set[int]) -> Lesionlike:
    own = [one for one in scan.volume.lesions if one.deposit in deposits]
    return Lesionlike(sum(one.volume_mm3 for one in own), sum(one.mass_mg for one in own))


def _error_mm(pair: Pair, later: Visit, found: BoneAlignment) -> float:
    """Mean distance of a bone's points from where they truly lay; NaN for a bone that is none."""
    own_name = found.later_bone
    points = points_of(later.bones, own_name, boxes_of(later.bones)[own_name])[::7]
    label = found.bone % 100
    placed = (
        pair.last.lattice.origin
        + pair.last.volume.image.grid.mm_to_index(points) @ pair.last.lattice.steps
    )
    motions = [
        motion
        for part, motion in zip(pair.last.posing.rest, pair.last.posing.motions, strict=True)
        # A lone finger has no number.
        if label in (part.label, part.label % 10)
    ]
    if not motions:
        return float("nan")
    own = motions[0]
    rest = (placed - own.shift) @ own.turn.T
    index = (rest - pair.first.lattice.origin) @ np.linalg.inv(pair.first.lattice.steps)
    truly = pair.first.volume.image.grid.index_to_mm(index)
    return float(np.linalg.norm(found.to_baseline(points) - truly, axis=1).mean())
