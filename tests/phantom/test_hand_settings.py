"""Choices for a simulated hand: kept where made, drawn where not, refused where impossible."""

from dataclasses import fields

import numpy as np
import pytest

from calcimetry.errors import SettingsError
from calcimetry.phantom.hand_settings import HandSettings


def test_settling_leaves_nothing_open_and_keeps_choices():
    chosen = HandSettings(pose="contracture", deposits=4, acro_osteolysis=(0, 1, 2, 3, 4))
    settled = chosen.settled(np.random.default_rng(1))
    assert all(getattr(settled, field.name) is not None for field in fields(settled))
    assert (settled.pose, settled.deposits) == ("contracture", 4)
    assert settled.acro_osteolysis == (0, 1, 2, 3, 4)


def test_choosing_one_leaves_the_others_of_a_seed_as_they_were():
    free = HandSettings().settled(np.random.default_rng(5))
    bent = HandSettings(pose="bent").settled(np.random.default_rng(5))
    differing = {f.name for f in fields(free) if getattr(free, f.name) != getattr(bent, f.name)}
    assert differing <= {"pose"}


def test_settled_settings_draw_nothing():
    rng = np.random.default_rng(2)
    settled = HandSettings().settled(rng)
    before = rng.bit_generator.state
    assert settled.settled(rng) == settled
    assert rng.bit_generator.state == before


def test_deposits_per_hand_are_spread_as_published():
    # Semin Arthritis Rheum 2019, 10.1016/j.semarthrit.2019.03.001: 6.3 (SD 6.5) per hand.
    rng = np.random.default_rng(3)
    numbers = [HandSettings().settled(rng).deposits for _ in range(2000)]
    assert np.mean(numbers) == pytest.approx(6.3, abs=0.6)
    assert np.std(numbers) == pytest.approx(6.5, abs=0.8)


def test_men_are_eight_to_ten_percent_larger():
    sizes = {}
    for sex in ("female", "male"):
        rng = np.random.default_rng(4)
        sizes[sex] = np.mean([HandSettings(sex=sex).settled(rng).size for _ in range(400)])
    assert 1.08 < sizes["male"] / sizes["female"] < 1.10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", -1.0),
        ("slenderness", 9.0),
        ("bone_loss", 1.5),
        ("splay", float("nan")),
        ("tilt_deg", 270.0),
        ("cut_share", 1.0),
        ("fat_mm", -0.1),
        ("deposits", -1),
        ("deposits", 500),
        ("tophi", 1000),
        ("sex", "man"),
        ("pose", "fist"),
        ("acro_osteolysis", (1, 2)),
        ("acro_osteolysis", (0, 0, 0, 0, 5)),
    ],
)
def test_impossible_choices_are_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=rf"{name} must be .* found"):
        HandSettings(**{name: value})
