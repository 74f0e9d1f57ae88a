"""The limits on the number of detections that a split reaches: objects beyond them count as missed."""

from typing import NamedTuple

import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth


class Limit(NamedTuple):
    """A limit on the number of detections.

    Attributes:
        name: The parameter.
        value: The most detections.
        keys: The columns of which each combination of values has this limit.
        of: What the limit is of beside an image, as a part of a sentence.
    """

    name: str
    value: int
    keys: list[str]
    of: str = ""


def limits_of(returned: int, counted: int) -> tuple[Limit, Limit]:
    """Return the limits of an exported detector and of COCO's scores.

    Args:
        returned: ``export.max_detections``, the most detections of an image.
        counted: ``evaluate.max_detections``, the most detections of a class in an image that count.
    """
    return (
        Limit("export.max_detections", returned, ["image_id"]),
        Limit("evaluate.max_detections", counted, ["image_id", "label"], " of one class"),
    )


def crowded_message(objects: pd.DataFrame, limit: Limit, images: str) -> str | None:
    """Return a line if images have more objects than a limit lets a detector find, else None.

    Args:
        objects: One row per object that counts, with image_id and label.
        images: The images of which this is said, such as "40 test images".
    """
    counts = objects.groupby(limit.keys).size()
    beyond = counts[counts > limit.value]
    if beyond.empty:
        return None
    most = int(beyond.max())
    return (
        f"{limit.name} is {limit.value}, but {_images(beyond):,} of {images} have more objects{limit.of}, up to "
        f"{most}, which cannot all be found; set it to {most} or more"
    )


def limit_messages(
    truth: GroundTruth, detections: pd.DataFrame, split: str, *, returned: int, counted: int
) -> list[str]:
    """Return a line for each limit that the objects or the detections of a split reach.

    Args:
        truth: The ground truth of the split.
        detections: One row per detection with image_id, label (1..K) and score.
        split: The name of the split.
        returned: ``export.max_detections``.
        counted: ``evaluate.max_detections``.
    """
    boxes = truth.boxes()
    objects = boxes[(boxes["difficult"] == 0) & (boxes["crowd"] == 0)]
    images = f"{len(truth.images):,} {split} images"
    of_image, of_class = limits_of(returned, counted)
    messages = [crowded_message(objects, limit, images) for limit in (of_image, of_class)]
    messages.append(_full_message(detections, of_image, images, at_least=returned))
    messages.append(_full_message(detections, of_class, images, at_least=counted + 1))
    return [message for message in messages if message]


def _full_message(detections: pd.DataFrame, limit: Limit, images: str, *, at_least: int) -> str | None:
    """Return a line if images have ``at_least`` so many detections that a limit has cut some off, else None."""
    scores = detections.groupby(limit.keys)["score"]
    full = scores.size()[lambda counts: counts >= at_least]
    if full.empty:
        return None
    passed = scores.nlargest(limit.value).groupby(level=limit.keys).min()
    least = passed.loc[full.index].max()
    return (
        f"{_images(full):,} of {images} have as many detections{limit.of} as {limit.name} lets through, "
        f"{limit.value}; the last of them scores up to {least:.2f}"
    )


def _images(counts: pd.Series) -> int:
    """Return the number of images of a series that is indexed by the image, and by further columns."""
    return int(counts.index.get_level_values("image_id").nunique())
