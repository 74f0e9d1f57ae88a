"""The values that ``init`` chooses for a dataset and a machine, each with its reason."""

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pipeline.commands.init.machine import Machine
from pipeline.datasets.conversion.tile_choice import SEEN_SIDE, UNSEEN_SIDE
from pipeline.training.decay import largest_decay
from pipeline.training.periods import PERIODS

COARSE_SIDE = 48
"""The shorter side of a small box at the input size, px, from which on cells of 16 px are fine enough."""

SMALL_SIDE, USUAL_SIDE, LARGE_SIDE = 256, 320, 512
"""The input sizes without a GPU, px: the least one for pictures that are smaller than the usual one, the least one for
all others, and the greatest one. With a GPU, they are half as large again."""

BATCH_SIZE = 16

GB_PER_MEGAPIXEL = 3.0
"""Memory that a training takes for a megapixel of its batch, GB."""

MOST_EPOCHS = 200
"""How often a training sees an image at most. More steps would teach the images by heart."""

LEAST_STEPS = 200

FEW_OBJECTS = 10

FEW_TRAIN_OBJECTS = 300
"""Below this number of objects of the train split, the third stage of the backbone stays frozen, and half of the images
are blended with another one."""

MANY_IMAGES = 2000
"""From this number of images on, they are varied enough not to be combined."""

_SIDED = re.compile(r"(?<![a-z])(left|right)(?![a-z])", re.IGNORECASE)
_CHARACTER = re.compile(r"[A-Za-z0-9]")


class Choice(NamedTuple):
    """A value for a key of ``params.yaml``.

    Attributes:
        key: The dotted key.
        reason: Why it has this value, as a part of a sentence.
    """

    key: str
    value: Any
    reason: str


class Contents(NamedTuple):
    """What matters of the dataset.

    Attributes:
        train_images: Number of images of the train split.
        train_objects: Number of objects of the train split.
        val_images: Number of images of the val split.
        val_objects: Number of objects of the val split.
        classes: The names of the classes.
        small_side: The shorter side of a small box, as a share of the side of the image or tile; see
            :func:`small_side`.
        most_objects: Number of objects of the image with the most.
        keypoints: The names of the keypoints of an object; none if the dataset has no keypoints.
        picture_side: The median of the longer sides of the pictures, px.
        tile: The side of the tiles that help to see small objects of large pictures, px; None for whole pictures.
            With tiles, the numbers of images are those of tiles.
    """

    train_images: int
    train_objects: int
    val_images: int
    val_objects: int
    classes: Sequence[str]
    small_side: float
    most_objects: int
    picture_side: float
    keypoints: Sequence[str] = ()
    tile: int | None = None

    @property
    def has_keypoints(self) -> bool:
        """Whether a detector of keypoints can learn from the dataset: it finds one object of each image."""
        return bool(self.keypoints) and self.most_objects == 1


def model_choices(contents: Contents, machine: Machine) -> list[Choice]:
    """Choose the network, the size of its input and the batch size, on which the time of a step depends."""
    on_gpu = machine.gpus > 0
    backbone = "efficientnet_lite2" if on_gpu else "efficientnet_lite0"
    size, why_size = _image_size(contents, on_gpu)
    batch, why_batch = _batch_size(size, machine)
    return [
        Choice("convert.tile", contents.tile, _why_tile(contents.tile)),
        Choice(
            "zoo.backbone",
            backbone,
            "the largest with installed weights" if on_gpu else "the fastest with installed weights",
        ),
        Choice("zoo.alpha", 1.0, "it has no other width"),
        Choice("zoo.weights", "imagenet", "they come with the installation"),
        *_architecture(contents),
        Choice("train.backbone", "zoo", "so that the detector does not wait for the classifier"),
        Choice("train.init", "pretrained", "few photographs do not suffice to start from scratch"),
        Choice("train.image_size", size, why_size),
        _finest_level(contents.small_side * size),
        Choice("train.batch_size", batch, why_batch),
        *_mixing(contents),
    ]


def input_sizes(on_gpu: bool, picture_side: float) -> tuple[int, int]:
    """Return the least and the greatest input size that is chosen, px.

    Args:
        picture_side: The median of the longer sides of the pictures, px.
    """
    small, usual, large = (side * 3 // 2 if on_gpu else side for side in (SMALL_SIDE, USUAL_SIDE, LARGE_SIDE))
    return (usual if picture_side >= usual else small), large


def _why_tile(tile: int | None) -> str:
    if tile is None:
        return "whole pictures show the objects as large as tiles could, or large enough"
    return f"whole pictures would show small boxes with less than {UNSEEN_SIDE} px"


def _architecture(contents: Contents) -> list[Choice]:
    if contents.has_keypoints:
        reason = f"each object has {len(contents.keypoints)} keypoints"
        return [
            Choice("train.architecture", "keypoints", reason),
            Choice("train.frozen_stages", 2, "the third stage learns to find the keypoints"),
        ]
    return [
        Choice("train.architecture", "gfl", "the best of the detectors on small sets of photographs"),
        _frozen_stages(contents.train_objects),
    ]


def _mixing(contents: Contents) -> list[Choice]:
    """Choose how many images are combined. All values are written, because an earlier ``init`` may have set others."""
    mosaic, mixup = "train.augment.mosaic", "train.augment.mixup"
    if contents.has_keypoints:
        one = "a detector of keypoints finds one object of an image"
        return [Choice(mosaic, 0.0, one), Choice(mixup, 0.0, one)]
    return [
        Choice(mosaic, 0.0, "the images are many and varied")
        if contents.train_images >= MANY_IMAGES
        else Choice(mosaic, 0.5, f"{contents.train_images:,} train images are more varied in parts of four"),
        Choice(mixup, 0.5, f"{contents.train_objects:,} train objects would be learnt by heart")
        if contents.train_objects < FEW_TRAIN_OBJECTS
        else Choice(mixup, 0.0, f"{contents.train_objects:,} train objects are not soon learnt by heart"),
    ]


def small_side(shorter_sides: np.ndarray, labels: np.ndarray) -> float:
    """Return the shorter side of a small box: of nine boxes of ten, and of half of the boxes of each class.

    Args:
        shorter_sides: float64 [N], N >= 1.
        labels: int [N]. Classes with fewer than :data:`FEW_OBJECTS` objects do not count.
    """
    labels_there, counts = np.unique(labels, return_counts=True)
    medians = [
        np.median(shorter_sides[labels == label])
        for label, count in zip(labels_there, counts, strict=True)
        if count >= FEW_OBJECTS
    ]
    return float(min([np.percentile(shorter_sides, 10), *medians]))


def _image_size(contents: Contents, on_gpu: bool) -> tuple[int, str]:
    least, most = input_sizes(on_gpu, contents.picture_side)
    small = contents.small_side
    wanted = math.ceil(SEEN_SIDE / small / 32) * 32
    size = min(max(wanted, least), most)
    seen = f"the shorter side of a small box has {small * size:.0f} px then"
    if wanted > most:
        return (
            size,
            f"{seen}; {wanted} px would show them with {SEEN_SIDE} px, but the steps would take too long",
        )
    return size, seen


def _finest_level(small_px: float) -> Choice:
    if small_px >= COARSE_SIDE:
        return Choice(
            "train.gfl.min_level", 4, f"small boxes have {small_px:.0f} px; a step is faster without level 3"
        )
    return Choice(
        "train.gfl.min_level", 3, f"small boxes have {small_px:.0f} px, which cells of 16 px could miss"
    )


def _frozen_stages(train_objects: int) -> Choice:
    key, objects = "train.frozen_stages", f"{train_objects:,} train objects"
    if train_objects < FEW_TRAIN_OBJECTS:
        return Choice(key, 3, f"{objects} are too few to learn the third stage; a step is faster without")
    return Choice(key, 2, f"{objects} suffice to learn the third stage")


def _batch_size(size: int, machine: Machine) -> tuple[int, str]:
    batch, per_image = BATCH_SIZE, GB_PER_MEGAPIXEL * size**2 / 1e6
    while batch > 2 and not machine.gpus and batch * per_image > machine.memory:
        batch //= 2
    if batch < BATCH_SIZE:
        return batch, f"more would not fit into {machine.memory:.0f} GB of memory"
    return batch, f"it takes about {batch * per_image:.1f} GB of memory"


def training_choices(
    contents: Contents, *, batch: int, affordable_steps: int, seconds: float, minutes: float
) -> list[Choice]:
    """Choose the length of the training, and what depends on it and on the number of images.

    Args:
        contents: What matters of the dataset.
        affordable_steps: Number of steps that fit into the time.
        seconds: Measured seconds of a step.
        minutes: The time for the training of the detector.
    """
    most = max(math.ceil(MOST_EPOCHS * contents.train_images / batch / PERIODS) * PERIODS, LEAST_STEPS)
    steps = min(affordable_steps, most)
    epochs = steps * batch / contents.train_images
    time = f"{seconds:.2f} s each on this machine"
    why = f"{time}, within {minutes:g} minutes; each train image is seen {epochs:.3g} times"
    if steps < affordable_steps:
        why = (
            f"{time}; more than {MOST_EPOCHS} times would teach the {contents.train_images:,} images by heart"
        )
    return [
        Choice("train.steps", steps, why),
        Choice("train.warmup_steps", max(steps // 10, 1), "a tenth of the steps"),
        Choice(
            "train.ema",
            round(largest_decay(steps), 4),
            "the average goes over about the last ninth of the steps",
        ),
        *_evaluation(contents),
        _flip(contents.classes),
        *_classifier(contents, minutes),
        *_detections(contents),
    ]


def _evaluation(contents: Contents) -> list[Choice]:
    if contents.val_objects:
        return [Choice("train.evaluations", 4, "the val mAP of four points decides which weights are kept")]
    return [Choice("train.evaluations", 0, "the val split has no objects to evaluate on")]


def _flip(classes: Sequence[str]) -> Choice:
    key = "train.augment.flip"
    sided = [name for name in classes if _SIDED.search(name)]
    characters = [name for name in classes if _CHARACTER.fullmatch(name)]
    if sided:
        return Choice(key, False, f"{sided[0]!r} would become another class in a mirror")
    if len(characters) > 1:
        return Choice(key, False, "the classes are characters, which a mirror changes")
    return Choice(key, True, "no class name tells left from right")


def _classifier(contents: Contents, minutes: float) -> list[Choice]:
    if len(contents.classes) == 1:
        return [Choice("finetune.mode", "none", "a single class leaves nothing to classify")]
    steps = int(min(max(30 * minutes, 100), 3000)) // PERIODS * PERIODS
    return [
        Choice("finetune.mode", "finetune", f"the classifier tells {len(contents.classes)} classes apart"),
        Choice("finetune.steps", steps, "in proportion to the time of the detector"),
        Choice("finetune.head_steps", steps // 10, "a tenth of the steps"),
    ]


def _detections(contents: Contents) -> list[Choice]:
    most = max(100, math.ceil(1.5 * contents.most_objects / 50) * 50)
    reason = f"an image has up to {contents.most_objects:,} objects"
    return [Choice(f"{section}.max_detections", most, reason) for section in ("export", "evaluate")]
