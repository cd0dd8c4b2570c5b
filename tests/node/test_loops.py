import threading

import pytest

from calcimetry.errors import OutputError
from calcimetry.node.loops import Loop
from tests.node.nodes import PATIENCE_S


def ended(loop):
    loop.stop()
    assert loop.join(PATIENCE_S)
    assert not loop.alive


def test_it_goes_on_at_once_while_there_is_something_to_do():
    steps = iter([True, True, False])
    waiting = threading.Event()

    def step(_stop):
        more = next(steps)
        if not more:
            waiting.set()
        return more

    loop = Loop("worker", step, idle_s=PATIENCE_S)
    loop.start()
    assert waiting.wait(PATIENCE_S)
    assert loop.alive
    ended(loop)
    assert next(steps, None) is None


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OutputError("the disk is full"), "worker: the disk is full"),
        (ValueError("Doe^Jane"), "worker: internal error (ValueError at test_loops.py:"),
    ],
)
def test_an_error_is_told_without_what_it_holds_and_tried_again(error, told, caplog):
    errors = iter([error])
    again = threading.Event()

    def step(_stop):
        for one in errors:
            raise one
        again.set()
        return False

    loop = Loop("worker", step, idle_s=0.01)
    loop.start()
    assert again.wait(PATIENCE_S)
    ended(loop)
    assert told in caplog.text
    assert "Doe" not in caplog.text


def test_one_that_was_never_started_has_ended():
    assert Loop("worker", lambda _stop: False, 1.0).join(0.0)
