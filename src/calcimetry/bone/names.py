"""One name for each bone, from fractions that may disagree within it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Specks of bone below this area are noise.
_SMALLEST_BONE_MM2 = 1.0
#: A piece of one name this much smaller than the other name it touches is taken over.
_MINORITY = 0.3


def name_bones(parts: NDArray[np.float32], pixel_area_mm2: float) -> NDArray[np.uint16]:
    """Label map (rows, columns) from bone fractions (bones, rows, columns).

    A pixel is bone where the fractions add up to a half; it takes the name of the
    largest. A small piece that touches a much larger piece of another name is part
    of that bone (a network's slip within one bone), and specks are dropped.

    Parameters
    ----------
    parts : ndarray, shape (bones, rows, columns)
        Part of each pixel that bone 1, 2, ... fills.
    pixel_area_mm2 : float
        Area of one pixel.
    """
    bone = parts.sum(axis=0) >= 0.5
    label_map = np.where(bone, parts.argmax(axis=0) + 1, 0).astype(np.uint16)
    for _ in range(len(parts)):
        pieces, owner, area = _pieces(label_map, len(parts))
        changed = False
        for piece in np.argsort(area[1:]) + 1:
            here = pieces == piece
            around = ndimage.binary_dilation(here, np.ones((3, 3))) & ~here & (pieces > 0)
            if not around.any():
                if area[piece] * pixel_area_mm2 < _SMALLEST_BONE_MM2:
                    label_map[here] = 0
                continue
            touching, contact = np.unique(pieces[around], return_counts=True)
            neighbour = int(touching[contact.argmax()])
            if area[piece] < _MINORITY * area[neighbour] and contact.max() * 2 >= np.sqrt(
                area[piece]
            ):
                label_map[here] = owner[neighbour]
                changed = True
                break
        if not changed:
            break
    return label_map


def _pieces(
    label_map: NDArray[np.uint16], names: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Connected pieces of one name, the name of each, and its area in pixels."""
    pieces = np.zeros(label_map.shape, np.int32)
    owner = [0]
    for label in range(1, names + 1):
        found, count = ndimage.label(label_map == label, np.ones((3, 3)))
        pieces[found > 0] = found[found > 0] + len(owner) - 1
        owner += [label] * count
    return pieces, np.array(owner), np.bincount(pieces.ravel(), minlength=len(owner))
