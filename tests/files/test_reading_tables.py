from __future__ import annotations

import math

import pytest

from calcimetry.errors import InputError
from calcimetry.files.reading_tables import Layout, read_readings

AB = {"a": "a", "b": "b"}


@pytest.fixture
def table(tmp_path):
    def write(text, name="table.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_wide_table(table):
    path = table("image,patient,one_mm2,two_mm2,reason\nx,P,1,2,\ny,Q,,3,cut off\n")
    layout = Layout({"anna": "one_mm2", "ben": "two_mm2"}, subject="patient")
    found = read_readings([path], layout)
    assert found.images == ("x", "y")
    assert found.values == {"anna": (1.0, None), "ben": (2.0, 3.0)}
    assert found.subjects == ("P", "Q")
    assert found.unit == "mm2"
    assert found.remarks == {"y": "cut off"}
    assert found.notes == ()


def test_a_table_without_images_is_told_by_rows(table):
    assert read_readings([table("a,b\n1,2\n3,4\n")], Layout(AB)).images == ("row 2", "row 3")


def test_a_long_table(table):
    path = table(
        "image,reader,area_mm2\nx,a,1\nx,b,2\ny,b,4\nz,other,7\ny,a,3\n",
    )
    layout = Layout(AB, long_rater="reader", long_value="area_mm2")
    found = read_readings([path], layout)
    assert found.images == ("x", "y", "z")
    assert found.values == {"a": (1.0, 3.0, None), "b": (2.0, 4.0, None)}
    assert found.unit == "mm2"


def test_measured_images_and_readers_axes(table):
    images = table("image,patient,status,reason,area_mm2\nx,P,complete,,9\ny,P,failed,no bone,\n")
    axes = table(
        "image,reader,lesion,long_axis_mm,short_axis_mm\n"
        "x,IMO,1,4,2\nx,IMO,2,1,1\ny,IMO,1,3,2\nx,AW,,,\n",
        "axes.csv",
    )
    layout = Layout({"calcimetry": "area_mm2", "IMO": "IMO", "AW": "AW"}, subject="patient")
    found = read_readings([images, axes], layout)
    quarter = math.pi / 4
    assert found.values["IMO"] == pytest.approx((quarter * 9, quarter * 6))
    # AW looked at x and found nothing; y she did not read.
    assert found.values["AW"] == (0.0, None)
    assert found.values["calcimetry"] == (9.0, None)
    assert found.remarks == {"y": "no bone"}
    assert found.subjects == ("P", "P")


def test_axes_without_a_column_of_readers_are_named_by_their_file(table):
    one = table("image,long_axis_mm,short_axis_mm\nx,4,2\n", "anna.csv")
    two = table("image,long_axis_mm,short_axis_mm\nx,3,2\n", "ben.csv")
    found = read_readings([one, two], Layout({"anna": "anna", "ben": "ben"}))
    assert found.unit == "mm2"
    assert found.values["ben"] == pytest.approx((math.pi / 4 * 6,))


def test_axes_themselves_can_be_compared(table):
    path = table("image,long_axis_mm,short_axis_mm\nx,4,2\n")
    layout = Layout({"long": "long_axis_mm", "short": "short_axis_mm"})
    assert read_readings([path], layout).unit == "mm"


def test_patients_that_nobody_asked_for_are_noted(table):
    found = read_readings([table("image,patient,a,b\nx,P,1,2\ny,P,3,4\nz,Q,5,6\n")], Layout(AB))
    (note,) = found.notes
    assert note.startswith("3 images of 2 patients are taken as independent")
    assert note.endswith("add --subject patient.")
    alone = read_readings([table("image,patient,a,b\nx,P,1,2\ny,Q,3,4\n")], Layout(AB))
    assert alone.notes == ()


def test_a_unit_that_is_stated(table):
    path = table("image,a,b,unit\nx,1,2,ml\ny,2,3,\n")
    assert read_readings([path], Layout(AB)).unit == "ml"
    assert read_readings([path], Layout(AB, unit="cm3")).unit == "cm3"
    mixed = table("image,a_mm2,b_mm3\nx,1,2\n")
    layout = Layout({"a": "a_mm2", "b": "b_mm3"}, unit="mm2")
    assert read_readings([mixed], layout).unit == "mm2"


@pytest.mark.parametrize(
    ("text", "layout", "told"),
    [
        ("image,a\nx,1\n", Layout(AB), "no readings of b; the tables have a"),
        ("image,c\nx,1\n", Layout(AB), "no readings of a, b; the tables have none"),
        ("image,a,b\nx,1,2\nx,1,2\n", Layout(AB), "found 'x' in lines 2 and 3. Keep the right one"),
        ("image,a,b\n,1,2\n", Layout(AB), "column 'image' is empty in line 2"),
        ("image,a,b\nx,1,two\n", Layout(AB), "must hold numbers, found 'two' in line 2"),
        ("image,a,b,unit\nx,1,2,mm2\ny,1,2,cm2\n", Layout(AB), "one unit, found cm2, mm2"),
        (
            "image,a_mm2,b_mm3\nx,1,2\n",
            Layout({"a": "a_mm2", "b": "b_mm3"}),
            "one unit, found mm2 in a_mm2, mm3 in b_mm3",
        ),
        (
            "image,patient,a,b\nx,,1,2\n",
            Layout(AB, subject="patient"),
            "column 'patient' is empty in line 2",
        ),
        ("image,a,b\nx,1,2\n", Layout(AB, subject="patient"), "found none for 1 of 1, such as 'x'"),
        (
            "image,reader,v\nx,a,1\nx,a,2\n",
            Layout(AB, long_rater="reader", long_value="v"),
            "each image and rater must stand there once, found 'x, a' in lines 2 and 3",
        ),
        (
            "image,reader,w\nx,a,1\n",
            Layout(AB, long_rater="reader", long_value="v"),
            "column 'v' is missing",
        ),
        (
            "image,reader,lesion,long_axis_mm,short_axis_mm\nx,a,1,4,2\nx,a,1,4,2\n",
            Layout(AB),
            "each lesion must stand there once, found 'x, a, lesion 1' in lines 2 and 3",
        ),
        (
            "image,reader,long_axis_mm,short_axis_mm\nx,a,4,\n",
            Layout(AB),
            r"line 2 must give both axes in mm, or neither .*, found 4\.0 and None",
        ),
        (
            "image,reader,long_axis_mm,short_axis_mm\nx,a,4,-1\n",
            Layout(AB),
            r"found 4\.0 and -1\.0",
        ),
        (
            "image,reader,v\nx,a,1\ny,b,2\n",
            Layout(AB, long_rater="reader", long_value="v"),
            "found none in common: a has 'x', b has 'y'",
        ),
    ],
)
def test_refused(table, text, layout, told):
    with pytest.raises(InputError, match=told):
        read_readings([table(text)], layout)


def test_tables_that_do_not_fit_together(table):
    one = table("image,patient,a\nx,P,1\n", "one.csv")
    with pytest.raises(InputError, match="'x' belongs to patient 'Q', found 'P' elsewhere"):
        read_readings(
            [one, table("image,patient,b\nx,Q,1\n", "two.csv")], Layout(AB, subject="patient")
        )
    with pytest.raises(InputError, match=r"'a' stands in two\.csv and in another table too"):
        read_readings([one, table("image,a,b\nx,1,2\n", "two.csv")], Layout(AB))
    with pytest.raises(InputError, match=r"two\.csv: column 'image' is missing"):
        read_readings([one, table("a,b\n1,2\n", "two.csv")], Layout(AB))
