import numpy as np
import pytest

from pipeline.datasets.formats.coco import reader as coco
from pipeline.datasets.formats.label_studio import reader as label_studio
from pipeline.datasets.formats.label_studio.reader import image_names
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read

CORNERS = ["xmin", "ymin", "xmax", "ymax"]
RECTANGLE = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}


def result(kind, value, names=("cat",), **more):
    """A region of an image of 200 × 100 px."""
    classes = {} if names is None else {kind: list(names)}
    size = {"original_width": 200, "original_height": 100, "image_rotation": 0}
    return {"id": "r", "type": kind, "value": {**value, **classes}, **size, **more}


def task(*results, image="/data/upload/1/0123abcd-a.jpg", **more):
    return {
        "id": 1,
        "annotations": [{"was_cancelled": False, "result": results}],
        "data": {"image": image},
        **more,
    }


def boxes(table):
    return table.objects[CORNERS].to_numpy().tolist()


def test_percent_become_shares_and_shapes_are_enclosed(tmp_path):
    results = (
        result("rectanglelabels", RECTANGLE),
        # a quarter turn clockwise about the top left corner, (20, 20) px: 60 × 40 px, now to the left of it
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


def test_choices_are_labels_of_the_whole_image(tmp_path):
    of_image = {"id": "c", "type": "choices", "value": {"choices": ["indoor", "night"]}}
    of_region = result("choices", RECTANGLE, ["old"])
    regions = (result("rectanglelabels", RECTANGLE), of_region, of_image)
    table = read(make(tmp_path, {"export.json": [task(*regions)], "a.jpg": ""}))
    assert table.class_names == ("cat", "indoor", "night") and not table.issues
    assert np.isnan(boxes(table)[1:]).all() and len(table.objects) == 3


def test_results_that_are_no_objects_are_passed_over(tmp_path):
    others = (
        result("rectangle", RECTANGLE, None),  # the shape of the labels that follow
        result("labels", RECTANGLE),
        {"from_id": "r", "to_id": "s", "type": "relation", "labels": ["next to"]},
        {"id": "t", "type": "textarea", "value": {"text": ["fine"]}},
        {"id": "r", "type": "rating", "value": {**RECTANGLE, "rating": 3}},
        {"id": "u", "type": "rating", "value": None},
        "nonsense",
    )
    table = read(make(tmp_path, {"export.json": [task(*others)], "a.jpg": ""}))
    assert len(table.objects) == 1 and not table.issues


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
def test_a_region_without_box_is_dropped(tmp_path, broken):
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
def test_a_region_without_label_is_of_no_class(tmp_path, region):
    table = read(make(tmp_path, {"export.json": [task(region)], "a.jpg": ""}))
    assert faults(table) == [("a.jpg", "unknown-class")]


def test_the_first_annotation_that_was_not_cancelled_counts(tmp_path, caplog):
    caplog.set_level("INFO", logger="pipeline")
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
    said = "left out: annotations that were cancelled: 2, annotations by further annotators: 1"
    assert said in caplog.text


def test_json_min(tmp_path):
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
    assert table.objects["image_id"].tolist() == [1, 2, 3, 4, 4] and not table.issues
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
def test_names_of_urls(url, names):
    found = image_names(url)
    assert set(names) <= set(found) and found[:1] == names[:1]


def test_the_upload_prefix_stays_where_the_file_has_it(tmp_path):
    files = {"export.json": [task()], "a.jpg": "", "images/0123abcd-a.jpg": ""}
    assert read(make(tmp_path, files)).images["file"].tolist() == ["images/0123abcd-a.jpg"]


def test_the_image_may_be_under_another_key(tmp_path):
    files = {
        "export.json": [{**task(), "data": {"text": "see a.jpg here", "photo": "s3://b/a.jpg"}}],
        "a.jpg": "",
    }
    assert len(read(make(tmp_path, files)).images) == 1


def test_images_that_lead_nowhere_are_listed_each(tmp_path):
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


def test_tasks_that_are_none(tmp_path):
    odd = [None, [], {"annotations": [None, {"result": 5}], "data": None}, {"annotations": 5, "data": {}}]
    table = read(make(tmp_path, {"export.json": [task(), *odd], "a.jpg": ""}))
    assert faults(table) == [("export.json", "unreadable-annotation")] * 2 + [
        ("export.json", "missing-image")
    ]


def test_a_file_that_breaks_off_is_refused(tmp_path):
    make(tmp_path, {"export.json": '[{"annotations": [], "data": {}', "a.jpg": ""})
    with pytest.raises(PipelineError, match=r"export\.json: not readable as JSON: "):
        read(tmp_path)


def test_the_split_is_that_of_the_file(tmp_path):
    files = {f"{name}.json": [task(image=f"{name}.jpg")] for name in ("train", "valid")}
    table = read(make(tmp_path, {**files, "train.jpg": "", "valid.jpg": ""}))
    assert table.images["split"].tolist() == ["train", "val"]


def test_other_formats_are_not_claimed(tmp_path):
    files = {
        "results.json": [{"image_id": 1, "bbox": []}],
        "a.json": {"annotations": [], "data": []},
        "b.json": "",
    }
    assert not label_studio.matches(DatasetFolder(make(tmp_path, files)))
    make(tmp_path / "export", {"a.json": [task(result("rectanglelabels", RECTANGLE))]})
    assert not coco.matches(DatasetFolder(tmp_path / "export"))
