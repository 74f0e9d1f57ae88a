"""A detector as the export stage writes it."""

from pathlib import Path
from typing import Any


def exported(detector: Any, config: Any, params: Any, folder: Path) -> Any:
    """Write a detector as a SavedModel into a folder, and return its signature for image files.

    Args:
        detector: A :class:`pipeline.models.detectors.base.Detector`.
        config: Its :class:`pipeline.models.weights.config.DetectorConfig`.
        params: The parameters, whose section ``export`` has the suppression.
        folder: An empty folder.
    """
    from pipeline.ops.nms import Suppression
    from pipeline.params.export import Export
    from pipeline.serving.detector import DetectorService
    from pipeline.serving.saved_model import load, save

    suppression = Suppression(**{key: getattr(params.export, key) for key in Export.model_fields})
    save(DetectorService(detector, config.classes, config.image_size, suppression), folder)
    return load(folder).signatures["serving_default"]
