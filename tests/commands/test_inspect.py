"""``python -m pipeline inspect``."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.commands.inspect.unused import unused
from tests.support.dataset_files import make, make_yolo, read
from tests.support.project import ROOT


def inspect(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", "inspect", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Forty images with a box each, in YOLO's files; one box leaves its image, and one class is hostile."""
    data = make_yolo(tmp_path / "data", 40, second_class="<script>alert(1)</script>")
    return make(data, {"03.txt": "1 0.9 0.5 0.4 0.4\n"})


def test_it_says_what_is_there_what_is_wrong_and_what_training_takes(dataset: Path, tmp_path: Path) -> None:
    before = sorted(dataset.rglob("*"))
    done = inspect(dataset, "--html", tmp_path / "pages" / "faults.html")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "format: yolo (recognised from the files)"
    assert lines[1].startswith("images:  40: train 32 (32 objects), val 4 (4 objects), test 4 (4 objects)")
    assert lines[2] == "classes: 2: cat 20, <script>alert(1)</script> 20"
    assert "1 box-outside" in lines[4] and lines[4].endswith("-> cut at the edge")
    assert lines[-2].startswith("boxes:   at 256 px input the shorter side is ")
    assert lines[-1].startswith("time:    about ") and "timed here" in lines[-1]
    assert sorted(dataset.rglob("*")) == before
    html = (tmp_path / "pages" / "faults.html").read_text()
    assert "<script" not in html and "&lt;script&gt;" in html
    assert html.count("data:image/jpeg;base64") == 1 and "03.png" in html


def test_a_dataset_that_convert_would_refuse_ends_with_one_line(dataset: Path) -> None:
    for number in range(10, 30):
        (dataset / f"{number}.png").write_bytes(b"no image")
    done = inspect(dataset)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert (
        "convert would refuse it: 52.5% of the images are faulty (20 unreadable-image, 1 box-outside)" in line
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
    assert unused(read(data)) == []
    make(data, {"old/a.xml": "<a/>", "old/b.xml": "<a/>"})
    assert unused(read(data)) == [
        "not used:",
        "  old/a.xml: the file is not used, nor is the other .xml file of its folder",
    ]
    make(data, {f"{number:02d}/x.csv": "1" for number in range(20)})
    lines = unused(read(data))
    assert len(lines) == 14 and lines[-1] == "  and 9 more, which issues.csv lists"
