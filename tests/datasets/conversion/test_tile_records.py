"""The records of tiles, and that those of whole pictures and all tables are as without tiles."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.converted.checked_dataset import ConvertedDataset
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.converted.record_files import record_files
from pipeline.datasets.converted.tiling import read_tiling
from pipeline.datasets.records.example import decode_example
from pipeline.datasets.records.files import read_record, record_places
from pipeline.errors import PipelineError
from tests.support.conversion import run_convert
from tests.support.dataset_files import make, picture
from tests.support.params_file import changed_params

WIDTH, HEIGHT = 180, 100
WHOLE_IN_THE_LEFT, CUT = [10.0, 20.0, 40.0, 30.0], [60.0, 40.0, 49.0, 20.0]  # x, y, width, height


def dataset(folder: Path, suffix: str = "png", *, second: list[float] = CUT) -> Path:
    """Write a COCO dataset with a picture in each split, with two masks: the left halves of the boxes."""
    files: dict[str, Any] = {}
    for seed, split in enumerate(("train", "val", "test")):
        kind = "PNG" if suffix == "png" else "JPEG"
        files[f"{split}/{split}.{suffix}"] = picture(WIDTH, HEIGHT, seed, kind)
        annotations = [
            {
                "id": number,
                "image_id": 1,
                "category_id": number,
                "iscrowd": 0,
                "bbox": box,
                "area": box[2] * box[3],
            }
            | {"segmentation": [polygon(box)]}
            for number, box in enumerate((WHOLE_IN_THE_LEFT, second), start=1)
        ]
        files[f"annotations/instances_{split}.json"] = {
            "images": [{"id": 1, "file_name": f"{split}.{suffix}", "width": WIDTH, "height": HEIGHT}],
            "annotations": annotations,
            "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        }
    return make(folder, files)


def polygon(box: list[float]) -> list[float]:
    """Return the left half of a box, x and y in turn."""
    x, y, width, height = box
    return [x, y, x + width / 2, y, x + width / 2, y + height, x, y + height]


def convert(tmp_path: Path, name: str, **changes: Any) -> Path:
    given = {"tile": 100, "tile_negatives": 1.0, "workers": 1} | changes
    keys = {f"convert__{key}": value for key, value in given.items()}
    return run_convert(
        changed_params(tmp_path, dataset__format="coco", **keys), tmp_path / "raw", tmp_path / name
    )


def features_of(converted: Path, split: str) -> list[dict[str, Any]]:
    files = map(Path, record_files(converted, split))
    return [
        decode_example(read_record(file, place.offset)) for file in files for place in record_places(file)
    ]


def pixels(features: dict[str, Any]) -> np.ndarray:
    with Image.open(io.BytesIO(bytes(features["image/encoded"][0]))) as image:
        return np.asarray(image)


def boxes(features: dict[str, Any]) -> np.ndarray:
    corners = [features[f"image/object/bbox/{side}"] for side in ("xmin", "ymin", "xmax", "ymax")]
    return np.stack(corners, axis=1).round(4)


def test_a_tile_holds_its_pixels_and_its_objects(tmp_path: Path) -> None:
    dataset(tmp_path / "raw")
    converted = convert(tmp_path, "tiled")
    (whole,) = features_of(converted, "train")
    left, right = features_of(converted, "train_tiles")
    np.testing.assert_array_equal(pixels(left), pixels(whole)[:, :100])
    np.testing.assert_array_equal(pixels(right), pixels(whole)[:, 80:])
    number = int(bytes(whole["image/source_id"][0]))
    assert [int(bytes(each["image/source_id"][0])) for each in (left, right)] == [
        number * 1_000_000 + 1,
        number * 1_000_000 + 2,
    ]
    assert [left[f"image/{side}"].tolist() for side in ("width", "height")] == [[100], [100]]
    np.testing.assert_allclose(boxes(left), [[0.1, 0.2, 0.5, 0.5], [0.6, 0.4, 1.0, 0.6]])
    assert left["image/object/class/label"].tolist() == [1, 2]
    assert left["image/object/difficult"].tolist() == [0, 0]  # 40 of 49 px are in it
    np.testing.assert_allclose(boxes(right), [[0.0, 0.4, 0.29, 0.6]])
    assert right["image/object/class/label"].tolist() == [2]
    assert right["image/object/difficult"].tolist() == [1]
    np.testing.assert_allclose(right["image/object/area"], 49 * 20 * 29 / 49)


def test_masks_follow_their_tiles(tmp_path: Path) -> None:
    dataset(tmp_path / "raw")
    converted = convert(tmp_path, "tiled")
    (whole,) = features_of(converted, "train")
    left, right = features_of(converted, "train_tiles")
    decoded = [np.asarray(Image.open(io.BytesIO(bytes(png)))) for png in whole["image/object/mask"]]
    for mask, png in zip(decoded, left["image/object/mask"], strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(bytes(png)))), mask[:, :100])
    assert left["image/object/has_mask"].tolist() == [1, 1]
    assert decoded[1][:, 80:].any() and right["image/object/has_mask"].tolist() == [1]


def test_an_object_whose_mask_is_not_in_the_tile_is_ignored(tmp_path: Path) -> None:
    dataset(tmp_path / "raw", second=[60, 40, 40, 20])  # the mask ends at 80 px, where the right tile begins
    left, right = features_of(convert(tmp_path, "tiled", tile_visibility=0.5), "train_tiles")
    assert left["image/object/has_mask"].tolist() == [1, 1] and left["image/object/difficult"].tolist() == [
        0,
        0,
    ]
    assert right["image/object/difficult"].tolist() == [1]


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_whole_pictures_and_tables_are_as_without_tiles(tmp_path: Path, suffix: str) -> None:
    dataset(tmp_path / "raw", suffix)
    plain, tiled = convert(tmp_path, "plain", tile=None), convert(tmp_path, "tiled")
    names = {path.name for path in plain.iterdir()}
    added = {path.name.split("-")[0] for path in tiled.iterdir()} - {name.split("-")[0] for name in names}
    assert added == {"train_tiles", "val_tiles", "tiling.json"}
    for name in names:
        assert (plain / name).read_bytes() == (tiled / name).read_bytes(), name
    metrics = [json.loads((tmp_path / name / "dataset.json").read_text()) for name in ("plain", "tiled")]
    assert metrics[1].pop("tiles") == {"train": 2, "val": 2}
    assert metrics[0] == metrics[1]
    assert {features["image/format"][0] for features in features_of(tiled, "train_tiles")} == {
        b"png" if suffix == "png" else b"jpeg"
    }


def test_max_side_limits_the_tiles_and_not_the_pictures(tmp_path: Path) -> None:
    dataset(tmp_path / "raw")
    converted = convert(tmp_path, "tiled", max_side=50)
    assert read_ground_truth(converted).images["width"].tolist() == [WIDTH] * 3
    left, _ = features_of(converted, "train_tiles")
    assert pixels(left).shape == (50, 50, 3) and left["image/width"].tolist() == [50]
    np.testing.assert_allclose(boxes(left), [[0.1, 0.2, 0.5, 0.5], [0.6, 0.4, 1.0, 0.6]])
    with Image.open(io.BytesIO(bytes(left["image/object/mask"][0]))) as mask:
        assert mask.size == (50, 50)
    np.testing.assert_allclose(left["image/object/area"][0], 40 * 30 / 4)


def test_the_records_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    dataset(tmp_path / "raw")
    one, two = convert(tmp_path, "one"), convert(tmp_path, "two", workers=2)
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name


def test_exports_hold_whole_pictures(tmp_path: Path) -> None:
    dataset(tmp_path / "raw")
    converted = convert(tmp_path, "tiled")
    truth = read_ground_truth(converted)
    written = ConvertedDataset(truth.images, truth.objects, truth.classes, converted)
    assert [(image.width, image.height) for image in written.of_split("train")] == [(WIDTH, HEIGHT)]


def test_a_split_without_a_tile_is_refused(tmp_path: Path) -> None:
    dataset(tmp_path / "raw")
    path = tmp_path / "raw" / "annotations" / "instances_val.json"
    given = json.loads(path.read_text())
    path.write_text(json.dumps({**given, "annotations": []}))
    rules = {"checks__image_without_annotation": "keep"}
    with pytest.raises(PipelineError, match=r"no tile of the val split has an object, .* set it higher"):
        convert(tmp_path, "tiled", tile_negatives=0.0, **rules)
    tiling = read_tiling(convert(tmp_path, "kept", tile_negatives=1.0, **rules))
    assert tiling is not None and tiling.counts == {"train": 2, "val": 2}
