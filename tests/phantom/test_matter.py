"""Materials of a canvas, and how their brightness changes with the tube."""

import numpy as np
import pytest

from calcimetry.attenuation import MATERIALS
from calcimetry.errors import SettingsError
from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.lattice import Lattice
from calcimetry.phantom.matter import materials_of, mineral_gains, tissue_shift
from calcimetry.phantom.projection import Beam
from calcimetry.phantom.spectra import PRESETS, tube_settings

#: HU of the base, and hydroxyapatite in mg/cm3, of a few samples.
SAMPLES = {
    "air": (-1000.0, 0.0),
    "foam": (-900.0, 0.0),
    "fat": (-90.0, 0.0),
    "flesh": (55.0, 0.0),
    "cortex": (50.0, 1100.0),
    "nail": (200.0, 0.0),
    "metal": (3071.0, 0.0),
}


def canvas_of(*names):
    lattice = Lattice((1, 1, len(names)), np.zeros(3), np.eye(3))
    canvas = Canvas.empty(lattice, 2.0, 1.0)
    for at, name in enumerate(names):
        canvas.base[0, 0, at], canvas.mineral[0, 0, at] = SAMPLES[name]
    return canvas


def seen(canvas, setting, path=2.0):
    """HU behind 20 mm of water, without projections."""
    beam = Beam(setting)
    made = materials_of(canvas)
    return sum(beam.hardened(name, path) * array[0, 0] for name, array in made.items()) - 1000.0


def test_each_sample_is_what_it_was_painted_as():
    made = materials_of(canvas_of(*SAMPLES))
    at = {name: place for place, name in enumerate(SAMPLES)}
    held = {
        name: {of: float(array[0, 0, place]) for of, array in made.items()}
        for name, place in at.items()
    }
    assert set(held["air"].values()) == {0.0}
    assert held["fat"]["fat"] == pytest.approx(950.0)
    assert held["flesh"]["soft_tissue"] == pytest.approx(1060.0)
    assert held["metal"] == pytest.approx(
        {"hydroxyapatite": 0, "fat": 0, "soft_tissue": 0, "iron": 7874.0}
    )
    assert held["cortex"]["hydroxyapatite"] == 1100.0
    # The mineral takes the place of flesh.
    displaced = 1.0 - 1100.0 / MATERIALS["hydroxyapatite"].density_mg_cm3
    assert held["cortex"]["soft_tissue"] == pytest.approx(1060.0 * displaced, rel=0.04)
    assert held["foam"]["fat"] < 120.0


def test_what_is_nowhere_is_left_out():
    assert set(materials_of(canvas_of("air", "flesh"))) == {"soft_tissue"}


def test_flesh_is_as_bright_as_painted_at_the_usual_energies():
    canvas = canvas_of("air", "foam", "fat", "flesh", "nail")
    mixed = 0.6 * seen(canvas, "80") + 0.4 * seen(canvas, "Sn150")
    np.testing.assert_allclose(mixed, canvas.base[0, 0], atol=3.0)


@pytest.mark.parametrize("setting", ["70", "80", "100", "140", "Sn140", "Sn150"])
def test_mineral_adds_its_gain(setting):
    preset, energy = next(
        (p, pair.index(setting)) for p, pair in PRESETS.items() if setting in pair
    )
    plain, bony = seen(canvas_of("flesh", "cortex"), setting)
    gain = mineral_gains(preset, 2.0)[energy]
    # The cortex's flesh is 5 HU darker.
    assert bony - plain == pytest.approx(1100.0 * gain, rel=0.01)


def test_gains_have_the_published_ratio():
    low, high = mineral_gains("80-Sn150")
    assert 1.96 <= low / high <= 2.05
    with pytest.raises(SettingsError, match="found '60-90'"):
        mineral_gains("60-90")


@pytest.mark.parametrize("preset", PRESETS)
def test_tissue_shifts_are_those_of_the_spectra(preset):
    canvas = canvas_of("air", "fat", "flesh", "metal")
    for energy, (setting, usual) in enumerate(
        zip(tube_settings(preset), ("80", "Sn150"), strict=True)
    ):
        shift = tissue_shift(canvas.base, preset, energy)
        if setting == usual:
            assert shift is None
            continue
        expected = seen(canvas, setting, 8.0) - seen(canvas, usual, 8.0)
        np.testing.assert_allclose(shift[0, 0, :3], expected[:3], atol=0.2)
        assert shift[0, 0, 3] == 0.0  # metal is as bright as can be at any energy
        assert np.abs(shift).max() < 20.0
