"""Writing a service as a SavedModel, the same bytes for the same model."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from pipeline.models.upstream import FingerprintDef


def save(service: Any, folder: Path) -> None:
    """Write a service as a SavedModel with the signatures ``serving_default`` and ``from_tensor``."""
    signatures = {"serving_default": service.from_bytes, "from_tensor": service.from_tensor}
    tf.saved_model.save(service, str(folder), signatures=signatures)
    _drop_random_id(folder / "fingerprint.pb")


def _drop_random_id(path: Path) -> None:
    """Take out the one thing in a SavedModel that is drawn anew each time, so that equal models are equal files."""
    fingerprint = FingerprintDef.FromString(path.read_bytes())
    fingerprint.uuid = ""
    path.write_bytes(fingerprint.SerializeToString(deterministic=True))
