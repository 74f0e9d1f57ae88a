"""``python -m pipeline inspect``."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.commands.inspect.unused import unused_lines
from tests.support.dataset_files import make, make_yolo, picture, read
from tests.support.params_file import write_params
from tests.support.project import ROOT

SMALL: dict[str, Any] = {
    "zoo__backbone": "mobilenet",
    "zoo__alpha": 0.25,
    "zoo__weights": "builtin",
    "train__image_size": 96,
    "train__batch_size": 4,
}
"""Parameters of a network whose steps are quickly timed."""


def inspect(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", "inspect", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def advised(lines: list[str]) -> dict[str, str]:
    """Return the commands that are advised, by what they do."""
    advice = lines[lines.index("advice:") + 1 :]
    return {
        purpose.strip(" :"): command.strip()
        for purpose, command in zip(advice[::2], advice[1::2], strict=True)
    }


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Forty images with a box each, in YOLO's files; one box leaves its image, and one class is hostile."""
    write_params(tmp_path, **SMALL)
    data = make_yolo(tmp_path / "data", 40, second_class="<script>alert(1)</script>")
    return make(data, {"03.txt": "1 0.9 0.5 0.4 0.4\n"})


def test_it_says_what_is_there_what_is_wrong_and_what_training_takes(dataset: Path, tmp_path: Path) -> None:
    before = sorted(dataset.rglob("*"))
    sheet = tmp_path / "pages" / "worst.png"
    page = tmp_path / "pages" / "faults.html"
    done = inspect(dataset, "--html", page, "--pictures", sheet, cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "format: yolo (recognised from the files)"
    assert lines[1].startswith("images:  40: train 32 (32 objects), val 4 (4 objects), test 4 (4 objects)")
    assert lines[2] == "classes: 2: cat 20, <script>alert(1)</script> 20"
    assert "1 box-outside" in lines[4] and lines[4].endswith("-> cut at the edge")
    assert lines[5] == f"pictures: the worst image with boxes and faults: {sheet}"
    assert lines[7].startswith("boxes:   at 96 px input the shorter side is ")
    assert lines[8].startswith("time:    about ") and "timed here" in lines[8]
    assert list(advised(lines).values()) == [f"python -m pipeline init {dataset} && make repro"]
    assert sorted(dataset.rglob("*")) == before
    html = page.read_text()
    assert "<script" not in html and "&lt;script&gt;" in html
    assert html.count("data:image/jpeg;base64") == 1 and "03.png" in html
    assert Image.open(sheet).size == (316, 363)


def test_json_is_one_object_and_nothing_else_on_the_standard_output(dataset: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "worst.png"
    # this architecture cannot learn from the dataset, so that no step is timed
    write_params(tmp_path, **SMALL, train__architecture="keypoints", train__augment__mosaic=0.0)
    done = inspect(dataset, "--json", "--pictures", sheet, cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert list(found) == [
        *("version", "verdict", "reason", "path", "format", "images", "objects", "classes", "use"),
        *("keypoints", "faults", "not_used", "worst_images", "boxes", "limits", "training", "advice"),
    ]
    assert (found["version"], found["verdict"], found["reason"]) == (1, "faults", None)
    assert (found["path"], found["format"]) == (str(dataset), "yolo")
    assert found["images"] == found["objects"] == {"all": 40, "train": 32, "val": 4, "test": 4}
    assert found["classes"][0] == {"name": "cat", "objects": 20}
    (fault,) = found["faults"]
    assert (fault["fault"], fault["count"], fault["rule"]) == ("box-outside", 1, "repair")
    assert fault["costs_data"] is True
    assert fault["example"]["file"] == "03.png" and fault["example"]["object"] == 0
    worst = {"file": "03.png", "faults": {"box-outside": 1}}
    assert found["worst_images"] == {"sheet": str(sheet), "images": [worst]}
    assert found["boxes"]["boxes"] == 40 and found["boxes"]["input_size"] == 96
    assert found["training"] is None
    assert all(set(each) == {"purpose", "command"} for each in found["advice"])
    assert "recognised from the files" in done.stderr


def test_the_configured_dataset_is_read_without_a_path(tmp_path: Path) -> None:
    files = {
        f"my images/{kind}/{number}.png": picture(64, 48, seed + number)
        for kind, seed in (("cat", 0), ("dog", 50))
        for number in range(15)
    }
    make(tmp_path, files)
    write_params(tmp_path, task="classification", dataset__source="path", dataset__path="my images")
    done = inspect("--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["verdict"], found["path"], found["faults"]) == ("fine", "my images", [])
    assert found["worst_images"] == {"sheet": None, "images": []}
    assert (found["boxes"], found["training"]) == (None, None)
    assert [each["command"] for each in found["advice"]] == [
        "dvc exp run classification/dvc.yaml -S task=classification"
    ]
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ("raw", "data/raw: the dataset of dataset.source=builtin is not there yet; fetch it with: dvc repro download"),
        ("composed", "fetch it with: dvc repro composed/dvc.yaml:compose"),
        ("spectrograms", "fetch it with: dvc repro sound/dvc.yaml:spectrograms"),
    ],
)  # fmt: skip
def test_a_configured_dataset_that_is_not_there_is_said_with_the_command_that_fetches_it(
    tmp_path: Path, images: str, said: str
) -> None:
    task = {"task": "classification"} if images == "spectrograms" else {}
    write_params(tmp_path, dataset__images=images, **task)
    done = inspect("--json", cwd=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"] == "refused" and said in found["reason"]


def test_a_dataset_that_convert_would_refuse_ends_with_one_line(dataset: Path, tmp_path: Path) -> None:
    for number in range(10, 30):
        (dataset / f"{number}.png").write_bytes(b"no image")
    done = inspect(dataset, "--pictures", tmp_path / "worst.png", cwd=tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert (
        "convert would refuse it: 52.5% of the images are faulty (20 unreadable-image, 1 box-outside)" in line
    )
    commands = advised(done.stdout.splitlines())
    assert commands["accept this share of faulty images"] == (
        f"dvc exp run -S dataset.source=path -S dataset.path={dataset} -S convert.max_faulty_fraction=0.53"
    )
    assert commands["see pictures of each fault"] == (
        f"python -m pipeline inspect {dataset} --html reports/faults.html"
    )


@pytest.mark.parametrize(
    ("make_it", "said"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.touch(), "is no folder; unpack an archive first"),
        (lambda path: path.mkdir(), "the dataset is empty: there is no file in it"),
        (lambda path: make(path, {"a.txt": "hello"}), "no annotations recognised among 1 files"),
    ],
)
def test_what_is_no_dataset_is_said_in_one_line(make_it, said, tmp_path: Path) -> None:
    make_it(tmp_path / "data")
    done = inspect(tmp_path / "data")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {tmp_path / 'data'}") and said in line


def test_files_that_are_not_used_are_listed_under_a_head(tmp_path: Path) -> None:
    data = make_yolo(tmp_path / "data", 2)
    assert unused_lines(read(data)) == []
    make(data, {"old/a.xml": "<a/>", "old/b.xml": "<a/>"})
    assert unused_lines(read(data)) == [
        "not used:",
        "  old/a.xml: the file is not used, nor is the other .xml file of its folder",
    ]
    make(data, {f"{number:02d}/x.csv": "1" for number in range(20)})
    lines = unused_lines(read(data))
    assert len(lines) == 14 and lines[-1] == "  and 9 more, which issues.csv lists"
