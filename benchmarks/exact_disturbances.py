"""What turning or another pixel spacing costs where truth need not be interpolated.

    python benchmarks/exact_disturbances.py [--fingers 60] [--method unet]

`disturbances.py` can only interpolate the reference pictures, and their truth with them. The
simulator draws the same finger again, turned or at another spacing, so that truth is exact each
time. Beside the method's Dice with it stands that of the interpolated truth: more than that no
method can reach where truth is interpolated.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from disturbances import SPACINGS_MM, TURNS_DEG
from judging import dice, print_table
from numpy.typing import NDArray
from rich.progress import track
from scipy import ndimage

from calcimetry.bone import find_method
from calcimetry.model import Grid
from calcimetry.phantom.anatomy import draw_finger
from calcimetry.phantom.picture import FingerPicture, finger_picture
from calcimetry.phantom.placement import DepositMix
from calcimetry.phantom.scanner import draw_scanner
from calcimetry.phantom.view import View, draw_view
from calcimetry.resample import resample_image

Mask = NDArray[np.bool_]
#: No training begins with these: of the finger, and of how it is looked at.
FINGER_SEED, VIEW_SEED = 991, 992
HEALTHY = DepositMix(none=1.0)
#: As the reference pictures are: pixels, slice (mm), and planes that hardly graze. The frame is
#: square and wide enough to hold as much of the finger however it is turned.
SPACING_MM, THICKNESS_MM, FRAME_MM, MOST_ASIDE_MM = 0.4, 0.6, (120.0, 120.0), 1.0


def draw(number: int, view: View) -> FingerPicture:
    """The same finger and scanner for each view."""
    scanner = draw_scanner(np.random.default_rng((VIEW_SEED, number, 1)))
    rng = np.random.default_rng((FINGER_SEED, number))
    return finger_picture(rng, view=view, scanner=scanner, mix=HEALTHY)


def usual_view(number: int) -> View:
    """A view of the reference pictures' kind."""
    _, solids = draw_finger(np.random.default_rng((FINGER_SEED, number)))
    view = draw_view(np.random.default_rng((VIEW_SEED, number)), solids, upright=True)
    aside = float(np.clip(view.plane_y, -MOST_ASIDE_MM, MOST_ASIDE_MM))
    return at_spacing(
        replace(view, plane_y=aside, plane_tilt=0.0, thickness_mm=THICKNESS_MM), SPACING_MM
    )


def at_spacing(view: View, spacing_mm: float) -> View:
    """The same view with other pixels."""
    rows, columns = (round(side / spacing_mm) for side in FRAME_MM)
    return replace(view, spacing_mm=spacing_mm, shape=(rows, columns))


def interpolated_turn(bones: Mask, degrees: float, exact: Mask) -> float:
    """Dice of a mask turned by interpolation, with the exact one; of the better direction."""
    whole = np.ones(bones.shape)
    within = ndimage.rotate(whole, degrees, order=1, reshape=False) > 1 - 1e-6
    turned = (
        ndimage.rotate(bones.astype(float), sign * degrees, order=1, reshape=False) >= 0.5
        for sign in (1, -1)
    )
    return max(dice(one & within, exact & within) for one in turned)


def interpolated_spacing(bones: Mask, view: View, exact: Mask, other: View) -> float:
    """Dice of a mask brought to other pixels by interpolation, with the exact one."""
    source, target = (
        Grid.picture(view.shape, view.spacing_mm),
        Grid.picture(other.shape, other.spacing_mm),
    )
    middles = [grid.index_to_mm((np.array(grid.shape) - 1) / 2) for grid in (source, target)]
    affine = target.affine.copy()
    affine[:3, 3] += middles[0] - middles[1]
    target = Grid(target.shape, affine)
    return dice(resample_image(bones.astype(np.float32)[None], source, target)[0] >= 0.5, exact)


def main() -> None:
    """Draw, find bone and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fingers", type=int, default=60)
    parser.add_argument("--method", default="unet")
    parser.add_argument("--model", default="", help="other weights of the method")
    options = parser.parse_args()
    method = find_method(options.method, options.model)
    found: dict[str, list[float]] = {}
    possible: dict[str, list[float]] = {}
    for number in track(range(options.fingers), "Drawing and finding bone"):
        view = usual_view(number)
        plain = draw(number, view)
        bones = plain.bone_map > 0

        def note(name: str, picture: FingerPicture, most: float) -> None:
            own = method.segment(picture.image).bones.mask[0]
            found.setdefault(name, []).append(dice(own, picture.bone_map > 0))
            possible.setdefault(name, []).append(most)

        note("as drawn", plain, 1.0)
        for degrees in TURNS_DEG:
            other = draw(number, replace(view, rotation=view.rotation + np.deg2rad(degrees)))
            note(
                f"turned by {degrees} degrees",
                other,
                interpolated_turn(bones, degrees, other.bone_map > 0),
            )
        for spacing_mm in SPACINGS_MM:
            own_view = at_spacing(view, spacing_mm)
            other = draw(number, own_view)
            note(
                f"{spacing_mm:g} mm",
                other,
                interpolated_spacing(bones, view, other.bone_map > 0, own_view),
            )
    before = float(np.mean(found["as drawn"]))
    rows = {
        name: {
            "method with exact truth: mean / worst": f"{np.mean(own):.3f} / {min(own):.3f}",
            "lost": f"{before - np.mean(own):+.3f}",
            "interpolated truth with exact truth: mean": f"{np.mean(possible[name]):.3f}",
        }
        for name, own in found.items()
    }
    columns = {what: {name: row[what] for name, row in rows.items()} for what in rows["as drawn"]}
    print_table(f"Bone Dice of {options.method}, {options.fingers} simulated fingers", columns)


if __name__ == "__main__":
    main()
