"""Whether stated fractions are true ones, and the temperature that makes them so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch import Tensor

from calcimetry.training.batches import Bank, ordered_batches
from calcimetry.training.network import MaterialNetwork, bone_channels

_BINS = 10
_TEMPERATURES = (0.25, 4.0)
#: Places of the held-out pictures that the temperature is fitted to.
_PLACES = 200_000
#: Pixels stated to be all air or all bone say nothing about the middle.
_CERTAIN = 0.005


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperature scaling and the reliability of bone fractions before and after it.

    Parameters
    ----------
    temperature : float
        Divides the logits (Guo et al., ICML 2017). Of fractions p: p^(1/T), made to add up
        to 1 again.
    error_before, error_after : float
        Expected calibration error of bone: mean over pixels of the difference between the
        stated and the true fraction within ten bins of the stated one, pixels stated below
        0.5% or above 99.5% left out.
    stated, true, pixels : list of float, float and int
        Of each bin after scaling: mean stated fraction, mean true fraction, its pixels.
    """

    temperature: float
    error_before: float
    error_after: float
    stated: list[float]
    true: list[float]
    pixels: list[int]

    def write(self, path: Path) -> None:
        """Write as JSON, whole or not at all."""
        part = path.with_suffix(".part")
        part.write_text(json.dumps(asdict(self), indent=2) + "\n")
        part.replace(path)


def calibrate(network: MaterialNetwork, bank: Bank, batch_size: int) -> Calibration:
    """Fit the temperature to held-out pictures, and judge it.

    It is the one of the least cross-entropy of bone against all else. Over all materials, air
    would decide it, of which there is most. Where it does not lessen the calibration error, as
    with a network whose fractions are true already, it stays 1.
    """
    logits, fractions = _places(network, bank, batch_size)
    bones = bone_channels(network.materials)
    true = fractions[:, bones].sum(dim=1).clamp(max=1.0)  # 255ths add up to a hair more

    def cross_entropy(temperature: float) -> float:
        stated = (logits / temperature).softmax(dim=1)[:, bones].sum(dim=1)
        return float(torch.nn.functional.binary_cross_entropy(stated.clamp(0.0, 1.0), true))

    fitted = float(minimize_scalar(cross_entropy, bounds=_TEMPERATURES, method="bounded").x)
    judged = {t: _reliability(logits / t, bones, true) for t in (1.0, round(fitted, 4))}
    temperature = min(judged, key=lambda t: _error(*judged[t]))
    after = judged[temperature]
    return Calibration(
        temperature, _error(*judged[1.0]), _error(*after), *(values.tolist() for values in after)
    )


def _places(network: MaterialNetwork, bank: Bank, batch_size: int) -> tuple[Tensor, Tensor]:
    """Logits and true fractions, both (places, materials), spread evenly over all pictures."""
    logits: list[Tensor] = []
    truth: list[Tensor] = []
    step = max(1, bank[0].size // _PLACES)
    network = network.eval().cpu()
    with torch.no_grad():
        for hu, fractions in ordered_batches(bank, batch_size):
            for kept, whole in ((logits, network(hu)), (truth, fractions)):
                kept.append(whole.movedim(1, -1).flatten(0, -2)[::step])
    return torch.cat(logits), torch.cat(truth)


def _reliability(
    logits: Tensor, bones: Sequence[int], truth: Tensor
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Mean stated and true bone fraction, and pixels, of each bin of stated fractions."""
    stated = logits.softmax(dim=1)[:, bones].sum(dim=1).numpy().astype(np.float64)
    true = truth.numpy().astype(np.float64)
    unsure = (stated > _CERTAIN) & (stated < 1.0 - _CERTAIN)
    stated, true = stated[unsure], true[unsure]
    number = np.minimum((stated * _BINS).astype(int), _BINS - 1)
    pixels = np.bincount(number, minlength=_BINS)
    most = np.maximum(pixels, 1)
    return (
        np.bincount(number, stated, _BINS) / most,
        np.bincount(number, true, _BINS) / most,
        pixels,
    )


def _error(
    stated: NDArray[np.float64], true: NDArray[np.float64], pixels: NDArray[np.int64]
) -> float:
    return float(np.abs(stated - true) @ pixels / max(1, pixels.sum()))
