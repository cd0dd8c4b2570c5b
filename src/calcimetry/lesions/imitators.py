"""What grows like calcification in a volume and is none, and what to say of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.hollow import without_bones
from calcimetry.lesions.metal import without_metal
from calcimetry.lesions.nails import without_nails
from calcimetry.lesions.sesamoids import without_sesamoids
from calcimetry.lesions.support import without_patches, without_supports
from calcimetry.model import Hand, Segmentation
from calcimetry.model.image import Image


def without_imitators(
    image: Image,
    bones: Segmentation,
    grown: GrownLesions,
    hands: Sequence[Hand],
    hidden: NDArray[np.bool_] | None = None,
) -> tuple[GrownLesions, list[str]]:
    """Leave metal, missed bones, fingernails and what the hand lies on out of grown lesions.

    Parameters
    ----------
    image : Image
        The part of a volume that holds a hand, in HU.
    bones : Segmentation
        Its bones.
    grown : GrownLesions
        On the image's grid.
    hands : sequence of Hand
        Whose bones they are.
    hidden : array of bool, shape of the grid, or None
        Where metal and what lies just around it hide everything.

    Returns
    -------
    grown : GrownLesions
        The rest, numbered from 1 without gaps.
    told : list of str
        A sentence for each kind of thing that was left out.
    """
    told = []
    grown, metal_mm3 = without_metal(grown, hidden)
    if metal_mm3:
        told.append(
            f"{metal_mm3:.0f} mm3 of metal, or of what it hides, look like lesions and are not "
            "measured."
        )
    grown, missed_cm3 = without_bones(image, grown)
    if missed_cm3:
        told.append(
            f"{missed_cm3:.1f} cm3 of mineral with marrow inside are bone that was not "
            "recognised, and are not measured: look at the overlay."
        )
    grown, sesamoids = without_sesamoids(image, bones, grown, hands)
    if sesamoids:
        told.append(
            f"{sesamoids} small bright things on the palmar side of knuckles, where sesamoids lie, "
            "are not measured."
        )
    grown, nails = without_nails(image, grown)
    if nails:
        told.append(f"{nails} faint sheets on the skin, like nails, are not measured.")
    grown, support_cm3 = without_supports(grown)
    if support_cm3:
        told.append(
            f"{support_cm3:.0f} cm3 that go on past the hand on several sides, like a plate under "
            "it, are not measured."
        )
    grown, patches = without_patches(image, grown)
    if patches:
        told.append(
            f"{patches} patches no brighter than what lies around them, like a plate under the "
            "hand, are not measured."
        )
    return grown, told
