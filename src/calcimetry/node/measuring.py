"""How the node measures: the command of its child processes, and what tells it from others."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from calcimetry import __version__
from calcimetry.bone import find_method
from calcimetry.files.calibrations import read_calibration
from calcimetry.node.configuration import MeasureSettings
from calcimetry.settings import Settings

#: Gives the command that measures what lies in one folder into another.
Command = Callable[[Path, Path], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Way:
    """A way of measuring.

    Parameters
    ----------
    version : str
        Of calcimetry.
    method : str
        The bone method, with its weights' fingerprint.
    settings : str
        All settings, as JSON.
    command : callable
        Gives the command for a folder of instances and a folder for results.
    """

    version: str
    method: str
    settings: str
    command: Command

    @property
    def made_with(self) -> str:
        """Hash of all that changes a result."""
        told = json.dumps([self.version, self.method, self.settings])
        return hashlib.sha256(told.encode()).hexdigest()


def way_of_measuring(chosen: MeasureSettings) -> Way:
    """The way that a node's configuration asks for: ``calcimetry measure --dicom`` with options.

    Raises
    ------
    CalcimetryError
        If a file that it names cannot be used, or weights are missing.
    """
    settings = Settings.from_toml(chosen.settings) if chosen.settings else Settings()
    options = []
    if chosen.settings is not None:
        options += ["--settings", str(chosen.settings)]
    if chosen.calibration is not None:
        settings = replace(settings, calibration=read_calibration(chosen.calibration))
        options += ["--calibration", str(chosen.calibration)]
    if chosen.score:
        settings = replace(settings, score=True)
        options.append("--score")
    program = (sys.executable, "-m", "calcimetry", "measure", "--dicom", "--quiet")

    def command(instances: Path, out: Path) -> Sequence[str]:
        return (*program, *options, "--out", str(out), "--", str(instances))

    # The model's name alone, for a path tells of the machine; the method holds its fingerprint.
    told = {**settings.to_dict(), "model": Path(settings.model).name}
    return Way(
        __version__,
        find_method(settings.method, settings.model).version,
        json.dumps(told, sort_keys=True),
        command,
    )
