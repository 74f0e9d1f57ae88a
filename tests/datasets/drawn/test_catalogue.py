"""The clothing catalogue: the same bytes everywhere, tight boxes, valid COCO, every class."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from pipeline.datasets.drawn.catalogue import LEAST_VISIBLE, NAMES, compose_scene, write_catalogue
from pipeline.datasets.drawn.garments import CLOTH, GARMENTS, LEATHER, draw_garment
from pipeline.datasets.drawn.paint.drawing import MARGIN, Pose
from pipeline.datasets.drawn.paint.palette import ground
from tests.support.project import ROOT

FASHION_MNIST = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
]  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogue")
    write_catalogue(folder, scenes=60, size=128, seed=5)
    return folder


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def test_another_process_writes_the_same_bytes(catalogue: Path, tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from pipeline.datasets.drawn.catalogue import write_catalogue;"
        "write_catalogue(pathlib.Path(sys.argv[1]), scenes=60, size=128, seed=5);"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True)
    assert digest(tmp_path) == digest(catalogue)


def test_a_scene_does_not_depend_on_those_before_it() -> None:
    alone, _ = compose_scene(5, 7, 128)
    compose_scene(5, 8, 128)
    again, _ = compose_scene(5, 7, 128)
    assert_array_equal(alone.picture, again.picture)
    assert alone.items() == again.items()
    assert not np.array_equal(compose_scene(6, 7, 128)[0].picture, alone.picture)


def test_boxes_are_tight_around_what_can_be_seen_of_enough_of_each_item() -> None:
    for index in range(20):
        scene, _ = compose_scene(2, index, 128)
        for number, item in enumerate(scene.items(), start=1):
            y, x = np.nonzero(scene.owner == number)
            assert item.box == (x.min(), y.min(), x.max() + 1, y.max() + 1)
            assert item.area == len(x) >= LEAST_VISIBLE * scene.sizes[number - 1]


def test_the_longer_side_is_the_size_asked_for_and_the_aspect_varies() -> None:
    shapes = {compose_scene(1, index, 96)[0].picture.shape for index in range(12)}
    assert {max(shape) for shape in shapes} == {96}
    assert len(shapes) > 2


def test_annotations_are_those_of_the_images(catalogue: Path) -> None:
    coco = json.loads((catalogue / "annotations.json").read_text())
    assert [category["name"] for category in coco["categories"]] == FASHION_MNIST == NAMES
    assert [category["id"] for category in coco["categories"]] == list(range(1, 11))
    sizes = {}
    for record in coco["images"]:
        with Image.open(catalogue / "images" / record["file_name"]) as image:
            assert image.size == (record["width"], record["height"])
        sizes[record["id"]] = image.size
    for entry in coco["annotations"]:
        x, y, width, height = entry["bbox"]
        across, down = sizes[entry["image_id"]]
        assert x >= 0 and y >= 0 and x + width <= across and y + height <= down
        assert min(width, height) > 8 and 0 < entry["area"] <= width * height
    counts = np.bincount([entry["image_id"] for entry in coco["annotations"]])[1:]
    assert counts.min() == 1 and counts.max() == 5 and len(counts) == 60
    assert {entry["category_id"] for entry in coco["annotations"]} == set(range(1, 11))


def test_pycocotools_reads_it(catalogue: Path) -> None:
    coco_module = pytest.importorskip("pycocotools.coco")
    coco = coco_module.COCO(str(catalogue / "annotations.json"))
    assert len(coco.getImgIds()) == 60
    assert len(coco.getAnnIds()) == len(coco.dataset["annotations"])


@pytest.mark.parametrize("name", GARMENTS)
def test_a_garment_fills_its_pose_and_stays_on_its_sheet(name: str) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        sprite = draw_garment(rng, name, Pose(48, 0, seed % 2 == 0, (-0.6, -0.8)), ground(rng))
        assert 0.82 * 96 < max(sprite.alpha.shape) < 2 * MARGIN * 48 - 1  # beyond, the sheet would cut it
        assert 0.1 < (sprite.alpha > 0.5).mean() < 0.95


def test_the_chances_of_patterns_sum_to_one() -> None:
    for chances in (CLOTH, LEATHER):
        assert sum(chances.values()) == pytest.approx(1)
