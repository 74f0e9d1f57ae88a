"""The scores on val while a detector is trained."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pipeline.inputs.examples import records
from pipeline.ops.nms import Suppression
from pipeline.training.val_scores import split_scorer
from tests.support.coloured_scenes import write_coco
from tests.support.conversion import run_convert
from tests.support.params_file import small_params


class Oracle:
    """Detects the truth of a split, batch after batch; it stands for a trained detector."""

    def __init__(self, converted: Path, split: str, batch_size: int) -> None:
        self._batches = [
            [next(examples) for _ in range(min(batch_size, count - start))]
            for count in [len(list(records(converted, split)))]
            for examples in [iter(records(converted, split))]
            for start in range(0, count, batch_size)
        ]

    def network(self, images: tf.Tensor, *, training: bool) -> tf.Tensor:
        return images

    def decode(self, outputs: tf.Tensor, suppression: Suppression) -> dict[str, tf.Tensor]:
        def truth() -> tuple[np.ndarray, ...]:
            examples = self._batches.pop(0)
            counts = np.array([len(e.labels) for e in examples], np.int32)
            boxes, classes = (
                np.zeros([len(examples), 9, 4], np.float32),
                np.zeros([len(examples), 9], np.int32),
            )
            for row, (example, count) in enumerate(zip(examples, counts, strict=True)):
                boxes[row, :count], classes[row, :count] = example.boxes, example.labels
            return boxes, classes, np.ones(classes.shape, np.float32), counts

        values = tf.numpy_function(truth, [], [tf.float32, tf.int32, tf.float32, tf.int32])
        return dict(zip(("boxes", "classes", "scores", "num_detections"), values, strict=True))


def test_the_score_of_the_truth_itself_is_one(tmp_path: Path) -> None:
    write_coco(tmp_path / "raw", 24)
    settings = small_params({"train": {"batch_size": 2}, "convert": {"workers": 1}})
    run_convert(settings, tmp_path / "raw", tmp_path)
    converted = tmp_path / "converted"
    oracle: Any = Oracle(converted, "val", 2)
    scorer = split_scorer(converted, "val", oracle, settings.train)
    assert scorer.score(0) == pytest.approx({"mAP": 1.0, "AP50": 1.0})
    objects = sum(int(tf.size(example.labels)) for example in records(converted, "val"))
    assert scorer.chance == pytest.approx(0.1 / objects**0.5)
