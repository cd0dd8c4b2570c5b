from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from calcimetry.errors import NotMeasurable
from calcimetry.model import Grid, Image
from calcimetry.reproduction import own_process
from calcimetry.reproduction.own_process import OwnProcess, measure_timed, peak_memory_mib
from calcimetry.settings import Settings

#: A program that starts a method's process, tells its number, and is killed.
ORPHANING = """
import os, signal
import numpy as np
from calcimetry.model import Grid, Image
from calcimetry.reproduction.own_process import OwnProcess
from calcimetry.settings import Settings

if __name__ == "__main__":
    process = OwnProcess(Settings(method="kmeans"))
    process.measure(Image(np.zeros((40, 20)), Grid.picture((40, 20), 0.4)))
    print(process._pool.submit(os.getpid).result(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def is_alive(number: int) -> bool:
    """Whether there is a process of a number, the dead that nobody buried aside."""
    status = Path(f"/proc/{number}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


@pytest.fixture
def blank() -> Image:
    return Image(np.zeros((40, 20)), Grid.picture((40, 20), 0.4), name="blank.png")


def test_a_process_of_its_own_answers_and_survives_its_death(blank):
    with OwnProcess(Settings(method="kmeans")) as process:
        answer = process.measure(blank)
        assert answer.report is None
        assert "blank.png" in answer.reason
        assert answer.memory_mib > 20.0
        process._pool.submit(os._exit, 1)
        died = process.measure(blank)
        assert "ended without an answer" in died.reason
        assert died.memory_mib is None
        assert process._pool is None  # the next picture starts a new one


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_it_ends_where_its_parent_was_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(ORPHANING, encoding="utf-8")
    told = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    worker = int(told.stdout)
    waited = 0.0
    while waited < 20.0 and is_alive(worker):
        time.sleep(0.1)
        waited += 0.1
    assert not is_alive(worker)


def test_what_goes_wrong_is_the_reason(blank, monkeypatch):
    def refuse(_image, _settings):
        raise NotMeasurable("no bone here")

    monkeypatch.setattr(own_process, "measure", refuse)
    assert measure_timed(blank, Settings()).reason == "no bone here"

    def fail(_image, _settings):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(own_process, "measure", fail)
    assert measure_timed(blank, Settings()).reason == "internal error (ZeroDivisionError: by zero)"


def test_an_answer_is_timed(blank, monkeypatch):
    monkeypatch.setattr(own_process, "measure", lambda image, _settings: image)
    answer = measure_timed(blank, Settings())
    assert answer.report == blank
    assert answer.reason == ""
    assert 0.0 <= answer.seconds < 1.0


def test_memory_never_falls():
    before = peak_memory_mib()
    held = np.ones(1_000_000)
    assert peak_memory_mib() >= before > 20.0
    assert held[-1] == 1.0


def test_memory_without_linux(monkeypatch, tmp_path):
    monkeypatch.setattr(own_process, "_LINUX_STATUS", tmp_path / "none")
    monkeypatch.setattr(own_process.sys, "platform", "win32")
    assert peak_memory_mib() is None


@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell")
def test_memory_of_other_systems(monkeypatch, tmp_path):
    monkeypatch.setattr(own_process, "_LINUX_STATUS", tmp_path / "none")
    assert peak_memory_mib() > 20.0
