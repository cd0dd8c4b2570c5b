import json

import pytest

from calcimetry.errors import InputError, OutputError
from calcimetry.files.calibrations import read_calibration, read_rod_table, write_calibration
from calcimetry.measurement.calibration import Calibration, CalibrationLine
from calcimetry.measurement.rod_readings import KnownRod

MADE = Calibration(
    (CalibrationLine("80", 1.9, 3.0, 0.01, 5.0),), False, (0.0, 800.0), {"scan": "a"}
)


def write(tmp_path, text):
    path = tmp_path / "rods.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_rods_with_centres(tmp_path):
    path = write(tmp_path, "Rod;x_mm;y_mm;z_mm;HA_mg_cm3;radius_mm\nA;1;2;3;50;4\n\n;4;5;6;100;\n")
    assert read_rod_table(path) == (
        KnownRod("A", 50.0, (1.0, 2.0, 3.0), None, 4.0),
        KnownRod("2", 100.0, (4.0, 5.0, 6.0)),
    )


def test_rods_with_labels_and_the_simulator_s_word_for_density(tmp_path):
    path = write(tmp_path, "label,density_mg_cm3\n7,400\n")
    assert read_rod_table(path) == (KnownRod("1", 400.0, None, 7),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found the columns none"),
        ("rod,ha_mg_cm3\nA,50\n", "found the columns rod, ha_mg_cm3. It needs"),
        ("rod,x_mm,y_mm,z_mm\nA,1,2,3\n", "It needs the columns"),
        ("rod,label,ha_mg_cm3\nA,1,dense\n", "rod A: ha_mg_cm3 must be a number, found 'dense'"),
        ("rod,label,ha_mg_cm3\nA,1,nan\n", "must be a number, found 'nan'"),
        ("rod,label,ha_mg_cm3\nA,1,-5\n", "must be 0 mg/cm3 or more, found -5"),
        ("rod,label,ha_mg_cm3\nA,1,\n", "must be 0 mg/cm3 or more, found none"),
        ("rod,label,ha_mg_cm3\nA,,5\n", "neither a centre nor a label"),
        ("rod,label,ha_mg_cm3,radius_mm\nA,1,5,0\n", "radius_mm must be more than 0 mm"),
        (b"rod,label\xff", "not UTF-8"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        read_rod_table(write(tmp_path, text))


def test_no_table(tmp_path):
    with pytest.raises(InputError, match=r"Reading rods\.csv: No such file"):
        read_rod_table(tmp_path / "rods.csv")


def test_what_is_written_is_read_back(tmp_path):
    write_calibration(tmp_path / "new" / "cal.json", MADE)
    assert read_calibration(tmp_path / "new" / "cal.json") == MADE


@pytest.mark.parametrize("text", ["{", "[1]", json.dumps({"lines": []})])
def test_what_is_no_calibration_is_refused(tmp_path, text):
    path = tmp_path / "cal.json"
    path.write_text(text)
    with pytest.raises(InputError):
        read_calibration(path)


def test_a_folder_cannot_be_written_to(tmp_path):
    with pytest.raises(OutputError):
        write_calibration(tmp_path, MADE)
