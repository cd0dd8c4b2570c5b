"""What disease does to the bones of simulated hands."""

import numpy as np
import pytest

from calcimetry.errors import SettingsError
from calcimetry.phantom.bones import BONES
from calcimetry.phantom.hand import draw_hand
from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.joints import bone_fields
from calcimetry.phantom.parts import Part, Pebble
from calcimetry.phantom.volume import lattice_around

NO_WARP = np.zeros((0, 7))
HEALTHY = {
    "pose": "flat",
    "acro_osteolysis": (0,) * 5,
    "erosions": 0,
    "osteophytes": 0,
    "subluxations": 0,
    "ankyloses": 0,
    "wrist": False,
}


def hand(seed=3, **choices):
    parts = draw_hand(np.random.default_rng(seed), HandSettings(**(HEALTHY | choices)))
    return {part.name: part for part in parts}


def volumes(parts, spacing=0.8):
    parts = list(parts)
    found = {}
    for field in bone_fields(parts, lattice_around(parts, spacing), NO_WARP):
        found[field.part.name] = float(np.clip(0.5 + field.depth / spacing, 0, 1).sum())
    return found


def test_grades_of_acro_osteolysis_leave_less_and_less():
    left = []
    for grade in range(4):
        lengths = [
            hand(s, acro_osteolysis=(0, grade, 0, 0, 0))["23"].shape.length for s in range(8)
        ]
        left.append(np.mean(lengths) / BONES[2][3].length)
    assert left == sorted(left, reverse=True)
    assert left[3] < 0.45 < left[1]
    assert "23" not in hand(acro_osteolysis=(0, 4, 0, 0, 0))


def test_erosions_take_and_osteophytes_add_bone():
    changed = hand(erosions=3, osteophytes=3)
    pitted = [part for part in changed.values() if part.pits and not part.spurs]
    spurred = [part for part in changed.values() if part.spurs and not part.pits]
    assert pitted
    assert spurred
    for part, grows in [(pitted[0], False), (spurred[0], True)]:
        plain = Part(part.label, part.shape, part.name, part.rank, part.gap_mm)
        before, after = volumes([plain])[part.name], volumes([part])[part.name]
        assert (after > before) == grows
        assert after != before


def test_a_joint_out_of_place_is_out_by_millimetres():
    healthy, ill = hand(), hand(subluxations=14)
    aside = []
    for parts in (healthy, ill):
        steps = []
        for name in ("21", "31", "41"):
            head, base = parts[f"{name[0]}4"].shape, parts[name].shape
            away = base.origin - head.tip
            steps.append(np.linalg.norm(away - (away @ base.axes[2]) * base.axes[2]))
        aside.append(np.mean(steps))
    assert aside[1] > aside[0] + 0.8


def test_bones_grown_together_are_one_piece_and_others_are_not():
    for number in (0, 14):
        parts = list(hand(ankyloses=number).values())
        lattice = lattice_around(parts, 0.8)
        fields = {f.part.name: f for f in bone_fields(parts, lattice, NO_WARP)}
        bone = np.zeros(lattice.shape, np.int8)
        for name in ("32", "33"):
            bone[fields[name].box] += fields[name].depth > 0
        assert (bone.max() == 2) == (number == 14)


def test_only_long_bones_have_stations():
    pebble = next(p for p in hand().values() if isinstance(p.shape, Pebble))
    with pytest.raises(SettingsError, match="expected a long bone"):
        pebble.surface(0.5, 0.0)
