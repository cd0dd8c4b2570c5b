"""The table of bad inputs, and how each must end (`test_bad_inputs.py`)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image

from tests.fakes import finger_levels, save_manifest, save_picture

SPACING = ("--pixel-spacing", "0.4")


@dataclass(frozen=True)
class Bad:
    """One bad input: how to make it in a folder, what to type, and how it must end.

    `row` is the image in images.csv that must have failed, or None where the run
    ends before there are rows. `told` stands in the line on stderr and in the row.
    """

    make: Callable[[Path], object]
    told: str
    row: str | None = "bad.png"
    paths: tuple[str, ...] = ("bad.png",)
    options: tuple[str, ...] = SPACING
    status: int = 2


def _bytes(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def _levels(make: Callable[[], np.ndarray]) -> Callable[[Path], object]:
    return lambda folder: save_picture(folder / "bad.png", make())


def _mode(mode: str, name: str = "bad.png") -> Callable[[Path], object]:
    return lambda folder: PIL.Image.fromarray(finger_levels()).convert(mode).save(folder / name)


def _truncated(name: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 255, (60, 60), np.uint8)
        path = save_picture(folder / name, noise)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return make


def _huge(folder: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + body)


def _transparent(folder: Path) -> None:
    picture = PIL.Image.fromarray(finger_levels()).convert("RGBA")
    picture.putalpha(100)
    picture.save(folder / "bad.png")


def _animated(folder: Path) -> None:
    frames = [PIL.Image.fromarray(finger_levels() + shift) for shift in (0, 5)]
    frames[0].save(folder / "bad.png", save_all=True, append_images=frames[1:])


def _true_colour() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (60, 40, 3), np.uint8)


def _manifest(*lines: str, header: str = "image,pixel_spacing_mm") -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        save_picture(folder / "set" / "a.png")
        save_manifest(folder / "set", *lines, header=header)

    return make


def _good(folder: Path) -> None:
    save_picture(folder / "bad.png")


def _mixed_junk(folder: Path) -> None:
    for name in ("notes.txt", "movie.mp4", ".DS_Store", "manifest.csv.bak"):
        (folder / "junk").mkdir(exist_ok=True)
        (folder / "junk" / name).write_bytes(b"junk")
    (folder / "junk" / "bad.jpg").write_bytes(b"junk")
    save_picture(folder / "junk" / "good.png", finger_levels() + 1)


def _nothing(folder: Path) -> None:
    pass


def _empty_folder(folder: Path) -> None:
    (folder / "empty").mkdir()


def _toml(text: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        _good(folder)
        (folder / "s.toml").write_text(text)

    return make


SET = ("set",)
TOML = (*SPACING, "--settings", "s.toml")
BAD = {
    "empty file": Bad(_bytes("bad.png", b""), "empty (0 bytes)"),
    "truncated JPEG": Bad(_truncated("bad.jpg"), "damaged", "bad.jpg", ("bad.jpg",)),
    "truncated PNG": Bad(_truncated("bad.png"), "damaged"),
    "header only": Bad(_bytes("bad.png", b"\x89PNG\r\n\x1a\n"), "not a JPEG or PNG"),
    "text named .jpg": Bad(_bytes("b.jpg", b"hello"), "not a JPEG or PNG", "b.jpg", ("b.jpg",)),
    "junk file": Bad(_bytes("notes.txt", b"x"), "not a JPEG or PNG", "notes.txt", ("notes.txt",)),
    "GIF": Bad(_bytes("bad.png", b"GIF89a" + bytes(40)), "not a JPEG or PNG"),
    "huge dimensions": Bad(_huge, "at most 64 megapixels"),
    "no spacing": Bad(_good, "--pixel-spacing 0.4", options=()),
    "spacing 0": Bad(_good, "found 0.0 mm", options=("--pixel-spacing", "0")),
    "negative spacing": Bad(_good, "found -0.4 mm", options=("--pixel-spacing", "-0.4")),
    "spacing nan": Bad(_good, "found nan mm", options=("--pixel-spacing", "nan")),
    "spacing in micrometres": Bad(_good, "found 400.0 mm", options=("--pixel-spacing", "400")),
    "CMYK": Bad(_mode("CMYK", "bad.jpg"), "CMYK", "bad.jpg", ("bad.jpg",)),
    "true colour": Bad(_levels(_true_colour), "found colour"),
    "black and white": Bad(_mode("1"), "black and white only"),
    "alpha": Bad(_transparent, "transparent"),
    "animated": Bad(_animated, "2 frames"),
    "12 bits in 16": Bad(_levels(lambda: finger_levels().astype(np.uint16)), "12-bit"),
    "1 x 1": Bad(_levels(lambda: np.zeros((1, 1), np.uint8)), "found 1 x 1"),
    "all black": Bad(_levels(lambda: finger_levels() * 0), "blank"),
    "all white": Bad(_levels(lambda: finger_levels() * 0 + 255), "blank"),
    "inverted": Bad(_levels(lambda: 255 - finger_levels()), "inverted"),
    "noise": Bad(
        _levels(lambda: np.random.default_rng(0).integers(0, 255, (60, 60), np.uint8)), "noise"
    ),
    "missing path": Bad(_nothing, "no such file or folder"),
    "a folder named .png": Bad(
        lambda folder: (folder / "bad.png").mkdir(), "or PNG in it", "bad.png/"
    ),
    "empty folder": Bad(_empty_folder, "no DICOM, NIfTI, JPEG or PNG in it", "empty/", ("empty",)),
    "mixed junk": Bad(_mixed_junk, "not a JPEG or PNG", "bad.jpg", ("junk",), status=1),
    "the same file twice": Bad(
        _good, "the same file as bad.png", "bad-2.png", ("bad.png", "bad.png"), status=1
    ),
    "manifest names a missing file": Bad(
        _manifest("a.png,0.4", "b.png,0.4"), "no such file", "b.png", SET, (), 1
    ),
    "manifest without columns": Bad(
        _manifest("x", header="name"), "is missing", "manifest.csv", SET, ()
    ),
    "manifest without lines": Bad(_manifest(), "names no picture", "manifest.csv", SET, ()),
    "manifest with one line twice": Bad(
        _manifest("a.png,0.4", "a.png,0.4"), "measured once", "a-2.png", SET, (), 1
    ),
    "manifest contradicts itself": Bad(
        _manifest("a.png,0.4", "a.png,0.3"), "different pixel spacing", "a.png", SET, ()
    ),
    "manifest with a bad number": Bad(_manifest("a.png,wide"), "found 'wide'", "a.png", SET, ()),
    "manifest with spacing 0": Bad(_manifest("a.png,0"), "found 0.0 mm", "a.png", SET, ()),
    "manifest leads outside": Bad(_manifest("../good.png,0.4"), "outside", "manifest.csv", SET, ()),
    "bad TOML": Bad(_toml("= 1"), "not a TOML file", None, options=TOML),
    "unknown setting": Bad(_toml("metod = 'x'"), "'method'", None, options=TOML),
    "missing TOML": Bad(_good, "s.toml", None, options=TOML),
    "unknown method": Bad(_good, "kmeans", None, options=(*SPACING, "--method", "magic")),
    "window 0": Bad(_good, "window", None, options=(*SPACING, "--window", "0")),
    "infinite level": Bad(_good, "level", None, options=(*SPACING, "--level", "inf")),
}
