"""The command ``describe`` prints the layers of a backbone."""

from pathlib import Path

import pytest

from pipeline.commands.describe import describe
from pipeline.errors import PipelineError
from tests.support.params_file import write_params


def test_a_network_of_a_paper_is_printed_with_its_totals(capsys: pytest.CaptureFixture[str]) -> None:
    describe("vgg_d", 224)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "vgg_d, 224 × 224 px"
    assert lines[2].split() == [
        "layer", "settings", "output", "parameters", "receptive", "field", "stride", "multiply-adds"
    ]  # fmt: skip
    assert lines[4].split("  ")[0] == "conv 1"
    assert "224 × 224 × 64" in lines[4] and "1,792" in lines[4]
    assert lines[-1] == "138,357,544 parameters, 15,470,264,320 multiply-adds, 13,556,712 neurons"


def test_a_list_of_ones_own_is_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = [{"layer": "conv", "filters": 8, "kernel": 3, "stride": 4, "padding": 1, "activation": "relu"}]
    write_params(
        tmp_path,
        zoo__backbone="layers",
        zoo__layers=layers,
        zoo__weights="builtin",
        train__architecture="yolo_v1",
    )
    monkeypatch.chdir(tmp_path)
    describe("layers", 32)
    assert "8 × 8 × 8" in capsys.readouterr().out


def test_other_networks_are_described_too(capsys: pytest.CaptureFixture[str]) -> None:
    describe("mobilenet", 224)
    lines = capsys.readouterr().out.splitlines()
    assert "depthwise, 3 × 3, stride 1, same" in "\n".join(lines)
    # Howard et al. 2017, table 8: 569 million multiply-adds and 4.2 million parameters, with the last layer
    assert lines[-1].startswith("3,228,864 parameters, 567,7")


def test_an_unknown_backbone_and_a_small_image_are_one_line() -> None:
    with pytest.raises(PipelineError, match="resnet51 is no backbone; take one of resnet18"):
        describe("resnet51", 224)
    with pytest.raises(PipelineError, match="take larger images or fewer poolings"):
        describe("vgg_a", 16)
