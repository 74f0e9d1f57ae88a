"""Large images are shrunk in their records, and boxes, areas, masks and keypoints with them."""

import io
from pathlib import Path
from typing import Any

import hotcoco
import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.converted.checked_dataset import ConvertedDataset
from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.datasets.writers import WRITERS
from tests.support.conversion import run_convert
from tests.support.dataset_files import make, picture, read
from tests.support.params_file import changed_params

SIZES = {"large.jpg": (400, 300), "upright.png": (300, 400), "small.jpg": (80, 60)}
BOX = [40.0, 60.0, 200.0, 120.0]  # x, y, width, height; of the small image a fifth of them
POLYGON = [40, 60, 240, 60, 240, 180, 40, 180]
KEYPOINTS = [44, 64, 2, 0, 0, 0, 200, 100, 1]


def dataset(folder: Path) -> Path:
    """Write a COCO dataset with an object in each image, which has a mask and keypoints, in three splits."""
    files: dict[str, Any] = {}
    for seed, (split, name) in enumerate(zip(("train", "val", "test"), SIZES, strict=True)):
        width, height = SIZES[name]
        scale = 0.2 if name == "small.jpg" else 1.0
        files[f"{split}/{name}"] = picture(width, height, seed, "PNG" if name.endswith("png") else "JPEG")
        item = {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "iscrowd": 0,
            "bbox": [scale * value for value in BOX],
            "area": scale**2 * 24_000,
            "segmentation": [[scale * value for value in POLYGON]],
            "keypoints": [
                value if index % 3 == 2 else scale * value for index, value in enumerate(KEYPOINTS)
            ],
            "num_keypoints": 2,
        }
        files[f"annotations/instances_{split}.json"] = {
            "images": [{"id": 1, "file_name": name, "width": width, "height": height}],
            "annotations": [item],
            "categories": [{"id": 1, "name": "cat", "keypoints": ["a", "b", "c"], "skeleton": []}],
        }
    return make(folder, files)


def convert(tmp_path: Path, max_side: int | None) -> Path:
    params = changed_params(tmp_path, convert__max_side=max_side, convert__workers=1, dataset__format="coco")
    return run_convert(params, tmp_path / "raw", tmp_path / str(max_side))


@pytest.fixture
def converted(tmp_path: Path) -> Path:
    dataset(tmp_path / "raw")
    return convert(tmp_path, 100)


def objects_by_file(truth: GroundTruth) -> dict[str, dict[str, Any]]:
    files = truth.images.set_index("id")["file"]
    rows = truth.objects.to_dict("records")
    return {files[row["image_id"]].split("/")[-1]: {str(key): row[key] for key in row} for row in rows}


def test_all_tables_are_in_pixels_of_the_record(converted: Path, tmp_path: Path) -> None:
    truth = read_ground_truth(converted)
    sizes = {
        file.split("/")[-1]: (width, height)
        for file, width, height in truth.images[["file", "width", "height"]].itertuples(index=False)
    }
    assert sizes == {"large.jpg": (100, 75), "upright.png": (75, 100), "small.jpg": (80, 60)}
    for name, item in objects_by_file(truth).items():
        factor = 0.2 if name == "small.jpg" else 0.25
        corners = [item[key] for key in ("xmin", "ymin", "xmax", "ymax")]
        np.testing.assert_allclose(corners, np.array([40, 60, 240, 180]) * factor)
        assert item["area"] == pytest.approx(24_000 * factor**2)
        expected = np.array(KEYPOINTS, float).reshape(-1, 3) * (factor, factor, 1)
        np.testing.assert_allclose(item["keypoints"], expected, atol=1e-3)
        if item["mask"]:  # of val and test
            width, height = sizes[name]
            pixels = hotcoco.mask.decode({"size": [height, width], "counts": item["mask"]})
            rows, columns = np.nonzero(pixels)
            around = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            np.testing.assert_allclose(around, corners, atol=1)


def test_records_and_exports_hold_the_shrunk_images(converted: Path, tmp_path: Path) -> None:
    truth = read_ground_truth(converted)
    written = ConvertedDataset(truth.images, truth.objects, truth.classes, converted, truth.keypoint_names)
    for split in ("train", "val", "test"):
        for image in written.of_split(split):
            with Image.open(io.BytesIO(image.encoded)) as decoded:
                assert decoded.size == (image.width, image.height)
            (item,) = image.objects
            with Image.open(io.BytesIO(item.mask)) as mask:
                assert mask.size == (image.width, image.height)
    (tmp_path / "coco").mkdir()
    WRITERS["coco"](written, tmp_path / "coco")
    table = read(tmp_path / "coco", "coco")
    given = truth.objects.sort_values("image_id")[["xmin", "ymin", "xmax", "ymax"]].to_numpy()
    found = table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy()
    np.testing.assert_allclose(sorted(found.tolist()), sorted(given.tolist()))


def test_images_that_are_not_larger_give_the_same_bytes_with_and_without(tmp_path: Path) -> None:
    dataset(tmp_path / "raw")
    limited, unlimited = convert(tmp_path, 400), convert(tmp_path, None)
    names = sorted(path.name for path in unlimited.iterdir())
    assert "keypoints.csv" in names and "masks.csv" in names
    assert sorted(path.name for path in limited.iterdir()) == names
    for name in names:
        assert (limited / name).read_bytes() == (unlimited / name).read_bytes(), name


def test_the_splits_do_not_depend_on_it(tmp_path: Path) -> None:
    dataset(tmp_path / "raw")
    splits = [
        read_ground_truth(convert(tmp_path, max_side)).images["split"].tolist() for max_side in (64, None)
    ]
    assert splits[0] == splits[1]


def test_it_is_said_how_many_images_are_shrunk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    dataset(tmp_path / "raw")
    with caplog.at_level("INFO", logger="pipeline"):
        convert(tmp_path, 100)
    assert (
        "2 of 3 images are larger than convert.max_side=100 px; records hold them shrunk to it" in caplog.text
    )
