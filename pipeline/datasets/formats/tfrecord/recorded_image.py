"""Reads an image and its objects from the features of the TF Object Detection API."""

from math import nan
from typing import NamedTuple

import numpy as np

from pipeline.datasets.raw.record_images import ENCODED
from pipeline.datasets.records.example import Values
from pipeline.datasets.records.files import BrokenRecordError
from pipeline.datasets.table.faults import Action, Fault
from pipeline.datasets.table.unused_keys import MOST_OF_IMAGE

_CORNERS = ("xmin", "ymin", "xmax", "ymax")

_KNOWN = frozenset(
    [f"image/object/bbox/{corner}" for corner in _CORNERS]
    + [
        f"image/{name}"
        for name in ("encoded", "format", "filename", "source_id", "key/sha256", "height", "width")
    ]
    + [
        f"image/{name}"
        for name in ("channels", "colorspace", "class/label", "class/text", "object/class/label")
    ]
    + [
        f"image/object/{name}"
        for name in ("class/text", "difficult", "is_crowd", "area", "truncated", "view")
    ]
)

_NAMED_FEATURES = 8  # features that a message names if a record has another schema


class RecordedImage(NamedTuple):
    """An image and its objects as a record has them, or the fault of a record that cannot be read.

    Attributes:
        file: The image's name in the table.
        size: The declared width and height in px; 0 if they are not declared.
        labels: The class number, or None, and the class name, or "", of each object.
        boxes: float64 [G, 4], xyxy, in fractions of the image; NaN for labels of the whole image.
        difficult: bool [G], whether scores ignore the object.
        crowd: bool [G], whether the box encloses a group of objects.
        faults: The faults of objects, or the only fault of the image.
        unused: The features that have values and are not used, such as "the feature 'image/object/mask'".
    """

    file: str
    size: tuple[int, int] = (0, 0)
    labels: tuple[tuple[int | None, str], ...] = ()
    boxes: np.ndarray = np.zeros((0, 4))
    difficult: np.ndarray = np.zeros(0, bool)
    crowd: np.ndarray = np.zeros(0, bool)
    faults: tuple[Fault, ...] = ()
    unused: tuple[str, ...] = ()


def read_features(file: str, features: dict[str, Values]) -> RecordedImage:
    """Read an image and its objects from a record's features.

    Args:
        file: The image's name in the table.
        features: The result of :func:`decode_example`.

    Raises:
        BrokenRecordError: The features are of another schema, have other types, or have lists of different lengths.
    """
    if ENCODED not in features:
        names = ", ".join(repr(name)[1:-1][:60] for name in sorted(features)[:_NAMED_FEATURES]) or "none"
        raise BrokenRecordError(f"no {ENCODED}, so not of the TF Object Detection schema; features: {names}")
    boxes = _boxes(features)
    count = len(boxes)
    labels = _labels(features, "image/object/class", count) or [(None, "")] * count
    whole = _labels(features, "image/class", None)
    boxes = np.concatenate([boxes, np.full((len(whole), 4), nan)])
    difficult, crowd = (
        np.pad(_column(features, f"image/object/{name}", count) != 0, (0, len(whole)))
        for name in ("difficult", "is_crowd")
    )
    size = (_side(features, "image/width"), _side(features, "image/height"))
    broken = np.flatnonzero(~np.isfinite(boxes[:count]).all(axis=1)).tolist()
    faults = [
        Fault(at, "box-unreadable", f"its corners are {boxes[at]}", Action.DROP_OBJECT) for at in broken
    ]
    return RecordedImage(
        file, size, (*labels, *whole), boxes, difficult, crowd, tuple(faults), _unused(features)
    )


def _unused(features: dict[str, Values]) -> tuple[str, ...]:
    names = sorted(name for name in features.keys() - _KNOWN if len(features[name]))
    return tuple(f"the feature {name[:60]!r}" for name in names[:MOST_OF_IMAGE])


def _boxes(features: dict[str, Values]) -> np.ndarray:
    columns = [_numbers(features, f"image/object/bbox/{corner}") for corner in _CORNERS]
    if len({len(column) for column in columns}) > 1:
        lengths = ", ".join(
            f"{len(column)} {corner}" for column, corner in zip(columns, _CORNERS, strict=True)
        )
        raise BrokenRecordError(f"its boxes have {lengths}")
    return np.stack(columns, axis=1).astype(np.float64)


def _labels(features: dict[str, Values], name: str, count: int | None) -> list[tuple[int | None, str]]:
    """Return the class numbers, or None, and the class names, or "", of a feature.

    Args:
        name: The common beginning of the features' names, without ``/label`` and ``/text``.
        count: The number of objects; None if any number is allowed.

    Returns:
        One pair for each object; no pairs if there are neither numbers nor names.

    Raises:
        BrokenRecordError: The features have other types or other lengths.
    """
    column = _numbers(features, f"{name}/label")
    if len(column) and column.dtype != np.int64:
        raise BrokenRecordError(f"{name}/label holds floats where whole numbers are expected")
    numbers: list[int | None] = column.tolist()
    texts = _texts(features, f"{name}/text")
    length = max(len(numbers), len(texts))
    if {len(numbers), len(texts)} - {0, length} or (count is not None and length not in (0, count)):
        of_boxes = "" if count is None else f" for {count} boxes"
        raise BrokenRecordError(f"{name} has {len(numbers)} labels and {len(texts)} texts{of_boxes}")
    return list(zip(numbers or [None] * length, texts or [""] * length, strict=True))


def _column(features: dict[str, Values], name: str, count: int) -> np.ndarray:
    """Return one number for each object, all 0 if the feature is absent."""
    column = _numbers(features, name)
    if len(column) not in (0, count):
        raise BrokenRecordError(f"{name} has {len(column)} values for {count} boxes")
    return column if len(column) else np.zeros(count)


def _side(features: dict[str, Values], name: str) -> int:
    column = _numbers(features, name)
    return int(column[0]) if len(column) and np.isfinite(column[0]) else 0


def _numbers(features: dict[str, Values], name: str) -> np.ndarray:
    values = features.get(name, [])
    if len(values) and not isinstance(values, np.ndarray):
        raise BrokenRecordError(f"{name} holds text where numbers are expected")
    return np.asarray(values)


def _texts(features: dict[str, Values], name: str) -> list[str]:
    values = features.get(name, [])
    if len(values) and isinstance(values, np.ndarray):
        raise BrokenRecordError(f"{name} holds numbers where text is expected")
    try:
        return [" ".join(bytes(value).decode().replace("\0", " ").split()) for value in values]
    except UnicodeDecodeError:
        raise BrokenRecordError(f"{name} is not in UTF-8") from None
