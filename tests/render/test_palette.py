"""Colours."""

from __future__ import annotations

from calcimetry.model import Bone
from calcimetry.render.palette import LESION, bone_colour


def test_every_bone_of_a_digit_and_the_lesions_have_colours_of_their_own() -> None:
    colours = {bone_colour(bone) for bone in Bone} | {LESION}
    assert len(colours) == len(Bone) + 1


def test_digit_and_side_do_not_change_the_colour() -> None:
    assert bone_colour(143) == bone_colour(3)
    assert bone_colour(161) == bone_colour(60)
