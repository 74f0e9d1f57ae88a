"""Export the detector and the classifier, if there is one, as SavedModels in the layout of TensorFlow Serving.

The detector is also written in the other formats that ``export.formats`` names.

Reads:
    converted: The train records, on which an int8 file is calibrated, and the bits of the grey images of 16 bits.
    detector: The model directory of the detector.
    classifier: The model directory of the classifier.

Writes:
    exported: A folder of each model, which has the SavedModel in a folder of its version, and beside them the
        detector's files in other formats, such as ``detector.onnx``. With ``train.seeds``, the SavedModels of the
        further detectors are in the folders ``seed_2``, ``seed_3`` ...
"""

from pathlib import Path

from pipeline.artifacts import whole
from pipeline.datasets.converted.bit_depth import read_bit_depth
from pipeline.models.trained import trained_detector
from pipeline.models.weights.config import ClassifierConfig, read_config
from pipeline.ops.nms import Suppression
from pipeline.params.export import Export, ExportedFiles
from pipeline.progress import timed_result
from pipeline.seed_folders import seed_folder, seed_numbers
from pipeline.serving.classifier import load_classifier
from pipeline.serving.detector import DetectorService
from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.formats.calibration import calibration_images
from pipeline.serving.formats.candidate_graph import ExportSource
from pipeline.serving.formats.files import FORMATS
from pipeline.serving.formats.library_messages import hidden_messages
from pipeline.serving.saved_model import save
from pipeline.stage import stage_main


def run(export: ExportedFiles, *, converted: Path, detector: Path, classifier: Path, exported: Path) -> None:
    """Build the models from their directories and save them."""
    with timed_result(exported) as done, whole(exported, directory=True) as folder:
        for number in reversed(seed_numbers(detector)):
            source = load_detector(seed_folder(detector, number), export, converted)
            save(detector_service(source), seed_folder(folder, number) / "detector", source.config)
        for name in dict.fromkeys(export.formats):
            with hidden_messages():
                FORMATS[name].write(source, folder / FORMATS[name].file)
        files = ", ".join(["SavedModel", *dict.fromkeys(export.formats)])
        if why_none := read_config(classifier, ClassifierConfig).why_none:
            done(f"export: the detector as {files}; no classifier, because {why_none}")
            return
        save(load_classifier(classifier, source.config.bit_depth), folder / "classifier")
        done(f"export: the detector as {files}; the classifier as SavedModel")


def load_detector(directory: Path, export: ExportedFiles, converted: Path) -> ExportSource:
    """Build the detector of a model directory, with its weights, and what its files say of themselves."""
    config, detector = trained_detector(directory)
    size = config.image_size
    exported = ExportedDetector(
        architecture=config.architecture,
        classes=config.classes,
        image_size=size,
        export=Export(**{key: getattr(export, key) for key in Export.model_fields}),
        keypoint_names=config.keypoint_names,
        bit_depth=read_bit_depth(converted),
        tile=config.tile,
        tile_overlap=config.tile_overlap,
    )
    return ExportSource(detector, exported, lambda: calibration_images(converted, size))


def detector_service(source: ExportSource) -> DetectorService:
    """Return the detector with the signatures of a SavedModel."""
    config = source.config
    suppression = Suppression(**config.export.model_dump())
    return DetectorService(source.detector, config.classes, config.image_size, suppression, config.bit_depth)


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
