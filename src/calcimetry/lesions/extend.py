"""How far lesions of a volume reach by their brightness, once a bone method has claimed them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.lesions.ground import Box, Ground
from calcimetry.regions import connected_components, distance_to

BoolArray = NDArray[np.bool_]


#: A claimed lesion's core is where the method's claim reaches this part of its height,
_CORE_SHARE = 0.8
#: of such a volume or more, and stands out from soft tissue by this on average.
_CORE_MM3, _CORE_HU = 1.5, 60.0
#: The lesion reaches at most so much farther than its claim, to this part of its core's brightness,
_REACH_MM, _STOP_SHARE = 1.8, 0.5
#: and not where that makes it so many times as large: it has leaked.
_LEAK_FACTOR = 2.0
#: Nor where the claim is so large: its flank is a small part of it, and it may be a bone that
#: nobody recognised, which is told by its outline (`calcimetry.lesions.hollow`).
_MOST_MM3 = 500.0
#: Nearer to bone than this and the blur, bone's halo hides what is its own brightness.
_HALO_MM = 0.3


def extend_claimed(ground: Ground) -> None:
    """Let claimed lesions take what is as bright as they are, where bone is not too near.

    A method is sure of a lesion's core and doubts its flanks, the more the fainter it is: of
    a lesion of 200 mg/cm3 it claims three quarters. How bright the core is says where its
    blurred border lies, and how much of each sample near that it fills. Only a lesion that
    this makes larger is changed.

    Parameters
    ----------
    ground : Ground
        Holds lesions that were grown from claims alone. Changed in place.
    """
    for number, start in enumerate(ndimage.find_objects(ground.labels), 1):
        if start is not None:
            _extend(ground, number, start)


def _extend(ground: Ground, number: int, start: Box) -> None:
    grid = ground.grid
    room = np.ceil((_REACH_MM + ground.border_mm) / np.array(grid.spacing)).astype(int)
    box = ground.wider(start, room)
    excess, fraction = ground.excess[box], ground.fraction[box]
    own = ground.labels[box] == number
    if own.sum() * grid.voxel_mm3 >= _MOST_MM3:
        return
    away_mm = _HALO_MM + ground.blur_sigma_mm
    away = distance_to(ground.bone[box], grid, np.ones(own.shape, bool), 2.0 * away_mm) > away_mm
    away = away.reshape(own.shape) & ~ground.bone[box]
    core = own & away & (fraction >= _CORE_SHARE * fraction[own].max())
    if core.sum() * grid.voxel_mm3 < _CORE_MM3:
        return
    brightness = float(excess[core].mean())
    if brightness < _CORE_HU:
        return
    free = (ground.labels[box] == 0) & away
    free[free] = distance_to(own, grid, free, _REACH_MM) <= _REACH_MM
    parts, _ = connected_components(own | (free & (excess >= _STOP_SHARE * brightness)))
    grown: BoolArray = np.isin(parts, np.unique(parts[own]))
    if grown.sum() > _LEAK_FACTOR * own.sum():
        return
    shown = excess / ground.own_brightness(box, grown, brightness)
    whole = grown | ground.border(box, grown)
    filled = np.where(whole & away, np.clip(shown, 0.0, 1.0), fraction)
    if filled[whole].sum() > fraction[whole].sum():
        ground.labels[box][grown] = number
        ground.fraction[box][whole] = filled[whole]
