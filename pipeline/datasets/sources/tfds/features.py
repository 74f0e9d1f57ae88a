"""Search for images, boxes and classes among a TFDS dataset's features, and encoding of its examples as records."""

import io
from typing import Any, NamedTuple

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from pipeline.datasets.records.schema import RecordImage, RecordObjects, detection_example
from pipeline.errors import PipelineError

_CROWD, _DIFFICULT = ("is_crowd", "is_group_of"), ("is_difficult",)

_LABELS = ("label", "type")  # names of the class feature that take precedence over others


class Annotation(NamedTuple):
    """The names of the features that hold the image, the boxes and the classes of a dataset.

    Attributes:
        image: The feature of the image.
        objects: The sequence of objects. "" if an image has at most one box, which is then a feature of the example.
        box: The feature of the box of an object. "" if the dataset has labels of whole images only.
        label: The feature of the class. "" if the dataset has no classes, so that all objects are of one class.
        labels_image: Whether ``label`` is a feature of the example, so that all its objects have the same class.
        crowd: The flag of an object that marks a crowd. "" if there is none.
        difficult: The flag of an object that marks a difficult object. "" if there is none.
        class_names: The names of classes 0..K-1.
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
    """Find the features of the image, the objects and the class of a dataset.

    Args:
        name: The dataset's name in error messages.
        features: The ``features`` of the dataset's ``DatasetInfo``.

    Raises:
        PipelineError: The dataset has no images, or neither objects with boxes nor a class.
    """
    top = dict(features.items()) if hasattr(features, "items") else {}
    images = [key for key, feature in top.items() if isinstance(feature, tfds.features.Image)]
    if not images:
        raise PipelineError(
            f"tfds:{name}: the dataset has no images; choose another one; its features are {', '.join(top)}"
        )
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
        f"tfds:{name}: the dataset has neither objects with boxes nor a class of the image; choose another one; "
        f"its features are {', '.join(top)}"
    )


def _parts(feature: Any) -> dict[str, Any]:
    """Return the features of an element of a sequence by name, or {} if ``feature`` is not a sequence of features."""
    element = getattr(feature, "feature", None) if isinstance(feature, tfds.features.Sequence) else None
    return dict(element.items()) if isinstance(element, tfds.features.FeaturesDict) else {}


def _box(features: dict[str, Any]) -> str:
    names = (key for key, feature in features.items() if isinstance(feature, tfds.features.BBoxFeature))
    return next(names, "")


def _label(features: dict[str, Any]) -> str:
    names = [key for key, feature in features.items() if isinstance(feature, tfds.features.ClassLabel)]
    return next((key for key in (*_LABELS, *names) if key in names), "")


def encode_record(
    example: dict[str, Any], annotation: Annotation, file: str, number: int
) -> tuple[bytes, int]:
    """Encode an image and its objects as a ``tf.train.Example`` in the schema of the TF Object Detection API.

    Args:
        example: An example of the dataset by feature name. The image is encoded.
        annotation: The names of the features.
        file: The path that the record gives for the image.
        number: The image's id in the record.

    Returns:
        The serialised record, and its number of objects. If the dataset has boxes, objects without a box do not count.
    """
    encoded = bytes(example[annotation.image])
    width, height, image_format = _describe(encoded)
    objects = example[annotation.objects] if annotation.objects else example
    boxes = _boxes(objects, annotation) * (width, height, width, height)
    labels = np.zeros(len(boxes), np.int64)
    if annotation.label:
        given = np.asarray((example if annotation.labels_image else objects)[annotation.label])
        labels = np.broadcast_to(given, len(boxes))
    known = labels >= 0  # In test sets without classes, TFDS gives -1.
    boxes, labels = boxes[known], labels[known]
    crowd, difficult = (
        np.asarray(objects[flag], bool)[known] if flag else np.zeros(len(boxes), bool)
        for flag in (annotation.crowd, annotation.difficult)
    )
    record = detection_example(
        RecordImage(
            encoded=encoded, format=image_format, file=file, id=number, width=width, height=height, sha256=""
        ),
        RecordObjects(
            boxes=boxes,
            labels=labels.astype(np.int64) + 1,
            difficult=difficult,
            crowd=crowd,
            area=(boxes[:, 2:] - boxes[:, :2]).prod(axis=1),
            masks=[],
            has_mask=np.zeros(len(boxes), bool),
        ),
        annotation.class_names,
    )
    return record, int((~np.isnan(boxes[:, 0])).sum()) if annotation.box else len(boxes)


def _boxes(objects: dict[str, Any], annotation: Annotation) -> np.ndarray:
    """Return the boxes, float64 [N, 4], xyxy, normalised to [0, 1]. A label of the whole image has a box of NaN."""
    if not annotation.box:
        return np.full((1, 4), np.nan)
    boxes = np.asarray(objects[annotation.box], np.float64).reshape(-1, 4)[:, [1, 0, 3, 2]]
    if not annotation.objects and not boxes.any():  # An example that must have a box but has none gets zeros.
        return np.full((1, 4), np.nan)
    return boxes


def _describe(encoded: bytes) -> tuple[int, int, str]:
    """Return the width and height in px and the format of an image, such as "jpeg".

    If the image cannot be read, return 1, 1 and "". The convert stage reports it then.
    """
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            return *image.size, (image.format or "").lower()
    except (OSError, ValueError, Image.DecompressionBombError):
        return 1, 1, ""
