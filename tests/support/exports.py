"""The section ``export`` of the detectors in tests."""

from typing import Any

from pipeline.params.export import Export


def export(**changes: Any) -> Export:
    """Return a section without Soft-NMS and voting, with the values of some parameters replaced."""
    values = {
        "score_threshold": 0.1,
        "nms_iou": 0.5,
        "max_detections": 3,
        "nms_per_class": True,
        "soft_nms_sigma": 0.0,
        "voting_sigma": 0.0,
    }
    return Export(**values | changes)
