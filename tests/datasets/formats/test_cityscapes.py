"""Cityscapes: pictures of numbers and polygons."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.dataset_files import faults, make, read

BOX = ["xmin", "ymin", "xmax", "ymax"]


def instance_ids(**regions: tuple[int, int, int, int]) -> bytes:
    """Return a 16-bit PNG of 80 x 50 px. A region's name is ``n`` and its number; the rest is road."""
    pixels = np.full((50, 80), 7, np.uint16)
    for name, (xmin, ymin, xmax, ymax) in regions.items():
        pixels[ymin:ymax, xmin:xmax] = int(name[1:])
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def polygons(*objects: tuple[str, int, int, int, int]) -> dict[str, Any]:
    found = [
        {"label": label, "polygon": [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]}
        for label, x1, y1, x2, y2 in objects
    ]
    return {"imgHeight": 50, "imgWidth": 80, "objects": found}


def dataset(**annotations: Any) -> dict[str, Any]:
    """Return files. A name is ``split_city_kind``, with ``ids`` or ``polygons`` for the kind."""
    files: dict[str, Any] = {}
    for name, content in annotations.items():
        split, city, kind = name.split("_")
        stem = f"{split}/{city}/{city}_000000_000019"
        ending = "instanceIds.png" if kind == "ids" else "polygons.json"
        files[f"leftImg8bit/{stem}_leftImg8bit.png"] = ""
        files[f"gtFine/{stem}_gtFine_{ending}"] = content
    return files


def test_numbers_are_class_and_object(tmp_path: Path) -> None:
    ids = instance_ids(
        n26000=(5, 5, 20, 15), n26001=(30, 5, 50, 25), n24007=(60, 10, 65, 40), n33=(70, 0, 80, 9)
    )
    files = dataset(train_aachen_ids=ids, train_aachen_polygons=polygons(), val_ulm_ids=instance_ids())
    table = read(make(tmp_path, files))
    assert table.images[["file", "width", "height", "split", "group"]].to_numpy().tolist() == [
        ["leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png", 80, 50, "train", "aachen"],
        ["leftImg8bit/val/ulm/ulm_000000_000019_leftImg8bit.png", 80, 50, "val", "ulm"],
    ]
    names = [table.class_names[label - 1] for label in table.objects["label"]]
    assert list(zip(names, table.objects["crowd"], strict=True)) == [
        ("bicycle", True),
        ("person", False),
        ("car", False),
        ("car", False),
    ]
    assert table.objects[BOX].to_numpy().tolist() == [
        [70, 0, 80, 9],
        [60, 10, 65, 40],
        [5, 5, 20, 15],
        [30, 5, 50, 25],
    ]
    assert (table.objects["segmentation"] >= 0).all() and not table.issues
    assert table.class_names == ("person", "car", "bicycle")


def test_polygons_hide_what_is_behind_them(tmp_path: Path) -> None:
    shown = polygons(
        ("road", 0, 0, 80, 50),
        ("car", 10, 10, 40, 30),
        ("license plate", 12, 20, 16, 24),
        ("pole", 30, 0, 45, 50),
        ("cargroup", 50, 10, 70, 20),
    )
    table = read(make(tmp_path, dataset(train_aachen_polygons=shown)))
    assert table.objects[[*BOX, "crowd"]].to_numpy().tolist() == [
        [50, 10, 70, 20, True],
        [10, 10, 30, 30, False],
    ]
    counts = table.segmentations.read(tmp_path, 1)["counts"]
    assert sum(counts[1::2]) == 20 * 20


def test_an_image_in_which_nothing_is_annotated_and_broken_files_are_listed(tmp_path: Path) -> None:
    broken = polygons(("car", 10, 10, 40, 30))
    broken["objects"].append({"label": "car", "polygon": [[1, 2]]})
    files = dataset(
        train_a_polygons=polygons(("car", 10, 10, 40, 30)),
        train_b_polygons=broken,
        train_c_polygons={"objects": 3},
        train_d_ids=b"no PNG",
        test_e_polygons=polygons(("out of roi", 0, 0, 80, 50)),
    )
    table = read(make(tmp_path, files))
    assert sorted(Path(file).name[:2] + name for file, name in faults(table)) == [
        "b_box-unreadable",
        "c_unreadable-annotation",
        "d_unreadable-annotation",
        "e_image-without-annotation",
    ]
    assert len(table.images) == len(table.objects) == 2
