"""Run the exported models, as they are shipped, over the val and test records.

Reads:
    converted: The val and test records, and ``labels.txt``.
    exported: The folders of the exported models.

Writes:
    predictions: ``detections-{val,test}.json``, in the format of COCO results, with a ``segmentation`` if the detector
        has masks; ``classifier-{val,test}.csv``, the class scores of the crops of all true boxes, if there is a
        classifier. With ``train.seeds``, the detections of the further detectors are in the folders ``seed_2``,
        ``seed_3`` ...
"""

import json
from collections.abc import Iterable
from pathlib import Path

import tensorflow as tf

from pipeline.artifacts import whole
from pipeline.datasets.converted.labels import read_labels
from pipeline.inputs.examples import Example, records
from pipeline.params.detect import Detect
from pipeline.progress import progress_bar, timed_result
from pipeline.seed_folders import seed_folder, seed_numbers
from pipeline.serving.loading import load_predictor
from pipeline.serving.predict import Detection, classified_crops, detections, score_table
from pipeline.serving.saved_model import is_exported, load
from pipeline.stage import stage_main

SPLITS = ("val", "test")


def run(detect: Detect, *, converted: Path, exported: Path, predictions: Path) -> None:
    """Run the detector and, if there is one, the classifier over the val and test splits."""
    detectors = {
        number: load_predictor(seed_folder(exported, number) / "detector", batch_size=detect.batch_size)
        for number in seed_numbers(exported)
    }
    classifier = load(exported / "classifier") if is_exported(exported / "classifier") else None
    with timed_result(predictions) as done, whole(predictions, directory=True) as folder:
        counts = []
        for split in SPLITS:
            examples = records(converted, split)
            images, objects = count(examples)
            with progress_bar(f"detecting on {split}", images * len(detectors)) as advance:
                found = [
                    write_detections(
                        seed_folder(folder, number) / f"detections-{split}.json",
                        detections(detector, examples, detect.batch_size, advance),
                    )
                    for number, detector in detectors.items()
                ]
            if classifier is not None:
                with progress_bar(f"classifying on {split}", objects) as advance:
                    crops = classified_crops(classifier, examples, detect.batch_size, advance)
                    table = score_table(crops, read_labels(converted))
                table.to_csv(folder / f"classifier-{split}.csv", index=False)
            counts.append(f"{found[0]:,} on {split}")
        done(f"detect: detections {' and '.join(counts)}")


def write_detections(path: Path, results: Iterable[Detection]) -> int:
    """Write detections, ordered by image and score, and return their number."""
    ordered = sorted(results, key=lambda detection: (detection["image_id"], -detection["score"]))
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(ordered) + "\n", encoding="utf-8")
    return len(ordered)


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
