"""What of a TFDS dataset's features is image, box and class, and how an example of them is written."""

import io
from typing import Any, NamedTuple

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from pipeline.datasets.records.schema import detection_example
from pipeline.errors import PipelineError

_CROWD, _DIFFICULT = ("is_crowd", "is_group_of"), ("is_difficult",)

_LABELS = ("label", "type")  # of an object, or of an image


class Annotation(NamedTuple):
    """Where a dataset's features hold what is written.

    Attributes:
        image: Name of the image's feature.
        objects: Name of the sequence of objects; "" where an image has one box or none.
        box: Of an object's box; "" for a dataset of whole images.
        label: Of the class; "" where objects have none, being all of one kind.
        labels_image: The class is the image's, and that of all its objects.
        crowd: Of an object's flag; "" for none.
        difficult: Likewise.
        class_names: In order of their numbers, from 0.
    """

    image: str
    objects: str
    box: str
    label: str
    labels_image: bool
    crowd: str
    difficult: str
    class_names: list[str]


def find_annotation(name: str, features: Any) -> Annotation:
    """Find image and objects, or image and class, among the features of a dataset.

    Raises:
        PipelineError: there is no image, or neither objects with boxes nor a class.
    """
    top = dict(features.items()) if hasattr(features, "items") else {}
    images = [key for key, feature in top.items() if isinstance(feature, tfds.features.Image)]
    if not images:
        raise PipelineError(f"tfds:{name}: a dataset without images; its features: {', '.join(top)}")
    image = "image" if "image" in images else images[0]
    image_label = _label(top)
    image_classes = list(top[image_label].names) if image_label else []
    for key, parts in {key: _parts(feature) for key, feature in top.items()}.items():
        if box := _box(parts):
            label = _label(parts)
            names = list(parts[label].names) if label else image_classes or [key.removesuffix("s")]
            crowd, difficult = (
                next((flag for flag in flags if flag in parts), "") for flags in (_CROWD, _DIFFICULT)
            )
            return Annotation(image, key, box, label or image_label, not label, crowd, difficult, names)
    box = _box(top)
    if box or image_label:
        names = image_classes or [box.removesuffix("bbox").strip("_") or "object"]
        return Annotation(image, "", box, image_label, True, "", "", names)
    raise PipelineError(
        f"tfds:{name}: neither objects with boxes nor a class of the image; its features: {', '.join(top)}"
    )


def _parts(feature: Any) -> dict[str, Any]:
    """Return the features of an element of a sequence; nothing if it is none."""
    element = getattr(feature, "feature", None) if isinstance(feature, tfds.features.Sequence) else None
    return dict(element.items()) if isinstance(element, tfds.features.FeaturesDict) else {}


def _box(features: dict[str, Any]) -> str:
    found = (key for key, feature in features.items() if isinstance(feature, tfds.features.BBoxFeature))
    return next(found, "")


def _label(features: dict[str, Any]) -> str:
    found = [key for key, feature in features.items() if isinstance(feature, tfds.features.ClassLabel)]
    return next((key for key in (*_LABELS, *found) if key in found), "")


def encode_record(
    example: dict[str, Any], annotation: Annotation, file: str, number: int
) -> tuple[bytes, int]:
    """Encode an image and its objects in the schema of the TF Object Detection API.

    Args:
        example: Of the dataset, its image not decoded.
        annotation: Where what is in it.
        file: What to call the image.
        number: Its id.

    Returns:
        The record, and how many objects are in it; of a dataset with boxes those that have one.
    """
    encoded = bytes(example[annotation.image])
    width, height, image_format = _describe(encoded)
    objects = example[annotation.objects] if annotation.objects else example
    boxes = _boxes(objects, annotation) * (width, height, width, height)
    labels = np.zeros(len(boxes), np.int64)
    if annotation.label:
        given = np.asarray((example if annotation.labels_image else objects)[annotation.label])
        labels = np.broadcast_to(given, len(boxes))
    known = labels >= 0  # a test set without classes has -1
    boxes, labels = boxes[known], labels[known]
    crowd, difficult = (
        np.asarray(objects[flag], bool)[known] if flag else np.zeros(len(boxes), bool)
        for flag in (annotation.crowd, annotation.difficult)
    )
    record = detection_example(
        image=encoded,
        image_format=image_format,
        file=file,
        image_id=number,
        width=width,
        height=height,
        sha256="",
        boxes=boxes,
        labels=labels.astype(np.int64) + 1,
        class_names=annotation.class_names,
        difficult=difficult,
        crowd=crowd,
        area=(boxes[:, 2:] - boxes[:, :2]).prod(axis=1),
        masks=[],
        has_mask=np.zeros(len(boxes), bool),
    )
    return record, int((~np.isnan(boxes[:, 0])).sum()) if annotation.box else len(boxes)


def _boxes(objects: dict[str, Any], annotation: Annotation) -> np.ndarray:
    """Return shares of the image, float64 [N, 4], xyxy; NaN for a label of the whole image."""
    if not annotation.box:
        return np.full((1, 4), np.nan)
    boxes = np.asarray(objects[annotation.box], np.float64).reshape(-1, 4)[:, [1, 0, 3, 2]]
    if not annotation.objects and not boxes.any():  # what stands for none where each example must have one
        return np.full((1, 4), np.nan)
    return boxes


def _describe(encoded: bytes) -> tuple[int, int, str]:
    """Return width, height and format of an image; 1, 1 and "" if it is none, which the convert stage will say."""
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            return *image.size, (image.format or "").lower()
    except (OSError, ValueError, Image.DecompressionBombError):
        return 1, 1, ""
