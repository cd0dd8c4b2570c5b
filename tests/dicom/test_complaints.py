"""What a decoder says on standard error becomes an error; what others say there passes."""

import os
import subprocess
import sys

import pytest

from calcimetry.dicom.complaints import refuse_complaints
from calcimetry.errors import UnreadableFile


def test_a_complaint_is_an_error_and_is_not_printed(capfd):
    with (
        pytest.raises(UnreadableFile, match=r"Reading a.dcm: its compressed pixels are damaged"),
        refuse_complaints("a.dcm"),
    ):
        os.write(2, b"Corrupt JPEG data: premature end of data segment\n")
    assert capfd.readouterr().err == ""


def test_other_words_pass(capfd):
    with refuse_complaints("a.dcm"):
        os.write(2, b"hello\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "hello\nafter\n"


def test_an_error_passes_and_standard_error_is_back(capfd):
    with pytest.raises(ZeroDivisionError), refuse_complaints("a.dcm"):
        raise ZeroDivisionError
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_a_program_without_standard_error():
    code = (
        "import os; os.close(2)\n"
        "from calcimetry.dicom.complaints import refuse_complaints\n"
        "with refuse_complaints('a.dcm'): print('decoded')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "decoded\n"
