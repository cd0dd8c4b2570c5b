"""What another program thinks of the DICOM results: dicom3tools' dciodvfy."""

import io
import shutil
import subprocess

import PIL.Image
import pytest

from calcimetry.dicom.results import failure_report
from tests.dicom import result_cases

DCIODVFY = shutil.which("dciodvfy")
pytestmark = pytest.mark.skipif(
    DCIODVFY is None, reason="dciodvfy (Debian: dicom3tools) is not installed"
)
#: Of 300 lesions each object is like the others: dozens of them say as much.
FEWER = {"places": result_cases.many_places(30)}


def errors_in(path):
    done = subprocess.run([DCIODVFY, str(path)], capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).splitlines()
    return [line for line in said if line.startswith("Error")] or (
        [] if done.returncode == 0 else said
    )


@pytest.mark.parametrize("name", result_cases.CASES)
def test_no_result_object_has_errors(tmp_path, name):
    make, how = result_cases.CASES[name]
    picture = io.BytesIO()
    PIL.Image.new("RGB", (31, 17), (200, 100, 50)).save(picture, "PNG")
    how = FEWER if name == "300 lesions" else how
    _, files = result_cases.written(tmp_path, make(), pictures=(picture.getvalue(),), **how)
    found = {path.stem: errors for path in files.values() if (errors := errors_in(path))}
    assert not found


def test_the_report_of_a_failure_has_no_errors(tmp_path):
    volume = result_cases.volume_of(tmp_path / "study", result_cases.axial())
    path = tmp_path / "report.dcm"
    path.write_bytes(failure_report(result_cases.context(volume), "no bone was found"))
    assert not errors_in(path)
