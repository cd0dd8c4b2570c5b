"""The contract that every bone method keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.model.geometry import read_only_copy
from calcimetry.model.hand import Hand
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation


@dataclass(frozen=True, eq=False, slots=True)
class BoneEvidence:
    """Where bone is, and how much of each pixel it fills.

    Parameters
    ----------
    bones : Segmentation
        One label per bone (`calcimetry.model.Phalanx`), on the image's own grid.
    bone_fraction : array_like, shape of the grid, 0 to 1
        Part of each pixel that bone fills. A method that only decides in or out
        gives 0 and 1.
    calcification_fraction : array_like, shape of the grid, 0 to 1, or None
        Part of each pixel that the method itself holds to be calcification
        outside bone; None where the method cannot tell calcium from bone.
    method : str
        Name of the method and, for a network, the fingerprint of its weights.
    """

    bones: Segmentation
    bone_fraction: NDArray[np.float32]
    calcification_fraction: NDArray[np.float32] | None
    method: str

    def __post_init__(self) -> None:
        for name in ("bone_fraction", "calcification_fraction"):
            value = getattr(self, name)
            if value is None:
                continue
            fraction = read_only_copy(value, np.float32)
            if fraction.shape != self.bones.grid.shape:
                raise InputError(
                    f"Making bone evidence: {name} has shape {fraction.shape}, "
                    f"the grid {self.bones.grid.shape}."
                )
            if not (fraction.min() >= 0.0 and fraction.max() <= 1.0):
                raise InputError(f"Making bone evidence: {name} must lie between 0 and 1.")
            object.__setattr__(self, name, fraction)

    def __reduce__(self) -> tuple[Any, ...]:
        calcification = self.calcification_fraction
        return BoneEvidence, (
            self.bones,
            np.array(self.bone_fraction),
            None if calcification is None else np.array(calcification),
            self.method,
        )


#: Nothing of a body is darker than this.
AIR_HU = -200.0


def require_picture(image: Image) -> None:
    """Refuse what is no picture of a body: a volume, and nothing but air.

    Parameters
    ----------
    image : Image
        In HU.

    Raises
    ------
    NotMeasurable
        If the image has more than one slice, or no sample is as bright as fat.
    """
    if not image.is_picture:
        raise NotMeasurable(
            f"Finding bone in {image.name!r}: expected a picture of one slice, found "
            f"{image.grid.shape[0]} slices."
        )
    brightest = float(image.array.max())
    if brightest <= AIR_HU:
        raise NotMeasurable(
            f"Finding bone in {image.name!r}: expected a finger, brighter than {AIR_HU:g} HU, "
            f"found air alone (at most {brightest:.0f} HU). Check window and level, and which "
            "image was exported."
        )


class BoneMethod(Protocol):
    """What `calcimetry.bone.METHODS` holds: finds the bones of one image.

    Implementations are pure and deterministic: the same image gives the same
    evidence, in any order of calls. They make no use of `Image.name`, assume no
    orientation, and work at pixel spacings from 0.1 to 1.0 mm. Air alone they refuse
    (`require_picture`). Where a body shows no bone they return an empty segmentation rather
    than raise: the pipeline refuses that, in one place for all methods.
    """

    name: str

    @property
    def version(self) -> str:
        """The name and, for a network, the fingerprint of its weights: what results depend on."""
        ...

    def segment(self, image: Image) -> BoneEvidence:
        """Find the bones of `image` (HU).

        Raises
        ------
        NotMeasurable
            If the image shows air alone, or is a volume.
        """
        ...

    def segment_hand(
        self,
        image: Image,
        bones: Segmentation,
        hands: Sequence[Hand],
        lumps: NDArray[np.uint16],
    ) -> BoneEvidence:
        """Part bone and deposit in a volume (HU) whose bones are known roughly, by name.

        `lumps` numbers mineral that hangs on a bone without being one (`RoughBones.lumps`).

        Raises
        ------
        NotMeasurable
            If the method knows pictures only.
        """
        ...
