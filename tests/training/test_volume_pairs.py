"""NIfTI volumes as training pictures: fingers straightened, wherever the mask lies."""

import itertools

import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.model import Grid
from calcimetry.training.pairs import read_training_pictures
from calcimetry.training.volume_pairs import on_grid
from tests.hands import moved, rotation
from tests.training.pictures import manifest
from tests.training.volumes_on_disk import fingers, hounsfield, save_ct, save_labels


@pytest.fixture(scope="module")
def hand():
    return fingers()


@pytest.mark.parametrize("left", [False, True])
def test_fingers_become_sagittal_planes_with_the_tip_up(tmp_path, hand, left):
    labels, grid = hand
    turned = moved(grid, rotation(20, -30, 70), mirror=left)
    labels = np.where(labels > 0, labels + 100 * left, 0)
    save_ct(tmp_path / "hand.nii.gz", hounsfield(labels), turned)
    save_labels(tmp_path / "hand_bones.nii.gz", labels, turned)
    lesion = np.zeros(labels.shape, int)
    lesion[tuple(np.argwhere(labels % 100 == 21)[50])] = 1
    save_labels(tmp_path / "hand_lesions.nii.gz", lesion, turned)
    data = read_training_pictures(tmp_path)
    side = "left" if left else "right"
    for digit in ("index", "middle"):
        own = [one for one in data.pictures if f"{side} {digit} finger" in one.name]
        assert 5 <= len(own) <= 14
        fullest = max(own, key=lambda one: np.count_nonzero(one.label_map))
        rows = [np.argwhere(fullest.label_map == n)[:, 0].mean() for n in (3, 2, 1, 4)]
        assert rows == sorted(rows)
        spacing = fullest.image.grid.spacing[1:]
        assert spacing == pytest.approx((0.4, 0.4))
        # The bones are where the image is bright.
        bright = fullest.image.array[0] > -50
        bone = (fullest.label_map > 0) & (fullest.label_map < 6)
        assert (bright & bone).sum() > 0.9 * bone.sum()
        length = np.ptp(np.argwhere(fullest.label_map == 4)[:, 0]) * spacing[0]
        assert 58 < length < 70
    assert any((one.label_map == 6).any() for one in data.pictures)
    assert {one.patient for one in data.pictures} == {"hand.nii.gz"}


def test_without_digits_the_slices_count(tmp_path, hand):
    labels, grid = hand
    save_ct(tmp_path / "a.nii", hounsfield(labels), grid)
    (tmp_path / "a.nii").rename(tmp_path / "a.nii.gz")
    save_labels(tmp_path / "masks" / "a_bones.nii.gz", labels % 10, grid)
    data = read_training_pictures(tmp_path)
    assert len(data.pictures) == (labels > 0).any(axis=(1, 2)).sum()
    place = int(data.pictures[3].name.removeprefix("a.nii.gz, slice ")) - 1
    np.testing.assert_array_equal(data.pictures[3].label_map, (labels % 10)[place])
    assert not data.pictures[3].has_deposits


def test_a_mask_with_its_axes_the_other_way_is_the_same_mask(tmp_path, hand):
    labels, grid = hand
    save_ct(tmp_path / "a.nii.gz", hounsfield(labels), grid)
    flipped = grid.flipped(0)
    order = (2, 0, 1)
    turned = Grid(tuple(labels.shape[k] for k in order), flipped.affine[:, [*order, 3]])
    save_labels(tmp_path / "a_bones.nii.gz", (labels % 10)[::-1].transpose(order), turned)
    picture = read_training_pictures(tmp_path).pictures[0]
    place = int(picture.name.rpartition(" ")[2]) - 1
    np.testing.assert_array_equal(picture.label_map, (labels % 10)[place])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_labels_find_back_from_any_order_of_axes(order):
    labels = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    affine = moved(Grid(labels.shape, np.diag([2.0, 0.5, 0.7, 1.0])), rotation(10, 20, 30)).affine
    target = Grid(labels.shape, affine)
    for flips in itertools.product((False, True), repeat=3):
        axes = [axis for axis in range(3) if flips[axis]]
        grid = target
        for axis in axes:
            grid = grid.flipped(axis)
        stored = np.flip(labels, axes).transpose(order)
        grid = Grid(stored.shape, grid.affine[:, [*order, 3]])
        np.testing.assert_array_equal(on_grid(stored, grid, target), labels)


def test_the_only_mask_on_the_grid_is_taken(tmp_path, hand):
    labels, grid = hand
    save_ct(tmp_path / "images" / "80kV.nii.gz", hounsfield(labels), grid)
    elsewhere = Grid(grid.shape, grid.affine + np.diag([0, 0, 0, 0]) + _shift(5.0))
    save_labels(tmp_path / "other_bones.nii.gz", labels, elsewhere)
    (tmp_path / "broken_bones.nii.gz").write_bytes(b"no NIfTI")
    save_labels(tmp_path / "my_bones.nii.gz", labels, grid)
    assert len(read_training_pictures(tmp_path).pictures) > 10
    save_labels(tmp_path / "twin_bones.nii.gz", labels, grid)
    with pytest.raises(InputError, match=r"my_bones.* and twin_bones.* both lie on its grid"):
        read_training_pictures(tmp_path)


def test_what_the_simulator_writes_is_read(tmp_path, hand):
    labels, grid = hand
    save_ct(tmp_path / "images" / "80kV.nii.gz", hounsfield(labels), grid)
    for name in ("bones", "lesions", "deposits"):
        save_labels(tmp_path / "truth" / f"{name}.nii.gz", labels * (name == "bones"), grid)
    data = read_training_pictures(tmp_path)
    assert {one.name.split(",")[0] for one in data.pictures} == {"images/80kV.nii.gz"}
    assert all(one.has_deposits for one in data.pictures)


def _shift(mm):
    move = np.zeros((4, 4))
    move[0, 3] = mm
    return move


@pytest.mark.parametrize("change", ["place", "size", "spacing"])
def test_a_mask_on_another_grid(tmp_path, hand, change):
    labels, grid = hand
    save_ct(tmp_path / "a.nii.gz", hounsfield(labels), grid)
    other = {
        "place": (labels, Grid(grid.shape, grid.affine + _shift(0.4))),
        "size": (labels[1:], Grid(labels[1:].shape, grid.affine)),
        "spacing": (labels, Grid(grid.shape, grid.affine @ np.diag([1, 1.1, 1, 1]))),
    }[change]
    save_labels(tmp_path / "a_bones.nii.gz", *other)
    with pytest.raises(InputError, match=r"a_bones\.nii\.gz: expected the grid of a\.nii\.gz"):
        read_training_pictures(tmp_path)


def test_faults_of_volumes_are_named(tmp_path, hand):
    labels, grid = hand
    for name in ("a", "b", "c"):
        save_ct(tmp_path / f"{name}.nii.gz", hounsfield(labels), Grid(grid.shape, grid.affine))
    save_labels(tmp_path / "b_bones.nii.gz", labels * 0, grid)
    save_ct(tmp_path / "c_bones.nii.gz", hounsfield(labels), grid)
    (tmp_path / "a.nii.gz").write_bytes(b"no NIfTI")
    with pytest.raises(InputError) as caught:
        read_training_pictures(tmp_path)
    told = str(caught.value).splitlines()[1:]
    assert "a.nii.gz: its name says that it is compressed" in told[0]
    assert "b_bones.nii.gz: the mask is empty" in told[1]
    assert "c_bones.nii.gz: expected a label map, whole numbers from 0; found" in told[2]


def test_a_missing_mask_of_a_volume_is_named(tmp_path, hand):
    labels, grid = hand
    save_ct(tmp_path / "a.nii.gz", hounsfield(labels), grid)
    with pytest.raises(InputError, match=r"a\.nii\.gz: its bone mask .* Expected a_bones\.nii\.gz"):
        read_training_pictures(tmp_path)


def test_a_bone_that_only_grazes_planes(tmp_path, hand):
    labels, grid = hand
    save_ct(tmp_path / "a.nii.gz", hounsfield(labels), grid)
    crumb = np.zeros(labels.shape, int)
    crumb[tuple(np.argwhere(labels == 21)[:5].T)] = 21
    save_labels(tmp_path / "a_bones.nii.gz", crumb, grid)
    data = read_training_pictures(tmp_path)
    assert all("slice" in one.name for one in data.pictures)


def test_a_volume_whose_planes_show_no_bone(tmp_path):
    grid = Grid((6, 20, 20), np.diag([0.4, 0.4, 0.4, 1]))
    labels = np.zeros(grid.shape, int)
    labels[0, 5:9, 5:9] = 1  # slices are taken 0.8 mm apart, and this is none of them
    save_ct(tmp_path / "a.nii.gz", hounsfield(labels), grid)
    save_labels(tmp_path / "a_bones.nii.gz", labels, grid)
    with pytest.raises(InputError, match=r"Cutting a\.nii\.gz: no plane of it shows bone"):
        read_training_pictures(tmp_path)


def test_a_manifest_names_volumes_and_their_masks(tmp_path, hand):
    labels, grid = hand
    save_ct(tmp_path / "a.nii.gz", hounsfield(labels), grid)
    save_labels(tmp_path / "mine" / "m.nii.gz", labels % 10, grid)
    lines = ["a.nii.gz,,P1,mine/m.nii.gz"]
    columns = "image,pixel_spacing_mm,patient,mask"
    manifest(tmp_path, *lines, columns=columns)
    assert {one.patient for one in read_training_pictures(tmp_path).pictures} == {"P1"}
    manifest(tmp_path, *lines, "b.nii.gz,,P2,", columns=columns)
    with pytest.raises(InputError, match=r"Reading b\.nii\.gz: line 3 .* no such file"):
        read_training_pictures(tmp_path)


def test_a_single_slice(tmp_path, hand):
    labels, grid = hand
    place = int((labels % 10 > 0).sum(axis=(0, 1)).argmax())
    affine = grid.affine.copy()
    affine[:3, 3] = grid.index_to_mm([0, 0, place])
    one = labels[:, :, place : place + 1]
    flat = Grid(one.shape, affine)
    save_ct(tmp_path / "a.nii.gz", hounsfield(one), flat)
    save_labels(tmp_path / "a_bones.nii.gz", one, flat)
    (picture,) = read_training_pictures(tmp_path).pictures
    assert picture.image.grid.spacing[1:] == pytest.approx((1.5, 1.5))
    np.testing.assert_array_equal(picture.label_map, one[:, :, 0] % 10)
