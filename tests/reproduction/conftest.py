"""What the tests of comparisons share."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import pytest

from calcimetry.reproduction import compare
from tests.reproduction.fingers import FakeProcess, save_fingers


@pytest.fixture
def process(monkeypatch) -> type[FakeProcess]:
    """Methods that are quick and known; its attributes say what they do."""

    class Process(FakeProcess):
        asked: ClassVar[Counter[str]] = Counter()
        refused: ClassVar[set[tuple[str, int]]] = set()

    monkeypatch.setattr(compare, "OwnProcess", Process)
    monkeypatch.setattr(
        compare, "METHODS", {name: compare.METHODS[name] for name in ("unet", "kmeans")}
    )
    return Process


@pytest.fixture
def data(tmp_path):
    """Five fingers of three patients."""
    return save_fingers(tmp_path / "data", ("A", "A", "B", "C", "C"))
