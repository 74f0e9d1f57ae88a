import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.formats.cvat import reader as cvat
from pipeline.datasets.formats.voc import reader as voc
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read

CORNERS = ["xmin", "ymin", "xmax", "ymax"]
BOX = '<box label="cat" xtl="1" ytl="2" xbr="30" ybr="40.5" occluded="0"/>'


def annotations(*elements: str, labels: tuple[str, ...] = (), meta: str = "") -> str:
    names = "".join(f"<label><name>{name}</name><attributes/></label>" for name in labels)
    head = f"<meta><task><name>t</name>{meta}<labels>{names}</labels></task></meta>" if labels or meta else ""
    body = f"<version>1.1</version>{head}{''.join(elements)}"
    return f"<?xml version='1.0' encoding='utf-8'?>\n<annotations>{body}</annotations>"


def image(*shapes: str, name: str = "a.jpg", more: str = "") -> str:
    return f'<image id="0" name="{name}" width="100" height="80" {more}>{"".join(shapes)}</image>'


def boxes(table: AnnotationTable) -> list[list[float]]:
    return table.objects[CORNERS].to_numpy().tolist()


def test_polygons_and_brushes_are_masks(tmp_path: Path) -> None:
    shapes = (
        '<polygon label="dog" points="5,9;7,3;1.5,4"/>',
        '<mask label="cat" rle="1, 2, 2, 1" left="10" top="20" width="3" height="2"/>',
        '<mask label="cat" rle="1, 2" left="10" top="20" width="3" height="2"/>',
        BOX,
    )
    table = read(make(tmp_path, {"annotations.xml": annotations(image(*shapes)), "a.jpg": ""}))
    assert table.objects["segmentation"].tolist() == [0, 1, 2, -1] and not table.issues
    assert table.segmentations.read(tmp_path, 0) == [[5, 9, 7, 3, 1.5, 4]]
    runs = table.segmentations.read(tmp_path, 1)
    mask = np.repeat(np.arange(len(runs["counts"])) % 2, runs["counts"]).reshape(100, 80).T
    assert (
        runs["size"] == [80, 100]
        and mask[20:22, 10:13].tolist() == [[0, 1, 1], [0, 0, 1]]
        and mask.sum() == 3
    )
    assert table.segmentations.read(tmp_path, 2) == "1, 2"  # its check drops the mask, not the box


def test_shapes_are_enclosed_by_their_boxes(tmp_path: Path) -> None:
    shapes = (
        BOX,
        '<polygon label="dog" points="5,9;7,3;1.5,4"><attribute name="age">3</attribute></polygon>',
        '<ellipse label="cat" cx="50" cy="40" rx="10" ry="5"/>',
        '<ellipse label="cat" cx="50" cy="40" rx="10" ry="5" rotation="90"/>',
        '<mask label="cat" rle="0, 4" left="3" top="4" width="10" height="20"/>',
        '<box label="cat" xtl="40" ytl="35" xbr="60" ybr="45" rotation="90"/>',
        '<box label="cat" xtl="40" ytl="30" xbr="60" ybr="50" rotation="45"/>',
        '<tag label="indoor"/>',
    )
    table = read(make(tmp_path, {"annotations.xml": annotations(image(*shapes)), "images/a.jpg": ""}))
    half = 200**0.5
    expected = [
        [1, 2, 30, 40.5],
        [1.5, 3, 7, 9],
        [40, 35, 60, 45],
        [45, 30, 55, 50],
        [3, 4, 13, 24],
        [45, 30, 55, 50],
        [50 - half, 40 - half, 50 + half, 40 + half],
        [np.nan] * 4,
    ]
    np.testing.assert_allclose(boxes(table), expected)
    assert table.class_names == ("cat", "dog", "indoor")
    assert [(issue.file, issue.fault.name, issue.fault.detail) for issue in table.issues] == [
        ("images/a.jpg", "box-rotated", "1 of 8 quadrilaterals are rotated"),
        ("annotations.xml", "unused-content", "the attribute 'age' of shapes is not used"),
    ]
    assert table.images.iloc[0].tolist()[1:5] == ["images/a.jpg", 100, 80, ""]


@pytest.mark.parametrize(
    "broken",
    [
        '<polyline label="cat" points="1,2;3,4"/>',
        '<points label="cat" points="1,2"/>',
        '<polygon label="cat" points="1,2;3"/>',
        '<polygon label="cat" points="1,nan;3,4"/>',
        '<polygon label="cat"/>',
        '<box label="cat" xtl="1" ytl="2" xbr="wide" ybr="3"/>',
        '<box label="cat" xtl="nan" ytl="nan" xbr="nan" ybr="nan"/>',
        '<box label="cat" xtl="-1.7e308" ytl="-1.7e308" xbr="1.7e308" ybr="1.7e308" rotation="45"/>',
        '<box label="cat" xtl="1" ytl="2" xbr="3" ybr="4" rotation="left"/>',
        '<mask label="cat" left="1e308" top="0" width="1e308" height="1"/>',
        '<ellipse label="cat" cx="1" cy="1" rx="1e400" ry="1"/>',
        '<skeleton label="cat"><points label="1" points="1,2"/></skeleton>',
    ],
)
def test_a_shape_without_box_is_dropped(tmp_path: Path, broken: str) -> None:
    table = read(make(tmp_path, {"a.xml": annotations(image(broken, BOX)), "a.jpg": ""}))
    assert boxes(table) == [[1, 2, 30, 40.5]]
    shapeless = broken.startswith(("<points", "<polyline", "<skeleton"))
    fault = "shape-without-box" if shapeless else "box-unreadable"
    assert [(issue.file, issue.fault.object, issue.fault.name) for issue in table.issues] == [
        ("a.jpg", 0, fault)
    ]


def test_classes_are_in_the_order_of_the_labels_and_unused_classes_stay(tmp_path: Path) -> None:
    joint = "<label><name>1</name><parent>pose</parent></label>"
    text = annotations(image(BOX), labels=("zebra", "cat")).replace("<labels>", f"<labels>{joint}")
    table = read(make(tmp_path, {"a.xml": text, "a.jpg": ""}))
    assert table.class_names == ("zebra", "cat") and table.objects["label"].tolist() == [2]


def test_a_shape_without_label_has_an_unknown_class(tmp_path: Path) -> None:
    text = annotations(image(BOX.replace('label="cat"', "")))
    assert faults(read(make(tmp_path, {"a.xml": text, "a.jpg": ""}))) == [("a.jpg", "unknown-class")]


def test_the_subset_gives_the_split(tmp_path: Path) -> None:
    subsets = {"a": "Train", "b": "Validation", "c": "default", "d": "test"}
    images = [image(name=f"{name}.jpg", more=f'subset="{subset}"') for name, subset in subsets.items()]
    table = read(make(tmp_path, {"x.xml": annotations(*images), **{f"{name}.jpg": "" for name in subsets}}))
    assert table.images["split"].tolist() == ["train", "val", "", "test"]


def test_the_split_of_a_task_is_preferred_to_that_of_its_file(tmp_path: Path) -> None:
    files = {"a.jpg": "", "b.jpg": ""}
    files["train/x.xml"] = annotations(image(), meta="<subset>test</subset>")
    files["val/x.xml"] = annotations(image(name="b.jpg"))
    assert read(make(tmp_path, files)).images["split"].tolist() == ["test", "val"]


def test_each_missing_image_is_listed(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"")
    names = ("../../x.jpg", "/etc/x.jpg", "C:\\x.jpg", "gone.jpg", "&lt;.jpg", "")
    text = annotations(image(BOX), *(image(BOX, name=name) for name in names))
    table = read(make(tmp_path / "data", {"a.xml": text, "a.jpg": ""}))
    outside = [(name, "path-outside-folder") for name in names[:3]]
    missing = [(name, "missing-image") for name in ("gone.jpg", "<.jpg", "a.xml")]
    assert faults(table) == outside + missing and len(table.images) == 1


def test_an_entity_bomb_is_never_expanded(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "bomb"}">' for n in range(12))
    text = annotations(image(BOX.replace("cat", "&e11;"))).replace(
        "<annotations>", f"<!DOCTYPE annotations [{entities}]><annotations>"
    )
    make(tmp_path, {"a.xml": text, "a.jpg": ""})
    with pytest.raises(PipelineError, match=r"a\.xml: not readable as XML: it declares entities"):
        read(tmp_path)


@pytest.mark.parametrize("end", ["", "</image>", "<<<", "\0", "</annotations><more/>"])
def test_a_truncated_file_is_refused(tmp_path: Path, end: str) -> None:
    text = annotations(image(BOX), image(BOX, name="b.jpg")).removesuffix("</image></annotations>")
    make(tmp_path, {"a.xml": text + end, "a.jpg": "", "b.jpg": ""})
    with pytest.raises(PipelineError, match=r"a\.xml: not readable as XML: "):
        read(tmp_path)


def test_other_formats_are_not_recognised(tmp_path: Path) -> None:
    make(
        tmp_path,
        {"a.xml": "<annotation><version>1</version></annotation>", "b.xml": "<annotations/>", "c.xml": ""},
    )
    assert not cvat.matches(DatasetFolder(tmp_path))
    make(tmp_path / "cvat", {"a.xml": annotations(image(BOX))})
    assert not voc.matches(DatasetFolder(tmp_path / "cvat"))


# ------------------------------------------------------------------ video


def track(*shapes: str, label: str = "cat") -> str:
    return f'<track id="0" label="{label}" source="manual">{"".join(shapes)}</track>'


def at(frame: int | str, outside: int = 0, left: int = 1) -> str:
    return (
        f'<box frame="{frame}" keyframe="1" outside="{outside}" occluded="0" '
        f'xtl="{left}" ytl="2" xbr="30" ybr="40"/>'
    )


def test_frames_are_found_by_number_and_outside_boxes_are_left_out(tmp_path: Path) -> None:
    size = "<original_size><width>100</width><height>80</height></original_size>"
    text = annotations(
        track(at(0), at(12), at(13, outside=1)),
        track(at(12, left=5), label="dog"),
        labels=("dog", "cat"),
        meta=size,
    )
    files = {f"images/frame_{number:06d}.PNG": "" for number in (0, 12, 13)}
    table = read(make(tmp_path, {"annotations.xml": text, "masks/frame_000012.png": "", **files}))
    assert table.images["file"].tolist() == sorted(files)
    assert faults(table) == [("masks/frame_000012.png", "unused-content")]
    assert table.images[["width", "height"]].to_numpy().tolist() == [[100, 80]] * 3
    assert table.objects[["image_id", "label", "xmin"]].to_numpy().tolist() == [
        [1, 2, 1],
        [2, 2, 1],
        [2, 1, 5],
    ]


@pytest.mark.parametrize("name", ["12", "frame12", "Frame-0012", "holiday_000012"])
def test_frames_may_have_other_names(tmp_path: Path, name: str) -> None:
    text = annotations(track(at(12)), meta="<source>holiday.mp4</source>")
    table = read(make(tmp_path, {"x.xml": text, f"{name}.jpg": "", "other_12.jpg": "", "frame_13.jpg": ""}))
    assert table.images["file"].tolist() == [f"{name}.jpg"]


def test_frames_of_two_videos_are_in_folders_of_their_names(tmp_path: Path) -> None:
    files = {
        f"annotations/{name}.xml": annotations(track(at(1, left=left))) for name, left in (("a", 3), ("b", 4))
    }
    images = {f"images/{name}/frame_000001.jpg": "" for name in "ab"}
    table = read(make(tmp_path, {**files, **images}))
    assert table.images["file"].tolist() == sorted(images) and table.objects["xmin"].tolist() == [3, 4]


def test_missing_frames_and_shapes_without_a_frame_number_are_listed(tmp_path: Path) -> None:
    text = annotations(track(at(1), at(2), at(-1), at("x"), at("9" * 5000), '<box outside="0"/>'))
    table = read(make(tmp_path, {"x.xml": text, "frame_000001.jpg": ""}))
    assert len(table.images) == 1
    expected = [("x.xml", "annotation-without-image"), ("frame_-00001", "missing-image")]
    assert faults(table) == [*expected, ("frame_000002", "missing-image")]


def lefts(table: AnnotationTable) -> dict[str, list[float]]:
    """Return xmin of the boxes of each image, by the image's file."""
    files = table.objects["image_id"].map(table.images.set_index("id")["file"])
    return table.objects.groupby(files.to_numpy())["xmin"].apply(list).to_dict()


def project(*tasks: tuple[int, str, str, dict[int, int]]) -> str:
    """Return the annotation file of a project.

    Args:
        tasks: The id, the subset, further elements of the meta, and xmin of the box in each frame.
    """
    metas = "".join(
        f"<task><id>{identity}</id><subset>{subset}</subset>{meta}</task>"
        for identity, subset, meta, _ in tasks
    )
    tracks = "".join(
        track(*(at(frame, left=left) for frame, left in sides.items())).replace(
            "<track", f'<track task_id="{identity}" subset="{subset}"'
        )
        for identity, subset, _, sides in tasks
    )
    meta = f"<meta><project><id>9</id><tasks>{metas}</tasks></project></meta>"
    return f"<annotations><version>1.1</version>{meta}{tracks}</annotations>"


def size(width: int, height: int) -> str:
    return f"<original_size><width>{width}</width><height>{height}</height></original_size>"


def frames(folder: str, *numbers: int) -> dict[str, str]:
    return {f"{folder}/frame_{number:06d}.PNG": "" for number in numbers}


def test_tasks_of_a_project_are_in_folders_of_their_subsets(tmp_path: Path) -> None:
    text = project(
        (4, "Train", size(100, 80) + "<source>a.mp4</source>", {0: 1, 1: 2}),
        (7, "Validation", size(60, 40), {0: 3, 1: 4}),
        (8, "Train", size(50, 50), {2: 5}),  # frames are numbered through all tasks of a subset
        (9, "indoor", "", {0: 6}),
    )
    images = {**frames("images/Train", 0, 1, 2), **frames("images/Validation", 0, 1)}
    images |= frames("images/indoor", 0)
    table = read(make(tmp_path, {"annotations.xml": text, **images}))
    assert not table.issues
    assert lefts(table) == dict(zip(sorted(images), ([1], [2], [5], [3], [4], [6]), strict=True))
    rows = table.images.set_index("file")[["width", "height", "split"]].T.to_dict("list")
    assert [rows[file] for file in sorted(images)] == [
        *([[100, 80, "train"]] * 2),
        [50, 50, "train"],
        *([[60, 40, "val"]] * 2),
        [0, 0, ""],
    ]


def test_a_frame_belongs_to_one_task(tmp_path: Path) -> None:
    text = project((1, "Train", "", {0: 1}), (2, "Validation", "", {0: 3}))
    table = read(make(tmp_path, {"annotations.xml": text, **frames("images/Train", 0)}))
    assert lefts(table) == {"images/Train/frame_000000.PNG": [1]}
    assert table.images["split"].tolist() == ["train"]
    assert faults(table) == [("Validation/frame_000000", "missing-image")]


def of_images(*names: str, more: str = "", mode: str = "annotation", step: int = 1, start: int = 0) -> str:
    """Return an annotation file with one frame for each name. The box in frame n, from 0, has xmin = n."""
    numbers = range(start, start + step * len(names), step)
    meta = f"<size>{len(names)}</size><mode>{mode}</mode><start_frame>{start}</start_frame>{more}"
    return annotations(track(*(at(number, left=left) for left, number in enumerate(numbers))), meta=meta)


ONE_TO_FOUR = [f"{number:06d}.jpg" for number in range(1, 5)]


@pytest.mark.parametrize("mode", ["annotation", "interpolation"])
@pytest.mark.parametrize("pattern", ["{:06d}", "img_{:04d}", "frame_{:06d}", "{:c}"])
def test_frames_not_counted_from_zero_are_found_by_position(tmp_path: Path, mode: str, pattern: str) -> None:
    names = [pattern.format(number) for number in (range(97, 101) if "c" in pattern else range(1, 5))]
    images = {f"images/{name}.jpg": "" for name in names}
    more = {"masks/" + name + ".png": "" for name in names}
    table = read(make(tmp_path, {"annotations.xml": of_images(*names, mode=mode), **images, **more}))
    assert lefts(table) == {file: [place] for place, file in enumerate(sorted(images))}
    assert faults(table) == [(min(more), "unused-content")]


def test_images_keep_their_own_numbers(tmp_path: Path) -> None:
    names = [f"frame_{number:06d}.jpg" for number in (0, 2, 4)]
    table = read(make(tmp_path, {"annotations.xml": of_images(*names), **dict.fromkeys(names, "")}))
    assert lefts(table) == {name: [place] for place, name in enumerate(names)}


def test_positions_are_counted_from_the_first_frame_in_steps(tmp_path: Path) -> None:
    text = of_images(*ONE_TO_FOUR, more="<frame_filter>step=5</frame_filter>", start=20, step=5)
    table = read(make(tmp_path, {"annotations.xml": text, **dict.fromkeys(ONE_TO_FOUR, "")}))
    assert lefts(table) == {name: [place] for place, name in enumerate(ONE_TO_FOUR)}


@pytest.mark.parametrize("mode", ["annotation", "interpolation"])
def test_numbers_from_zero_are_numbers_of_frames(tmp_path: Path, mode: str) -> None:
    names = [f"{number}.jpg" for number in range(12)]  # the order by letters differs from that by numbers
    text = of_images(*names, mode=mode)
    table = read(make(tmp_path, {"annotations.xml": text, **dict.fromkeys(names, "")}))
    assert lefts(table) == {name: [number] for number, name in enumerate(names)}


@pytest.mark.parametrize("there", [ONE_TO_FOUR[:3], ["1.jpg", "2.jpg", "3.jpg", "10.jpg"]])
def test_images_with_unknown_positions_are_missing(tmp_path: Path, there: list[str]) -> None:
    text = of_images(*ONE_TO_FOUR)
    table = read(make(tmp_path, {"annotations.xml": text, **dict.fromkeys(there, "")}))
    assert table.images.empty
    assert faults(table) == [(f"frame_{number:06d}", "missing-image") for number in range(4)]


def test_images_of_several_tasks_are_beside_their_annotations_or_in_folders_of_their_names(
    tmp_path: Path,
) -> None:
    files = {f"{task}/annotations.xml": of_images(*ONE_TO_FOUR) for task in "ab"}
    files |= {f"all/{task}.xml": of_images(*ONE_TO_FOUR) for task in "cd"}
    images = {f"{task}/images/{task}{name}": "" for task in "ab" for name in ONE_TO_FOUR}
    images |= {f"frames/c/{name}": "" for name in ONE_TO_FOUR}  # d has no images
    table = read(make(tmp_path, files | images))
    assert lefts(table) == {file: [place % 4] for place, file in enumerate(sorted(images))}
    assert faults(table) == [(f"frame_{number:06d}", "missing-image") for number in range(4)]


def test_images_of_a_project_are_found_by_position_if_their_subset_has_one_task(tmp_path: Path) -> None:
    meta = "<size>4</size><mode>annotation</mode>"
    tasks = [(1, "Train", meta, {0: 1, 3: 2}), (2, "test", meta, {0: 3}), (3, "test", meta, {4: 4})]
    images = {f"images/{subset}/{name}": "" for subset in ("Train", "test") for name in ONE_TO_FOUR}
    table = read(make(tmp_path, {"annotations.xml": project(*tasks), **images}))
    assert lefts(table) == {"images/Train/000001.jpg": [1], "images/Train/000004.jpg": [2]}
    assert faults(table) == [
        *((f"test/frame_{number:06d}", "missing-image") for number in (0, 4)),
        ("images/test/000001.jpg", "unused-content"),
    ]


@pytest.mark.real
def test_the_boxes_are_those_of_voc(real_data: Path, tmp_path: Path) -> None:
    database = real_data / "multiformat_voc100" / "data" / "database"
    tables = {}
    for format, folder in {"voc": "pascalvoc_format", "cvat": "cvat_format"}.items():
        shutil.copytree(database / "gts" / folder, tmp_path / format / "annotations")
        shutil.copytree(database / "images", tmp_path / format / "images")
        tables[format] = read(tmp_path / format)
    ours, vocs = tables["cvat"], tables["voc"]
    assert (len(ours.images), len(ours.objects), len(ours.class_names)) == (100, 273, 20) and not ours.issues
    assert ours.class_names[:3] == ("person", "cat", "boat")  # the order of the label list
    sorted_rows = []
    for table in (ours, vocs):
        names = [table.class_names[label - 1] for label in table.objects["label"]]
        rows = table.objects.assign(name=names).round(0).sort_values(["image_id", "name", "xmin", "ymin"])
        sorted_rows.append(rows)
    first, second = sorted_rows
    assert first["name"].tolist() == second["name"].tolist()
    np.testing.assert_allclose(first[CORNERS].to_numpy(), second[CORNERS].to_numpy(), atol=1)


def test_shapes_of_one_label_and_group_are_one_object(tmp_path: Path) -> None:
    shapes = (
        '<polygon label="cat" points="5,9;7,3;1.5,4" group_id="2"/>',
        '<box label="cat" xtl="40" ytl="35" xbr="60" ybr="45" group_id="2"/>',
        '<box label="dog" xtl="1" ytl="2" xbr="3" ybr="4" group_id="2"/>',
        '<box label="dog" xtl="5" ytl="6" xbr="7" ybr="8" group_id="0"/>',
        '<box label="dog" xtl="8" ytl="6" xbr="9" ybr="8"/>',
    )
    table = read(make(tmp_path, {"annotations.xml": annotations(image(*shapes)), "a.jpg": ""}))
    assert boxes(table) == [[1.5, 3, 60, 45], [1, 2, 3, 4], [5, 6, 7, 8], [8, 6, 9, 8]]
    assert faults(table) == [("a.jpg", "object-in-parts")]


def test_tracks_of_one_group_are_one_object_of_each_frame(tmp_path: Path) -> None:
    box = '<box frame="0" xtl="{0}" ytl="1" xbr="{1}" ybr="9" outside="0" keyframe="1"/>'
    tracks = [
        f'<track id="{number}" label="cat" group_id="3">{box.format(*sides)}</track>'
        for number, sides in enumerate(((1, 4), (6, 8)))
    ]
    table = read(make(tmp_path, {"annotations.xml": annotations(*tracks), "frame_000000.png": ""}))
    assert boxes(table) == [[1, 1, 8, 9]] and faults(table) == [("frame_000000.png", "object-in-parts")]
