"""The paper's training pictures: planned, exported and named as a cohort's."""

import numpy as np
import pytest

from calcimetry.errors import SettingsError
from calcimetry.training import paper_pictures as module
from calcimetry.training.paper_pictures import paper_pictures


def test_forty_pictures_of_three_patients(monkeypatch):
    scans = []
    real = module._pictures

    def few(finger, spacing_mm):
        scans.append((finger.patient, finger.name))
        if len(scans) == 1:
            few.made = real(finger, 1.2)
        return [few.made[0]] * len(finger.cut_off)

    monkeypatch.setattr(module, "_pictures", few)
    told = []
    pictures = paper_pictures(1, on_progress=lambda *what: told.append(what))
    assert len(pictures) == 40
    assert {patient for patient, _ in scans} == {"train-01", "train-02", "train-03"}
    assert len(set(scans)) == len(scans) < 40
    assert told[0] == (0, 40, " ".join(scans[0]))
    assert told[-1] == (40, 40, "")
    picture = pictures[0]
    assert picture.name == f"{scans[0][0]}/{scans[0][1]}-1"
    assert picture.patient == "train-01"
    assert {0, 1, 6} <= set(np.unique(picture.label_map))
    assert picture.image.clipped_hu == (-300.0, 1200.0)
    assert len(np.unique(picture.image.array)) <= 256


def test_a_negative_seed_is_refused():
    with pytest.raises(SettingsError, match="seed must be 0 or more"):
        paper_pictures(-1)
