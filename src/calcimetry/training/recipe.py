"""Training recipes: all that decides a training's result, read from TOML."""

from __future__ import annotations

import difflib
import tomllib
import types
import typing
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from calcimetry.bone.hand_view import KINDS
from calcimetry.bone.picture_network import BONE_ONLY, NAMED, NAMELESS
from calcimetry.bone.working_view import SIDES
from calcimetry.errors import SettingsError
from calcimetry.phantom.placement import USUAL, DepositMix
from calcimetry.training.architectures import check_network

#: Where the recipes lie that come with calcimetry.
SHIPPED = Path(__file__).parent / "recipes"

#: What a network can be asked for, by the name of the recipe's `targets`.
TARGETS = {"named": NAMED, "nameless": NAMELESS, "bone": BONE_ONLY, "kinds": KINDS}
SOURCES = ("simulator", "images", "paper")


@dataclass(frozen=True, slots=True)
class DataRecipe:
    """What is learnt from.

    Parameters
    ----------
    source : {"simulator", "images", "paper"}
        Simulated pictures made for training; the user's own pictures with their masks; or
        the 40 simulated pictures of 3 patients that stand for the source paper's.
    upright, square, palm, plane, section, slab, finger, block, hand, validation : int
        Of the simulator: training pictures of whole fingers, of parts, and of parts with
        the metacarpal; planes along and across fingers of simulated hands, as volumes show
        them, slabs of them and of lone fingers as pictures; blocks of such fingers, for
        networks of three dimensions; whole hands, coarse, for networks that tell the kinds of
        bone; and pictures, or blocks, to judge by.
    deposits : DepositMix
        Of the simulator: how many deposits the training pictures hold, and where.
    split_by : {"patient", "image"}
        Of images: what is never in both training and held-out pictures.
    held_out : int
        Of images: how many pictures are kept to judge by; 0 keeps a fifth. Split by patient,
        whole patients are kept until there are at least so many.
    frame : list of int
        Of images: rows and columns of 0.4 mm, multiples of 16, that are shown of each, around
        its phalanges; left out, all of each is shown.
    rotations_deg : list of float
        Of images: each training picture is added again turned by each of these.
    vary : bool
        Whether each batch is mirrored, brightened, made noisier and cut off by chance.
    close : float
        Part of the batches, from 0 to 1, that shows small pieces of pictures, most of them
        around deposits.
    """

    source: str = "simulator"
    upright: int = 0
    square: int = 0
    palm: int = 0
    plane: int = 0
    section: int = 0
    slab: int = 0
    finger: int = 0
    block: int = 0
    hand: int = 0
    validation: int = 0
    deposits: DepositMix = USUAL
    split_by: Literal["patient", "image"] = "patient"
    held_out: int = 0
    frame: list[int] = field(default_factory=list)
    rotations_deg: list[float] = field(default_factory=list)
    vary: bool = True
    close: float = 0.0

    @property
    def simulated(self) -> dict[str, int]:
        """Of the simulator: how many training pictures of each kind, those of none left out."""
        kinds = ("upright", "square", "palm", "plane", "section", "slab", "finger", "block", "hand")
        return {kind: count for kind in kinds if (count := getattr(self, kind))}

    @property
    def judged(self) -> str:
        """Of the simulator: the kind of the pictures, or blocks, to judge by."""
        return next((kind for kind in ("block", "hand") if getattr(self, kind)), "upright")


@dataclass(frozen=True, slots=True)
class NetworkRecipe:
    """The network: its kind and channels, what it is asked for, and where it begins.

    It sees pictures, or, of 3 `dimensions`, blocks of volumes. `start` is "" for chance
    weights, "shipped" for those of that kind that come with calcimetry, or the path of a
    network that `calcimetry train` left.
    """

    kind: str
    features: list[int]
    targets: str = "named"
    start: str = ""
    dimensions: int = 2


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """How it learns: `steps` batches, or `epochs` passes over the pictures, one of the two.

    `validate_every` is in steps, or in epochs where those are given. `patience` ends the
    training after so many validations without a better loss (0: never), and the best
    weights are then exported instead of the last. `precision` is "32-true", or "bf16-mixed",
    which is faster on processors and cards that know it.
    """

    batch_size: int
    learning_rate: float
    weight_decay: float
    steps: int = 0
    epochs: int = 0
    validate_every: int = 400
    patience: int = 0
    precision: Literal["32-true", "bf16-mixed"] = "32-true"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A training: its seed and the three tables above.

    Raises
    ------
    SettingsError
        If values contradict each other or cannot be followed.
    """

    seed: int
    data: DataRecipe
    network: NetworkRecipe
    training: TrainingRecipe

    def __post_init__(self) -> None:
        data, training = self.data, self.training
        _one_of("data.source", data.source, SOURCES)
        check_network(self.network.kind, self.network.features, self.network.dimensions)
        _one_of("network.targets", self.network.targets, tuple(TARGETS))
        if (training.steps > 0) == (training.epochs > 0):
            raise _refused("training needs steps or epochs, one of the two, of 1 or more")
        if training.batch_size < 1 or training.validate_every < 1:
            raise _refused("training.batch_size and training.validate_every must be 1 or more")
        if not 0 < training.learning_rate < 1 or training.weight_decay < 0:
            raise _refused("training.learning_rate must lie between 0 and 1, weight_decay be >= 0")
        self._check_close()
        self._check_dimensions()
        counts = (data.held_out, *data.simulated.values())
        if min(self.seed, training.patience, *counts) < 0:
            raise _refused("numbers of pictures, the seed and patience must not be negative")
        if data.frame and (
            len(data.frame) != 2 or min(data.frame) < SIDES or any(n % SIDES for n in data.frame)
        ):
            raise _refused(f"data.frame must be rows and columns, both multiples of {SIDES}")
        if data.source == "simulator":
            kinds = list(data.simulated.values())
            if not kinds or min(kinds) < training.batch_size or data.validation < 1:
                raise _refused(
                    "of the simulator, data.upright, square, palm, plane, section, slab, finger or "
                    f"block must hold a batch of {training.batch_size} pictures, and "
                    "data.validation at least 1"
                )
            if training.epochs:
                raise _refused("the simulator's pictures are drawn by chance: give steps")

    def _check_close(self) -> None:
        close = self.data.close
        if not 0.0 <= close < 1.0:
            raise _refused(f"data.close must be 0 or more and less than 1, found {close:g}")
        if close and (self.network.targets == "bone" or self.training.epochs):
            raise _refused(
                "data.close needs network.targets = 'named' or 'nameless', and steps, not epochs"
            )

    def _check_dimensions(self) -> None:
        data, blocks = self.data, self.network.dimensions == 3
        kind = "hand" if self.network.targets == "kinds" else "block"
        flat = data.source != "simulator" or data.close or set(data.simulated) != {kind}
        if blocks and flat:
            raise _refused(
                f"a network of 3 dimensions that is asked for {self.network.targets!r} learns from "
                f"the simulator's data.{kind} alone, without data.close"
            )
        if (data.block or data.hand or self.network.targets == "kinds") and not blocks:
            raise _refused(
                "data.block, data.hand and network.targets = 'kinds' need network.dimensions = 3"
            )

    @property
    def seen(self) -> str:
        """What the network is shown."""
        return "blocks" if self.network.dimensions == 3 else "pictures"

    @property
    def materials(self) -> tuple[str, ...]:
        """What the network's output channels stand for."""
        return TARGETS[self.network.targets]

    @classmethod
    def from_toml(cls, path: Path, *, own_images: bool = False) -> Recipe:
        """Read a recipe; a bare name such as ``paper.toml`` may be one that is shipped.

        With `own_images` its source is "images", whatever it says.

        Raises
        ------
        SettingsError
            If the file is not TOML, a value is missing, unknown or of the wrong kind, or
            the recipe cannot be followed.
        """
        shipped = SHIPPED / path.name
        found = shipped if path == Path(path.name) and not path.exists() else path
        doing = f"Reading the training recipe {path.name}"
        try:
            tree = tomllib.loads(found.read_text(encoding="utf-8"))
        except OSError as error:
            known = ", ".join(sorted(file.name for file in SHIPPED.glob("*.toml")))
            raise SettingsError(
                f"{doing}: {error.strerror or error}. Recipes that come with calcimetry: {known}."
            ) from error
        except ValueError as error:
            raise SettingsError(f"{doing}: not a TOML file ({error}).") from error
        try:
            if own_images and isinstance(tree.get("data", {}), dict):
                tree["data"] = {**tree.get("data", {}), "source": "images"}
            recipe: Recipe = _read(cls, tree, "")
        except SettingsError as error:
            raise SettingsError(f"{doing}: {error}") from error
        return recipe


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise _refused(f"{name} must be one of {', '.join(known)}, found {value!r}")


def _refused(why: str) -> SettingsError:
    return SettingsError(f"{why}.")


def _read(kind: Any, tree: dict[str, Any], prefix: str) -> Any:
    types_ = typing.get_type_hints(kind)
    unknown = sorted(tree.keys() - types_.keys())
    if unknown:
        near = difflib.get_close_matches(unknown[0], types_, n=1, cutoff=0.0)[0]
        raise _refused(f"there is no {prefix}{unknown[0]}; the nearest is {prefix}{near}")
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    missing = [prefix + name for name in needed if name not in tree]
    if missing:
        raise _refused(f"missing {', '.join(missing)}")
    return kind(**{key: _value(types_[key], value, prefix + key) for key, value in tree.items()})


def _value(kind: Any, value: Any, name: str) -> Any:
    if isinstance(kind, types.GenericAlias):
        if isinstance(value, list):
            (element,) = typing.get_args(kind)
            return [_value(element, one, name) for one in value]
        wanted = "a list"
    elif kind in (str, bool, int):
        if type(value) is kind:
            return value
        wanted = {str: "text", bool: "true or false", int: "a whole number"}[kind]
    elif typing.get_origin(kind) is Literal:
        if value in typing.get_args(kind):
            return value
        wanted = f"one of {', '.join(typing.get_args(kind))}"
    elif kind is float:
        if type(value) in (int, float):
            return float(value)
        wanted = "a number"
    else:
        if isinstance(value, dict):
            return _read(kind, value, f"{name}.")
        wanted = "a table"
    raise _refused(f"{name} must be {wanted}, found {value!r}")
