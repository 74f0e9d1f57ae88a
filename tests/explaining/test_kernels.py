"""The kernels of the first convolution as pictures."""

import numpy as np
import pytest
import tf_keras

from pipeline.explaining.kernels import first_kernels
from pipeline.models.backbones.registry import build_backbone
from pipeline.models.upstream import all_layers
from pipeline.models.weights.config import BackboneConfig


def test_each_kernel_has_its_own_contrast_and_grey_is_zero() -> None:
    backbone = build_backbone("simple_cnn", 1.0)
    first = next(layer for layer in all_layers(backbone) if isinstance(layer, tf_keras.layers.Conv2D))
    kernel, bias = first.get_weights()
    kernel[..., 0] = 0.0
    kernel[0, 0, 0, 1] = -50.0
    first.set_weights([kernel, bias])
    pictures = first_kernels(backbone, BackboneConfig(backbone="simple_cnn", alpha=1.0, weights="none"))
    assert pictures.shape == (32, 3, 3, 3) and pictures.dtype == np.uint8
    assert (pictures[0] == 128).all()
    assert pictures[1, 0, 0, 0] == 0
    assert (pictures[2:].max(axis=(1, 2, 3)) >= 254).any()


@pytest.mark.parametrize(("name", "channel"), [("vgg16", 2), ("mobilenet_v2", 0)])
def test_red_is_shown_as_red_whatever_the_network_reads_first(name: str, channel: int) -> None:
    backbone = build_backbone(name, 1.0)
    first = next(layer for layer in all_layers(backbone) if isinstance(layer, tf_keras.layers.Conv2D))
    kernel, *bias = first.get_weights()
    kernel[:] = 0.0
    kernel[:, :, channel, :] = 1.0  # the networks of Caffe read blue first
    first.set_weights([kernel, *bias])
    picture = first_kernels(backbone, BackboneConfig(backbone=name, alpha=1.0, weights="none"))[0]
    assert (picture[..., 0] == 255).all() and (picture[..., 1:] == 128).all()
