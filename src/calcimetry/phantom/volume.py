"""Volumes of hands with known bones and deposits.

The bones of `hand`, wrapped in flesh and given deposits, are sampled on a regular
lattice that may lie in any direction and hold the whole hand or a part of it, then
blurred and given noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import SettingsError
from calcimetry.model import DualEnergyImage, Grid, Laterality
from calcimetry.phantom.acquisition import Acquisition, draw_acquisition, image_grid
from calcimetry.phantom.anatomy import Solid
from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.deposits import Deposit
from calcimetry.phantom.distractors import TrueDistractor, paint_distractors
from calcimetry.phantom.flesh import capsules, paint_flesh, paint_nails, wrap
from calcimetry.phantom.hand import draw_hand, lone_finger
from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.lattice import Lattice, cut, draw_waves
from calcimetry.phantom.lumps import TrueVolumeLesion, draw_lumps, paint_lump
from calcimetry.phantom.parts import Part
from calcimetry.phantom.pose import about
from calcimetry.phantom.posing import Posing
from calcimetry.phantom.projected import project
from calcimetry.phantom.scan_settings import ScanMode
from calcimetry.phantom.skeleton import paint_bones
from calcimetry.phantom.surroundings import lay_on

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, slots=True)
class HandVolume:
    """A simulated volume and its truth, all of the grid's shape.

    Parameters
    ----------
    image : DualEnergyImage
        Both energies in HU.
    laterality : Laterality
        Which hand it shows.
    bone_map : ndarray of uint8
        Label of the nearest bone (10 x digit + bone, 60 to 62), also a little beyond it.
    bone_fraction, deposit_fraction : ndarray of float32
        What part of each sample bones and deposits fill.
    deposit_mg_cm3 : ndarray of float32
        Hydroxyapatite of deposits per sample: its sum times a sample's volume is their mass.
    lesion_map : ndarray of uint8
        Numbers of the deposits.
    lesions : tuple of TrueVolumeLesion
        What is true of each.
    distractor_map : ndarray of uint8
        Numbers of the things that are no calcinosis.
    distractors : tuple of TrueDistractor
        What they are.
    settings : HandSettings
        What was chosen or drawn: nothing in it is None.
    acquisition : Acquisition
        How it was scanned; its gains are the HU that a mg/cm3 of hydroxyapatite adds.
    """

    image: DualEnergyImage
    laterality: Laterality
    bone_map: NDArray[np.uint8]
    bone_fraction: NDArray[np.float32]
    deposit_fraction: NDArray[np.float32]
    deposit_mg_cm3: NDArray[np.float32]
    lesion_map: NDArray[np.uint8]
    lesions: tuple[TrueVolumeLesion, ...]
    distractor_map: NDArray[np.uint8]
    distractors: tuple[TrueDistractor, ...]
    settings: HandSettings
    acquisition: Acquisition


def finger_volume(
    rng: np.random.Generator,
    spacing_mm: float = 0.6,
    settings: HandSettings | None = None,
    mode: ScanMode | None = None,
) -> HandVolume:
    """A dual-energy volume of one finger.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    spacing_mm : float
        Of the isotropic samples.
    settings : HandSettings, optional
        What the hand is like that the finger is from. Where the number of deposits is not
        chosen, it is none in a fifth, else 1 + Poisson(1); there is no wrist.
    mode : ScanMode, optional
        How it is scanned; in the image at 80 and Sn150 kV where not given. The finger and
        its truth do not depend on it.

    Raises
    ------
    SettingsError
        If the spacing is not more than 0.
    """
    chosen = settings or HandSettings()
    drawn = chosen.settled(rng)
    number = 0 if rng.random() < 0.2 else 1 + int(rng.poisson(1.0))
    if chosen.deposits is None:
        drawn = replace(drawn, deposits=number)
    parts = lone_finger(rng, draw_hand(rng, drawn))
    return _volume(rng, parts, spacing_mm, drawn, mode)


def hand_volume(
    rng: np.random.Generator,
    spacing_mm: float = 0.6,
    settings: HandSettings | None = None,
    mode: ScanMode | None = None,
) -> HandVolume:
    """A dual-energy volume of one hand; parameters and errors as of `finger_volume`."""
    drawn = (settings or HandSettings()).settled(rng)
    return _volume(rng, draw_hand(rng, drawn), spacing_mm, drawn, mode)


def _volume(
    rng: np.random.Generator,
    parts: list[Part],
    spacing_mm: float,
    settings: HandSettings,
    mode: ScanMode | None,
) -> HandVolume:
    """Parts of a hand on a grid that is tilted against them and may cut some off."""
    side = Laterality.LEFT if rng.random() < 0.5 else Laterality.RIGHT
    way = rng.normal(0.0, 1.0, 3)
    turn = about(way / np.linalg.norm(way), float(np.deg2rad(settings.tilt_deg or 0.0)))
    lattice = lattice_around(parts, spacing_mm, axes=_own_axes(parts) @ turn)
    end = int(rng.choice(6, p=[0.3, 0.3, 0.1, 0.1, 0.1, 0.1]))
    if settings.cut_share:
        lattice = cut(lattice, end, settings.cut_share)
    return simulate(rng, parts, lattice, side, settings=settings, mode=mode)


def _own_axes(parts: list[Part]) -> Array:
    """Rows x, y, z that a grid around these parts follows: a lone finger's are its own."""
    first = parts[0].shape
    alone = len({part.label // 10 for part in parts}) == 1
    return first.axes if alone and isinstance(first, Solid) else np.eye(3)


def lattice_around(
    parts: list[Part],
    spacing_mm: float,
    margin_mm: float = 14.0,
    longest_mm: float = 235.0,
    axes: Array | None = None,
) -> Lattice:
    """Isotropic samples over all parts, slices from the tips to the wrist, cut at `longest_mm`.

    Parameters
    ----------
    parts : list of Part
        What to hold.
    spacing_mm : float
        Distance of neighbours.
    margin_mm : float
        Room around the bones' middle lines.
    longest_mm : float
        Where the forearm is cut off.
    axes : ndarray, shape (3, 3), optional
        Rows: the grid's dorsal, thumbwards and tipwards directions in the hand's frame;
        its own where not given.

    Raises
    ------
    SettingsError
        If the spacing is not more than 0.
    """
    if not 0.0 < spacing_mm < np.inf:
        raise SettingsError(
            f"Simulating a hand: expected samples more than 0 mm apart, found {spacing_mm} mm."
        )
    rows = np.eye(3) if axes is None else np.asarray(axes, np.float64)
    ends = np.concatenate([np.stack(part.ends) for part in parts]) @ rows.T
    low, high = ends.min(axis=0) - margin_mm, ends.max(axis=0) + margin_mm
    low[2] = max(low[2] + margin_mm / 2, high[2] - longest_mm)
    x, y, z = np.ceil((high - low) / spacing_mm).astype(int)
    steps = spacing_mm * np.stack([-rows[2], -rows[0], rows[1]])
    origin = np.array([high[0], low[1], high[2]]) @ rows
    return Lattice((int(z), int(x), int(y)), origin, steps)


def simulate(
    rng: np.random.Generator,
    parts: list[Part],
    lattice: Lattice,
    laterality: Laterality = Laterality.LEFT,
    name: str = "phantom",
    settings: HandSettings | None = None,
    change: Callable[[list[Deposit]], list[Deposit]] | None = None,
    scan_rng: np.random.Generator | None = None,
    mode: ScanMode | None = None,
    posing: Posing | None = None,
) -> HandVolume:
    """Sample parts of a hand on a lattice, add flesh and deposits, and scan it.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    parts : list of Part
        From `calcimetry.phantom.hand`.
    lattice : Lattice
        Where to sample, in the hand's frame.
    laterality : Laterality
        Which hand the image shows; the right one is the left one's mirror image.
    name : str
        The image's name.
    settings : HandSettings, optional
        What there is besides bones: flesh, deposits, distractors. Drawn where not given.
    change : callable, optional
        What becomes of the deposits before they are drawn, such as growth until a later
        visit. It must keep their number and order. Nothing else then depends on them.
    scan_rng : numpy.random.Generator, optional
        For noise alone: another one gives another scan of the same hand.
    mode : ScanMode, optional
        How it is scanned; in the image at 80 and Sn150 kV where not given. Nothing else
        depends on it.
    posing : Posing, optional
        How bones and deposits, placed beside `parts` as they were drawn, are held in this scan.
    """
    mode = mode or ScanMode()
    drawn = (settings or HandSettings()).settled(rng)
    fat_mm = float(drawn.fat_mm or 0.0)
    waves = draw_waves(rng)
    lumps = draw_lumps(rng, parts, drawn.deposits or 0, drawn.plates or 0.0)
    # A texture takes as many random numbers as it has samples: where visits must agree in all
    # else, nothing else may come from the same generator after it.
    texture_rng = flesh_rng = bone_rng = thing_rng = rng
    if change is not None:
        texture_rng, flesh_rng, bone_rng, thing_rng = rng.spawn(4)
        changed = change([lump.deposit for lump in lumps])
        lumps = [replace(lump, deposit=one) for lump, one in zip(lumps, changed, strict=True)]
    if posing is not None:
        parts = posing.parts()
        lumps = [replace(lump, deposit=posing.deposit(lump.deposit)) for lump in lumps]
    rods = capsules(rng, parts, fat_mm)
    acquisition = draw_acquisition(rng)
    canvas = Canvas.empty(
        lattice,
        acquisition.low_gain,
        acquisition.high_gain,
        streaks=mode.physics == "image",
    )
    wrap(canvas, rods, [lump.deposit for lump in lumps], waves)
    lay_on(rng, canvas, rods, table=bool(drawn.table), cushion=bool(drawn.cushion))
    paint_flesh(flesh_rng, canvas, parts, waves, fat_mm)
    paint_nails(flesh_rng, canvas, parts)
    paint_bones(bone_rng, canvas, parts, waves, float(drawn.bone_loss or 0.0))
    lesions: list[TrueVolumeLesion] = []
    for place, lump in enumerate(lumps, start=1):
        lesion = paint_lump(texture_rng, canvas, lump, len(lesions) + 1)
        lesions += [replace(lesion, deposit=place)] if lesion else []
    distractors = paint_distractors(thing_rng, canvas, parts, drawn)
    image, acquisition = _scanned(
        scan_rng or rng, canvas, acquisition, mode, image_grid(lattice, laterality), name
    )
    return HandVolume(
        image=image,
        laterality=laterality,
        bone_map=canvas.bone_map,
        bone_fraction=canvas.bone,
        deposit_fraction=canvas.deposit,
        deposit_mg_cm3=canvas.deposit_mg_cm3,
        lesion_map=canvas.lesion_map,
        lesions=tuple(lesions),
        distractor_map=canvas.thing_map,
        distractors=distractors,
        settings=drawn,
        acquisition=acquisition,
    )


def _scanned(
    rng: np.random.Generator,
    canvas: Canvas,
    acquisition: Acquisition,
    mode: ScanMode,
    grid: Grid,
    name: str,
) -> tuple[DualEnergyImage, Acquisition]:
    """The image of a complete canvas, and how it was made."""
    acquisition = acquisition.at(mode.preset)
    if mode.physics == "projection":
        return project(rng, canvas, acquisition, mode, grid, name)
    return acquisition.scan(rng, canvas, grid, name), acquisition
