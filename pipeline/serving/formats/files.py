"""The formats by their names in ``export.formats``: the name of the file, and what writes it."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pipeline.serving.formats import onnx, openvino, tflite
from pipeline.serving.formats.candidate_graph import ExportSource


class Format(NamedTuple):
    """A format.

    Attributes:
        file: The name of the file in the folder of the exported models.
        write: Writes a detector to a path. It raises a PipelineError if the format cannot hold it.
    """

    file: str
    write: Callable[[ExportSource, Path], None]


FORMATS = {
    "tflite_float32": Format("detector_float32.tflite", tflite.write_float32),
    "tflite_float16": Format("detector_float16.tflite", tflite.write_float16),
    "tflite_int8": Format("detector_int8.tflite", tflite.write_int8),
    "onnx": Format("detector.onnx", onnx.write_onnx),
    "openvino": Format("detector.xml", openvino.write_openvino),
}
