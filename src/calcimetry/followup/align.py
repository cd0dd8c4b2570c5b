"""Each bone of a later visit rigidly onto the baseline's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import SettingsError
from calcimetry.followup.bone_pair import FINE_POINTS, BonePair, judged
from calcimetry.followup.result import BoneAlignment
from calcimetry.followup.rigid import Motion, shortest_turn, turn_of_points
from calcimetry.followup.surface import BoneSurface, bone_surfaces
from calcimetry.followup.visit import Visit, are_one_finger, shared_labels
from calcimetry.model.anatomy import LEFT_HAND_OFFSET, WRIST_BONES, Bone

FloatArray = NDArray[np.float64]

#: Centres of bones that lie so far from one line decide how a hand is turned about it.
_SPREAD_MM = 8.0
#: Turns about its own axis that a bone is tried at, where nothing says how it lies; and where
#: something does.
_ALL_ROUND = tuple(np.deg2rad(np.arange(0.0, 360.0, 30.0)))
_NEARLY = tuple(np.deg2rad([0.0, -25.0, 25.0]))
#: Bones of other names may be one if the shorter one has this part of the longer one's length.
_LIKE_LENGTH = 0.9
#: Starts of a digit's first bone that the others choose from.
_KEPT = 3


@dataclass(frozen=True, slots=True)
class AlignmentSettings:
    """When a bone's alignment is trusted.

    Raises
    ------
    SettingsError
        If a limit is not positive, or a share not between 0 and 1.
    """

    #: Refused above this residual, or above this part of the coarser visit's longest spacing.
    residual_limit_mm: float = 0.3
    residual_limit_samples: float = 0.35
    #: The residual is that of this share of the smaller surface, the closest: what has been
    #: resorbed or has grown is not to decide.
    kept_share: float = 0.8
    #: Smaller bones say nothing of how they lie (points of their surface).
    fewest_points: int = 300

    def __post_init__(self) -> None:
        if not (self.residual_limit_mm > 0 and self.residual_limit_samples >= 0):
            raise SettingsError(
                "Reading settings: alignment.residual_limit_mm must be above 0 mm and "
                f"residual_limit_samples 0 or more, found {self.residual_limit_mm:g} mm and "
                f"{self.residual_limit_samples:g}."
            )
        if not 0 < self.kept_share <= 1:
            raise SettingsError(
                "Reading settings: alignment.kept_share must lie between 0 and 1, found "
                f"{self.kept_share:g}."
            )


def align_bones(
    baseline: Visit, later: Visit, settings: AlignmentSettings | None = None
) -> tuple[BoneAlignment, ...]:
    """Lay every bone that both visits show onto the baseline's.

    Parameters
    ----------
    baseline, later : Visit
    settings : AlignmentSettings, optional

    Returns
    -------
    tuple of BoneAlignment
        By the baseline's labels, ascending. Bones too small to say how they lie, such as
        sesamoids, are not among them.

    Notes
    -----
    The hand's turn is that of its bones' centres where they do not lie on one line; within a
    digit, whose bones do, turns about the digit are tried all round for its first bone and the
    one kept that suits the others too. From there each bone is refined for itself, since
    joints move between visits (`calcimetry.followup.rigid.refined`). The shorter surface is
    laid onto the longer one, of which it may be a part. Where bones of a finger alone do not fit
    by their names, the bone that fits any other one best decides, if more of them fit from there.
    """
    settings = settings or AlignmentSettings()
    first = bone_surfaces(baseline.bones, settings.fewest_points)
    last = bone_surfaces(later.bones, settings.fewest_points)
    shared = {
        label: other
        for label, other in shared_labels(baseline, later).items()
        if label in first and other in last
    }
    pairs = {label: BonePair(first[label], last[other]) for label, other in shared.items()}
    step = max(*baseline.spacing, *later.spacing)
    limit = max(settings.residual_limit_mm, settings.residual_limit_samples * step)
    motions: dict[int, Motion] = {}
    whole = _hand_turn(pairs)
    for labels in _digits(pairs):
        motions |= _align_digit({label: pairs[label] for label in labels}, whole)
    found = {
        label: judged((label, shared[label]), motion, pairs[label], settings.kept_share, limit)
        for label, motion in motions.items()
    }
    surfaces = (first, last)
    found |= _renamed(found, surfaces, settings.kept_share, limit)
    if _fitting(found) < min(len(first), len(last)) and are_one_finger(baseline, later):
        other_names = _by_shape(surfaces, settings.kept_share, limit)
        if _fitting(other_names) > _fitting(found):
            found = other_names
    return tuple(found[label] for label in sorted(found))


def _fitting(found: Mapping[int, BoneAlignment]) -> int:
    return sum(one.accepted for one in found.values())


def _by_shape(
    surfaces: tuple[Mapping[int, BoneSurface], Mapping[int, BoneSurface]],
    kept_share: float,
    limit_mm: float,
) -> dict[int, BoneAlignment]:
    """Bones of a finger alone, whatever they are called: first those two that fit best.

    A shaft that the view cuts fits many, so that these two are of about one length.
    """
    first, last = surfaces
    tried = []
    for label, one in first.items():
        for other, another in last.items():
            lengths = sorted((one.length_mm, another.length_mm))
            if lengths[0] < _LIKE_LENGTH * lengths[1]:
                continue
            pair = BonePair(one, another)
            starts = pair.starts(np.eye(3), _ALL_ROUND, -1)
            _, best = min((pair.coarse(start) for start in starts), key=lambda found: found[0])
            motion = pair.coarse(best, FINE_POINTS)[1]
            tried.append(judged((label, other), motion, pair, kept_share, limit_mm))
    best_pair = min(tried, key=lambda one: one.residual_mm, default=None)
    if best_pair is None or not best_pair.accepted:
        return {}
    found = {best_pair.bone: best_pair}
    return found | _renamed(found, surfaces, kept_share, limit_mm)


def _renamed(
    found: Mapping[int, BoneAlignment],
    surfaces: tuple[Mapping[int, BoneSurface], Mapping[int, BoneSurface]],
    kept_share: float,
    limit_mm: float,
) -> dict[int, BoneAlignment]:
    """Bones that fit none of their name, but one of another name in the same digit.

    Which bone of a lone finger is which is easily told differently at two visits. The turn is
    that of a bone of the digit that did fit.
    """
    first, last = surfaces
    fitting = [one for one in found.values() if one.accepted]
    loose = [label for label in first if not (label in found and found[label].accepted)]
    renamed: dict[int, BoneAlignment] = {}
    for label in loose:
        near = [one for one in fitting if one.bone // 10 == label // 10]
        taken = {one.later_bone for one in (*fitting, *renamed.values())}
        digits = {one.later_bone // 10 for one in near}
        tried = [
            judged((label, other), pair.coarse(motion, FINE_POINTS)[1], pair, kept_share, limit_mm)
            for other in last
            if other // 10 in digits and other not in taken
            for pair in (BonePair(first[label], last[other]),)
            for motion in _best_starts(pair, near)
        ]
        best = min(tried, key=lambda one: one.residual_mm, default=None)
        if best is not None and best.accepted:
            renamed[label] = best
    return renamed


def _best_starts(pair: BonePair, near: Sequence[BoneAlignment]) -> Iterator[Motion]:
    """For each turn of a neighbour the best of the coarse motions from there."""
    for one in near:
        starts = pair.starts(one.turn, _NEARLY)
        yield min((pair.coarse(start) for start in starts), key=lambda tried: tried[0])[1]


def _hand_turn(pairs: Mapping[int, BonePair]) -> FloatArray | None:
    """How the whole hand is turned, by its bones' centres; None where they lie on one line."""
    if len(pairs) < 4:
        return None
    first, last = (
        np.array([getattr(pair, name).centre for pair in pairs.values()])
        for name in ("first", "last")
    )
    turn, spread = turn_of_points(last, first)
    return turn if spread > _SPREAD_MM else None


def _digits(pairs: Mapping[int, BonePair]) -> list[list[int]]:
    """Labels digit by digit, the longest bone first; bones of the wrist one by one."""
    groups: dict[int, list[int]] = {}
    for label in pairs:
        wrist = label % LEFT_HAND_OFFSET in WRIST_BONES
        groups.setdefault(-label if wrist else label // 10, []).append(label)
    return [
        sorted(group, key=lambda label: -pairs[label].first.length_mm) for group in groups.values()
    ]


def _align_digit(pairs: Mapping[int, BonePair], whole: FloatArray | None) -> dict[int, Motion]:
    """Motions of the bones of one digit, the first of which decides how it is turned."""
    labels = list(pairs)
    leader, followers = pairs[labels[0]], labels[1:]
    if whole is not None:
        starts = list(leader.starts(whole, _NEARLY))
    else:
        chain = _chain_turn(pairs)
        known = np.eye(3) if chain is None else chain
        starts = list(leader.starts(known, _ALL_ROUND, -1 if chain is None else 1))
    tried = sorted((leader.coarse(start) for start in starts), key=lambda one: one[0])
    best: tuple[float, dict[int, Motion]] | None = None
    for badness, motion in _distinct(tried):
        found, total = {labels[0]: motion}, badness
        for label in followers:
            own = min(
                (pairs[label].coarse(one) for one in pairs[label].starts(motion.turn, _NEARLY)),
                key=lambda one: one[0],
            )
            found[label], total = own[1], total + own[0]
        if best is None or total < best[0]:
            best = total, found
    motions = {} if best is None else best[1]
    return {label: pairs[label].coarse(motion, FINE_POINTS)[1] for label, motion in motions.items()}


def _chain_turn(pairs: Mapping[int, BonePair]) -> FloatArray | None:
    """The shortest turn between the ways from one bone of a digit to its other ones.

    None for a bone alone, of which base and tip cannot be told apart beforehand.
    """
    if len(pairs) < 2:
        return None
    order = sorted(pairs, key=_from_wrist)
    ways = []
    for name in ("last", "first"):
        near, far = (getattr(pairs[order[end]], name).centre for end in (0, -1))
        ways.append((far - near) / np.linalg.norm(far - near))
    return shortest_turn(*ways)


def _from_wrist(label: int) -> int:
    """Order of the bones of a digit from the wrist outwards."""
    bone = label % 10
    return 0 if bone == Bone.METACARPAL else bone


def _distinct(tried: Sequence[tuple[float, Motion]]) -> list[tuple[float, Motion]]:
    """The best few motions that turn by something else, at least 30 degrees from each other."""
    kept: list[tuple[float, Motion]] = []
    for badness, motion in tried:
        # The trace of a turn is 1 + 2 cos of its angle.
        cosines = [(np.trace(motion.turn @ one.turn.T) - 1.0) / 2.0 for _, one in kept]
        if all(cosine < np.cos(np.deg2rad(30.0)) for cosine in cosines):
            kept.append((badness, motion))
        if len(kept) == _KEPT:
            break
    return kept
