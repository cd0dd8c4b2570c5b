"""Stored pixels become the same HU, however they are stored."""

from dataclasses import replace

import gdcm
import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from calcimetry.dicom.find import find_series
from calcimetry.dicom.pixels import load_stack, stored_bytes
from calcimetry.dicom.source import Reader
from calcimetry.dicom.stack import Slice, make_stack
from calcimetry.errors import InputError, UnreadableFile
from calcimetry.model import DualEnergyImage
from tests.dicom import making
from tests.dicom.fuzzing import recompressed

SYNTAX = gdcm.TransferSyntax
HU = np.random.default_rng(0).integers(-1000, 3000, (4, 36, 40)).astype(np.int16)


def signed(datasets):
    for ds, plane in zip(datasets, HU, strict=True):
        ds.PixelRepresentation, ds.RescaleIntercept = 1, 0
        ds.PixelData = plane.tobytes()
    return datasets


def loaded(folder):
    (volume,) = find_series([folder]).volumes
    image = volume.load()
    assert not isinstance(image, DualEnergyImage)
    assert image.array.dtype == np.float32
    return image.array


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
        JPEG2000Lossless,
    ],
)
def test_transfer_syntaxes(tmp_path, syntax, is_signed):
    datasets = signed(making.series(HU)) if is_signed else making.series(HU)
    for ds in datasets:
        if syntax in (RLELossless, JPEG2000Lossless):
            ds.compress(syntax, generate_instance_uid=False)
            continue
        ds.file_meta.TransferSyntaxUID = syntax
        if syntax == ExplicitVRBigEndian:
            ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    making.save_all(tmp_path, datasets)
    assert np.array_equal(loaded(tmp_path), HU)


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize(
    ("kind", "error_hu"),
    [
        (SYNTAX.JPEGLosslessProcess14, 0),
        (SYNTAX.JPEGLosslessProcess14_1, 0),
        (SYNTAX.JPEGLSLossless, 0),
        (SYNTAX.JPEGLSNearLossless, 3),
        (SYNTAX.JPEG2000Lossless, 0),
        (SYNTAX.JPEG2000, 3),
    ],
)
def test_transfer_syntaxes_of_another_encoder(tmp_path, kind, error_hu, is_signed):
    making.save_all(tmp_path, signed(making.series(HU)) if is_signed else making.series(HU))
    for path in tmp_path.iterdir():
        recompressed(path, kind)
    assert np.abs(loaded(tmp_path) - HU).max() <= error_hu


def test_lossy_jpeg_2000_is_close_and_told(tmp_path):
    smooth = making.volume((4, 64, 64))
    datasets = making.series(smooth)
    for ds in datasets:
        ds.compress("1.2.840.10008.1.2.4.91", j2k_cr=[8], generate_instance_uid=False)
        ds.LossyImageCompression = "01"
    making.save_all(tmp_path, datasets)
    (volume,) = find_series([tmp_path]).volumes
    assert volume.warnings == ("its slices were compressed with loss",)
    assert np.abs(volume.load().array - np.maximum(smooth, -1024)).max() < 10


def test_a_compressed_multi_frame_object(tmp_path):
    ds = making.enhanced(HU)
    ds.compress(RLELossless)
    making.save(ds, tmp_path / "one.dcm")
    assert np.array_equal(loaded(tmp_path), HU)


def test_monochrome1_is_not_inverted(tmp_path):
    making.save_all(tmp_path, making.series(HU, PhotometricInterpretation="MONOCHROME1"))
    assert np.array_equal(loaded(tmp_path), HU)


def test_each_slice_has_its_own_rescale(tmp_path):
    datasets = making.series(HU)
    for index, ds in enumerate(datasets):
        slope = 1 + index
        ds.RescaleSlope, ds.RescaleIntercept = slope, -1024.0
        stored = np.round((HU[index] + 1024.0) / slope).astype(np.uint16)
        ds.PixelData = stored.tobytes()
    making.save_all(tmp_path, datasets)
    assert np.abs(loaded(tmp_path) - HU).max() <= 2


@pytest.mark.parametrize("is_signed", [False, True])
def test_bits_above_those_stored_are_ignored(tmp_path, is_signed):
    low = np.clip(HU, -1000, 1000)
    datasets = making.series(low, BitsStored=12, HighBit=11)
    for ds, plane in zip(datasets, low, strict=True):
        stored = plane if is_signed else plane + 1024
        ds.PixelRepresentation = int(is_signed)
        ds.RescaleIntercept = 0 if is_signed else -1024
        ds.PixelData = ((stored.astype(np.uint16) & 0x0FFF) | 0xA000).tobytes()
    making.save_all(tmp_path, datasets)
    assert np.array_equal(loaded(tmp_path), low)


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ({"PixelPaddingValue": 3000}, [-1024, 100, 101, 102]),
        ({"PixelPaddingValue": 3000, "PixelPaddingRangeLimit": 1124}, [-1024, -1024, -1024, -1024]),
        ({"PixelPaddingValue": 1124, "PixelPaddingRangeLimit": 1125}, [1976, -1024, -1024, 102]),
        ({}, [1976, 100, 101, 102]),
    ],
)
def test_padding_becomes_air(tmp_path, padding, expected):
    hu = HU.copy()
    hu[:, 0, :4] = [1976, 100, 101, 102]
    making.save_all(tmp_path, making.series(hu, **padding))
    assert loaded(tmp_path)[1, 0, :4].tolist() == expected


def test_signed_padding_and_all_below_air_become_air(tmp_path):
    datasets = signed(making.series(HU))
    for ds in datasets:
        plane = np.frombuffer(ds.PixelData, np.int16).reshape(36, 40).copy()
        plane[0, :3] = [-2000, -3024, -1500]
        ds.PixelData = plane.tobytes()
        ds.add_new("PixelPaddingValue", "SS", -1500)
    making.save_all(tmp_path, datasets)
    array = loaded(tmp_path)
    assert (array[:, 0, :3] == -1024).all()
    assert np.array_equal(array[:, 1:], HU[:, 1:])


def test_padding_that_differs_from_its_representation(tmp_path):
    # Written as unsigned although the pixels are signed, as some writers do.
    datasets = signed(making.series(HU))
    for ds in datasets:
        ds.add_new("PixelPaddingValue", "US", 0x10000 - 500)
    making.save_all(tmp_path, datasets)
    expected = np.where(HU == -500, -1024, HU)
    assert np.array_equal(loaded(tmp_path), expected)


def test_progress_counts_slices(tmp_path):
    making.save_all(tmp_path, [ds for part in making.dual_energy() for ds in part])
    (volume,) = find_series([tmp_path]).volumes
    seen = []
    volume.load(lambda done, total: seen.append((done, total)))
    assert seen == [(done, 10) for done in range(1, 11)]


def test_a_file_cut_off_after_its_header_was_read(tmp_path):
    making.save_all(tmp_path, making.series())
    (volume,) = find_series([tmp_path]).volumes
    path = tmp_path / "0003.dcm"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UnreadableFile, match=r"Reading 0003.dcm: its pixels are cut off"):
        volume.load()


def test_a_file_gone_after_its_header_was_read(tmp_path):
    making.save_all(tmp_path, making.series())
    (volume,) = find_series([tmp_path]).volumes
    (tmp_path / "0003.dcm").unlink()
    with pytest.raises(UnreadableFile, match=r"Reading 0003.dcm: its pixels cannot be decoded"):
        volume.load()


def test_an_instance_without_pixels_cannot_be_loaded(tmp_path):
    making.save_all(tmp_path, making.series())
    (volume,) = find_series([tmp_path]).volumes
    stack = volume.scans[0].stack
    bare = [Slice(replace(piece.instance, pixels=None), 0) for piece in stack.slices]
    with pytest.raises(InputError, match="it holds no pixels"):
        make_stack(bare)
    with Reader() as reader, pytest.raises(InputError, match="it holds no pixels"):
        stored_bytes(reader, bare[0])
    with pytest.raises(InputError, match="it holds no pixels"):
        load_stack(replace(stack, slices=tuple(bare)))


def test_an_instance_without_rescale_cannot_be_loaded(tmp_path):
    making.save_all(tmp_path, making.series())
    (volume,) = find_series([tmp_path]).volumes
    stack = volume.scans[0].stack
    bare = [
        Slice(replace(piece.instance, frames=(replace(piece.frame, slope=None),)), 0)
        for piece in stack.slices
    ]
    with pytest.raises(UnreadableFile, match="it states no rescale to HU"):
        load_stack(replace(stack, slices=tuple(bare)))
