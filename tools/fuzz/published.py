"""A sound dataset in the format of each published dataset and of each service that has a format of its own."""

import base64
import io
import json
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from tools.fuzz.sound import BOXES, HEIGHT, NAMES, PICTURES, WIDTH, Files, as_json, images


def png(pixels: np.ndarray) -> bytes:
    """Encode pixels as PNG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def lines(values: list[Any]) -> bytes:
    """Write a JSON value in each line."""
    return b"\n".join(json.dumps(value).encode() for value in values)


def instance_masks() -> Files:
    """Return images and a mask of two objects for each."""
    files = images("PNGImages/")
    for number, (xmin, ymin, xmax, ymax) in enumerate(BOXES):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[ymin:ymax, xmin:xmax] = 1
        mask[ymax:, xmin:xmax] = 2
        files[f"PedMasks/{number}_mask.png"] = png(mask)
    return files


def cityscapes() -> Files:
    """Return pictures of numbers, and polygons for some images."""
    files: Files = {}
    for number, (xmin, ymin, xmax, ymax) in enumerate(BOXES):
        stem = f"aachen/aachen_{number}"
        files[f"leftImg8bit/train/{stem}_leftImg8bit.png"] = PICTURES[number]
        if number % 2:
            numbers = np.full((HEIGHT, WIDTH), 7, np.uint16)
            numbers[ymin:ymax, xmin:xmax] = 26001
            files[f"gtFine/train/{stem}_gtFine_instanceIds.png"] = png(numbers)
        else:
            polygon = [[xmin, ymin], [xmax, ymin], [xmax, ymax]]
            objects = [{"label": "road", "polygon": polygon}, {"label": "car", "polygon": polygon}]
            contents = {"imgHeight": HEIGHT, "imgWidth": WIDTH, "objects": objects}
            files[f"gtFine/train/{stem}_gtFine_polygons.json"] = as_json(contents)
    return files


def widerface() -> Files:
    """Return a text of faces."""
    rows = [
        f"0--Parade/{number}.png\n1\n{x} {y} {w - x} {h - y} 0 0 0 {number % 2} 0 0"
        for number, (x, y, w, h) in enumerate(BOXES)
    ]
    return images("WIDER_train/images/0--Parade/") | {
        "wider_face_split/wider_face_train_bbx_gt.txt": "\n".join(rows).encode()
    }


def visdrone() -> Files:
    """Return texts of eight numbers a line."""
    files = images("images/")
    for number, (x, y, w, h) in enumerate(BOXES):
        text = f"{x},{y},{w - x},{h - y},1,{1 + number},0,0\n0,0,5,5,0,0,0,0\n"
        files[f"annotations/{number}.txt"] = text.encode()
    return files


def dota() -> Files:
    """Return texts of quadrilaterals."""
    files = images("images/")
    for number, (x, y, w, h) in enumerate(BOXES):
        corners = f"{x + 3} {y} {w} {y + 2} {w - 3} {h} {x} {h - 2}"
        text = f"imagesource:GoogleEarth\ngsd:0.14\n{corners} {NAMES[0]} 0\n{corners} small-vehicle 1\n"
        files[f"labelTxt/{number}.txt"] = text.encode()
    return files


def supervisely() -> Files:
    """Return a project with rectangles, polygons and bitmaps."""
    files = images("photos/img/") | {"meta.json": as_json({"classes": [{"title": name} for name in NAMES]})}
    pixels = base64.b64encode(zlib.compress(png(np.full((6, 5), 255, np.uint8)))).decode()
    for number, (xmin, ymin, xmax, ymax) in enumerate(BOXES):
        shape = {"classTitle": NAMES[number % 2], "geometryType": "rectangle"}
        points = {"exterior": [[xmin, ymin], [xmax, ymax]], "interior": []}
        polygon = {"exterior": [[1, 2], [9, 3], [5, 8]], "interior": [[[4, 4], [5, 4], [5, 5]]]}
        objects = [
            shape | {"points": points},
            shape | {"geometryType": "polygon", "points": polygon},
            shape | {"geometryType": "bitmap", "bitmap": {"data": pixels, "origin": [3, 4]}},
        ]
        contents = {"size": {"height": HEIGHT, "width": WIDTH}, "tags": [], "objects": objects}
        files[f"photos/ann/{number}.png.json"] = as_json(contents)
    return files


def crowdhuman() -> Files:
    """Return a line of persons for each image."""
    values = [
        {
            "ID": f"{number}",
            "gtboxes": [
                {"tag": "person", "fbox": [x, y, w - x, h - y], "extra": {"ignore": number % 2}},
                {"tag": "mask", "fbox": [1, 1, 4, 4], "extra": {"ignore": 1}},
            ],
        }
        for number, (x, y, w, h) in enumerate(BOXES)
    ]
    return images("Images/") | {"annotation_train.odgt": lines(values)}


def bdd100k() -> Files:
    """Return a list of images with boxes, polygons and lanes."""
    values = []
    for number, (x1, y1, x2, y2) in enumerate(BOXES):
        box = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        outline = [{"vertices": [[x1, y1], [x2, y1], [x2, y2]], "types": "LLL", "closed": True}]
        labels = [
            {"category": "car", "box2d": box, "attributes": {"crowd": False}},
            {"category": "rider", "poly2d": outline},
            {"category": "lane/crosswalk", "poly2d": outline},
        ]
        values.append({"name": f"{number}.png", "labels": labels})
    return images("images/100k/train/") | {"labels/det_20/det_train.json": as_json(values)}


def datumaro() -> Files:
    """Return items with boxes, polygons, masks and labels."""
    items = []
    for number, (x, y, w, h) in enumerate(BOXES):
        same = {"label_id": number % 2, "group": 1, "attributes": {"is_crowd": False}}
        runs = {"size": [HEIGHT, WIDTH], "counts": [5, 9, WIDTH * HEIGHT - 14]}
        annotations = [
            same | {"type": "bbox", "bbox": [x, y, w - x, h - y]},
            same | {"type": "polygon", "points": [x, y, w, y, w, h]},
            {"type": "mask", "label_id": 0, "group": 0, "rle": runs},
            {"type": "label", "label_id": 1},
        ]
        image = {"path": f"{number}.png", "size": [HEIGHT, WIDTH]}
        items.append({"id": str(number), "annotations": annotations, "image": image})
    labels = [{"name": name, "parent": "", "attributes": []} for name in NAMES]
    contents = {"info": {}, "categories": {"label": {"labels": labels}}, "items": items}
    return images("images/default/") | {"annotations/default.json": as_json(contents)}


def sagemaker() -> Files:
    """Return a manifest of boxes."""
    values = []
    for number, (x, y, w, h) in enumerate(BOXES):
        box = {"class_id": number % 2, "left": x, "top": y, "width": w - x, "height": h - y}
        size = [{"width": WIDTH, "height": HEIGHT, "depth": 3}]
        metadata = {"class-map": {"0": NAMES[0], "1": NAMES[1]}, "type": "groundtruth/object-detection"}
        job = {"image_size": size, "annotations": [box]}
        values.append({"source-ref": f"s3://bucket/a/{number}.png", "boxes": job, "boxes-metadata": metadata})
    return images("a/") | {"output.manifest": lines(values)}


PUBLISHED: dict[str, Callable[[], Files]] = {
    "cityscapes": cityscapes,
    "widerface": widerface,
    "visdrone": visdrone,
    "dota": dota,
    "supervisely": supervisely,
    "crowdhuman": crowdhuman,
    "bdd100k": bdd100k,
    "datumaro": datumaro,
    "sagemaker": sagemaker,
    "instance_masks": instance_masks,
}
