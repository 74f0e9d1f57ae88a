"""Export the classifier of whole images as a SavedModel in the layout of TensorFlow Serving.

Reads:
    converted: The bits of its grey images of 16 bits.
    classifier: The model directory of the classifier.

Writes:
    exported: The SavedModel, in a folder of its version; an empty folder if there is no classifier.
"""

from pathlib import Path

from pipeline.artifacts import whole
from pipeline.datasets.converted.bit_depth import read_bit_depth
from pipeline.models.weights.config import ClassifierConfig, read_config
from pipeline.progress import timed_result
from pipeline.serving.classifier import load_classifier
from pipeline.serving.saved_model import save
from pipeline.stage import stage_main


def run(*, converted: Path, classifier: Path, exported: Path) -> None:
    """Build the classifier from its directory and save it."""
    with timed_result(exported) as done, whole(exported, directory=True) as folder:
        if why_none := read_config(classifier, ClassifierConfig).why_none:
            done(f"export_classifier: no classifier, because {why_none}")
            return
        save(load_classifier(classifier, read_bit_depth(converted)), folder)
        done("export_classifier: a SavedModel of the classifier")


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
