from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.inspect.advice import advise
from pipeline.commands.inspect.finding import Inspection
from pipeline.commands.inspect.target import target_of
from pipeline.datasets.checks.verdict import refusal
from pipeline.datasets.conversion.inspection import inspect_folder
from tests.support.dataset_files import make, make_yolo, picture
from tests.support.params_file import changed_params
from tests.support.project import PARAMS

PAGE = "see pictures of each fault"


def advised(folder: Path, params: Any = PARAMS, *, has_page: bool = True) -> dict[str, str]:
    """Return the commands that are advised for a folder, by what they do."""
    found = inspect_folder(folder, params.dataset, params.convert, seed=1)
    inspection = Inspection(folder, found.format, found.given, found.checked, params)
    target = target_of(folder, None, params.dataset)
    accepted = refusal(found.checked, params.convert) is None
    finding = advise(inspection, target, accepted=accepted, has_page=has_page)
    return {each["purpose"]: each["command"] for each in finding.value}


def test_a_sound_dataset_is_trained_on(tmp_path: Path) -> None:
    folder = make_yolo(tmp_path / "my data", 30)
    assert advised(folder, has_page=False) == {
        "choose the parameters for this dataset and this machine, and train": (
            f"python -m pipeline init '{folder}' && make repro"
        )
    }


def test_of_small_boxes_a_larger_input_is_advised(tmp_path: Path) -> None:
    files = {f"{number:02d}.txt": "0 0.5 0.5 0.04 0.04\n" for number in range(30)}
    commands = advised(make(make_yolo(tmp_path / "data", 30), files))
    # the shorter side is 0.04 of the input, and half of the area of a cell of 8 px is a square of 5.7 px
    assert "train.image_size=256" not in str(commands)
    assert commands["leave out the boxes that are too small to be learnt"].endswith(
        "-S convert.checks.box_tiny=drop"
    )
    files = {f"{number:02d}.txt": "0 0.5 0.5 0.01 0.02\n" for number in range(30)}
    commands = advised(make(tmp_path / "data", files))
    assert commands["show the detector the boxes that are too small now"] == (
        f"dvc exp run -S dataset.source=path -S dataset.path={tmp_path}/data -S train.image_size=448"
    )


def test_of_small_objects_in_large_pictures_tiles_are_advised(tmp_path: Path) -> None:
    files = {f"{number:02d}.txt": "0 0.5 0.5 0.02 0.02\n" for number in range(12)}
    files |= {f"{number:02d}.png": picture(1200, 800, number) for number in range(12)}
    folder = make(make_yolo(tmp_path / "data", 12), files)
    tiles = "show the detector the small objects of large pictures in tiles"
    commands = advised(folder)
    # boxes of 24 x 16 px; a tile of 256 px is not resized
    assert commands[tiles].endswith(f"-S dataset.path={folder} -S convert.tile=256")
    assert tiles not in advised(folder, changed_params(tmp_path, convert__tile=256))
    assert "train.image_size" not in str(advised(folder, changed_params(tmp_path, convert__tile=256)))


def test_anchors_are_fitted_to_small_boxes(tmp_path: Path) -> None:
    files = {f"{number:02d}.txt": "0 0.5 0.5 0.1 0.1\n" for number in range(30)}
    folder = make(make_yolo(tmp_path / "data", 30), files)
    params = changed_params(tmp_path, train__architecture="ssd")
    commands = advised(folder, params)
    assert commands["fit the anchors to the boxes, of which many are too small for them"].endswith(
        "-S train.auto_anchors=true"
    )
    # the default boxes of SSD are shares of the input, so that a larger one does not help
    assert "train.image_size" not in str(commands)


def test_images_without_annotation_may_be_background(tmp_path: Path) -> None:
    folder = make(make_yolo(tmp_path / "data", 30), {"more.png": picture(64, 48, 99)})
    commands = advised(folder, has_page=False)
    assert commands["keep the images without annotation as background"].endswith(
        "-S convert.checks.image_without_annotation=keep"
    )
    assert commands[PAGE] == f"python -m pipeline inspect {folder} --html reports/faults.html"


def test_a_rule_that_stops_is_softened(tmp_path: Path) -> None:
    folder = make(make_yolo(tmp_path / "data", 30), {"05.txt": "0 0.9 0.5 0.4 0.4\n"})
    params = changed_params(tmp_path, convert__checks={**checks(), "box_outside": "stop"})
    assert advised(folder, params)["accept these faults"].endswith(" -S convert.checks.box_outside=repair")


def test_labels_of_whole_images_are_for_a_classification(tmp_path: Path) -> None:
    files = {
        f"{kind}/{number}.png": picture(64, 48, seed + number)
        for kind, seed in (("cat", 0), ("dog", 50))
        for number in range(15)
    }
    (command,) = advised(make(tmp_path / "data", files)).values()
    assert command == (
        "dvc exp run classification/dvc.yaml -S task=classification -S dataset.source=path "
        f"-S dataset.path={tmp_path}/data"
    )


@pytest.mark.parametrize("images", [1, 2])
def test_too_few_images_for_the_splits_have_no_advice(tmp_path: Path, images: int) -> None:
    assert advised(make_yolo(tmp_path / "data", images)) == {}


def checks() -> dict[str, Any]:
    return PARAMS.convert.checks.model_dump()
