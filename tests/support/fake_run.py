"""The files of a small finished run, with random images and with detections that are shifted true boxes."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from pycocotools import mask as oracle

CLASSES = ["shirt", "ankle boot", "<b>bag</b>"]
SPLITS = ["train"] * 6 + ["val"] * 4 + ["test"] * 8


def write_run(root: Path, seed: int = 0, classes: Sequence[str] = CLASSES) -> dict[str, Path]:
    """Write the folders raw, converted, predictions, metrics and models below ``root``, and return their paths.

    There are three ``classes``.
    """
    rng = np.random.default_rng(seed)
    folders = {name: root / name for name in ("raw", "converted", "predictions", "metrics", "models")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    images = _write_images(folders["raw"], rng)
    objects = _draw_objects(images, classes, rng)
    images.to_csv(folders["converted"] / "images.csv", index=False)
    objects.to_csv(folders["converted"] / "objects.csv", index=False)
    (folders["converted"] / "labels.txt").write_text("\n".join(classes) + "\n")
    (folders["converted"] / "issues.csv").write_text(
        "file,object,fault,detail,action\n"
        "images/<script>alert(1)</script>.jpg,,unreadable-image,not an image,dropped\n"
        'images/3.jpg,2,box-outside,"xmax 90 > 80, by 10 px",clipped\n'
    )
    for split in ("val", "test"):
        part = objects[objects["image_id"].isin(images["id"][images["split"] == split])]
        (folders["predictions"] / f"detections-{split}.json").write_text(json.dumps(_detect(part, rng)))
        _classify(part, rng).to_csv(folders["predictions"] / f"classifier-{split}.csv", index=False)
    return folders


def add_masks(folders: dict[str, Path]) -> None:
    """Add an elliptic mask to every object and detection, in the files that convert and detect write."""
    images, objects = (pd.read_csv(folders["converted"] / f"{name}.csv") for name in ("images", "objects"))
    sizes = {image.id: (image.height, image.width) for image in images.itertuples()}
    masks = [
        ellipse([box.xmin, box.ymin, box.xmax - box.xmin, box.ymax - box.ymin], *sizes[box.image_id])
        for box in objects.itertuples()
    ]
    table = objects[["image_id"]].assign(object=objects.groupby("image_id").cumcount(), counts=masks)
    scored = table["image_id"].isin(images["id"][images["split"] != "train"])
    table[scored].to_csv(folders["converted"] / "masks.csv", index=False)
    for split in ("val", "test"):
        path = folders["predictions"] / f"detections-{split}.json"
        detections = json.loads(path.read_text())
        for entry in detections:
            height, width = sizes[entry["image_id"]]
            counts = ellipse(entry["bbox"], height, width)
            entry["segmentation"] = {"size": [height, width], "counts": counts}
        path.write_text(json.dumps(detections))


def ellipse(bbox: list[float], height: int, width: int) -> str:
    """Return the compressed run lengths of the ellipse inside a box."""
    x, y, w, h = bbox
    rows, columns = np.mgrid[:height, :width] + 0.5
    pixels = ((columns - x - w / 2) / (w / 2)) ** 2 + ((rows - y - h / 2) / (h / 2)) ** 2 <= 1
    return oracle.encode(np.asfortranarray(pixels.astype(np.uint8)))["counts"].decode()


def write_training(folders: dict[str, Path]) -> None:
    """Write the learning curves and the ``model.json`` that the report reads."""
    for stage, curves in (("finetune", ("loss", "top1")), ("train", ("loss",))):
        for number, (part, curve) in enumerate((p, c) for p in ("train", "val") for c in curves):
            path = folders["metrics"] / stage / "plots" / "metrics" / part / f"{curve}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = [f"{step}\t{np.exp(-step / 5) + 0.1 * number}" for step in range(12)]
            path.write_text(f"step\t{curve}\n" + "\n".join(rows) + "\n")
    facts = {"architecture": "ssd", "backbone": "resnet18", "image_size": 256, "seed": 1}
    path = folders["models"] / "detector" / "model.json"
    path.parent.mkdir()
    path.write_text(json.dumps(facts))


def score_files(metrics: Path) -> dict[str, Path]:
    """Return the outputs of the evaluate stage below the folder ``metrics``, by the names of its options."""
    names = ("detector", "classifier", "summary", "thresholds", "errors")
    return {name: metrics / f"{name}.json" for name in names} | {"plots": metrics / "plots" / "evaluate"}


def _write_images(raw: Path, rng: np.random.Generator) -> pd.DataFrame:
    (raw / "images").mkdir()
    rows = []
    for number, split in enumerate(SPLITS, start=1):
        width, height = (120, 80) if number % 3 else (70, 140)
        pixels = rng.integers(60, 200, (height // 10, width // 10, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
        image.save(raw / "images" / f"{number}.jpg")
        rows.append((number, f"images/{number}.jpg", width, height, split))
    return pd.DataFrame(rows, columns=["id", "file", "width", "height", "split"])


def _draw_objects(images: pd.DataFrame, classes: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for image in images.itertuples():
        for _ in range(rng.integers(1, 5)):
            label = int(rng.integers(1, 4))
            x, y = rng.uniform(0, [image.width - 30, image.height - 30]).round(1)
            w, h = rng.uniform(15, 30, 2).round(1)
            hard = int(rng.random() < 0.1)
            rows.append((image.id, label, classes[label - 1], x, y, x + w, y + h, hard, 0, w * h))
    columns = "image_id label class_name xmin ymin xmax ymax difficult crowd area"
    return pd.DataFrame(rows, columns=columns.split())


def _detect(objects: pd.DataFrame, rng: np.random.Generator) -> list[dict[str, object]]:
    detections = []
    for box in objects.itertuples():
        if rng.random() < 0.2:
            continue
        size = [box.xmax - box.xmin, box.ymax - box.ymin]
        bbox = (np.array([box.xmin, box.ymin, *size]) + rng.normal(0, 1.5, 4)).round(2).tolist()
        label = box.label if rng.random() < 0.8 else int(rng.integers(1, 4))
        detections.append(
            {"image_id": box.image_id, "category_id": label, "bbox": bbox, "score": rng.random()}
        )
    return detections


def _classify(objects: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    logits = rng.normal(0, 1, (len(objects), 3)) + 2 * np.eye(3)[objects["label"] - 1]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    table = objects[["image_id", "label"]].reset_index(drop=True)
    return table.join(pd.DataFrame(scores, columns=[f"score_{k}" for k in (1, 2, 3)]))
