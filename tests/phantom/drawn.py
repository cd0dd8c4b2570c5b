"""One drawn finger scanned both ways, without noise and as bright as physics has it."""

from dataclasses import replace
from unittest import mock

import numpy as np
from scipy import ndimage

from calcimetry.phantom import volume
from calcimetry.phantom.acquisition import Acquisition
from calcimetry.phantom.hand import draw_hand
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.lattice import Lattice
from calcimetry.phantom.scan_settings import ScanMode

#: Its blur is that of the medium kernel.
QUIET = Acquisition(2.0, 1.0, blur_mm=0.34, across=1.0, noise_hu=0.0, grain_mm=0.0)
SPACING, SLICES = 0.5, 9


def finger_parts():
    settings = replace(PLAIN_HAND, deposits=6)
    parts = draw_hand(np.random.default_rng(2), settings)
    return [part for part in parts if part.label in (31, 32)], settings


def simulated(acquisition, mode, slices=SLICES):
    """Some slices of a finger through its deposit of 350 mg/cm3, as this acquisition has them."""
    parts, settings = finger_parts()
    whole = volume.lattice_around(parts, SPACING)
    first = 73
    lattice = Lattice(
        (slices, *whole.shape[1:]), whole.origin + first * whole.steps[0], whole.steps
    )
    with mock.patch.object(volume, "draw_acquisition", return_value=acquisition):
        return volume.simulate(
            np.random.default_rng(11), parts, lattice, settings=settings, mode=mode
        )


def both_ways(preset):
    """The same finger projected, and in the image with the gains of the projections."""
    projected = simulated(QUIET, ScanMode(preset, "projection"))
    drawn = simulated(projected.acquisition, ScanMode(preset))
    return projected, drawn


def parts_of(made):
    """Samples that are mineral, cortex or flesh through and through."""
    apart = ndimage.generate_binary_structure(3, 1)
    hu = made.image.high.array
    free = (made.bone_fraction < 0.01) & (made.deposit_fraction < 0.01)
    return {
        "deposit": ndimage.binary_erosion(made.deposit_fraction > 0.99, apart),
        "bone": ndimage.binary_erosion(made.bone_fraction > 0.99, apart),
        "flesh": ndimage.binary_erosion(free & (hu > -150), apart, iterations=2),
    }
