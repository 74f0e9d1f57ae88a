"""The warnings about annotations that a format of boxes alone cannot hold."""

import logging

from pipeline.datasets.converted.checked_dataset import ConvertedDataset
from pipeline.errors import PipelineError

logger = logging.getLogger(__name__)


def count_boxes(dataset: ConvertedDataset, title: str) -> int:
    """Return the number of objects with a box, and log the number of those without.

    Args:
        title: The format's name, for messages.

    Raises:
        PipelineError: No object has a box.
    """
    boxless = int(dataset.objects["xmin"].isna().sum())
    if boxless and boxless == len(dataset.objects):
        reason = f"{title} has boxes only, and here are labels of whole images only; coco holds them"
        raise PipelineError(f"{dataset.records}: {reason}")
    if boxless:
        logger.info("left out, as %s has boxes only: labels of whole images (%d)", title, boxless)
    return len(dataset.objects) - boxless


def log_keypoints(dataset: ConvertedDataset, title: str) -> None:
    """Log that the keypoints of a dataset are left out, if it has any.

    Args:
        title: The format's name, for the message.
    """
    if dataset.keypoint_names:
        logger.info("left out, as they are written to coco only, not to %s: the keypoints", title)


def count_crowds(dataset: ConvertedDataset) -> int:
    """Return the number of crowds."""
    return int((dataset.objects["crowd"] == 1).sum())


def count_difficult(dataset: ConvertedDataset) -> int:
    """Return the number of difficult objects that are no crowds."""
    return int(((dataset.objects["difficult"] == 1) & (dataset.objects["crowd"] == 0)).sum())
