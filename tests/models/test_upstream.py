"""The private names of libraries: each exists, and only the two modules ``upstream`` use them."""

import ast
import importlib
import re
from pathlib import Path

import pytest
import tensorflow as tf
import tf_keras

from pipeline.models import upstream, upstream_keras_cv
from tests.support.project import ROOT

NAMES = {
    "keras_cv.src.models.object_detection.yolo_v8.yolo_v8_detector": [
        "BOX_REGRESSION_CHANNELS",
        "apply_path_aggregation_fpn",
        "decode_regression_to_boxes",
        "dist2bbox",
        "get_anchors",
    ],
    "keras_cv.src.models.object_detection.yolo_v8.yolo_v8_layers": ["apply_conv_bn"],
    "official.modeling.optimization.legacy_adamw": ["AdamWeightDecay"],
    "official.vision.modeling.backbones.resnet": ["ResNet"],
    "official.vision.ops.anchor": ["RpnAnchorLabeler"],
    "tensorflow.core.protobuf.fingerprint_pb2": ["FingerprintDef"],
    "tensorflow.core.protobuf.trackable_object_graph_pb2": ["TrackableObjectGraph"],
    "tensorflow.lite.python.convert_phase": ["ConverterError"],
    "tensorflow.python.framework.convert_to_constants": ["convert_variables_to_constants_v2"],
    "tf_keras.src.applications": ["efficientnet"],
    "tf_keras.src.saving.legacy": ["hdf5_format"],
    "tf_keras.src.utils.generic_utils": ["to_snake_case"],
}
PRIVATE_METHODS = {
    "tf_keras.Model": "_flatten_layers",
    "official.modeling.optimization.legacy_adamw.AdamWeightDecay": "_decay_weights_op",
    "official.vision.modeling.backbones.resnet.ResNet": "_stem",
    "official.vision.ops.anchor.RpnAnchorLabeler": "_get_rpn_samples",
}
PRIVATE_MODULES = re.compile(r"^(keras_cv\.src|tf_keras\.src|tensorflow\.(core|python|lite\.python))\b")
UPSTREAM = [ROOT / "pipeline" / "models" / name for name in ("upstream.py", "upstream_keras_cv.py")]
OTHERS = sorted(path for path in (ROOT / "pipeline").rglob("*.py") if path not in UPSTREAM)


def imports(text: str) -> dict[str, list[str]]:
    """Return the imported modules of a source text: module -> imported names."""
    modules: dict[str, list[str]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules |= {alias.name: [] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.setdefault(node.module, []).extend(alias.name for alias in node.names)
    return modules


@pytest.mark.parametrize("module", NAMES)
def test_each_imported_name_exists(module: str) -> None:
    loaded = importlib.import_module(module)
    assert [name for name in NAMES[module] if not hasattr(loaded, name)] == []


@pytest.mark.parametrize("owner", PRIVATE_METHODS)
def test_each_private_method_exists(owner: str) -> None:
    module, name = owner.rsplit(".", 1)
    assert callable(getattr(getattr(importlib.import_module(module), name), PRIVATE_METHODS[owner]))


def test_the_names_of_the_libraries_are_all_listed_here() -> None:
    modules = {}
    for path in UPSTREAM:
        modules |= imports(path.read_text(encoding="utf-8"))
    public = {"typing", "tensorflow", "tf_keras"}
    assert {name: sorted(names) for name, names in modules.items() if name not in public} == NAMES


def test_everything_that_the_module_exports_exists() -> None:
    for module in (upstream, upstream_keras_cv):
        assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_other_module_uses_a_private_name(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [module for module in imports(text) if PRIVATE_MODULES.match(module)] == []
    attributes = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    assert attributes.isdisjoint(PRIVATE_METHODS.values())


def test_all_layers_are_those_of_the_submodules() -> None:
    inner = tf_keras.Sequential([tf_keras.layers.Dense(2), tf_keras.layers.BatchNormalization()])
    model = tf_keras.Sequential([tf_keras.Input([3]), inner, tf_keras.layers.Dense(1)])
    layers = {id(module) for module in model.submodules if isinstance(module, tf_keras.layers.Layer)}
    found = [
        layer for layer in upstream.all_layers(model) if not isinstance(layer, tf_keras.layers.InputLayer)
    ]
    assert {id(layer) for layer in found} <= layers
    assert {type(layer) for layer in found} == {
        tf_keras.Sequential,
        tf_keras.layers.Dense,
        tf_keras.layers.BatchNormalization,
    }


def test_the_public_methods_are_called_by_the_libraries() -> None:
    class Doubling(upstream.PreprocessingResNet):
        def preprocess(self, inputs: tf.Tensor) -> tf.Tensor:
            return tf_keras.layers.Rescaling(2.0, name="doubled")(inputs)

    class Nothing(upstream.AdamWithDecayRule):
        def decays(self, variable: tf.Variable) -> bool:
            return False

    network = Doubling(18, tf_keras.layers.InputSpec(shape=[None, 64, 64, 3]))
    assert network.get_layer("doubled").input is network.input
    variable = tf.Variable([[1.0]])
    Nothing(0.1, weight_decay_rate=0.5).apply_gradients([(tf.zeros_like(variable), variable)])
    assert float(variable[0, 0]) == 1.0
