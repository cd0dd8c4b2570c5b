"""Simulated hands and fingers on disk: whole or not there, readable, and with their truth."""

import csv
import json

import nibabel as nib
import numpy as np
import PIL.Image
import pytest

from calcimetry.dicom.find import find_series
from calcimetry.errors import OutputError, SettingsError
from calcimetry.files.manifest import read_manifest
from calcimetry.model import DualEnergyImage
from calcimetry.study import phantoms
from calcimetry.study.phantom_output import PhantomOutput
from calcimetry.study.phantoms import draw_phantom_to, write_phantom
from calcimetry.study.sources import EnergyPair, read_pair

COARSE = 1.5


def opened(path):
    with PIL.Image.open(path) as picture:
        picture.load()
        return picture


def written(tmp_path_factory, form, seed=3, **more):
    out = tmp_path_factory.mktemp(form) / "out"
    told = []
    output = PhantomOutput(form, spacing_mm=COARSE, **more)
    images = write_phantom("finger", seed, out, output, lambda *what: told.append(what))
    assert images == out / "images"
    assert told
    assert all(0 <= done <= total for done, total, _ in told)
    return out


@pytest.fixture(scope="module")
def dicom(tmp_path_factory):
    return written(tmp_path_factory, "dicom")


@pytest.fixture(scope="module")
def nifti(tmp_path_factory):
    return written(tmp_path_factory, "nifti")


@pytest.fixture(scope="module")
def jpeg(tmp_path_factory):
    return written(tmp_path_factory, "jpeg")


def truth_in(out):
    return json.loads((out / "truth" / "truth.json").read_text("utf-8"))


def test_dicom_is_one_pair_that_reads_back_as_the_nifti_of_the_same_seed(dicom, nifti):
    found = find_series([dicom / "images"])
    (volume,) = found.volumes
    assert not found.left
    image = volume.load()
    assert isinstance(image, DualEnergyImage)
    pair = EnergyPair(nifti / "images" / "80kV.nii.gz", nifti / "images" / "Sn150kV.nii.gz")
    other, warnings = read_pair(pair)
    assert warnings == ()
    for one, two in ((image.low, other.low), (image.high, other.high)):
        # Readers of DICOM take all that is darker than air for air.
        assert one.array.sum() == pytest.approx(np.maximum(two.array, -1024).sum(), rel=1e-5)
    assert volume.laterality.name.lower() == truth_in(nifti)["laterality"]


def test_truth_tells_all_of_each_lesion(dicom):
    truth = truth_in(dicom)
    assert (truth["kind"], truth["seed"]) == ("finger", 3)
    assert truth["output"]["spacing_mm"] == COARSE
    assert None not in truth["settings"].values()  # of the hand: all that was drawn
    assert truth["lesions"]
    for one in truth["lesions"]:
        made = {"volume_mm3", "mass_mg", "density_mg_cm3", "shape", "site", "touches_bone"}
        assert made <= set(one)
        assert one["mass_mg"] == pytest.approx(one["density_mg_cm3"] * one["volume_mm3"] / 1000)
        if one["in_label_map"]:
            areas = [plane["area_mm2"] for plane in one["planes"]]
            assert max(areas) == pytest.approx(one["area_mm2"])
            assert {"long_axis_mm", "short_axis_mm", "offset_mm"} <= set(one["planes"][0])
    offset = 100 if truth["laterality"] == "left" else 0
    assert all(offset < bone["label"] < offset + 63 for bone in truth["bones"])
    with (dicom / "truth" / "lesions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["number"]) for row in rows] == [one["number"] for one in truth["lesions"]]


def test_label_maps_lie_on_the_images_grid(nifti):
    image = nib.load(nifti / "images" / "80kV.nii.gz")
    truth = truth_in(nifti)
    for name, numbers in (
        ("bones", {bone["label"] for bone in truth["bones"]}),
        ("lesions", {one["number"] for one in truth["lesions"] if one["in_label_map"]}),
    ):
        labels = nib.load(nifti / "truth" / f"{name}.nii.gz")
        np.testing.assert_allclose(labels.affine, image.affine, atol=1e-4)
        assert set(np.unique(np.asarray(labels.dataobj)).tolist()) - {0} == numbers


def test_pictures_have_a_manifest_and_label_maps_of_their_size(jpeg):
    (row,) = read_manifest(jpeg / "images" / "manifest.csv")
    (told,) = truth_in(jpeg)["pictures"]
    picture = opened(jpeg / "images" / row.image)
    assert picture.format == "JPEG"
    assert picture.mode == "L"
    assert row.pixel_spacing_mm == pytest.approx(told["pixel_spacing_mm"])
    assert 60 <= int(row.columns["jpeg_quality"]) <= 98
    stem = row.image.removesuffix(".jpg")
    for name in ("bones", "lesions"):
        labels = opened(jpeg / "truth" / f"{stem}_{name}.png")
        assert labels.size == picture.size
    numbers = set(np.unique(np.asarray(labels)).tolist()) - {0}
    assert numbers == {one["number"] for one in told["lesions"]}
    assert float(row.columns["true_area_mm2"]) == pytest.approx(
        sum(one["area_mm2"] for one in told["lesions"]), rel=1e-5, abs=1e-5
    )


def test_plane_slab_quality_and_border_are_those_asked_for(tmp_path_factory):
    out = written(tmp_path_factory, "jpeg", plane_mm=-1.5, slab_mm=2.0, quality=40, border=True)
    (row,) = read_manifest(out / "images" / "manifest.csv")
    asked = {name: row.columns[name] for name in ("plane_mm", "slab_mm", "jpeg_quality")}
    assert asked == {"plane_mm": "-1.5", "slab_mm": "2", "jpeg_quality": "40"}
    grey = np.asarray(opened(out / "images" / row.image))
    assert grey[2, 2:-2].min() > 150
    assert grey[2:-2, -3].min() > 150


def test_the_same_seed_gives_the_same_files(dicom, tmp_path_factory):
    again = written(tmp_path_factory, "dicom")
    files = sorted(path.relative_to(dicom) for path in dicom.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    for file in files:
        assert (dicom / file).read_bytes() == (again / file).read_bytes(), file


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(phantoms, "finger_volume", None)  # nothing is simulated
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"found 1 things in it, such as 'mine\.txt'"):
        write_phantom("finger", 1, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_where_the_folder_should_be_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="a folder is needed"):
        write_phantom("finger", 1, tmp_path / "out")


def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(phantoms, "finger_volume", None)
    (tmp_path / "file").write_text("a file")
    with pytest.raises(OutputError, match="a folder is needed, this or one above it is a file"):
        write_phantom("finger", 1, tmp_path / "file" / "out")


def test_an_interrupted_run_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(phantoms, "write_volume_labels", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_phantom("finger", 3, tmp_path / "out", PhantomOutput("nifti", spacing_mm=2.0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"format": "tiff"}, "format must be one of dicom, nifti, jpeg, found 'tiff'"),
        ({"preset": "60-90"}, "preset must be one of 80-Sn150.*found '60-90'"),
        ({"physics": "magic"}, "physics must be one of image, projection, found 'magic'"),
        ({"spacing_mm": -0.5}, "spacing must lie between 0.3 and 2 mm, found -0.5 mm"),
        ({"spacing_mm": float("nan")}, "found nan mm"),
        ({"slab_mm": -1.0}, "slab must lie between 0 and 20 mm"),
        ({"plane_mm": 99.0}, "plane must lie between -30 and 30 mm"),
        ({"quality": 0}, "JPEG quality must lie between 1 and 100, found 0"),
    ],
)
def test_bad_settings_are_refused(bad, words):
    with pytest.raises(SettingsError, match=words):
        PhantomOutput(**bad)


def test_presets_and_projections_reach_the_files(tmp_path):
    told = []
    output = PhantomOutput("nifti", "80-140", spacing_mm=2.0, physics="projection")
    out = tmp_path / "out"
    write_phantom("finger", 3, out, output, lambda *what: told.append(what))
    names = {path.name for path in (out / "images").iterdir()}
    assert names == {"80kV.nii.gz", "140kV.nii.gz"}
    truth = truth_in(out)
    assert (truth["output"]["preset"], truth["output"]["physics"]) == ("80-140", "projection")
    gains = truth["acquisition"]
    assert gains["preset"] == "80-140"
    assert gains["low_gain"] / gains["high_gain"] == pytest.approx(1.46, abs=0.03)
    assert any(name == "projecting slices" for *_, name in told)
    shares = [done / total for done, total, _ in told]
    assert shares == sorted(shares)


def test_dicom_states_the_tubes_of_the_preset(tmp_path):
    output = PhantomOutput("dicom", "100-Sn140", spacing_mm=2.0)
    images = write_phantom("finger", 3, tmp_path / "out", output)
    (volume,) = find_series([images]).volumes
    assert (volume.low_setting, volume.high_setting) == ("100", "Sn140")


def test_no_workers_are_refused_before_any_work(tmp_path):
    with pytest.raises(SettingsError, match="1 worker or more, found 0"):
        write_phantom("finger", 3, tmp_path / "out", workers=0)
    assert not (tmp_path / "out").exists()


def test_a_negative_seed_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="the seed must be 0 or more, found -1"):
        write_phantom("finger", -1, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_hand_that_would_not_fit_into_memory_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"spacing must be 0\.4 mm or more"):
        write_phantom("hand", 1, tmp_path / "out", PhantomOutput(spacing_mm=0.3))


def test_a_phantom_is_drawn(tmp_path):
    path = draw_phantom_to(tmp_path / "sub" / "seen.png", 3, "finger", 2.0)
    picture = opened(path)
    assert picture.mode == "RGB"
    assert min(picture.size) > 800
    colours = {colour for _, colour in picture.getcolors(1 << 24)}
    assert (255, 119, 31) in colours  # lesions


def test_what_cannot_be_drawn_to_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(phantoms, "finger_volume", None)
    with pytest.raises(OutputError, match="a file is needed, this is a folder"):
        draw_phantom_to(tmp_path, 3, "finger")
    (tmp_path / "file").write_text("a file")
    with pytest.raises(OutputError, match="Choose another --out file"):
        draw_phantom_to(tmp_path / "file" / "seen.png", 3, "finger")
