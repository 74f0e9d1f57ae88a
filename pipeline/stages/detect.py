"""Run the exported models, as they are shipped, over the val and test records.

Reads:
    converted: The val and test records, and ``labels.txt``.
    exported: The folders of the exported models.

Writes:
    predictions: ``detections-{val,test}.json``, in the format of COCO results, with a ``segmentation`` if the detector
        has masks; ``classifier-{val,test}.csv``, the class scores of the crops of all true boxes, if there is a
        classifier.
"""

import json
from pathlib import Path

import tensorflow as tf

from pipeline.artifacts import whole
from pipeline.datasets.converted.labels import read_labels
from pipeline.inputs.examples import Example, records
from pipeline.params.detect import Detect
from pipeline.progress import progress_bar, timed_result
from pipeline.serving.loading import load_predictor
from pipeline.serving.predict import classified_crops, detections, score_table
from pipeline.serving.saved_model import is_exported, load
from pipeline.stage import stage_main

SPLITS = ("val", "test")


def run(detect: Detect, *, converted: Path, exported: Path, predictions: Path) -> None:
    """Run the detector and, if there is one, the classifier over the val and test splits."""
    detector = load_predictor(exported / "detector", batch_size=detect.batch_size)
    classifier = load(exported / "classifier") if is_exported(exported / "classifier") else None
    with timed_result(predictions) as done, whole(predictions, directory=True) as folder:
        counts = []
        for split in SPLITS:
            examples = records(converted, split)
            images, objects = count(examples)
            with progress_bar(f"detecting on {split}", images) as advance:
                results = sorted(
                    detections(detector, examples, detect.batch_size, advance),
                    key=lambda detection: (detection["image_id"], -detection["score"]),
                )
            (folder / f"detections-{split}.json").write_text(json.dumps(results) + "\n", encoding="utf-8")
            if classifier is not None:
                with progress_bar(f"classifying on {split}", objects) as advance:
                    crops = classified_crops(classifier, examples, detect.batch_size, advance)
                    table = score_table(crops, read_labels(converted))
                table.to_csv(folder / f"classifier-{split}.csv", index=False)
            counts.append(f"{len(results):,} on {split}")
        done(f"detect: detections {' and '.join(counts)}")


def count(examples: tf.data.Dataset) -> tuple[int, int]:
    """Return the number of images, and the number of their objects that are not ignored."""

    def add(counts: tf.Tensor, example: Example) -> tf.Tensor:
        return counts + tf.stack([1, tf.math.count_nonzero(~example.ignored)])

    images, objects = examples.reduce(tf.zeros([2], tf.int64), add).numpy()
    return int(images), int(objects)


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
