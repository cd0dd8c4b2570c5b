"""Where the masks of a picture or volume lie, and the numbers in them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from calcimetry.errors import InputError, UnreadableFile, UnsupportedImage
from calcimetry.files.inputs import without_ending
from calcimetry.files.nifti import VOLUME_ENDINGS
from calcimetry.files.opening import refuse_no_file, unreadable

BONES, LESIONS = "_bones", "_lesions"
#: Folders beside a picture, or beside one that holds it, in which its masks are looked for:
#: those of `calcimetry measure`, of people, and of `calcimetry phantom`.
PLACES = (".", "segmentations", "masks", "truth", "../truth")
#: Pictures are at most so large (`calcimetry.files.raster`), and so are their masks.
_MODES = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")


def is_mask(path: Path) -> bool:
    """Whether a file is a mask by its name, and so no picture to learn from.

    Examples
    --------
    >>> [is_mask(Path(name)) for name in ("ring_bones.png", "truth/bones.nii.gz", "ring.png")]
    [True, True, False]
    """
    stem = without_ending(path.name)[0]
    plain = path.name.lower().endswith(VOLUME_ENDINGS) and stem in (BONES[1:], LESIONS[1:])
    # What else `calcimetry phantom` writes beside the truth of a volume.
    beside = path.parent.name == "truth" and path.name.lower().endswith(VOLUME_ENDINGS)
    return plain or beside or stem.endswith((BONES, LESIONS))


def find_mask(path: Path, root: Path, kind: str) -> Path | None:
    """The mask of a picture or of a volume in one file.

    Parameters
    ----------
    path : Path
        The picture, somewhere below `root`.
    root : Path
        The folder that the user named.
    kind : str
        `BONES` or `LESIONS`.

    Returns
    -------
    Path or None
        ``<stem>_bones.png`` for a picture, ``<stem>_bones.nii.gz`` for a volume: beside it or
        in one of `PLACES`, or in one of them beside a folder above it, with the folders in
        between; else ``bones.nii.gz`` there, for a volume.
    """
    return next(filter(os.path.isfile, _candidates(path, root, kind)), None)


def _candidates(path: Path, root: Path, kind: str) -> Iterator[Path]:
    is_volume = path.name.lower().endswith(VOLUME_ENDINGS)
    endings = VOLUME_ENDINGS if is_volume else (".png", ".PNG")
    above = [path.parent, *path.parent.parents]
    bases = above[: above.index(root) + 1] if root in above else above[:1]
    for base in bases:
        stem = without_ending(path.relative_to(base).as_posix())[0]
        for place in PLACES:
            yield from (base / place / f"{stem}{kind}{ending}" for ending in endings)
    if is_volume:
        for base in bases:
            own = path.parent.relative_to(base)
            for place in PLACES:
                yield from (base / place / own / f"{kind[1:]}{ending}" for ending in endings)


def read_mask_png(path: Path) -> NDArray[np.int64]:
    """The numbers that a PNG stores, shape (rows, columns); of a palette, its indices.

    Raises
    ------
    UnreadableFile
        If there is no such file, or it is damaged or no PNG.
    UnsupportedImage
        If it holds colours.
    """
    try:
        refuse_no_file(path, "a PNG file")
        with warnings.catch_warnings():
            # Pillow warns of odd metadata, which is not used.
            warnings.simplefilter("ignore")
            with PIL.Image.open(path, formats=("PNG",)) as mask:
                _refuse_colours(mask.mode, path.name)
                return np.asarray(mask).astype(np.int64)
    except InputError:
        raise
    except PIL.UnidentifiedImageError as error:
        raise UnreadableFile(
            f"Reading {path.name}: not a PNG picture, or its beginning is damaged. Save the mask "
            "as PNG."
        ) from error
    except Exception as error:
        raise unreadable(path.name, error) from error


def _refuse_colours(mode: str, name: str) -> None:
    if mode not in _MODES:
        raise UnsupportedImage(
            f"Reading {name}: expected one number per pixel, found colours ({mode}). Save the "
            "mask as a grey PNG whose grey level is the label number."
        )
