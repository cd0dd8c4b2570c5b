"""What a simulated hand is like: every choice named, and drawn where it is not made."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from calcimetry.errors import SettingsError
from calcimetry.phantom.bones import SIZE_SPREAD
from calcimetry.phantom.lumps import PLATES

Sex = Literal["female", "male"]
Pose = Literal["flat", "relaxed", "bent", "contracture"]
POSES: tuple[Pose, ...] = ("flat", "relaxed", "bent", "contracture")
Grades = tuple[int, ...]

#: Lesions per hand: mean and standard deviation (Semin Arthritis Rheum 2019,
#: 10.1016/j.semarthrit.2019.03.001).
_LESIONS_MEAN, _LESIONS_SD = 6.3, 6.5
_SEX_STEP = 0.043  # men are 8 to 10% larger than women
_LIMITS: dict[str, tuple[float, float]] = {
    "size": (0.5, 1.6),
    "slenderness": (0.6, 1.5),
    "bone_loss": (0.0, 1.0),
    "splay": (0.0, 3.0),
    "tilt_deg": (0.0, 180.0),
    "cut_share": (0.0, 0.9),
    "fat_mm": (0.0, 8.0),
    "erosions": (0, 40),
    "osteophytes": (0, 40),
    "subluxations": (0, 14),
    "ankyloses": (0, 14),
    "deposits": (0, 200),
    "plates": (0.0, 1.0),
    "tophi": (0, 20),
    "vessels": (0, 20),
    "calluses": (0, 10),
    "foreign_bodies": (0, 20),
    "metals": (0, 5),
}


@dataclass(frozen=True, slots=True)
class HandSettings:
    """Choices for one simulated hand; None draws from the distribution named here.

    Parameters
    ----------
    sex : {"female", "male"}, optional
        Half each. Moves the mean size by 4.3% down or up.
    size : float, optional
        Factor on all mean measures: N(0.957 or 1.043, 0.033).
    slenderness : float, optional
        Factor on breadth and depth of all bones: N(1, 0.05).
    bone_loss : float, optional
        0 healthy to 1 severe osteopenia: thinner cortex, sparser trabeculae, fattier
        marrow. U(0, 0.35), in 30% of hands U(0.35, 1).
    pose : {"flat", "relaxed", "bent", "contracture"}, optional
        45%, 30%, 13%, 12%. A contracture bends the middle joints by 40 to 100 degrees.
    splay : float, optional
        0 has the fingers touch, 1 is at ease, more spreads them: U(0, 1.6).
    wrist : bool, optional
        Whether carpals, radius and ulna are there: 65%.
    tilt_deg : float, optional
        Angle about a random axis between the hand and the scanner's grid:
        size of N(0, 8), in 10% of hands U(15, 60).
    cut_share : float, optional
        Part of the hand's extent that lies outside the field of view, at a random side:
        0 in 88% of hands, else U(0.03, 0.3).
    acro_osteolysis : tuple of five ints, optional
        For thumb to little finger: 0 none, 1 the tuft's border is gone, 2 about half of
        the distal phalanx, 3 only its base is left, 4 it is missing. In 35% of hands each digit
        draws 45%, 25%, 15%, 10%, 5%.
    erosions, osteophytes, subluxations, ankyloses : int, optional
        How many pits in bone near joints (30% of hands 1 + Poisson(1)), spurs at joint
        margins (35%: 1 + Poisson(2)), joints out of place (15%: 1 + Poisson(0.5)) and joints
        grown together (6%: 1).
    fat_mm : float, optional
        Thickness of the fat under the skin: U(0.5, 3.5).
    deposits : int, optional
        Calcium deposits tried: negative binomial, mean 6.3 and standard deviation 6.5 as
        published; 12% of hands have none.
    plates : float, optional
        Share of the deposits that are plates; as published, not drawn.
    tophi, vessels, calluses, foreign_bodies, metals : int, optional
        Things that are no calcinosis: urate tophi (3% of hands: 1 + Poisson(1)), calcified
        stretches of arteries (10%: 1 + Poisson(1)), healing fractures (3%: 1), splinters of
        glass, wood or stone (3%: 1), and metal with its streaks (2%: 1).
    ring, table, cushion : bool, optional
        A finger ring (5%), a plate under the hand (30%), foam around its palm (15%).

    Raises
    ------
    SettingsError
        If a value is none of those, or outside what hands can be.

    Examples
    --------
    >>> import numpy as np
    >>> HandSettings(pose="flat", deposits=3).settled(np.random.default_rng(7)).deposits
    3
    """

    sex: Sex | None = None
    size: float | None = None
    slenderness: float | None = None
    bone_loss: float | None = None
    pose: Pose | None = None
    splay: float | None = None
    wrist: bool | None = None
    tilt_deg: float | None = None
    cut_share: float | None = None
    acro_osteolysis: Grades | None = None
    erosions: int | None = None
    osteophytes: int | None = None
    subluxations: int | None = None
    ankyloses: int | None = None
    fat_mm: float | None = None
    deposits: int | None = None
    plates: float | None = None
    tophi: int | None = None
    vessels: int | None = None
    calluses: int | None = None
    foreign_bodies: int | None = None
    metals: int | None = None
    ring: bool | None = None
    table: bool | None = None
    cushion: bool | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise _unfit(name, f"a number from {low} to {high}", value)
        if self.sex not in (None, "female", "male"):
            raise _unfit("sex", "'female' or 'male'", self.sex)
        if self.pose is not None and self.pose not in POSES:
            raise _unfit("pose", f"one of {POSES}", self.pose)
        grades = self.acro_osteolysis
        if grades is not None and (len(grades) != 5 or any(g not in range(5) for g in grades)):
            raise _unfit("acro_osteolysis", "five grades from 0 to 4", grades)

    def settled(self, rng: np.random.Generator) -> HandSettings:
        """The same with everything drawn that was not chosen; draws nothing if all was.

        Each value is drawn whether it is needed or not, so that choosing one leaves the
        others of the same seed as they were.
        """
        if all(getattr(self, field.name) is not None for field in fields(self)):
            return self
        drawn = _draw(rng, self.sex)
        missing = {name: v for name, v in drawn.items() if getattr(self, name) is None}
        return replace(self, **missing)


#: A hand in a usual pose without disease but three deposits, and nothing else in view: for the
#: demo and for tests that ask how a plain case comes out.
PLAIN_HAND = HandSettings(
    pose="relaxed",
    bone_loss=0.1,
    tilt_deg=0.0,
    cut_share=0.0,
    acro_osteolysis=(0, 0, 0, 0, 0),
    erosions=0,
    osteophytes=0,
    subluxations=0,
    ankyloses=0,
    deposits=3,
    plates=PLATES,
    tophi=0,
    vessels=0,
    calluses=0,
    foreign_bodies=0,
    metals=0,
    ring=False,
    table=False,
    cushion=False,
)


def _unfit(name: str, expected: str, found: object) -> SettingsError:
    return SettingsError(
        f"Setting up a simulated hand: {name} must be {expected}, found {found!r}. "
        "Leave it out to have it drawn."
    )


def _draw(rng: np.random.Generator, sex: Sex | None) -> dict[str, Any]:
    """A value for every setting."""
    drawn_sex: Sex = "female" if rng.random() < 0.5 else "male"
    sex = sex or drawn_sex
    within = float(np.sqrt(SIZE_SPREAD**2 - _SEX_STEP**2))
    number = _LESIONS_MEAN**2 / (_LESIONS_SD**2 - _LESIONS_MEAN)
    return {
        "sex": sex,
        "size": 1.0 + (_SEX_STEP if sex == "male" else -_SEX_STEP) + rng.normal(0.0, within),
        "slenderness": rng.normal(1.0, 0.05),
        "bone_loss": _either(rng, 0.3, rng.uniform(0.35, 1.0), rng.uniform(0.0, 0.35)),
        "pose": str(rng.choice(POSES, p=[0.45, 0.3, 0.13, 0.12])),
        "splay": rng.uniform(0.0, 1.6),
        "wrist": bool(rng.random() < 0.65),
        "tilt_deg": _either(rng, 0.1, rng.uniform(15.0, 60.0), min(abs(rng.normal(0.0, 8.0)), 60)),
        "cut_share": _either(rng, 0.12, rng.uniform(0.03, 0.3), 0.0),
        "acro_osteolysis": _grades(rng),
        "erosions": _some(rng, 0.3, 1.0),
        "osteophytes": _some(rng, 0.35, 2.0),
        "subluxations": _some(rng, 0.15, 0.5),
        "ankyloses": _some(rng, 0.06, 0.0),
        "fat_mm": rng.uniform(0.5, 3.5),
        "deposits": min(int(rng.negative_binomial(number, number / (number + _LESIONS_MEAN))), 200),
        "plates": PLATES,
        "tophi": _some(rng, 0.03, 1.0),
        "vessels": _some(rng, 0.1, 1.0),
        "calluses": _some(rng, 0.03, 0.0),
        "foreign_bodies": _some(rng, 0.03, 0.0),
        "metals": _some(rng, 0.02, 0.0),
        "ring": bool(rng.random() < 0.05),
        "table": bool(rng.random() < 0.3),
        "cushion": bool(rng.random() < 0.15),
    }


def _either(rng: np.random.Generator, chance: float, rare: float, usual: float) -> float:
    return float(rare if rng.random() < chance else usual)


def _some(rng: np.random.Generator, chance: float, more: float) -> int:
    """None in most hands; else one and a Poisson number more."""
    number = 1 + int(rng.poisson(more))
    return min(number, 14) if rng.random() < chance else 0


def _grades(rng: np.random.Generator) -> Grades:
    worn = rng.random() < 0.35
    return tuple(int(g) * worn for g in rng.choice(5, 5, p=[0.45, 0.25, 0.15, 0.1, 0.05]))
