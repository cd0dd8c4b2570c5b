"""Objects apart from all bones of which a network half believes that they are bone."""

import numpy as np
import pytest

from calcimetry.bone.islands import settle_islands

ROWS, COLUMNS = 40, 20
PLATE = (slice(10, 26), slice(3, 6))
MIDDLE = (slice(16, 20), slice(3, 6))


def fractions(middle: float, *, beside_bone: bool = False) -> np.ndarray:
    """A bone, and a plate of deposit whose middle is given to bone to so much."""
    parts = np.zeros((5, ROWS, COLUMNS), np.float32)
    parts[1, :, 10:16] = 0.95
    parts[(4, *PLATE)] = 0.9
    parts[(4, *MIDDLE)] = 1.0 - middle
    parts[(0, *MIDDLE)] = middle
    if beside_bone:
        parts[1, 16:20, 6:10] = 0.95
    return parts


def test_an_unsure_middle_of_a_plate_is_deposit() -> None:
    settled = settle_islands(fractions(0.55))
    assert settled[(0, *MIDDLE)].max() == 0.0
    assert settled[(4, *MIDDLE)] == pytest.approx(1.0)
    assert settled[1] == pytest.approx(fractions(0.55)[1])


@pytest.mark.parametrize("case", [fractions(0.9), fractions(0.55, beside_bone=True)])
def test_sure_bone_and_what_hangs_on_bone_stay(case: np.ndarray) -> None:
    assert settle_islands(case) == pytest.approx(case)


def test_a_bone_with_a_smaller_deposit_stays() -> None:
    case = np.zeros((5, ROWS, COLUMNS), np.float32)
    case[2, 10:20, 3:9] = 0.55
    case[4, 20:24, 3:9] = 0.9
    assert settle_islands(case) == pytest.approx(case)


def test_the_fractions_given_are_left_as_they_are() -> None:
    case = fractions(0.55)
    before = case.copy()
    settle_islands(case)
    assert np.array_equal(case, before)
