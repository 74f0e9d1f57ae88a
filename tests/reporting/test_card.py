"""The model card."""

from pathlib import Path
from typing import Any

from pipeline.evaluation.comparison import Interval
from pipeline.evaluation.exported_files import ExportedFile
from pipeline.reporting.card import licence_files_of, model_card

DETECTOR = {
    "test_set": "0123456789ab",
    "mAP": 0.5,
    "AP50": 0.75,
    "AP75": None,
    "per_class": {"cat": {"AP": 0.4, "AP50": 0.7}},
    "seeds": {"trainings": 3, "mAP": {"mean": 0.51, "spread": 0.02}},
}
MODELS = {
    "zoo": {
        "weights": "imagenet",
        "origin": {"package": "lite0", "sha256": "ab" * 32, "licence": "Apache-2.0"},
    },
    "detector": {
        "architecture": "gfl",
        "backbone": "efficientnet_lite0",
        "image_size": 256,
        "init": "pretrained",
        "policy": "float32",
        "seed": 1,
        "versions": {"tensorflow": "2.20.0"},
    },
}
FILE = ExportedFile("onnx", "detector.onnx", 15_400_000, 9.0, 80.0, 100.0, 180.0, 0.5, 0.75, 0.0, "c" * 64)


def card(**changes: Any) -> str:
    values: dict[str, Any] = {
        "origin": "the folder data/local",
        "drawn": False,
        "licence_files": [],
        "splits": [("train", 80, 100), ("test", 20, 25)],
        "classes": ["cat", "a|b<c>"],
        "detector": DETECTOR,
        "intervals": {"mAP": Interval(0.5, 0.4, 0.6)},
        "models": MODELS,
        "files": [FILE],
    }
    return model_card(**values | changes)


def test_the_card_says_what_the_model_is_and_how_good() -> None:
    text = card()
    for line in (
        "| mAP | 0.500 | 0.400 to 0.600 |",
        "| AP75 | – | – |",
        "| cat | 0.400 | 0.700 |",
        r"| a\|b\<c\> | – | – |",
        "| train | 80 | 100 |",
        "Over 3 trainings with other seeds, mAP is 0.510 ± 0.020.",
        f"| detector.onnx (onnx) | 15.4 MB | `{'c' * 64}` |",
        "| weights that the training started from | Apache-2.0 |",
        "| data | not known: the dataset has no licence file |",
        "| tensorflow | 2.20.0 |",
        "make repro",
    ):
        assert line in text
    assert "A detector of 2 classes, which returns" in text
    assert r"| backbone | efficientnet\_lite0 |" in text
    assert "\n\n\n\n" not in text


def test_licences_that_are_known_are_named() -> None:
    assert "| data | see LICENSE |" in card(licence_files=["LICENSE"])
    assert "| data | drawn by the pipeline |" in card(drawn=True)
    unknown = card(models={**MODELS, "zoo": {"weights": "file"}})
    assert "| weights that the training started from | not known: ask who made them (file) |" in unknown


def test_what_is_missing_leaves_no_gap() -> None:
    text = card(detector=None, intervals={}, models={}, files=[])
    assert "No detector says anything of itself here." in text
    assert "| mAP | – | – |" in text


def test_the_licence_files_of_a_dataset_are_found(tmp_path: Path) -> None:
    for name in ("LICENSE.txt", "images/COPYING", "images/licensed.jpg", "a/b/LICENSE"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert licence_files_of(tmp_path) == ["LICENSE.txt", "images/COPYING"]
