"""Predictions of the exported models on the records of a dataset."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, NotRequired, TypedDict

import numpy as np
import pandas as pd
import tensorflow as tf

from pipeline.datasets.converted.run_lengths import compress
from pipeline.errors import PipelineError
from pipeline.inputs.crops import Crop, crops_of, unaugmented_crop
from pipeline.inputs.examples import batched
from pipeline.ops.mask_pasting import paste_mask
from pipeline.serving.prediction import Prediction
from pipeline.serving.predictor import Predictor

CROP_SIZE = 256
"""Side of the crops that the classifier is given, px. The exported classifier resizes them itself."""

MASK_THRESHOLD = 0.5
"""A pixel belongs to an object if its probability is at least this."""


class Segmentation(TypedDict):
    """A mask in COCO's results format.

    Attributes:
        size: Height and width of the image, px.
        counts: Compressed run lengths.
    """

    size: list[int]
    counts: str


class Detection(TypedDict):
    """A detection in COCO's results format.

    Attributes:
        category_id: The label, in 1..K.
        bbox: x, y, width and height, in pixels.
        score: In [0, 1].
        segmentation: The mask, which only detectors of masks give.
        keypoints: x and y in px, and the probability that it is visible, of each keypoint in turn, which only detectors
            of keypoints give.
    """

    image_id: int
    category_id: int
    bbox: list[float]
    score: float
    segmentation: NotRequired[Segmentation]
    keypoints: NotRequired[list[float]]


class ClassifiedCrop(NamedTuple):
    """The class scores of an object that was cut out by its true box, or of a whole image.

    Attributes:
        label: The true label, in 1..K.
        scores: float64 [K], in [0, 1].
    """

    image_id: int
    label: int
    scores: np.ndarray


def detections(
    predictor: Predictor, examples: tf.data.Dataset, batch_size: int, advance: Callable[[int], None]
) -> Iterator[Detection]:
    """Run an exported detector.

    Args:
        predictor: The detector, in any format.
        examples: A dataset of :class:`pipeline.inputs.examples.Example`.
        batch_size: Number of images in a batch.
        advance: Called after each batch with its number of images.

    Yields:
        The detections, in the order of the examples and by descending score within an image.
    """
    batches = batched(
        examples,
        lambda example: (example.encoded, example.image_id, example.size_px),
        batch_size,
        drop_remainder=False,
    )
    for encoded, image_ids, sizes_px in batches:
        predictions = predictor.predict_files(encoded.numpy().tolist())
        _refuse_invalid(np.array([prediction.valid for prediction in predictions]), image_ids.numpy())
        for prediction, image_id, size_px in zip(
            predictions, image_ids.numpy(), sizes_px.numpy(), strict=True
        ):
            yield from detections_of_image(prediction, int(image_id), size_px.tolist())
        advance(len(image_ids))


def _refuse_invalid(valid: np.ndarray, image_ids: np.ndarray) -> None:
    """Raise an error if the model could not decode an image of a batch."""
    if not valid.all():
        raise PipelineError(
            f"image {image_ids[~valid][0]} of images.csv cannot be decoded by the exported model; "
            "run the convert stage again, or leave the image out of the dataset"
        )


def detections_of_image(prediction: Prediction, image_id: int, size_px: list[int]) -> Iterator[Detection]:
    """Turn one image's prediction into detections. ``size_px`` is height and width."""
    for index, box in enumerate(prediction.boxes):
        y_min, x_min, y_max, x_max = (float(side) for side in box)
        bbox = [x_min, y_min, x_max - x_min, y_max - y_min]
        detection: Detection = {
            "image_id": image_id,
            "category_id": int(prediction.classes[index]),
            "bbox": [round(side, 3) for side in bbox],
            "score": round(float(prediction.scores[index]), 6),
        }
        if prediction.masks is not None:
            detection["segmentation"] = _segmentation(prediction.masks[index], box, size_px)
        if prediction.keypoints is not None:
            detection["keypoints"] = [
                round(value, 3) for value in prediction.keypoints[index].ravel().tolist()
            ]
        yield detection


def _segmentation(mask: np.ndarray, box_px: np.ndarray, size_px: list[int]) -> Segmentation:
    """Paste a mask, float32 [M, M], which covers its box, into an image of height and width ``size_px``."""
    height, width = size_px
    pixels = paste_mask(mask, box_px, height, width, threshold=MASK_THRESHOLD)
    return {"size": size_px, "counts": compress(pixels)}


def classified_crops(
    classifier: Any, examples: tf.data.Dataset, batch_size: int, advance: Callable[[int], None]
) -> Iterator[ClassifiedCrop]:
    """Run an exported classifier over the objects, cut out by their true boxes. Ignored objects are left out.

    Args:
        examples: A dataset of :class:`pipeline.inputs.examples.Example`.
        batch_size: Number of crops in a batch.
        advance: Called after each batch with its number of crops.

    Returns:
        The crops, in the order of the examples.
    """

    def prepare(crop: Crop) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        pixels = tf.cast(tf.round(unaugmented_crop(crop, CROP_SIZE)), tf.uint8)
        return pixels, crop.image_id, crop.label

    batches = batched(crops_of(examples), prepare, batch_size, drop_remainder=False)
    return _classified(classifier.signatures["from_tensor"], batches, advance)


def classified_images(
    classifier: Any, images: tf.data.Dataset, batch_size: int, advance: Callable[[int], None]
) -> Iterator[ClassifiedCrop]:
    """Run an exported classifier over whole images, from their encoded bytes.

    Args:
        images: A dataset of :class:`pipeline.inputs.crops.Crop`.
        batch_size: Number of images in a batch.
        advance: Called after each batch with its number of images.

    Returns:
        The images, in their order.
    """
    batches = batched(
        images, lambda crop: (crop.encoded, crop.image_id, crop.label), batch_size, drop_remainder=False
    )
    return _classified(classifier.signatures["serving_default"], batches, advance)


def _classified(
    signature: Any, batches: tf.data.Dataset, advance: Callable[[int], None]
) -> Iterator[ClassifiedCrop]:
    """Run a signature of an exported classifier over batches of its input, image ids and true labels."""
    for inputs, image_ids, labels in batches:
        outputs = signature(inputs)
        _refuse_invalid(outputs["valid"].numpy(), image_ids.numpy())
        scores = np.round(outputs["scores"].numpy().astype(float), 6)
        for image_id, label, row in zip(image_ids.numpy(), labels.numpy(), scores, strict=True):
            yield ClassifiedCrop(int(image_id), int(label), row)
        advance(len(image_ids))


def score_table(classified: Iterable[ClassifiedCrop], classes: list[str]) -> pd.DataFrame:
    """Return one row per crop or image, with the columns image_id, label and score_1 to score_K."""
    scores = [f"score_{label}" for label in range(1, len(classes) + 1)]
    rows = [(crop.image_id, crop.label, *crop.scores) for crop in classified]
    return pd.DataFrame(rows, columns=["image_id", "label", *scores])
