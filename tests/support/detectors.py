"""Configurations of detectors for the tests."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.models.weights.config import DetectorConfig, section_names
from pipeline.ops.truth import Truth
from pipeline.params.base import Section
from tests.support.project import PARAMS

ALPHAS = {"mobilenet": 0.25}
"""Backbone -> width multiplier. It is 1 for the others."""

SCENE = Truth(
    boxes=tf.constant([[0.1, 0.1, 0.5, 0.4], [0.45, 0.5, 0.95, 0.9]]),
    labels=tf.constant([2, 1]),
    ignored=tf.constant([False, False]),
)
"""Two objects of an image."""

SMALL_FASTER_RCNN = {
    "filters": 16,
    "max_level": 6,
    "anchor_size": 8.0,
    "aspect_ratios": [0.5, 1.0, 2.0],
    "scales": 1,
    "proposals": 50,
    "proposal_nms_iou": 0.7,
    "match_iou": 0.7,
    "unmatched_iou": 0.3,
    "sampled_anchors": 256,
    "roi_match_iou": 0.5,
    "roi_foreground": 0.25,
    "sampled_rois": 32,
    "head_units": 32,
    "roi_size": 7,
}
"""The section ``faster_rcnn`` of a network that is built in seconds, for images of 128 px."""


def batch_of_one(targets: Any) -> Any:
    """Return the targets of one image as a batch."""
    return tf.nest.map_structure(lambda value: value[None], targets)


def batch_of(*targets: Any) -> Any:
    """Return the targets of several images as a batch, padded with zeros as the batches of a training are."""

    def stacked(*values: tf.Tensor) -> tf.Tensor:
        if values[0].shape.rank == 0:
            return tf.stack(values)
        most = max(len(value) for value in values)
        return tf.stack([tf.pad(v, [[0, most - len(v)], *[[0, 0]] * (v.shape.rank - 1)]) for v in values])

    return tf.nest.map_structure(stacked, *targets)


def assert_finds_scene(found: Mapping[str, tf.Tensor], *, atol: float = 1e-5) -> None:
    """Check that the detections of one image are the two objects of :data:`SCENE`, and no more.

    Args:
        found: What a detector's ``decode`` returned.
        atol: Largest difference of a box's coordinate from the truth, normalised.
    """
    assert int(found["num_detections"][0]) == 2
    order = np.argsort(found["classes"][0, :2])[::-1]
    np.testing.assert_array_equal(found["classes"].numpy()[0, order], SCENE.labels)
    np.testing.assert_allclose(found["boxes"].numpy()[0, order], SCENE.boxes, atol=atol)


def sections_of(architecture: str, **changes: Any) -> list[Section]:
    """Return an architecture's sections of ``params.yaml``, in the order of its class's arguments.

    Args:
        architecture: A value of ``train.architecture``.
        changes: Key in one of the sections -> new value.
    """
    sections = [getattr(PARAMS.train, name) for name in section_names(architecture)]
    return [_changed(section, changes) for section in sections]


def config_of(
    architecture: str,
    backbone: str = "mobilenet",
    *,
    classes: tuple[str, ...] = ("a",),
    image_size: int = 128,
    **changes: Any,
) -> DetectorConfig:
    """Return a detector's configuration with the sections of ``params.yaml``.

    Args:
        architecture: A value of ``train.architecture``.
        backbone: A value of ``zoo.backbone``. MobileNet gets its smallest width.
        classes: Names of the classes 1..K.
        image_size: Side of the square input, px.
        changes: Key in one of the sections -> new value.
    """
    names = section_names(architecture)
    sections: dict[str, Any] = dict(zip(names, sections_of(architecture, **changes), strict=True))
    return DetectorConfig.model_validate(
        {
            "architecture": architecture,
            "classes": list(classes),
            "image_size": image_size,
            "backbone": backbone,
            "alpha": ALPHAS.get(backbone, 1.0),
            **({"keypoint_names": ["a", "b"]} if architecture == "keypoints" else {}),
            **sections,
        }
    )


def _changed(section: Section, changes: dict[str, Any]) -> Section:
    own = {key: value for key, value in changes.items() if key in type(section).model_fields}
    return section.model_copy(update=own)
