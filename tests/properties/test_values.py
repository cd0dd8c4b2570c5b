"""What every value promises: it travels, it does not change, and equal values are equal."""

import pickle
from dataclasses import FrozenInstanceError, fields, is_dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcimetry.bone.method import BoneEvidence
from tests import strategies

VALUES = {
    "Grid": strategies.grids(),
    "Image": strategies.images(),
    "Segmentation": strategies.segmentations(),
    "BoneEvidence": strategies.bone_evidence(),
    "Interval": strategies.intervals,
    "Lesion": strategies.lesions(),
    "Report": strategies.reports(),
}
every_value = pytest.mark.parametrize("kind", VALUES)


def arrays_in(value: object) -> list[np.ndarray]:
    """Every array that a value holds, in nested values too."""
    if isinstance(value, np.ndarray):
        return [value]
    if is_dataclass(value):
        return [a for f in fields(value) for a in arrays_in(getattr(value, f.name))]
    if isinstance(value, tuple):
        return [a for part in value for a in arrays_in(part)]
    return []


def assert_same(one: object, other: object) -> None:
    """Equality by hand, field by field: the oracle for ==."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    elif is_dataclass(one):
        for f in fields(one):
            assert_same(getattr(one, f.name), getattr(other, f.name))
    else:
        assert one == other


@every_value
@given(data=st.data())
def test_pickling_keeps_contents_and_read_only_arrays(kind, data):
    value = data.draw(VALUES[kind])
    travelled = pickle.loads(pickle.dumps(value))
    assert_same(travelled, value)
    for array in arrays_in(travelled):
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array.flat[0] = 1


@pytest.mark.parametrize("kind", sorted(set(VALUES) - {"BoneEvidence"}))
@given(data=st.data())
def test_a_travelled_value_is_equal_and_hashes_alike(kind, data):
    value = data.draw(VALUES[kind])
    travelled = pickle.loads(pickle.dumps(value))
    assert travelled == value
    assert hash(travelled) == hash(value)
    assert len({travelled, value}) == 1


@given(strategies.bone_evidence())
def test_bone_evidence_is_compared_by_identity(evidence):
    assert evidence == evidence  # noqa: PLR0124 - identity is the point
    assert evidence != pickle.loads(pickle.dumps(evidence))
    assert isinstance(hash(evidence), int)
    assert BoneEvidence.__eq__ is object.__eq__


@every_value
@given(data=st.data())
def test_no_value_equals_another_kind(kind, data):
    value = data.draw(VALUES[kind])
    assert value != "something else"
    assert value != 0


@every_value
@given(data=st.data())
def test_no_field_can_be_set(kind, data):
    value = data.draw(VALUES[kind])
    for f in fields(value):
        with pytest.raises(FrozenInstanceError):
            setattr(value, f.name, None)


@given(strategies.grids(), strategies.grids())
def test_grids_are_equal_exactly_when_their_parts_are(one, other):
    same = (
        one.shape == other.shape
        and bool((one.affine == other.affine).all())
        and one.frame_of_reference_uid == other.frame_of_reference_uid
    )
    assert (one == other) is same


@given(strategies.images(), st.data())
def test_one_changed_intensity_makes_another_image(image, data):
    array = image.array.copy()
    array.flat[data.draw(st.integers(0, array.size - 1))] += 1.0
    changed = type(image)(array, image.grid, image.unit, image.clipped_hu, image.name)
    assert changed != image


@given(strategies.segmentations(), st.data())
def test_one_changed_label_makes_another_segmentation(segmentation, data):
    label_map = segmentation.label_map.copy()
    place = data.draw(st.integers(0, label_map.size - 1))
    label_map.flat[place] = 1 if label_map.flat[place] != 1 else 2
    changed = type(segmentation)(label_map, segmentation.grid, segmentation.meanings)
    assert changed != segmentation


@given(strategies.segmentations())
def test_labels_and_mask_agree_with_the_label_map(segmentation):
    present = {int(n) for n in segmentation.label_map.ravel()} - {0}
    assert segmentation.labels == tuple(sorted(present))
    np.testing.assert_array_equal(segmentation.mask, segmentation.label_map != 0)
