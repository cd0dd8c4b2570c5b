import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.measurement.rod_readings import KnownRod, read_rods
from calcimetry.model import Grid, Image, Segmentation

GRID = Grid(
    (10, 60, 60), np.array([[0, 0, 0.8, -24], [0, 0.8, 0, -24], [2, 0, 0, -9], [0, 0, 0, 1.0]])
)
CENTRES = {"A": (-10.0, 0.0, 0.0), "B": (10.0, 4.0, 1.0)}
DENSITY = {"A": 100.0, "B": 400.0}


@pytest.fixture(scope="module")
def scan():
    """Rods of 4 mm radius along the slices' normal, and their label map."""
    places = GRID.index_to_mm(np.stack(np.indices(GRID.shape), axis=-1))
    hu, labels = np.zeros(GRID.shape), np.zeros(GRID.shape, np.uint16)
    for number, (name, centre) in enumerate(CENTRES.items(), start=1):
        inside = np.linalg.norm((places - centre)[..., :2], axis=-1) < 4.0
        hu[inside], labels[inside] = 2.0 * DENSITY[name], number
    noise = np.random.default_rng(0).normal(0.0, 10.0, GRID.shape)
    low, high = Image(hu + noise, GRID, name="low"), Image(hu / 2 + noise, GRID, name="high")
    return (low, high), Segmentation(labels, GRID, {1: "A", 2: "B"})


def known(**changes):
    return [
        KnownRod(name, DENSITY[name], **({"centre_mm": CENTRES[name]} | changes))
        for name in CENTRES
    ]


@pytest.mark.parametrize("radius", [None, 4.0])
def test_rods_are_read_where_they_are(scan, radius):
    images, _ = scan
    for one in read_rods(images, known(radius_mm=radius)):
        assert one.mean_hu == pytest.approx((2 * DENSITY[one.name], DENSITY[one.name]), abs=3)
        assert one.centre_mm == pytest.approx(CENTRES[one.name], abs=1.0)
        assert one.sd_hu[0] == pytest.approx(10.0, rel=0.4)


def test_rods_may_be_given_by_label(scan):
    images, labels = scan
    rods = [KnownRod(name, DENSITY[name], label=n) for n, name in enumerate(CENTRES, start=1)]
    for one in read_rods(images, rods, labels):
        assert one.mean_hu[0] == pytest.approx(2 * DENSITY[one.name], abs=3)


@pytest.mark.parametrize(
    ("rod", "words"),
    [
        (KnownRod("X", 1.0, (90.0, 0.0, 0.0)), "at 90.0, 0.0, 0.0 mm lies outside the scan"),
        (KnownRod("X", 1.0, (-6.0, 0.0, 0.0)), "not found. Expected it to be even"),
        (KnownRod("X", 1.0, label=7), "has no label 7"),
        (KnownRod("X", 1.0), "found neither"),
        (KnownRod("X", 1.0, (0.0, 0.0, 0.0), radius_mm=0.5), "8 samples or more inside it"),
    ],
)
def test_rods_that_are_not_there_are_refused_by_name(scan, rod, words):
    images, labels = scan
    with pytest.raises(InputError, match=rf"Reading rod X in 'low': .*{words}"):
        read_rods(images, [*known(), rod], labels)


def test_air_is_no_rod():
    image = Image(np.full(GRID.shape, -1000.0), GRID)
    with pytest.raises(InputError, match="found -1000 HU"):
        read_rods([image], known())


def test_a_windowed_scan_is_refused(scan):
    image = Image(scan[0][0].array, GRID, "HU", (-300.0, 1200.0))
    with pytest.raises(InputError, match="a windowed image of -300 to 1200 HU"):
        read_rods([image], known())
