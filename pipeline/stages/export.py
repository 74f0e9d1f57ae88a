"""Export the detector and the classifier as SavedModels that a server loads as they are.

Reads: the model directories of the detector and the classifier.
Writes: a folder with one SavedModel each.
Parameters: export.
"""

from pathlib import Path

from pipeline.artifacts import whole
from pipeline.models.backbones.registry import build_backbone
from pipeline.models.classifier import build_classifier
from pipeline.models.detectors.registry import build_detector
from pipeline.models.weights.directory import load_network, read_facts
from pipeline.params.schema import Params
from pipeline.serving.classifier import ClassifierService
from pipeline.serving.detector import DetectorService
from pipeline.serving.saved_model import save
from pipeline.stage import stage_main


def run(params: Params, *, detector: Path, classifier: Path, exported: Path) -> None:
    """Rebuild both models from their directories and save them."""
    with whole(exported, directory=True) as folder:
        save(load_detector(detector, params), folder / "detector")
        save(load_classifier(classifier), folder / "classifier")


def load_detector(directory: Path, params: Params) -> DetectorService:
    """Rebuild the detector that a model directory holds."""
    facts = read_facts(directory)
    detector = build_detector(facts)
    load_network(detector.network, directory)
    return DetectorService(detector, facts["classes"], facts["image_size"], **params.export.model_dump())


def load_classifier(directory: Path) -> ClassifierService:
    """Rebuild the classifier that a model directory holds."""
    facts = read_facts(directory)
    backbone = build_backbone(facts["backbone"], facts["alpha"])
    network = build_classifier(backbone, {"class": len(facts["classes"])}, dropout=0.0)
    load_network(network, directory)
    return ClassifierService(network, facts["classes"], facts["image_size"])


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
