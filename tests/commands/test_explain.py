"""The command ``explain`` on a small run: its pictures, its page and its messages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipeline.commands.explain.command import explain
from pipeline.commands.explain.inputs import objects_of
from pipeline.errors import PipelineError
from pipeline.models.detectors.registry import build_detector
from pipeline.models.weights.config import TrainedDetectorConfig, write_config
from pipeline.models.weights.directory import save_network
from tests.support.detectors import SMALL_FASTER_RCNN, config_of
from tests.support.small_project import write_small_project
from tests.support.stages import run_finetune


def write_detector(folder: Path, architecture: str, **changes: Any) -> None:
    """Write a detector with random weights."""
    config = config_of(architecture, classes=("red", "green", "blue"), image_size=128, **changes)
    trained = TrainedDetectorConfig(**dict(config), seed=1, init="scratch", policy="float32")
    folder.mkdir(parents=True, exist_ok=True)
    save_network(build_detector(config).network, folder)
    write_config(folder, trained)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    params = write_small_project(home, 20, finetune__image_size=32, finetune__steps=4)
    run_finetune(params, home / "data" / "converted", home)
    return home


@pytest.fixture
def explained(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run the command on a train image of the dataset, and return what it printed."""
    monkeypatch.chdir(home)

    def run(**options: Any) -> str:
        image = sorted(Path("data/raw").rglob("*.png"))[0]
        settings = {"image": image, "layers": None, "images": 6, "output": Path("out"), **options}
        explain(**settings)
        return capsys.readouterr().out

    return run


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_all_pictures_of_a_classifier_and_a_detector(home: Path, explained: Callable[..., str]) -> None:
    write_detector(home / "models" / "detector", "ssd")
    said = explained()
    found = names(home / "out")
    assert {"kernels.png", "grad_cam.png", "assigned.png", "index.html"} <= found
    assert (
        sum(name.startswith("maps_") for name in found)
        == 2
        == sum(name.startswith("patches_") for name in found)
    )
    for path in (home / "out").glob("*.png"):
        pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
        assert pixels.std() > 5, f"{path.name} is blank"
    page = (home / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("data:image/png") == len(found) - 1
    assert "What the networks see in" in page and "<script" not in page
    assert "wrote out/index.html" in said


def test_proposals_of_a_two_stage_detector(home: Path, explained: Callable[..., str]) -> None:
    write_detector(home / "models" / "detector", "faster_rcnn", **SMALL_FASTER_RCNN)
    explained(output=Path("two"))
    assert {"proposals_before.png", "proposals_after.png", "proposals_kept.png"} <= names(home / "two")


def test_a_detector_without_assigned_boxes_says_so(home: Path, explained: Callable[..., str]) -> None:
    write_detector(home / "models" / "detector", "yolo_v8")
    said = explained(output=Path("v8"))
    assert "yolo_v8 has no boxes or cells that are assigned before its outputs are known" in said
    assert "assigned.png" not in names(home / "v8")


def test_chosen_layers_and_a_picture_from_elsewhere(
    home: Path, explained: Callable[..., str], tmp_path: Path
) -> None:
    write_detector(home / "models" / "detector", "ssd")
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "other.png")
    said = explained(image=tmp_path / "other.png", layers=["conv_1"], output=tmp_path / "out")
    assert {"maps_conv_1.png", "patches_conv_1.png"} <= names(tmp_path / "out")
    assert "The picture is none of the dataset with boxes" in said


def test_the_objects_of_a_picture(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    image = sorted(Path("data/raw").rglob("*.png"))[0]
    truth = objects_of(image)
    assert truth is not None and len(truth.boxes) == len(truth.labels) >= 1
    assert float(tf.reduce_max(truth.boxes)) <= 1.0
    assert objects_of(Path("nowhere.png")) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": Path("nowhere.png")}, "nowhere.png: No such file or directory; name a JPEG or PNG file"),
        ({"image": Path("params.yaml")}, "params.yaml: no image that can be read; name a JPEG or PNG file"),
        ({"image": Path("data")}, "data: Is a directory; name a JPEG or PNG file"),
        ({"output": Path("params.yaml")}, "params.yaml: is a file; name a folder to write to"),
        ({"layers": ["nose"]}, "nose is no layer of the backbone simple_cnn"),
    ],
)
def test_mistakes_are_one_line(explained: Callable[..., str], options: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        explained(**options)
