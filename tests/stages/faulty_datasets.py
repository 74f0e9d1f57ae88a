"""A dataset for each fault there is: spoilt in one way, with what must become of it under each rule."""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from PIL import Image
from sound_dataset import CAT, HAT, SIZE, CocoDataset, Labelled, VocDataset, encoded, picture, xywh

T = "train/03.jpg"  # the image that is spoilt; it has a cat and a hat
XML = "Annotations/03.xml"
JPG = "JPEGImages/03.jpg"
JSON = "annotations/instances_train.json"
WIDTH, HEIGHT = SIZE


@dataclass
class Outcome:
    """What a rule does: what ``issues.csv`` says, and what is left of the images that are concerned.

    Attributes:
        action: As issues.csv says it.
        left: Objects of each image that is not as it was; None for one that is left out.
        also: Further faults that are found with it.
        split: Of the first of ``left``, where it changes.
    """

    action: str
    left: dict[str, list[Labelled] | None] = field(default_factory=dict)
    also: frozenset[str] = frozenset()
    split: str = ""


@dataclass
class Case:
    """A spoilt dataset.

    Attributes:
        fault: Its name.
        variant: What tells it from others of the same fault.
        dataset: The files.
        file: That issues.csv names.
        object: Likewise; None for none.
        rules: Outcome of each rule but ``stop``.
        checks: Thresholds that differ.
        format: Of the files, where it is not recognised.
        anew: Whether the first image of ``left`` is encoded anew.
        size: Of that, where it is another.
    """

    fault: str
    variant: str
    dataset: CocoDataset | VocDataset
    file: str
    object: int | None
    rules: dict[str, Outcome]
    checks: dict[str, Any] = field(default_factory=dict)
    format: str = "auto"
    anew: bool = False
    size: tuple[int, int] = SIZE

    def __str__(self) -> str:
        return f"{self.fault}-{self.variant}"


GONE: dict[str, list[Labelled] | None] = {T: None}
SAME: dict[str, list[Labelled] | None] = {T: [CAT, HAT]}
LEFT_OUT = Outcome("image left out", GONE)
Spoilt = Iterator[Case]


# ------------------------------------------------------------------ files that are not there


def missing_images() -> Spoilt:
    coco = CocoDataset()
    del coco.images[T]
    yield Case("missing-image", "coco", coco, "03.jpg", None, {"drop": LEFT_OUT})
    voc = VocDataset()
    del voc.images[JPG]
    yield Case("missing-image", "voc", voc, XML, None, {"drop": Outcome("image left out", {JPG: None})})


def paths_outside() -> Spoilt:
    for name in ("../../03.jpg", "/etc/03.jpg", "C:\\03.jpg", "..\\..\\03.jpg", "train/\0/03.jpg"):
        coco = CocoDataset()
        coco.image(T)["file_name"] = name
        rules = {"drop": Outcome("image left out", GONE, also=frozenset({"image-without-annotation"}))}
        yield Case("path-outside-folder", repr(name), coco, name, None, rules)
    voc = VocDataset()
    voc.xml["other"] = voc.xml.pop("03").replace("03.jpg", "../../03.jpg")
    also = frozenset({"image-without-annotation"})
    rules = {"drop": Outcome("image left out", {JPG: None}, also)}
    yield Case("path-outside-folder", "voc", voc, "Annotations/other.xml", None, rules)


def images_without_annotation() -> Spoilt:
    coco = CocoDataset()
    coco.images["train/extra.jpg"] = encoded(picture(99))
    rules = {
        "drop": Outcome("image left out", {"train/extra.jpg": None}),
        "keep": Outcome("kept as background", {"train/extra.jpg": []}),
    }
    yield Case("image-without-annotation", "coco", coco, "train/extra.jpg", None, rules)


# ------------------------------------------------------------------ images that cannot be read


def png_declaring(width: int, height: int) -> bytes:
    """Give a sound PNG of another declared size."""
    data = bytearray(encoded(picture(3), "PNG"))
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def jpeg_declaring(width: int, height: int) -> bytes:
    """Give a sound JPEG of another declared size."""
    data = bytearray(encoded(picture(3)))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def flipped_png() -> bytes:
    data = bytearray(encoded(picture(3), "PNG"))
    data[len(data) // 2] ^= 1
    return bytes(data)


def unusable_images() -> Spoilt:
    jpeg, png = encoded(picture(3)), encoded(picture(3), "PNG")
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 48\n%%EndComments\nshowpage\n"
    files = {
        "unreadable-image": {"text": b"hello", "flipped": flipped_png(), "postscript": postscript},
        "truncated-image": {"jpeg": jpeg[:900], "png": png[:900], "half": jpeg[: len(jpeg) // 2]},
        "empty-image": {"file": b"", "png": png_declaring(0, 0)},
        "too-large-image": {"jpeg": jpeg_declaring(60_000, 60_000), "png": png_declaring(60_000, 60_000)},
    }
    for fault, variants in files.items():
        for variant, data in variants.items():
            coco = CocoDataset()
            coco.images[T] = data
            yield Case(fault, variant, coco, T, None, {"drop": LEFT_OUT})


# ------------------------------------------------------------------ images that are mended


def deep(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 2**16, shape).astype(np.uint16)


def frames(format: str) -> bytes:
    return encoded(picture(3), format, save_all=True, append_images=[picture(4), picture(5)])


def mended_images() -> Spoilt:
    photo = picture(3)
    floats = Image.fromarray(np.random.default_rng(7).random((HEIGHT, WIDTH)).astype(np.float32))
    grey, other, palette = "image-grey", "image-format", "image-palette"
    files: list[tuple[str, str, bytes, str, set[str]]] = [
        ("image-format", "gif", encoded(photo.convert("L"), "GIF"), "png", {palette}),
        ("image-format", "webp", encoded(photo, "WEBP"), "jpeg", set()),
        ("image-format", "bmp", encoded(photo, "BMP"), "png", set()),
        ("image-format", "tiff", encoded(photo, "TIFF"), "png", set()),
        ("image-format", "ppm", encoded(photo, "PPM"), "png", set()),
        ("image-animated", "gif", frames("GIF"), "png", {other, palette}),
        ("image-animated", "png", frames("PNG"), "png", set()),
        ("image-animated", "webp", frames("WEBP"), "jpeg", {other}),
        ("image-animated", "tiff", frames("TIFF"), "png", {other}),
        ("image-16-bit", "grey", encoded(Image.fromarray(deep(HEIGHT, WIDTH)), "PNG"), "png", {grey}),
        ("image-16-bit", "rgb", cv2.imencode(".png", deep(HEIGHT, WIDTH, 3))[1].tobytes(), "png", set()),
        ("image-16-bit", "float", encoded(floats, "TIFF"), "png", {grey, other}),
        ("image-palette", "png", encoded(photo.quantize(8), "PNG"), "png", set()),
        ("image-palette", "gif", encoded(photo.quantize(8), "GIF"), "png", {other}),
        ("image-cmyk", "jpeg", encoded(photo.convert("CMYK")), "jpeg", set()),
        ("image-cmyk", "tiff", encoded(photo.convert("CMYK"), "TIFF"), "png", {other}),
        ("image-mode", "1 bit", encoded(photo.convert("1"), "PNG"), "png", {grey}),
        ("image-mode", "lab", encoded(lab(photo), "TIFF"), "png", {other}),
    ]
    for fault, variant, data, written, also in files:
        coco = CocoDataset()
        coco.images[T] = data
        rules = {
            "repair": Outcome(f"written as {written}", SAME, frozenset(also)),
            "drop": Outcome("image left out", GONE, frozenset(also)),
        }
        yield Case(fault, variant, coco, T, None, rules, anew=True)


def lab(photo: Image.Image) -> Image.Image:
    from PIL import ImageCms

    return ImageCms.applyTransform(
        photo,
        ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"),
    )


def grey_images() -> Spoilt:
    for variant, data in {
        "jpeg": encoded(picture(3).convert("L")),
        "png": encoded(picture(3).convert("L"), "PNG"),
        "alpha": encoded(picture(3).convert("LA"), "PNG"),
    }.items():
        coco = CocoDataset()
        coco.images[T] = data
        yield Case("image-grey", variant, coco, T, None, {"keep": Outcome("kept"), "drop": LEFT_OUT})


def rotated_images() -> Spoilt:
    """Photos annotated as they are stored where the declared size can say so, else as they are shown."""
    for orientation in range(2, 9):
        coco = CocoDataset()
        exif = Image.Exif()
        exif[0x0112] = orientation
        coco.images[T] = encoded(picture(3), exif=exif)
        said, left, size = "; boxes were upright already", [CAT, HAT], SIZE
        if orientation >= 5:
            said, size = ", its boxes too", SIZE[::-1]
            left = [(name, turned(box, orientation)) for name, box in left]
        rules = {"repair": Outcome(f"image turned upright{said}", {T: left}), "drop": LEFT_OUT}
        yield Case("exif-rotated", f"{orientation}", coco, T, None, rules, anew=True, size=size)


def turned(box: tuple[float, ...], orientation: int) -> tuple[float, float, float, float]:
    """Turn a box as Pillow turns a picture that is white in it."""
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    xmin, ymin, xmax, ymax = map(int, box)
    pixels[ymin:ymax, xmin:xmax] = 255
    methods = {5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270}
    methods |= {7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90}
    return tuple(map(float, Image.fromarray(pixels).transpose(methods[orientation]).getbbox()))


def other_sizes() -> Spoilt:
    coco = CocoDataset()
    coco.image(T).update(width=10 * WIDTH, height=10 * HEIGHT)
    for row in coco.annotations(T):
        row["bbox"] = [10 * value for value in row["bbox"]]
        corner = row["bbox"][:2]
        row["segmentation"] = [[*corner, corner[0] + 40, corner[1], corner[0], corner[1] + 40]]
    rules = {"repair": Outcome("boxes scaled to it", SAME), "drop": LEFT_OUT}
    yield Case("size-mismatch", "scaled", coco, T, None, rules)
    coco = CocoDataset()
    coco.image(T).update(width=WIDTH, height=2 * HEIGHT)
    rules = {"repair": Outcome("boxes taken as they are", SAME), "drop": LEFT_OUT}
    yield Case("size-mismatch", "cut", coco, T, None, rules)


# ------------------------------------------------------------------ copies, and splits


def copies() -> Spoilt:
    coco = CocoDataset()
    coco.images[T] = coco.images["test/21.jpg"]
    where = "image left out of train, kept in test"
    rules = {"drop": Outcome(where, GONE), "keep": Outcome("kept", SAME, frozenset({"near-duplicate"}))}
    rules["keep"].split = "test"  # it looks like the other, too
    yield Case("duplicate-image", "other split", coco, T, None, rules)


def smooth(number: int) -> Image.Image:
    return picture(number, (16, 12)).resize(SIZE, Image.Resampling.BICUBIC)


def near_copies() -> Spoilt:
    coco = CocoDataset()
    coco.images["test/21.jpg"] = encoded(smooth(1), quality=95)
    coco.images[T] = encoded(smooth(1), quality=80)
    rules = {
        "repair": Outcome("moved from train to test", SAME, split="test"),
        "keep": Outcome("kept"),
        "drop": Outcome("image left out of train", GONE),
    }
    yield Case("near-duplicate", "other split", coco, T, None, rules)


def two_splits() -> Spoilt:
    coco = CocoDataset()
    coco.json["train"]["images"].append({**coco.image("test/21.jpg"), "id": 999})
    rules = {"repair": Outcome("kept in test only")}
    yield Case("image-in-two-splits", "coco", coco, "test/21.jpg", None, rules)
    voc = VocDataset()
    voc.lists["val"].append("03")
    voc.lists["trainval"] = voc.lists["train"] + voc.lists["val"]  # is no split of its own
    rules = {"repair": Outcome("kept in val only", {JPG: [CAT, HAT]}, split="val")}
    yield Case("image-in-two-splits", "voc", voc, JPG, None, rules)


def unlisted() -> Spoilt:
    voc = VocDataset()
    voc.lists["train"].remove("03")
    rules = {"drop": Outcome("image left out", {JPG: None})}
    yield Case("image-not-listed", "voc", voc, JPG, None, rules)


# ------------------------------------------------------------------ annotations


def unreadable_annotations() -> Spoilt:
    for variant, text in {
        "cut": "<annotation><object>",
        "bytes": "\0\1",
        "entity": "<a>&x;</a>",
        "empty": "",
    }.items():
        voc = VocDataset()
        voc.xml["03"] = text
        also = frozenset({"image-without-annotation"})
        rules = {"drop": Outcome("image left out", {JPG: None}, also)}
        yield Case("unreadable-annotation", variant, voc, XML, None, rules)
    coco = CocoDataset()
    coco.json["train"]["images"].append("nonsense")
    yield Case("unreadable-annotation", "coco", coco, JSON, None, {"drop": Outcome("left out")})


def repeated_ids() -> Spoilt:
    """Two images of one id, of which no annotation can say which it means."""
    coco = CocoDataset()
    coco.json["train"]["images"].append({**coco.image(T), "file_name": "03.png"})
    coco.image(T)["file_name"] = "03.png"  # the same image, listed twice, is one
    coco.images["train/03.png"] = coco.images.pop(T)
    coco.truth["train/03.png"] = coco.truth.pop(T)
    coco.json["train"]["images"].append("nonsense")
    yield Case("unreadable-annotation", "listed twice", coco, JSON, None, {"drop": Outcome("left out")})
    coco = CocoDataset()
    coco.json["train"]["categories"].append({"id": 3, "name": "dog"})
    yield Case("unreadable-annotation", "category", coco, JSON, None, {"drop": Outcome("left out")})


def annotations_without_image() -> Spoilt:
    for number, row in enumerate(
        ({"image_id": 12345, "category_id": 3, "bbox": [1, 1, 9, 9]}, "nonsense", {}, None)
    ):
        coco = CocoDataset()
        coco.json["train"]["annotations"].append(row)
        rules = {"drop": Outcome("object dropped")}
        yield Case("annotation-without-image", f"{number}", coco, JSON, None, rules)


def unknown_classes() -> Spoilt:
    rules = {"drop": Outcome("object dropped", {T: [CAT]})}
    for category in (99, None, "cat", [3], 3.5):
        coco = CocoDataset()
        coco.annotations(T)[1]["category_id"] = category
        yield Case("unknown-class", str(category), coco, T, 1, rules)
    voc = VocDataset()
    voc.xml["03"] = voc.xml["03"].replace("<name>hat</name>", "<name> </name>")
    yield Case("unknown-class", "voc", voc, JPG, 1, {"drop": Outcome("object dropped", {JPG: [CAT]})})


# ------------------------------------------------------------------ boxes

DROPPED = Outcome("object dropped", {T: [CAT]})
KEPT = Outcome("kept")


def hat(*box: float) -> dict[str, list[Labelled] | None]:
    return {T: [CAT, ("hat", tuple(map(float, box)))]}


BOXES: list[tuple[str, str, Any, dict[str, Outcome]]] = [
    ("box-unreadable", "text", ["a", 1, 1, 1], {"drop": DROPPED}),
    ("box-unreadable", "three", [1, 1, 1], {"drop": DROPPED}),
    ("box-unreadable", "nan", ["nan"] * 4, {"drop": DROPPED}),
    ("box-unreadable", "infinite", [1, 1, "inf", 5], {"drop": DROPPED}),
    ("box-unreadable", "object", {"x": 1}, {"drop": DROPPED}),
    ("box-unreadable", "number", 5, {"drop": DROPPED}),
    (
        "box-outside",
        "partly",
        [50, 10, 40, 20],
        {"repair": Outcome("cut at the edge", hat(50, 10, 64, 30)), "drop": DROPPED},
    ),
    ("box-outside", "wholly", [70, 10, 40, 20], {"repair": DROPPED, "drop": DROPPED}),
    (
        "box-outside",
        "far",
        [-1e300, -1e300, 2e300, 2e300],
        {
            "repair": Outcome("cut at the edge", hat(0, 0, 64, 48), frozenset({"box-covers-image"})),
            "drop": DROPPED,
        },
    ),
    (
        "box-inverted",
        "both",
        [50, 40, -20, -30],
        {"repair": Outcome("corners swapped"), "drop": DROPPED},
    ),
    (
        "box-inverted",
        "one",
        [50, 10, -20, 30],
        {"repair": Outcome("corners swapped"), "drop": DROPPED},
    ),
    ("box-empty", "line", [30, 20, 0, 5], {"drop": DROPPED}),
    ("box-empty", "point", [30, 20, 0, 0], {"drop": DROPPED}),
    (
        "box-over-edge",
        "half a pixel",
        [44, 10, 20.5, 30],
        {"repair": Outcome("cut at the edge", hat(44, 10, 64, 40)), "drop": DROPPED},
    ),
    (
        "box-tiny",
        "thin",
        [30, 10, 1.5, 30],
        {"keep": Outcome("kept", hat(30, 10, 31.5, 40)), "drop": DROPPED},
    ),
    (
        "box-covers-image",
        "all",
        [0, 0, 64, 48],
        {"keep": Outcome("kept", hat(0, 0, 64, 48)), "drop": DROPPED},
    ),
]


def boxes() -> Spoilt:
    for fault, variant, bbox, rules in BOXES:
        coco = CocoDataset()
        coco.annotations(T)[1]["bbox"] = bbox
        yield Case(fault, variant, coco, T, 1, rules)
    voc = VocDataset()
    voc.xml["03"] = voc.xml["03"].replace("30.0", "wide")
    yield Case("box-unreadable", "voc", voc, JPG, 1, {"drop": Outcome("object dropped", {JPG: [CAT]})})


def boxes_alone() -> Spoilt:
    """The only box of its image is all 0, which is empty, and no share of the image."""
    coco = CocoDataset()
    coco.annotations("train/02.jpg")[0]["bbox"] = [0, 0, 0, 0]
    rules = {"drop": Outcome("object dropped", {"train/02.jpg": []})}
    yield Case("box-empty", "all 0", coco, "train/02.jpg", 0, rules)


def repeated_boxes() -> Spoilt:
    coco = CocoDataset()
    coco.json["train"]["annotations"].append({**coco.annotations(T)[1], "id": 999})
    rules = {"drop": Outcome("object dropped", SAME), "keep": Outcome("kept", {T: [CAT, HAT, HAT]})}
    yield Case("duplicate-box", "coco", coco, T, 2, rules)


def units() -> Spoilt:
    coco = CocoDataset()
    shares = [(name, tuple(np.divide(box, (*SIZE, *SIZE)).tolist())) for name, box in (CAT, HAT)]
    for row, (_, box) in zip(coco.annotations(T), shares, strict=True):
        row["bbox"] = xywh(box)
    rules = {
        "repair": Outcome("taken as shares of the image", SAME),
        "keep": Outcome("kept", {T: shares}, frozenset({"box-tiny"})),
    }
    yield Case("box-normalised", "coco", coco, T, None, rules)
    rules = {
        "repair": Outcome("taken as pixels", {JPG: [CAT, HAT]}),
        "keep": Outcome("kept", {JPG: []}, frozenset({"box-outside"})),
    }
    yield Case("box-in-pixels", "shares", VocDataset(), JPG, None, rules, format="shares")


# ------------------------------------------------------------------ masks

TRIANGLE = [[4, 4, 24, 4, 4, 34]]


def masks() -> Spoilt:
    runs = {"size": [HEIGHT + 1, WIDTH], "counts": [0, (HEIGHT + 1) * WIDTH]}
    spoilt: list[tuple[str, str, Any]] = [
        ("mask-unreadable", "two points", [[4, 4, 24, 4]]),
        ("mask-unreadable", "words", "polygon"),
        ("mask-unreadable", "runs", {"size": [HEIGHT, WIDTH], "counts": [5]}),
        ("mask-unreadable", "long", {"size": [HEIGHT, WIDTH], "counts": "o" * 200_000}),
        ("mask-size-mismatch", "runs", runs),
        ("mask-empty", "runs", {"size": [HEIGHT, WIDTH], "counts": [HEIGHT * WIDTH]}),
        ("mask-outside", "polygon", [[40, 36, 60, 36, 40, 46]]),
    ]
    for fault, variant, segmentation in spoilt:
        coco = CocoDataset()
        for row in coco.json["train"]["annotations"]:
            row["segmentation"] = TRIANGLE if row["category_id"] == 3 else None
        coco.annotations(T)[0]["segmentation"] = segmentation
        rules = {"drop": Outcome("mask dropped, box kept")}
        yield Case(fault, variant, coco, T, 0, rules)


# ------------------------------------------------------------------ classes


def renamed(coco: CocoDataset, name: str, *paths: str) -> None:
    """Give the hats of some images another class."""
    for content in coco.json.values():
        content["categories"].append({"id": 9, "name": name})
    for path in paths:
        coco.annotations(path)[1]["category_id"] = 9


def class_names() -> Spoilt:
    coco = CocoDataset()
    renamed(coco, " Hat", T)
    other = Outcome(
        "kept as two classes", {T: [CAT, ("Hat", HAT[1])]}, frozenset({"class-missing-from-split"})
    )
    rules = {"repair": Outcome("taken as 'hat'"), "keep": other}
    yield Case("class-name-variant", "case", coco, "", None, rules)
    coco = CocoDataset()
    renamed(coco, "unicorn")
    rules = {"keep": Outcome("kept as a class"), "drop": Outcome("class left out")}
    yield Case("class-unused", "coco", coco, "", None, rules)
    coco = CocoDataset()
    renamed(coco, "lost", T)
    coco.annotations(T)[1]["bbox"] = [100, 100, 5, 5]
    lost = Outcome("kept as a class", {T: [CAT]}, frozenset({"box-outside"}))
    yield Case("class-unused", "dropped", coco, "", None, {"keep": lost, "drop": lost})
    coco = CocoDataset()
    renamed(coco, "rare", T)
    rules = {"keep": Outcome("kept as a class", {T: [CAT, ("rare", HAT[1])]})}
    yield Case("class-missing-from-split", "coco", coco, "", None, rules)
    coco = CocoDataset()
    rules = {"keep": Outcome("kept; see train.class_balanced")}
    yield Case("class-imbalance", "coco", coco, "", None, rules, checks={"max_imbalance": 1.5})


MAKERS: list[Callable[[], Spoilt]] = [
    missing_images,
    paths_outside,
    images_without_annotation,
    unusable_images,
    mended_images,
    grey_images,
    rotated_images,
    other_sizes,
    copies,
    near_copies,
    two_splits,
    unlisted,
    unreadable_annotations,
    repeated_ids,
    annotations_without_image,
    unknown_classes,
    boxes,
    boxes_alone,
    repeated_boxes,
    units,
    masks,
    class_names,
]


def cases() -> list[Case]:
    """Make all of them."""
    return [case for make in MAKERS for case in make()]
