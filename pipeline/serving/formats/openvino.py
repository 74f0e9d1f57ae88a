"""OpenVINO files, for Intel's processors. They take batches of any size.

A model is two files, of which the ``.bin`` holds the weights. The configuration is in the runtime information of the
``.xml``. OpenVINO is an extra of the installation.
"""

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import PipelineError, from_extra
from pipeline.serving.exported_config import parse_config
from pipeline.serving.formats.candidate_file import CandidateFile
from pipeline.serving.formats.candidate_graph import INPUT, ExportSource
from pipeline.serving.formats.onnx import onnx_model

CONFIG = ["detector", "config"]
"""The path of the configuration in the runtime information."""

EXACT = {"INFERENCE_PRECISION_HINT": "f32"}
"""Without it, processors with bfloat16 units compute in bfloat16, and boxes depend on the machine."""


def write_openvino(source: ExportSource, path: Path) -> None:
    """Write a detector as an OpenVINO model, by way of ONNX.

    Raises:
        PipelineError: OpenVINO is not installed.
    """
    openvino = installed_openvino()
    model = openvino.Core().read_model(onnx_model(source).SerializeToString())
    model.set_rt_info(source.config.model_dump_json(exclude_none=True), CONFIG)
    openvino.save_model(model, path, compress_to_fp16=False)


def installed_openvino() -> Any:
    """Return the module ``openvino``.

    Raises:
        PipelineError: It is not installed.
    """
    with from_extra("openvino", "OpenVINO is", ", or leave openvino out of export.formats"):
        import openvino
    return openvino


class OpenvinoFile(CandidateFile):
    """An OpenVINO model on the CPU."""

    def __init__(self, path: Path, threads: int) -> None:
        """Open a model.

        Args:
            path: The ``.xml`` file of the export stage, beside its ``.bin``.

        Raises:
            PipelineError: OpenVINO is not installed, or the file is none of this project, or damaged.
        """
        core = installed_openvino().Core()
        try:
            model = core.read_model(path)
            self._model = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads, **EXACT})
        except RuntimeError:
            raise PipelineError(
                f"{path}: no OpenVINO model, or a damaged one, or its .bin is missing; run the export stage again"
            ) from None
        known = model.has_rt_info(CONFIG)
        self.config = parse_config(model.get_rt_info(CONFIG).astype(str).encode() if known else b"", path)

    def run(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Find the candidates of a batch."""
        return {output.get_any_name(): value for output, value in self._model({INPUT: images}).items()}
