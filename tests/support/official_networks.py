"""The networks of ``tf_keras.applications`` that the backbones are compared with."""

from typing import Any

import numpy as np
import tf_keras
from tf_keras import applications

from pipeline.models.backbones.registry import BACKBONES

PIXELS = np.random.default_rng(1).uniform(0, 255, (1, 96, 96, 3)).astype(np.float32)


def official(name: str, alpha: float, weights: str | None = None) -> tuple[tf_keras.Model, Any]:
    """Return the network of Keras for 96 px, without its top, and its preprocessing function."""
    network, module = {
        "resnet50": (applications.ResNet50, applications.resnet),
        "resnet101": (applications.ResNet101, applications.resnet),
        "resnet152": (applications.ResNet152, applications.resnet),
        "resnet50v2": (applications.ResNet50V2, applications.resnet_v2),
        "resnet101v2": (applications.ResNet101V2, applications.resnet_v2),
        "resnet152v2": (applications.ResNet152V2, applications.resnet_v2),
        "inception_v3": (applications.InceptionV3, applications.inception_v3),
        "vgg16": (applications.VGG16, applications.vgg16),
        "vgg19": (applications.VGG19, applications.vgg19),
        "mobilenet": (applications.MobileNet, applications.mobilenet),
        "mobilenet_v2": (applications.MobileNetV2, applications.mobilenet_v2),
        "efficientnet_b0": (applications.EfficientNetB0, applications.efficientnet),
    }[name]
    width = {"alpha": alpha} if BACKBONES[name].has_width else {}
    model = network(include_top=False, weights=weights, input_shape=(96, 96, 3), **width)
    return model, module.preprocess_input


def with_random_statistics(model: tf_keras.Model) -> tf_keras.Model:
    """Give BatchNorm and biases random values like those of a trained network.

    The Normalization layer of EfficientNet gets the values of the published file.
    """
    generator = np.random.default_rng(2)
    for variable in model.weights:
        if variable.shape.rank == 1:
            positive = any(kind in variable.name for kind in ("variance", "gamma"))
            variable.assign(generator.uniform(0.5, 1.5, variable.shape) - (0.0 if positive else 1.0))
    for layer in model.layers:
        if isinstance(layer, tf_keras.layers.Normalization):
            # the published file stores the standard deviation in place of the variance
            layer.adapt_mean.assign([0.485, 0.456, 0.406])
            layer.adapt_variance.assign([0.229, 0.224, 0.225])
            layer.finalize_state()
    return model


def assert_same_activations(backbone: tf_keras.Model, model: tf_keras.Model, preprocess: Any) -> None:
    """Check that C5 of a backbone is the output of the official network."""
    expected = model(preprocess(PIXELS.copy()), training=False).numpy()
    actual = backbone(PIXELS, training=False)["5"]
    assert expected.std() > 0
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
