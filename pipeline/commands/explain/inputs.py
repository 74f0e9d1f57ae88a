"""What the command ``explain`` reads: the picture, the models, and the objects of the picture in the dataset."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf
import tf_keras
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.table.annotation_table import BOX
from pipeline.errors import PipelineError, one_line
from pipeline.inputs.examples import batched, records
from pipeline.models.detectors.base import Detector
from pipeline.models.trained import trained_classifier, trained_detector, zoo_backbone
from pipeline.models.weights.config import BackboneConfig, ClassifierConfig, DetectorConfig, read_config
from pipeline.ops.images import decode_image, resize
from pipeline.ops.truth import Truth

CONVERTED, MODELS = Path("data/converted"), Path("models")
BATCH = 16


class Network(NamedTuple):
    """The network whose backbone is explained.

    Attributes:
        title: What it is, in words.
        config: The configuration of the backbone or of the classifier.
        backbone: The backbone with its weights.
        classifier: The classifier; None if there is none.
    """

    title: str
    config: BackboneConfig | ClassifierConfig
    backbone: tf_keras.Model
    classifier: tf_keras.Model | None


def read_picture(path: Path) -> np.ndarray:
    """Decode a picture and turn it upright, as the stage convert does: uint8 [H, W, 3], RGB.

    Raises:
        PipelineError: The file cannot be read, or is no image.
    """
    try:
        with Image.open(path) as opened:
            return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    except UnidentifiedImageError:
        raise PipelineError(f"{path}: no image that can be read; name a JPEG or PNG file") from None
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or one_line(error)
        raise PipelineError(f"{path}: {reason}; name a JPEG or PNG file") from None


def resized(picture: np.ndarray, size: int) -> np.ndarray:
    """Return a picture as a network gets it: float32 [size, size, 3], RGB in [0, 255]."""
    return resize(tf.constant(picture), size, size).numpy()


def load_backbone() -> Network:
    """Load the classifier or, if there is none, the backbone of the zoo.

    Raises:
        PipelineError: There is no model.
    """
    directory = MODELS / "classifier"
    if (directory / "model.json").is_file() and not read_config(directory, ClassifierConfig).why_none:
        return Network("classifier", *trained_classifier(directory))
    return Network("backbone from the zoo", *zoo_backbone(MODELS / "zoo"), None)


def load_detector() -> tuple[Detector, DetectorConfig] | None:
    """Load the detector; None if there is none."""
    if not (MODELS / "detector" / "model.json").is_file():
        return None
    config, detector = trained_detector(MODELS / "detector")
    return detector, config


def train_images(size: int, count: int) -> Iterator[np.ndarray]:
    """Yield batches of the first train images: float32 [B, size, size, 3], RGB in [0, 255]."""
    images = records(CONVERTED, "train").take(count)
    batches = batched(
        images, lambda example: resize(decode_image(example.encoded), size, size), BATCH, drop_remainder=False
    )
    return batches.as_numpy_iterator()


def objects_of(path: Path) -> Truth | None:
    """Return the objects of a picture of the dataset; None if the picture is not in it, or has no box.

    Args:
        path: The picture. Its path ends with the path in ``images.csv``.
    """
    if not (CONVERTED / "images.csv").is_file():
        return None
    truth, given = read_ground_truth(CONVERTED), path.resolve().as_posix()
    rows = truth.images[[given.endswith(f"/{file}") for file in truth.images["file"]]]
    if rows.empty:
        return None
    image = max(rows.to_dict("records"), key=lambda row: len(row["file"]))  # the most of the path is the same
    objects = truth.boxes()
    objects = objects[objects["image_id"] == image["id"]]
    if objects.empty:
        return None
    boxes = objects[BOX].to_numpy() / np.array([image["width"], image["height"]] * 2)
    return Truth(
        boxes=tf.constant(boxes[:, [1, 0, 3, 2]], tf.float32),
        labels=tf.constant(objects["label"].to_numpy(), tf.int32),
        ignored=tf.constant((objects["difficult"] + objects["crowd"]).to_numpy() > 0),
    )
