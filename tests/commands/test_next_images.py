"""The command ``next``, with a predictor and an embedding that are known."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image

import pipeline.commands.predict.known as known
import pipeline.commands.predict.next_images as command
from pipeline.embedding.index import ITEMS, write_index
from pipeline.errors import PipelineError
from pipeline.serving import Prediction
from tests.support.fake_run import CLASSES, write_run
from tests.support.params_file import write_params

Next = Callable[..., int]
SIZE = 80


class OneBox:
    """Finds a box in every picture: an unsure one if the picture is bright, else a sure one."""

    config = SimpleNamespace(classes=CLASSES)

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        boxes, labels = np.array([[5, 10, 25, 50]], np.float32), np.array([1], np.int32)
        scores = [0.55 if tf.reduce_mean(tf.image.decode_png(data)) > 127 else 0.999 for data in encoded]
        return [Prediction((SIZE, SIZE), boxes, np.array([score], np.float32), labels) for score in scores]


class Means:
    """Embeds a picture by the mean of its quarters."""

    def __init__(self, directory: Path) -> None:
        pass

    def __call__(self, images: tf.Tensor) -> np.ndarray:
        small = tf.reshape(tf.image.resize(images, [2, 2], method="area")[..., 0], [len(images), 4]) + 1.0
        return tf.math.l2_normalize(small, axis=-1).numpy()


def write_picture(path: Path, seed: int, brightness: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(brightness - 60, brightness + 60, (8, 8), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(coarse).resize((SIZE, SIZE), Image.Resampling.BICUBIC).convert("RGB").save(path)


@pytest.fixture
def choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Next:
    """Return the command, which runs in a project with a finished run and a folder ``photos``."""
    write_run(tmp_path / "data")
    write_params(tmp_path)
    monkeypatch.chdir(tmp_path)
    for number in range(4):
        write_picture(Path(f"photos/dark{number}.png"), number, 70)
    for name, seed in (("bright", 10), ("copy", 10), ("other", 11)):
        write_picture(Path(f"photos/{name}.png"), seed, 190)
    monkeypatch.setattr(known, "load_predictor", lambda path, **options: OneBox())
    monkeypatch.setattr(command, "Embedder", Means)

    def run(path: str = "photos", **changes: Any) -> int:
        return command.next_images(path, **{"count": 5, "batch_size": 8} | changes)

    return run


def test_uncertain_images_come_first_and_near_duplicates_never(
    choose: Next, capsys: pytest.CaptureFixture[str]
) -> None:
    assert choose(count=7) == 0
    table = pd.read_csv("reports/next.csv")
    assert set(table["file"][:2]) == {"photos/bright.png", "photos/other.png"}
    assert "photos/copy.png" not in set(table["file"])
    assert len(table) == 6
    said = capsys.readouterr().out
    assert "  1  photos/" in said and "left out, as they are near-duplicates of these: 1" in said
    assert "there is no index of them" in said
    with Image.open("reports/next.png") as sheet:
        assert sheet.width > SIZE


def test_what_is_like_the_labelled_images_waits(choose: Next, capsys: pytest.CaptureFixture[str]) -> None:
    choose(count=1)
    (first,) = pd.read_csv("reports/next.csv")["file"]
    with Image.open(first) as picture:
        vector = Means(Path())(tf.cast(np.asarray(picture)[None], tf.float32))
    row = {name: 0 if kind == "int64" else 0.0 if kind == "float64" else "x" for name, kind in ITEMS.items()}
    Path("data/index").mkdir()
    write_index(vector, pd.DataFrame([row | {"kind": "image", "split": "train"}]), Path("data/index"))
    capsys.readouterr()
    assert choose(count=1) == 0
    assert pd.read_csv("reports/next.csv")["file"].tolist() != [first]
    assert "no index" not in capsys.readouterr().out


def test_a_broken_file_is_a_line_and_the_rest_goes_on(
    choose: Next, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("photos/broken.png").write_bytes(b"no image")
    assert choose(count=2) == 3
    assert "error: photos/broken.png: not an image" in capsys.readouterr().err
    assert len(pd.read_csv("reports/next.csv")) == 2


def test_nothing_to_choose_from_is_said(choose: Next) -> None:
    with pytest.raises(PipelineError, match="none of the files could be read as an image"):
        choose("nowhere")
