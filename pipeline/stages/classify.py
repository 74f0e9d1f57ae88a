"""Run the exported classifier, as it is shipped, over the val and test images.

Reads:
    converted: The val and test records, and ``labels.txt``.
    exported: The folder of the exported classifier.

Writes:
    classifications: ``{val,test}.csv``, the class scores of each image; an empty folder if there is no classifier.
"""

from pathlib import Path

from pipeline.artifacts import whole, written_by
from pipeline.datasets.converted.labels import read_labels
from pipeline.inputs.crops import whole_images_of
from pipeline.inputs.examples import records
from pipeline.params.detect import Detect
from pipeline.progress import progress_bar, timed_result
from pipeline.serving.predict import classified_images, score_table
from pipeline.serving.saved_model import is_exported, load
from pipeline.stage import stage_main

SPLITS = ("val", "test")


def run(detect: Detect, *, converted: Path, exported: Path, classifications: Path) -> None:
    """Run the classifier over the val and test splits."""
    written_by("export_classifier", exported)
    with timed_result(classifications) as done, whole(classifications, directory=True) as folder:
        if not is_exported(exported):
            done("classify: there is no classifier")
            return
        classifier, classes = load(exported), read_labels(converted)
        counts = []
        for split in SPLITS:
            images = whole_images_of(records(converted, split))
            count = int(images.reduce(0, lambda total, _: total + 1))
            with progress_bar(f"classifying on {split}", count) as advance:
                found = classified_images(classifier, images, detect.batch_size, advance)
                score_table(found, classes).to_csv(folder / f"{split}.csv", index=False)
            counts.append(f"{count:,} of {split}")
        done(f"classify: images {' and '.join(counts)}")


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
