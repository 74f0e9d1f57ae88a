"""The command ``prelabel``, with a predictor that finds a box in each picture in place of an exported detector."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pipeline.commands.predict.known as known
from pipeline.cli import main
from pipeline.commands.predict.prelabel import prelabel as prelabel_command
from pipeline.errors import PipelineError
from pipeline.serving import Prediction
from tests.support.fake_run import CLASSES, write_run
from tests.support.params_file import write_params

Prelabel = Callable[..., int]


class TwoBoxes:
    """Finds a sure shirt and an unlikely boot in every picture."""

    config = SimpleNamespace(classes=CLASSES)
    scores = (0.99, 0.02)

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        boxes = np.array([[5, 10, 25, 50], [1, 2, 30, 40]], np.float32)
        scores, labels = np.array(self.scores, np.float32), np.array([1, 2], np.int32)
        return [Prediction((40, 60), boxes, scores, labels) for _ in encoded]


@pytest.fixture
def prelabel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prelabel:
    """Return the command, which runs in a project with a finished run and a folder ``photos``."""
    write_run(tmp_path / "data")
    write_params(tmp_path, dataset__format="voc")
    for name in ("a.jpg", "b.png"):
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.new("RGB", (60, 40), "red").save(tmp_path / "photos" / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(known, "load_predictor", lambda path, **options: TwoBoxes())

    def run(*paths: str, **changes: Any) -> int:
        options: dict[str, Any] = {
            "precision": 0.9,
            "format_name": None,
            "output": Path("out"),
            "batch_size": 8,
        }
        return prelabel_command(paths or ["photos"], **options | changes)

    return run


def test_the_sure_boxes_are_labels_in_the_format_of_the_dataset(
    prelabel: Prelabel, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prelabel() == 0
    said = capsys.readouterr().out
    assert "shirt: 2 boxes from a score of 0.990 on, expected precision " in said
    assert "no detection is expected to be right with a precision of 0.9: ankle boot" in said
    text = Path("out/Annotations/a.xml").read_text()
    assert "<name>shirt</name>" in text and "boot" not in text
    assert "<xmin>10</xmin><ymin>5</ymin><xmax>50</xmax><ymax>25</ymax>" in text
    assert Path("out/ImageSets/Main/train.txt").read_text() == "a\nb\n"
    assert Path("out/JPEGImages/b.png").read_bytes() == Path("photos/b.png").read_bytes()


def test_another_format_can_be_named(prelabel: Prelabel) -> None:
    assert prelabel(format_name="coco") == 0
    found = json.loads(Path("out/annotations/instances_train.json").read_text())
    assert [entry["bbox"] for entry in found["annotations"]] == [[10, 5, 40, 20]] * 2


def test_a_format_that_cannot_be_written_becomes_coco(
    prelabel: Prelabel, capsys: pytest.CaptureFixture[str]
) -> None:
    write_params(Path(), dataset__format="kitti")
    assert prelabel() == 0
    assert (
        "the dataset's own format, kitti, cannot be written; the labels are coco" in capsys.readouterr().out
    )
    assert Path("out/annotations/instances_train.json").exists()


def test_a_broken_file_is_a_line_and_the_rest_goes_on(
    prelabel: Prelabel, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("photos/c.jpg").write_bytes(b"no image")
    assert prelabel() == 3
    assert "error: photos/c.jpg: not an image" in capsys.readouterr().err
    assert Path("out/Annotations/b.xml").exists()


def test_what_cannot_be_done_is_said(prelabel: Prelabel, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as unsure:
        unsure.setattr(TwoBoxes, "scores", (0.02, 0.02))
        with pytest.raises(
            PipelineError, match=r"no detection is sure enough for a precision of 0\.9; give a lower"
        ):
            prelabel()
    assert not Path("out").exists()
    with pytest.raises(PipelineError, match="none of the files could be read as an image"):
        prelabel("nowhere")
    monkeypatch.setattr(TwoBoxes, "config", SimpleNamespace(classes=["cat"]))
    with pytest.raises(PipelineError, match="its classes are not those of data/converted"):
        prelabel()
    Path("data/predictions/detections-val.json").write_text("[]")
    with pytest.raises(PipelineError, match="val has no right and wrong detections to judge by"):
        prelabel()


def test_the_command_line_refuses_a_precision_that_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["pipeline", "prelabel", "photos", "--precision", "90"])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 2
    assert "90 is not above 0 and at most 1" in capsys.readouterr().err


def test_videos_and_other_files_are_said_to_be_left_out(
    prelabel: Prelabel, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("clip.mp4", "notes.txt"):
        Path("photos", name).write_bytes(b"")
    prelabel()
    assert "left out: 1 videos, and 1 files whose names are of no image" in capsys.readouterr().out
