"""The feature levels of the SSD variants: the papers' grids, channels and kinds of convolution."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.ssd import Ssd
from pipeline.models.detectors.ssd_features import L2Normalization
from pipeline.params import detectors as sections
from pipeline.training.precision import computing_in

SETTINGS = {"min_scale": 0.2, "max_scale": 0.9, "match_iou": 0.5, "negatives_per_positive": 3}


def test_l2_normalization_by_hand() -> None:
    layer = L2Normalization(20.0)
    features = tf.constant([[[[3.0, 4.0]], [[0.0, 0.0]]]])
    np.testing.assert_allclose(layer(features), [[[[12.0, 16.0]], [[0.0, 0.0]]]], atol=1e-5)
    assert [tuple(variable.shape) for variable in layer.trainable_variables] == [(2,)]


@pytest.mark.parametrize(
    ("size", "boxes", "grids"),
    [
        (300, 8732, [38, 19, 10, 5, 3, 1]),
        (512, 24564, [64, 32, 16, 8, 4, 2, 1]),
        (128, 1524, [16, 8, 4, 2, 1]),
    ],
)
def test_ssd_on_vgg_has_the_papers_grids_and_default_boxes(size: int, boxes: int, grids: list[int]) -> None:
    ssd = Ssd(
        build_backbone("vgg16", 1.0), sections.Ssd(**SETTINGS, variant="vgg"), classes=20, image_size=size
    )
    names = ["conv4_3_norm", "fc7", *[f"conv{index}_2" for index in range(8, 6 + len(grids))]]
    levels = [ssd.network.get_layer(name).output_shape for name in names]
    assert [shape[1:3] for shape in levels] == [(side, side) for side in grids]
    assert [shape[3] for shape in levels] == [512, 1024, 512, 256, 256, 256, 256][: len(grids)]
    assert ssd.anchors.shape == (boxes, 4)
    assert ssd.network.output_shape["class_logits"] == (None, boxes, 21)
    square = ssd.anchors[0]
    np.testing.assert_allclose(square[2:] - square[:2], [0.1, 0.1], atol=1e-6)  # conv4_3's scale


def test_ssd_on_vgg_learns_the_length_of_conv4_3_and_dilates_fc6() -> None:
    ssd = Ssd(
        build_backbone("vgg16", 1.0), sections.Ssd(**SETTINGS, variant="vgg"), classes=2, image_size=128
    )
    norm = ssd.network.get_layer("conv4_3_norm")
    np.testing.assert_array_equal(norm.gamma, np.full(512, 20.0))
    assert ssd.network.get_layer("fc6").dilation_rate == (6, 6)
    assert any(variable is norm.gamma for variable in ssd.network.trainable_variables)


def test_ssdlite_is_separable_throughout_and_starts_at_stride_16() -> None:
    ssd = Ssd(
        build_backbone("mobilenet", 0.25), sections.Ssd(**SETTINGS, variant="lite"), classes=2, image_size=128
    )
    layers = ssd.network.layers
    assert {layer.kernel_size for layer in layers if type(layer) is tf_keras.layers.Conv2D} == {(1, 1)}
    assert sum(isinstance(layer, tf_keras.layers.DepthwiseConv2D) for layer in layers) == 2 + 4 * 2
    assert ssd.anchors.shape == (8 * 8 * 4 + 4 * 4 * 6 + 2 * 2 * 4 + 1 * 4, 4)


@pytest.mark.parametrize(("variant", "levels"), [("standard", "345"), ("lite", "45")])
def test_the_linear_levels_of_the_backbone_are_expanded_and_activated(variant: str, levels: str) -> None:
    backbone = build_backbone("efficientnet_lite0", 1.0)
    ssd = Ssd(backbone, sections.Ssd(**SETTINGS, variant=variant), classes=2, image_size=64)
    for level in levels:
        features = ssd.network.get_layer(f"expanded_{level}_relu").output
        assert features.shape[1:] == (64 // 2 ** int(level), 64 // 2 ** int(level), 256)


def test_the_first_scores_are_those_of_chance() -> None:
    section = sections.Ssd(**SETTINGS, variant="standard")
    ssd = Ssd(build_backbone("resnet18", 1.0), section, classes=2, image_size=64)
    images = tf.constant(np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)), tf.float32)
    scores = tf.nn.softmax(ssd.network(images)["class_logits"])
    np.testing.assert_allclose(scores, np.full(scores.shape, 1 / 3), atol=0.1)


@pytest.mark.parametrize(("variant", "backbone"), [("lite", "resnet18"), ("vgg", "vgg16")])
def test_variants_compute_in_bfloat16_and_give_float32(variant: str, backbone: str) -> None:
    section = sections.Ssd(**SETTINGS, variant=variant)
    tf_keras.utils.set_random_seed(1)
    plain = Ssd(build_backbone(backbone, 1.0), section, classes=2, image_size=64)
    with computing_in("mixed_bfloat16"):
        mixed = Ssd(build_backbone(backbone, 1.0), section, classes=2, image_size=64)
    mixed.network.set_weights(plain.network.get_weights())
    images = tf.constant(np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)), tf.float32)
    expected, got = plain.network(images), mixed.network(images)
    for name, value in expected.items():
        assert got[name].dtype == tf.float32
        assert np.abs(got[name] - value).max() < 0.05 * np.abs(value).max()
