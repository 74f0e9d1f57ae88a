"""The detector that Model Garden publishes, trained on COCO: a RetinaNet on ResNet-50 with a box AP of 36.8."""

import hashlib
import os
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tf_keras

from pipeline.artifacts import whole
from pipeline.errors import PipelineError, one_line
from pipeline.models.weights.class_rows import equal_names, with_kept_rows
from pipeline.models.weights.garden_checkpoint import Fit

URL = "https://storage.googleapis.com/tf_model_garden/vision/retinanet/retinanet-resnet50fpn.tar.gz"
"""The address of the checkpoint in the list of models of Model Garden."""

NAMES = [
    "person",
    "bicycle",
    "car",
    "motorcycle",
    "airplane",
    "bus",
    "train",
    "truck",
    "boat",
    "traffic light",
    "fire hydrant",
    "stop sign",
    "parking meter",
    "bench",
    "bird",
    "cat",
    "dog",
    "horse",
    "sheep",
    "cow",
    "elephant",
    "bear",
    "zebra",
    "giraffe",
    "backpack",
    "umbrella",
    "handbag",
    "tie",
    "suitcase",
    "frisbee",
    "skis",
    "snowboard",
    "sports ball",
    "kite",
    "baseball bat",
    "baseball glove",
    "skateboard",
    "surfboard",
    "tennis racket",
    "bottle",
    "wine glass",
    "cup",
    "fork",
    "knife",
    "spoon",
    "bowl",
    "banana",
    "apple",
    "sandwich",
    "orange",
    "broccoli",
    "carrot",
    "hot dog",
    "pizza",
    "donut",
    "cake",
    "chair",
    "couch",
    "potted plant",
    "bed",
    "dining table",
    "toilet",
    "tv",
    "laptop",
    "mouse",
    "remote",
    "keyboard",
    "cell phone",
    "microwave",
    "oven",
    "toaster",
    "sink",
    "refrigerator",
    "book",
    "clock",
    "vase",
    "scissors",
    "teddy bear",
    "hair drier",
    "toothbrush",
]
"""The names of the classes of COCO in the order of their ids."""

UNUSED_IDS = frozenset({12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
"""The ids between 1 and 90 that no class has."""

CLASS_IDS = dict(zip(NAMES, (number for number in range(1, 91) if number not in UNUSED_IDS), strict=True))
"""Name of a class of COCO -> its id, which is its row in the head. Row 0 is the background's."""

ROWS = 91


class CocoDetector(NamedTuple):
    """The checkpoint on this machine.

    Attributes:
        folder: The folder of the checkpoint.
        sha256: The checksum of the archive that it came in, 64 hex digits.
    """

    folder: Path
    sha256: str


def fetch_coco_detector() -> CocoDetector:
    """Download the checkpoint, or find it in the cache of Keras, which is ``$KERAS_HOME`` or ``~/.keras``.

    Raises:
        PipelineError: The download failed, or the archive contains no checkpoint.
    """
    cache = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    cache.mkdir(parents=True, exist_ok=True)  # Keras would use another folder if it did not exist
    try:
        archive = Path(
            tf_keras.utils.get_file(URL.rsplit("/", 1)[1], URL, cache_dir=cache, cache_subdir="models")
        )
    except Exception as error:  # Keras raises Exception for a failed download
        raise PipelineError(
            f"train.init is coco, but the detector cannot be downloaded: {one_line(error)}; connect to the network "
            "once, or set train.init to pretrained"
        ) from None
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    folder = archive.with_name(f"retinanet-coco-{digest[:16]}")
    if not folder.exists():
        try:
            with tarfile.open(archive) as tar, whole(folder, directory=True) as extracted:
                tar.extractall(extracted, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise PipelineError(
                f"{archive}: {one_line(error)}; delete the file and run the stage again"
            ) from None
    index = next(iter(sorted(folder.rglob("*.index"))), None)
    if index is None:
        raise PipelineError(
            f"{archive}: the archive contains no checkpoint; delete the file and run the stage again"
        )
    return CocoDetector(index.with_suffix(""), digest)


def class_rows(classes: Sequence[str]) -> dict[int, int]:
    """Return which rows of a head are in COCO's: row of the user's class, 1..K -> row in COCO's head.

    Names are compared without regard to case, and to blanks, underscores and hyphens.

    Args:
        classes: The names of the user's classes 1..K.
    """
    return {row + 1: CLASS_IDS[NAMES[index]] for row, index in equal_names(classes, NAMES)}


def kept_rows(classes: Sequence[str]) -> Fit:
    """Return a function that fits the class layers of COCO's head to the user's classes.

    The function takes a variable's value and the checkpoint's value, whose last axis holds for each anchor one channel
    for each class and one for the background. It returns the value with the channels of the background and of the
    classes that COCO has, too, or None if the two are not such layers.

    Args:
        classes: The names of the user's classes 1..K.
    """
    kept = [(0, 0), *class_rows(classes).items()]

    def fit(value: np.ndarray, checkpoint: np.ndarray) -> np.ndarray | None:
        return with_kept_rows(value, checkpoint, kept, rows=len(classes) + 1, given_rows=ROWS)

    return fit
