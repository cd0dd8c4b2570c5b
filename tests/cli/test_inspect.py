"""``inspect`` tells what is there, what would be measured, and why the rest would not."""

import pytest
from typer.testing import CliRunner

from calcimetry.cli.main import app
from calcimetry.dicom import find
from calcimetry.study import measure_study
from tests.dicom import making
from tests.dicom.bad_dicom import LOCALIZER, other_object
from tests.fakes import save_manifest, save_picture


def inspect(*arguments):
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)])


@pytest.fixture
def study(tmp_path):
    low, high = making.dual_energy(Laterality="L")
    making.save_all(tmp_path / "study", [*low, *high])
    localizer = other_object(making.CTImageStorage, "CT", **LOCALIZER)
    making.save(localizer, tmp_path / "study" / "scout")
    return tmp_path / "study"


def test_a_dual_energy_study(study):
    done = inspect(study)
    assert done.exit_code == 0
    assert done.stderr == ""
    for words in ("dd1b293e4c91", "DE 80 kV hand", "Sn150 kV", "(a pair)", "Br40", "left"):
        assert words in done.stdout
    for words in ("5 x 8 x 6", "0.8 x 0.5 x 0.4 mm", "a localizer", "passed over"):
        assert words in done.stdout
    assert "1 DICOM volume would be measured; 0 would fail; 1 would be passed over." in done.stdout
    assert "DOE" not in done.stdout
    assert "4711" not in done.stdout


def test_one_series_by_hand(study):
    done = inspect(study, "--series", "3")
    assert done.exit_code == 0
    assert "21a8e356a4be" in done.stdout
    assert "pair" not in done.stdout
    assert "not among the series" in done.stdout


def test_a_series_that_is_not_there(study):
    done = inspect(study, "--series", "8")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr == (
        "calcimetry: Choosing series: none is '8'; the series numbers there are 2, 3, 99. "
        "`calcimetry inspect` lists them.\n"
    )


def test_warnings_stand_under_the_table(tmp_path):
    low, high = making.dual_energy()
    for ds in high:
        ds.ConvolutionKernel = "Br60"
    making.save_all(tmp_path, [*low, *high])
    done = inspect(tmp_path)
    assert "80 kV and Sn150 kV are both there but not paired: their kernels differ" in done.stdout


def rows(done):
    """Cells of the tables' rows; what a cell folds over several lines is joined."""
    found = []
    for line in done.stdout.splitlines():
        cells = [cell.strip() for cell in line.split("│")[1:-1]]
        if cells and all(cells[-1:]):
            found.append(cells)
        elif cells:
            found[-1] = [
                " ".join(filter(None, pair)) for pair in zip(found[-1], cells, strict=True)
            ]
    return found


def test_other_files_are_named_with_what_becomes_of_them(tmp_path):
    save_picture(tmp_path / "finger.png")
    for name in ("hand.nii.gz", "notes.txt", "._finger.png"):
        (tmp_path / name).write_bytes(b"x")
    done = inspect(tmp_path, tmp_path / "nowhere", "--pixel-spacing", "0.4")
    assert done.exit_code == 0
    assert rows(done) == [
        ["picture", "0.4 mm (--pixel-spacing)", "finger.png"],
        ["NIfTI volume", "the file's own", "hand.nii.gz"],
        ["nowhere", "there is no such file or folder", "failed"],
        ["._finger.png", "hidden file", "passed over"],
        ["notes.txt", "not DICOM, nor named as NIfTI, JPEG or PNG", "passed over"],
    ]
    assert "2 pictures and NIfTI files too; 1 would fail; 2 would be passed over." in done.stdout


def test_a_manifest_counts_as_it_does_for_measure(tmp_path):
    for name in ("a", "b", "c", "d"):
        save_picture(tmp_path / f"{name}.png")
    save_manifest(tmp_path, "a.png,0.4", "b.png,", "c.png,9", "gone.png,0.4")
    done = inspect(tmp_path)
    assert done.exit_code == 0
    told = rows(done)
    assert told[0] == ["picture", "0.4 mm (manifest.csv)", "a.png"]
    left = {what: (why, fate) for what, why, fate in told[1:]}
    assert left["b.png"][0].startswith("its pixel spacing is not known. Give it as --pixel-spacing")
    assert "must lie between 0.05 and 2.0 mm, found 9.0 mm" in left["c.png"][0]
    assert left["gone.png"] == ("line 5 of the manifest: there is no such file", "failed")
    assert left["d.png"] == ("not named in manifest.csv", "passed over")
    assert "1 picture or NIfTI file too; 3 would fail; 1 would be passed over." in done.stdout
    assert rows(inspect(tmp_path, "--pixel-spacing", "0.5"))[1][2] == "b.png"


def test_inspect_says_what_measure_then_does(tmp_path):
    save_picture(tmp_path / "in" / "a.png")
    save_picture(tmp_path / "in" / "b.png")
    save_manifest(tmp_path / "in", "a.png,", "b.png,9")
    (tmp_path / "notes.txt").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    paths = [tmp_path / name for name in ("in", "notes.txt", "nowhere.png", "empty")]
    done = inspect(*paths)
    assert done.exit_code == 2
    assert "5 would fail; 0 would be passed over" in done.stdout
    study = measure_study(paths, tmp_path / "out")
    assert len(study.failed) == 5


def test_many_files_are_counted(tmp_path):
    for number in range(30):
        save_picture(tmp_path / f"{number:02d}.png")
    assert "and 18 more" in inspect(tmp_path).stdout
    assert "and 18 more" in inspect(tmp_path, "--pixel-spacing", "0.4").stdout


def test_nothing_to_measure(tmp_path):
    making.save_all(tmp_path, making.series()[:2])
    done = inspect(tmp_path)
    assert done.exit_code == 2
    assert "needs at least 3 slices, found 2" in done.stdout
    assert "1 would fail" in done.stdout


def test_an_interruption_is_one_line(tmp_path, monkeypatch):
    def interrupted(paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(find, "scan", interrupted)
    done = inspect(tmp_path)
    assert done.exit_code == 1
    assert done.stderr == "calcimetry: Interrupted.\n"


def test_help_has_an_example():
    assert "calcimetry inspect study/" in inspect("--help").stdout
