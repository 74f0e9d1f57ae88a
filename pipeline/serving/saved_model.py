"""SavedModels whose bytes depend only on the model, in the layout of TensorFlow Serving."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from pipeline.artifacts import write_json
from pipeline.errors import PipelineError
from pipeline.models.upstream import FingerprintDef
from pipeline.serving.exported_config import ExportedDetector, parse_config
from pipeline.serving.formats.library_messages import hidden_messages
from pipeline.serving.warm_up import write_warm_up

VERSION = "1"
"""The folder of the SavedModel in that of the model. TensorFlow Serving loads the folder with the highest number."""


CONFIG = Path("assets.extra", "config.json")
"""Where the configuration of a detector is, in the folder of its version. Programs that load the model overlook it."""


def save(service: Any, folder: Path, config: ExportedDetector | None = None) -> None:
    """Write a service as a SavedModel with the signatures ``serving_default`` and ``from_tensor``.

    Args:
        service: A :class:`pipeline.serving.detector.DetectorService` or
            :class:`pipeline.serving.classifier.ClassifierService`.
        folder: The folder of the model, in which a folder of the version is made.
        config: The configuration of a detector; None for a classifier.
    """
    signatures = {"serving_default": service.from_bytes, "from_tensor": service.from_tensor}
    version = folder / VERSION
    with hidden_messages():  # Keras warns of layers that it does not save as such; their functions are saved
        tf.saved_model.save(service, str(version), signatures=signatures)
    _drop_random_id(version / "fingerprint.pb")
    write_warm_up(service.name, version)
    if config is not None:
        write_json(version / CONFIG, config.model_dump(exclude_none=True))


def load(folder: Path) -> Any:
    """Load the SavedModel of a model, with its functions in ``signatures``.

    Args:
        folder: The folder of the model, which :func:`save` wrote to.

    Raises:
        PipelineError: The folder holds no SavedModel.
    """
    if not is_exported(folder):
        raise PipelineError(f"{folder / VERSION}: holds no SavedModel; run the export stage first")
    return tf.saved_model.load(str(folder / VERSION))


def read_exported_config(folder: Path) -> ExportedDetector:
    """Read the configuration of an exported detector.

    Raises:
        PipelineError: The folder of the model has none, or that of another version of this project.
    """
    path = folder / VERSION / CONFIG
    try:
        return parse_config(path.read_bytes(), path)
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; {folder} is no detector of the export stage") from None


def is_exported(folder: Path) -> bool:
    """Return whether the folder of a model holds a SavedModel."""
    return tf.saved_model.contains_saved_model(str(folder / VERSION))


def _drop_random_id(path: Path) -> None:
    """Remove the identifier that TensorFlow draws at random for each SavedModel."""
    fingerprint = FingerprintDef.FromString(path.read_bytes())
    fingerprint.uuid = ""
    path.write_bytes(fingerprint.SerializeToString(deterministic=True))
