"""From pictures and masks of one's own to a network that measures."""

import csv
import warnings
from dataclasses import replace

import numpy as np
import pytest

from calcimetry.bone import find_method
from calcimetry.bone.network import load_network, network_kind
from calcimetry.errors import InputError, ModelError, NotMeasurable, SettingsError
from calcimetry.model import Grid, Image
from calcimetry.phantom.picture import DEPOSIT, finger_picture
from calcimetry.training import train as training
from calcimetry.training.data import picture_set
from calcimetry.training.picture import TrainingPicture
from calcimetry.training.recipe import DataRecipe, NetworkRecipe, Recipe, TrainingRecipe
from calcimetry.training.room import Room
from calcimetry.training.train import train

RECIPE = Recipe(
    seed=4,
    data=DataRecipe(source="images", held_out=2, rotations_deg=[180.0]),
    network=NetworkRecipe("unet", [4, 4, 8, 8, 8, 4], targets="bone"),
    training=TrainingRecipe(
        batch_size=4, learning_rate=1e-2, weight_decay=0.0, epochs=2, validate_every=1, patience=5
    ),
)


@pytest.fixture(scope="module")
def pictures():
    made = []
    for i in range(6):
        one = finger_picture(np.random.default_rng((8, i)))
        labels = one.bone_map.copy()
        labels[one.lesion_map > 0] = DEPOSIT
        made.append(TrainingPicture(f"{i}.png", f"patient {i % 3}", one.image, labels))
    return made


@pytest.fixture(scope="module")
def run(pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Lightning's own
        train(RECIPE, folder, workers=1, pictures=pictures)
    return folder


def test_the_run_holds_what_a_user_needs(run):
    kept = {path.name for path in run.iterdir()}
    assert {"model.onnx", "model.json", "model.calibration.json", "model.md"} <= kept
    assert load_network(run / "model.onnx").materials == ("other", "bone")
    assert network_kind(run / "model.onnx") == "unet"
    assert list((run / "tensorboard").glob("events*"))
    assert len(list((run / "overlays").glob("step-*.png"))) == 2


def test_the_curve_has_a_row_per_validation(run):
    with (run / "curve.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert all(0.0 <= float(row["val_bone_dice"]) <= 1.0 for row in rows)


def test_the_card_says_what_was_learnt_from(run):
    card = (run / "model.md").read_text()
    assert "4 pictures of 2 patients, each as it is and turned 1 times" in card
    assert "Research use only" in card
    assert "bone Dice, mean of pictures" in card


def test_the_network_is_a_bone_method(run, pictures):
    method = find_method("unet", str(run / "model.onnx"))
    evidence = method.segment(pictures[0].image)
    assert evidence.method == method.version
    assert evidence.bones.grid.shape == pictures[0].image.grid.shape
    assert evidence.calcification_fraction is None
    with pytest.raises(NotMeasurable, match="tells bone alone"):
        method.segment_hand(pictures[0].image, evidence.bones, (), np.zeros(1, np.uint16))


def test_held_out_patients_are_not_learnt_from(pictures):
    made = picture_set(RECIPE, pictures)
    assert len(made.banks[0][0]) == 2 * 4
    assert len(made.validation[0]) == 2
    assert made.steps_per_epoch(3) == 3


def test_a_sample_is_what_measuring_shows_the_network(pictures):
    grey, parts = picture_set(RECIPE, pictures).banks[0]
    assert grey.shape[1] % 16 == 0
    assert grey.shape[2] % 16 == 0
    bone = parts[:, 0] > 127
    assert grey[bone].mean() > grey[~bone].mean() + 40


def test_a_frame_is_laid_around_the_phalanges(pictures):
    framed = replace(RECIPE, data=replace(RECIPE.data, frame=[256, 64]))
    grey, parts = picture_set(framed, pictures).banks[0]
    assert grey.shape[1:] == (256, 64)
    rows = np.argwhere(parts[::2, 0] > 127)[:, 1]
    assert abs(rows.mean() - 127.5) < 25


def test_bones_without_names_cannot_teach_names(pictures):
    nameless = [replace(one, has_names=False) for one in pictures]
    named = replace(RECIPE, network=replace(RECIPE.network, targets="named"))
    with pytest.raises(InputError, match=r"0\.png .*not which bone"):
        picture_set(named, nameless)


def test_source_and_pictures_must_agree(tmp_path, pictures):
    with pytest.raises(SettingsError, match="goes with pictures of your own"):
        train(RECIPE, tmp_path, workers=1)


def test_missing_weights_are_told_before_any_work(tmp_path, pictures):
    recipe = replace(RECIPE, network=replace(RECIPE.network, start="none.onnx"))
    with pytest.raises(ModelError, match=r"none\.onnx"):
        train(recipe, tmp_path / "run", workers=1, pictures=pictures)
    assert not (tmp_path / "run").exists()


def test_too_little_memory_is_told_before_any_work(tmp_path, pictures, monkeypatch):
    monkeypatch.setattr(training, "room_at", lambda _run: Room(1 << 40, 1 << 20))
    with pytest.raises(SettingsError, match="of memory are needed"):
        train(RECIPE, tmp_path / "run", workers=1, pictures=pictures)
    assert not (tmp_path / "run").exists()


def test_label_maps_of_another_size_do_not_come_this_far():
    image = Image(np.zeros((1, 4, 4)), Grid.picture((4, 4), 0.4))
    with pytest.raises(InputError):
        TrainingPicture("x", "y", image, np.zeros((3, 4)))
