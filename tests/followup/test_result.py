"""What decides a category, and values that keep."""

import pickle
from dataclasses import replace

import numpy as np

from calcimetry.followup.change import change_of
from calcimetry.followup.reading import alone
from calcimetry.followup.result import BoneAlignment, main_change
from tests.followup.lesions import lesion


def changes_of(first, last):
    found = {}
    for quantity in ("volume_mm3", "area_mm2", "mass_mg"):
        found[quantity] = change_of(alone(first), alone(last), quantity)
    return found


def test_what_is_known_better_decides():
    changes = changes_of([lesion(1)], [lesion(2)])
    surer = replace(changes["mass_mg"], detectable_increase_percent=1.0)
    assert main_change({**changes, "mass_mg": surer}) is surer
    less = replace(changes["mass_mg"], detectable_increase_percent=1e6)
    assert main_change({**changes, "mass_mg": less}) is changes["volume_mm3"]


def test_volume_decides_on_what_came_and_area_on_pictures():
    came = changes_of([], [lesion(1)])
    assert main_change(came) is came["volume_mm3"]
    assert main_change({"area_mm2": came["area_mm2"]}) is came["area_mm2"]
    assert main_change({}) is None


def test_alignments_survive_pickle():
    one = BoneAlignment(21, np.eye(3), np.arange(3.0), 0.1, 1.0, True)
    again = pickle.loads(pickle.dumps(one))
    assert again.to_baseline([1.0, 1.0, 1.0]).tolist() == [1.0, 2.0, 3.0]
    assert again.to_later([1.0, 2.0, 3.0]).tolist() == [1.0, 1.0, 1.0]
    assert not again.turn.flags.writeable
