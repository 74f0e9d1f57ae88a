"""ONNX files, for ONNX Runtime and the many tools that read the format. They take batches of any size.

The configuration is an entry of the model's metadata.
"""

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import PipelineError, one_line
from pipeline.serving.exported_config import parse_config
from pipeline.serving.formats.candidate_file import CandidateFile
from pipeline.serving.formats.candidate_graph import INPUT, ExportSource, candidate_graph

OPSET = 17
"""The version of ONNX's operators. ONNX Runtime reads it from version 1.12 on."""

CONFIG = "config"
"""The key of the configuration in the metadata."""


def write_onnx(source: ExportSource, path: Path) -> None:
    """Write a detector as an ONNX file."""
    path.write_bytes(onnx_model(source).SerializeToString(deterministic=True))


def onnx_model(source: ExportSource) -> Any:
    """Return a detector as a model of ONNX, with its configuration.

    Raises:
        PipelineError: The network has operations that ONNX lacks.
    """
    import tf2onnx
    from onnx import checker
    from onnx.helper import set_model_props

    graph = candidate_graph(source, batch=None)
    function = graph.function
    inputs, outputs = ([tensor.name for tensor in tensors] for tensors in (function.inputs, function.outputs))
    names = dict(zip(outputs, graph.outputs, strict=True)) | {inputs[0]: INPUT}
    model, _ = tf2onnx.convert.from_graph_def(
        function.graph.as_graph_def(),
        name="detector",
        input_names=inputs,
        output_names=outputs,
        opset=OPSET,
        tensors_to_rename=names,
    )
    _replace_deprecated(model)
    set_model_props(model, {CONFIG: source.config.model_dump_json(exclude_none=True)})
    try:
        checker.check_model(model)
    except checker.ValidationError as error:
        raise PipelineError(
            f"{source.config.architecture} on this backbone has an operation that ONNX lacks; leave onnx and openvino "
            f"out of export.formats ({one_line(error)[:200]})"
        ) from None
    return model


def _replace_deprecated(model: Any) -> None:
    """Describe nearest-neighbour upsampling in a way that is not deprecated. It is the same for whole factors."""
    values = {"coordinate_transformation_mode": b"asymmetric", "nearest_mode": b"floor"}
    for node in model.graph.node:
        attributes = {attribute.name: attribute for attribute in node.attribute}
        if node.op_type == "Resize" and attributes["mode"].s == b"nearest":
            for name, value in values.items():
                attributes[name].s = value


class OnnxFile(CandidateFile):
    """An ONNX file in ONNX Runtime."""

    def __init__(self, path: Path, threads: int) -> None:
        """Open a file.

        Args:
            path: A file of the export stage.

        Raises:
            PipelineError: The file is none of this project, or damaged.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception:  # the runtime has a class of its own for each kind of damage
            raise PipelineError(
                f"{path}: no ONNX file, or a damaged one; run the export stage again"
            ) from None
        metadata = self._session.get_modelmeta().custom_metadata_map
        self.config = parse_config(metadata.get(CONFIG, "").encode(), path)
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Find the candidates of a batch."""
        return dict(zip(self._outputs, self._session.run(self._outputs, {INPUT: images}), strict=True))
