"""Stored pixels to HU."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import BinaryIO

import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from calcimetry.dicom.codestream import problem_of
from calcimetry.dicom.complaints import refuse_complaints
from calcimetry.dicom.instance import Frame, Instance, PixelPlace
from calcimetry.dicom.part10 import is_dicom, open_data_set
from calcimetry.dicom.source import Reader, Source
from calcimetry.dicom.stack import Slice, Stack, pixels_of
from calcimetry.errors import InputError, UnreadableFile

#: Air: what padding and all below it become. Scanners mark what they did not scan with
#: values far below (-2000, -3024 or -8192 HU), in the padding value and without it.
AIR_HU = -1024.0

UNCOMPRESSED = frozenset(
    {
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    }
)
_JPEG = frozenset({JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless})
_JPEG_2000 = frozenset({JPEG2000, JPEG2000Lossless, HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL})
#: Which of pydicom's decoders unpacks which transfer syntax.
DECODERS: dict[str, str] = {
    RLELossless: "pydicom",
    **dict.fromkeys(_JPEG, "gdcm"),
    **dict.fromkeys(_JPEG_2000, "pylibjpeg"),
}


def load_stack(
    stack: Stack, on_progress: Callable[[int], None] | None = None
) -> NDArray[np.float32]:
    """Decode all slices of a stack.

    ``HU = stored x RescaleSlope + RescaleIntercept``, with each slice's own two numbers.
    MONOCHROME1 only asks a screen to show high values dark: the values, and so HU, are the
    same, and nothing is inverted. Padding becomes air, and so does all below -1024 HU.

    Parameters
    ----------
    stack : Stack
    on_progress : callable, optional
        Called with the number of slices done.

    Returns
    -------
    array of float32, shape of the stack's grid
        HU.

    Raises
    ------
    UnreadableFile
        If a slice cannot be read or decoded; the message says which.
    """
    array = np.empty(stack.grid.shape, np.float32)
    wanted: dict[Source, list[tuple[int, int]]] = defaultdict(list)
    instances: dict[Source, Instance] = {}
    for place, piece in enumerate(stack.slices):
        instances[piece.instance.source] = piece.instance
        wanted[piece.instance.source].append((piece.number, place))
    done = 0
    with Reader() as reader:
        for source, places in wanted.items():
            instance = instances[source]
            by_number = dict(places)
            for number, stored in stored_frames(reader, instance, sorted(by_number)):
                _to_hu(stored, instance, instance.frames[number], array[by_number[number]])
                done += 1
                if on_progress is not None:
                    on_progress(done)
    return array


def stored_bytes(reader: Reader, piece: Slice) -> bytes:
    """The bytes of an instance's pixels as they are stored, all frames of them."""
    place = pixels_of(piece)
    with _data_set(reader, piece.instance) as stream:
        stream.seek(place.start)
        return stream.read(place.length)


def _data_set(reader: Reader, instance: Instance) -> BinaryIO:
    """An instance's stream, in which the pixels lie where its header said."""
    stream = reader.open(instance.source)
    if instance.transfer_syntax != DeflatedExplicitVRLittleEndian:
        return stream
    with stream:
        is_dicom(stream)
        return open_data_set(stream, instance.size, instance.source.name).stream


def stored_frames(
    reader: Reader, instance: Instance, numbers: list[int]
) -> Iterator[tuple[int, NDArray[np.integer]]]:
    """Each wanted frame of an instance with its number, as stored, shape (rows, columns).

    Raises
    ------
    UnreadableFile
        If there are no pixels, or they cannot be read or decoded.
    """
    place = instance.pixels
    name = instance.source.name
    if place is None:
        raise UnreadableFile(f"Reading {name}: it holds no pixels.")
    decode = _native if instance.transfer_syntax in UNCOMPRESSED else _compressed
    try:
        with _data_set(reader, instance) as stream:
            stream.seek(place.start)
            yield from decode(stream, instance, place, numbers)
    except InputError:
        raise
    except Exception as error:
        # Damaged pixels make a decoder raise anything.
        raise UnreadableFile(
            f"Reading {name}: its pixels cannot be decoded ({type(error).__name__}); the file is "
            "damaged or incomplete. Export or copy it again."
        ) from error


def _native(
    stream: BinaryIO, instance: Instance, place: PixelPlace, numbers: list[int]
) -> Iterator[tuple[int, NDArray[np.integer]]]:
    kind = np.dtype(f"{'<' if place.little_endian else '>'}{'i' if place.signed else 'u'}2")
    size = place.rows * place.columns * 2
    for number in numbers:
        stream.seek(place.start + number * size)
        data = stream.read(size)
        if len(data) < size:
            raise UnreadableFile(
                f"Reading {instance.source.name}: its pixels are cut off. Copy it again."
            )
        yield number, np.frombuffer(data, kind).reshape(place.rows, place.columns)


def _compressed(
    stream: BinaryIO, instance: Instance, place: PixelPlace, numbers: list[int]
) -> Iterator[tuple[int, NDArray[np.integer]]]:
    syntax = instance.transfer_syntax
    data = stream.read(place.length)
    with _quiet():
        _refuse_wrong_sizes(data, instance, place)
    gdcm.Trace.WarningOff()  # it would write to the terminal
    gdcm.Trace.ErrorOff()
    frames = get_decoder(syntax).iter_array(
        data,
        indices=numbers,
        raw=True,
        decoding_plugin=DECODERS[syntax],
        rows=place.rows,
        columns=place.columns,
        samples_per_pixel=1,
        number_of_frames=place.frames,
        photometric_interpretation="MONOCHROME2",
        bits_allocated=16,
        bits_stored=place.bits_stored,
        pixel_representation=int(place.signed),
        pixel_keyword="PixelData",
    )
    for number in numbers:
        noisy = syntax in _JPEG
        with _quiet(), refuse_complaints(instance.source.name) if noisy else nullcontext():
            array, _ = next(frames)
        yield number, array


@contextmanager
def _quiet() -> Iterator[None]:
    """Without pydicom's warnings: what is wrong with a frame is checked here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _refuse_wrong_sizes(data: bytes, instance: Instance, place: PixelPlace) -> None:
    syntax = instance.transfer_syntax
    if syntax == RLELossless:  # states no size: what it unpacks to is counted
        return
    for frame in generate_frames(data, number_of_frames=place.frames):
        problem = problem_of(frame, place.rows, place.columns, syntax in _JPEG_2000)
        if problem:
            raise UnreadableFile(f"Reading {instance.source.name}: {problem}.")


def _to_hu(
    stored: NDArray[np.integer], instance: Instance, frame: Frame, out: NDArray[np.float32]
) -> None:
    place = instance.pixels
    if place is None or frame.slope is None or frame.intercept is None:
        raise UnreadableFile(f"Reading {instance.source.name}: it states no rescale to HU.")
    values = stored.astype(np.int16 if place.signed else np.uint16, copy=False)
    unused = 16 - place.bits_stored
    if unused:  # the bits above may hold anything, old overlays for one
        values = np.right_shift(np.left_shift(values, unused), unused)
    np.multiply(values, np.float32(frame.slope), out=out, casting="unsafe")
    out += np.float32(frame.intercept)
    np.maximum(out, AIR_HU, out=out)
    if instance.padding is not None:
        low, high = sorted(_as_stored(value, place) for value in instance.padding)
        out[(values >= low) & (values <= high)] = AIR_HU


def _as_stored(value: int, place: PixelPlace) -> int:
    """A padding value, read without its sign, as the pixels hold it."""
    return value - 0x10000 if place.signed and value > 0x7FFF else value
