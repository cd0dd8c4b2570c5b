"""Networks: loaded once, and only if they are the file that was exported.

Beside ``<name>.onnx`` lie ``<name>.json``, which holds its SHA-256, its kind and what its
answers stand for, and perhaps ``<name>.calibration.json`` with a temperature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS = Path(__file__).parent / "weights"

_FINGERPRINT_LENGTH = 12
_REMEDY = "Install calcimetry again, or train the network again if it is your own."


@dataclass(frozen=True, slots=True)
class Network:
    """A network ready to run.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    materials : tuple of str
        What its output channels stand for: "other", then bones, then perhaps "deposit".
    temperature : float
        Fitted to held-out pictures after training (Guo et al., ICML 2017): it divides the
        logits, which is to say that fractions p become p^(1/T), made to add up to 1 again.
    sections : bool
        Whether it has learnt from planes across fingers too, so that it can be shown them.
    dimensions : {2, 3}
        Of what it is shown: pictures, or the blocks of volumes.
    """

    session: InferenceSession
    materials: tuple[str, ...]
    temperature: float = 1.0
    sections: bool = False
    dimensions: int = 2

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a batch (n, 1, rows, columns), or of blocks; gives fractions (n, materials, ...)."""
        (output,) = self.session.run(None, {self.session.get_inputs()[0].name: batch})
        fractions = np.asarray(output, dtype=np.float32)
        if self.temperature == 1.0:
            return fractions
        fractions = fractions ** np.float32(1.0 / self.temperature)
        return np.asarray(fractions / fractions.sum(axis=1, keepdims=True), dtype=np.float32)


def ask_ways(
    network: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    seen: NDArray[np.float32],
    ways: Sequence[tuple[int, ...]],
) -> NDArray[np.float32]:
    """Mean fractions (materials, ...) of one picture or block, flipped along each of these axes."""
    answers = [
        np.flip(
            network(np.ascontiguousarray(np.flip(seen, way))[None, None])[0],
            tuple(axis + 1 for axis in way),
        )
        for way in ways
    ]
    return np.asarray(np.mean(answers, axis=0), dtype=np.float32)


@cache
def load_network(path: Path) -> Network:
    """Load ``<name>.onnx`` after comparing it with the SHA-256 in ``<name>.json`` beside it.

    Raises
    ------
    ModelError
        If either file is missing, the weights are not those that the hash names, or they
        take something of other dimensions than stated.
    """
    # Imported here: it takes a tenth of a second that `import calcimetry` need not cost.
    import onnxruntime

    about = _about(path)
    weights = path.read_bytes()
    found, expected = hashlib.sha256(weights).hexdigest(), about["sha256"]
    if found != expected:
        raise ModelError(
            f"Loading network weights: {path.name} has SHA-256 {found[:_FINGERPRINT_LENGTH]}..., "
            f"expected {expected[:_FINGERPRINT_LENGTH]}...: the file was altered or cut short. "
            f"{_REMEDY}"
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # the library stays silent
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    dimensions = about.get("dimensions", 2)
    taken = len(session.get_inputs()[0].shape) - 2
    if dimensions != taken or taken not in (2, 3):
        raise ModelError(
            f"Loading network weights: {path.name} takes images of {taken} dimensions, its "
            f"description states {dimensions}; expected 2 or 3, the same in both. {_REMEDY}"
        )
    sections = about.get("sections") is True
    return Network(session, tuple(about["materials"]), _temperature(path), sections, dimensions)


def network_kind(path: Path) -> str:
    """The kind of network that ``<name>.json`` states: unet, vnet or pnet.

    Raises
    ------
    ModelError
        If either file is missing or the description cannot be read.
    """
    return str(_about(path)["kind"])


def stated_materials(path: Path) -> tuple[str, ...]:
    """What ``<name>.json`` says that the channels of ``<name>.onnx`` stand for.

    Raises
    ------
    ModelError
        If either file is missing or the description cannot be read.
    """
    return tuple(_about(path)["materials"])


def stated_fingerprint(path: Path) -> str:
    """First digits of the SHA-256 that ``<name>.json`` states for ``<name>.onnx``.

    Raises
    ------
    ModelError
        If either file is missing or the description cannot be read.
    """
    return str(_about(path)["sha256"])[:_FINGERPRINT_LENGTH]


def _about(path: Path) -> dict[str, Any]:
    """What ``<name>.json`` says of the network."""
    described = path.with_suffix(".json")
    for needed in (path, described):
        if not needed.is_file():
            raise ModelError(f"Loading network weights: {needed.name} is missing. {_REMEDY}")
    return _read_json(described, {"sha256": str, "kind": str, "materials": list})


def _temperature(path: Path) -> float:
    """The temperature of ``<name>.calibration.json``; 1 where there is no such file."""
    file = path.with_suffix(".calibration.json")
    if not file.is_file():
        return 1.0
    temperature = float(_read_json(file, {"temperature": float})["temperature"])
    if not 0.1 <= temperature <= 10.0:
        raise ModelError(
            f"Loading network weights: {file.name} states the temperature {temperature:g}, "
            f"expected 0.1 to 10. {_REMEDY}"
        )
    return temperature


def _read_json(file: Path, needed: dict[str, type]) -> dict[str, Any]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if all(isinstance(values[key], kind) for key, kind in needed.items()):
            return dict(values)
    except (ValueError, KeyError, TypeError):
        pass
    raise ModelError(
        f"Loading network weights: {file.name} does not state {', '.join(needed)} as "
        f"`calcimetry train` writes them. {_REMEDY}"
    )
