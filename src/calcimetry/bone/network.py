"""Shipped networks: loaded once, and only if they are the file that was shipped."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS = Path(__file__).parent / "weights"

_FINGERPRINT_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Network:
    """A network ready to run."""

    session: InferenceSession

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a batch (n, 1, rows, columns); returns fractions (n, materials, rows, columns)."""
        (output,) = self.session.run(None, {self.session.get_inputs()[0].name: batch})
        return np.asarray(output, dtype=np.float32)


@cache
def load_network(path: Path) -> Network:
    """Load ``<name>.onnx`` after comparing it with the SHA-256 in ``<name>.json`` beside it.

    Raises
    ------
    ModelError
        If either file is missing, or the weights are not those that the hash names.
    """
    # Imported here: it takes a tenth of a second that `import calcimetry` need not cost.
    import onnxruntime

    expected = _stated_sha256(path)
    weights = path.read_bytes()
    found = hashlib.sha256(weights).hexdigest()
    if found != expected:
        raise ModelError(
            f"Loading network weights: {path.name} has SHA-256 {found[:_FINGERPRINT_LENGTH]}..., "
            f"expected {expected[:_FINGERPRINT_LENGTH]}...: the file was altered or cut short. "
            "Install calcimetry again."
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # the library stays silent
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    return Network(session)


def stated_fingerprint(path: Path) -> str:
    """First digits of the SHA-256 that ``<name>.json`` states for ``<name>.onnx``.

    Raises
    ------
    ModelError
        If either file is missing.
    """
    return _stated_sha256(path)[:_FINGERPRINT_LENGTH]


def _stated_sha256(path: Path) -> str:
    about = path.with_suffix(".json")
    for needed in (path, about):
        if not needed.is_file():
            raise ModelError(
                f"Loading network weights: {needed.name} is missing from {needed.parent}. "
                "Install calcimetry again."
            )
    return str(json.loads(about.read_text())["sha256"])
