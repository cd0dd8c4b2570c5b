"""Deposits that a bone method half believes in, settled region by region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.reclaim import give_back
from calcimetry.regions import connected_components


@dataclass(frozen=True, slots=True)
class SettleSettings:
    """When a place that is half bone, half deposit is all deposit."""

    #: A deposit is one where the method gives calcium this part of a pixel,
    claim: float = 0.33
    #: and reaches as far as the method gives it this part of the most that it gives there.
    share: float = 0.6


@dataclass(frozen=True, slots=True)
class VolumeClaims:
    """What a bone method must say of a place in a volume, where it has looked more than once.

    The answers of several sets of planes agree on deposits, and seldom on ridges of cortex, so
    more can be asked for than in a picture.
    """

    #: In place of `SettleSettings.claim` and of the growth's `claim_seed`,
    claim: float = 0.5
    #: and of the growth's `hint`.
    hint: float = 0.6


def settle_claims(evidence: BoneEvidence, settings: SettleSettings | None = None) -> BoneEvidence:
    """Make every deposit of which the method is sure enough one material throughout.

    On bone a method often divides what it sees: it says half deposit and half bone where
    it cannot tell, which is right on the average and wrong in every single place. A
    deposit then counts with half of its size, and the other half stays in the bone.

    Parameters
    ----------
    evidence : BoneEvidence
        Of a picture or a volume.
    settings : SettleSettings, optional

    Returns
    -------
    BoneEvidence
        The same where the method claims no calcium; otherwise with the bone in each such
        region counted as calcification.
    """
    settings = settings or SettleSettings()
    claimed = evidence.calcification_fraction
    if claimed is None:
        return evidence
    regions, _ = connected_components(claimed >= settings.claim * settings.share)
    taken = np.zeros(claimed.shape, bool)
    for number, box in enumerate(ndimage.find_objects(regions), 1):
        own = regions[box] == number
        most = float(claimed[box][own].max())
        if most >= settings.claim:
            taken[box] |= own & (claimed[box] >= settings.share * most)
    return give_back(evidence, taken, border_mm=0.0)
