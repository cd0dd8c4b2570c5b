"""Bones of volumes: as large as published, and each within its joints."""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.model import Bone, Digit
from calcimetry.phantom.anatomy import Solid
from calcimetry.phantom.bones import SIZE_SPREAD, draw_long_bone
from calcimetry.phantom.hand import draw_hand
from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.joints import bone_fields
from calcimetry.phantom.lattice import Lattice
from calcimetry.phantom.volume import lattice_around

#: Published: ../shared/references/published_numbers.md, an open statistical shape model of
#: 10 right hands. Length in mm with its 5th and 95th percentile, mid-shaft breadth and
#: depth in mm, volume in mm3.
PUBLISHED = {
    21: (41.2, 37.4, 44.9, 9.3, 6.4, 2806),
    22: (24.8, 22.1, 27.6, 8.0, 5.0, 1024),
    23: (17.5, 15.6, 19.6, 5.0, 3.8, 343),
    31: (45.7, 41.8, 49.6, 9.4, 7.0, 3337),
    32: (29.7, 27.1, 32.4, 8.6, 5.4, 1379),
    33: (18.7, 16.5, 20.9, 5.5, 4.2, 435),
    41: (42.3, 38.3, 46.2, 8.7, 6.1, 2491),
    42: (28.2, 25.5, 30.8, 8.0, 4.8, 1089),
    43: (19.1, 17.0, 21.3, 4.9, 3.6, 395),
    51: (33.7, 30.2, 37.1, 7.9, 5.4, 1641),
    52: (19.8, 16.8, 22.8, 7.0, 4.3, 597),
    53: (17.5, 15.4, 19.9, 3.9, 3.3, 257),
}
NO_WARP = np.zeros((0, 7))
WHOLE = HandSettings(
    pose="flat", wrist=False, acro_osteolysis=(0,) * 5, erosions=0, osteophytes=0, ankyloses=0
)


def _volume(field, spacing):
    return float(np.clip(0.5 + field.depth / spacing, 0.0, 1.0).sum()) * spacing**3


def _around(solid: Solid, spacing: float) -> Lattice:
    """Samples along a bone's own axes that hold all of it."""
    wide = 2.6 * max(solid.half_breadth.max(), solid.half_palmar.max(), solid.half_dorsal.max())
    size = np.array([solid.length + 4.0, wide, wide])
    corner = np.array([-wide / 2, -wide / 2, -2.0])
    steps = spacing * np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    n, rows, columns = np.ceil(size / spacing).astype(int)
    return Lattice((int(n), int(rows), int(columns)), corner, steps)


def test_bones_have_the_published_lengths_and_breadths():
    found = {label: [] for label in PUBLISHED}
    for seed in range(100):
        rng = np.random.default_rng((7, seed))
        size, slender = rng.normal(1.0, SIZE_SPREAD), rng.normal(1.0, 0.05)
        for label, values in found.items():
            solid = draw_long_bone(rng, Digit(label // 10), Bone(label % 10), size, slender, 1.0)
            # The surface half way: where it leaves the middle line to each side.
            line = np.linspace(-8.0, 8.0, 401)
            middle = np.array([solid.bow, 0.0, solid.length / 2])
            across, deep = (middle + line[:, None] * np.eye(3)[axis] for axis in (1, 0))
            breadth, depth = ((solid.distance(p)[0] < 0).sum() * 0.04 for p in (across, deep))
            along = np.linspace(-3.0, 60.0, 631)[:, None] * np.eye(3)[2]
            # The middle line is longer than the bone where condyles stand out beside it.
            length = max(
                (solid.distance(along + aside * np.eye(3)[1])[0] < 0).sum() * 0.1
                for aside in (0.0, 0.4 * solid.half_breadth[-2])
            )
            values.append((length, breadth, depth))
    for label, values in found.items():
        length, low, high, breadth, depth, _ = PUBLISHED[label]
        measured = np.array(values)
        assert measured[:, 0].mean() == pytest.approx(length, rel=0.05)
        assert measured[:, 1].mean() == pytest.approx(breadth, rel=0.05)
        assert measured[:, 2].mean() == pytest.approx(depth, rel=0.05)
        spread = np.subtract(*np.percentile(measured[:, 0], [95, 5]))
        assert 0.75 * (high - low) < spread < 1.35 * (high - low)


def test_bones_in_their_joints_have_the_published_volumes():
    spacing = 1.2
    found = {label: [] for label in PUBLISHED}
    for seed in range(100):
        rng = np.random.default_rng((8, seed))
        parts = [
            part for part in draw_hand(rng, WHOLE) if 20 < part.label < 60 and part.label % 10 < 5
        ]
        for field in bone_fields(parts, lattice_around(parts, spacing), NO_WARP):
            if field.part.label in found:
                found[field.part.label].append(_volume(field, spacing))
    ratios = {label: np.mean(values) / PUBLISHED[label][-1] for label, values in found.items()}
    assert all(0.95 < ratio < 1.05 for ratio in ratios.values()), ratios


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_no_two_bones_overlap_and_joints_are_as_wide_as_asked(seed):
    rng = np.random.default_rng((9, seed))
    parts = draw_hand(rng, HandSettings(ankyloses=0, wrist=True))
    lattice = lattice_around(parts, 0.8, longest_mm=400.0)
    fields = bone_fields(parts, lattice, NO_WARP)
    taken = np.zeros(lattice.shape, np.uint8)
    for field in fields:
        taken[field.box] += field.depth > 0
    assert taken.max() == 1


def test_the_faces_of_a_joint_run_side_by_side():
    spacing = 0.4
    parts = [p for p in draw_hand(np.random.default_rng(11), WHOLE) if p.name in ("21", "22")]
    fields = {f.part.name: f for f in bone_fields(parts, lattice_around(parts, spacing), NO_WARP)}
    shape = tuple(max(f.box[axis].stop for f in fields.values()) for axis in range(3))
    head, base = (np.zeros(shape, bool) for _ in range(2))
    head[fields["21"].box], base[fields["22"].box] = (fields[n].depth > 0 for n in ("21", "22"))
    to_head = ndimage.distance_transform_edt(~head) * spacing
    face = base & ~ndimage.binary_erosion(base) & (to_head < 2.0)
    gaps = to_head[face] - 0.5 * spacing
    assert face.sum() * spacing**2 > 30.0
    assert gaps.min() > 0.4
    assert 0.6 < np.median(gaps) < 1.3


def test_carpals_leave_room_for_cartilage():
    spacing = 0.6
    settings = HandSettings(wrist=True, pose="flat", ankyloses=0, acro_osteolysis=(0,) * 5)
    parts = [p for p in draw_hand(np.random.default_rng(12), settings) if p.label >= 60]
    fields = bone_fields(parts, lattice_around(parts, spacing), NO_WARP)
    shape = tuple(max(f.box[axis].stop for f in fields) for axis in range(3))
    nearest = []
    for field in fields:
        others, own = np.zeros(shape, bool), np.zeros(shape, bool)
        for other in fields:
            if other is not field:
                others[other.box] |= other.depth > 0
        own[field.box] = field.depth > 0
        away = ndimage.distance_transform_edt(~others) * spacing
        nearest.append(away[own].min() - 0.5 * spacing)
    assert min(nearest) > 0.4
    assert np.median(nearest) < 1.5
