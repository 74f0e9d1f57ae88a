"""Run the exported models, as they are shipped, over the val and test records.

Reads:
    converted: The val and test records, and ``labels.txt``.
    exported: The SavedModels.

Writes:
    predictions: ``detections-{val,test}.json``, in the format of COCO results, with a ``segmentation`` if the detector
        has masks; ``classifier-{val,test}.csv``, the class scores of the crops of all true boxes.
"""

import json
from pathlib import Path

import pandas as pd
import tensorflow as tf

from pipeline.artifacts import whole
from pipeline.datasets.converted.labels import read_labels
from pipeline.inputs.examples import records
from pipeline.params.detect import Detect
from pipeline.progress import timed_result
from pipeline.serving.predict import classified_crops, detections
from pipeline.stage import stage_main

SPLITS = ("val", "test")


def run(detect: Detect, *, converted: Path, exported: Path, predictions: Path) -> None:
    """Run the detector and the classifier over the val and test splits."""
    detector = tf.saved_model.load(str(exported / "detector"))
    classifier = tf.saved_model.load(str(exported / "classifier"))
    batch_size = detect.batch_size
    columns = [f"score_{label}" for label in range(1, len(read_labels(converted)) + 1)]
    with timed_result(predictions) as done, whole(predictions, directory=True) as folder:
        counts = []
        for split in SPLITS:
            results = sorted(
                detections(detector, records(converted, split), batch_size),
                key=lambda detection: (detection["image_id"], -detection["score"]),
            )
            (folder / f"detections-{split}.json").write_text(json.dumps(results) + "\n", encoding="utf-8")
            crops = classified_crops(classifier, records(converted, split), batch_size)
            rows = [(crop.image_id, crop.label, *crop.scores) for crop in crops]
            pd.DataFrame(rows, columns=["image_id", "label", *columns]).to_csv(
                folder / f"classifier-{split}.csv", index=False
            )
            counts.append(f"{len(results):,} on {split}")
        done(f"detect: detections {' and '.join(counts)}")


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
