"""The networks that are given as lists of layers: a plain CNN, AlexNet and the configurations of VGG.

A list is plain data. It can be printed as YAML, changed and used as ``zoo.layers``.
"""

from pipeline.params.layers import Activation, BatchNorm, Conv, Dense, Dropout, Layer, Lrn, Pool

VGG_BLOCKS = {
    "a": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "b": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "c": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "d": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "e": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
"""Configuration -> the kernels of the convolutions in its five blocks (Simonyan and Zisserman 2015, table 1)."""

VGG_FILTERS = (64, 128, 256, 512, 512)


def simple_cnn() -> list[Layer]:
    """Return three convolutions with pooling and batch normalisation, and one hidden layer.

    The pooling comes first. ReLU and a positive scale change nothing in which value is the greatest, so that the
    normalisation computes a quarter of the values. A dropout rate of 0.25 suits trainings of a few epochs.
    """
    layers: list[Layer] = []
    for filters in (32, 64, 128):
        layers += [
            _conv(filters, 3, padding=1, activation="linear"),
            _max_pool(2, 2),
            BatchNorm(layer="batch_norm"),
            Activation(layer="activation", function="relu"),
        ]
    return [*layers, _dropout(0.25), _dense(256), _dropout(0.25)]


def alexnet() -> list[Layer]:
    """Return the network of Krizhevsky et al. 2012, section 3.5, without its last layer.

    The text gives images of 224 px, from which a kernel of 11 with stride 4 makes 55 cells with a padding of 2.
    """
    return [
        _conv(96, 11, stride=4, padding=2),
        Lrn(layer="lrn"),
        _max_pool(3, 2),
        _conv(256, 5, padding=2, groups=2),
        Lrn(layer="lrn"),
        _max_pool(3, 2),
        _conv(384, 3, padding=1),
        _conv(384, 3, padding=1, groups=2),
        _conv(256, 3, padding=1, groups=2),
        _max_pool(3, 2),
        *_hidden_layers(),
    ]


def vgg(configuration: str, *, lrn: bool = False) -> list[Layer]:
    """Return a network of Simonyan and Zisserman 2015, table 1, without its last layer.

    Args:
        configuration: "a" to "e".
        lrn: Whether a local response normalisation follows the first convolution, as in A-LRN.
    """
    layers: list[Layer] = []
    for filters, kernels in zip(VGG_FILTERS, VGG_BLOCKS[configuration], strict=True):
        layers += [_conv(filters, kernel, padding=kernel // 2) for kernel in kernels]
        layers.append(_max_pool(2, 2))
    if lrn:
        layers.insert(1, Lrn(layer="lrn"))
    return [*layers, *_hidden_layers()]


def _hidden_layers() -> list[Layer]:
    """Return the two hidden layers of AlexNet and VGG, with dropout after each."""
    return [_dense(4096), _dropout(0.5), _dense(4096), _dropout(0.5)]


def _conv(
    filters: int, kernel: int, *, stride: int = 1, padding: int = 0, groups: int = 1, activation: str = "relu"
) -> Conv:
    return Conv.model_validate(
        {
            "layer": "conv",
            "filters": filters,
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "groups": groups,
            "activation": activation,
        }
    )


def _max_pool(kernel: int, stride: int) -> Pool:
    return Pool(layer="pool", kind="max", kernel=kernel, stride=stride, padding=0)


def _dense(units: int) -> Dense:
    return Dense(layer="dense", units=units, activation="relu")


def _dropout(rate: float) -> Dropout:
    return Dropout(layer="dropout", rate=rate)


LAYER_LISTS: dict[str, list[Layer]] = {
    "simple_cnn": simple_cnn(),
    "alexnet": alexnet(),
    "vgg_a": vgg("a"),
    "vgg_a_lrn": vgg("a", lrn=True),
    "vgg_b": vgg("b"),
    "vgg_c": vgg("c"),
    "vgg_d": vgg("d"),
    "vgg_e": vgg("e"),
}
"""Backbone -> its layers, from the first convolution to the last hidden layer."""
