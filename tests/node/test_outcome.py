from calcimetry.node.child import Ended
from calcimetry.node.outcome import Failure, outcome
from tests.node.nodes import way


def test_a_child_that_was_killed_is_told_by_its_signal(tmp_path):
    ended = Ended(-9, stopped=False, too_long=False, said="")
    assert outcome(ended, tmp_path, way(), "r") == Failure("measuring was ended by signal 9")


def test_a_child_that_left_nothing_is_tried_again(tmp_path):
    ended = Ended(0, stopped=False, too_long=False, said="")
    assert outcome(ended, tmp_path, way(), "r") == Failure("measuring left no DICOM object")
