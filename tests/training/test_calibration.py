"""A network that overstates is calibrated; one that states what is true is left alone."""

import json

import numpy as np
import pytest
import torch

from calcimetry.training.calibration import calibrate


class Stating(torch.nn.Module):
    """States the grey level as the fraction of bone, its logit multiplied."""

    materials = ("other", "bone")

    def __init__(self, overstated):
        super().__init__()
        self.overstated = overstated

    def forward(self, hu):
        share = ((hu + 300.0) / 1500.0).clamp(0.01, 0.99)
        logit = self.overstated * torch.logit(share)
        return torch.cat([-logit / 2, logit / 2], dim=1)


@pytest.fixture(scope="module")
def bank():
    # The true fraction is what the grey level says.
    rng = np.random.default_rng(5)
    grey = rng.integers(5, 250, (4, 32, 32), dtype=np.uint8)
    return grey, grey[:, None]


def test_an_overstating_network_gets_its_temperature(bank, tmp_path):
    found = calibrate(Stating(2.0), bank, 2)
    assert found.temperature == pytest.approx(2.0, abs=0.02)
    assert found.error_before > 0.05
    assert found.error_after < 0.01
    np.testing.assert_allclose(found.stated, found.true, atol=0.02)
    found.write(tmp_path / "model.calibration.json")
    assert json.loads((tmp_path / "model.calibration.json").read_text())["temperature"] == (
        found.temperature
    )


def test_a_network_that_is_right_keeps_its_fractions(bank):
    found = calibrate(Stating(1.0), bank, 2)
    assert found.temperature == pytest.approx(1.0, abs=0.02)
    assert found.error_after <= found.error_before
