"""What all exported files that end before the suppression have in common."""

from abc import ABC, abstractmethod

import numpy as np

from pipeline.serving.exported_config import ExportedDetector


class CandidateFile(ABC):
    """An exported file, opened by the runtime of its format.

    Attributes:
        config: What the file knows of itself.
    """

    config: ExportedDetector

    @abstractmethod
    def run(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Find the candidates of a batch of images.

        Args:
            images: float32 [B, S, S, 3], RGB in [0, 255]; B is at least 1.

        Returns:
            The fields of :class:`pipeline.models.detectors.base.Candidates` by their names.
        """
