from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.formats.coco import reader as coco
from pipeline.datasets.formats.label_studio import reader as label_studio
from pipeline.datasets.formats.shared.image_urls import image_names
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read

CORNERS = ["xmin", "ymin", "xmax", "ymax"]
RECTANGLE = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}


def result(
    kind: str, value: dict[str, Any], names: Sequence[str] | None = ("cat",), **more: Any
) -> dict[str, Any]:
    """Return a region of an image of 200 × 100 px."""
    classes = {} if names is None else {kind: list(names)}
    size = {"original_width": 200, "original_height": 100, "image_rotation": 0}
    return {"id": "r", "type": kind, "value": {**value, **classes}, **size, **more}


def task(*results: Any, image: str | None = "/data/upload/1/0123abcd-a.jpg", **more: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "annotations": [{"was_cancelled": False, "result": results}],
        "data": {"image": image},
        **more,
    }


def boxes(table: AnnotationTable) -> list[list[float]]:
    return table.objects[CORNERS].to_numpy().tolist()


def test_percent_become_fractions_and_shapes_are_enclosed(tmp_path: Path) -> None:
    results = (
        result("rectanglelabels", RECTANGLE),
        # a quarter turn clockwise about the top left corner, (20, 20) px: 60 × 40 px, then to the left of the corner
        result("rectanglelabels", {**RECTANGLE, "rotation": 90}),
        result("polygonlabels", {"points": [[10, 50], [30, 20], [20, 90]]}, ["dog"]),
        result("ellipselabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 5}),
        result("ellipselabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 5, "rotation": 90}),
        result("labels", RECTANGLE, ["cat", "dog"]),
    )
    table = read(make(tmp_path, {"export.json": [task(*results)], "a.jpg": ""}))
    assert table.class_names == ("cat", "dog") and not table.issues
    assert table.images.iloc[0].tolist()[1:6] == ["a.jpg", 200, 100, "", True]
    expected = [
        [0.1, 0.2, 0.4, 0.6],
        [-0.1, 0.2, 0.1, 0.8],
        [0.1, 0.2, 0.3, 0.9],
        [0.4, 0.45, 0.6, 0.55],
        [0.475, 0.3, 0.525, 0.7],
        [0.1, 0.2, 0.4, 0.6],
        [0.1, 0.2, 0.4, 0.6],
    ]
    np.testing.assert_allclose(boxes(table), expected, atol=1e-12)
    assert table.objects["label"].tolist() == [1, 1, 2, 1, 1, 1, 2]


def test_choices_are_labels_of_the_whole_image(tmp_path: Path) -> None:
    of_image = {"id": "c", "type": "choices", "value": {"choices": ["indoor", "night"]}}
    of_region = result("choices", RECTANGLE, ["old"])
    regions = (result("rectanglelabels", RECTANGLE), of_region, of_image)
    table = read(make(tmp_path, {"export.json": [task(*regions)], "a.jpg": ""}))
    assert table.class_names == ("cat", "indoor", "night")
    assert [issue.fault.detail for issue in table.issues] == ["a result of type 'choices' is not used"]
    assert np.isnan(boxes(table)[1:]).all() and len(table.objects) == 3


def test_results_that_are_no_objects_are_ignored(tmp_path: Path) -> None:
    others = (
        result("rectangle", RECTANGLE, None),  # the shape of the next result
        result("labels", RECTANGLE),
        {"from_id": "r", "to_id": "s", "type": "relation", "labels": ["next to"]},
        {"id": "t", "type": "textarea", "value": {"text": ["fine"]}},
        {"id": "r", "type": "rating", "value": {**RECTANGLE, "rating": 3}},
        {"id": "u", "type": "rating", "value": None},
        "nonsense",
    )
    table = read(make(tmp_path, {"export.json": [task(*others)], "a.jpg": ""}))
    assert len(table.objects) == 1
    assert sorted(issue.fault.detail for issue in table.issues) == [
        f"a result of type '{kind}' is not used" for kind in ("rating", "relation", "textarea")
    ]


@pytest.mark.parametrize(
    "broken",
    [
        result("brushlabels", {"format": "rle", "rle": [0, 1]}),
        result("keypointlabels", {"x": 1, "y": 2, "width": 0.3}),
        result("rectanglelabels", {**RECTANGLE, "width": "wide"}),
        result("rectanglelabels", {**RECTANGLE, "x": None}),
        result("rectanglelabels", {**RECTANGLE, "rotation": [1]}),
        result("rectanglelabels", {**RECTANGLE, "rotation": 10}, original_width=None),
        result("rectanglelabels", {**RECTANGLE, "x": 1e308, "width": 1e308}),
        result("polygonlabels", {"points": [[1, 2], [3]]}),
        result("polygonlabels", {"points": []}),
        result("videorectangle", {"sequence": [], "labels": ["cat"]}, None),
    ],
)
def test_a_region_without_box_is_dropped(tmp_path: Path, broken: dict[str, Any]) -> None:
    tasks = [task(broken, result("rectanglelabels", RECTANGLE))]
    table = read(make(tmp_path, {"export.json": tasks, "a.jpg": ""}))
    shapeless = broken["type"] in ("brushlabels", "keypointlabels", "videorectangle")
    fault = "shape-without-box" if shapeless else "box-unreadable"
    assert [(issue.file, issue.fault.object, issue.fault.name) for issue in table.issues] == [
        ("a.jpg", 0, fault)
    ]
    assert len(table.objects) == 1


@pytest.mark.parametrize(
    "region", [result("rectangle", RECTANGLE, None), result("rectanglelabels", RECTANGLE, [])]
)
def test_a_region_without_label_has_an_unknown_class(tmp_path: Path, region: dict[str, Any]) -> None:
    table = read(make(tmp_path, {"export.json": [task(region)], "a.jpg": ""}))
    assert faults(table) == [("a.jpg", "unknown-class")]


def test_the_first_annotation_that_was_not_cancelled_is_read(
    tmp_path: Path,
) -> None:
    dogs = {"result": [result("rectanglelabels", RECTANGLE, ["dog"])], "was_cancelled": False}
    cats = {"result": [result("rectanglelabels", RECTANGLE, ["cat"])]}
    skipped = {**cats, "was_cancelled": True}
    tasks = [
        task(annotations=[skipped, dogs, cats], predictions=[cats]),
        task(annotations=[skipped], image="b.jpg"),
        task(annotations=[], predictions=[cats], image="c.jpg"),
        task(annotations=[{"result": []}], image="d.jpg"),
    ]
    table = read(make(tmp_path, {"export.json": tasks, **{f"{name}.jpg": "" for name in "abcd"}}))
    assert table.class_names == ("dog",) and table.images["file"].tolist() == ["a.jpg", "d.jpg"]
    assert {issue.fault.detail for issue in table.issues} == {
        "a cancelled annotation is not used (2 times)",
        "an annotation by a further annotator is not used",
        "a prediction is not used (2 times)",
    }


def test_rotated_regions_are_said(tmp_path: Path) -> None:
    turned = result("rectanglelabels", {**RECTANGLE, "rotation": 30})
    files = {"export.json": [task(turned, result("rectanglelabels", RECTANGLE))], "a.jpg": ""}
    table = read(make(tmp_path, files))
    assert faults(table) == [("a.jpg", "box-rotated")] and len(table.objects) == 2
    assert table.issues[0].fault.detail == "1 of 2 quadrilaterals are rotated"


def test_each_region_is_of_the_image_of_its_to_name(tmp_path: Path) -> None:
    data = {"left": "/data/upload/1/0123abcd-a.jpg", "right": "/data/upload/1/0123abcd-b.jpg"}
    results = (
        result("rectanglelabels", RECTANGLE, ["cat"], to_name="right"),
        result("rectanglelabels", RECTANGLE, ["dog"], to_name="left"),
        result("rectanglelabels", RECTANGLE, ["cow"], to_name="middle"),
    )
    files = {"export.json": [task(*results, data=data)], "a.jpg": "", "b.jpg": ""}
    table = read(make(tmp_path, files))
    found = [
        (table.images["file"][image - 1], table.class_names[label - 1])
        for image, label in table.objects[["image_id", "label"]].to_numpy().tolist()
    ]
    assert found == [("a.jpg", "dog"), ("b.jpg", "cat")]
    assert faults(table) == [("export.json", "annotation-without-image")]
    assert "of 'middle', which is none of the task's images left, right" in table.issues[0].fault.detail


def test_a_task_with_one_image_needs_no_to_name(tmp_path: Path) -> None:
    found = result("rectanglelabels", RECTANGLE, to_name="img")
    table = read(make(tmp_path, {"export.json": [task(found)], "a.jpg": ""}))
    assert len(table.objects) == 1 and not table.issues


def test_json_min_is_read(tmp_path: Path) -> None:
    region = {**RECTANGLE, "rectanglelabels": ["cat"], "original_width": 200, "original_height": 100}
    entry = {"image": "/data/upload/1/0123abcd-a.jpg", "id": 5, "annotator": 1, "annotation_id": 9}
    entries = [
        {**entry, "label": [region]},
        {**entry, "label": [region, region], "annotation_id": 10},  # by another annotator
        {**entry, "id": 6, "image": "b.jpg", "choice": "dog"},
        {"image": "c.jpg", "label": [region]},
        {"image": "d.jpg", "choice": {"choices": ["dog", "old"]}},
    ]
    table = read(make(tmp_path, {"export.json": entries, **{f"{name}.jpg": "" for name in "abcd"}}))
    assert table.objects["image_id"].tolist() == [1, 2, 3, 4, 4]
    assert faults(table) == [("export.json", "unused-content")]
    assert table.class_names == ("cat", "dog", "old")
    np.testing.assert_allclose(boxes(table)[0], [0.1, 0.2, 0.4, 0.6])


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("/data/upload/1/0123abcd-my%20cat.jpg", ("data/upload/1/0123abcd-my cat.jpg", "my cat.jpg")),
        ("/data/local-files/?d=photos/my%20cat.jpg", ("photos/my cat.jpg", "photos/my%20cat.jpg")),
        ("s3://bucket/photos/a.jpg", ("photos/a.jpg", "a.jpg")),
        ("https://host/a.jpg?X-Amz-Signature=5", ("a.jpg",)),
        ("data:image/png;base64,AAAA", ()),
        ("http://[broken", ("http://[broken",)),
    ],
)
def test_urls_give_the_names_of_images(url: str, names: tuple[str, ...]) -> None:
    possible = image_names(url)
    assert set(names) <= set(possible) and possible[:1] == names[:1]


def test_a_file_with_the_upload_prefix_is_preferred(tmp_path: Path) -> None:
    files = {"export.json": [task()], "a.jpg": "", "images/0123abcd-a.jpg": ""}
    assert read(make(tmp_path, files)).images["file"].tolist() == ["images/0123abcd-a.jpg"]


def test_the_image_may_be_under_another_key(tmp_path: Path) -> None:
    files = {
        "export.json": [{**task(), "data": {"text": "see a.jpg here", "photo": "s3://b/a.jpg"}}],
        "a.jpg": "",
    }
    assert len(read(make(tmp_path, files)).images) == 1


def test_each_missing_image_is_listed(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"")
    urls = (
        "../../x.jpg",
        "/data/local-files/?d=../../x.jpg",
        "s3://bucket/../../x.jpg",
        "gone.jpg",
        "%00.jpg",
    )
    tasks = [task(image=url) for url in (*urls, None, "data:image/png;base64,AAAA")]
    table = read(make(tmp_path / "data", {"export.json": tasks, "a.jpg": ""}))
    expected = [("../../x.jpg", "path-outside-folder")] * 3 + [("gone.jpg", "missing-image")]
    expected += [("\0.jpg", "path-outside-folder")] + [("export.json", "missing-image")] * 2
    assert faults(table) == expected and table.images.empty


def test_broken_tasks_are_listed(tmp_path: Path) -> None:
    odd = [None, [], {"annotations": [None, {"result": 5}], "data": None}, {"annotations": 5, "data": {}}]
    table = read(make(tmp_path, {"export.json": [task(), *odd], "a.jpg": ""}))
    assert faults(table) == [("export.json", "unreadable-annotation")] * 2 + [
        ("export.json", "missing-image")
    ]


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    make(tmp_path, {"export.json": '[{"annotations": [], "data": {}', "a.jpg": ""})
    with pytest.raises(PipelineError, match=r"export\.json: not readable as JSON: "):
        read(tmp_path)


def test_the_file_gives_the_split(tmp_path: Path) -> None:
    files = {f"{name}.json": [task(image=f"{name}.jpg")] for name in ("train", "valid")}
    table = read(make(tmp_path, {**files, "train.jpg": "", "valid.jpg": ""}))
    assert table.images["split"].tolist() == ["train", "val"]


def test_other_formats_are_not_recognised(tmp_path: Path) -> None:
    files = {
        "results.json": [{"image_id": 1, "bbox": []}],
        "a.json": {"annotations": [], "data": []},
        "b.json": "",
    }
    assert not label_studio.matches(DatasetFolder(make(tmp_path, files)))
    make(tmp_path / "export", {"a.json": [task(result("rectanglelabels", RECTANGLE))]})
    assert not coco.matches(DatasetFolder(tmp_path / "export"))
