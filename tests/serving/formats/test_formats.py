"""Every format gives the candidates of the network, and knows its configuration."""

import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from onnx import checker

from pipeline.errors import PipelineError
from pipeline.models.upstream import ConverterError
from pipeline.serving.candidate_predictor import READERS
from pipeline.serving.formats import onnx as onnx_format
from pipeline.serving.formats import openvino, tflite
from pipeline.serving.formats.candidate_graph import ExportSource
from pipeline.serving.formats.files import FORMATS
from tests.support.exported_files import CLASSES, CONFIG, SIDE, images, small_source

QUICK = {"tflite_float32", "onnx"}
"""The formats whose files are written in the quick tests."""

TOLERANCE = {"tflite_float16": 0.01, "tflite_int8": 0.1}
"""Largest difference of a box, as a fraction of the image, and of a score. It is 1e-4 in the others."""


@pytest.fixture(scope="module")
def source() -> ExportSource:
    return small_source(filters=16, convolutions=1)


@pytest.fixture(scope="module")
def written(source: ExportSource, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that writes the file of a format when it is first asked for, and returns its path."""
    folder = tmp_path_factory.mktemp("exported")

    def file_of(name: str) -> Path:
        path = folder / FORMATS[name].file
        if not path.exists():
            FORMATS[name].write(source, path)
        return path

    return file_of


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in FORMATS],
)
def test_a_file_gives_the_candidates_of_the_network(
    name: str, source: ExportSource, written: Callable[[str], Path]
) -> None:
    path = written(name)
    opened = READERS[path.suffix](path, 1)
    assert opened.config == source.config
    batch = np.stack(list(images(3, seed=1)))
    found = opened.run(batch)
    expected = source.detector.candidates(source.detector.network(tf.constant(batch)))
    assert set(found) == {"boxes", "scores"}
    for key, value in found.items():
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, getattr(expected, key), atol=TOLERANCE.get(name, 1e-4))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tflite_int8", "onnx"])
@pytest.mark.parametrize("architecture", ["ssd", "retinanet", "yolo_v8", "faster_rcnn"])
def test_other_detectors_have_files(architecture: str, name: str, tmp_path: Path) -> None:
    if (architecture, name) == ("faster_rcnn", "tflite_int8"):
        pytest.skip("params/detector_combinations refuses it")
    source = small_source(architecture)
    path = tmp_path / FORMATS[name].file
    FORMATS[name].write(source, path)
    batch = np.stack(list(images(2, seed=1)))
    found = READERS[path.suffix](path, 1).run(batch)
    expected = source.detector.candidates(source.detector.network(tf.constant(batch)))
    for key, value in found.items():
        np.testing.assert_allclose(value, getattr(expected, key), atol=TOLERANCE.get(name, 1e-4))


@pytest.mark.slow
def test_smaller_numbers_make_smaller_files(written: Callable[[str], Path]) -> None:
    sizes = [written(f"tflite_{name}").stat().st_size for name in ("float32", "float16", "int8")]
    assert sizes[0] > 1.6 * sizes[1] > 2.0 * sizes[2]


@pytest.mark.slow
def test_group_normalisation_and_decoding_stay_float(written: Callable[[str], Path]) -> None:
    from ai_edge_litert.interpreter import Interpreter

    details = Interpreter(model_path=str(written("tflite_int8"))).get_tensor_details()
    kinds = {detail["name"]: detail["dtype"] for detail in details}
    decoded = {
        name: kind for name, kind in kinds.items() if name.startswith(("decoding/", "PartitionedCall"))
    }
    assert len(decoded) > 10 and np.int8 not in decoded.values()
    kernels = [
        detail
        for detail in details
        if detail["dtype"] == np.int8 and len(detail["quantization_parameters"]["scales"]) > 1
    ]
    assert len(kernels) > 20  # a scale for each channel


def test_the_archive_behind_a_tflite_file_has_the_classes(written: Callable[[str], Path]) -> None:
    with zipfile.ZipFile(written("tflite_float32")) as archive:
        assert archive.namelist() == ["config.json", "labels.txt"]
        assert archive.read("labels.txt").decode() == "".join(f"{name}\n" for name in CLASSES)


def test_a_tflite_file_is_the_same_to_the_byte_again(
    source: ExportSource, written: Callable[[str], Path], tmp_path: Path
) -> None:
    FORMATS["tflite_float32"].write(source, tmp_path / "again.tflite")
    assert (tmp_path / "again.tflite").read_bytes() == written("tflite_float32").read_bytes()


@pytest.mark.parametrize("suffix", READERS)
def test_damaged_and_foreign_files_are_one_line(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"detector{suffix}"
    path.write_bytes(b"nothing of this kind")
    with pytest.raises(PipelineError, match=r"detector\.\w+: "):
        READERS[suffix](path, 1)


def test_a_missing_openvino_is_one_line(
    source: ExportSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(PipelineError, match=r"OpenVINO is not installed; install it with: pip install"):
        openvino.write_openvino(source, tmp_path / "detector.xml")


def test_masks_are_refused_in_one_line(tmp_path: Path) -> None:
    masked = source_with_masks()
    with pytest.raises(
        PipelineError, match=r"mask_rcnn can be exported as a SavedModel only, .* set export.formats"
    ):
        FORMATS["onnx"].write(masked, tmp_path / "detector.onnx")


@pytest.mark.slow
def test_an_operation_that_a_format_lacks_is_one_line(
    source: ExportSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def convert() -> bytes:
        raise ConverterError("tf.Lacking op\nis neither a custom op nor a flex op")

    monkeypatch.setattr(tflite, "_converter", lambda source: nullcontext(SimpleNamespace(convert=convert)))
    with pytest.raises(
        PipelineError, match=r"^gfl on this .* TFLite lacks; leave .* \(tf.Lacking op is neither"
    ):
        tflite.write_float32(source, tmp_path / "detector.tflite")

    def check(model: object) -> None:
        raise checker.ValidationError("No Op registered for Lacking")

    monkeypatch.setattr(checker, "check_model", check)
    with pytest.raises(
        PipelineError, match=r"^gfl on this .* ONNX lacks; leave .* \(No Op registered for Lacking"
    ):
        onnx_format.write_onnx(source, tmp_path / "detector.onnx")


def source_with_masks() -> ExportSource:
    config = CONFIG.model_copy(update={"architecture": "mask_rcnn"})
    return ExportSource(SimpleNamespace(uses_masks=True), config, list)


def test_images_have_the_networks_size() -> None:
    assert [image.shape for image in images(2)] == [(SIDE, SIDE, 3)] * 2
