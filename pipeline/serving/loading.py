"""Opening an exported detector of any format."""

from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.serving.candidate_predictor import READERS, CandidatePredictor
from pipeline.serving.predictor import Predictor, SavedModelPredictor
from pipeline.serving.tiles import with_tiles
from pipeline.workers import cores


def load_predictor(
    path: Path,
    threads: int | None = None,
    *,
    tile: int | None = None,
    overlap: float | None = None,
    batch_size: int = 8,
) -> Predictor:
    """Load an exported detector. One that was trained on tiles of pictures looks at tiles, too.

    Args:
        path: The folder of a SavedModel, such as ``models/exported/detector``, or a file of another format, whose
            suffix is .tflite, .onnx or .xml (OpenVINO).
        threads: Number of threads that run the network of such a file; None for one per core. A SavedModel uses those
            of TensorFlow.
        tile: The side of the tiles that pictures are cut into; see :func:`pipeline.serving.tiles.with_tiles`.
        overlap: The share of a tile's side that it has in common with the next one.
        batch_size: The number of tiles that run as one batch.

    Raises:
        PipelineError: There is no exported detector at the path, or the runtime of its format is not installed.
    """
    return with_tiles(_opened(path, threads), batch_size, tile, overlap)


def _opened(path: Path, threads: int | None) -> Predictor:
    if not path.exists():
        raise PipelineError(f"{path}: not found; run the export stage, or name an exported detector")
    if path.is_dir():
        return SavedModelPredictor(path)
    if path.suffix not in READERS:
        raise PipelineError(
            f"{path}: {path.suffix or 'no suffix'} is no format of an exported detector; name the folder of a "
            f"SavedModel, or a file that ends in {', '.join(READERS)}"
        )
    return CandidatePredictor(READERS[path.suffix](path, threads or cores()))
