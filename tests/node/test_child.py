import os
import signal
import subprocess
import sys
import threading

import pytest

from calcimetry.errors import OutputError
from calcimetry.node.child import end_orphan, run_child
from tests.node.nodes import PATIENCE_S, wait_for

LIMITS = {"memory_mb": 1000.0, "seconds": PATIENCE_S}


def python(text):
    return (sys.executable, "-S", "-c", text)


def run(folder, text, **limits):
    return run_child(python(text), folder, **{**LIMITS, "stop": threading.Event(), **limits})


def test_its_exit_status_and_words_are_told(tmp_path):
    ended = run(tmp_path, "import sys; sys.stderr.write('so'); sys.exit(3)")
    assert (ended.code, ended.said) == (3, "so")
    assert (ended.stopped, ended.too_long) == (False, False)


def test_it_is_ended_when_its_time_is_over(tmp_path):
    ended = run(tmp_path, "import time; time.sleep(600)", seconds=0.1)
    assert ended.too_long
    assert ended.code == -signal.SIGKILL


def test_it_is_ended_when_the_node_stops(tmp_path):
    stop = threading.Event()
    stop.set()
    assert run(tmp_path, "import time; time.sleep(600)", stop=stop).stopped


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_it_gets_no_more_memory_than_it_may(tmp_path):
    # It waits for its limit, which is set when it runs already.
    text = (
        "import resource\n"
        "while resource.getrlimit(resource.RLIMIT_DATA)[0] != 200_000_000: pass\n"
        "bytearray(400_000_000)"
    )
    ended = run(tmp_path, text, memory_mb=200.0)
    assert ended.code == 1
    assert "MemoryError" in ended.said


def test_what_it_has_started_ends_with_it(tmp_path):
    text = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
        "open('pid', 'w').write(str(child.pid))"
    )
    assert run(tmp_path, text).code == 0
    pid = int((tmp_path / "pid").read_text())
    wait_for(lambda: not _runs(pid), "the grandchild's end")


def test_a_program_that_is_not_there_is_told(tmp_path):
    with pytest.raises(OutputError, match="Starting to measure: No such file"):
        run_child(["/no/such/program"], tmp_path, **LIMITS, stop=threading.Event())


def test_an_orphan_of_a_killed_node_is_ended(tmp_path):
    text = (
        "import pathlib, sys, threading\n"
        "from calcimetry.node.child import run_child\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        'code = \'open("runs", "w").close(); import time; time.sleep(600)\'\n'
        "child = [sys.executable, '-S', '-c', code]\n"
        "run_child(child, folder, memory_mb=1000, seconds=600, stop=threading.Event())"
    )
    node = subprocess.Popen([sys.executable, "-c", text])
    wait_for((tmp_path / "runs").exists, "the child")
    pid = int(wait_for((tmp_path / "child.lock").read_text, "its number"))
    os.kill(node.pid, signal.SIGKILL)
    node.wait(PATIENCE_S)
    assert _runs(pid)
    assert end_orphan(tmp_path)
    wait_for(lambda: not end_orphan(tmp_path), "the orphan's end")


def test_where_no_child_was_there_is_no_orphan(tmp_path):
    assert not end_orphan(tmp_path)
    run(tmp_path, "")
    assert not end_orphan(tmp_path)


def _runs(pid):
    """Whether a process runs; one that waits to be buried does not."""
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()[:1] not in ("", "Z", "X")
