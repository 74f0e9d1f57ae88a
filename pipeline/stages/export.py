"""Export the detector and the classifier, if there is one, as SavedModels in the layout of TensorFlow Serving.

Reads:
    detector: The model directory of the detector.
    classifier: The model directory of the classifier.

Writes:
    exported: A folder of each model, which has the SavedModel in a folder of its version.
"""

from pathlib import Path

from pipeline.artifacts import whole
from pipeline.models.trained import trained_detector
from pipeline.models.weights.config import ClassifierConfig, read_config
from pipeline.ops.nms import Suppression
from pipeline.params.export import Export
from pipeline.progress import timed_result
from pipeline.serving.classifier import load_classifier
from pipeline.serving.detector import DetectorService
from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.saved_model import save
from pipeline.stage import stage_main


def run(export: Export, *, detector: Path, classifier: Path, exported: Path) -> None:
    """Build the models from their directories and save them."""
    with timed_result(exported) as done, whole(exported, directory=True) as folder:
        service, config = load_detector(detector, export)
        save(service, folder / "detector", config)
        if why_none := read_config(classifier, ClassifierConfig).why_none:
            done(f"export: a SavedModel of the detector; no classifier, because {why_none}")
            return
        save(load_classifier(classifier), folder / "classifier")
        done("export: two SavedModels")


def load_detector(directory: Path, export: Export) -> tuple[DetectorService, ExportedDetector]:
    """Build the detector of a model directory, with its weights, and what its file says of itself."""
    config, detector = trained_detector(directory)
    suppression = Suppression(**export.model_dump())
    service = DetectorService(detector, config.classes, config.image_size, suppression)
    return service, ExportedDetector(
        architecture=config.architecture,
        classes=config.classes,
        image_size=config.image_size,
        export=export,
        keypoint_names=config.keypoint_names,
        tile=config.tile,
        tile_overlap=config.tile_overlap,
    )


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
