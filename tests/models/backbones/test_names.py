"""The names without TensorFlow are those of the registry."""

import subprocess
import sys
from typing import get_args

from pipeline.models.backbones import names
from pipeline.models.backbones.layer_lists import LAYER_LISTS
from pipeline.models.backbones.registry import BACKBONES
from tests.support.project import ROOT


def test_the_names_are_those_of_the_registry() -> None:
    assert set(get_args(names.BackboneName)) == {*BACKBONES, "layers"}


def test_the_widths_and_sizes_are_those_of_the_registry() -> None:
    assert set(names.WITHOUT_IMAGENET) == {
        "layers",
        *(name for name, entry in BACKBONES.items() if not entry.imagenet_alphas),
    }
    assert {name: entry.imagenet_alphas for name, entry in BACKBONES.items() if entry.has_width} == (
        names.IMAGENET_ALPHAS
    )
    assert {
        name: entry.min_size for name, entry in BACKBONES.items() if entry.min_size != names.MIN_SIZE
    } == (names.MIN_SIZES)


def test_the_layered_backbones_without_batchnorm_are_those_without_such_a_layer() -> None:
    for name in names.LAYERED:
        normalises = any(layer.layer == "batch_norm" for layer in LAYER_LISTS[name])
        assert normalises == (name not in names.WITHOUT_BATCHNORM), name


def test_the_names_do_not_import_tensorflow() -> None:
    code = (
        "import sys, pipeline.models.backbones.names; print(*{'tensorflow', 'tf_keras'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
