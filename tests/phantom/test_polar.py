"""Projections and back projections against closed forms."""

import numpy as np
import pytest

from calcimetry.phantom.polar import PolarTransform
from calcimetry.phantom.projection import SAMPLING_MM, SOURCE_MM, Gantry
from calcimetry.phantom.reconstruction import KERNEL_FWHM_MM, SIGMA_PER_FWHM, reconstruct

SIZE, SPACING = (60, 45), (0.5, 0.8)
AT, SIGMA = (3.0, -5.0), 2.0  # row and column of a Gaussian, mm


def middles(size=SIZE, spacing=SPACING):
    return np.meshgrid(
        *[(np.arange(n) - (n - 1) / 2) * s for n, s in zip(size, spacing, strict=True)],
        indexing="ij",
    )


@pytest.fixture(scope="module")
def gantry():
    return Gantry(SIZE, SPACING, 120)


@pytest.fixture(scope="module")
def blob():
    rows, columns = middles()
    return np.exp(-((rows - AT[0]) ** 2 + (columns - AT[1]) ** 2) / (2 * SIGMA**2))[None]


def profile(distance):
    return np.sqrt(2 * np.pi) * SIGMA * np.exp(-(distance**2) / (2 * SIGMA**2))


def test_fan_rays_are_line_integrals(gantry, blob):
    fan = gantry.line_integrals(blob)[0]
    away = (np.arange(gantry.readings) - (gantry.readings - 1) / 2) * SAMPLING_MM
    source = np.arange(120)[:, None] * 2 * np.pi / 120
    angle = source + np.arcsin(away / SOURCE_MM)
    exact = profile(away - AT[1] * np.cos(angle) - AT[0] * np.sin(angle))
    np.testing.assert_allclose(fan, exact, atol=0.01 * exact.max())  # the aperture blurs a little


def test_parallel_rays_are_line_integrals(gantry, blob):
    parallel = gantry.parallel(gantry.line_integrals(blob))[0]
    away = (np.arange(gantry.readings) - (gantry.readings - 1) / 2) * SAMPLING_MM
    angle = gantry.angles[:, None]
    exact = profile(away - AT[1] * np.cos(angle) - AT[0] * np.sin(angle))
    np.testing.assert_allclose(parallel, exact, atol=0.01 * exact.max())


def test_reconstruction_gives_the_object_blurred_by_the_kernel(gantry, blob):
    made = reconstruct(
        gantry.parallel(gantry.line_integrals(blob)), gantry, "medium", gantry.polar
    )[0]
    blur = KERNEL_FWHM_MM["medium"] * SIGMA_PER_FWHM
    wide = SIGMA**2 + blur**2
    rows, columns = middles()
    exact = SIGMA**2 / wide * np.exp(-((rows - AT[0]) ** 2 + (columns - AT[1]) ** 2) / (2 * wide))
    np.testing.assert_allclose(made, exact, atol=1e-3)


def test_there_and_back_are_adjoint():
    rng = np.random.default_rng(0)
    polar = PolarTransform((12, 9), (1.0, 0.7), np.array([0.3, 2.0]), np.array([0.05, 0.2, 0.4]))
    polar._inside[:] = True
    slices = rng.standard_normal((1, 12, 9))
    spectra = (rng.standard_normal((1, 2, 3)) + 1j * rng.standard_normal((1, 2, 3))).astype("c8")
    forth = np.vdot(polar.spectra(slices), spectra).real
    back = 0.7 * float((polar.back(spectra) * slices).sum())
    assert forth == pytest.approx(back, rel=1e-4)
