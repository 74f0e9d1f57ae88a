"""A sound dataset in the format of each labelling tool, and of each benchmark with a file per image or sequence."""

import json
from collections.abc import Callable
from typing import Any

from tools.fuzz.sound import BOXES, COUNT, HEIGHT, NAMES, PICTURES, WIDTH, Files, as_json, images


def line_list() -> Files:
    """Return a list with a line for each image, and the class names."""
    lines = [f"images/{n}.png {','.join(map(str, b))},{n % 2} 1,2,9,8,1" for n, b in enumerate(BOXES)]
    return images("images/") | {"train.txt": "\n".join(lines).encode(), "classes.txt": b"cat\nhot dog\n"}


def kitti() -> Files:
    """Return KITTI's labels with an ignored region each, and lists of the splits."""
    files = images("training/image_2/")
    for number, box in enumerate(BOXES):
        lines = [("Car", box), ("DontCare", (1, 2, 9, 8))]
        text = "".join(f"{name} 0 0 -1.5 {' '.join(map(str, b))} 1 1 3 0 1 9 0\n" for name, b in lines)
        files[f"training/label_2/{number}.txt"] = text.encode()
    return files | {"ImageSets/train.txt": b"0\n1\n2\n3\n", "ImageSets/val.txt": b"4\n5\n"}


def mot() -> Files:
    """Return a sequence of MOT with a box that does not count."""
    rows = [f"{n},1,{b[0]},{b[1]},{b[2] - b[0]},{b[3] - b[1]},{n % 3},1,0.9\n" for n, b in enumerate(BOXES)]
    info = (
        f"[Sequence]\nname=A\nimDir=img1\nseqLength={COUNT}\nimWidth={WIDTH}\nimHeight={HEIGHT}\nimExt=.png\n"
    )
    return images("A/img1/") | {"A/gt/gt.txt": "".join(rows).encode(), "A/seqinfo.ini": info.encode()}


def via() -> Files:
    """Return a project of the VGG Image Annotator with a rectangle and a polygon for each image, and a CSV file."""
    metadata, rows = (
        {},
        [
            "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"
        ],
    )
    for number, (xmin, ymin, xmax, ymax) in enumerate(BOXES):
        rectangle = {"name": "rect", "x": xmin, "y": ymin, "width": xmax - xmin, "height": ymax - ymin}
        polygon = {"name": "polygon", "all_points_x": [1, 9, 5], "all_points_y": [2, 3, 8]}
        shapes = [(rectangle, NAMES[number % 2]), (polygon, "cat")]
        regions = [
            {"shape_attributes": shape, "region_attributes": {"class": name}} for shape, name in shapes
        ]
        metadata[f"{number}.png9"] = {"filename": f"{number}.png", "size": 9, "regions": regions}
        cell = json.dumps(rectangle | {"x": 1}).replace('"', '""')
        rows.append(f'{number}.png,9,"{{}}",1,0,"{cell}","{{""class"":""cat""}}"')
    project = {"_via_settings": {}, "_via_img_metadata": metadata, "_via_attributes": {}}
    return images() | {"via_project.json": as_json(project), "via_export.csv": "\n".join(rows).encode()}


def oidv4() -> Files:
    """Return a folder for each class, one image of which is in both."""
    files: Files = {}
    for number, box in enumerate(BOXES):
        for name in NAMES[number % 2 : number % 2 + 1] if number else NAMES:
            text = f"{name} {' '.join(map(str, box))}\n".encode()
            files |= {
                f"train/{name}/{number}.png": PICTURES[number],
                f"train/{name}/Label/{number}.txt": text,
            }
    return files


def createml() -> Files:
    """Return Create ML JSON."""
    listed = []
    for number, (xmin, ymin, xmax, ymax) in enumerate(BOXES):
        box = {"x": (xmin + xmax) / 2, "y": (ymin + ymax) / 2, "width": xmax - xmin, "height": ymax - ymin}
        objects = [{"label": NAMES[number % 2], "coordinates": box}]
        listed.append({"image": f"{number}.png", "annotations": objects})
    return images() | {"_annotations.createml.json": as_json(listed)}


def vott() -> Files:
    """Return a project of VoTT, and a file for one of its images."""
    assets = {}
    for number, (xmin, ymin, xmax, ymax) in enumerate(BOXES):
        box = {"left": xmin, "top": ymin, "width": xmax - xmin, "height": ymax - ymin}
        asset: dict[str, Any] = {
            "id": f"id{number}",
            "name": f"{number}.png",
            "path": f"file:/me/{number}.png",
        }
        asset["size"] = {"width": WIDTH, "height": HEIGHT}
        region = {"id": "r", "type": "RECTANGLE", "tags": [NAMES[number % 2]], "boundingBox": box}
        assets[f"id{number}"] = {"asset": asset, "regions": [region], "version": "2.2.0"}
    project = {"name": "pets", "tags": [{"name": name} for name in NAMES], "assets": assets}
    return images() | {"pets-export.json": as_json(project), "id0-asset.json": as_json(assets["id0"])}


BY_TOOL: dict[str, Callable[[], Files]] = {
    "line_list": line_list,
    "kitti": kitti,
    "mot": mot,
    "via": via,
    "oidv4": oidv4,
    "createml": createml,
    "vott": vott,
}
