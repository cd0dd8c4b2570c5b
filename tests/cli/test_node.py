import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from typer.testing import CliRunner

from calcimetry.cli import node as command
from calcimetry.cli.main import app
from calcimetry.store import Database, audit
from calcimetry.store.audit import Entry, Event

PATIENCE_S = 120.0


@pytest.fixture
def configuration(tmp_path):
    """A node's configuration that takes any free port."""
    file = tmp_path / "node.toml"
    file.write_text(
        '[spool]\nfolder = "spool"\nkeep_free_gb = 0\n[dicom]\nport = 0\n[web]\nenabled = false\n'
    )
    return file


def run(*arguments):
    return CliRunner().invoke(app, ["node", *map(str, arguments)])


def test_a_configuration_can_be_checked(configuration):
    done = run(configuration, "--check")
    assert done.exit_code == 0, done.stderr
    assert "node.toml can be used; studies are measured by unet" in done.stdout
    assert (configuration.parent / "spool" / "node.sqlite").is_file()


@pytest.mark.parametrize(
    ("text", "said"),
    [("spool = 1", "'spool' cannot be 1"), ("x", "not a TOML file")],
)
def test_one_that_cannot_be_used_is_told(configuration, text, said):
    configuration.write_text(text)
    done = run(configuration, "--check")
    assert done.exit_code == 2
    assert said in done.stderr


def test_the_audit_is_written_to_a_file(configuration, tmp_path):
    run(configuration, "--check")
    with Database.open(f"sqlite:///{tmp_path / 'spool' / 'node.sqlite'}") as database:
        audit.append(database, Entry(Event.STARTED, "node"))
    done = run(configuration, "--export-audit", tmp_path / "audit.jsonl")
    assert done.exit_code == 0, done.stderr
    assert "1 entries of the audit" in done.stdout
    assert json.loads((tmp_path / "audit.jsonl").read_text())["event"] == "started"


def test_a_missing_library_is_named(configuration, monkeypatch):
    monkeypatch.setattr(command, "find_spec", lambda name: name != "pynetdicom")
    done = run(configuration)
    assert done.exit_code == 2
    assert "pynetdicom is not installed" in done.stderr
    assert "pip install 'calcimetry[node]'" in done.stderr


def test_it_runs_until_it_is_told_to_end(configuration):
    node = subprocess.Popen(
        [sys.executable, "-m", "calcimetry", "node", configuration],
        stderr=subprocess.PIPE,
        text=True,
    )
    watch = threading.Timer(PATIENCE_S, node.kill)
    watch.start()
    said = []
    for line in node.stderr:
        said.append(line)
        if "Receiving DICOM on port" in line:
            os.kill(node.pid, signal.SIGTERM)
    assert node.wait(PATIENCE_S) == 0, said
    watch.cancel()
    node.stderr.close()
    assert "Stopped" in said[-1]
    assert time.strptime(said[0][:19], "%Y-%m-%d %H:%M:%S")


def test_libraries_that_tell_too_much_are_kept_quiet():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        command.log_to_stderr()
        assert not logging.getLogger("pynetdicom").isEnabledFor(logging.ERROR)
        assert logging.getLogger("calcimetry").isEnabledFor(logging.INFO)
    finally:
        root.handlers[:], root.level = before, level
        for name in command._TALKATIVE:
            logging.getLogger(name).setLevel(logging.NOTSET)
