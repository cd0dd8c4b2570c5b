"""What another program thinks of the DICOM that is written: dicom3tools' dciodvfy."""

import datetime as dt
import shutil
import subprocess

import numpy as np
import pytest

from calcimetry.dicom.ct import CtStudy, write_ct
from calcimetry.model import Laterality
from calcimetry.phantom.volume import finger_volume

DCIODVFY = shutil.which("dciodvfy")


@pytest.mark.skipif(DCIODVFY is None, reason="dciodvfy (Debian: dicom3tools) is not installed")
@pytest.mark.parametrize("side", [Laterality.LEFT, None])
def test_simulated_ct_has_no_errors(tmp_path, side):
    made = finger_volume(np.random.default_rng(3), spacing_mm=2.0)
    study = CtStudy("3", "PHANTOM-S000003", dt.date(2020, 1, 1), side)
    for folder in write_ct(tmp_path, made.image, study):
        for path in sorted(folder.iterdir())[:2]:
            done = subprocess.run(
                [DCIODVFY, str(path)], capture_output=True, text=True, check=False
            )
            said = (done.stdout + done.stderr).splitlines()
            assert "CTImage" in said
            assert not [line for line in said if line.startswith("Error")], said
            assert done.returncode == 0
