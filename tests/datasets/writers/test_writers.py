"""What is written in a format is read from it as the same dataset."""

import base64
import io
import json
import logging
import posixpath
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.artifacts import remove
from pipeline.datasets.converted.run_lengths import compress
from pipeline.datasets.formats import FORMATS, recognise
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.writers import WRITERS
from pipeline.errors import PipelineError
from tests.support.converted_dataset import HEIGHT, WHOLE, WIDTH, Thing, bytes_of, write_converted
from tests.support.dataset_files import read

CORNERS = ["xmin", "ymin", "xmax", "ymax"]
KNOWS = {
    "coco": {"difficult", "crowd", "whole"},
    "voc": {"difficult", "crowd as difficult"},
    "yolo": set(),
    "cvat": {"difficult", "crowd", "whole"},
    "labelme": {"difficult", "crowd"},
    "label_studio": {"difficult", "crowd", "whole"},
}
READABLE = [name for name in WRITERS if name in FORMATS]
CLASSES = ['a & b <"c">', "Ähre 稲", "no", "never seen", "it's"]
FILES = [
    "pics/a.jpg",
    "pics/b.tif",
    "pics/b/a.jpg",
    "pics/c/b/a.jpeg",
    "pics/B/a.jpg",
    "pics/sub folder/my cat 1.png",
    "pics/sub folder/v1.2.png",
    "pics/ünï.jpg",
    "pics/train-00000-of-00001.tfrecord/000000000012.jpg",
    "pics/images/a.jpg",
    "pics/train/a.jpg",
    "pics/quote\"'&.jpg",
    "pics/a.png",
]
TABLE = {
    "pics/a.jpg": ("train", [Thing(2, (1.25, 2, 7, 8.125)), Thing(1, (0, 0, 20, 10), difficult=1)]),
    "pics/sub folder/my cat 1.png": ("train", [Thing(3, (0.1, 0.2, 0.3, 19 / 3), crowd=1)]),
    "pics/b/a.jpg": ("val", []),
    "pics/other/a.jpg": ("test", [Thing(1, (5, 5, 6, 6))]),
}


def as_written(thing: Thing, known: set[str]) -> Thing | None:
    """Return what a format that knows so much makes of an object; None if it has no place for it."""
    if np.isnan(thing.box[0]):
        return thing if "whole" in known else None
    if "crowd as difficult" in known:
        return thing._replace(difficult=thing.difficult | thing.crowd, crowd=0)
    if thing.crowd and "crowd" not in known:
        return None
    return thing if "difficult" in known else thing._replace(difficult=0)


def round_trip(tmp_path: Path, name: str, images: dict[str, tuple[str, list[Thing]]]) -> AnnotationTable:
    """Compare what was written with what is read, image by image; the bytes of an image tell which it is."""
    dataset = write_converted(tmp_path / "converted", images, CLASSES)
    WRITERS[name](dataset, tmp_path / "written")
    table = read(tmp_path / "written", name)
    assert not table.issues, table.issues
    number_of = {bytes_of(number)[0]: number for number in range(1, len(images) + 1)}
    found = {}
    for image in table.images.itertuples():
        number = number_of[(tmp_path / "written" / image.file).read_bytes()]
        shares = np.array([WIDTH, HEIGHT] * 2 if image.normalised else [1] * 4)
        rows = table.objects[table.objects["image_id"] == image.id]
        boxes = rows[CORNERS].to_numpy() * shares
        names = [table.class_names[label - 1] for label in rows["label"]]
        flags = rows[["difficult", "crowd"]].to_numpy()
        found[number] = (image.split, image.file, list(zip(names, boxes, flags, strict=True)))
    assert sorted(found) == list(range(1, len(images) + 1))
    for number, file in enumerate(sorted(images), start=1):
        split, things = images[file]
        given = [kept for thing in things if (kept := as_written(thing, KNOWS[name]))]
        found_split, found_file, found_things = found[number]
        assert found_split == split
        assert [row[0] for row in found_things] == [CLASSES[thing.label - 1] for thing in given]
        for thing, (_, box, flags) in zip(given, found_things, strict=True):
            np.testing.assert_allclose(box, thing.box, atol=1e-6)
            assert flags.tolist() == [bool(thing.difficult), bool(thing.crowd)]
        assert posixpath.splitext(found_file)[1] in (".jpg", ".jpeg", ".png")
    return table


def fresh(tmp_path: Path) -> None:
    for name in ("converted", "written"):
        remove(tmp_path / name)
    (tmp_path / "written").mkdir()


@pytest.mark.parametrize("name", READABLE)
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    fresh(tmp_path)
    table = round_trip(tmp_path, name, TABLE)
    folders = 2 if name in ("yolo", "label_studio") else 1  # before the name
    files = {posixpath.splitext(file.split("/", folders)[folders])[0] for file in table.images["file"]}
    if name == "labelme":
        assert files == {"a", "sub folder_my cat 1", "b_a", "other_a"}
    elif name in ("voc", "cvat"):
        assert files == {"a", "sub folder/my cat 1", "b/a", "other/a"}
    else:
        assert files == {"a", "sub folder/my cat 1"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("voc", ["crowds are written as difficult objects, because VOC has no crowds: 1"]),
        (
            "yolo",
            [
                "crowds are left out, because YOLO has no crowds: 1",
                "difficult objects are written like others, because YOLO has no such flag: 1",
            ],
        ),
        ("coco", []),
        ("cvat", []),
        ("labelme", []),
        ("label_studio", []),
    ],
)
def test_what_a_format_has_no_place_for_is_said_and_not_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, said: list[str]
) -> None:
    caplog.set_level(logging.INFO, logger="pipeline.datasets.writers")
    fresh(tmp_path)
    dataset = write_converted(tmp_path / "converted", TABLE, CLASSES)
    objects = WRITERS[name](dataset, tmp_path / "written")
    assert [record.getMessage() for record in caplog.records] == said
    assert objects == (3 if name == "yolo" else 4)


def box(draw: st.DrawFn) -> tuple[float, float, float, float]:
    across, down = (
        sorted(draw(st.lists(st.floats(0, side), min_size=2, max_size=2))) for side in (WIDTH, HEIGHT)
    )
    return across[0], down[0], across[1], down[1]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, tuple[str, list[Thing]]]:
    """Give each file a split and objects; each split an image at least."""
    files = draw(st.lists(st.sampled_from(FILES), min_size=3, unique=True))
    images = {}
    for number, file in enumerate(files):
        split = (
            ("train", "val", "test")[number]
            if number < 3
            else draw(st.sampled_from(["train", "val", "test"]))
        )
        flags = st.tuples(st.integers(1, len(CLASSES)), st.integers(0, 1), st.integers(0, 1), st.booleans())
        things = [
            Thing(label, WHOLE if whole else box(draw), difficult * (not whole), crowd * (not whole))
            for label, difficult, crowd, whole in draw(st.lists(flags, max_size=4))
        ]
        images[file] = (split, things)
    return images


@pytest.mark.parametrize("name", READABLE)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(images=tables())
def test_any_table_is_read_as_it_was_written(
    tmp_path: Path, name: str, images: dict[str, tuple[str, list[Thing]]]
) -> None:
    things = [thing for _, things in images.values() for thing in things]
    assume("whole" in KNOWS[name] or not things or any(thing.box is not WHOLE for thing in things))
    fresh(tmp_path)
    round_trip(tmp_path, name, images)


def test_coco_keeps_masks_areas_and_unused_classes(tmp_path: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[2:5, 3:7] = 1
    things = [Thing(1, WHOLE), Thing(2, (0, 0, 4, 4)), Thing(1, (3, 2, 7, 5), mask=mask)]
    images = {"a.jpg": ("train", things), "b.jpg": ("val", []), "c.jpg": ("test", [])}
    fresh(tmp_path)
    table = round_trip(tmp_path, "coco", images)
    assert table.class_names == tuple(CLASSES)
    assert table.objects["segmentation"].tolist() == [-1, -1, 0]
    content = json.loads((tmp_path / "written/annotations/instances_train.json").read_text())
    whole, plain, masked = content["annotations"]
    assert "bbox" not in whole and "segmentation" not in plain
    assert masked["segmentation"] == {"size": [HEIGHT, WIDTH], "counts": compress(mask)}
    assert plain["bbox"] == [0, 0, 4, 4] and plain["area"] == 16


TOOLS = ("cvat", "labelme", "label_studio")


@pytest.mark.parametrize("name", TOOLS)
def test_masks_go_back_to_the_tool_as_polygons_or_masks(tmp_path: Path, name: str) -> None:
    slope, ring = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    for row in range(8):
        slope[row, 2 : 4 + row] = 1
    ring[2:8, 12:18] = 1
    ring[4:6, 14:16] = 0
    things = [Thing(1, (1.75, 0, 11.25, 7.5), mask=slope), Thing(2, (12, 2, 18, 8), mask=ring)]
    fresh(tmp_path)
    round_trip(tmp_path, name, {"a.jpg": ("train", things), "b.jpg": ("val", []), "c.jpg": ("test", [])})
    assert recognise(DatasetFolder(tmp_path / "written")) == name
    drawn = {
        "cvat": lambda: (tmp_path / "written/annotations.xml").read_text(),
        "labelme": lambda: (tmp_path / "written/train/a.json").read_text(),
        "label_studio": lambda: (tmp_path / "written/train.json").read_text(),
    }[name]()
    assert "polygon" in drawn
    if name == "cvat":
        assert 'rle="0, 14, 2, 4, 2, 14" left="12" top="2" width="6" height="6"' in drawn
    if name == "labelme":
        polygon, mask = json.loads(drawn)["shapes"]
        assert (polygon["shape_type"], mask["shape_type"]) == ("polygon", "mask")
        assert mask["points"] == [[12, 2], [17, 7]]
        with Image.open(io.BytesIO(base64.b64decode(mask["mask"]))) as image:
            assert (np.asarray(image) == ring[2:8, 12:18]).all()
    if name == "label_studio":
        (task,) = json.loads(drawn)
        assert [result["type"] for result in task["annotations"][0]["result"]] == [
            "polygonlabels",
            "rectanglelabels",
        ]


@pytest.mark.parametrize("name", TOOLS)
def test_the_issues_of_an_image_go_back_to_the_tool(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    fresh(tmp_path)
    dataset = write_converted(tmp_path / "converted", TABLE, CLASSES)
    (tmp_path / "converted" / "issues.csv").write_text(
        "file,object,fault,detail,action\n"
        'pics/a.jpg,0,box-outside,"corners (1, 2, 70, 8) & more",cut at the edge\n'
        "pics/a.jpg,,image-grey,one channel,kept\n"
        "pics/b/a.jpg,,image-grey,one channel,kept\n"
    )
    with caplog.at_level("INFO", logger="pipeline"):
        WRITERS[name](dataset, tmp_path / "written")
    said = ["box-outside: corners (1, 2, 70, 8) & more -> cut at the edge", "image-grey: one channel -> kept"]
    if name == "cvat":
        xml = (tmp_path / "written/annotations.xml").read_text(encoding="utf-8")
        text = "; ".join(said).replace("&", "&amp;").replace(">", "&gt;")
        assert xml.count(f'<attribute name="issues">{text}</attribute>') == 1
        assert "issues of images without objects have no place in CVAT: 1 images" in caplog.text
    elif name == "labelme":
        content = json.loads((tmp_path / "written/train/a.json").read_text())
        assert content["flags"] == {"issue: box-outside": True, "issue: image-grey": True}
        assert [shape["description"] for shape in content["shapes"]] == ["\n".join(said), ""]
        empty = json.loads((tmp_path / "written/val/b_a.json").read_text())
        assert (empty["flags"], empty["shapes"]) == ({"issue: image-grey": True}, [])
    else:
        tasks = json.loads((tmp_path / "written/train.json").read_text())
        assert sorted(task["data"]["issues"] for task in tasks) == ["", "\n".join(said)]
        interface = (tmp_path / "written/labelling_interface.xml").read_text(encoding="utf-8")
        assert 'value="$issues"' in interface and "<Label value='a &amp; b &lt;\"c\"&gt;'/>" in interface


def test_layouts_and_numbers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="pipeline.datasets.writers")
    dataset = write_converted(tmp_path / "converted", TABLE | {"d.png": ("val", [Thing(1, WHOLE)])}, CLASSES)
    for name, write in WRITERS.items():
        (tmp_path / name).mkdir()
        write(dataset, tmp_path / name)
    said = [record.getMessage() for record in caplog.records]
    assert [line for line in said if "whole images" in line] == [
        "left out, as VOC has boxes only: labels of whole images (1)",
        "left out, as YOLO has boxes only: labels of whole images (1)",
        "left out, as LabelMe has boxes only: labels of whole images (1)",
    ]
    xml = (tmp_path / "voc/Annotations/pics/a.xml").read_text(encoding="utf-8")
    assert "<xmin>1.25</xmin><ymin>2</ymin><xmax>7</xmax><ymax>8.125</ymax>" in xml
    assert '<name>a &amp; b &lt;"c"&gt;</name>' in xml
    lists = tmp_path / "voc/ImageSets/Main"
    assert (lists / "train.txt").read_text() == "pics/a\npics/sub folder/my cat 1\n"
    assert (lists / "trainval.txt").read_text().count("\n") == 4
    assert (tmp_path / "yolo/labels/train/a.txt").read_text() == (
        "1 0.20625 0.50625 0.2875 0.6125\n0 0.5 0.5 1.0 1.0\n"
    )
    assert (tmp_path / "yolo/labels/val/pics/b/a.txt").read_text() == ""
    yaml = (tmp_path / "yolo/data.yaml").read_text(encoding="utf-8")
    assert "train: images/train\n" in yaml and "Ähre" in yaml and '2: "no"' in yaml


def test_records_and_tables_must_belong_together(tmp_path: Path) -> None:
    dataset = write_converted(tmp_path / "converted", TABLE, CLASSES)
    next(dataset.records.glob("val-*")).unlink()
    with pytest.raises(PipelineError, match=r"1 images of val have no record.*run the convert stage anew"):
        WRITERS["voc"](dataset, tmp_path / "voc")
    next(dataset.records.glob("train-*")).write_bytes(b"cut")
    (tmp_path / "yolo").mkdir()
    with pytest.raises(PipelineError, match=r"train-.*tfrecord: not what the tables"):
        WRITERS["yolo"](dataset, tmp_path / "yolo")
