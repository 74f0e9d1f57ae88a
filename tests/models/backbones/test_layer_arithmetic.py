"""The arithmetic of lists of layers, against the papers, by hand, and against Keras."""

import pytest
import tf_keras

from pipeline.errors import PipelineError
from pipeline.models.backbones.layer_arithmetic import (
    final_stride,
    head_start,
    layer_names,
    layer_rows,
    level_layers,
)
from pipeline.models.backbones.layer_lists import LAYER_LISTS, vgg
from pipeline.models.backbones.layered import apply_layers
from pipeline.params.layers import Conv, Dense, Dropout, Layer, Pool

LAST = Dense(layer="dense", units=1000, activation="linear")


def conv(kernel: int, stride: int, padding: int, filters: int = 4, groups: int = 1) -> Conv:
    return Conv(
        layer="conv",
        filters=filters,
        kernel=kernel,
        stride=stride,
        padding=padding,
        groups=groups,
        activation="relu",
    )


def pool(kernel: int, stride: int) -> Pool:
    return Pool(layer="pool", kind="max", kernel=kernel, stride=stride, padding=0)


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("vgg_a", 133),
        ("vgg_a_lrn", 133),
        ("vgg_b", 133),
        ("vgg_c", 134),
        ("vgg_d", 138),
        ("vgg_e", 144),
        ("alexnet", 61),
    ],
)
def test_the_parameters_are_those_of_the_papers(name: str, millions: int) -> None:
    # Simonyan and Zisserman 2015, table 2; Krizhevsky et al. 2012 say "60 million"
    rows = layer_rows([*LAYER_LISTS[name], LAST], 224)
    assert round(sum(row.parameters for row in rows) / 1e6) == millions


def test_alexnet_has_the_sides_and_the_neurons_of_the_paper() -> None:
    rows = list(layer_rows([*LAYER_LISTS["alexnet"], LAST], 224))
    convolutions = [row for row in rows if row.name.startswith("conv")]
    assert [(row.side, row.channels) for row in convolutions] == [
        (55, 96),
        (27, 256),
        (13, 384),
        (13, 384),
        (13, 256),
    ]
    neurons = sum(row.values for row in rows if row.multiply_adds)
    assert neurons == 659_272  # the paper says "650,000 neurons"


def test_layers_are_numbered_by_kind() -> None:
    assert layer_names(LAYER_LISTS["alexnet"])[:4] == ["conv_1", "lrn_1", "pool_1", "conv_2"]


def test_the_layers_by_hand() -> None:
    rows = list(layer_rows([conv(5, 2, 1), pool(3, 2), conv(3, 1, 1, filters=8, groups=2)], 30))
    first, second, third = rows
    assert (first.side, first.field, first.stride) == ((30 - 5 + 2) // 2 + 1, 5, 2)
    assert (first.parameters, first.multiply_adds) == (5 * 5 * 3 * 4 + 4, 14 * 14 * 5 * 5 * 3 * 4)
    assert (second.side, second.field, second.stride) == (6, 5 + 2 * 2, 4)
    assert (third.side, third.field, third.stride) == (6, 9 + 2 * 4, 4)
    assert third.parameters == 3 * 3 * 2 * 8 + 8


@pytest.mark.parametrize("name", ["simple_cnn", "alexnet", "vgg_a_lrn", "vgg_c"])
def test_keras_has_the_same_sides_and_parameters(name: str) -> None:
    layers = LAYER_LISTS[name]
    body = layers[: head_start(layers)]
    image = tf_keras.Input([64, 64, 3])
    outputs = apply_layers(image, body)
    rows = list(layer_rows(body, 64))
    assert [tuple(output.shape[1:]) for output in outputs] == [
        (row.side, row.side, row.channels) for row in rows
    ]
    network = tf_keras.Model(image, outputs[-1])
    trained = sum(int(variable.shape.num_elements()) for variable in network.trainable_variables)
    assert trained == sum(row.parameters for row in rows)


def test_a_kernel_that_is_larger_than_its_input_is_one_line() -> None:
    with pytest.raises(PipelineError, match="pool 5: its kernel has 2 cells, but its input only 1"):
        list(layer_rows(vgg("a"), 16))


def test_channels_that_do_not_divide_into_groups_are_one_line() -> None:
    with pytest.raises(PipelineError, match="conv 2: 4 input channels do not divide into 3 groups"):
        list(layer_rows([conv(3, 1, 1), conv(3, 1, 1, filters=6, groups=3)], 32))


def test_the_levels_are_the_last_layers_of_their_strides() -> None:
    layers: list[Layer] = [conv(3, 1, 1), pool(2, 2), conv(3, 1, 1), pool(2, 2), conv(3, 1, 1), pool(2, 2)]
    assert level_layers(layers) == {2: 4, 3: 5}
    assert level_layers(layers[:2]) == {1: 1}
    assert level_layers(layers[:1]) == {0: 0}


DENSE = Dense(layer="dense", units=4, activation="relu")
DROPOUT = Dropout(layer="dropout", rate=0.5)


@pytest.mark.parametrize(
    ("given", "start"),
    [
        ([conv(3, 1, 1), pool(2, 2)], 2),
        ([conv(3, 1, 1), pool(2, 2), DENSE], 2),
        ([conv(3, 1, 1), DROPOUT, pool(2, 2), DROPOUT, DROPOUT, DENSE, DENSE], 3),
        ([DENSE], 0),
    ],
)
def test_the_head_begins_at_the_first_dense_layer_and_the_dropout_before_it(
    given: list[Layer], start: int
) -> None:
    assert head_start(given) == start


def test_the_final_stride_is_the_product_of_the_strides() -> None:
    assert final_stride([conv(3, 2, 1), pool(2, 2), conv(3, 2, 1), DENSE]) == 8
    assert final_stride([DENSE]) == 1
