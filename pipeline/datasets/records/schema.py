"""The schema of the TF Object Detection API: the features of an image and its objects."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.datasets.records.example import Feature, encode_example


class RecordImage(NamedTuple):
    """The image of a record.

    Attributes:
        encoded: The bytes of the image file.
        format: ``jpeg`` or ``png``.
        file: Path of the image, relative to the dataset's folder.
        id: Stored in ``image/source_id`` as a string of digits, because Model Garden's parsers need one.
        width: In px.
        height: In px.
        sha256: Hash of ``encoded`` in hexadecimal digits.
    """

    encoded: bytes
    format: str
    file: str
    id: int
    width: int
    height: int
    sha256: str


class RecordObjects(NamedTuple):
    """The G objects of a record.

    Attributes:
        boxes: float64 [G, 4], xyxy, in px; NaN for a label without a box.
        labels: int64 [G], in 1..K.
        difficult: bool [G].
        crowd: bool [G].
        area: float64 [G], in px².
        masks: G grey PNGs of 0 and 1 with the size of the image, or an empty sequence if no object has a mask.
        has_mask: bool [G]; False if the PNG is a placeholder for a missing mask.
        keypoints: float64 [G, N, 3], x and y in px, and the visibility; N is 0 if the dataset has none.
    """

    boxes: np.ndarray
    labels: np.ndarray
    difficult: np.ndarray
    crowd: np.ndarray
    area: np.ndarray
    masks: Sequence[bytes]
    has_mask: np.ndarray
    keypoints: np.ndarray = np.zeros((0, 0, 3))


def detection_example(image: RecordImage, objects: RecordObjects, class_names: Sequence[str]) -> bytes:
    """Encode an image and its objects in the schema of the TF Object Detection API.

    A label without a box describes the whole image and goes into ``image/class/label`` and ``image/class/text``.
    Masks go into ``image/object/mask`` and ``image/object/has_mask``; the schema does not define the latter. An image
    without any mask has neither feature.

    Args:
        class_names: Names of the classes 1..K.
    """
    whole = np.isnan(objects.boxes).any(axis=1)
    boxed = np.flatnonzero(~whole)
    texts = [class_names[label - 1].encode() for label in objects.labels]
    features = _image_features(image) | _box_features(objects, boxed, image.width, image.height)
    features |= _classes("image/object/class", objects.labels, texts, boxed)
    if objects.keypoints.shape[1]:
        features |= _keypoint_features(objects.keypoints[boxed], image.width, image.height)
    if whole.any():
        features |= _classes("image/class", objects.labels, texts, np.flatnonzero(whole))
    if objects.masks and len(boxed):
        features["image/object/mask"] = [objects.masks[index] for index in boxed.tolist()]
        features["image/object/has_mask"] = objects.has_mask[boxed].astype(np.int64)
    return encode_example(features)


def _image_features(image: RecordImage) -> dict[str, Feature]:
    return {
        "image/encoded": image.encoded,
        "image/format": image.format.encode(),
        "image/filename": image.file.encode(),
        "image/source_id": str(image.id).encode(),
        "image/width": np.array([image.width]),
        "image/height": np.array([image.height]),
        "image/key/sha256": image.sha256.encode(),
    }


def _box_features(objects: RecordObjects, boxed: np.ndarray, width: int, height: int) -> dict[str, Feature]:
    """Return the features of the objects with a box, whose indices are ``boxed``, int64; boxes become fractions."""
    normalised = (objects.boxes[boxed] / (width, height, width, height)).astype(np.float32)
    return {
        "image/object/bbox/xmin": normalised[:, 0],
        "image/object/bbox/ymin": normalised[:, 1],
        "image/object/bbox/xmax": normalised[:, 2],
        "image/object/bbox/ymax": normalised[:, 3],
        "image/object/difficult": objects.difficult[boxed].astype(np.int64),
        "image/object/is_crowd": objects.crowd[boxed].astype(np.int64),
        "image/object/area": objects.area[boxed].astype(np.float32),
    }


def _keypoint_features(keypoints: np.ndarray, width: int, height: int) -> dict[str, Feature]:
    """Return the features of the keypoints of all objects in turn, float64 [G, N, 3]; places become fractions."""
    return {
        "image/object/keypoint/num": np.full(len(keypoints), keypoints.shape[1], np.int64),
        "image/object/keypoint/x": (keypoints[..., 0] / width).astype(np.float32).ravel(),
        "image/object/keypoint/y": (keypoints[..., 1] / height).astype(np.float32).ravel(),
        "image/object/keypoint/visibility": keypoints[..., 2].astype(np.int64).ravel(),
    }


def _classes(name: str, labels: np.ndarray, texts: list[bytes], chosen: np.ndarray) -> dict[str, Feature]:
    """Return the two features of the classes of some objects.

    Args:
        name: What the names of both features begin with.
        labels: int64 [G].
        texts: The class name of each of the G objects.
        chosen: int64, indices of the objects.
    """
    return {f"{name}/label": labels[chosen], f"{name}/text": [texts[index] for index in chosen]}
