"""A sound dataset of each format, as files."""

import gzip
import io
import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from pipeline.datasets.records.files import frame
from pipeline.datasets.records.schema import RecordImage, RecordObjects, detection_example

COUNT, WIDTH, HEIGHT = 6, 48, 32


NAMES = ["cat", "hot dog"]


Files = dict[str, bytes]


def picture(seed: int) -> bytes:
    """Draw a small picture."""
    out = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


PICTURES = [picture(seed) for seed in range(COUNT)]


BOXES = [(2 + seed, 3, 20 + seed, 25) for seed in range(COUNT)]


def images(folder: str = "") -> Files:
    """Return the pictures as files."""
    return {f"{folder}{number}.png": data for number, data in enumerate(PICTURES)}


def as_json(value: Any) -> bytes:
    """Write JSON."""
    return json.dumps(value, indent=1).encode()


def voc() -> Files:
    """Return Pascal VOC XML with split lists."""
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
    """Return COCO JSON with polygons and run lengths."""
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
    """Return YOLO text files with boxes and outlines."""
    files = images("images/train/")
    for number in range(COUNT):
        files[f"labels/train/{number}.txt"] = (
            f"{number % 2} 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.6 0.1 0.6 0.7\n".encode()
        )
    return files | {
        "data.yaml": b"path: .\ntrain: images/train\nval: images/train\nnames:\n  0: cat\n  1: hot dog\n"
    }


def csv() -> Files:
    """Return a CSV file with a row for each box."""
    rows = [
        f"{n}.png,{WIDTH},{HEIGHT},{NAMES[n % 2]},{','.join(map(str, box))}" for n, box in enumerate(BOXES)
    ]
    return images() | {
        "boxes.csv": "\n".join(["filename,width,height,class,xmin,ymin,xmax,ymax", *rows]).encode()
    }


def labelme() -> Files:
    """Return LabelMe JSON with rectangles and polygons."""
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
    """Return CVAT XML with images and a track."""
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
    """Return a CSV file of Open Images."""
    rows = [
        f"{n},x,{NAMES[n % 2]},1,{b[0] / WIDTH:.4f},{b[2] / WIDTH:.4f},{b[1] / HEIGHT:.4f},{b[3] / HEIGHT:.4f},0,0,0"
        for n, b in enumerate(BOXES)
    ]
    head = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf"
    return images() | {"train-annotations-bbox.csv": "\n".join([head, *rows]).encode()}


def label_studio() -> Files:
    """Return Label Studio JSON."""
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
    """Return a folder of images for each class."""
    return {f"{NAMES[number % 2]}/{number}.png": data for number, data in enumerate(PICTURES)}


def idx() -> Files:
    """Return IDX files of images and labels."""
    pixels = np.random.default_rng(1).integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
    labels = bytes(number % 2 for number in range(COUNT))
    return {
        "train-images-idx3-ubyte.gz": gzip.compress(
            struct.pack(">IIII", 2051, COUNT, 28, 28) + pixels.tobytes()
        ),
        "train-labels-idx1-ubyte": struct.pack(">II", 2049, COUNT) + labels,
    }


def pts() -> Files:
    """Return images, each with a .pts file of three places."""
    files: Files = {}
    for number, (data, box) in enumerate(zip(PICTURES, BOXES, strict=True)):
        xmin, ymin, xmax, ymax = box
        places = f"{xmin} {ymin}\n{xmax} {ymax}\n{(xmin + xmax) / 2} {ymax}\n"
        files[f"{number}.png"] = data
        files[f"{number}.pts"] = f"version: 1\nn_points: 3\n{{\n{places}}}\n".encode()
    return files


def tfrecord() -> Files:
    """Return a TFRecord file and its label map."""
    records = b""
    for number, (data, box) in enumerate(zip(PICTURES, BOXES, strict=True)):
        example = detection_example(
            RecordImage(
                encoded=data,
                format="png",
                file=f"{number}.png",
                id=number + 1,
                width=WIDTH,
                height=HEIGHT,
                sha256="",
            ),
            RecordObjects(
                boxes=np.array([box], np.float64),
                labels=np.array([1 + number % 2]),
                difficult=np.zeros(1, bool),
                crowd=np.zeros(1, bool),
                area=np.ones(1),
                masks=[],
                has_mask=np.zeros(1, bool),
            ),
            NAMES,
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
    "pts": pts,
    "tfrecord": tfrecord,
}
