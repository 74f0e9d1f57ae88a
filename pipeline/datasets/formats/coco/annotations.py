"""Reads the annotations of a COCO file: their classes, boxes and masks."""

from collections import Counter
from math import isfinite, isnan, nan
from reprlib import repr as shortened  # it also accepts deeply nested lists
from typing import Any

import numpy as np

from pipeline.datasets.formats.coco.contents import Contents, elements, key_of
from pipeline.datasets.formats.coco.images import CocoImage
from pipeline.datasets.formats.shared.extents import Box, of_rotated
from pipeline.datasets.formats.shared.numbers import flag
from pipeline.datasets.formats.shared.quadrilaterals import rotated_fault
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.keypoints import ABSENT, HIDDEN, VISIBLE, extent
from pipeline.datasets.table.mask_shapes import enclose
from pipeline.datasets.table.segmentations import NONE

_KNOWN = frozenset(
    [
        "id",
        "image_id",
        "category_id",
        "bbox",
        "area",
        "segmentation",
        "iscrowd",
        "keypoints",
        "num_keypoints",
        "difficult",
        "whole_image",
        "ignore",
        "score",
        "attributes",
    ]
)
_KEY = "the key {!r} of annotations".format


def _unused(annotation: dict[str, Any]) -> list[str]:
    """Return the keys of an annotation that have a value and are not used."""
    return [_KEY(key) for key, value in annotation.items() if key not in _KNOWN and value]


def add_annotations(
    folder: DatasetFolder, contents: Contents, images: dict[Any, CocoImage], builder: TableBuilder
) -> None:
    """Add the annotations of a file to the builder. List the issues of those that cannot be used.

    Args:
        images: The images by COCO id. Annotations of images without a row are ignored, and so are detections.
        builder: It already has the images.

    Raises:
        PipelineError: The file is not JSON.
    """
    counts, objects, rotated = Counter[Any](), Counter[str](), Counter[str]()
    labels = list[tuple[int, str, int, dict[str, Any], tuple[str, int, int]]]()
    for key, annotation, start, end in elements(folder, contents.file):
        if key != "annotations":
            continue
        image_id = key_of(annotation.get("image_id")) if isinstance(annotation, dict) else None
        if image_id is None or image_id not in images:
            detail = f"an annotation of no image: {shortened(annotation)}"
            builder.issues.append(
                Issue(contents.file, Fault(None, "annotation-without-image", detail, Action.DROP_OBJECT))
            )
            continue
        image, index = images[image_id], counts[image_id]
        counts[image_id] += 1
        if contents.has_detections and annotation.get("score") is not None:
            continue
        if image.row is not None:
            objects[image.file] += 1
            if not _KNOWN.issuperset(annotation):
                builder.unused.add(contents.file, _unused(annotation))
            if _rotation(annotation):
                rotated[image.file] += 1
            place = (contents.file, start, end)
            if _has_no_box(annotation) and not flag(annotation.get("whole_image")):
                labels.append((image.row, image.file, index, annotation, place))
            else:
                _add_annotation(builder, contents, image.row, image.file, index, annotation, place)
    _add_labels(builder, contents, labels, among_boxes=sum(objects.values()) > len(labels))
    builder.issues += [Issue(file, rotated_fault(count, objects[file])) for file, count in rotated.items()]


def _has_no_box(annotation: dict[str, Any]) -> bool:
    return annotation.get("bbox") is None and not _has_mask(annotation) and not annotation.get("keypoints")


def _add_labels(
    builder: TableBuilder,
    contents: Contents,
    labels: list[tuple[int, str, int, dict[str, Any], tuple[str, int, int]]],
    *,
    among_boxes: bool,
) -> None:
    """Add the annotations without a box: labels of whole images, or issues if others of the file have boxes.

    Those that the pipeline writes have the key ``whole_image`` and are not among them.

    Args:
        labels: The arguments of :func:`_add_annotation` from ``row`` on.
        among_boxes: Whether the file has boxes, so that its images would be taken for background without them.
    """
    for row, file, index, annotation, place in labels:
        if among_boxes:
            detail = "it has no bbox, but other annotations of the file have one"
            builder.issues.append(Issue(file, Fault(index, "box-unreadable", detail, Action.DROP_OBJECT)))
        else:
            _add_annotation(builder, contents, row, file, index, annotation, place)


def _add_annotation(
    builder: TableBuilder,
    contents: Contents,
    row: int,
    file: str,
    index: int,
    annotation: dict[str, Any],
    place: tuple[str, int, int],
) -> None:
    category = key_of(annotation.get("category_id"))
    if category is None or category not in contents.categories:
        detail = f"category_id {shortened(annotation.get('category_id'))} is not among the categories"
        builder.issues.append(Issue(file, Fault(index, "unknown-class", detail, Action.DROP_OBJECT)))
        return
    points = _points(builder, contents.keypoints.get(category, ()), file, index, annotation)
    try:
        box = _box(annotation, points)
        builder.object(
            row,
            index,
            builder.label(contents.categories[category]),
            box,
            difficult=flag(annotation.get("difficult")) or flag(annotation.get("ignore")),
            crowd=flag(annotation.get("iscrowd")),
            area=_area(annotation.get("area")),
            segmentation=builder.segmentations.add(*place) if _has_mask(annotation) else NONE,
            keypoints=builder.keypoints.add(points.tolist()) if len(points) else NONE,
        )
    except (ValueError, TypeError, OverflowError):
        detail = f"its bbox is {shortened(annotation.get('bbox'))}"
        builder.issues.append(Issue(file, Fault(index, "box-unreadable", detail, Action.DROP_OBJECT)))


def _points(
    builder: TableBuilder, names: tuple[str, ...], file: str, index: int, annotation: dict[str, Any]
) -> np.ndarray:
    """Return the keypoints of an annotation in the order of the dataset, float64 [N, 3]; none if it has no keypoints.

    List the issue of those that cannot be read.

    Args:
        names: The names of the keypoints of its category.
    """
    values = annotation.get("keypoints")
    if not names or not values:
        return np.zeros((0, 3))
    try:
        if set(names) != set(builder.keypoints.names):
            raise ValueError("the keypoints of its category are not those of the first category that has any")
        points = np.array(values, np.float64)
        if points.size != 3 * len(names):
            raise ValueError(
                f"{points.size} numbers, but 3 for each of the {len(names)} keypoints are needed"
            )
        points = points.reshape(-1, 3)[[names.index(name) for name in builder.keypoints.names]]
        if not np.isfinite(points).all() or not np.isin(points[:, 2], (ABSENT, HIDDEN, VISIBLE)).all():
            raise ValueError("a number is not finite, or a visibility is not 0, 1 or 2")
    except (ValueError, TypeError, OverflowError) as error:
        fault = Fault(
            index, "keypoints-unreadable", f"{error}: {shortened(values)}", Action.DROP, "keypoints left out"
        )
        builder.issues.append(Issue(file, fault))
        return np.zeros((0, 3))
    return points if points[:, 2].any() else np.zeros((0, 3))


def _has_mask(annotation: dict[str, Any]) -> bool:
    """Return whether an annotation has a mask. Tools that export only boxes write ``[]`` or ``[[]]``."""
    segmentation = annotation.get("segmentation")
    return any(segmentation) if isinstance(segmentation, list) else bool(segmentation)


def _area(area: Any) -> float | None:
    """Return the area of the mask in px². Return None, for the area of the box, if the value is no such number."""
    if not isinstance(area, int | float) or not isfinite(area) or area < 0:
        return None
    return float(area)


def _box(annotation: dict[str, Any], points: np.ndarray) -> Box:
    """Return an annotation's box in px.

    If ``bbox`` is empty or all zeros, the box encloses the mask or, without one, the keypoints. Without these and
    without ``bbox``, all values are NaN: a label of the whole image. CVAT writes the rotation of a box as an attribute,
    in degrees.

    Args:
        points: float64 [N, 3], the keypoints.

    Raises:
        ValueError: The values are no numbers or are not finite.
        TypeError: ``bbox`` is no list of numbers.
        OverflowError: A number is too large.
    """
    bbox = annotation.get("bbox")
    if (not bbox or not any(bbox)) and _has_mask(annotation):
        return enclose(annotation["segmentation"])
    if (not bbox or not any(bbox)) and len(points):
        return extent(points)
    if bbox is None:
        return nan, nan, nan, nan
    x, y, width, height = map(float, bbox)
    if isnan(x + y + width + height):  # a number as text may be NaN
        raise ValueError("bbox is not finite")
    rotation = float(_rotation(annotation))
    return of_rotated((x, y, x + width, y + height), rotation, (x + width / 2, y + height / 2))


def _rotation(annotation: dict[str, Any]) -> Any:
    """Return the rotation that CVAT writes as an attribute, in degrees clockwise; 0 if there is none."""
    attributes = annotation.get("attributes")
    return attributes.get("rotation", 0.0) if isinstance(attributes, dict) else 0.0
