"""Lesions measured in one region at both visits."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.followup.carry import carried_lesions
from calcimetry.followup.result import BoneAlignment
from calcimetry.followup.rigid import turn_about
from calcimetry.followup.together import Side, ratios_together
from calcimetry.followup.visit import Visit
from calcimetry.model import Grid, Image, Segmentation, bone_name
from tests.followup.lesions import lesion

SHAPE = (40, 44, 48)
SPACING = 0.5
TURN = turn_about(np.array([0.48, 0.6, 0.64]), np.deg2rad(15.0))
SHIFT = np.array([3.0, -2.0, 4.0])
CENTRE = np.array([10.0, 11.0, 14.0])
BONE, LESION, TISSUE, AIR = 1300.0, 700.0, 40.0, -1000.0


@dataclass(frozen=True)
class Scene:
    """A shaft beside a ball in soft tissue, as one visit sees and draws it; mm and HU.

    `drawn` is the radius that the visit drew the ball with, 0 for not at all; `moved` puts
    everything elsewhere in the scanner.
    """

    radius: float = 2.0
    drawn: float = 2.0
    hu: float = LESION
    moved: bool = False
    skin: float = np.inf
    neighbour: bool = False
    seed: int = 1

    def visit(self, name: str) -> Visit:
        """What it looks like, blurred and with noise."""
        affine = np.diag([SPACING, SPACING, SPACING, 1.0])
        if self.moved:
            motion = np.eye(4)
            motion[:3, :3], motion[:3, 3] = TURN.T, -SHIFT @ TURN
            affine = motion @ affine
        grid = Grid(SHAPE, affine)
        # In the frame that does not move: bones of both visits lie on each other.
        points = grid.index_to_mm(np.stack(np.indices(SHAPE), axis=-1))
        if self.moved:
            points = points @ TURN.T + SHIFT
        away = np.linalg.norm(points - CENTRE, axis=-1)
        beside = np.linalg.norm(points - CENTRE - np.array([0.0, 4.2, 0.0]), axis=-1)
        shaft = np.linalg.norm((points - np.array([10.0, 11.0, 20.5]))[..., 1:], axis=-1) <= 4.0
        hu = np.full(SHAPE, TISSUE)
        hu[points[..., 2] < CENTRE[2] - self.skin] = AIR
        hu[shaft] = BONE
        hu[away < self.radius] = self.hu
        if self.neighbour:
            hu[beside <= 1.8] = LESION
        hu = ndimage.gaussian_filter(hu, 0.35 / SPACING)
        hu += np.random.default_rng(self.seed).normal(0.0, 15.0, SHAPE)
        drawn = (away < self.drawn).astype(int)
        numbers = [1] if self.drawn else []
        if self.neighbour:
            drawn[(beside <= 2.6) & (drawn == 0)] = 2
            numbers.append(2)
        return Visit(
            name,
            Segmentation(shaft * 21, grid, {21: bone_name(21)}),
            Segmentation(drawn, grid, {n: f"calcification {n}" for n in numbers}),
            tuple(lesion(n, 4.0 / 3.0 * np.pi * self.drawn**3) for n in numbers),
            image=Image(hu, grid),
        )


def ratios(first: Scene, last: Scene, which=(1, 1)) -> dict[str, float]:
    """As measured, of the lesions with these numbers (0 for none)."""
    carrier = BoneAlignment(21, TURN, SHIFT, 0.0, 1.0, accepted=True)
    if not last.moved:
        carrier = BoneAlignment(21, np.eye(3), np.zeros(3), 0.0, 1.0, accepted=True)
    sides = []
    for scene, number, is_baseline in ((first, which[0], True), (last, which[1], False)):
        visit = scene.visit("first" if is_baseline else "last")
        carried = carried_lesions(visit, [carrier], is_baseline=is_baseline)
        sides.append(Side(visit, visit.image, [carried[number]] if number else []))
    return ratios_together(*sides, carrier)


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize(("before", "after"), [(2.0, 2.0), (1.6, 2.4), (2.5, 1.8)])
def test_borders_drawn_otherwise_change_nothing(before, after, moved):
    found = ratios(Scene(drawn=before), Scene(drawn=after, moved=moved, seed=2))
    assert np.log(found["volume_mm3"]) == pytest.approx(0.0, abs=0.06)
    assert np.log(found["mass_mg"]) == pytest.approx(0.0, abs=0.06)
    # Each visit's own volume would tell another story.
    assert abs(np.log((after / before) ** 3)) >= 0.9 or before == after


@pytest.mark.parametrize("radius", [1.7, 2.4])
def test_growth_and_shrinkage_are_told(radius):
    found = ratios(Scene(), Scene(radius, drawn=radius, moved=True, seed=2))
    truth = 3.0 * np.log(radius / 2.0)
    # Short of it: the larger one's blur past its own border lies out of the region.
    for ratio in found.values():
        assert 0.6 <= np.log(ratio) / truth <= 1.1


def test_denser_mineral_is_more_mass_in_about_the_same_volume():
    found = ratios(Scene(), Scene(hu=LESION + 200.0, seed=2))
    assert np.log(found["mass_mg"]) == pytest.approx(np.log(860 / 660), abs=0.05)
    assert 0.0 < np.log(found["volume_mm3"]) < 0.2


def test_a_place_that_one_visit_did_not_draw_is_measured():
    there = ratios(Scene(), Scene(drawn=0.0, moved=True, seed=2), (1, 0))
    assert np.log(there["volume_mm3"]) == pytest.approx(0.0, abs=0.1)
    gone = ratios(Scene(), Scene(radius=0.0, drawn=0.0, seed=2), (1, 0))
    assert not gone or gone["volume_mm3"] < 0.15
    came = ratios(Scene(radius=0.0, drawn=0.0), Scene(seed=2), (0, 1))
    assert not came or came["volume_mm3"] > 1.0 / 0.15


def test_air_where_the_skin_bulged_holds_no_mineral():
    gone = ratios(Scene(), Scene(radius=0.0, drawn=0.0, skin=-1.5, seed=2), (1, 0))
    assert not gone or gone["volume_mm3"] < 0.15


def test_another_lesion_is_left_out():
    plain = ratios(Scene(), Scene(seed=2))
    beside = ratios(Scene(neighbour=True), Scene(neighbour=True, seed=2))
    assert np.log(beside["volume_mm3"] / plain["volume_mm3"]) == pytest.approx(0.0, abs=0.06)
    # It came later, and reaches into what was drawn first: that part counts at neither visit.
    wide = ratios(Scene(drawn=2.6), Scene(drawn=2.0, neighbour=True, seed=2))
    assert np.log(wide["volume_mm3"]) == pytest.approx(0.0, abs=0.1)


def test_a_region_out_of_view_is_not_measured():
    first, last = Scene().visit("first"), Scene(seed=2).visit("last")
    carrier = BoneAlignment(21, np.eye(3), np.zeros(3), 0.0, 1.0, accepted=True)
    sides = []
    for visit, is_baseline in ((first, True), (last, False)):
        carried = carried_lesions(visit, [carrier], is_baseline=is_baseline)
        sides.append(Side(visit, visit.image, [carried[1]]))
    # The later visit ends in the middle of the lesion.
    cut = Grid((20, *SHAPE[1:]), last.bones.grid.affine)
    maps = [Segmentation(m.label_map[:20], cut, m.meanings) for m in (last.bones, last.lesion_map)]
    short = replace(
        last, bones=maps[0], lesion_map=maps[1], image=Image(last.image.array[:20], cut)
    )
    carried = carried_lesions(short, [carrier], is_baseline=False)
    assert ratios_together(sides[0], Side(short, short.image, [carried[1]]), carrier) == {}
    assert ratios_together(*sides, carrier)


def test_nothing_brighter_than_tissue_has_no_ratio():
    assert ratios(Scene(hu=TISSUE), Scene(hu=TISSUE, seed=2)) == {}
