"""Things that shine like deposits and are none: labelled apart, with energies of their own."""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.volume import hand_volume

NONE = {
    "pose": "flat",
    "wrist": False,
    "tilt_deg": 0.0,
    "cut_share": 0.0,
    "acro_osteolysis": (0,) * 5,
    "deposits": 0,
    "tophi": 0,
    "vessels": 0,
    "calluses": 0,
    "foreign_bodies": 0,
    "metals": 0,
    "ring": False,
    "table": False,
    "cushion": False,
}


def hand(seed=21, spacing=1.0, **choices):
    return hand_volume(np.random.default_rng(seed), spacing, HandSettings(**(NONE | choices)))


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("tophi", "tophus"),
        ("vessels", "vessel"),
        ("calluses", "callus"),
        ("foreign_bodies", "foreign body"),
        ("metals", "metal"),
        ("ring", "ring"),
    ],
)
def test_each_kind_is_in_its_own_map_and_in_none_of_the_others(setting, kind):
    made = hand(**{setting: True if setting == "ring" else 3})
    assert made.distractors
    assert {one.kind for one in made.distractors} == {kind}
    assert all(one.volume_mm3 > 0 for one in made.distractors)
    where = made.distractor_map > 0
    assert where.any()
    assert not made.lesions
    assert made.bone_fraction[where].max() <= 0.5 + 1e-6


def test_urate_is_nearly_as_bright_at_the_higher_energy_and_calcium_half_so():
    ratios = {}
    for setting in ("tophi", "calluses"):
        made = hand(spacing=0.8, **{setting: 4})
        # Away from bone and from the border; the mean of many samples, so noise averages out.
        clear = ndimage.binary_dilation(made.bone_fraction > 0, iterations=2)
        inside = ndimage.binary_erosion(made.distractor_map > 0) & (~clear | (setting != "tophi"))
        low, high = made.image.low.array[inside], made.image.high.array[inside]
        ratios[setting] = (low.mean() - 50.0) / (high.mean() - 50.0)
    assert ratios["tophi"] == pytest.approx(1.06, abs=0.12)
    assert ratios["calluses"] == pytest.approx(2.0, abs=0.3)


def test_metal_throws_streaks_into_its_slices():
    plain, metal = hand(), hand(metals=1)
    where = np.unique(np.argwhere(metal.distractor_map > 0)[:, 0])
    assert metal.image.low.array.max() > plain.image.low.array[where].max()


def test_foam_and_table_lie_where_there_was_air():
    plain, laid = hand(spacing=2.0), hand(spacing=2.0, table=True, cushion=True)
    assert laid.image.high.array.mean() > plain.image.high.array.mean() + 10.0
