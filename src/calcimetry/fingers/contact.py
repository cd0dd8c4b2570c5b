"""Where two pieces of bone meet, and whether they meet as one bone would."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcimetry.fingers.rod import FloatArray, fit_rod
from calcimetry.fingers.voxels import IntArray, Voxels

#: Where, in mm from the border of two pieces, their sections are taken.
SECTION_NEAR_MM, SECTION_FAR_MM, SECTION_RADIUS_MM = 0.5, 3.0, 12.0


@dataclass(frozen=True, eq=False, slots=True)
class Contact:
    """The border of two pieces.

    Parameters
    ----------
    first, second : int
        Numbers of the pieces.
    area_mm2 : float
        Of the border as seen along its normal, however the voxels lie to it.
    centre : array, shape (3,)
        Its middle in mm.
    normal : array, shape (3,)
        Unit vector across, from the first to the second.
    share : float
        `area_mm2` over the larger of the two pieces' sections beside it: near 1 within a
        bone, less at a joint and over a bridge.
    wrapped : float
        Largest share of a piece's whole surface that the border is.
    """

    first: int
    second: int
    area_mm2: float
    centre: FloatArray
    normal: FloatArray
    share: float
    wrapped: float


def find_contacts(voxels: Voxels, piece: IntArray, points: dict[int, FloatArray]) -> list[Contact]:
    """Every border of two pieces.

    Parameters
    ----------
    voxels : Voxels
    piece : array of int32, shape (n,)
        Number of each voxel's piece; -1 for none.
    points : mapping of int to array
        Points of each piece in mm.

    Returns
    -------
    list of Contact
    """
    first, second = piece[voxels.first], piece[voxels.second]
    across = (first != second) & (first >= 0) & (second >= 0)
    if not across.any():
        return []
    surface = _surfaces(voxels, piece)
    middles = (voxels.points[voxels.first[across]] + voxels.points[voxels.second[across]]) / 2.0
    faces = voxels.faces[across]
    first, second = first[across], second[across]
    turn = np.where(first < second, 1.0, -1.0)
    ordered = np.stack([np.minimum(first, second), np.maximum(first, second)], axis=1)
    pairs, which = np.unique(ordered, axis=0, return_inverse=True)
    which = which.ravel()
    contacts = []
    for number, (a, b) in enumerate(pairs):
        own = which == number
        vector = (faces[own] * turn[own, None]).sum(axis=0)
        area = float(np.linalg.norm(vector))
        normal = vector / max(area, 1e-9)
        centre = middles[own].mean(axis=0)
        sections = [
            _section(points[int(n)], centre, normal * side, voxels.voxel_mm3)
            for n, side in ((a, -1.0), (b, 1.0))
        ]
        touching = float(np.linalg.norm(faces[own], axis=1).sum())
        share = area / max(*sections, 1e-9)
        wrapped = touching / min(surface[a], surface[b])
        contacts.append(Contact(int(a), int(b), area, centre, normal, share, float(wrapped)))
    return contacts


def _surfaces(voxels: Voxels, piece: IntArray) -> FloatArray:
    """Area in mm2 of all faces of each piece, by its number."""
    size = int(piece.max()) + 1
    inside = (piece[voxels.first] == piece[voxels.second]) & (piece[voxels.first] >= 0)
    areas = np.linalg.norm(voxels.faces[inside], axis=1)
    shared = np.bincount(piece[voxels.first[inside]], areas, minlength=size)
    return voxels.surface_mm2 * np.bincount(piece[piece >= 0], minlength=size) - 2.0 * shared


def _section(
    points: FloatArray, centre: FloatArray, outward: FloatArray, voxel_mm3: float
) -> float:
    """Area in mm2 of a piece's section beside a border, on the side that `outward` points to."""
    offsets = points - centre
    along = offsets @ outward
    near = (along > SECTION_NEAR_MM) & (along < SECTION_FAR_MM)
    near &= ((offsets**2).sum(axis=1) - along**2) < SECTION_RADIUS_MM**2
    # A piece thinner than the slab is all the section there is.
    thickness = min(SECTION_FAR_MM - SECTION_NEAR_MM, max(float(along.max(initial=0.0)), 0.5))
    return float(near.sum() * voxel_mm3 / thickness)


def widest_section(points: FloatArray, voxel_mm3: float) -> float:
    """Largest section of a piece across its own axis, in mm2, over 2 mm of length."""
    rod = fit_rod(points)
    along = (points - rod.centre) @ rod.axis
    counts = np.bincount(((along - along.min()) / 2.0).astype(int))
    return float(counts.max() * voxel_mm3 / 2.0)
