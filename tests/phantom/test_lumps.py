"""Deposits of volumes: their sites, shapes and a truth that adds up."""

import numpy as np
import pytest

from calcimetry.phantom.hand import draw_hand
from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.lumps import draw_lumps
from calcimetry.phantom.volume import hand_volume

MANY = HandSettings(deposits=25, wrist=True, cut_share=0.0, tilt_deg=0.0)


@pytest.fixture(scope="module")
def volume():
    return hand_volume(np.random.default_rng(6), 1.0, MANY)


@pytest.fixture(scope="module")
def lumps():
    rng = np.random.default_rng(1)
    worn = HandSettings(acro_osteolysis=(2,) * 5, wrist=True)
    return [lump for _ in range(12) for lump in draw_lumps(rng, draw_hand(rng, worn), 30)]


def test_masses_are_the_density_that_each_sample_holds(volume):
    sample_cm3 = 1.0 / 1000.0
    held = volume.deposit_mg_cm3.sum(dtype=float) * sample_cm3
    assert volume.lesions
    assert held == pytest.approx(sum(one.mass_mg for one in volume.lesions), rel=1e-5)
    for one in volume.lesions:
        assert one.density_mg_cm3 == pytest.approx(1000 * one.mass_mg / one.volume_mm3)
        assert 20 < one.density_mg_cm3 <= 1250


def test_volumes_are_the_parts_of_samples_that_deposits_fill(volume):
    total = sum(one.volume_mm3 for one in volume.lesions)
    assert volume.deposit_fraction.sum(dtype=float) == pytest.approx(total, rel=1e-5)
    assert (volume.bone_fraction + volume.deposit_fraction).max() <= 1.0 + 1e-5
    numbers = set(np.unique(volume.lesion_map).tolist()) - {0}
    assert numbers <= {one.number for one in volume.lesions}


def test_deposits_lie_under_the_skin(volume):
    filled = volume.deposit_fraction > 0.5
    air = volume.image.high.array < -500
    assert (filled & air).sum() < 0.01 * filled.sum()


def test_shapes_come_in_the_published_proportions(lumps):
    # Bartoli, Rheumatology 2016: stone 91.4%, plate 4.8%, net 3.8% of n = 316.
    shapes = [lump.deposit.shape for lump in lumps if lump.deposit.shape != "pasty"]
    assert shapes.count("stone") / len(shapes) == pytest.approx(0.914, abs=0.05)
    assert {"stone", "plate", "net", "pasty"} == {lump.deposit.shape for lump in lumps}


def test_a_hand_may_have_more_plates_and_half_are_sheets():
    rng = np.random.default_rng(4)
    parts = draw_hand(rng)
    drawn = [one.deposit for _ in range(10) for one in draw_lumps(rng, parts, 30, plates=0.5)]
    plates = [one for one in drawn if one.shape == "plate"]
    assert len(plates) / len(drawn) == pytest.approx(0.5, abs=0.08)
    sheets = [one for one in plates if one.squareness > 2.0]
    assert len(sheets) / len(plates) == pytest.approx(0.5, abs=0.12)
    # Half as thick as this, so that the thinnest still fill half a millimetre.
    assert min(one.half_axes.min() for one in sheets) >= 0.25
    assert all(one.squareness == 2.0 for one in drawn if one.shape != "plate")


def test_every_published_site_occurs(lumps):
    sites = {lump.site for lump in lumps}
    assert sites == {
        "pulp",
        "tendon sheath",
        "periarticular",
        "cortex",
        "resorbed tuft",
        "muscle",
        "carpal tunnel",
    }


def test_pasty_ones_are_cloudy_and_thin(lumps):
    pasty = [lump.deposit for lump in lumps if lump.deposit.shape == "pasty"]
    assert max(one.density for one in pasty) <= 300
    assert min(one.cloudiness_mm for one in pasty) > 0


def test_deposits_that_keep_apart_are_drawn_without_a_grid():
    parts = draw_hand(np.random.default_rng(2))
    first, second = (draw_lumps(np.random.default_rng(3), parts, 10) for _ in range(2))
    assert [one.site for one in first] == [one.site for one in second]
    centres = np.array([one.deposit.centres.mean(axis=0) for one in first])
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=-1)
    assert apart[np.triu_indices(len(centres), 1)].min() > 0.5


def test_a_hand_without_deposits_has_none():
    made = hand_volume(np.random.default_rng(1), 2.0, HandSettings(deposits=0))
    assert not made.lesions
    assert not made.lesion_map.any()
    assert not made.deposit_mg_cm3.any()
