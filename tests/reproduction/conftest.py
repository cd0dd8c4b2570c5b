"""What the tests of comparisons share."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import PIL.Image
import pytest

from calcimetry.reproduction import candidates, compare, comparison_report
from tests.reproduction.fingers import FakeProcess, save_fingers


@pytest.fixture
def drawing_process(monkeypatch) -> type[FakeProcess]:
    """Methods that are quick and known; its attributes say what they do."""

    class Process(FakeProcess):
        asked: ClassVar[Counter[str]] = Counter()
        refused: ClassVar[set[tuple[str, int]]] = set()

    methods = {name: candidates.METHODS[name] for name in ("unet", "kmeans")}
    monkeypatch.setattr(compare, "OwnProcess", Process)
    monkeypatch.setattr(candidates, "METHODS", methods)
    return Process


@pytest.fixture
def process(drawing_process, monkeypatch) -> type[FakeProcess]:
    """The same, without the figures, which take longer than all else."""
    for name in ("draw_methods", "draw_differences"):
        blank = PIL.Image.new("RGB", (8, 8))
        monkeypatch.setattr(comparison_report, name, lambda *_, blank=blank: blank)
    return drawing_process


@pytest.fixture
def data(tmp_path):
    """Five fingers of three patients."""
    return save_fingers(tmp_path / "data", ("A", "A", "B", "C", "C"))
