"""A folder of two pictures, and measuring that is quick and remembered."""

from __future__ import annotations

import PIL.Image
import pytest

from calcimetry.study import run, writing
from tests.fakes import fake_measure, finger_levels, save_picture


class Counted:
    """The stand-in for measuring, remembering what it was called with."""

    def __init__(self):
        self.names = []

    def __call__(self, image, settings):
        self.names.append(image.name)
        return fake_measure(image, settings)


@pytest.fixture
def measured(monkeypatch):
    counted = Counted()
    monkeypatch.setattr(run, "measure", counted)
    return counted


@pytest.fixture(autouse=True)
def small_overlays(monkeypatch):
    monkeypatch.setattr(writing, "draw_overlay", lambda _: PIL.Image.new("L", (30, 60)))


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("a.png", "sub/b.png")):
        save_picture(tmp_path / "in" / name, finger_levels() + number)
    return tmp_path / "in"
