"""Spoil sound datasets of every format at random: only a table or one clear line may come of it.

No other exception, no hang, no file opened outside the dataset's folder. A failure prints the seed that makes it again.

    python -m tools.fuzz [--seconds 600] [--format voc] [--seed 1]
"""

import argparse
import gzip
import io
import json
import os
import random
import signal
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipeline.datasets.conversion.check_images import check_images
from pipeline.datasets.conversion.prepare import read_dataset
from pipeline.datasets.formats import FORMATS
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.records.files import frame
from pipeline.datasets.records.schema import detection_example
from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from pipeline.workers import Workers

PARAMS = load_params(Path(__file__).parents[1] / "params.yaml")
SECONDS_A_RUN = 10
COUNT, WIDTH, HEIGHT = 6, 48, 32
NAMES = ["cat", "hot dog"]
Files = dict[str, bytes]
ALLOWED = (sys.prefix, sys.base_prefix, "/proc/", "/dev/", "/sys/", "/usr/")  # Python's own files

TOKENS = [
    b"", b"0", b"-1", b"1e999", b"-1e308", b"nan", b"inf", b"9" * 400, b"null", b"true", b"[]", b"{}", b'"',
    b"'", b"<", b">", b"&", b"&lt;", b"</annotation>", b"<!DOCTYPE a [<!ENTITY e 'x'>]>", b"&e;",
    b"../../../etc/passwd", b"/etc/passwd", b"C:\\x.jpg", b"..\\..\\x.png", b"\0", b"\xff\xfe", b"\xef\xbb\xbf",
    b"\xed\xa0\x80", b"\\ud800", "é漢🙂".encode(), b"\r", b"\n", b"\n\n", b"\t", b",", b";", b":", b"- ", b"#",
    b"%", b"*", b"&a ", b"!!python/object:os.system", b"1_000", b"0x10", b"1,5", b"1;2", b"0.5 0.5",
    b"99999999999999999999", b"2147483648", b"-0.0", b"train", b"../train",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 2**31, 2**63, 10**30, 0.5, -1e308, 1e308, float("nan"), float("inf"), "", "0", "x",
    "../../etc/passwd", "/etc/passwd", "\0", "\ud800", [], {}, [[]], [None], [1, 2], [1e308] * 4,
    [float("nan")] * 4, ["a"] * 4, {"id": 1}, [0] * 5, "9" * 5000, [[1, 2, 3, 4, 5, 6]],
    {"size": [1, 1], "counts": "zzz"}, {"size": [32, 48], "counts": [-1, 9]},
]  # fmt: skip


def picture(seed: int) -> bytes:
    """Draw a small picture."""
    out = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


PICTURES = [picture(seed) for seed in range(COUNT)]
BOXES = [(2 + seed, 3, 20 + seed, 25) for seed in range(COUNT)]


def images(folder: str = "") -> Files:
    """Give the pictures as files."""
    return {f"{folder}{number}.png": data for number, data in enumerate(PICTURES)}


def as_json(value: Any) -> bytes:
    """Write JSON."""
    return json.dumps(value, indent=1).encode()


def voc() -> Files:
    """Give a sound dataset; so do the following."""
    files = images("JPEGImages/")
    for number, box in enumerate(BOXES):
        corners = "".join(
            f"<{name}>{value}</{name}>"
            for name, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
        )
        files[f"Annotations/{number}.xml"] = (
            f'<?xml version="1.0"?>\n<annotation><filename>{number}.png</filename><size><width>{WIDTH}</width>'
            f"<height>{HEIGHT}</height></size>\n<object><name>{NAMES[number % 2]}</name><difficult>0</difficult>"
            f"<bndbox>{corners}</bndbox></object></annotation>"
        ).encode()
    return files | {"ImageSets/Main/train.txt": b"0\n1\n2\n3\n", "ImageSets/Main/test.txt": b"4\n5\n"}


def coco() -> Files:
    runs = {"size": [HEIGHT, WIDTH], "counts": [5, WIDTH * HEIGHT - 5]}
    objects = [
        {
            "id": number,
            "image_id": number,
            "category_id": 1 + number % 2,
            "bbox": [x, y, w - x, h - y],
            "segmentation": [[x, y, w, y, w, h]] if number % 2 else runs,
        }
        for number, (x, y, w, h) in enumerate(BOXES)
    ]
    listed = [
        {"id": number, "file_name": f"{number}.png", "width": WIDTH, "height": HEIGHT}
        for number in range(COUNT)
    ]
    categories = [{"id": number, "name": name} for number, name in enumerate(NAMES, start=1)]
    return images("images/") | {
        "instances.json": as_json({"images": listed, "annotations": objects, "categories": categories})
    }


def yolo() -> Files:
    files = images("images/train/")
    for number in range(COUNT):
        files[f"labels/train/{number}.txt"] = (
            f"{number % 2} 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.6 0.1 0.6 0.7\n".encode()
        )
    return files | {
        "data.yaml": b"path: .\ntrain: images/train\nval: images/train\nnames:\n  0: cat\n  1: hot dog\n"
    }


def csv() -> Files:
    rows = [
        f"{n}.png,{WIDTH},{HEIGHT},{NAMES[n % 2]},{','.join(map(str, box))}" for n, box in enumerate(BOXES)
    ]
    return images() | {
        "boxes.csv": "\n".join(["filename,width,height,class,xmin,ymin,xmax,ymax", *rows]).encode()
    }


def labelme() -> Files:
    files = images()
    for number, (xmin, ymin, xmax, ymax) in enumerate(BOXES):
        shape = {
            "label": NAMES[number % 2],
            "shape_type": "rectangle",
            "points": [[xmin, ymin], [xmax, ymax]],
        }
        polygon = shape | {"shape_type": "polygon", "points": [[1, 2], [9, 3], [5, 8]]}
        value = {
            "imagePath": f"{number}.png",
            "imageWidth": WIDTH,
            "imageHeight": HEIGHT,
            "imageData": None,
            "shapes": [shape, polygon],
        }
        files[f"{number}.json"] = as_json(value)
    return files


def cvat() -> Files:
    shapes = [
        f'<image id="{n}" name="{n}.png" width="{WIDTH}" height="{HEIGHT}" subset="train">'
        f'<box label="{NAMES[n % 2]}" xtl="{b[0]}" ytl="{b[1]}" xbr="{b[2]}" ybr="{b[3]}" rotation="10"></box>'
        '<polygon label="cat" points="1,2;3,4;5,1"/></image>\n'
        for n, b in enumerate(BOXES)
    ]
    box = '<box frame="0" outside="0" keyframe="1" xtl="1" ytl="1" xbr="9" ybr="9"/>'
    tracks = f'<track id="0" label="cat">{box}</track>\n'
    return images() | {
        "annotations.xml": f"<annotations><version>1.1</version>\n{''.join(shapes)}{tracks}</annotations>".encode()
    }


def openimages() -> Files:
    rows = [
        f"{n},x,{NAMES[n % 2]},1,{b[0] / WIDTH:.4f},{b[2] / WIDTH:.4f},{b[1] / HEIGHT:.4f},{b[3] / HEIGHT:.4f},0,0,0"
        for n, b in enumerate(BOXES)
    ]
    head = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf"
    return images() | {"train-annotations-bbox.csv": "\n".join([head, *rows]).encode()}


def label_studio() -> Files:
    tasks = []
    for number in range(COUNT):
        value = {
            "x": 10,
            "y": 10,
            "width": 50,
            "height": 40,
            "rotation": 5,
            "rectanglelabels": [NAMES[number % 2]],
        }
        result = {
            "type": "rectanglelabels",
            "original_width": WIDTH,
            "original_height": HEIGHT,
            "value": value,
        }
        annotation = {"was_cancelled": False, "result": [result]}
        tasks.append(
            {"id": number, "data": {"image": f"/data/upload/1/{number}.png"}, "annotations": [annotation]}
        )
    return images() | {"export.json": as_json(tasks)}


def folders() -> Files:
    return {f"{NAMES[number % 2]}/{number}.png": data for number, data in enumerate(PICTURES)}


def idx() -> Files:
    pixels = np.random.default_rng(1).integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
    labels = bytes(number % 2 for number in range(COUNT))
    return {
        "train-images-idx3-ubyte.gz": gzip.compress(
            struct.pack(">IIII", 2051, COUNT, 28, 28) + pixels.tobytes()
        ),
        "train-labels-idx1-ubyte": struct.pack(">II", 2049, COUNT) + labels,
    }


def tfrecord() -> Files:
    records = b""
    for number, (data, box) in enumerate(zip(PICTURES, BOXES, strict=True)):
        example = detection_example(
            image=data,
            image_format="png",
            file=f"{number}.png",
            image_id=number + 1,
            width=WIDTH,
            height=HEIGHT,
            sha256="",
            boxes=np.array([box], np.float64),
            labels=np.array([1 + number % 2]),
            class_names=NAMES,
            difficult=np.zeros(1, bool),
            crowd=np.zeros(1, bool),
            area=np.ones(1),
            masks=[],
            has_mask=np.zeros(1, bool),
        )
        records += frame(example)
    label_map = b"item { id: 1 name: 'cat' }\nitem { id: 2 name: 'hot dog' }\n"
    return {"train.tfrecord": records, "label_map.pbtxt": label_map}


SOUND: dict[str, Callable[[], Files]] = {
    "voc": voc,
    "coco": coco,
    "yolo": yolo,
    "csv": csv,
    "labelme": labelme,
    "cvat": cvat,
    "openimages": openimages,
    "label_studio": label_studio,
    "folders": folders,
    "idx": idx,
    "tfrecord": tfrecord,
}


def spoil(data: bytes, rng: random.Random) -> bytes:
    """Spoil a file in one way."""
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice((1, 2, 5, 20, 200)))
    lines = data.split(b"\n")
    match rng.randrange(9):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + rng.choice(TOKENS) + data[at:]
        case 2:
            return data[:at] + rng.choice(TOKENS) + data[end:]
        case 3:
            return data[:at] + data[end:]
        case 4:
            return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        case 5:
            rng.shuffle(lines)
            return b"\n".join(lines)
        case 6:
            return data[:at] + data[at:end] * rng.choice((2, 3, 50)) + data[end:]
        case 7:
            return spoil_number(data, rng)
        case _:
            return data[at:] + data[:at]


def spoil_json(data: bytes, rng: random.Random) -> bytes:
    """Put something else in the place of a value of a JSON file, which stays JSON."""
    try:
        tree = json.loads(data)
    except ValueError:
        return data
    if not isinstance(tree, dict | list):
        return data
    places: list[tuple[Any, Any]] = [(None, None)]
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        places += [(node, key) for key in keys]
        waiting += [node[key] for key in keys if isinstance(node[key], dict | list)]
    node, key = rng.choice(places)
    value = rng.choice(VALUES)
    if node is None:
        return as_json(value)
    if rng.random() < 0.2:
        del node[key]
    else:
        node[key] = [node[key]] if rng.random() < 0.2 else value
    return as_json(tree)


def spoil_number(data: bytes, rng: random.Random) -> bytes:
    """Put a token in a number's place, if there is one."""
    places = [at for at, byte in enumerate(data) if 48 <= byte < 58]
    if not places:
        return data
    at = rng.choice(places)
    end = at
    while end < len(data) and data[end : end + 1] in b"0123456789.":
        end += 1
    return data[:at] + rng.choice(TOKENS) + data[end:]


def spoilt(files: Files, rng: random.Random) -> Files:
    """Spoil one to four times; annotations mostly, now and then a picture, a name, or a file's presence."""
    files = dict(files)
    for _ in range(rng.randrange(1, 5)):
        written = [name for name in files if not name.endswith(".png")] or list(files)
        name = rng.choice(written if rng.random() < 0.9 else list(files))
        match rng.randrange(12):
            case 0:
                files.pop(name)
            case 1:
                files[f"{name}.{rng.choice(['xml', 'json', 'txt', 'csv', 'png'])}"] = files[name]
            case _ if name.endswith(".json") and rng.random() < 0.7:
                files[name] = spoil_json(files[name], rng)
            case _:
                files[name] = spoil(files[name], rng)
        if not files:
            break
    return files


class LeftFolderError(Exception):
    """A file outside the dataset's folder was opened."""


class Watch:
    """Notes the files that are opened while a dataset is read."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.outside: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and self.folder and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith((self.folder, *ALLOWED)) and not path.endswith((".py", ".pyc", ".so")):
                self.outside.append(path)


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise ``TimeoutError`` when the block takes longer."""

    def stop(number: int, stack: Any) -> None:
        raise TimeoutError(f"it took more than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def attempt(name: str, seed: int, watch: Watch) -> tuple[str, list[str]]:
    """Read one spoilt dataset; return "table" or "refused", and the faults that were found."""
    rng = random.Random(f"{name} {seed}")
    dataset = PARAMS.dataset.model_copy(update={"format": rng.choice((name, "auto"))})
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary).resolve()
        for file, data in spoilt(SOUND[name](), rng).items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(data)
        watch.folder, watch.outside = str(root), []
        try:
            with limited(SECONDS_A_RUN), redirect_stdout(io.StringIO()), Workers(1) as workers:
                table = read_dataset(DatasetFolder(root), dataset, PARAMS.convert, seed=1, workers=workers)
                table = check_images(root, table, PARAMS.convert, workers, None)
        except PipelineError as error:
            if not str(error).strip() or "\n" in str(error):
                raise AssertionError(f"not one line: {error!r}") from None
            return "refused", []
        finally:
            watch.folder = None
            if watch.outside:
                raise LeftFolderError(", ".join(watch.outside))
        return "table", [issue.fault for issue in table.issues]


def fuzz(names: list[str], seconds: float, first_seed: int) -> bool:
    """Spoil datasets for a time, one format after the other; print what came of it; say whether nothing broke."""
    watch, start, seed = Watch(), time.monotonic(), first_seed
    outcomes = {name: Counter[str]() for name in names}
    faults = {name: Counter[str]() for name in names}
    slowest = dict.fromkeys(names, 0.0)
    sound = True
    while time.monotonic() - start < seconds:
        for name in names:
            begun = time.monotonic()
            try:
                outcome, found = attempt(name, seed, watch)
            except Exception as error:
                sound, outcome, found = False, "BROKEN", []
                print(f"{name}, seed {seed}: {type(error).__name__}: {error}", flush=True)
            outcomes[name][outcome] += 1
            faults[name].update(set(found))
            slowest[name] = max(slowest[name], time.monotonic() - begun)
        seed += 1
    for name in names:
        kinds = len(faults[name])
        print(f"{name:<13} {dict(outcomes[name])}, {kinds} kinds of fault, slowest {slowest[name]:.2f} s")
    print(
        f"{sum(sum(outcome.values()) for outcome in outcomes.values())} datasets in {time.monotonic() - start:.0f} s"
    )
    return sound


def main() -> None:
    """Fuzz as the command line says; exit code 1 if anything broke."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--format", choices=FORMATS)
    parser.add_argument("--seed", type=int, default=1, help="of the first dataset")
    options = parser.parse_args()
    sys.exit(not fuzz([options.format] if options.format else list(FORMATS), options.seconds, options.seed))


if __name__ == "__main__":
    main()
