"""TFLite files, for phones and small devices. They take one image at a time.

The configuration and the names of the classes are files of a zip archive that is appended to the model, as TFLite's
metadata has it. Interpreters overlook it.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.errors import PipelineError, one_line
from pipeline.models.upstream import ConverterError, all_layers
from pipeline.serving.exported_config import MOST_BYTES, ExportedDetector, parse_config
from pipeline.serving.formats.candidate_file import CandidateFile
from pipeline.serving.formats.candidate_graph import DECODING, INPUT, ExportSource, candidate_graph
from pipeline.serving.formats.library_messages import hidden_messages

CONFIG, LABELS = "config.json", "labels.txt"
"""The files of the archive."""

REGIONS = ("multilevel_roi_generator", "multilevel_roi_aligner")
"""The scopes in which detectors of two stages compute with boxes in pixels."""


def write_float32(source: ExportSource, path: Path) -> None:
    """Write a detector as a file whose weights and arithmetic are float32."""
    with _converter(source) as converter:
        _write(_converted(converter, source), source.config, path)


def write_float16(source: ExportSource, path: Path) -> None:
    """Write a detector as a file with float16 weights, which has half the size.

    Runtimes compute in float32 where the device has no float16.
    """
    with _converter(source) as converter:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        _write(_converted(converter, source), source.config, path)


def write_int8(source: ExportSource, path: Path) -> None:
    """Write a detector as a file whose convolutions compute with 8-bit integers, which has a quarter of the size.

    The weights of a convolution have a scale for each channel, its activations one scale, by the range that they have
    on the calibration images. Group normalisation and all that computes with boxes stay float32: the first divides by
    the deviation of the activations themselves, and 256 steps of the whole image are too few for a box.
    """
    with _converter(source) as converter:
        floats = _float_tensors(_converted(converter, source), source)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([image[None]] for image in source.calibration())
        options = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=floats)
        debugger = tf.lite.experimental.QuantizationDebugger(converter=converter, debug_options=options)
        _write(debugger.get_nondebug_quantized_model(), source.config, path)


def _float_tensors(model: bytes, source: ExportSource) -> list[str]:
    """Return the names of the tensors of a converted model that are not quantised."""
    from ai_edge_litert.interpreter import Interpreter

    norms = (
        layer.name
        for layer in all_layers(source.detector.network)
        if isinstance(layer, tf_keras.layers.GroupNormalization)
    )
    scopes = [*REGIONS, *(f"{name}/" for name in (DECODING, *norms))]
    interpreter = Interpreter(model_content=model)
    outputs = [detail["name"] for detail in interpreter.get_output_details()]
    names = [detail["name"] for detail in interpreter.get_tensor_details()]
    return outputs + [name for name in names if any(scope in name for scope in scopes)]


@contextmanager
def _converter(source: ExportSource) -> Iterator[tf.lite.TFLiteConverter]:
    """Yield a converter, which can be used until the block ends, of a graph whose outputs have names."""
    graph = candidate_graph(source, batch=1)
    named = tf.function(lambda images: dict(zip(graph.outputs, graph.function(images), strict=True)))
    signature = named.get_concrete_function(tf.TensorSpec(graph.function.inputs[0].shape, name=INPUT))
    with TemporaryDirectory() as folder:
        # the gradients of some activations cannot be saved, and nobody needs them
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(tf.Module(), folder, signatures={"serving_default": signature}, options=options)
        yield tf.lite.TFLiteConverter.from_saved_model(folder)


def _converted(converter: tf.lite.TFLiteConverter, source: ExportSource) -> bytes:
    try:
        return converter.convert()
    except ConverterError as error:
        raise PipelineError(
            f"{source.config.architecture} on this backbone has an operation that TFLite lacks; leave the tflite "
            f"formats out of export.formats ({one_line(error)[:200]})"
        ) from None


def _write(model: bytes, config: ExportedDetector, path: Path) -> None:
    """Write a model with the archive of its configuration behind it."""
    path.write_bytes(model)
    labels = "".join(f"{name}\n" for name in config.classes)
    with zipfile.ZipFile(path, "a") as archive:
        # a ZipInfo has a fixed date, so that the bytes depend on the contents only
        archive.writestr(zipfile.ZipInfo(CONFIG), config.model_dump_json(exclude_none=True))
        archive.writestr(zipfile.ZipInfo(LABELS), labels)


class TfliteFile(CandidateFile):
    """A TFLite file in LiteRT's interpreter."""

    def __init__(self, path: Path, threads: int) -> None:
        """Open a file.

        Args:
            path: A file of the export stage.

        Raises:
            PipelineError: The file is none of this project, or damaged.
        """
        from ai_edge_litert.interpreter import Interpreter

        self.config = parse_config(_archived_config(path), path)
        try:
            with hidden_messages():
                self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
                self._runner = self._interpreter.get_signature_runner()
        except (ValueError, RuntimeError):
            raise PipelineError(f"{path}: a damaged TFLite file; run the export stage again") from None

    def run(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Find the candidates, one image after the other."""
        rows = [self._runner(**{INPUT: image[None]}) for image in images]
        return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _archived_config(path: Path) -> bytes:
    """Return the configuration in the archive behind a model."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(CONFIG) as opened:
            return opened.read(MOST_BYTES)
    except (zipfile.BadZipFile, KeyError, OSError):
        raise PipelineError(
            f"{path}: holds no configuration; it is no TFLite file of the export stage"
        ) from None
