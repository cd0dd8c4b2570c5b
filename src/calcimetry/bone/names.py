"""One name for each bone, from fractions that may disagree within it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.regions import wider

#: Specks of bone below this area are noise.
_SMALLEST_BONE_MM2 = 1.0
#: No proximal phalanx is longer; metacarpals and it together are (published lengths: 33 to 51 mm,
#: and 45 to 77 mm for the metacarpals beyond).
_LONGEST_PROXIMAL_MM = 60.0
#: A piece this large is a bone, not a speck.
_BONE_MM2 = 20.0
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
        boxes = ndimage.find_objects(pieces)
        changed = False
        for piece in np.argsort(area[1:]) + 1:
            box = wider(boxes[piece - 1], (1.0, 1.0), 1.0)
            near = pieces[box]
            here = near == piece
            around = ndimage.binary_dilation(here, np.ones((3, 3))) & ~here & (near > 0)
            if not around.any():
                if area[piece] * pixel_area_mm2 < _SMALLEST_BONE_MM2:
                    label_map[box][here] = 0
                continue
            touching, contact = np.unique(near[around], return_counts=True)
            neighbour = int(touching[contact.argmax()])
            if area[piece] < _MINORITY * area[neighbour] and contact.max() * 2 >= np.sqrt(
                area[piece]
            ):
                label_map[box][here] = owner[neighbour]
                changed = True
                break
        if not changed:
            break
    return label_map


def part_metacarpal(
    label_map: NDArray[np.uint16], spacing: tuple[float, float]
) -> NDArray[np.uint16]:
    """Call the further of two bones metacarpal that are both called proximal.

    Networks that saw metacarpals only where a picture ends call a whole one proximal, like
    the phalanx before it.

    Parameters
    ----------
    label_map : ndarray, shape (rows, columns)
        1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal.
    spacing : (float, float)
        Row and column spacing in mm.

    Returns
    -------
    ndarray
        The same, but pieces called proximal that reach further from the other phalanges than
        any proximal phalanx does are metacarpal. Without other phalanges
        nothing is changed: which is nearer is not known.
    """
    proximal, metacarpal = 1, 4
    pieces, count = ndimage.label(label_map == proximal, np.ones((3, 3)))
    pixel = spacing[0] * spacing[1]
    large = [n for n in range(1, count + 1) if (pieces == n).sum() * pixel >= _BONE_MM2]
    others = np.argwhere((label_map > proximal) & (label_map < metacarpal)) * spacing
    if len(large) < 2 or not len(others):
        return label_map
    places = [np.argwhere(pieces == n) * spacing for n in large]
    every = np.concatenate(places)
    outward = every.mean(axis=0) - others.mean(axis=0)
    outward /= np.linalg.norm(outward) + 1e-9
    start = float((every @ outward).min())
    beyond = [
        n
        for n, place in zip(large, places, strict=True)
        if (place @ outward).max() - start > _LONGEST_PROXIMAL_MM
    ]
    # A single piece that is too long by itself is two bones that touch: not for names to part.
    if len(beyond) == len(large):
        return label_map
    return np.where(np.isin(pieces, beyond), np.uint16(metacarpal), label_map)


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
