"""SavedModels whose bytes depend only on the model."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from pipeline.models.upstream import FingerprintDef


def save(service: Any, folder: Path) -> None:
    """Write a service as a SavedModel with the signatures ``serving_default`` and ``from_tensor``.

    Args:
        service: A :class:`pipeline.serving.detector.DetectorService` or
            :class:`pipeline.serving.classifier.ClassifierService`.
        folder: The folder to write to.
    """
    signatures = {"serving_default": service.from_bytes, "from_tensor": service.from_tensor}
    tf.saved_model.save(service, str(folder), signatures=signatures)
    _drop_random_id(folder / "fingerprint.pb")


def _drop_random_id(path: Path) -> None:
    """Remove the identifier that TensorFlow draws at random for each SavedModel."""
    fingerprint = FingerprintDef.FromString(path.read_bytes())
    fingerprint.uuid = ""
    path.write_bytes(fingerprint.SerializeToString(deterministic=True))
