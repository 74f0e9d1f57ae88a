"""``python -m pipeline init``."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.params.load import load_params
from tests.support.dataset_files import make, make_yolo, picture
from tests.support.project import ROOT


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with the project's parameters and a dataset of forty images with a box each."""
    make_yolo(tmp_path / "photos", 40)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


def init(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", "init", *arguments]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)})


def test_it_writes_parameters_for_the_dataset_and_the_machine(home: Path) -> None:
    done = init(home, "photos", "--minutes", "5")
    assert done.returncode == 0, done.stderr
    params = load_params(home / "params.yaml")
    assert (params.dataset.source, params.dataset.path) == ("path", "photos")
    assert params.train.image_size == 256 and params.finetune.mode == "finetune"
    assert params.train.steps % 20 == 0
    text = (home / "params.yaml").read_text()
    assert "# init: the shorter side of a small box has 102 px then" in text
    assert done.stdout.splitlines()[-1] == "wrote params.yaml; train with: make repro"
    assert f"train.steps: {params.train.steps} (" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "error: nowhere does not exist"),
        (["params.yaml"], "error: params.yaml is no folder; unpack an archive first"),
        (["photos", "--format", "coco"], "error: photos"),
        (["photos", "--minutes", "0"], "0 is no positive number of minutes"),
        (["photos", "--minutes", "ten"], "is no positive number of minutes"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_changes_nothing(
    home: Path, arguments: list[str], said: str
) -> None:
    before = (home / "params.yaml").read_bytes()
    done = init(home, *arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr.splitlines()[-1]
    assert (home / "params.yaml").read_bytes() == before


def test_images_with_a_class_alone_are_refused(home: Path) -> None:
    make(
        home / "sorted",
        {f"{kind}/{n}.png": picture(32, 32, seed=n) for kind in ("cat", "dog") for n in range(8)},
    )
    done = init(home, "sorted")
    assert done.returncode == 1
    assert "only whole images are labelled; a detector learns from boxes" in done.stderr
