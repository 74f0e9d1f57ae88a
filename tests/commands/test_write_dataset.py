"""The command ``to``."""

import math
import shutil
import subprocess
import sys
from pathlib import Path

from pipeline.datasets.writers import WRITERS
from tests.support.converted_dataset import Thing, write_converted
from tests.support.project import ROOT


def run(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}
    command = [sys.executable, "-m", "pipeline", "to", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_checked_dataset_is_written_once(tmp_path: Path) -> None:
    images = {f"{split}.jpg": (split, [Thing(1, (1, 1, 5, 5))]) for split in ("train", "val", "test")}
    write_converted(tmp_path / "data" / "converted", images, ["cat"])
    (tmp_path / "out").mkdir()
    done = run(tmp_path, "voc", "out")
    assert (done.returncode, done.stdout, done.stderr) == (0, "3 images and 3 objects in out\n", "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "Annotations",
        "ImageSets",
        "JPEGImages",
    ]
    again = run(tmp_path, "coco", "out")
    assert again.returncode == 1
    assert again.stderr == "error: out: exists and is not empty; name a new or an empty folder\n"


def test_each_writer_can_be_named(tmp_path: Path) -> None:
    said = run(tmp_path, "--help").stdout
    assert all(name in said for name in WRITERS)


def test_without_a_checked_dataset_nothing_is_left(tmp_path: Path) -> None:
    done = run(tmp_path, "yolo", "deep/out")
    assert done.returncode == 1
    assert done.stderr == "error: data/converted/images.csv: not found; run the stage that writes it first\n"
    assert not list(tmp_path.iterdir())


def test_labels_of_whole_images_are_an_error_in_a_format_that_cannot_hold_them(
    tmp_path: Path,
) -> None:
    whole = Thing(1, (math.nan,) * 4)
    converted = tmp_path / "data" / "converted"
    write_converted(converted, {"a.jpg": ("train", [whole]), "b.jpg": ("train", [whole])}, ["cat"])
    for name, said in (("voc", "VOC"), ("yolo", "YOLO")):
        done = run(tmp_path, name, "out")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            f"error: data/converted: {said} has boxes only, and here are labels of whole images only; coco holds them\n"
        )
    assert not (tmp_path / "out").exists()
    assert run(tmp_path, "coco", "out").stdout == "2 images and 2 objects in out\n"
    shutil.rmtree(converted)
    write_converted(
        converted,
        {"a.jpg": ("train", [whole, Thing(1, (1, 1, 5, 5))]), "b.jpg": ("train", [whole])},
        ["cat"],
    )
    said = "left out, as YOLO has boxes only: labels of whole images (2)\n2 images and 1 objects in yolo\n"
    assert run(tmp_path, "yolo", "yolo").stdout == said
