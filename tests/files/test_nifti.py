from __future__ import annotations

import gzip
import os
import struct

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from calcimetry.errors import OutputError, SpacingError, UnreadableFile, UnsupportedImage
from calcimetry.files import nifti_header
from calcimetry.files.nifti import (
    read_label_grid,
    read_label_nifti,
    read_nifti,
    read_nifti_with_warnings,
    write_ct_nifti,
    write_label_nifti,
)
from calcimetry.model import Grid, Image, Segmentation

SHAPE = (7, 5, 4)
RAS = np.diag([0.5, 0.6, 0.8, 1.0])


def hu_values(shape=SHAPE):
    """Air with one bright voxel at every corner, each of its own value."""
    hu = np.full(shape, -1000, np.int16)
    hu[0, 0, 0], hu[-1, 0, 0], hu[0, -1, 0], hu[0, 0, -1] = 100, 200, 300, 400
    return hu


def save(path, array=None, affine=RAS, code=1, unit="mm", kind=nib.Nifti1Image):
    image = kind(hu_values() if array is None else array, affine)
    image.set_sform(affine, code)
    image.set_qform(affine, 0)
    image.header.set_xyzt_units(unit)
    nib.save(image, path)
    return path


def patched(path, place, form, *values):
    """Change header fields in place."""
    content = bytearray(path.read_bytes())
    struct.pack_into("<" + form, content, place, *values)
    path.write_bytes(content)
    return path


def turned(axis, degrees):
    turn = np.eye(4)
    a, b = [n for n in range(3) if n != axis]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn[[a, a, b, b], [a, b, a, b]] = cos, -sin, sin, cos
    return turn


ODD_GRIDS = {
    "plain": np.diag([0.6, 0.6, 0.6, 1.0]),
    "flipped": np.diag([-0.6, 0.6, -0.6, 1.0]),
    "anisotropic": np.diag([0.3, 0.4, 1.5, 1.0]),
    "permuted": np.array([[0, 0, 0.5, 9], [-0.6, 0, 0, 8], [0, 0.7, 0, 7], [0, 0, 0, 1.0]]),
    "oblique": turned(0, 31) @ turned(2, -17) @ np.diag([0.5, -0.6, 0.9, 1.0]),
    "far": np.array([[0.6, 0, 0, -512.3], [0, 0.6, 0, 77.7], [0, 0, 0.6, 1403.9], [0, 0, 0, 1.0]]),
}


@pytest.mark.parametrize("name", ODD_GRIDS)
def test_every_voxel_keeps_its_place_in_the_patient(tmp_path, name):
    affine = ODD_GRIDS[name]
    image = read_nifti(save(tmp_path / "v.nii.gz", affine=affine))
    assert image.grid.shape == image.array.shape == SHAPE[::-1]
    for i, j, k in ((0, 0, 0), (6, 0, 0), (0, 4, 0), (0, 0, 3), (3, 2, 1)):
        assert image.array[k, j, i] == hu_values()[i, j, k]
        right, front, up, _ = np.float32(affine) @ (i, j, k, 1)
        np.testing.assert_allclose(
            image.grid.index_to_mm([k, j, i]), [-right, -front, up], atol=1e-4
        )
    assert image.name == "v.nii.gz"
    assert image.unit == "HU"


@pytest.mark.parametrize("name", ODD_GRIDS)
@pytest.mark.parametrize("highest", [3, 300])
def test_label_maps_lie_exactly_on_the_input(tmp_path, name, highest):
    given = save(tmp_path / "v.nii", affine=ODD_GRIDS[name])
    grid = read_nifti(given).grid
    labels = np.zeros(grid.shape, int)
    labels[0, 0, 0], labels[-1, 0, 0], labels[1, 2, 3] = 1, 2, highest
    meanings = dict.fromkeys((1, 2, highest), "x")
    path = tmp_path / "sub" / "v_bones.nii.gz"
    write_label_nifti(path, Segmentation(labels, grid, meanings))

    back, source = nib.load(path), nib.load(given)
    np.testing.assert_array_equal(back.affine, source.affine)
    assert (int(back.header["sform_code"]), int(back.header["qform_code"])) == (1, 1)
    np.testing.assert_allclose(back.get_qform(), source.affine, atol=1e-4)
    assert back.get_data_dtype() == (np.uint8 if highest < 256 else np.uint16)
    np.testing.assert_array_equal(np.asarray(back.dataobj), labels.T)
    assert back.header.get_xyzt_units()[0] == "mm"

    other = SimpleITK.ReadImage(str(path))
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(other), labels)
    for index in ((0, 0, 0), (3, 4, 6), (1, 2, 3)):
        place = other.TransformIndexToPhysicalPoint(index[::-1])
        np.testing.assert_allclose(place, grid.index_to_mm(index), atol=1e-3)


def test_a_sheared_grid_has_no_qform(tmp_path):
    affine = np.diag([0.5, 0.5, 1.0, 1.0])
    affine[0, 2] = 0.3  # a tilted gantry
    grid = read_nifti(save(tmp_path / "v.nii", affine=affine)).grid
    write_label_nifti(tmp_path / "l.nii.gz", Segmentation(np.zeros(grid.shape, int), grid, {}))
    back = nib.load(tmp_path / "l.nii.gz")
    np.testing.assert_array_equal(back.affine, np.float32(affine))
    assert int(back.header["qform_code"]) == 0


def test_the_same_labels_give_the_same_bytes(tmp_path):
    grid = Grid((3, 4, 5), np.eye(4))
    for name in ("a", "b"):
        write_label_nifti(tmp_path / name, Segmentation(np.zeros((3, 4, 5), int), grid, {}))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("name", ODD_GRIDS)
def test_ct_is_written_as_it_is_read(tmp_path, name):
    image = read_nifti(save(tmp_path / "v.nii.gz", affine=ODD_GRIDS[name]))
    write_ct_nifti(tmp_path / "w.nii.gz", image)
    again, warnings = read_nifti_with_warnings(tmp_path / "w.nii.gz")
    assert again.grid == image.grid
    np.testing.assert_array_equal(again.array, image.array)
    assert warnings == ()


def test_ct_is_rounded_and_cut_to_16_bits(tmp_path):
    values = np.full((3, 3, 3), -1000.4)
    values[0, 0, 0] = 1e6
    write_ct_nifti(tmp_path / "w.nii.gz", Image(values, Grid((3, 3, 3), np.eye(4))))
    array = read_nifti(tmp_path / "w.nii.gz").array
    assert (array[0, 0, 0], array[1, 1, 1]) == (32767, -1000)


def test_labels_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    labels = Segmentation(np.zeros((3, 4, 5), int), Grid((3, 4, 5), np.eye(4)), {})
    with pytest.raises(OutputError, match="Writing"):
        write_label_nifti(tmp_path / "file" / "l.nii.gz", labels)


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.int32, np.float32, np.float64, ">i2"])
@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
def test_every_kind_of_number_is_read(tmp_path, dtype, kind):
    stored = (hu_values() + 1024).astype(dtype)
    image = kind(stored, RAS)
    image.header.set_data_dtype(np.dtype(dtype))
    image.header.set_slope_inter(1, -1024)
    image.header.set_xyzt_units("mm")
    (tmp_path / "v.nii").write_bytes(image.to_bytes())
    read = read_nifti(tmp_path / "v.nii")
    content = gzip.compress((tmp_path / "v.nii").read_bytes())
    (tmp_path / "w.nii.gz").write_bytes(content)
    assert read_nifti(tmp_path / "w.nii.gz").grid == read.grid
    expected = hu_values().T + (0 if image.header.get_slope_inter()[0] else 1024)
    np.testing.assert_array_equal(read.array, expected)


def test_rescaling_is_applied(tmp_path):
    image = nib.Nifti1Image(hu_values(), RAS)
    image.header.set_slope_inter(0.5, -600)
    path = tmp_path / "v.nii"
    nib.save(image, path)
    patched(path, 112, "ff", 0.5, -600)
    patched(path, 123, "b", 2)
    stored = np.frombuffer(path.read_bytes()[352:], "<i2").reshape(SHAPE[::-1])
    np.testing.assert_allclose(read_nifti(path).array, stored * 0.5 - 600)


def test_a_big_endian_file(tmp_path):
    header = nib.Nifti1Header(endianness=">")
    header.set_data_dtype(">i2")
    header.set_xyzt_units("mm")
    image = nib.Nifti1Image(hu_values().astype(">i2"), RAS, header)
    nib.save(image, tmp_path / "v.nii")
    assert (tmp_path / "v.nii").read_bytes()[:4] == struct.pack(">i", 348)
    np.testing.assert_array_equal(read_nifti(tmp_path / "v.nii").array, hu_values().T)


@pytest.mark.parametrize(("unit", "factor"), [("micron", 1000.0), ("meter", 0.001)])
def test_other_units_become_mm(tmp_path, unit, factor):
    path = save(tmp_path / "v.nii", affine=np.diag([0.5 * factor] * 3 + [1]), unit=unit)
    image, warnings = read_nifti_with_warnings(path)
    assert image.grid.spacing == pytest.approx((0.5, 0.5, 0.5))
    assert warnings == ()


def test_an_unknown_unit_is_mm_with_a_warning(tmp_path):
    image, warnings = read_nifti_with_warnings(save(tmp_path / "v.nii", unit="unknown"))
    assert image.grid.spacing == pytest.approx((0.8, 0.6, 0.5))
    assert warnings == ("v.nii does not state its unit of length: taken as mm.",)


def test_sform_wins_over_qform_and_a_disagreement_is_told(tmp_path):
    image = nib.Nifti1Image(hu_values(), RAS)
    image.header.set_xyzt_units("mm")
    image.set_sform(RAS, 1)
    for shift, told in ((0.1, 0), (40.0, 1)):
        other = RAS.copy()
        other[0, 3] = shift
        image.set_qform(other, 1)
        nib.save(image, tmp_path / "v.nii")
        read, warnings = read_nifti_with_warnings(tmp_path / "v.nii")
        assert read.grid.affine[0, 3] == 0.0
        assert len(warnings) == told
    image.set_sform(None, 0)
    nib.save(image, tmp_path / "v.nii")
    read, warnings = read_nifti_with_warnings(tmp_path / "v.nii")
    assert read.grid.affine[0, 3] == -40.0
    assert warnings == ()


def test_a_file_without_a_place_is_read_with_a_warning(tmp_path):
    path = save(tmp_path / "v.nii", code=0)
    image, (warning,) = read_nifti_with_warnings(path)
    assert image.grid.spacing == pytest.approx((0.8, 0.6, 0.5))
    assert "side of the hand may be wrong" in warning


def test_four_dimensions_with_one_volume_are_one_volume(tmp_path):
    image = read_nifti(save(tmp_path / "v.nii", hu_values()[..., None, None]))
    assert image.grid.shape == SHAPE[::-1]


def nan_in(array):
    array = array.astype(np.float32)
    array[1, 1, 1] = np.nan
    return array


def too_large(array):
    array = array.astype(np.float64)
    array[1, 1, 1] = 1e300
    return array


def colours(array):
    return np.zeros(array.shape, [("R", "u1"), ("G", "u1"), ("B", "u1")])


@pytest.mark.parametrize(
    ("array", "error", "told"),
    [
        (np.stack([hu_values()] * 2, axis=-1), UnsupportedImage, "7 x 5 x 4 x 2"),
        (hu_values((7, 5, 1)), UnsupportedImage, "found 7 x 5 x 1"),
        (hu_values((7, 5, 3))[..., 0], UnsupportedImage, "found 7 x 5"),
        (nan_in(hu_values()), UnsupportedImage, "1 of 140 voxels are NaN"),
        (too_large(hu_values()), UnsupportedImage, "1 of 140 voxels are NaN or infinite"),
        (hu_values().astype(np.complex64), UnsupportedImage, "complex numbers"),
        (colours(hu_values()), UnsupportedImage, "found colours"),
        ((hu_values() > 0).astype(np.uint8), UnsupportedImage, "a label map"),
        (hu_values() + 1024, UnsupportedImage, "values from 24 to 1424"),
    ],
)
def test_what_is_no_ct_volume_is_refused(tmp_path, array, error, told):
    with pytest.raises(error, match=rf"^Reading v.nii: .*{told}"):
        read_nifti(save(tmp_path / "v.nii", array))


@pytest.mark.parametrize(
    ("place", "form", "values", "error", "told"),
    [
        (280, "f", (np.nan,), SpacingError, "mm apart, its header gives nan"),
        (292, "f", (np.inf,), SpacingError, "mm apart"),
        (280, "f", (0.0,), SpacingError, "gives 0 x 0.6 x 0.8 mm"),
        (280, "f", (500.0,), SpacingError, "gives 500 x"),
        (280, "12f", (1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0), SpacingError, "two axes"),
        (42, "3h", (32767, 32767, 32767), UnsupportedImage, "at most 536 million voxels"),
        (42, "3h", (700, 600, 500), UnreadableFile, "incomplete .280 of 420000000 bytes"),
        (42, "h", (-7,), UnsupportedImage, "found -7 x 5 x 4"),
        (40, "h", (-1,), UnsupportedImage, "each of three axes"),
        (70, "h", (9999,), UnreadableFile, "header is damaged .*9999"),
        (108, "f", (1e9,), UnreadableFile, "voxels begin at byte 1e"),
        (108, "f", (0.0,), UnreadableFile, "voxels begin at byte 0"),
        (344, "4s", (b"ni1\0",), UnsupportedImage, r"\.hdr and \.img"),
        (344, "4s", (b"xxxx",), UnreadableFile, "Analyze"),
        (0, "i", (99,), UnreadableFile, "not a NIfTI file"),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_damaged_headers_are_refused(tmp_path, place, form, values, error, told, compressed):
    path = patched(save(tmp_path / "v.nii"), place, form, *values)
    if compressed:
        content = gzip.compress(path.read_bytes())
        path = tmp_path / "v.nii.gz"
        path.write_bytes(content)
    with pytest.raises(error, match=told):
        read_nifti(path)


def test_a_broken_qform_is_only_read_where_it_counts(tmp_path):
    path = save(tmp_path / "v.nii")
    patched(path, 252, "h", 1)  # qform code
    patched(path, 256, "f", 9.0)  # no unit quaternion
    with pytest.raises(UnreadableFile, match="damaged or incomplete"):
        read_nifti(path)


def test_a_shape_beyond_what_the_header_can_say(tmp_path):
    path = save(tmp_path / "v.nii")
    patched(path, 42, "h", -1)
    patched(path, 140, "i", 0)  # FreeSurfer's hidden vector length
    with pytest.raises((UnreadableFile, UnsupportedImage), match="Reading v"):
        read_nifti(path)


def test_truncated_files_are_told(tmp_path):
    noise = np.random.default_rng(0).integers(-1000, 1000, (20, 20, 20)).astype(np.int16)
    path = save(tmp_path / "v.nii.gz", noise)
    whole = path.read_bytes()
    for left in (3, 40, len(whole) // 2, len(whole) - 4):
        path.write_bytes(whole[:left])
        with pytest.raises(UnreadableFile, match=r"Reading v.nii.gz"):
            read_nifti(path)
    path.write_bytes(whole[: len(whole) // 2] + bytes(40) + whole[len(whole) // 2 + 40 :])
    with pytest.raises(UnreadableFile, match="damaged or incomplete"):
        read_nifti(path)
    plain = tmp_path / "w.nii"
    plain.write_bytes(gzip.decompress(whole)[:-1])
    with pytest.raises(UnreadableFile, match=r"incomplete .15999 of 16000"):
        read_nifti(plain)


def test_little_is_decompressed_beyond_what_the_header_says(tmp_path, monkeypatch):
    plain = save(tmp_path / "v.nii").read_bytes()
    bomb = tmp_path / "bomb.nii.gz"
    with gzip.open(bomb, "wb", compresslevel=9) as file:
        file.write(plain)
        for _ in range(24):
            file.write(bytes(1 << 20))
    read = 0
    original = gzip.GzipFile.read

    def counted(self, size=-1):
        nonlocal read
        content = original(self, size)
        read += len(content)
        return content

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    assert read_nifti(bomb).grid.shape == SHAPE[::-1]
    assert read <= len(plain) + (17 << 20)


def test_what_is_no_file_of_this_kind(tmp_path):
    for name, content, told in (
        ("empty.nii", b"", "empty .0 bytes"),
        ("text.nii", b"hello world", "not a NIfTI file"),
        ("short.nii", b"\x5c\x01\0\0", "not a NIfTI file"),
        ("text.nii.gz", b"hello world", "is not gzip"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableFile, match=told):
            read_nifti(tmp_path / name)
    (tmp_path / "folder.nii").mkdir()
    with pytest.raises(UnreadableFile, match="expected a NIfTI file, found a folder"):
        read_nifti(tmp_path / "folder.nii")
    with pytest.raises(UnreadableFile, match="no such file"):
        read_nifti(tmp_path / "missing.nii")
    os.mkfifo(tmp_path / "pipe.nii")
    with pytest.raises(UnreadableFile, match="no regular file"):
        read_nifti(tmp_path / "pipe.nii")


def test_a_locked_file(tmp_path, monkeypatch):
    path = save(tmp_path / "v.nii")

    def locked(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", locked)
    with pytest.raises(UnreadableFile, match="no permission to open it"):
        read_nifti(path)


def test_a_header_that_nibabel_cannot_read(tmp_path, monkeypatch):
    def broken(_):
        raise nifti_header.HeaderDataError("shape (1,)")

    path = save(tmp_path / "v.nii")
    monkeypatch.setattr(nib.Nifti1Header, "get_data_shape", broken)
    with pytest.raises(UnreadableFile, match=r"its header is damaged .shape"):
        read_nifti(path)


def test_labels_come_back_as_they_were_written(tmp_path):
    labels = np.arange(24).reshape(2, 3, 4) * 20
    grid = Grid(labels.shape, np.diag([0.5, 0.6, 0.8, 1.0]))
    path = tmp_path / "l.nii.gz"
    write_label_nifti(path, Segmentation(labels, grid, dict.fromkeys(range(1, 500), "x")))
    found, where = read_label_nifti(path)
    np.testing.assert_array_equal(found, labels)
    np.testing.assert_allclose(where.affine, grid.affine, atol=1e-6)
    assert read_label_grid(path) == where


def test_labels_of_a_single_slice_and_of_two_axes(tmp_path):
    for shape in ((4, 5, 1), (4, 5)):
        labels = np.arange(20, dtype=np.int16).reshape(shape)
        found, grid = read_label_nifti(save(tmp_path / "l.nii", labels))
        assert grid.shape == (1, 5, 4)
        np.testing.assert_array_equal(found[0], labels.reshape(4, 5).T)


@pytest.mark.parametrize("value", [0.5, -1.0, np.nan])
def test_what_is_no_label_is_refused(tmp_path, value):
    path = save(tmp_path / "l.nii", np.full((3, 3, 3), value, np.float32))
    with pytest.raises(UnsupportedImage, match=r"l\.nii: expected a label map, whole numbers"):
        read_label_nifti(path)


def test_one_slice_of_ct_is_read_where_it_is_asked_for(tmp_path):
    path = save(tmp_path / "s.nii", hu_values()[:, :, :1])
    with pytest.raises(UnsupportedImage, match="at least 3 voxels along each of three axes"):
        read_nifti(path)
    image, _ = read_nifti_with_warnings(path, least_side=1)
    assert image.grid.shape == (1, 5, 7)
