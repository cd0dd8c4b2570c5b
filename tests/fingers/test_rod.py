import numpy as np
import pytest

from calcimetry.fingers.rod import bow, fit_rod


def bent_rod(lift):
    """A rod of 40 mm along x whose middle lies `lift` mm up z."""
    x, y, z = np.mgrid[0:40.5:0.5, -4:4.5:0.5, -3:3.5:0.5]
    z = z + lift * (1 - (x / 20.0 - 1.0) ** 2)
    return np.stack([x, y, z], axis=-1).reshape(-1, 3)


def test_a_rod_has_axis_ends_and_width():
    rod = fit_rod(bent_rod(0.0))
    assert abs(rod.axis[0]) == pytest.approx(1.0)
    assert rod.length_mm == pytest.approx(40.0, abs=1.0)
    assert rod.width_mm == pytest.approx(8.0, abs=0.5)
    ends = sorted([rod.end(-1)[0], rod.end(1)[0]])
    assert ends == pytest.approx([0.0, 40.0], abs=0.6)


@pytest.mark.parametrize("lift", [-2.0, 0.0, 1.5])
def test_the_bow_points_to_where_the_middle_lies(lift):
    points = bent_rod(lift)
    assert bow(points, fit_rod(points))[2] == pytest.approx(0.42 * lift, abs=0.1)


def test_a_bone_too_short_to_bow_says_nothing():
    points = np.array([[0.0, 0, 0], [1, 0, 0]])
    assert bow(points, fit_rod(points)).tolist() == [0, 0, 0]
