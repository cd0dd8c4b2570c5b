import numpy as np

from calcimetry.measurement.calibration import Calibration, CalibrationLine
from calcimetry.measurement.rod_readings import RodReading
from calcimetry.model import Grid, Image
from calcimetry.render import palette
from calcimetry.render.calibration_sheet import draw_calibration


def test_rods_and_lines_are_drawn():
    grid = Grid((3, 80, 100), np.eye(4)[:, [2, 1, 0, 3]])
    image = Image(np.zeros(grid.shape), grid)
    rods = [(0.0, (20.0, 30.0, 1.0)), (200.0, (50.0, 30.0, 1.0)), (400.0, (80.0, 30.0, 1.0))]
    readings = [
        RodReading(f"R{n}", density, (2 * density, density), (1.0, 1.0), centre, 3.0)
        for n, (density, centre) in enumerate(rods)
    ]
    lines = (CalibrationLine("80", 2.0), CalibrationLine("", 1.0))
    drawn = np.asarray(draw_calibration(image, readings, Calibration(lines)))
    orange = (drawn == palette.LESION).all(axis=-1)
    left, right = orange[:, : drawn.shape[1] // 2], orange[:, drawn.shape[1] // 2 :]
    assert left.any()
    assert right.any()
    blue = (drawn == (86, 180, 233)).all(axis=-1)
    assert blue.any()
    assert drawn.shape == (640, 1066, 3)
