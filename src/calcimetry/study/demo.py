"""What the demo measures: simulated on the spot, nothing is downloaded and none is a patient."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from calcimetry.files.nifti import write_ct_nifti
from calcimetry.files.tables import write_bytes, write_csv
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.picture import FingerPicture, finger_picture
from calcimetry.phantom.volume import finger_volume
from calcimetry.study.sources import EnergyPair

#: Seeds chosen for what they show: deposits on bone, in flesh and under the skin;
#: straight and bent fingers, the tip up and down.
_SEEDS = {"straight": 188, "bent": 167, "tip-down": 260, "crooked": 293}
#: A finger in CT with three deposits, one of them on bone, and nothing else out of the ordinary.
_VOLUME_SEED = (77, 6)


def write_demo_pictures(folder: Path) -> Path:
    """Simulate the demo's four finger pictures into `folder`, and return it.

    Parameters
    ----------
    folder : pathlib.Path
        Made as needed. Gets the pictures as PNG and a manifest.csv with their pixel
        spacing and their true lesion area, which results then show beside the
        measured one.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    rows = []
    for name, seed in _SEEDS.items():
        picture = finger_picture(np.random.default_rng(seed), name=name)
        write_bytes(folder / f"{name}.png", _png(picture))
        rows.append(
            {
                "image": f"{name}.png",
                "pixel_spacing_mm": picture.view.spacing_mm,
                "true_area_mm2": round(sum(one.area_mm2 for one in picture.lesions), 2),
            }
        )
    write_csv(folder / "manifest.csv", tuple(rows[0]), rows)
    return folder


def write_demo_volume(folder: Path) -> EnergyPair:
    """Simulate the demo's dual-energy CT of a finger into `folder`.

    Parameters
    ----------
    folder : pathlib.Path
        Made as needed. Gets one NIfTI file per energy.

    Returns
    -------
    EnergyPair
        The two files; its column true_volume_mm3 holds the true volume of all lesions.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    finger = finger_volume(np.random.default_rng(_VOLUME_SEED), settings=PLAIN_HAND)
    low, high = (folder / f"finger-{energy}.nii.gz" for energy in ("80kV", "Sn150kV"))
    write_ct_nifti(low, finger.image.low)
    write_ct_nifti(high, finger.image.high)
    true = round(sum(one.volume_mm3 for one in finger.lesions), 1)
    return EnergyPair(low, high, "80", "Sn150", {"true_volume_mm3": f"{true:g}"})


def _png(picture: FingerPicture) -> bytes:
    low, high = picture.scanner.clipped_hu
    grey = np.rint((picture.image.array[0] - low) / (high - low) * 255.0).astype(np.uint8)
    file = BytesIO()
    PillowImage.fromarray(grey).save(file, "PNG")
    return file.getvalue()
