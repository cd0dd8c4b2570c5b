"""The dual-energy study of known truth: a pair on one grid."""

import numpy as np
import pytest

from calcimetry.dicom.find import find_series
from calcimetry.model import DualEnergyImage, Laterality


@pytest.fixture(scope="module")
def found(shared):
    return find_series([shared / "data" / "hand" / "dicom"])


def test_the_pair_is_found(found):
    (volume,) = found.volumes
    assert found.left == ()
    assert (volume.low_setting, volume.high_setting) == ("80", "Sn150")
    assert volume.laterality is Laterality.RIGHT
    assert volume.warnings == ()
    assert volume.grid.shape == (288, 138, 193)
    assert volume.grid.spacing == pytest.approx((0.6, 0.6, 0.6))


def test_its_values_are_hu(found):
    image = found.volumes[0].load()
    assert isinstance(image, DualEnergyImage)
    air = image.low.array[:, 0, 0].mean()
    assert air == pytest.approx(-1000, abs=30)
    # Hydroxyapatite absorbs more at the low energy: bone is brighter there.
    bone = image.low.array > 1000
    assert bone.sum() > 1000
    assert image.low.array[bone].mean() > 1.2 * image.high.array[bone].mean()
    assert np.isfinite(image.high.array).all()
