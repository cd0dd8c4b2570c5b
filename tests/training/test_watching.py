"""Pictures of what a training finds."""

import numpy as np
import pytest

from calcimetry.render import palette
from calcimetry.training import watching
from calcimetry.training.network import bone_channels
from calcimetry.training.recipe import TARGETS


@pytest.mark.parametrize("materials", TARGETS.values(), ids=TARGETS)
def test_every_bone_that_a_network_tells_can_be_drawn(materials):
    for number in bone_channels(materials):
        parts = np.zeros((len(materials), 1, 1), np.float32)
        parts[number] = 1.0
        label_map, deposits = watching._labels(parts, materials)
        assert palette.bone_colour(int(label_map[0, 0]))
        assert not deposits.any()
