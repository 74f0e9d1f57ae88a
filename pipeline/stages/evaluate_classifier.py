"""Score the classifier of whole images against the labels, from files alone.

Reads:
    converted: ``images.csv``, ``objects.csv`` and ``labels.txt``.
    classifications: The class scores on val and test.

Writes:
    metrics: The fingerprint of the test set, and the scores on test and, under "val", on val; an empty object if there
        is no classifier.
    plots: ``confusion.csv`` of the test split.
"""

from pathlib import Path

from pipeline.artifacts import whole, write_json, written_by
from pipeline.datasets.converted.fingerprint import with_fingerprint
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.evaluation.classification import classifier_scores, confused_classes
from pipeline.evaluation.predictions import read_classifications
from pipeline.progress import timed_result
from pipeline.stage import stage_main


def run(*, converted: Path, classifications: Path, metrics: Path, plots: Path) -> None:
    """Score the classifier on val and test, and write the table that the confusion of the test split is drawn from."""
    written_by("classify", classifications)
    with timed_result(metrics) as done:
        truth = read_ground_truth(converted)
        classified = {
            name: read_classifications(path, truth.split(name))
            for name in ("val", "test")
            if (path := classifications / f"{name}.csv").exists()
        }
        write_json(metrics, with_fingerprint(classifier_scores(classified, truth.classes), truth))
        with whole(plots, directory=True) as folder:
            confused_classes(classified, truth.classes).to_csv(folder / "confusion.csv", index=False)
        done("evaluate_classifier: the scores")


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
