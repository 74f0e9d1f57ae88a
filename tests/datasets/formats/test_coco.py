from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read


def dataset(*images: dict[str, Any]) -> dict[str, Any]:
    annotations = [
        {"id": i, "image_id": image["id"], "category_id": 1, "bbox": [1, 2, 3, 4]}
        for i, image in enumerate(images)
    ]
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "cat"}]}


def test_urls_name_the_images_of_lvis(tmp_path: Path) -> None:
    # a split of LVIS has images of both folders of COCO, and images in different folders may have the same name
    addresses = [f"http://images.cocodataset.org/{name}" for name in ("train2017/1.jpg", "val2017/1.jpg")]
    images = [{"id": i, "coco_url": url, "width": 9, "height": 9} for i, url in enumerate(addresses)]
    make(tmp_path, {"lvis_v1_train.json": dataset(*images), "train2017/1.jpg": "", "val2017/1.jpg": ""})
    table = read(tmp_path)
    assert table.images["file"].tolist() == ["train2017/1.jpg", "val2017/1.jpg"]
    assert table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy().tolist() == [[1, 2, 4, 6]] * 2
    assert table.issues == ()


def test_a_file_name_is_preferred_to_a_url(tmp_path: Path) -> None:
    image = {"id": 1, "file_name": "a.jpg", "coco_url": "http://images.cocodataset.org/train2017/1.jpg"}
    make(tmp_path, {"a.json": dataset(image), "a.jpg": "", "train2017/1.jpg": ""})
    assert read(tmp_path).images["file"].tolist()[0] == "a.jpg"


def test_a_broken_url_is_listed(tmp_path: Path) -> None:
    make(tmp_path, {"a.json": dataset({"id": 1, "coco_url": None}), "a.jpg": ""})
    assert ("a.json", "unreadable-annotation") in faults(read(tmp_path))


def objects(
    tmp_path: Path, *annotations: dict[str, Any], **image: Any
) -> tuple[AnnotationTable, list[list[float]]]:
    """Return the table of annotations of an image of 10 × 8 px, and its boxes."""
    images = [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 8, **image}]
    completed = [{"image_id": 1, "category_id": 1, **annotation} for annotation in annotations]
    value = {"images": images, "annotations": completed, "categories": [{"id": 1, "name": "cat"}]}
    table = read(make(tmp_path, {"a.json": value, "a.jpg": ""}))
    return table, table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy().tolist()


@pytest.mark.parametrize("bbox", [{}, {"bbox": []}, {"bbox": [0, 0, 0, 0]}, {"bbox": None}])
@pytest.mark.parametrize(
    ("segmentation", "box"),
    [
        ([[1, 2, 5, 2, 5, 6], [7, 1, 9, 1, 9, 3]], [1, 1, 9, 6]),
        ([1, 2, 5, 2, 5, 6], [1, 2, 5, 6]),
        ({"size": [8, 10], "counts": [10, 3, 5, 3, 59]}, [1, 2, 3, 5]),  # rows 2 to 4 of two columns
        ({"size": [8, 10], "counts": [10, 10, 60]}, [1, 0, 3, 8]),  # a run across the end of a column
    ],
)
def test_a_mask_without_a_box_is_enclosed(
    tmp_path: Path, bbox: dict[str, Any], segmentation: Any, box: list[int]
) -> None:
    table, boxes = objects(tmp_path, {"segmentation": segmentation, **bbox})
    assert boxes == [box] and table.issues == ()


@pytest.mark.parametrize(
    "segmentation", [[[1, 2]], {"size": [8, 10], "counts": [80]}, {"size": 8, "counts": []}]
)
def test_an_empty_mask_without_a_box_is_listed(tmp_path: Path, segmentation: Any) -> None:
    table, boxes = objects(tmp_path, {"segmentation": segmentation})
    assert boxes == [] and faults(table) == [("a.jpg", "box-unreadable")]


def test_an_annotation_without_box_and_mask_is_a_label_of_the_whole_image(tmp_path: Path) -> None:
    table, _ = objects(tmp_path, {"segmentation": []})
    assert table.objects["xmin"].isna().tolist() == [True]


def test_an_annotation_without_a_box_among_boxes_is_listed(tmp_path: Path) -> None:
    table, boxes = objects(tmp_path, {"bbox": [1, 2, 3, 4]}, {"bbox": None}, {})
    assert boxes == [[1, 2, 4, 6]]
    assert [(issue.fault.object, issue.fault.name) for issue in table.issues] == [
        (1, "box-unreadable"),
        (2, "box-unreadable"),
    ]


def test_the_box_of_run_lengths_is_that_of_pycocotools(tmp_path: Path) -> None:
    from pycocotools import mask as oracle

    pixels = np.random.default_rng(0).random((9, 7)) < 0.1
    runs = oracle.encode(np.asfortranarray(pixels.astype(np.uint8)))
    x, y, width, height = oracle.toBbox(runs).tolist()
    text = {"size": [9, 7], "counts": runs["counts"].decode()}
    _, boxes = objects(tmp_path, {"segmentation": text}, width=7, height=9)
    assert boxes == [[x, y, x + width, y + height]]


def test_rotated_boxes_of_cvat_are_enclosed(tmp_path: Path) -> None:
    _, boxes = objects(tmp_path, {"bbox": [2, 3, 4, 2], "attributes": {"rotation": 90.0}})
    assert np.allclose(boxes, [[3, 2, 5, 6]])


def test_ids_as_numbers_equal_ids_as_text(tmp_path: Path) -> None:
    table, boxes = objects(
        tmp_path, {"image_id": "1", "bbox": [1, 2, 3, 4]}, {"category_id": "1", "bbox": [0, 0, 1, 1]}
    )
    assert len(boxes) == 2 and table.issues == ()


def test_ids_as_pandas_writes_them_are_whole_numbers(tmp_path: Path) -> None:
    value = dataset({"id": 1, "file_name": "a.jpg"}, {"id": "2.0", "file_name": "b.jpg"})
    for number, row in enumerate(value["annotations"], start=1):
        row |= {"image_id": float(number), "category_id": 1.0}
    table = read(make(tmp_path, {"a.json": value, "a.jpg": "", "b.jpg": ""}))
    assert table.objects["image_id"].tolist() == [1, 2] and table.issues == ()


@pytest.mark.parametrize(
    ("mark", "expected"), [("0", False), (0.0, False), ("1", True), (1, True), (None, False)]
)
def test_marks_as_text_are_read(tmp_path: Path, mark: Any, expected: bool) -> None:
    box = {"bbox": [1, 2, 3, 4]}
    table, _ = objects(tmp_path, {**box, "iscrowd": mark}, {**box, "bbox": [5, 2, 3, 4], "ignore": mark})
    assert table.objects["crowd"].tolist() == [expected, False]
    assert table.objects["difficult"].tolist() == [False, expected]


def test_annotations_with_a_score_are_left_out(tmp_path: Path) -> None:
    truth = dataset({"id": 1, "file_name": "a.jpg"})
    found = dataset({"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.jpg"})
    for row, score in zip(found["annotations"], (0.5, 1), strict=True):
        row |= {"score": score, "bbox": [9, 9, 9, 9]}
    make(tmp_path, {"a.json": truth, "found.json": found, "a.jpg": "", "b.jpg": ""})
    table = read(tmp_path)
    assert table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy().tolist() == [[1, 2, 4, 6]]
    assert table.images["file"].tolist() == ["a.jpg"]  # b.jpg is of the detections alone
    assert faults(table) == [("found.json", "detection")]
    (tmp_path / "a.json").unlink()
    with pytest.raises(PipelineError, match=r"all boxes have a score \(found\.json\)"):
        read(tmp_path)


def test_a_score_of_one_is_a_mark_of_the_truth(tmp_path: Path) -> None:
    table, boxes = objects(tmp_path, {"bbox": [1, 2, 3, 4], "score": 1.0})
    assert len(boxes) == 1 and table.issues == ()


def cracks(*kinds: str) -> dict[str, Any]:
    """Return a dataset with a category called "crack" of each supercategory, and an image of each."""
    value = dataset(*({"id": number, "file_name": f"{number}.jpg"} for number in range(len(kinds))))
    value["categories"] = [
        {"id": number, "name": "crack", "supercategory": kind} for number, kind in enumerate(kinds)
    ]
    for number, row in enumerate(value["annotations"]):
        row["category_id"] = number
    return value


def test_a_supercategory_tells_equal_names_apart(tmp_path: Path) -> None:
    make(tmp_path, {"train.json": cracks("wood", "metal"), "val.json": cracks("metal")})
    table = read(
        make(tmp_path, {f"{split}/{n}.jpg": "" for split, n in (("train", 0), ("train", 1), ("val", 0))})
    )
    assert table.class_names == ("crack (metal)", "crack (wood)")
    assert [table.class_names[label - 1] for label in table.objects["label"]] == [
        "crack (wood)",
        "crack (metal)",
        "crack (metal)",
    ]
    assert faults(table) == [("train.json", "class-name-repeated")]
    assert table.issues[0].fault.action_text == "told apart by supercategory: metal, wood"


@pytest.mark.parametrize("kind", ["", "wood"])
def test_equal_names_without_another_supercategory_are_one_class(tmp_path: Path, kind: str) -> None:
    table = read(make(tmp_path, {"a.json": cracks(kind, kind), "0.jpg": "", "1.jpg": ""}))
    assert table.class_names == ("crack",) and len(table.objects) == 2
    assert [issue.fault.action_text for issue in table.issues] == ["taken as one class"]


def test_of_two_versions_of_a_file_one_counts(tmp_path: Path) -> None:
    new, old = (dataset({"id": 1, "file_name": "a.jpg"}) for _ in range(2))
    old["annotations"][0]["bbox"] = [1, 2, 3.2, 4]
    table = read(make(tmp_path, {"a.json": new, "a (1).json": old, "images/a.jpg": ""}))
    assert table.objects["xmax"].tolist() == [4]
    assert faults(table) == [("a (1).json", "image-annotated-twice")]


def test_a_file_for_each_class_is_read_as_a_whole(tmp_path: Path) -> None:
    cats, dogs = (dataset({"id": 1, "file_name": "a.jpg"}) for _ in range(2))
    dogs["categories"][0]["name"] = "dog"
    table = read(make(tmp_path, {"cats.json": cats, "dogs.json": dogs, "a.jpg": ""}))
    assert len(table.objects) == 2 and set(table.class_names) == {"cat", "dog"} and table.issues == ()


@pytest.mark.parametrize(
    "name", [r"..\..\label-studio\media\upload\4\a.jpg", "../input/a.jpg", "/content/drive/pets/a.jpg"]
)
def test_paths_of_another_machine_lead_to_the_only_image_of_that_name(tmp_path: Path, name: str) -> None:
    table = read(make(tmp_path, {"result.json": dataset({"id": 1, "file_name": name}), "images/a.jpg": ""}))
    assert table.images["file"].tolist() == ["images/a.jpg"] and table.issues == ()


@pytest.mark.parametrize(
    "name",
    ["images/0123abcd-my%20cat.jpg", "/data/upload/4/0123abcd-my cat.jpg", "http://host/data/my%20cat.jpg"],
)
def test_names_of_uploads_lead_to_the_image_that_was_uploaded(tmp_path: Path, name: str) -> None:
    table = read(
        make(tmp_path, {"result.json": dataset({"id": 1, "file_name": name}), "images/my cat.jpg": ""})
    )
    assert table.images["file"].tolist() == ["images/my cat.jpg"] and table.issues == ()


@pytest.mark.parametrize("contributor", ["Label Studio", ""])
def test_label_studio_is_known_by_its_name(tmp_path: Path, contributor: str) -> None:
    value = dataset({"id": 1, "file_name": "a.jpg"}) | {"info": {"contributor": contributor}}
    table = read(make(tmp_path, {"result.json": value, "a.jpg": ""}))
    assert table.drawn_upright == bool(contributor)


def test_a_name_may_lack_its_suffix(tmp_path: Path) -> None:
    table, _ = objects(tmp_path, {"bbox": [1, 2, 3, 4]}, file_name="a")
    assert table.images["file"].tolist() == ["a.jpg"]


def test_panoptic_segments_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="pipeline")
    segments = dataset({"id": 1, "file_name": "a.jpg"})
    segments["annotations"] = [{"image_id": 1, "segments_info": [{"id": 1, "category_id": 1}]}]
    boxes = dataset({"id": 1, "file_name": "a.jpg"})
    make(tmp_path, {"panoptic_val2017.json": segments, "instances_val2017.json": boxes, "a.jpg": ""})
    table = read(tmp_path)
    assert len(table.objects) == 1
    assert [(issue.file, issue.fault.name) for issue in table.issues] == [
        ("panoptic_val2017.json", "unused-content")
    ]
    assert "because they have panoptic segments, not boxes: panoptic_val2017.json" in caplog.text


def keypoint_table(
    tmp_path: Path, names: list[list[str]], annotations: list[dict[str, Any]]
) -> AnnotationTable:
    """Return the table of an image with annotations, whose categories have the given keypoints."""
    value = dataset({"id": 1, "file_name": "a.jpg"})
    value["categories"] = [
        {"id": k, "name": f"class {k}", "keypoints": own} for k, own in enumerate(names, 1)
    ]
    value["annotations"] = [{"id": n, "image_id": 1, "category_id": 1} | a for n, a in enumerate(annotations)]
    return read(make(tmp_path, {"a.json": value, "a.jpg": ""}))


def test_keypoints_of_people(tmp_path: Path) -> None:
    lists: list[Any] = [
        [1, 2, 2, 0, 0, 0],
        [5, 6, 1, 7, 8, 2],
        [0] * 6,
        [1, 2],
        None,
        5,
        [1, 2, 0.9, 3, 4, 2],
    ]
    annotations = [{"bbox": [1, 2, 3, 4], "keypoints": keypoints} for keypoints in lists]
    table = keypoint_table(tmp_path, [["nose", "tail"]], annotations)
    assert table.keypoints.names == ("nose", "tail")
    assert table.objects["keypoints"].tolist() == [0, 1, -1, -1, -1, -1, -1]
    assert table.keypoints.values.tolist() == [[[1, 2, 2], [0, 0, 0]], [[5, 6, 1], [7, 8, 2]]]
    assert [issue.fault.object for issue in table.issues] == [3, 5, 6]
    assert {name for _, name in faults(table)} == {"keypoints-unreadable"}


def test_categories_with_the_keypoints_in_another_order_or_with_others(tmp_path: Path) -> None:
    annotations = [
        {"category_id": category, "bbox": [1, 2, 3, 4], "keypoints": [1, 2, 2, 3, 4, 2]}
        for category in (1, 2, 3)
    ]
    table = keypoint_table(tmp_path, [["nose", "tail"], ["tail", "nose"], ["nose", "fin"]], annotations)
    assert table.keypoints.values.tolist() == [[[1, 2, 2], [3, 4, 2]], [[3, 4, 2], [1, 2, 2]]]
    assert "are not those of the first category" in table.issues[0].fault.detail


@pytest.mark.parametrize("bbox", [{}, {"bbox": []}, {"bbox": [0, 0, 0, 0]}])
def test_keypoints_without_a_box_have_the_one_around_them(tmp_path: Path, bbox: dict[str, Any]) -> None:
    table = keypoint_table(tmp_path, [["nose", "tail"]], [bbox | {"keypoints": [1, 2, 2, 30, 40, 1]}])
    assert table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy().tolist() == [[1, 2, 30, 40]]
