"""The networks that are given as lists of layers."""

from typing import get_args

import pytest
from pydantic import TypeAdapter

from pipeline.models.backbones.layer_arithmetic import final_stride
from pipeline.models.backbones.layer_lists import LAYER_LISTS, VGG_BLOCKS
from pipeline.models.backbones.names import FINAL_STRIDES, LAYERED
from pipeline.params.layers import Conv, Layer, Lrn, Pool


def test_the_names_are_those_of_the_zoo() -> None:
    assert tuple(LAYER_LISTS) == LAYERED
    strides = {name: final_stride(layers) for name, layers in LAYER_LISTS.items()}
    assert {name: stride for name, stride in strides.items() if stride != 32} == FINAL_STRIDES


@pytest.mark.parametrize(("configuration", "layers"), [("a", 11), ("b", 13), ("c", 16), ("d", 16), ("e", 19)])
def test_each_configuration_of_vgg_has_its_weight_layers(configuration: str, layers: int) -> None:
    # Simonyan and Zisserman 2015, table 1; three of the layers are fully connected
    assert sum(map(len, VGG_BLOCKS[configuration])) + 3 == layers
    convolutions = [layer for layer in LAYER_LISTS[f"vgg_{configuration}"] if isinstance(layer, Conv)]
    assert len(convolutions) + 3 == layers


def test_a_lrn_has_one_normalisation_after_its_first_convolution() -> None:
    plain, normalised = LAYER_LISTS["vgg_a"], LAYER_LISTS["vgg_a_lrn"]
    assert isinstance(normalised[1], Lrn)
    assert [*normalised[:1], *normalised[2:]] == plain


def test_the_poolings_of_alexnet_overlap() -> None:
    poolings = [layer for layer in LAYER_LISTS["alexnet"] if isinstance(layer, Pool)]
    assert [(layer.kernel, layer.stride) for layer in poolings] == [(3, 2)] * 3


def test_a_list_survives_a_round_trip_through_plain_data() -> None:
    kind = TypeAdapter(list[Layer])
    for layers in LAYER_LISTS.values():
        assert kind.validate_python(kind.dump_python(layers), strict=True) == layers
    assert get_args(Layer)
