"""A dataset for each fault there is: the fault is named, the rest of the data is intact, and the rules hold."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline.datasets.records.example import decode_example
from pipeline.datasets.records.files import read_record, record_places
from pipeline.datasets.table.faults import FAULTS
from pipeline.errors import PipelineError
from pipeline.params.convert import Checks
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from tests.support.conversion import run_convert
from tests.support.project import ROOT

WIDTH, HEIGHT = 96, 72
COUNT = 24
BOX = (10, 12, 50, 60)
NAMES = ["cat", "hat"]
Table = dict[str, list[tuple[str, ...]]]


def photo(seed: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image.Image:
    """Draw something smooth, unlike what another seed draws."""
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


# ------------------------------------------------------------------ sound datasets


def name_of(number: int) -> str:
    return f"{number:02d}.jpg"


def write_images(root: Path, folder: str = "images") -> None:
    (root / folder).mkdir(parents=True)
    for number in range(COUNT):
        (root / folder / name_of(number)).write_bytes(encoded(photo(number), quality=92))


def coco(root: Path) -> None:
    write_images(root)
    xmin, ymin, xmax, ymax = BOX
    content: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    content["categories"] = [{"id": key, "name": name} for key, name in enumerate(NAMES, start=1)]
    for number in range(COUNT):
        size = {"width": WIDTH, "height": HEIGHT}
        content["images"].append({"id": number, "file_name": name_of(number), **size})
        box = [xmin, ymin, xmax - xmin, ymax - ymin]
        row = {"id": number, "image_id": number, "category_id": 1 + number % 2, "bbox": box, "iscrowd": 0}
        content["annotations"].append(row)
    (root / "instances.json").write_text(json.dumps(content))


def voc(root: Path) -> None:
    write_images(root, "JPEGImages")
    (root / "Annotations").mkdir()
    (root / "ImageSets" / "Main").mkdir(parents=True)
    for number in range(COUNT):
        (root / "Annotations" / f"{number:02d}.xml").write_text(voc_annotation(name_of(number), number))
    lists = {"train": range(0, 16), "val": range(16, 20), "test": range(20, 24)}
    for split, numbers in lists.items():
        text = "".join(f"{number:02d}\n" for number in numbers)
        (root / "ImageSets" / "Main" / f"{split}.txt").write_text(text)


def voc_annotation(file: str, number: int) -> str:
    corners = "".join(
        f"<{corner}>{value}</{corner}>"
        for corner, value in zip(("xmin", "ymin", "xmax", "ymax"), BOX, strict=True)
    )
    size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
    thing = f"<object><name>{NAMES[number % 2]}</name><bndbox>{corners}</bndbox></object>"
    return f"<annotation><filename>{file}</filename>{size}{thing}</annotation>"


def yolo(root: Path) -> None:
    write_images(root)
    (root / "labels").mkdir()
    (root / "classes.txt").write_text("\n".join(NAMES))
    xmin, ymin, xmax, ymax = BOX
    shares = (
        (xmin + xmax) / 2 / WIDTH,
        (ymin + ymax) / 2 / HEIGHT,
        (xmax - xmin) / WIDTH,
        (ymax - ymin) / HEIGHT,
    )
    for number in range(COUNT):
        line = f"{number % 2} {' '.join(f'{share:.8f}' for share in shares)}\n"
        (root / "labels" / f"{number:02d}.txt").write_text(line)


def labelme(root: Path) -> None:
    write_images(root)
    xmin, ymin, xmax, ymax = BOX
    for number in range(COUNT):
        shape = {
            "label": NAMES[number % 2],
            "shape_type": "rectangle",
            "points": [[xmin, ymin], [xmax, ymax]],
        }
        value = {"imagePath": name_of(number), "imageWidth": WIDTH, "imageHeight": HEIGHT, "shapes": [shape]}
        (root / "images" / f"{number:02d}.json").write_text(json.dumps(value))


def visdrone(root: Path) -> None:
    write_images(root)
    (root / "annotations").mkdir()
    xmin, ymin, xmax, ymax = BOX
    for number in range(COUNT):
        line = f"{xmin},{ymin},{xmax - xmin},{ymax - ymin},1,{1 + number % 2},0,0\n"
        (root / "annotations" / f"{number:02d}.txt").write_text(line)


SOUND: dict[str, Callable[[Path], None]] = {
    "coco": coco,
    "voc": voc,
    "yolo": yolo,
    "labelme": labelme,
    "visdrone": visdrone,
}

# ------------------------------------------------------------------ how each is spoilt

Spoil = Callable[[Path], None]


def image(data: bytes | Callable[[], bytes], number: int = 4) -> Spoil:
    """Put other bytes in an image's place."""

    def spoil(root: Path) -> None:
        (root / "images" / name_of(number)).write_bytes(data if isinstance(data, bytes) else data())

    return spoil


def in_coco(change: Callable[[dict[str, Any]], None]) -> Spoil:
    """Change the COCO file."""

    def spoil(root: Path) -> None:
        content = json.loads((root / "instances.json").read_bytes())
        change(content)
        (root / "instances.json").write_text(json.dumps(content))

    return spoil


def annotation(**values: Any) -> Spoil:
    """Change the annotation of image 4."""
    return in_coco(lambda content: content["annotations"][4].update(values))


def bbox(*box: float) -> Spoil:
    return annotation(bbox=list(box))


def second_box(content: dict[str, Any]) -> None:
    content["annotations"].append(content["annotations"][4] | {"id": 1000})


def reclassed(name: str, count: int) -> Spoil:
    """Give the objects of the first images another class."""

    def change(content: dict[str, Any]) -> None:
        content["categories"].append({"id": 9, "name": name})
        for row in content["annotations"][:count]:
            row["category_id"] = 9

    return in_coco(change)


def many_cats(content: dict[str, Any]) -> None:
    """Draw so many boxes of one class that the others are rare."""
    for number in range(COUNT):
        for at in range(40):
            box = [1 + at, 2, 20, 20 + number]
            row = {"id": 2000 + 40 * number + at, "image_id": number, "category_id": 1, "bbox": box}
            content["annotations"].append(row)


def deep() -> bytes:
    return encoded(Image.fromarray(np.arange(WIDTH * HEIGHT, dtype=np.uint16).reshape(HEIGHT, WIDTH)), "PNG")


def declared(side: int) -> bytes:
    """Return a JPEG of a few hundred bytes whose header declares many pixels."""
    data = bytearray(encoded(photo(4)))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = side.to_bytes(2, "big") * 2
    return bytes(data)


def rotated() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 3
    return encoded(photo(4), exif=exif)


def listed_twice(root: Path) -> None:
    with (root / "ImageSets" / "Main" / "test.txt").open("a") as file:
        file.write("04\n")


def not_listed(root: Path) -> None:
    path = root / "ImageSets" / "Main" / "train.txt"
    path.write_text(path.read_text().replace("04\n", ""))


def group_parted(root: Path) -> None:
    """List an image of train's only group for the test."""
    train, test = (root / "ImageSets" / "Main" / f"{split}.txt" for split in ("train", "test"))
    train.write_text(train.read_text().replace("15\n", ""))
    with test.open("a") as file:
        file.write("15\n")


def looks_alike(root: Path) -> None:
    """Make an image of the train list a poorer copy of one in the test list."""
    (root / "JPEGImages" / "04.jpg").write_bytes(encoded(photo(21), quality=60))


def voc_text(old: str, new: str) -> Spoil:
    def spoil(root: Path) -> None:
        path = root / "Annotations" / "04.xml"
        path.write_text(path.read_text().replace(old, new))

    return spoil


def outside(root: Path) -> None:
    (root / "Annotations" / "zz.xml").write_text(voc_annotation("../../gone.jpg", 4))


def pixels_in_yolo(root: Path) -> None:
    xmin, ymin, xmax, ymax = BOX
    line = f"0 {(xmin + xmax) / 2} {(ymin + ymax) / 2} {xmax - xmin} {ymax - ymin}\n"
    (root / "labels" / "04.txt").write_text(line)


def point(root: Path) -> None:
    path = root / "images" / "04.json"
    value = json.loads(path.read_bytes())
    value["shapes"].append({"label": "cat", "shape_type": "point", "points": [[1, 2]]})
    path.write_text(json.dumps(value))


def two_parts(root: Path) -> None:
    """Draw the object of image 4 as two halves of one group."""
    path = root / "images" / "04.json"
    value = json.loads(path.read_bytes())
    xmin, ymin, xmax, ymax = BOX
    halves = [[[xmin, ymin], [30, ymax]], [[30, ymin], [xmax, ymax]]]
    value["shapes"] = [{**value["shapes"][0], "points": half, "group_id": 1} for half in halves]
    path.write_text(json.dumps(value))


def ignored_region(content: dict[str, Any]) -> None:
    content["categories"].append({"id": 9, "name": "__ignore__"})
    region = {"id": 1000, "category_id": 9, "bbox": [1, 1, 5, 5]}
    content["annotations"].append(content["annotations"][4] | region)


def with_keypoints(root: Path) -> None:
    """Add two keypoints within the box, each with a visibility, to each line."""
    for path in (root / "labels").iterdir():
        path.write_text(f"{path.read_text().strip()} 0.3 0.5 2 0.3 0.4 1\n")


def second_list(root: Path) -> None:
    (root / "obj.names").write_text("\n".join(NAMES))
    (root / "classes.txt").write_text("\n".join(reversed(NAMES)))


def one_class_per_split(root: Path) -> None:
    """Annotate a third class in train alone."""
    path = root / "Annotations" / "04.xml"
    path.write_text(path.read_text().replace("cat", "dog"))


def keypoints(*values: Any) -> Callable[[dict[str, Any]], None]:
    """Return a function that gives the object of image 4 a keypoint."""

    def add(content: dict[str, Any]) -> None:
        content["categories"][0]["keypoints"] = ["nose"]
        content["annotations"][4]["keypoints"] = list(values)

    return add


def renamed_as_copy(root: Path) -> None:
    """Name image 6 as a flipped copy of image 4."""
    (root / "images" / "06.jpg").rename(root / "images" / "04_flip.jpg")
    in_coco(lambda content: content["images"][6].update(file_name="04_flip.jpg"))(root)


def another_version(root: Path) -> None:
    """Leave an older export beside, whose boxes are a pixel apart."""
    content = json.loads((root / "instances.json").read_bytes())
    for row in content["annotations"]:
        row["bbox"][0] += 1
    (root / "instances (1).json").write_text(json.dumps(content))


def detected(content: dict[str, Any]) -> None:
    content["annotations"].append(content["annotations"][4] | {"bbox": [20, 20, 30, 30], "score": 0.4})


def crowds(content: dict[str, Any]) -> None:
    """Make the objects of a third class crowds."""
    content["categories"].append({"id": 9, "name": "dog"})
    for row in content["annotations"][:2]:
        row |= {"category_id": 9, "iscrowd": 1}


def second_cat(content: dict[str, Any]) -> None:
    content["categories"].append({"id": 9, "name": "cat"})
    content["annotations"][4]["category_id"] = 9


MASK = {"segmentation": [[10, 12, 50, 12, 50, 60]]}


@dataclass(frozen=True)
class Case:
    """How a dataset is spoilt, and what the default rule makes of it.

    Attributes:
        spoil: Changes the sound dataset's files.
        format: Of the dataset.
        file: That the fault is listed for.
        object: Likewise.
        left: The boxes of image 4 afterwards; None if the image is gone; unchanged if not given.
        settings: Other parameters of ``convert``.
    """

    spoil: Spoil
    format: str = "coco"
    file: str = "images/04.jpg"
    object: int | None = None
    left: list[tuple[float, ...]] | None = field(default_factory=lambda: [BOX])
    checks: dict[str, Any] = field(default_factory=dict)


CASES: dict[str, Case] = {
    "missing-image": Case(lambda root: (root / "images/04.jpg").unlink(), file="04.jpg", left=None),
    "path-outside-folder": Case(outside, "voc", file="Annotations/zz.xml"),
    "image-without-annotation": Case(
        lambda root: (root / "images/zz.jpg").write_bytes(encoded(photo(99))) and None, file="images/zz.jpg"
    ),
    "unreadable-image": Case(image(b"no image at all"), left=None),
    "truncated-image": Case(image(lambda: encoded(photo(4))[:900]), left=None),
    "empty-image": Case(image(b""), left=None),
    "too-large-image": Case(image(lambda: declared(60_000)), left=None),
    "image-format": Case(image(lambda: encoded(photo(4), "BMP"))),
    "image-animated": Case(
        image(lambda: encoded(photo(4), "WEBP", save_all=True, append_images=[photo(5)], lossless=True))
    ),
    "image-16-bit": Case(image(deep)),
    "image-palette": Case(image(lambda: encoded(photo(4).convert("P"), "PNG"))),
    "image-cmyk": Case(image(lambda: encoded(photo(4).convert("CMYK")))),
    "image-grey": Case(image(lambda: encoded(photo(4).convert("L")))),
    "image-nearly-black": Case(image(lambda: encoded(photo(4).point(lambda value: value // 20), "PNG"))),
    "image-mode": Case(image(lambda: encoded(photo(4).convert("1"), "PNG"))),
    "exif-rotated": Case(image(rotated)),
    "size-mismatch": Case(
        image(lambda: encoded(photo(4, (WIDTH * 2, HEIGHT * 2)))), left=[tuple(2 * value for value in BOX)]
    ),
    "duplicate-image": Case(
        lambda root: (
            (root / "JPEGImages/04.jpg").write_bytes((root / "JPEGImages/21.jpg").read_bytes()) and None
        ),
        "voc",
        file="JPEGImages/04.jpg",
        left=None,
    ),
    "near-duplicate": Case(looks_alike, "voc", file="JPEGImages/04.jpg"),
    "image-in-two-splits": Case(listed_twice, "voc", file="JPEGImages/04.jpg"),
    "group-in-two-splits": Case(group_parted, "voc", file="JPEGImages/05.jpg"),
    "augmented-copy": Case(renamed_as_copy, file=""),
    "image-annotated-twice": Case(another_version, file="instances (1).json"),
    "detection": Case(in_coco(detected), file="instances.json"),
    "image-not-listed": Case(not_listed, "voc", file="JPEGImages/04.jpg", left=None),
    "unreadable-annotation": Case(voc_text("</annotation>", ""), "voc", file="Annotations/04.xml", left=None),
    "annotation-without-image": Case(annotation(image_id=777), file="instances.json", left=[]),
    "unknown-class": Case(annotation(category_id=55), object=0, left=[]),
    "box-unreadable": Case(annotation(bbox=["wide"]), object=0, left=[]),
    "shape-without-box": Case(point, "labelme", object=1),
    "region-ignored": Case(in_coco(ignored_region), object=1),
    "box-rotated": Case(annotation(attributes={"rotation": 45}), left=[(0, 4.887, 61.113, 67.113)]),
    "object-in-parts": Case(two_parts, "labelme"),
    "keypoints-without-shape": Case(with_keypoints, "yolo", file="labels/00.txt"),
    "box-normalised": Case(bbox(10 / WIDTH, 12 / HEIGHT, 40 / WIDTH, 48 / HEIGHT)),
    "box-in-pixels": Case(pixels_in_yolo, "yolo"),
    "box-inverted": Case(bbox(50, 60, -40, -48), object=0),
    "box-empty": Case(bbox(10, 12, 0, 48), object=0, left=[]),
    "box-outside": Case(bbox(80, 12, 40, 48), object=0, left=[(80, 12, WIDTH, 60)]),
    "box-over-edge": Case(bbox(80, 12, 16.5, 48), object=0, left=[(80, 12, WIDTH, 60)]),
    "box-tiny": Case(bbox(10, 12, 1, 48), object=0, left=[(10, 12, 11, 60)]),
    "box-covers-image": Case(bbox(0, 0, WIDTH, HEIGHT), object=0, left=[(0, 0, WIDTH, HEIGHT)]),
    "duplicate-box": Case(in_coco(second_box), object=1),
    "mask-unreadable": Case(annotation(segmentation=[[1, 2]]), object=0),
    "mask-size-mismatch": Case(annotation(segmentation={"size": [3, 3], "counts": [9]}), object=0),
    "mask-empty": Case(
        annotation(segmentation={"size": [HEIGHT, WIDTH], "counts": [WIDTH * HEIGHT]}), object=0
    ),
    "mask-outside": Case(annotation(segmentation=[[80, 62, 90, 62, 90, 70]]), object=0),
    "keypoints-unreadable": Case(in_coco(keypoints("wide", 1, 2)), object=0),
    "keypoint-outside": Case(in_coco(keypoints(300, 20, 2)), object=0),
    "crowd-only": Case(in_coco(crowds), file=""),
    "class-name-repeated": Case(in_coco(second_cat), file="instances.json"),
    "class-name-variant": Case(reclassed("Cat ", 2), file=""),
    "class-unused": Case(in_coco(lambda c: c["categories"].append({"id": 9, "name": "dog"})), file=""),
    "class-missing-from-split": Case(one_class_per_split, "voc", file=""),
    "class-imbalance": Case(in_coco(many_cats), file="", left=None, checks={"max_imbalance": 20.0}),
    "class-names-differ": Case(second_list, "yolo", file="classes.txt"),
    "unused-content": Case(lambda root: (root / "old.xml").write_text("<a/>") and None, file="old.xml"),
}
# They change other images too, or the whole dataset.
WHOLE_DATASET = {"augmented-copy", "crowd-only", "class-name-variant", "class-imbalance"}


def test_there_is_a_case_of_each_fault() -> None:
    assert set(CASES) == set(FAULTS)


# ------------------------------------------------------------------ running the stage


def settings(**checks: Any) -> Params:
    params = load_params(ROOT / "params.yaml")
    rules = Checks.model_validate(params.convert.checks.model_dump() | checks)
    changes = {"workers": 1, "max_faulty_fraction": 0.5, "checks": rules, "group_pattern": r"\d(5)\.jpg"}
    return params.model_copy(update={"convert": params.convert.model_copy(update=changes)})


def written(out: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the class and corners of each image's boxes, which are the same in the table and in the records."""
    folder = out / "converted"
    images, objects = (pd.read_csv(folder / f"{name}.csv") for name in ("images", "objects"))
    boxes: dict[str, list[tuple[Any, ...]]] = {Path(file).name: [] for file in images["file"]}
    files = images.set_index("id")["file"]
    columns = ["image_id", "class_name", "xmin", "ymin", "xmax", "ymax"]
    for key, name, *corners in objects[columns].itertuples(index=False):
        boxes[Path(files[key]).name].append((name, *(round(corner, 3) for corner in corners)))
    assert recorded(folder) == boxes
    return boxes


def recorded(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Read the boxes from the records, and see that their images decode."""
    boxes = {}
    for path in folder.glob("*.tfrecord"):
        for place in record_places(path):
            features = decode_example(read_record(path, place.offset))
            with Image.open(io.BytesIO(features["image/encoded"][0])) as opened:
                opened.load()
                width, height = opened.size
            names = [bytes(name).decode() for name in features["image/object/class/text"]]
            corners = [features[f"image/object/bbox/{corner}"] for corner in ("xmin", "ymin", "xmax", "ymax")]
            places = np.array(corners, np.float64).T * (width, height, width, height)
            rounded = [tuple(round(value, 3) for value in box) for box in places.tolist()]
            file = Path(bytes(features["image/filename"][0]).decode()).name
            boxes[file] = [(name, *box) for name, box in zip(names, rounded, strict=True)]
    return boxes


def spoilt(case: Case, root: Path) -> Path:
    SOUND[case.format](root)
    case.spoil(root)
    return root


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    """Convert the sound datasets, which have no fault."""
    tables = {}
    for name, write in SOUND.items():
        folder = tmp_path_factory.mktemp(name)
        write(folder / "raw")
        run_convert(settings(), folder / "raw", folder / "out")
        assert len(pd.read_csv(folder / "out" / "converted" / "issues.csv")) == 0
        tables[name] = written(folder / "out")
        assert len(tables[name]) == COUNT and tables[name]["04.jpg"] in (
            [("cat", *BOX)],
            [("pedestrian", *BOX)],
        )
    return tables


@pytest.mark.parametrize("fault", CASES)
def test_it_is_named_and_the_rest_is_intact(fault: str, sound: Any, tmp_path: Path) -> None:
    case = CASES[fault]
    run_convert(settings(**case.checks), spoilt(case, tmp_path / "raw"), tmp_path / "out")
    issues = pd.read_csv(tmp_path / "out" / "converted" / "issues.csv", keep_default_na=False)
    (found,) = issues[issues["fault"] == fault].to_dict("records")
    assert found["file"] == case.file and str(found["object"]) == (
        "" if case.object is None else str(case.object)
    )
    assert found["detail"] and found["action"]
    boxes = written(tmp_path / "out")
    if fault in WHOLE_DATASET:
        return
    if case.left is None:
        assert "04.jpg" not in boxes
    else:
        assert [box[1:] for box in boxes["04.jpg"]] == case.left
    assert {name: own for name, own in boxes.items() if name != "04.jpg"} == {
        name: own for name, own in sound[case.format].items() if name != "04.jpg"
    }


@pytest.mark.parametrize("fault", CASES)
def test_the_rule_stop_refuses_the_dataset(fault: str, tmp_path: Path) -> None:
    case = CASES[fault]
    spoilt(case, tmp_path / "raw")
    run_convert(settings(**case.checks), tmp_path / "raw", tmp_path / "out")
    before = (tmp_path / "out" / "converted" / "images.csv").read_bytes()
    rule = fault.replace("-", "_")
    with pytest.raises(
        PipelineError, match=rf"1 {fault}.* at which convert.checks.{rule} says to stop"
    ) as refusal:
        run_convert(settings(**case.checks, **{rule: "stop"}), tmp_path / "raw", tmp_path / "out")
    assert "\n" not in str(refusal.value)
    assert fault in (tmp_path / "out" / "converted-rejected.csv").read_text()
    assert (tmp_path / "out" / "converted" / "images.csv").read_bytes() == before


def rules_of(fault: str) -> list[str]:
    return list(get_args(Checks.model_fields[fault.replace("-", "_")].annotation))


# images gone by the rule drop; of the others an object goes, or a class
IMAGE_FAULTS = [
    fault
    for fault in CASES
    if "drop" in rules_of(fault) and CASES[fault].object is None and CASES[fault].left is not None
    and fault not in ("path-outside-folder", "annotation-without-image", "image-without-annotation", "class-unused",
                      "image-annotated-twice", "detection")
]  # fmt: skip
BOX_FAULTS = [
    fault for fault in CASES if fault.startswith(("box-", "duplicate-box")) and "drop" in rules_of(fault)
]


@pytest.mark.parametrize("fault", IMAGE_FAULTS)
def test_the_rule_drop_leaves_the_image_out(fault: str, tmp_path: Path) -> None:
    case = CASES[fault]
    run_convert(
        settings(**{fault.replace("-", "_"): "drop"}), spoilt(case, tmp_path / "raw"), tmp_path / "out"
    )
    boxes = written(tmp_path / "out")
    assert "04.jpg" not in boxes and len(boxes) == COUNT - 1


@pytest.mark.parametrize("fault", BOX_FAULTS)
def test_the_rule_drop_leaves_the_object_out(fault: str, tmp_path: Path) -> None:
    case = CASES[fault]
    run_convert(
        settings(**{fault.replace("-", "_"): "drop"}), spoilt(case, tmp_path / "raw"), tmp_path / "out"
    )
    assert len(written(tmp_path / "out")["04.jpg"]) == (1 if fault == "duplicate-box" else 0)


@pytest.mark.parametrize("fault", [fault for fault in CASES if "keep" in rules_of(fault)])
def test_the_rule_keep_changes_nothing(fault: str, tmp_path: Path) -> None:
    case = CASES[fault]
    checks = case.checks | {fault.replace("-", "_"): "keep"}
    run_convert(settings(**checks), spoilt(case, tmp_path / "raw"), tmp_path / "out")
    issues = pd.read_csv(tmp_path / "out" / "converted" / "issues.csv", keep_default_na=False)
    (found,) = issues[issues["fault"] == fault].to_dict("records")
    assert found["action"].startswith("kept")
    added = fault == "image-without-annotation"
    assert len(written(tmp_path / "out")) == COUNT + added


def test_exit_codes(tmp_path: Path) -> None:
    coco(tmp_path / "raw")
    command = [sys.executable, "-m", "pipeline.stages.convert", "--raw", str(tmp_path / "raw")]
    for name in ("converted", "metrics", "plots"):
        command += [f"--{name}", str(tmp_path / "out" / name)]
    (tmp_path / "out").mkdir()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    for number in range(10):
        image(b"spoilt", number)(tmp_path / "raw")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: 41.7% of the images are faulty (10 unreadable-image)")
