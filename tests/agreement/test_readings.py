from __future__ import annotations

import pytest

from calcimetry.agreement.readings import Readings
from calcimetry.errors import InputError

THREE = Readings(
    ("one", "two", "three", "four"),
    {"a": (1.0, 2.0, None, None), "b": (1.5, None, 3.0, None), "c": (1.0, 2.0, 3.0, 4.0)},
    ("P", "P", "Q", "R"),
)


def test_a_pair_counts_what_it_leaves_out():
    pair = THREE.pair("a", "b")
    assert pair.images == ("one",)
    assert pair.values.tolist() == [[1.0, 1.5]]
    assert (pair.lacks_a, pair.lacks_b, pair.lacks_both) == (1, 1, 1)
    assert pair.patients == 1
    assert THREE.pair("c", "a").images == ("one", "two")


def test_complete_rows():
    values, subjects = THREE.complete(("a", "c"))
    assert values.tolist() == [[1.0, 1.0], [2.0, 2.0]]
    assert subjects == ("P", "P")
    assert THREE.complete(("a", "b", "c"))[0].shape == (1, 3)


def test_what_is_left_out_is_named():
    assert THREE.left_out(("a", "b")) == {"two": ("b",), "three": ("a",), "four": ("a", "b")}


def test_nobody_reads_the_same_image():
    readings = Readings(("one",), {"a": (None,), "b": (2.0,)})
    pair = readings.pair("a", "b")
    assert pair.values.shape == (0, 2)
    assert pair.patients is None
    assert readings.complete(("a", "b"))[1] is None


def test_lengths_must_fit():
    with pytest.raises(InputError, match=r"2 images need as many values, found \{'a': 1\}"):
        Readings(("one", "two"), {"a": (1.0,), "b": (1.0, 2.0)})
    with pytest.raises(InputError, match=r"\{'subjects': 1\}"):
        Readings(("one", "two"), {"a": (1.0, 2.0)}, ("P",))
