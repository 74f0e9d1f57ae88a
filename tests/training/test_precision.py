"""Mixed precision: chosen by rule, float32 in weights and outputs, and close to float32 in what it computes."""

from pathlib import Path

import numpy as np
import pytest
import tf_keras

from pipeline.models.detectors.registry import build_detector
from pipeline.training import precision
from pipeline.training.precision import computing_in, policy_name
from tests.support.detectors import config_of


@pytest.mark.parametrize(
    ("wanted", "backbone", "has_units", "policy"),
    [
        ("float32", "resnet18", True, "float32"),
        ("bfloat16", "resnet18", False, "mixed_bfloat16"),
        ("auto", "resnet18", True, "mixed_bfloat16"),
        ("auto", "resnet18", False, "float32"),
        ("auto", "mobilenet", True, "float32"),
    ],
)
def test_the_policy_follows_the_parameter_the_machine_and_the_backbone(
    monkeypatch: pytest.MonkeyPatch, wanted: str, backbone: str, has_units: bool, policy: str
) -> None:
    monkeypatch.setattr(precision, "_has_bfloat16", lambda: has_units)
    assert policy_name(wanted, backbone) == policy


@pytest.mark.parametrize(("flags", "has_units"), [("fma amx_bf16 amx_tile", True), ("fma avx2", False)])
def test_the_cpu_is_asked_for_its_units(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str, has_units: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags : {flags}\n")
    monkeypatch.setattr(precision, "_CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(precision.tf.config, "list_physical_devices", lambda kind: [])
    assert precision._has_bfloat16() is has_units


def test_the_policy_ends_with_its_context_even_after_an_error() -> None:
    before = tf_keras.mixed_precision.global_policy().name
    with pytest.raises(ZeroDivisionError), computing_in("mixed_bfloat16"):
        _ = 1 / 0
    assert tf_keras.mixed_precision.global_policy().name == before


def test_a_mixed_detector_keeps_float32_weights_and_outputs_and_agrees_with_the_plain_one() -> None:
    tf_keras.utils.set_random_seed(1)
    config = config_of("ssd", "resnet18", classes=("a", "b"), image_size=64)
    plain = build_detector(config)
    with computing_in("mixed_bfloat16"):
        mixed = build_detector(config)
    mixed.network.set_weights(plain.network.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    expected, got = plain.network(images), mixed.network(images)
    assert mixed.backbone.get_layer("v2_stack_1_block1_1_conv").compute_dtype == "bfloat16"
    assert {variable.dtype.name for variable in mixed.network.variables} == {"float32"}
    for name, value in expected.items():
        assert got[name].dtype.name == "float32"
        assert np.abs(got[name] - value).max() < 0.05 * np.abs(value).max()
