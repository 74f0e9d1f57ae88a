"""Scenes composed of the images of a classification dataset, from the stage to the records."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.composed.scene import compose_scene, trimmed
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.errors import PipelineError
from pipeline.params.dataset import Compose
from pipeline.stage import call
from pipeline.stages import compose
from tests.support.coloured_scenes import write_coco
from tests.support.conversion import run_convert
from tests.support.params_file import changed_params

SETTINGS = {
    "scenes": 40,
    "size": 84,
    "objects_min": 1,
    "objects_max": 1,
    "scale_min": 0.3,
    "scale_max": 0.6,
    "background": "black",
}


def settings(**changes: Any) -> Compose:
    return Compose(**{**SETTINGS, **changes})


def item(colour: tuple[int, int, int], size: tuple[int, int] = (28, 14)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "PNG")
    return data.getvalue()


def pixels_of(encoded: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(encoded)))


@pytest.mark.parametrize(("background", "value"), [("black", 0), ("white", 255)])
def test_an_item_fills_its_box_and_nothing_else(background: str, value: int) -> None:
    for seed in range(20):
        scene = compose_scene(
            [item((200, 40, 90))], settings(background=background), np.random.default_rng(seed)
        )
        ((x, y, width, height),) = scene.boxes
        pixels = pixels_of(scene.encoded)
        assert (pixels[y : y + height, x : x + width] == (200, 40, 90)).all()
        assert int((pixels != value).any(axis=-1).sum()) == width * height
        assert width == pytest.approx(2 * height, abs=1)
        assert 0.3 * 84 - 1 <= width <= 0.6 * 84 + 1


def test_a_plain_border_is_cut_off_and_a_photograph_stays() -> None:
    pixels = np.zeros((28, 28, 3), np.uint8)
    pixels[4:20, 10:16] = 200
    assert trimmed(Image.fromarray(pixels)).size == (6, 16)
    assert trimmed(Image.fromarray(pixels * 0)).size == (28, 28)
    pixels[0, 0] = 90
    assert trimmed(Image.fromarray(pixels)).size == (28, 28)


def test_items_do_not_overlap_and_those_without_a_place_are_left_out() -> None:
    items = [item((60 * k, 255, 255 - 60 * k), (20, 20)) for k in range(5)]
    scene = compose_scene(items, settings(scale_min=0.5, scale_max=0.6), np.random.default_rng(0))
    assert 1 <= len(scene.items) < 5
    covered = np.zeros((84, 84), int)
    for x, y, width, height in scene.boxes:
        covered[y : y + height, x : x + width] += 1
    assert covered.max() == 1


def test_a_canvas_of_noise_is_grey_on_average() -> None:
    pixels = pixels_of(compose_scene([], settings(background="noise"), np.random.default_rng(0)).encoded)
    assert pixels.mean() == pytest.approx(127, abs=2)
    assert pixels.std() > 30


def write_items(raw: Path) -> None:
    for name, colour in {"amber": (250, 180, 30), "navy": (20, 30, 120)}.items():
        (raw / name).mkdir(parents=True)
        for number in range(15):
            shade = tuple(min(255, channel + number) for channel in colour)
            (raw / name / f"{number}.png").write_bytes(item(shade, (24, 24)))


def composed(home: Path, **changes: Any) -> Path:
    values = {f"dataset__compose__{key}": value for key, value in {**SETTINGS, **changes}.items()}
    home.mkdir(exist_ok=True)
    params = changed_params(home, convert__workers=1, dataset__images="composed", **values)
    call(compose.run, params, raw=home.parent / "raw", composed=home / "composed")
    run_convert(params, home / "composed", home)
    return home


def test_the_scenes_are_a_dataset_with_the_splits_of_the_items(tmp_path: Path) -> None:
    write_items(tmp_path / "raw")
    home = composed(tmp_path / "one")
    truth = read_ground_truth(home / "converted")
    assert truth.classes == ["amber", "navy"]
    assert len(truth.images) == len(truth.objects) == 40
    assert set(truth.images["split"]) == {"train", "val", "test"}
    for row in truth.objects.merge(truth.images, left_on="image_id", right_on="id").itertuples():
        scene = np.array(Image.open(home / "composed" / row.file))
        middle = scene[int(row.ymin + row.ymax) // 2, int(row.xmin + row.xmax) // 2]
        assert (middle[0] > 200) == (row.class_name == "amber")
    again = composed(tmp_path / "two")
    files = sorted(path.relative_to(home) for path in (home / "composed").rglob("*") if path.is_file())
    assert all((home / file).read_bytes() == (again / file).read_bytes() for file in files)
    other = json.loads((composed(tmp_path / "more", objects_max=3) / "dataset.json").read_text())
    assert other["objects"] > 40


def test_a_dataset_with_boxes_is_refused(tmp_path: Path) -> None:
    write_coco(tmp_path / "raw", 12)
    with pytest.raises(PipelineError, match="no image has a label of the whole image"):
        composed(tmp_path / "one")
